/*
 * conditional.h: which answer a request's headers ask for (RFC 9110 sections 12.5.3 and
 * 13). Pure.
 */
#ifndef DAEMON_HTTP_CONDITIONAL_H
#define DAEMON_HTTP_CONDITIONAL_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/http/parse.h"
#include "daemon/http/snapshot.h"

/* Whether If-None-Match VALUE names ETAG (W/"..."): lists, `*`, weak or strong, without
 * quotes, and with the suffixes that proxies put on ("-gzip", ";gzip", "-br"). */
bool etag_matches(struct slice value, const char *etag);

/* The instant of an HTTP date in one of the three forms; -1 if it is none. */
int64_t http_parse_date(struct slice value);

/* Whether the client's copy is good: If-None-Match decides alone where it is there. */
bool is_not_modified(const struct http_head *head, const char *etag, int64_t modified_s);

/* The encoding to send, among those HAS says exist. */
enum encoding choose_encoding(struct slice accept, const bool has[ENCODING_COUNT]);

/* Whether the client would rather have OTHER than OWN (language tags), by Accept-Language
 * (RFC 9110 section 12.5.4), comparing the languages without regions and scripts. */
bool prefers_language(const struct http_head *head, const char *own, const char *other);

#endif
