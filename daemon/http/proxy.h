/*
 * proxy.h: the header that a load balancer puts before the first request of a connection to
 * say who is on its other side: the PROXY protocol of HAProxy, version 2 (binary) and 1 (a
 * line of text). Pure; needs the whole header at once.
 */
#ifndef DAEMON_HTTP_PROXY_H
#define DAEMON_HTTP_PROXY_H

#include <stdbool.h>
#include <stddef.h>

#include "daemon/net/cidr.h"

enum { PROXY_HEADER_MAX = 4096 };

enum proxy_result { PROXY_MORE, PROXY_DONE, PROXY_MALFORMED };

struct proxy_header {
	size_t len;            /* of the header; the request follows */
	bool has_client;       /* false: the balancer speaks for itself (a health check) */
	struct address client;
};

/* Reads the header that LEN bytes begin with. MALFORMED as soon as they cannot be one. */
enum proxy_result proxy_parse(const char *bytes, size_t len, struct proxy_header *out);

#endif
