/*
 * parse.h: the request head and chunked framing, strictly by RFC 9112: what could be read
 * in two ways is refused. Pure. The head is parsed only when all of it is there and the
 * chunk decoder goes byte by byte, so every split of the input gives the same answer.
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
	bool keep_alive, has_close;
	bool is_chunked, has_length, expects_continue;
	size_t length;         /* Content-Length */
	struct slice host, if_modified_since, accept_encoding, content_type, authorization,
		user_agent, sec_fetch_dest, accept; /* the first of each */
	/* The last of each; those before it are found by http_field_before. */
	struct slice if_none_match, forwarded_for, forwarded;
	struct slice fields;   /* all field lines */
};

/* Length of the head in BYTES with its blank line; 0 = not all there yet. The first SEEN
 * bytes were looked at before, without finding its end. */
size_t http_head_len(const char *bytes, size_t len, size_t seen);

/* The status to refuse these first LEN bytes of a head with, whatever may follow (400, 414,
 * 431), or 0. */
int http_judge_start(const char *bytes, size_t len);

/* Parses a whole head of LEN bytes. 0, or the status to refuse it with (400, 414, 417, 431,
 * 501, 505). */
int http_parse_head(const char *bytes, size_t len, struct http_head *out);

/* The two above at once, for the common case: the length of the well-formed head that BYTES
 * begin with, or 0: it is not all there or to be refused, which those will tell. */
size_t http_take_head(const char *bytes, size_t len, struct http_head *out);

/* Whether TEXT has only characters of uri-host [ ":" port ] (RFC 3986 section 3.2); it may be
 * empty. */
bool http_is_authority(struct slice text);

/* Goes from VALUE, a field's in HEAD, to that of the nearest line before it whose name is
 * NAME (a list may be in several lines, RFC 9110 section 5.2); false when there is none. */
bool http_field_before(const struct http_head *head, const char *name, struct slice *value);

/* Where a chunked body has got to (RFC 9112 section 7.1); start with a zeroed one. */
struct chunk_decoder {
	int state;
	size_t left;           /* content bytes of this chunk that are still to come */
	size_t digits;         /* of this size line */
	size_t other;          /* bytes of all extensions, or of all trailers */
	size_t total;          /* content so far */
};

enum chunk_result { CHUNK_MORE, CHUNK_DONE, CHUNK_MALFORMED, CHUNK_TOO_LARGE };

/* Takes LEN bytes of framing from IN and moves the content to OUT, which may be IN or lie
 * before it. *USED is how many were taken (fewer than LEN only at the end of the body),
 * *CONTENT how many went to OUT. TOO_LARGE: the content would be larger than MOST. */
enum chunk_result chunk_decode(struct chunk_decoder *decoder, const char *in, size_t len,
	char *out, size_t most, size_t *used, size_t *content);

#endif
