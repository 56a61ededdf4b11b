/* range.h: which part of a file a request asks for (RFC 9110 section 14). Pure. */
#ifndef DAEMON_HTTP_RANGE_H
#define DAEMON_HTTP_RANGE_H

#include <stddef.h>
#include <stdint.h>

struct http_head;

enum range {
	RANGE_WHOLE,        /* no range, or one to be ignored: several, none of bytes, nonsense */
	RANGE_PART,         /* 206 */
	RANGE_NOT_THERE,    /* 416 */
};

/* What a GET with HEAD wants of LEN bytes that have the strong ETAG and were last modified
 * at MODIFIED_S: of a part, its FIRST byte and the END behind its last. */
enum range range_find(const struct http_head *head, const char *etag, int64_t modified_s,
	size_t len, size_t *first, size_t *end);

#endif
