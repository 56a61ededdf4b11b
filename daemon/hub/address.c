/* address.c: see address.h. */
#include "daemon/hub/address.h"

#include <string.h>
#include <sys/socket.h>

#include "daemon/net/cidr.h"

struct rule {
	const char *range;
	const char *why;
};

static const struct rule v4_rules[] = {
	{"0.0.0.0/8", "this network"},
	{"10.0.0.0/8", "private"},
	{"100.64.0.0/10", "shared address space"},
	{"127.0.0.0/8", "loopback"},
	{"169.254.0.0/16", "link local"},
	{"172.16.0.0/12", "private"},
	{"192.0.0.0/24", "protocol assignments"},
	{"192.0.2.0/24", "documentation"},
	{"192.88.99.0/24", "6to4 relay"},
	{"192.168.0.0/16", "private"},
	{"198.18.0.0/15", "benchmarking"},
	{"198.51.100.0/24", "documentation"},
	{"203.0.113.0/24", "documentation"},
	{"224.0.0.0/4", "multicast"},
	{"240.0.0.0/4", "reserved"},
};

/* Inside 2000::/3, which is all there is of global unicast. */
static const struct rule v6_rules[] = {
	{"2001::/32", "Teredo"},
	{"2001::/23", "protocol assignments"},
	{"2001:db8::/32", "documentation"},
	{"3fff::/20", "documentation"},
};

static const struct rule v6_named[] = {
	{"::/128", "unspecified"},
	{"::1/128", "loopback"},
	{"fc00::/7", "private"},
	{"fe80::/10", "link local"},
	{"fec0::/10", "site local"},
	{"ff00::/8", "multicast"},
	{"64:ff9b:1::/48", "local NAT64"},
};

static const char *match(const struct rule *rules, size_t count,
	const struct address *address)
{
	for (size_t i = 0; i < count; i++)
		if (cidr_contains(rules[i].range, address))
			return rules[i].why;
	return NULL;
}

static const char *judge_v4(const struct address *address)
{
	return match(v4_rules, sizeof(v4_rules) / sizeof(*v4_rules), address);
}

static const char *judge_embedded(const unsigned char *v4)
{
	struct address address = {.bytes = {[10] = 0xff, [11] = 0xff}, .is_v4 = true};

	memcpy(address.bytes + 12, v4, 4);
	return judge_v4(&address);
}

static const char *judge_v6(const struct address *address)
{
	const char *why = match(v6_named, sizeof(v6_named) / sizeof(*v6_named), address);

	if (why)
		return why;
	if (cidr_contains("64:ff9b::/96", address))
		return judge_embedded(address->bytes + 12);
	if (cidr_contains("2002::/16", address))
		return judge_embedded(address->bytes + 2);
	if (!cidr_contains("2000::/3", address))
		return "not global unicast";
	return match(v6_rules, sizeof(v6_rules) / sizeof(*v6_rules), address);
}

const char *address_why_refused(const struct sockaddr *sockaddr,
	const struct address_policy *policy)
{
	struct address address;

	if (!address_from_sockaddr(sockaddr, &address))
		return "not an internet address";
	if (!policy->deny_private)
		return NULL;
	for (size_t i = 0; i < policy->allow_count; i++)
		if (cidr_contains(policy->allow[i], &address))
			return NULL;
	return address.is_v4 ? judge_v4(&address) : judge_v6(&address);
}
