/*
 * pass.h: one publication. It collects documents, drops those that are no news, commits the
 * rest with the article rows that changed, and only then shows them to readers and the hub:
 * nobody who polls sees an article that a kill would keep from subscribers.
 */
#ifndef DAEMON_SITE_PASS_H
#define DAEMON_SITE_PASS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/http/snapshot.h"
#include "daemon/store/store.h"
#include "feeds/base/buf.h"

struct document;
struct site;

/* One document of a pass. What `spec` points at lives as long as the pass; its body, etag
 * and Last-Modified are filled in by the pass. */
struct rendition {
	struct document *document; /* borrows */
	struct snapshot_spec spec;
	struct buf body;
	char etag[32];
	int64_t modified_s;
	bool is_topic;             /* subscribers are told */
	bool is_kept;              /* the store keeps the body: it can not be made again */
	bool is_changed, is_withdrawn;
	enum store_priority priority; /* of what is new in it */
	bool is_retired;           /* withdrawn for good; its body is the path it moved to */
};

struct pass {
	struct site *site;
	struct arena *arena;
	struct rendition *items;   /* owns */
	size_t count, cap;
	struct entry **rows;       /* owns the array */
	size_t row_count;
	int64_t epoch;             /* of the role under which it is published */
	bool is_rendered;          /* nothing was missing */
	int64_t since_ms;          /* the first change in it, monotonic; 0 = not measured */
};

struct pass *pass_create(struct site *site);
void pass_destroy(struct pass *pass);

/* A document to be filled in; the pointer is good until the next call. */
struct rendition *pass_add(struct pass *pass, const char *path);

/* The last one added has the ETAG (snapshot_etag_of) from now on, whatever its body: false,
 * and it is dropped, when that is what readers have. The Last-Modified of equal bytes
 * stays; otherwise it is now, and never moves back. */
bool pass_close(struct pass *pass, const char *etag);

/* Drops the last one added. */
void pass_drop(struct pass *pass);

/* PATH is no more (a stored document that must be written again). */
void pass_withdraw(struct pass *pass, const char *path);

/* Shows what is equal to what was published; the rest is held (follow_hold). Frees the pass:
 * for a site that follows. */
void pass_show(struct pass *pass);

/* The feed at PATH has ended; it went to the path MOVED_TO, or nowhere (NULL). */
void pass_retire(struct pass *pass, const char *path, const char *moved_to);

/* Commits and shows; the pass is freed when that is done, or undone to be tried again. */
void pass_commit(struct pass *pass);

#endif
