/*
 * watch_internal.h: what watch.c, scan.c and inotify.c share. One loop, no locks.
 */
#ifndef DAEMON_WATCH_WATCH_INTERNAL_H
#define DAEMON_WATCH_WATCH_INTERNAL_H

#include <dirent.h>
#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/watch/known.h"
#include "daemon/watch/watch.h"
#include "feeds/base/buf.h"

struct settle;

/* A directory that waits to be listed. */
struct listing_job {
	struct listing_job *next;
	bool is_full; /* part of a full scan: its files are reported at once */
	char path[];
};

/* The listing that is under way, one directory at a time, and those behind it. */
struct scan {
	struct listing_job *first, *last; /* owns */
	struct listing_job *current;	  /* owns; NULL between two */
	DIR *stream;			  /* owns; of `current` */
	uint32_t listing;		  /* number of `current`'s listing */
	size_t full_jobs;		  /* of a full scan, waiting or under way */
	bool is_running;		  /* between scan_begin and scan_end */
	bool is_wanted;			  /* another full scan is to follow */
	bool is_complete;
	int64_t wait_until; /* 0, or how long scan_end waits for settling */
	size_t bad_names, bad_names_said;
	struct buf bad_name;  /* the first of them */
	struct buf busy_said; /* the last path that was said to be busy */
};

struct watch {
	struct loop *loop; /* borrows */
	const struct watch_events *events;
	void *context;
	char *directory; /* owns */
	int64_t settle_ms, poll_ms;

	int root_fd; /* owns; -1 while the directory is away */
	dev_t root_dev;
	ino_t root_ino;
	bool is_lost; /* the directory went away, and that was said */

	int inotify_fd;		/* owns; -1 = polling only */
	bool is_partly_watched; /* the limit was met, and that was said: poll as well */

	struct known known;
	struct settle *settle; /* owns */
	struct scan scan;
	struct buf path, child; /* scratch: an event's path; a listing's */

	ev_io inotify_io;
	ev_timer settle_timer, slice_timer, check_timer, rescan_timer;
};

/* watch.c */
void watch_problem(struct watch *watch, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* PATH changed: it settles from now on. With IS_FINAL its looks are recorded now, so that
 * one quiet period is enough. */
void watch_touch(struct watch *watch, const char *path, bool is_final);
/* Arms the settling timer for the first path that is due. */
void watch_arm_settle(struct watch *watch);
/* Touches every known file below DIR and drops the watches there. */
void watch_forget_dir(struct watch *watch, struct known_dir *dir);
/* Compares the root with what it was; false when the directory is away. */
bool watch_check_root(struct watch *watch);
/* Rescans come this often from now on, counted anew. */
void watch_arm_rescan(struct watch *watch);
/* A file's mtime in nanoseconds. */
int64_t watch_mtime_ns(const struct stat *status);
/* Opens PATH ("" is the root) beneath the root, following no link; -1 and errno. */
int watch_open_at(struct watch *watch, const char *path, int flags);
/* The same component by component, where openat2(2) is not to be had: an old kernel, or a
 * seccomp filter that cannot look into its argument (systemd's RestrictSUIDSGID=). */
int watch_walk(int root, const char *path, int flags);

/* scan.c */
void scan_init(struct watch *watch);
void scan_finish(struct watch *watch);
/* Starts a full scan, or lets another one follow the one that runs. */
void scan_full(struct watch *watch);
/* Lists PATH and below, its files are touched. */
void scan_subtree(struct watch *watch, const char *path);
/* The directory is away: forgets all jobs and ends a running scan as incomplete. */
void scan_abort(struct watch *watch);
/* Ends the scan if nothing is left to wait for. */
void scan_end_if_done(struct watch *watch);

/* inotify.c */
/* Starts inotify for the current root; a failure is a problem line and means polling. */
void inotify_start(struct watch *watch);
void inotify_stop(struct watch *watch);
/* Watches DIR, whose path is PATH; false (errno) when it is not there. */
bool inotify_add(struct watch *watch, struct known_dir *dir, const char *path);
void inotify_remove(struct watch *watch, struct known_dir *dir);

#endif
