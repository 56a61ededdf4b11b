/*
 * snapshot.h: one immutable answer: a document in every encoding with its prebuilt heads.
 * Counted atomically, shared by all workers; nothing in it changes after creation.
 */
#ifndef DAEMON_HTTP_SNAPSHOT_H
#define DAEMON_HTTP_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum encoding { ENCODING_IDENTITY, ENCODING_GZIP, ENCODING_BROTLI, ENCODING_COUNT };

struct snapshot;

/* What to answer. Text and body are borrowed and copied (or compressed) by the call. */
struct snapshot_spec {
	const char *path;          /* the normalised URL path it answers: "/feed.atom" */
	int status;                /* 200, 301 (location), or that of an error */
	const char *location;      /* absolute, for 301 */
	const char *content_type;
	const char *browser_type;  /* instead, when Sec-Fetch-Dest: document; or NULL */
	const char *etag;          /* W/"..."; NULL = of the bytes; strong with has_ranges */
	const char *link;          /* value of the Link header; or NULL */
	/* Content-Language, when there is this document in other languages too; or NULL. Who
	 * prefers the other one gets what is at its path instead. */
	const char *language, *other_language, *other_path;
	const char *csp;           /* Content-Security-Policy; or NULL */
	/* Last-Modified; 0 = none. Where it is still to come, answers have their Date instead */
	int64_t modified_s;
	int max_age_s;             /* Cache-Control; -1 = no-store */
	bool is_private;           /* for the bearer of a token: no shared cache keeps it */
	bool is_public_api;        /* Access-Control-Allow-Origin: * */
	bool has_ranges;           /* a part may be asked for; not together with compress */
	bool compress;             /* gzip and brotli variants too, where smaller */
	bool is_provisional;       /* the same document with these variants follows soon */
	const void *body;
	size_t len;
};

/* Never fails; the caller holds the one reference. */
struct snapshot *snapshot_create(const struct snapshot_spec *spec);

struct snapshot *snapshot_ref(struct snapshot *snapshot);
/* From any thread; NULL is accepted. */
void snapshot_unref(struct snapshot *snapshot);

const char *snapshot_path(const struct snapshot *snapshot);
/* W/"..." of the identity bytes, with quotes; lives as long as the snapshot. */
const char *snapshot_etag(const struct snapshot *snapshot);
int64_t snapshot_modified_s(const struct snapshot *snapshot);
const char *snapshot_content_type(const struct snapshot *snapshot);
/* About the memory that it takes, in bytes. */
size_t snapshot_size(const struct snapshot *snapshot);
/* The identity bytes. */
const void *snapshot_body(const struct snapshot *snapshot, size_t *len_out);

/* The bytes in ENCODING; NULL = there is no such variant. */
const void *snapshot_variant(const struct snapshot *snapshot, enum encoding encoding,
	size_t *len_out);
/* Whether it is a document (200) that any cache may keep. */
bool snapshot_is_public(const struct snapshot *snapshot);
/* Whether the same document follows with its compressed variants. */
bool snapshot_is_provisional(const struct snapshot *snapshot);

/* The ETag that these bytes would have: W/"..." into OUT (at least 32 bytes). */
void snapshot_etag_of(const void *body, size_t len, char out[32]);

#endif
