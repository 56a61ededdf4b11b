/* snapshot_internal.h: the inside of a snapshot, for the server that sends it. */
#ifndef DAEMON_HTTP_SNAPSHOT_INTERNAL_H
#define DAEMON_HTTP_SNAPSHOT_INTERNAL_H

#include <stdatomic.h>

#include "daemon/http/body.h"
#include "daemon/http/snapshot.h"

struct variant {
	char *head, *browser_head; /* own; without Date, Connection and the blank line */
	size_t head_len, browser_head_len;
	struct body body;          /* without bytes there is no such variant */
};

/* What a 304 needs lies together: this, and the texts behind it in the same block. */
struct snapshot {
	atomic_int refs;
	int status;
	char etag[32];
	size_t etag_len, head304_len;
	int64_t modified_s;
	bool is_public_api, is_public, is_provisional, has_ranges;
	const char *path, *head304, *content_type; /* behind this */
	char *language, *other_language, *other_path; /* own; NULL = one language only */
	struct variant variants[ENCODING_COUNT];
};

enum { HTTP_DATE_LEN = 29 };
/* IMF-fixdate (RFC 9110 section 5.6.7). */
void http_date(int64_t at_s, char out[32]);
/* The phrase of the status line. */
const char *http_reason(int status);

#endif
