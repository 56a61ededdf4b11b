/* listener.c: see listener.h. */
#include "daemon/http/listener.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "feeds/base/error.h"

enum {
	BACKLOG = 4096,
	FIRST_INHERITED_FD = 3, /* SD_LISTEN_FDS_START */
};

/* For unix sockets the two options of TCP do nothing. A connection is only accepted when its
 * request is there, or after a second. */
static void set_flags(int fd)
{
	int on = 1, defer_s = 1;

	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)); /* inherited by accept */
	setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &defer_s, sizeof(defer_s));
}

/* The address as bound, in the notation of http.listen. */
static void name_socket(int fd, char *out, size_t size)
{
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);
	char host[64] = "", port[16] = "";

	if (getsockname(fd, (struct sockaddr *)&address, &len) < 0)
		return;
	if (address.ss_family == AF_UNIX) {
		struct sockaddr_un local;

		memcpy(&local, &address, sizeof(local));
		snprintf(out, size, "unix:%.100s", local.sun_path);
		return;
	}
	getnameinfo((struct sockaddr *)&address, len, host, sizeof(host), port, sizeof(port),
		NI_NUMERICHOST | NI_NUMERICSERV);
	snprintf(out, size, address.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}

/* Why no listener came of it; in words that say what to do where that is clear. */
static const char *reason(void)
{
	return errno == EADDRINUSE ? "Address already in use; stop who listens there, or "
				     "choose another, as with -o http.listen=127.0.0.1:0"
	       : errno == EACCES   ? "Permission denied; ports below 1024 are for root and "
				     "for systemd's socket unit"
	       : errno == EADDRNOTAVAIL ? "this machine has no such address"
					: strerror(errno);
}

/* One more worker on the same socket. */
static bool share(struct listener *out, size_t workers, struct error *err)
{
	while (out->count < workers) {
		int fd = fcntl(out->fds[0], F_DUPFD_CLOEXEC, 0);

		if (fd < 0) {
			listener_close(out);
			return error_set(err, "listen on %s: %s", out->address, reason());
		}
		out->fds[out->count++] = fd;
	}
	return true;
}

static bool open_unix(const char *path, size_t workers, struct listener *out,
	struct error *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct stat status;
	int fd;

	if (strlen(path) >= sizeof(address.sun_path))
		return error_set(err, "listen on unix:%s: the path is too long", path);
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	/* a socket that nobody answers on is left over from a crash */
	if (fd >= 0 && lstat(path, &status) == 0 && S_ISSOCK(status.st_mode) &&
		connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 &&
		errno == ECONNREFUSED)
		unlink(path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
		listen(fd, BACKLOG) < 0) {
		error_set(err, "listen on unix:%s: %s", path, reason());
		if (fd >= 0)
			close(fd);
		return false;
	}
	/* as reachable as a port of this machine; the directory may say otherwise */
	chmod(path, 0666);
	set_flags(fd);
	out->fds[0] = fd;
	out->count = 1;
	name_socket(fd, out->address, sizeof(out->address));
	return share(out, workers, err);
}

static int bind_one(const struct addrinfo *info, bool reuse_port)
{
	int fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1, saved;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (reuse_port)
		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
	if (info->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, info->ai_addr, info->ai_addrlen) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

/* SO_REUSEPORT would let two daemons share a port unnoticed: the first bind, without it,
 * finds out whether the port is free. */
static bool is_free(struct addrinfo *info, struct listener *out, struct error *err)
{
	int fd = bind_one(info, false);
	socklen_t len = info->ai_addrlen;

	if (fd < 0 || listen(fd, 1) < 0) {
		error_set(err, "listen on %s: %s", out->address, reason());
		if (fd >= 0)
			close(fd);
		return false;
	}
	getsockname(fd, info->ai_addr, &len); /* the port that was given for 0 */
	close(fd);
	return true;
}

static bool open_inet(struct addrinfo *info, size_t workers, struct listener *out,
	struct error *err)
{
	if (!is_free(info, out, err))
		return false;
	while (out->count < workers) {
		int fd = bind_one(info, true);

		if (fd < 0 || listen(fd, BACKLOG) < 0) {
			error_set(err, "listen on %s: %s", out->address, reason());
			if (fd >= 0)
				close(fd);
			listener_close(out);
			return false;
		}
		set_flags(fd);
		out->fds[out->count++] = fd;
	}
	name_socket(out->fds[0], out->address, sizeof(out->address));
	return true;
}

bool listener_open(const char *address, size_t workers, struct listener *out,
	struct error *err)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *info;
	const char *colon = strrchr(address, ':');
	char host[128];
	size_t len;
	int failed;
	bool ok;

	*out = (struct listener){.count = 0};
	assert(workers >= 1 && workers <= sizeof(out->fds) / sizeof(*out->fds));
	snprintf(out->address, sizeof(out->address), "%s", address);
	if (strncmp(address, "unix:", 5) == 0)
		return open_unix(address + 5, workers, out, err);
	if (!colon || (size_t)(colon - address) >= sizeof(host))
		return error_set(err, "listen on %s: expected host:port", address);
	len = (size_t)(colon - address);
	memcpy(host, address, len);
	host[len] = '\0';
	if (*host == '[' && host[len - 1] == ']') {
		host[len - 1] = '\0';
		memmove(host, host + 1, len - 1);
	}
	failed = getaddrinfo(strcmp(host, "*") == 0 ? NULL : host, colon + 1, &hints, &info);
	if (failed)
		return error_set(err, "listen on %s: %s", address, gai_strerror(failed));
	ok = open_inet(info, workers, out, err);
	freeaddrinfo(info);
	return ok;
}

size_t listener_inherit(size_t workers, struct listener *out, size_t max)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
	size_t count = 0;

	if (pid && fds && strtol(pid, NULL, 10) == (long)getpid()) {
		long given = strtol(fds, NULL, 10);

		for (long i = 0; i < given && count < max; i++) {
			struct listener *listener = &out[count];
			int fd = FIRST_INHERITED_FD + (int)i, listens = 0;
			socklen_t len = sizeof(listens);

			getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len);
			if (!listens)
				continue;
			*listener = (struct listener){.count = 1};
			listener->fds[0] = fd;
			set_flags(listener->fds[0]);
			name_socket(listener->fds[0], listener->address, sizeof(listener->address));
			count += share(listener, workers, NULL);
		}
	}
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	return count;
}

void listener_close(struct listener *listener)
{
	for (size_t i = 0; i < listener->count; i++) {
		if (listener->fds[i] >= 0)
			close(listener->fds[i]);
	}
	listener->count = 0;
}
