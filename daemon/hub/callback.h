/*
 * callback.h: which callback URLs the hub accepts, the key of their host, and how its own
 * parameters are added to them. Pure.
 */
#ifndef DAEMON_HUB_CALLBACK_H
#define DAEMON_HUB_CALLBACK_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

/* Whether URL may be a callback: http or https, a host, no user name, no fragment, a port
 * among PORTS (count 0 = any), only characters that a URL may have. Appends the host key
 * ("https://host:443", in small letters, the port always given) to HOST_KEY. Otherwise
 * *WHY_OUT is a line for the subscriber (static). */
bool callback_check(const char *url, const int *ports, size_t port_count,
	struct buf *host_key, const char **why_out);

/* Whether a host key's host is NAME, or below it when NAME is "*.example". */
bool callback_is_host(const char *host_key, const char *name);

/* Appends NAME=VALUE to the URL in OUT, behind what its query has already; all but
 * unreserved characters of VALUE are percent-encoded. W3C WebSub 5.1.1. */
void callback_add_parameter(struct buf *out, const char *name, const char *value);

#endif
