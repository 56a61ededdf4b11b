/*
 * client.h: whose request it is when proxies stand in between. Pure.
 */
#ifndef DAEMON_HTTP_CLIENT_H
#define DAEMON_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

struct address;
struct http_head;

/* Whether ADDRESS is in one of the ranges TRUSTED (daemon/net/cidr.h). */
bool client_is_trusted(const struct address *address, const char *const *trusted, size_t count);

/* From PEER outwards, the first address that is none of TRUSTED: by X-Forwarded-For, or
 * Forwarded (RFC 7239) where there is no such field, from the right. What cannot be read
 * ends the search at the address before it. IS_TRUSTED_PEER: the peer is trusted whatever
 * its address (a local socket). Returns whether OUT is an address at all. */
bool client_find(const struct address *peer, bool is_trusted_peer, const struct http_head *head,
	const char *const *trusted, size_t trusted_count, struct address *out);

#endif
