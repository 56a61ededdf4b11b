/* local.h: addresses of unix sockets, also at paths that are longer than they allow. */
#ifndef DAEMON_CONTROL_LOCAL_H
#define DAEMON_CONTROL_LOCAL_H

#include <stdbool.h>

struct arena;
struct config;
struct error;

/* Where the daemon's control socket is: as configured, else in RUNTIME (systemd's directory
 * for it, or NULL), else beside the store. */
const char *local_path(const struct config *config, const char *runtime, struct arena *arena);

/* A socket bound to PATH (mode 0660) and listening, non-blocking; -1 and ERR. A socket file
 * that nobody answers at is replaced. */
int local_listen(const char *path, struct error *err);

/* A connection to PATH, blocking; -1 and ERR. */
int local_connect(const char *path, struct error *err);

#endif
