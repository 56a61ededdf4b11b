/* cidr.h: internet addresses and the ranges they are in. Pure. */
#ifndef DAEMON_NET_CIDR_H
#define DAEMON_NET_CIDR_H

#include <stdbool.h>
#include <stddef.h>

struct sockaddr;

/* An address as 16 bytes; IPv4 in its mapped form (::ffff:a.b.c.d). */
struct address {
	unsigned char bytes[16];
	bool is_v4;
};

/* False for anything but AF_INET and AF_INET6. A mapped IPv6 address counts as IPv4. */
bool address_from_sockaddr(const struct sockaddr *from, struct address *out);
/* Numeric text without port or brackets. */
bool address_from_text(const char *text, struct address *out);

/* Whether ADDRESS is in RANGE: "10.0.0.0/8", "fc00::/7" or one address; false when RANGE
 * cannot be read. */
bool cidr_contains(const char *range, const struct address *address);

#endif
