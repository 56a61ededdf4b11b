/*
 * inotify.c: the kernel's events into touches of the settling set. Renames need no
 * pairing by cookie: both names are touched in the kernel's order, and after the settling
 * time one is found missing and the other there, one after the other.
 *
 * A watch belongs to the inode and follows a directory that moves, so whatever leaves the
 * tree or its place in it loses its watches at once and is listed anew where it appears.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "daemon/loop/loop.h"
#include "daemon/watch/names.h"
#include "daemon/watch/watch_internal.h"

#define DIR_MASK                                                                         \
	(IN_CLOSE_WRITE | IN_MODIFY | IN_ATTRIB | IN_CREATE | IN_DELETE |                \
		IN_MOVED_FROM | IN_MOVED_TO | IN_ONLYDIR | IN_DONT_FOLLOW |              \
		IN_EXCL_UNLINK)
#define ROOT_MASK ((DIR_MASK & ~(uint32_t)IN_DONT_FOLLOW) | IN_DELETE_SELF | IN_MOVE_SELF)

static void on_dir_event(
	struct watch *watch, struct known_dir *dir, uint32_t mask, const char *name)
{
	struct known_dir *child;

	known_path(dir, name, &watch->path);
	if (mask & (IN_DELETE | IN_MOVED_FROM)) {
		child = known_dir_at(&watch->known, buf_text(&watch->path), false);
		if (child != NULL)
			watch_forget_dir(watch, child);
	}
	/* A directory that was just made readable is announced by IN_ATTRIB. */
	if (mask & (IN_CREATE | IN_MOVED_TO | IN_ATTRIB))
		scan_subtree(watch, buf_text(&watch->path));
}

static void on_file_event(
	struct watch *watch, struct known_dir *dir, uint32_t mask, const char *name)
{
	/* A new name is either empty (what follows is a write) or a link to something
	 * that may be complete; either way it is looked at when it is quiet. */
	bool is_final = (mask & (IN_CLOSE_WRITE | IN_MOVED_TO | IN_ATTRIB)) != 0;

	known_path(dir, name, &watch->path);
	watch_touch(watch, buf_text(&watch->path), is_final);
}

static void on_event(struct watch *watch, const struct inotify_event *event)
{
	struct known_dir *dir;

	if (event->mask & IN_Q_OVERFLOW) {
		if (!watch->scan.is_wanted)
			watch_problem(watch,
				"%s: too many changes at once, scanning again",
				watch->directory);
		scan_full(watch);
		return;
	}
	dir = known_dir_of_wd(&watch->known, event->wd);
	if (dir == NULL)
		return;
	if (event->mask & (IN_IGNORED | IN_UNMOUNT | IN_DELETE_SELF | IN_MOVE_SELF)) {
		if (event->mask & IN_IGNORED) {
			known_set_wd(&watch->known, dir, -1);
			known_prune(&watch->known, dir);
		}
		return;
	}
	if (event->len == 0 || names_is_ignored(event->name) ||
		!names_is_utf8(event->name))
		return;
	if (event->mask & IN_ISDIR)
		on_dir_event(watch, dir, event->mask, event->name);
	else
		on_file_event(watch, dir, event->mask, event->name);
}

/* One buffer per turn, so that a flood leaves room for the rest of the loop. */
static void on_readable(struct ev_loop *ev, ev_io *io, int revents)
{
	struct watch *watch = io->data;
	_Alignas(struct inotify_event) char bytes[16384];
	ssize_t len = read(watch->inotify_fd, bytes, sizeof(bytes));
	struct known_dir *root = watch->known.root;
	int root_wd = root->wd;
	bool is_root_touched = false;

	(void)ev;
	(void)revents;
	for (ssize_t at = 0; at < len;) {
		const struct inotify_event *event = (const void *)(bytes + at);

		is_root_touched |=
			event->wd == root_wd &&
			(event->mask & (IN_IGNORED | IN_UNMOUNT | IN_DELETE_SELF |
					       IN_MOVE_SELF)) != 0;
		on_event(watch, event);
		at += (ssize_t)(sizeof(*event) + event->len);
	}
	if (is_root_touched)
		watch_check_root(watch);
}

void inotify_start(struct watch *watch)
{
	if (watch->poll_ms > 0 || watch->inotify_fd >= 0)
		return;
	watch->inotify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (watch->inotify_fd < 0) {
		if (!watch->is_partly_watched)
			watch_problem(watch,
				"%s: no inotify (%s), looking every 5 s instead",
				watch->directory, strerror(errno));
		watch->is_partly_watched = true;
		return;
	}
	ev_io_init(&watch->inotify_io, on_readable, watch->inotify_fd, EV_READ);
	watch->inotify_io.data = watch;
	ev_io_start(loop_ev(watch->loop), &watch->inotify_io);
}

static void drop_all_wds(struct known *known, struct known_dir *dir)
{
	struct map_entry entry;

	known_set_wd(known, dir, -1);
	for (size_t cursor = 0; map_next(&dir->dirs, &cursor, &entry);)
		drop_all_wds(known, entry.value);
}

void inotify_stop(struct watch *watch)
{
	if (watch->inotify_fd < 0)
		return;
	ev_io_stop(loop_ev(watch->loop), &watch->inotify_io);
	close(watch->inotify_fd);
	watch->inotify_fd = -1;
	drop_all_wds(&watch->known, watch->known.root);
}

bool inotify_add(struct watch *watch, struct known_dir *dir, const char *path)
{
	char full[PATH_MAX];
	int wd;

	if (watch->inotify_fd < 0)
		return true;
	if (snprintf(full, sizeof(full), "%s/%s", watch->directory, path) >=
		(int)sizeof(full)) {
		errno = ENAMETOOLONG;
		return false;
	}
	wd = inotify_add_watch(
		watch->inotify_fd, full, *path == '\0' ? ROOT_MASK : DIR_MASK);
	if (wd >= 0) {
		known_set_wd(&watch->known, dir, wd);
		return true;
	}
	if (errno != ENOSPC)
		return false;
	if (!watch->is_partly_watched) {
		watch->is_partly_watched = true;
		watch_problem(watch,
			"%s: the limit of inotify watches is met at %s (raise "
			"fs.inotify.max_user_watches); looking every 5 s instead",
			watch->directory, *path == '\0' ? "." : path);
		watch_arm_rescan(watch);
	}
	return true;
}

void inotify_remove(struct watch *watch, struct known_dir *dir)
{
	if (dir->wd < 0)
		return;
	inotify_rm_watch(watch->inotify_fd, dir->wd);
	known_set_wd(&watch->known, dir, -1);
}
