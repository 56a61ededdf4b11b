/*
 * url_host.h: the host of a URL as ASCII: lower case, IDNA labels, IP literals.
 */
#ifndef FEEDS_URL_HOST_H
#define FEEDS_URL_HOST_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

/* Appends the host HOST[0..LEN) to OUT as it goes into a URL: mapped like UTS 46 (case
 * folding, NFKC, ideographic full stops), non-ASCII labels in Punycode (RFC 3492). False
 * if it is no host. */
bool url_host_add(struct buf *out, const char *host, size_t len);

#endif
