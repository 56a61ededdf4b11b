/*
 * address.h: which internet addresses the hub may connect to, so that nobody makes it
 * reach into the network it stands in. Asked for every connection, not for the name: a
 * name may resolve differently each time. Pure.
 */
#ifndef DAEMON_HUB_ADDRESS_H
#define DAEMON_HUB_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

struct sockaddr;

struct address_policy {
	bool deny_private;
	const char *const *allow;  /* CIDR ranges or addresses: allowed although private */
	size_t allow_count;
};

/* NULL when SOCKADDR may be connected to, else why not (static, short). Refused are all
 * special-purpose ranges of the IANA registries (RFC 6890) that are not globally
 * reachable, multicast, and IPv6 forms that carry such an IPv4 address (mapped, 6to4,
 * NAT64). */
const char *address_why_refused(const struct sockaddr *sockaddr,
	const struct address_policy *policy);

#endif
