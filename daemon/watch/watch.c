/*
 * watch.c: the watch's life: the root and whether it is still the same, the settling
 * paths, and when to scan again. scan.c lists, inotify.c listens.
 *
 * Everything that may have changed is touched in one settling set, deletions too; when a
 * path is due, a stat decides whether it is there or gone. So a rename is reported as
 * gone and there within one turn, and an editor that deletes and writes anew is one
 * change.
 */
#include "daemon/watch/watch.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "daemon/loop/loop.h"
#include "daemon/watch/settle.h"
#include "daemon/watch/watch_internal.h"
#include "feeds/base/error.h"
#include "feeds/base/mem.h"

#define CHECK_SECONDS 5.
#define LOST_CHECK_SECONDS 1.
#define POLL_MS 5000
#define SAFETY_RESCAN_MS 300000 /* what inotify missed without saying so */
#define INCOMPLETE_RESCAN_MS 30000
#define DUE_PER_TURN 64

#ifndef SMB2_MAGIC_NUMBER
#define SMB2_MAGIC_NUMBER 0xfe534d42
#endif

/* File systems on which another machine or process can change files unseen by inotify. */
static const unsigned long remote_magics[] = {NFS_SUPER_MAGIC, SMB_SUPER_MAGIC,
	CIFS_SUPER_MAGIC, SMB2_MAGIC_NUMBER, FUSE_SUPER_MAGIC, V9FS_MAGIC,
	CEPH_SUPER_MAGIC, AFS_SUPER_MAGIC, CODA_SUPER_MAGIC};

void watch_problem(struct watch *watch, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	watch->events->problem(watch->context, text);
}

int64_t watch_mtime_ns(const struct stat *status)
{
	return (int64_t)status->st_mtim.tv_sec * 1000000000 + status->st_mtim.tv_nsec;
}

/* One component of PATH, of LEN bytes, below DIRECTORY; no link, not "..". */
static int open_component(int directory, const char *path, size_t len, int flags)
{
	char name[NAME_MAX + 1];

	if (len > NAME_MAX || (len == 2 && path[0] == '.' && path[1] == '.')) {
		errno = len > NAME_MAX ? ENAMETOOLONG : EXDEV;
		return -1;
	}
	memcpy(name, path, len);
	name[len] = '\0';
	return openat(directory, name, flags | O_CLOEXEC | O_NOFOLLOW);
}

int watch_walk(int root, const char *path, int flags)
{
	int at = -1;

	if (*path == '/') {
		errno = EXDEV;
		return -1;
	}
	for (;;) {
		size_t len = strcspn(path, "/");
		bool is_last = !path[len + strspn(path + len, "/")];
		int next = open_component(at < 0 ? root : at, len ? path : ".", len ? len : 1,
			is_last ? flags : O_PATH | O_DIRECTORY);
		int saved = errno;

		if (at >= 0)
			close(at);
		errno = saved;
		if (next < 0 || is_last)
			return next;
		at = next;
		path += len + strspn(path + len, "/");
	}
}

static int open_beneath(int root_fd, const char *path, int flags)
{
	struct open_how how = {
		.flags = (uint64_t)(unsigned)(flags | O_CLOEXEC | O_NOFOLLOW),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};

	int fd = (int)syscall(SYS_openat2, root_fd, *path == '\0' ? "." : path, &how,
		sizeof(how));

	return fd < 0 && errno == ENOSYS ? watch_walk(root_fd, path, flags) : fd;
}

int watch_open_at(struct watch *watch, const char *path, int flags)
{
	return open_beneath(watch->root_fd, path, flags);
}

enum presence { PRESENT, ABSENT, UNKNOWN };

/* A path that cannot be looked at (errno says why) is not taken for deleted. */
static enum presence look(struct watch *watch, const char *path, struct stat *status)
{
	if (fstatat(watch->root_fd, path, status, AT_SYMLINK_NOFOLLOW) == 0)
		return S_ISREG(status->st_mode) ? PRESENT : ABSENT;
	return errno == ENOENT || errno == ENOTDIR || errno == ELOOP ? ABSENT : UNKNOWN;
}

void watch_arm_settle(struct watch *watch)
{
	struct ev_loop *ev = loop_ev(watch->loop);
	int64_t wake_at;

	if (ev_is_active(&watch->settle_timer))
		return;
	/* Takes nothing: only asks when the first is due. */
	settle_take_due(watch->settle, 0, NULL, 0, &wake_at);
	if (wake_at < 0)
		return;
	wake_at -= loop_mono_ms(watch->loop);
	ev_timer_set(
		&watch->settle_timer, wake_at > 0 ? (double)wake_at / 1000. : 0., 0.);
	ev_timer_start(ev, &watch->settle_timer);
}

void watch_touch(struct watch *watch, const char *path, bool is_final)
{
	struct stat status;

	if (watch->root_fd < 0)
		return;
	settle_touch(watch->settle, path, loop_mono_ms(watch->loop));
	if (is_final && look(watch, path, &status) == PRESENT)
		settle_see(watch->settle, path, status.st_size, watch_mtime_ns(&status));
	watch_arm_settle(watch);
}

static void touch_missing(void *context, const char *path)
{
	watch_touch(context, path, false);
}

static void drop_watches(struct watch *watch, struct known_dir *dir)
{
	struct map_entry entry;

	inotify_remove(watch, dir);
	for (size_t cursor = 0; map_next(&dir->dirs, &cursor, &entry);)
		drop_watches(watch, entry.value);
}

/* Frees the directories below DIR that hold no known file any more. */
static void prune_below(struct watch *watch, struct known_dir *dir)
{
	struct known_dir **children;
	size_t count = 0;
	struct map_entry entry;

	children = mem_resize(NULL, dir->dirs.count + 1, sizeof(struct known_dir *));
	for (size_t cursor = 0; map_next(&dir->dirs, &cursor, &entry);)
		children[count++] = entry.value;
	/* The parent stays while a child does, and is pruned with the last one: so it is
	 * not touched after the loop. */
	for (size_t i = 0; i < count; i++)
		prune_below(watch, children[i]);
	free(children);
	if (count == 0)
		known_prune(&watch->known, dir);
}

void watch_forget_dir(struct watch *watch, struct known_dir *dir)
{
	known_each_file(dir, touch_missing, watch);
	drop_watches(watch, dir);
	prune_below(watch, dir);
}

/* A path has been quiet for the settling time. */
static void on_due(struct watch *watch, const struct settle_item *item)
{
	struct stat status;
	enum presence presence = look(watch, item->path, &status);

	if (presence == UNKNOWN) {
		watch_problem(watch, "cannot look at %s/%s: %s", watch->directory,
			item->path, strerror(errno));
		return;
	}
	if (presence == ABSENT) {
		if (known_remove_file(&watch->known, item->path))
			watch->events->gone(watch->context, item->path);
		return;
	}
	if (item->is_seen && item->size == status.st_size &&
		item->mtime_ns == watch_mtime_ns(&status)) {
		known_add_file(&watch->known, item->path);
		watch->events->file(watch->context, item->path, &status);
		return;
	}
	settle_touch(watch->settle, item->path, loop_mono_ms(watch->loop));
	settle_see(watch->settle, item->path, status.st_size, watch_mtime_ns(&status));
	if (item->is_awaited)
		settle_await(watch->settle, item->path);
}

static void on_settle(struct ev_loop *ev, ev_timer *timer, int revents)
{
	struct watch *watch = timer->data;
	struct settle_item items[DUE_PER_TURN];
	int64_t wake_at;
	size_t count;

	(void)ev;
	(void)revents;
	/* Nothing is gone because the whole directory is. */
	if (!watch_check_root(watch))
		return;
	count = settle_take_due(
		watch->settle, loop_mono_ms(watch->loop), items, DUE_PER_TURN, &wake_at);
	for (size_t i = 0; i < count; i++) {
		on_due(watch, &items[i]);
		free(items[i].path);
	}
	watch_arm_settle(watch);
	scan_end_if_done(watch);
}

/* Whether the open directory FD shows any name at all. */
static bool is_empty(int fd)
{
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = copy >= 0 ? fdopendir(copy) : NULL;
	int names = 0;

	if (stream == NULL) {
		if (copy >= 0)
			close(copy);
		return true;
	}
	while (names < 3 && readdir(stream) != NULL)
		names++;
	closedir(stream);
	return names < 3; /* "." and ".." */
}

static bool open_root(struct watch *watch, struct error *err)
{
	struct stat status;
	int fd = open(watch->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &status) != 0) {
		error_set(err, "open the article directory %s: %s", watch->directory,
			strerror(errno));
		if (fd >= 0)
			close(fd);
		return false;
	}
	watch->root_fd = fd;
	watch->root_dev = status.st_dev;
	watch->root_ino = status.st_ino;
	return true;
}

static void arm_check(struct watch *watch)
{
	double seconds = watch->is_lost ? LOST_CHECK_SECONDS : CHECK_SECONDS;

	watch->check_timer.repeat = seconds;
	ev_timer_again(loop_ev(watch->loop), &watch->check_timer);
}

static void lose_root(struct watch *watch, const char *why)
{
	if (watch->is_lost)
		return;
	watch->is_lost = true;
	inotify_stop(watch);
	close(watch->root_fd);
	watch->root_fd = -1;
	settle_clear(watch->settle);
	watch_problem(watch,
		"the article directory %s went away (%s); the feeds stay as they "
		"are until it returns",
		watch->directory, why);
	scan_abort(watch);
	arm_check(watch);
}

/* The path shows a directory that is not the one that was open. */
static void adopt_root(struct watch *watch)
{
	if (watch->root_fd >= 0) {
		inotify_stop(watch);
		close(watch->root_fd);
		watch->root_fd = -1;
		scan_abort(watch);
	}
	if (!open_root(watch, NULL))
		return;
	if (watch->is_lost)
		watch_problem(
			watch, "the article directory %s is back", watch->directory);
	watch->is_lost = false;
	scan_full(watch);
	arm_check(watch);
}

/*
 * An empty directory in the place of the old one is what a mount point shows when the
 * file system is not mounted: that is "away", not "all articles were deleted".
 */
bool watch_check_root(struct watch *watch)
{
	struct stat status;
	int fd = open(watch->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool is_same;

	if (fd < 0 || fstat(fd, &status) != 0) {
		int cause = errno;

		if (fd >= 0)
			close(fd);
		lose_root(watch, strerror(cause));
		return false;
	}
	is_same = status.st_dev == watch->root_dev && status.st_ino == watch->root_ino;
	if (!is_same && is_empty(fd))
		lose_root(watch, "an empty one is in its place");
	else if (!is_same || watch->is_lost)
		adopt_root(watch);
	close(fd);
	return watch->root_fd >= 0;
}

static void on_check(struct ev_loop *ev, ev_timer *timer, int revents)
{
	(void)ev;
	(void)revents;
	watch_check_root(timer->data);
}

static void on_rescan(struct ev_loop *ev, ev_timer *timer, int revents)
{
	(void)ev;
	(void)revents;
	scan_full(timer->data);
}

void watch_arm_rescan(struct watch *watch)
{
	int64_t interval = SAFETY_RESCAN_MS;

	if (watch->poll_ms > 0)
		interval = watch->poll_ms;
	else if (watch->is_partly_watched)
		interval = POLL_MS;
	else if (!watch->scan.is_complete)
		interval = INCOMPLETE_RESCAN_MS;
	ev_timer_stop(loop_ev(watch->loop), &watch->rescan_timer);
	ev_timer_set(&watch->rescan_timer, (double)interval / 1000., 0.);
	ev_timer_start(loop_ev(watch->loop), &watch->rescan_timer);
}

static bool is_remote(int fd)
{
	struct statfs status;

	if (fstatfs(fd, &status) != 0)
		return false;
	for (size_t i = 0; i < sizeof(remote_magics) / sizeof(*remote_magics); i++)
		if ((unsigned long)status.f_type == remote_magics[i])
			return true;
	return false;
}

static void init_timers(struct watch *watch)
{
	ev_timer_init(&watch->settle_timer, on_settle, 0., 0.);
	ev_timer_init(&watch->check_timer, on_check, 0., CHECK_SECONDS);
	ev_timer_init(&watch->rescan_timer, on_rescan, 0., 0.);
	watch->settle_timer.data = watch;
	watch->check_timer.data = watch;
	watch->rescan_timer.data = watch;
	scan_init(watch);
}

bool watch_create(struct loop *loop, const struct watch_config *config,
	const struct watch_events *events, void *context, struct watch **out,
	struct error *err)
{
	struct watch *watch = mem_alloc(sizeof(*watch));

	assert(config->settle_ms >= 0 && config->poll_ms >= 0);
	watch->loop = loop;
	watch->events = events;
	watch->context = context;
	watch->directory = mem_strdup(config->directory);
	watch->inotify_fd = -1;
	if (!open_root(watch, err)) {
		free(watch->directory);
		free(watch);
		return false;
	}
	watch->settle_ms = config->settle_ms;
	watch->poll_ms = config->poll_ms;
	if (watch->poll_ms == 0 && is_remote(watch->root_fd))
		watch->poll_ms = POLL_MS;
	watch->settle = settle_create(config->settle_ms);
	known_init(&watch->known);
	init_timers(watch);
	arm_check(watch);
	scan_full(watch);
	*out = watch;
	return true;
}

void watch_destroy(struct watch *watch)
{
	struct ev_loop *ev;

	if (watch == NULL)
		return;
	ev = loop_ev(watch->loop);
	inotify_stop(watch);
	scan_finish(watch);
	ev_timer_stop(ev, &watch->settle_timer);
	ev_timer_stop(ev, &watch->check_timer);
	ev_timer_stop(ev, &watch->rescan_timer);
	settle_destroy(watch->settle);
	known_finish(&watch->known);
	buf_finish(&watch->path);
	buf_finish(&watch->child);
	if (watch->root_fd >= 0)
		close(watch->root_fd);
	free(watch->directory);
	free(watch);
}

void watch_rescan(struct watch *watch)
{
	scan_full(watch);
}

static int open_regular(int root_fd, const char *path, struct error *err)
{
	struct stat status;
	int fd = root_fd < 0 ? -1 : open_beneath(root_fd, path, O_RDONLY | O_NONBLOCK);

	if (fd < 0) {
		error_set(err, "open %s: %s", path,
			root_fd < 0 ? "the article directory is away" : strerror(errno));
		return -1;
	}
	if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
		error_set(err, "open %s: not a regular file", path);
		close(fd);
		return -1;
	}
	return fd;
}

int watch_open_file(struct watch *watch, const char *path, struct error *err)
{
	return open_regular(watch->root_fd, path, err);
}

int watch_open_below(const char *directory, const char *path, struct error *err)
{
	int root = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd = open_regular(root, path, err);

	if (root >= 0)
		close(root);
	return fd;
}
