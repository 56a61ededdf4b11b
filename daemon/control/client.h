/* client.h: gazettectl's side of the control socket. Blocking. */
#ifndef DAEMON_CONTROL_CLIENT_H
#define DAEMON_CONTROL_CLIENT_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

struct config;
struct error;

struct client_events {
	/* A thing that was found; ROW is borrowed. */
	void (*row)(void *context, json_t *row);
	void (*progress)(void *context, int64_t done, int64_t total);
};

/* A connection to the daemon's control socket, -1 and ERR. SOCKET (or NULL) is the socket
 * or the directory that has it, itself or in .gazetted; else CONFIG (or NULL) names it;
 * else the usual places are tried. */
int client_connect(const char *socket, const struct config *config, struct error *err);

/* Asks and reads the whole answer; FD is closed. Returns the exit status that the daemon
 * gives, with ERR when it is not 0; 1 and ERR when the connection broke. */
int client_ask(int fd, const char *verb, const char *const *arguments, size_t count,
	const struct client_events *events, void *context, struct error *err);

#endif
