/*
 * feed_index.h: which article is in which feed, and in what order. Pure.
 *
 * A feed keeps its articles in the order in which they became visible, for ever: an article
 * that is taken back leaves a gap in its place, so that the numbers of the archive
 * (RFC 5005) stay true. An article that is corrected long after surfaces again: it enters
 * the window once more and keeps its place in the archive.
 */
#ifndef DAEMON_SITE_FEED_INDEX_H
#define DAEMON_SITE_FEED_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feeds/base/map.h"

struct entry;

enum feed_kind {
	FEED_OF_SITE,
	FEED_OF_CHANNEL,
	FEED_OF_TAG,
	FEED_OF_AUTHOR,
	FEED_OF_SOURCE,
	FEED_OF_EDITION,           /* an e-paper day */
	FEED_KIND_COUNT            /* of a label: not a feed, but a note */
};

struct feed {
	char *key;                 /* owns; its URL directory: "", "c/news", "tag/T" */
	const char *name;          /* in KEY: "", "news", "T" */
	enum feed_kind kind;
	struct entry **items;      /* owns the array; by visibility, oldest first, with gaps */
	size_t count, cap;
	size_t shown;              /* those that are no gaps */
	struct entry **surfaced;   /* owns the array; surfaced again, oldest first */
	size_t surfaced_count;
	struct entry **window;     /* owns the array; those whose fragments it holds */
	size_t window_count;
	/* the places from .. to hold others than when the archive was written */
	size_t disturbed_from, disturbed_to;
	bool is_dirty;             /* its documents are older than this */
	bool is_wanted;            /* somebody asked for its documents */
	bool is_unsorted;
	unsigned char priority;    /* enum store_priority of what is new: priority.h */
	char *moved_to;            /* owns; the key of the feed that its articles went to last */
	size_t moved_count;        /* so many in a row */
};

struct feed_index {
	struct map feeds;          /* key -> struct feed; owns */
	struct feed **dirty;       /* owns the array; those with is_dirty */
	size_t dirty_count, dirty_cap;
	unsigned kinds;            /* bits of enum feed_kind: which are kept */
	unsigned mark;             /* of the last walk, see struct entry */
	bool is_bulk;              /* many arrive in any order: sorted when first looked at */
};

void feed_index_finish(struct feed_index *index);

/* The feed of KEY ("" = the site), or NULL. */
struct feed *feed_index_find(const struct feed_index *index, const char *key);
/* The same; made if there is none. */
struct feed *feed_index_add(struct feed_index *index, const char *key);

/* Whether feeds of the kind of KEY are kept; it may go on behind the feed's key. */
bool feed_index_keeps(const struct feed_index *index, const char *key);

/* FEED's documents are older than FEED from now on. */
void feed_index_touch(struct feed_index *index, struct feed *feed);

/* Puts ENTRY into its feeds (the site, each directory above it, its labels) or takes it out
 * of them without a gap: what it is ordered by (visible_ms, published, id), its path and
 * its labels must stay as they are in between. Marks the feeds dirty. */
void feed_index_insert(struct feed_index *index, struct entry *entry);
void feed_index_remove(struct feed_index *index, struct entry *entry);

/* ENTRY (inserted) became visible or a gap: `is_visible` has changed. */
void feed_index_toggle(struct feed_index *index, struct entry *entry);

/* What the archive says of ENTRY may be said no more: it is written again. */
void feed_index_disturb(struct feed_index *index, struct entry *entry);

/* ENTRY surfaces again at AT_MS. */
void feed_index_surface(struct feed_index *index, struct entry *entry, int64_t at_ms);

/* FEED's items are in order from now on, until the next insertion in bulk. */
void feed_index_sort(struct feed *feed);

/* Calls ACT with each feed that ENTRY is in. */
void feed_index_each(struct feed_index *index, struct entry *entry,
	void (*act)(struct feed_index *index, struct feed *feed, struct entry *entry));

enum { WINDOW_MOST = 500 };

/*
 * The window of a feed: the LEAST that surfaced last or all that did so within SPAN_MS of
 * the newest, whichever is more, at most WINDOW_MOST. Writes them to OUT (room for
 * WINDOW_MOST), newest first; returns how many.
 */
size_t window_select(struct feed_index *index, struct feed *feed, size_t least,
	int64_t span_ms, struct entry **out);

/* Orders the window as it is shown: by publication, newest first, equal times by id. */
void window_order(struct entry **window, size_t count);

/* How many of the oldest articles of FEED are in no window that shows WINDOW: the archive
 * has them. What is behind them is all in WINDOW. */
size_t window_archived(struct feed_index *index, const struct feed *feed,
	struct entry *const *window, size_t count);

#endif
