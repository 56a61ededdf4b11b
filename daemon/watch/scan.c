/*
 * scan.c: lists directories, one after the other, in slices of a few milliseconds. A
 * directory is watched first and listed then, so nothing that appears in between is
 * missed.
 *
 * In a full scan a file is reported at once, unless it was modified within the settling
 * time: then it settles first and the end of the scan waits for it (for a bounded time),
 * so that a file that is just being written is neither half read nor taken for missing. A
 * listing also notices what it does not find any more: those are touched and found
 * missing after the settling time.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "daemon/loop/loop.h"
#include "daemon/watch/names.h"
#include "daemon/watch/settle.h"
#include "daemon/watch/watch_internal.h"
#include "feeds/base/mem.h"

#define SLICE_NS 3000000
#define NAMES_BETWEEN_CLOCKS 16
#define PATH_LEN_MAX 3000

static void arm_slice(struct watch *watch)
{
	struct ev_loop *ev = loop_ev(watch->loop);

	if (!ev_is_active(&watch->slice_timer)) {
		ev_timer_set(&watch->slice_timer, 0., 0.);
		ev_timer_start(ev, &watch->slice_timer);
	}
}

static void add_job(struct watch *watch, const char *path, bool is_full)
{
	struct scan *scan = &watch->scan;
	size_t len = strlen(path);
	struct listing_job *job = mem_alloc(sizeof(*job) + len + 1);

	memcpy(job->path, path, len);
	job->is_full = is_full;
	if (is_full)
		scan->full_jobs++;
	if (scan->last != NULL)
		scan->last->next = job;
	else
		scan->first = job;
	scan->last = job;
	arm_slice(watch);
}

/* A part could not be read; said once until it can be again. */
static void note_problem(struct watch *watch, const char *path, const char *what)
{
	struct known_dir *dir = known_dir_at(&watch->known, path, true);

	watch->scan.is_complete = false;
	if (!dir->has_problem)
		watch_problem(
			watch, "cannot read %s/%s: %s", watch->directory, path, what);
	dir->has_problem = true;
}

/* Whether the file was modified so recently that it may be half written. */
static bool is_recent(struct watch *watch, const struct stat *status)
{
	int64_t age = loop_wall_ms(watch->loop) - watch_mtime_ns(status) / 1000000;

	return age < watch->settle_ms && age > -watch->settle_ms;
}

static void see_file(struct watch *watch, const char *path, const struct stat *status)
{
	bool is_settling = settle_has(watch->settle, path);

	if (watch->scan.current->is_full && !is_settling && !is_recent(watch, status)) {
		known_add_file(&watch->known, path);
		watch->events->file(watch->context, path, status);
		return;
	}
	if (!is_settling) {
		settle_touch(watch->settle, path, loop_mono_ms(watch->loop));
		settle_see(watch->settle, path, status->st_size, watch_mtime_ns(status));
	}
	if (watch->scan.current->is_full)
		settle_await(watch->settle, path);
}

static void see_bad_name(struct watch *watch, const char *name)
{
	struct scan *scan = &watch->scan;

	if (scan->bad_names++ == 0) {
		buf_clear(&scan->bad_name);
		known_path(known_dir_at(&watch->known, scan->current->path, true), "",
			&scan->bad_name);
		buf_printf(&scan->bad_name, "/%s", name);
	}
}

static void see_name(struct watch *watch, const char *name)
{
	struct scan *scan = &watch->scan;
	struct known_dir *dir = known_dir_at(&watch->known, scan->current->path, true);
	struct known_dir *child_dir;
	struct known_file *file;
	struct stat status;

	if (names_is_ignored(name))
		return;
	if (!names_is_utf8(name)) {
		see_bad_name(watch, name);
		return;
	}
	if (fstatat(dirfd(scan->stream), name, &status, AT_SYMLINK_NOFOLLOW) != 0)
		return;
	known_path(dir, name, &watch->child);
	if (S_ISREG(status.st_mode)) {
		see_file(watch, buf_text(&watch->child), &status);
		file = map_get(&dir->files, name, strlen(name));
		if (file != NULL)
			file->listing = scan->listing;
	} else if (S_ISDIR(status.st_mode)) {
		child_dir = known_dir_at(&watch->known, buf_text(&watch->child), true);
		child_dir->listing = scan->listing;
		add_job(watch, buf_text(&watch->child), scan->current->is_full);
	}
}

/* What DIR's listing, read to its end, did not show. */
static void miss_unseen(struct watch *watch, struct known_dir *dir)
{
	struct known_dir **unseen;
	size_t count = 0;
	struct map_entry entry;

	for (size_t cursor = 0; map_next(&dir->files, &cursor, &entry);) {
		const struct known_file *file = entry.value;

		if (file->listing == watch->scan.listing)
			continue;
		known_path(dir, file->name, &watch->child);
		if (!settle_has(watch->settle, buf_text(&watch->child)))
			watch_touch(watch, buf_text(&watch->child), false);
	}
	unseen = mem_resize(NULL, dir->dirs.count + 1, sizeof(struct known_dir *));
	for (size_t cursor = 0; map_next(&dir->dirs, &cursor, &entry);) {
		struct known_dir *child = entry.value;

		if (child->listing != watch->scan.listing)
			unseen[count++] = child;
	}
	for (size_t i = 0; i < count; i++)
		watch_forget_dir(watch, unseen[i]);
	free(unseen);
}

static void close_current(struct watch *watch)
{
	struct scan *scan = &watch->scan;

	if (scan->stream != NULL)
		closedir(scan->stream);
	scan->stream = NULL;
	if (scan->current != NULL && scan->current->is_full)
		scan->full_jobs--;
	free(scan->current);
	scan->current = NULL;
}

/* Watches and opens the current job's directory; false when there is nothing to list. */
static bool open_current(struct watch *watch)
{
	struct scan *scan = &watch->scan;
	const char *path = scan->current->path;
	struct known_dir *dir = known_dir_at(&watch->known, path, true);
	int fd;

	if (strlen(path) > PATH_LEN_MAX) {
		note_problem(watch, path, "the path is too long");
		return false;
	}
	if (!inotify_add(watch, dir, path) && errno != EACCES) {
		if (errno != ENOENT && errno != ENOTDIR && errno != ELOOP)
			note_problem(watch, path, strerror(errno));
		known_prune(&watch->known, dir);
		return false;
	}
	fd = watch_open_at(watch, path, O_RDONLY | O_DIRECTORY);
	scan->stream = fd >= 0 ? fdopendir(fd) : NULL;
	if (scan->stream == NULL) {
		int cause = errno;

		if (fd >= 0)
			close(fd);
		/* Gone between its parent's listing and now is no problem. */
		if (cause != ENOENT && cause != ENOTDIR && cause != ELOOP)
			note_problem(watch, path, strerror(cause));
		return false;
	}
	dir->has_problem = false;
	scan->listing++;
	return true;
}

/* Reads on in the current directory; true when it is at its end. */
static bool read_names(struct watch *watch, size_t max)
{
	struct scan *scan = &watch->scan;

	for (size_t i = 0; i < max; i++) {
		struct dirent *item;

		errno = 0;
		item = readdir(scan->stream);
		if (item != NULL) {
			see_name(watch, item->d_name);
			continue;
		}
		if (errno != 0)
			note_problem(watch, scan->current->path, strerror(errno));
		else
			miss_unseen(watch,
				known_dir_at(&watch->known, scan->current->path, true));
		return true;
	}
	return false;
}

static void next_job(struct scan *scan)
{
	scan->current = scan->first;
	scan->first = scan->first->next;
	if (scan->first == NULL)
		scan->last = NULL;
}

static int64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void begin(struct watch *watch)
{
	struct scan *scan = &watch->scan;

	scan->is_wanted = false;
	scan->is_running = true;
	scan->is_complete = true;
	scan->wait_until = 0;
	scan->bad_names = 0;
	inotify_start(watch);
	watch->events->scan_begin(watch->context);
	add_job(watch, "", true);
}

static void say_bad_names(struct watch *watch)
{
	struct scan *scan = &watch->scan;

	if (scan->bad_names != scan->bad_names_said && scan->bad_names > 0)
		watch_problem(watch,
			"%s: %zu names are not valid UTF-8 and are ignored: %s",
			watch->directory, scan->bad_names, buf_text(&scan->bad_name));
	scan->bad_names_said = scan->bad_names;
}

static void end(struct watch *watch)
{
	struct scan *scan = &watch->scan;

	say_bad_names(watch);
	scan->is_running = false;
	watch_arm_rescan(watch);
	watch->events->scan_end(watch->context, scan->is_complete);
	if (scan->is_wanted)
		arm_slice(watch);
}

/* A file that is written all the time (a log) is named once, not at each scan. */
static void say_busy(struct watch *watch, const char *path)
{
	struct buf *said = &watch->scan.busy_said;

	if (strcmp(buf_text(said), path) == 0)
		return;
	watch_problem(watch, "%s/%s is still being written", watch->directory, path);
	buf_clear(said);
	buf_add_str(said, path);
}

void scan_end_if_done(struct watch *watch)
{
	struct scan *scan = &watch->scan;
	int64_t now = loop_mono_ms(watch->loop);

	if (!scan->is_running || scan->full_jobs > 0)
		return;
	if (settle_awaited_count(watch->settle) > 0) {
		if (scan->wait_until == 0)
			scan->wait_until = now + 4 * watch->settle_ms + 1000;
		if (now < scan->wait_until)
			return;
		say_busy(watch, settle_first_awaited(watch->settle));
		scan->is_complete = false;
		settle_await_none(watch->settle);
	}
	end(watch);
}

static void on_slice(struct ev_loop *ev, ev_timer *timer, int revents)
{
	struct watch *watch = timer->data;
	struct scan *scan = &watch->scan;
	int64_t until = clock_ns() + SLICE_NS;

	(void)ev;
	(void)revents;
	if (scan->is_wanted && !scan->is_running && watch_check_root(watch))
		begin(watch);
	do {
		if (scan->current == NULL) {
			if (scan->first == NULL)
				break;
			next_job(scan);
			if (!open_current(watch)) {
				close_current(watch);
				continue;
			}
		}
		if (read_names(watch, NAMES_BETWEEN_CLOCKS))
			close_current(watch);
	} while (clock_ns() < until);
	if (scan->current != NULL || scan->first != NULL)
		arm_slice(watch);
	watch_arm_settle(watch);
	scan_end_if_done(watch);
}

void scan_init(struct watch *watch)
{
	ev_timer_init(&watch->slice_timer, on_slice, 0., 0.);
	watch->slice_timer.data = watch;
}

void scan_finish(struct watch *watch)
{
	ev_timer_stop(loop_ev(watch->loop), &watch->slice_timer);
	close_current(watch);
	while (watch->scan.first != NULL) {
		next_job(&watch->scan);
		close_current(watch);
	}
	buf_finish(&watch->scan.bad_name);
	buf_finish(&watch->scan.busy_said);
}

void scan_full(struct watch *watch)
{
	watch->scan.is_wanted = true;
	arm_slice(watch);
}

void scan_subtree(struct watch *watch, const char *path)
{
	add_job(watch, path, false);
}

void scan_abort(struct watch *watch)
{
	struct scan *scan = &watch->scan;
	bool was_running = scan->is_running;

	scan_finish(watch);
	settle_await_none(watch->settle);
	scan->is_complete = false;
	if (was_running)
		end(watch);
}
