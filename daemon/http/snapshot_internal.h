/* snapshot_internal.h: the inside of a snapshot, for the server that sends it. */
#ifndef DAEMON_HTTP_SNAPSHOT_INTERNAL_H
#define DAEMON_HTTP_SNAPSHOT_INTERNAL_H

#include <stdatomic.h>

#include "daemon/http/snapshot.h"

struct variant {
	char *head, *browser_head; /* own; without Date, Connection and the blank line */
	size_t head_len, browser_head_len;
	char *body;                /* owns; NULL = there is no such variant */
	size_t len;
};

struct snapshot {
	atomic_int refs;
	int status;
	bool is_public_api;
	char *path, *content_type; /* own */
	char *language, *other_language, *other_path; /* own; NULL = one language only */
	char etag[32];
	int64_t modified_s;
	struct variant variants[ENCODING_COUNT];
	char *head304;             /* owns */
	size_t head304_len;
};

/* IMF-fixdate (RFC 9110 section 5.6.7). */
void http_date(int64_t at_s, char out[32]);

#endif
