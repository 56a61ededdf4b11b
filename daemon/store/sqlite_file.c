/*
 * sqlite_file.c: the file of the database, before SQLite sees it. It holds secrets: it is
 * created here, because SQLite would use the umask. Its -wal and -shm take its mode.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/store/sqlite.h"
#include "feeds/base/error.h"
#include "feeds/base/mem.h"

/* Makes the directories above PATH; what exists is left as it is. */
static bool make_directories(const char *path, struct error *err)
{
	char *copy = mem_strdup(path);
	bool ok = true;

	for (char *slash = strchr(copy + 1, '/'); slash && ok; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		ok = mkdir(copy, 0700) == 0 || errno == EEXIST ||
			error_set(err, "create directory %s: %s", copy, strerror(errno));
		*slash = '/';
	}
	free(copy);
	return ok;
}

bool sqlite_make_file(const char *path, struct error *err)
{
	int fd;
	struct stat st;
	bool ok;

	if (!make_directories(path, err))
		return false;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0600);
	if (fd < 0)
		return error_set(err, "open %s: %s", path, strerror(errno));
	ok = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
	if (!ok)
		error_set(err, "open %s: not a regular file", path);
	else if ((st.st_mode & 077) && fchmod(fd, 0600) != 0)
		ok = error_set(err, "chmod %s: %s", path, strerror(errno));
	close(fd);
	return ok;
}
