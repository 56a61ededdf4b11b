/*
 * target.h: from a request target to the one path that names it. Pure. The path is only
 * ever looked up in a table, never given to a file system.
 */
#ifndef DAEMON_HTTP_TARGET_H
#define DAEMON_HTTP_TARGET_H

#include "daemon/http/parse.h"

/* Normalises TARGET into OUT (at least HTTP_TARGET_MAX + 2 bytes): origin-form, or
 * absolute-form whose authority must be HOST (RFC 9112 section 3.2.2); percent-decoded
 * once; dot segments removed, ".." at the root stays there (RFC 3986 section 5.2.4). *QUERY
 * points into TARGET behind '?', or is NULL. 0, or 400. */
int target_normalise(struct slice target, struct slice host, char *out, struct slice *query);

#endif
