/*
 * documents.h: what is served, by URL path: each document's validators as the store has
 * them, and its snapshot while it is in memory. Hot documents stay there; cold ones are made
 * on demand and forgotten, the least recently used first, when together they pass a bound.
 */
#ifndef DAEMON_SITE_DOCUMENTS_H
#define DAEMON_SITE_DOCUMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feeds/base/map.h"

struct snapshot;

struct document {
	char *path;                /* owns */
	char etag[32];
	int64_t modified_s, seq;   /* seq: the publication that the snapshot is of */
	int64_t stored_seq;        /* of the row, which may be newer than the snapshot */
	bool is_stored;            /* the store has a row of it */
	bool is_topic;
	bool is_retired;           /* a feed that is no more, see retire.c */
	bool is_hot;
	struct snapshot *snapshot; /* holds a reference; NULL = not in memory */
	struct document *newer, *older; /* cold ones in memory, by use */
};

struct documents {
	struct map map;            /* path -> struct document; owns */
	struct document *newest, *oldest;
	size_t cold_bytes, cold_most;
};

void documents_init(struct documents *documents, size_t cold_most);
void documents_finish(struct documents *documents);

/* The document of PATH; documents_add makes one if there is none. */
struct document *documents_find(const struct documents *documents, const char *path);
struct document *documents_add(struct documents *documents, const char *path);

/* DOCUMENT's snapshot from now on (a reference is taken). A cold one may cost others their
 * place. */
void documents_keep(struct documents *documents, struct document *document,
	struct snapshot *snapshot);

/* The snapshot of PATH when it is in memory (borrowed), counted as a use; or NULL. */
struct snapshot *documents_use(struct documents *documents, const char *path);

/* Forgets the snapshot of PATH, if there is one. */
void documents_drop(struct documents *documents, const char *path);

#endif
