/*
 * watch.h: the article directory: which files are there, which have settled after a change,
 * which have gone. inotify, with polling where it does not work; it never reads a file's
 * content and knows nothing of articles.
 *
 * Paths are relative to the directory ("news/a.md"), valid UTF-8; names that begin with a
 * dot, end in ~ .swp .part .tmp or .crdownload, and everything that is not a regular file
 * (symbolic links too) are ignored. `_channel.yaml` and sidecars are reported like others.
 */
#ifndef DAEMON_WATCH_H
#define DAEMON_WATCH_H

#include <stdbool.h>
#include <stdint.h>

struct error;
struct loop;
struct stat;
struct watch;

struct watch_config {
	const char *directory;
	int64_t settle_ms;  /* a file must be quiet that long before it is reported */
	int64_t poll_ms;    /* > 0: rescan that often instead of inotify; 0 = choose by the
	                     * file system (5 s on network file systems) */
};

/* Called from the loop, never from inside a downward call. */
struct watch_events {
	/* A scan starts; every file that is there will be reported by `file`. */
	void (*scan_begin)(void *context);
	/* PATH is there: seen by a scan, or settled after a change. May be unchanged. */
	void (*file)(void *context, const char *path, const struct stat *status);
	/* PATH is not there any more (deleted or moved away; a directory gives one event per
	 * file that was in it). */
	void (*gone)(void *context, const char *path);
	/* The scan ended. IS_COMPLETE false: a part could not be read (named in a problem
	 * before), so a file that was not seen need not be gone. */
	void (*scan_end)(void *context, bool is_complete);
	/* Something a person should know: one line. */
	void (*problem)(void *context, const char *text);
};

/* Starts watching, and scanning at once (in slices of a few ms). Fails with one clear line
 * when DIRECTORY is not a directory that can be read. CONFIG is copied. */
bool watch_create(struct loop *loop, const struct watch_config *config,
	const struct watch_events *events, void *context, struct watch **out,
	struct error *err);
/* NULL is accepted. */
void watch_destroy(struct watch *watch);

/* Scans again, soon (after an overflow, on request). */
void watch_rescan(struct watch *watch);

/* Opens PATH for reading beneath the directory, following no link (openat2(2)); -1 and ERR
 * on failure. The caller closes. */
int watch_open_file(struct watch *watch, const char *path, struct error *err);

/* The same where nothing is watched. */
int watch_open_below(const char *directory, const char *path, struct error *err);

#endif
