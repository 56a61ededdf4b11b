/*
 * listener.h: listening sockets: host:port, [v6]:port or unix:/path, opened with
 * SO_REUSEPORT for one worker each, or inherited from systemd (sd_listen_fds(3)).
 */
#ifndef DAEMON_HTTP_LISTENER_H
#define DAEMON_HTTP_LISTENER_H

#include <stdbool.h>
#include <stddef.h>

struct error;

struct listener {
	char address[128]; /* as bound: the port that was given for port 0 */
	int fds[64];       /* one per worker; the same socket duplicated where it was
	                    * inherited or is a unix socket */
	size_t count;
};

/* Opens ADDRESS for WORKERS workers. The fds are non-blocking, close-on-exec, with
 * TCP_NODELAY; the caller closes them or gives them to a server. */
bool listener_open(const char *address, size_t workers, struct listener *out,
	struct error *err);

/* The sockets that systemd passed (LISTEN_FDS, LISTEN_PID checked and then unset), at most
 * MAX; returns how many, each duplicated for WORKERS. */
size_t listener_inherit(size_t workers, struct listener *out, size_t max);

void listener_close(struct listener *listener);

#endif
