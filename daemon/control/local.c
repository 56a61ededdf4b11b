/*
 * local.c: see local.h. An address has room for 107 bytes, and article directories can be
 * deep: a longer path is reached by its open directory, /proc/self/fd/N/NAME.
 */
#include "daemon/control/local.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "config/config.h"
#include "feeds/base/arena.h"
#include "feeds/base/error.h"

enum { BACKLOG = 16 };

const char *local_path(const struct config *config, const char *runtime,
	struct arena *arena)
{
	const char *file = config->store.uri, *slash;

	if (config->admin.socket)
		return config->admin.socket;
	if (runtime && *runtime)
		return arena_printf(arena, "%.*s/control.sock", (int)strcspn(runtime, ":"),
			runtime);
	file += strncmp(file, "sqlite:", 7) == 0 ? 7 : 0;
	slash = strrchr(file, '/');
	if (*file == '/')
		return arena_printf(arena, "%.*s/control.sock", (int)(slash - file), file);
	return arena_printf(arena, "%s/control.sock",
		config->store.directory ? config->store.directory : ".");
}

/* *DIR_OUT: to be closed when the address has been used, or -1. */
static bool make_address(const char *path, struct sockaddr_un *out, int *dir_out,
	struct error *err)
{
	const char *slash = strrchr(path, '/');
	char dir[4096];
	int written;

	*out = (struct sockaddr_un){.sun_family = AF_UNIX};
	*dir_out = -1;
	if (strlen(path) < sizeof(out->sun_path)) {
		strcpy(out->sun_path, path);
		return true;
	}
	if (!slash || (size_t)(slash - path) >= sizeof(dir))
		return error_set(err, "%s: the path is too long for a socket", path);
	snprintf(dir, sizeof(dir), "%.*s", (int)(slash - path), path);
	*dir_out = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (*dir_out < 0)
		return error_set(err, "open %s: %s", dir, strerror(errno));
	written = snprintf(out->sun_path, sizeof(out->sun_path), "/proc/self/fd/%d/%s", *dir_out,
		slash + 1);
	if (written > 0 && (size_t)written < sizeof(out->sun_path))
		return true;
	close(*dir_out);
	*dir_out = -1;
	return error_set(err, "%s: the name is too long for a socket", path);
}

static int try_connect(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), saved;

	if (fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0)
		return fd;
	saved = errno;
	if (fd >= 0)
		close(fd);
	errno = saved;
	return -1;
}

static bool bind_and_listen(int fd, const struct sockaddr_un *address)
{
	mode_t before = umask(0117);
	bool ok = bind(fd, (const struct sockaddr *)address, sizeof(*address)) == 0;

	umask(before);
	return ok && listen(fd, BACKLOG) == 0;
}

int local_listen(const char *path, struct error *err)
{
	struct sockaddr_un address;
	struct stat status;
	int dir, fd, other = -1;

	if (!make_address(path, &address, &dir, err))
		return -1;
	if (lstat(path, &status) == 0 && S_ISSOCK(status.st_mode)) {
		other = try_connect(&address);
		if (other >= 0)
			close(other);
		else if (errno == ECONNREFUSED)
			unlink(path);
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || !bind_and_listen(fd, &address)) {
		error_set(err, "%s: %s", path,
			other >= 0 ? "another daemon answers there: it publishes this directory"
			: errno == EADDRINUSE ? "the file is there and is no socket"
					      : strerror(errno));
		if (fd >= 0)
			close(fd);
		fd = -1;
	}
	if (dir >= 0)
		close(dir);
	return fd;
}

int local_connect(const char *path, struct error *err)
{
	struct sockaddr_un address;
	int dir, fd;

	if (!make_address(path, &address, &dir, err))
		return -1;
	fd = try_connect(&address);
	if (fd < 0)
		error_set(err, "connect to %s: %s", path, strerror(errno));
	if (dir >= 0)
		close(dir);
	return fd;
}
