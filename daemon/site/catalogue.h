/*
 * catalogue.h: every article the site knows, in memory, without its text: where it is, who
 * it is, when it appeared. Entries live until the end: a deleted article keeps its identity
 * for a return. Which feeds it is in: feed_index.h.
 */
#ifndef DAEMON_SITE_CATALOGUE_H
#define DAEMON_SITE_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/site/feed_index.h"
#include "daemon/site/identity.h"
#include "daemon/store/store.h"
#include "feeds/article.h"
#include "feeds/base/map.h"
#include "feeds/render.h"

struct fragments;

struct entry {
	char *path, *id, *slug;    /* own; id and slug are NULL until first seen good */
	char *former_slugs;        /* owns; names its page had, a line each; NULL */
	char *renamed_from;        /* owns; the path the store still knows, or NULL */
	char *title;               /* owns */
	char *problem;             /* owns */
	char hash[HASH_HEX], content_hash[HASH_HEX];
	uint64_t companions;       /* which files beside it there were when it was read */
	uint64_t inode;
	int64_t mtime_ns, size;
	int64_t first_seen_ms;
	int64_t visible_ms;        /* its place in the feeds; 0 = never yet visible */
	int64_t surfaced_ms;       /* came to the top again; 0 = never */
	char *labels;              /* owns; feeds beside its directories', a line each; NULL */
	struct instant published, updated;
	int version;
	int64_t rights;            /* what the rules said: entitlement.h; 0 = not asked */
	enum text_level level;     /* the public's */
	enum article_status status; /* as the file states it, when last looked at */
	enum article_presence presence;
	enum store_decision decision; /* what was decided about it beside its file */
	int64_t decided_ms;
	char *decision_note;       /* owns; or NULL */

	enum store_priority priority; /* of what the store has not got: priority.h */
	bool is_ranked;            /* in the feeds, be it as a gap */
	bool is_visible;           /* in the feeds, and no gap */
	bool is_row_dirty;         /* the store's row is older than this */
	bool is_queued;            /* waits to be read */
	bool is_unentitled;        /* the rules are to be asked again */
	bool is_loading;           /* its flat is asked for */
	bool is_lost;              /* the store's flat is spoilt, and its file was asked for */
	bool is_listed;            /* in the list of deleted entries */
	unsigned scan;             /* the last scan that saw it */
	int64_t gone_due_ms;       /* deleted: when that becomes true; 0 = not deleted */
	int64_t next_change_ms;    /* when its state changes by itself; INT64_MAX = never */
	char *flat;                /* owns; while the store has not got it */
	size_t flat_len;
	struct fragments *fragments; /* owns; while it is in a window */
	unsigned window_refs;      /* feeds whose window it is in */
	int64_t changed_seq;       /* the publication that changed it last, see changes.c */
	unsigned mark;             /* of the walk that met it last */
};

struct catalogue {
	struct map by_path, by_id, by_slug, by_updated;
	struct map by_former_slug;
	struct feed_index index;
	struct entry **entries;    /* owns; in order of first sight */
	size_t count, cap;
	struct entry **dirty;      /* owns the array; whose rows the store has not got */
	size_t dirty_count, dirty_cap;
	int64_t newest_visible_ms;
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

/* Gives ENTRY its names; false if another entry has that ID or SLUG, or had that SLUG (then
 * nothing changes). A slug that gives way to another goes on naming ENTRY's page. */
bool catalogue_set_id(struct catalogue *catalogue, struct entry *entry, const char *id);
bool catalogue_set_slug(struct catalogue *catalogue, struct entry *entry, const char *slug);

/* SLUG was one of ENTRY's. */
void catalogue_add_former_slug(struct catalogue *catalogue, struct entry *entry,
	const char *slug);
/* The entry whose page was named SLUG once; NULL if none. */
struct entry *catalogue_find_former(const struct catalogue *catalogue, const char *slug);

/* The same where a row of the store says so: whoever had that slug or that time has another
 * by now, or will have. */
void catalogue_take_slug(struct catalogue *catalogue, struct entry *entry, const char *slug);
void catalogue_take_updated(struct catalogue *catalogue, struct entry *entry,
	struct instant updated);
/* ENTRY (in no feed) has neither id nor slug any more. */
void catalogue_drop_names(struct catalogue *catalogue, struct entry *entry);

/* Sets `updated`, moved on by milliseconds until no other entry has the same: Atom wants
 * distinct times within a feed. */
void catalogue_set_updated(struct catalogue *catalogue, struct entry *entry,
	struct instant updated);

/* The store's row of ENTRY is older than ENTRY from now on. */
void catalogue_touch(struct catalogue *catalogue, struct entry *entry);

/* Makes ENTRY visible in its feeds or hides it. One that was never visible gets its place:
 * AT_MS, or right behind the newest when IS_LATEST and that is later. */
void catalogue_show(struct catalogue *catalogue, struct entry *entry, int64_t at_ms,
	bool is_latest);
void catalogue_hide(struct catalogue *catalogue, struct entry *entry);

/* Sets what ENTRY is ordered and filed by, keeping its place in the feeds. */
void catalogue_file(struct catalogue *catalogue, struct entry *entry,
	struct instant published, const char *labels);

/* The directory of PATH: its length in bytes (0 at the top). */
size_t channel_len(const char *path);

/* Whether nobody may have ENTRY any more: killed, withdrawn, or its file is gone. */
bool entry_is_taken_back(const struct entry *entry);

/* Whether LABEL (the key of a feed: "tag/T") is one of ENTRY's. */
bool entry_has_label(const struct entry *entry, const char *label);

#endif
