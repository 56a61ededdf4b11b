/*
 * catalogue.h: every article the site knows, in memory, without its text: where it is, who
 * it is, when it appeared; and the feeds it is in. Entries live until the end: a deleted
 * article keeps its identity for a return.
 */
#ifndef DAEMON_SITE_CATALOGUE_H
#define DAEMON_SITE_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/site/identity.h"
#include "daemon/store/store.h"
#include "feeds/article.h"
#include "feeds/base/buf.h"
#include "feeds/base/map.h"
#include "feeds/render.h"

/* The article rendered once per format, for every feed that shows it. */
struct fragments {
	struct buf formats[FEED_FORMAT_COUNT];
	unsigned namespaces[FEED_FORMAT_COUNT];
	char *title, *url;         /* owns; for the landing page */
};

struct entry {
	char *path, *id, *slug;    /* own; id and slug are NULL until first seen good */
	char *renamed_from;        /* owns; the path the store still knows, or NULL */
	char *problem;             /* owns */
	char hash[HASH_HEX], content_hash[HASH_HEX];
	uint64_t inode;
	int64_t mtime_ns, size;
	int64_t first_seen_ms, visible_ms;
	struct instant published, updated;
	int version;
	enum article_presence presence;

	bool is_visible;           /* in the feeds */
	bool is_row_dirty;         /* the store's row is older than this */
	bool is_queued;            /* waits to be read */
	bool is_loading;           /* its flat is asked for */
	bool is_listed;            /* in the list of deleted entries */
	unsigned scan;             /* the last scan that saw it */
	int64_t gone_due_ms;       /* deleted: when that becomes true; 0 = not deleted */
	int64_t next_change_ms;    /* when its state changes by itself; INT64_MAX = never */
	char *flat;                /* owns; while the store has not got it */
	size_t flat_len;
	struct fragments *fragments; /* owns; while it is in a window */
};

struct feed {
	char *channel;             /* owns; "" = the whole site */
	struct entry **items;      /* owns the array; newest visible first */
	size_t count, cap;
	bool is_dirty;
};

struct catalogue {
	struct map by_path, by_id, by_slug, by_updated, feeds;
	struct entry **entries;    /* owns; in order of first sight */
	size_t count, cap;
	struct entry **deleted;    /* owns; those whose file is gone, and some that returned */
	size_t deleted_count, deleted_cap;
};

/* ENTRY's file is gone: catalogue_find_deleted looks at it from now on. */
void catalogue_list_deleted(struct catalogue *catalogue, struct entry *entry);
/* A deleted entry with an identity whose file had these bytes; NULL if there is none. */
struct entry *catalogue_find_deleted(struct catalogue *catalogue, const char *hash);

void catalogue_finish(struct catalogue *catalogue);

/* The entry of PATH; catalogue_add makes one if there is none. */
struct entry *catalogue_find(const struct catalogue *catalogue, const char *path);
struct entry *catalogue_add(struct catalogue *catalogue, const char *path);

/* Moves ENTRY to PATH (which must be free). */
void catalogue_move(struct catalogue *catalogue, struct entry *entry, const char *path);

/* Gives ENTRY its names; false if another entry has that ID (then nothing changes) or SLUG. */
bool catalogue_set_id(struct catalogue *catalogue, struct entry *entry, const char *id);
bool catalogue_set_slug(struct catalogue *catalogue, struct entry *entry, const char *slug);

/* Sets `updated`, moved on by milliseconds until no other entry has the same: Atom wants
 * distinct times within a feed. */
void catalogue_set_updated(struct catalogue *catalogue, struct entry *entry,
	struct instant updated);

/* Puts ENTRY into or takes it out of its feeds (the site's and each directory's above it)
 * and marks them dirty; visible_ms must stay as it is while it is in. */
void catalogue_show(struct catalogue *catalogue, struct entry *entry);
void catalogue_hide(struct catalogue *catalogue, struct entry *entry);

/* The directory of PATH: its length in bytes (0 at the top). */
size_t channel_len(const char *path);

void fragments_destroy(struct fragments *fragments);

/*
 * The window of a feed: the LEAST newest by visibility or all that became visible within
 * SPAN_MS of the newest, whichever is more, at most MOST; then in order of publication,
 * newest first, equal times by id. Writes to OUT (room for MOST); returns how many.
 */
size_t window_select(const struct feed *feed, size_t least, int64_t span_ms, size_t most,
	struct entry **out);

#endif
