/* cidr.c: see cidr.h. */
#include "daemon/net/cidr.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

static const unsigned char mapped_prefix[12] = {[10] = 0xff, [11] = 0xff};

static void from_v4(const void *bytes, struct address *out)
{
	memcpy(out->bytes, mapped_prefix, 12);
	memcpy(out->bytes + 12, bytes, 4);
	out->is_v4 = true;
}

static void from_v6(const void *bytes, struct address *out)
{
	memcpy(out->bytes, bytes, 16);
	out->is_v4 = memcmp(bytes, mapped_prefix, 12) == 0;
}

bool address_from_sockaddr(const struct sockaddr *from, struct address *out)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (from->sa_family == AF_INET) {
		memcpy(&v4, from, sizeof(v4));
		from_v4(&v4.sin_addr, out);
		return true;
	}
	if (from->sa_family != AF_INET6)
		return false;
	memcpy(&v6, from, sizeof(v6));
	from_v6(&v6.sin6_addr, out);
	return true;
}

bool address_from_text(const char *text, struct address *out)
{
	unsigned char bytes[16];

	if (inet_pton(AF_INET, text, bytes) == 1) {
		from_v4(bytes, out);
		return true;
	}
	if (inet_pton(AF_INET6, text, bytes) != 1)
		return false;
	from_v6(bytes, out);
	return true;
}

bool cidr_contains(const char *range, const struct address *address)
{
	const char *slash = strchr(range, '/');
	size_t len = slash ? (size_t)(slash - range) : strlen(range);
	struct address base;
	char text[64];
	long bits = 128;

	if (len >= sizeof(text))
		return false;
	memcpy(text, range, len);
	text[len] = '\0';
	if (!address_from_text(text, &base))
		return false;
	if (slash)
		bits = strtol(slash + 1, NULL, 10) + (base.is_v4 ? 96 : 0);
	if (bits < 0 || bits > 128 || base.is_v4 != address->is_v4)
		return false;
	if (memcmp(base.bytes, address->bytes, (size_t)bits / 8) != 0)
		return false;
	if (bits % 8 == 0)
		return true;
	return ((base.bytes[bits / 8] ^ address->bytes[bits / 8]) >> (8 - bits % 8)) == 0;
}
