/*
 * export_file.c: see export_file.h. Files are not synced: what a power cut spoils, the next
 * start finds unequal and writes again.
 */
#include "daemon/http/export_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "feeds/base/error.h"

enum { PART_MAX = 240 }; /* of a name, so that a suffix and a temporary name fit */

static const char temporary[] = ".gazetted-new";

/* ---- names ---- */

bool export_name(const char *path, char out[EXPORT_NAME_MAX])
{
	size_t len = 0;

	if (*path != '/')
		return false;
	for (const char *part = path + 1;; ) {
		size_t part_len = strcspn(part, "/");
		bool is_last = !part[part_len];

		if (!part_len && is_last) {
			part = "index.html";
			part_len = strlen(part);
		}
		/* hidden files are not ours, and "." and ".." lead elsewhere */
		if (!part_len || *part == '.' || part_len > PART_MAX ||
			len + part_len + 2 > EXPORT_NAME_MAX)
			return false;
		memcpy(out + len, part, part_len);
		len += part_len;
		out[len] = is_last ? '\0' : '/';
		if (is_last)
			return true;
		len++;
		part += part_len + 1;
	}
}

/* Where NAME's last part lies: a directory that the caller closes; -1 and errno. */
static int open_parent(int directory, const char *name, bool creates, const char **last)
{
	int parent = fcntl(directory, F_DUPFD_CLOEXEC, 0);

	for (const char *slash; parent >= 0 && (slash = strchr(name, '/')); name = slash + 1) {
		char part[PART_MAX + 1];
		int next, saved;

		snprintf(part, sizeof(part), "%.*s", (int)(slash - name), name);
		if (creates && mkdirat(parent, part, 0755) == 0)
			(void)!fchmodat(parent, part, 0755, 0); /* whatever the umask */
		next = openat(parent, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		saved = errno;
		close(parent);
		errno = saved;
		parent = next;
	}
	*last = name;
	return parent;
}

/* ---- writing ---- */

static bool has_bytes(int fd, const char *bytes, size_t len)
{
	char chunk[16 * 1024];

	for (size_t at = 0; at < len;) {
		ssize_t got = read(fd, chunk, sizeof(chunk));

		if (got <= 0 || (size_t)got > len - at ||
			memcmp(chunk, bytes + at, (size_t)got) != 0)
			return false;
		at += (size_t)got;
	}
	return true;
}

static void set_time(int fd, int64_t modified_s)
{
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = modified_s}};

	if (modified_s)
		futimens(fd, times);
}

/* Whether NAME has these bytes already; its time is set right then. */
static bool is_equal(int parent, const char *last, const void *bytes, size_t len,
	int64_t modified_s)
{
	int fd = openat(parent, last, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat status;
	bool equal;

	if (fd < 0)
		return false;
	equal = fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
		(uint64_t)status.st_size == len && has_bytes(fd, bytes, len);
	if (equal && status.st_mtim.tv_sec != modified_s)
		set_time(fd, modified_s);
	close(fd);
	return equal;
}

bool export_has(int directory, const char *name, const void *bytes, size_t len)
{
	const char *last;
	int parent = open_parent(directory, name, false, &last);
	bool equal = parent >= 0 && is_equal(parent, last, bytes, len, 0);

	if (parent >= 0)
		close(parent);
	return equal;
}

static bool fill(int fd, const char *bytes, size_t len, int64_t modified_s)
{
	while (len) {
		ssize_t put = write(fd, bytes, len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return false;
		bytes += put;
		len -= (size_t)put;
	}
	set_time(fd, modified_s);
	return fchmod(fd, 0644) == 0;
}

/* Under another name, and then in one step; false and errno. */
static bool replace(int parent, const char *last, const void *bytes, size_t len,
	int64_t modified_s)
{
	int fd, saved;
	bool ok;

	unlinkat(parent, temporary, 0); /* of a crash */
	fd = openat(parent, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return false;
	ok = fill(fd, bytes, len, modified_s);
	saved = errno;
	if (close(fd) < 0 && ok) {
		saved = errno;
		ok = false;
	}
	if (ok && renameat(parent, temporary, parent, last) == 0)
		return true;
	saved = ok ? errno : saved;
	unlinkat(parent, temporary, 0);
	errno = saved;
	return false;
}

bool export_write(int directory, const char *name, const void *bytes, size_t len,
	int64_t modified_s, struct error *err)
{
	const char *last;
	int parent = open_parent(directory, name, true, &last);
	bool ok = parent >= 0 && (is_equal(parent, last, bytes, len, modified_s) ||
		replace(parent, last, bytes, len, modified_s));

	if (!ok)
		error_set(err, "%s: %s", name, strerror(errno));
	if (parent >= 0)
		close(parent);
	return ok;
}

/* ---- removing ---- */

/* The directories of NAME, from the innermost, as far as they are empty. */
static void remove_empty(int directory, char *name)
{
	for (char *slash; (slash = strrchr(name, '/'));) {
		const char *last;
		int parent;
		bool ok;

		*slash = '\0';
		parent = open_parent(directory, name, false, &last);
		ok = parent >= 0 && unlinkat(parent, last, AT_REMOVEDIR) == 0;
		if (parent >= 0)
			close(parent);
		if (!ok)
			return;
	}
}

bool export_remove(int directory, const char *name, struct error *err)
{
	char copy[EXPORT_NAME_MAX + 8];
	const char *last;
	int parent = open_parent(directory, name, false, &last);
	bool ok = parent >= 0 && unlinkat(parent, last, 0) == 0;

	if (!ok && errno != ENOENT)
		error_set(err, "remove %s: %s", name, strerror(errno));
	else
		ok = true;
	if (parent >= 0)
		close(parent);
	if (ok) {
		snprintf(copy, sizeof(copy), "%s", name);
		remove_empty(directory, copy);
	}
	return ok;
}
