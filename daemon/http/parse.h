/*
 * parse.h: the request head, strictly by RFC 9112: what could be read in two ways is
 * refused. Pure; looks at the whole head at once, so every split of the input gives the
 * same answer.
 */
#ifndef DAEMON_HTTP_PARSE_H
#define DAEMON_HTTP_PARSE_H

#include <stdbool.h>
#include <stddef.h>

enum {
	HTTP_HEAD_MAX = 8192,
	HTTP_TARGET_MAX = 2048,
	HTTP_FIELDS_MAX = 64,
};

/* A piece of the head; borrowed. */
struct slice {
	const char *at; /* NULL = not there */
	size_t len;
};

struct http_head {
	struct slice method, target;
	int minor;             /* HTTP/1.minor */
	bool keep_alive;
	bool is_chunked, has_length, expects_continue;
	size_t length;         /* Content-Length */
	struct slice host, if_none_match, if_modified_since, accept_encoding, content_type,
		authorization, user_agent, sec_fetch_dest, forwarded_for, forwarded, accept;
};

/* Length of the head in BYTES with its blank line; 0 = not all there yet. */
size_t http_head_len(const char *bytes, size_t len);

/* Parses a whole head of LEN bytes. 0, or the status to refuse it with (400, 414, 417, 431,
 * 501, 505). */
int http_parse_head(const char *bytes, size_t len, struct http_head *out);

/*
 * Decodes chunked framing (RFC 9112 section 7.1) in place: the content moves to the front
 * of BYTES. Returns 1 when the last chunk and its trailer are there (*USED bytes of input,
 * *CONTENT bytes of content), 0 when more is needed, -1 when it is malformed, -2 when the
 * content would be larger than MOST. Called again from the start of the body each time.
 */
int http_decode_chunked(char *bytes, size_t len, size_t most, size_t *used, size_t *content);

/* Normalises a target into OUT (at least LEN + 1 bytes): origin-form or absolute-form
 * (whose authority must be HOST), percent-decoded once, dot segments removed; *QUERY points
 * into TARGET behind '?', or is NULL. 0, or 400. */
int http_normalise(struct slice target, struct slice host, char *out, struct slice *query);

#endif
