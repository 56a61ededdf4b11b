/* proxy.c: see proxy.h; sections are those of HAProxy's proxy-protocol.txt. */
#include "daemon/http/proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

/* Section 2.2. */
static const char signature[12] = {'\r', '\n', '\r', '\n', '\0', '\r', '\n', 'Q', 'U', 'I',
	'T', '\n'};

enum {
	FIXED = 16,         /* signature, version and command, family, length */
	V1_MAX = 107,       /* with its CRLF (section 2.1) */
	COMMAND_LOCAL = 0x20,
	COMMAND_PROXY = 0x21,
	FAMILY_TCP4 = 0x11,
	FAMILY_TCP6 = 0x21,
	LEN_TCP4 = 12,
	LEN_TCP6 = 36,
};

/* Whether BYTES are, as far as they go, the beginning of WHAT. */
static bool may_begin(const char *bytes, size_t len, const char *what, size_t what_len)
{
	return memcmp(bytes, what, len < what_len ? len : what_len) == 0;
}

/* The source address comes first (section 2.2). Other families than TCP's say nothing that
 * is of use here: the balancer's own address stands. */
static enum proxy_result parse_v2(const char *bytes, size_t len, struct proxy_header *out)
{
	unsigned char fixed[FIXED];
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	size_t rest;

	if (len < FIXED)
		return PROXY_MORE;
	memcpy(fixed, bytes, FIXED);
	rest = (size_t)fixed[14] << 8 | fixed[15];
	if ((fixed[12] != COMMAND_LOCAL && fixed[12] != COMMAND_PROXY) ||
		rest > PROXY_HEADER_MAX - FIXED)
		return PROXY_MALFORMED;
	if (len < FIXED + rest)
		return PROXY_MORE;
	out->len = FIXED + rest;
	if (fixed[12] == COMMAND_LOCAL)
		return PROXY_DONE;
	if ((fixed[13] == FAMILY_TCP4 && rest < LEN_TCP4) ||
		(fixed[13] == FAMILY_TCP6 && rest < LEN_TCP6))
		return PROXY_MALFORMED;
	if (fixed[13] == FAMILY_TCP4) {
		memcpy(&v4.sin_addr, bytes + FIXED, sizeof(v4.sin_addr));
		out->has_client = address_from_sockaddr((struct sockaddr *)&v4, &out->client);
	} else if (fixed[13] == FAMILY_TCP6) {
		memcpy(&v6.sin6_addr, bytes + FIXED, sizeof(v6.sin6_addr));
		out->has_client = address_from_sockaddr((struct sockaddr *)&v6, &out->client);
	}
	return PROXY_DONE;
}

/* Takes a word and the space behind it, or the last one. */
static bool take_word(const char **at, const char *end, char *out, size_t size)
{
	const char *space = memchr(*at, ' ', (size_t)(end - *at));
	size_t len = (size_t)((space ? space : end) - *at);

	if (!len || len >= size)
		return false;
	memcpy(out, *at, len);
	out[len] = '\0';
	*at += len + (space != NULL);
	return true;
}

static bool is_port(const char *word)
{
	long port = 0;

	for (const char *c = word; *c; c++) {
		if (*c < '0' || *c > '9' || c - word >= 5)
			return false;
		port = port * 10 + (*c - '0');
	}
	return port <= 65535;
}

/* "TCP4 192.0.2.1 192.0.2.2 4711 80" or "UNKNOWN ..." (section 2.1). */
static enum proxy_result parse_line(const char *at, const char *end, struct proxy_header *out)
{
	char family[16], from[64], to[64], from_port[8], to_port[8];
	struct address destination;
	bool is_v4;

	if (!take_word(&at, end, family, sizeof(family)))
		return PROXY_MALFORMED;
	if (strcmp(family, "UNKNOWN") == 0)
		return PROXY_DONE;
	is_v4 = strcmp(family, "TCP4") == 0;
	if ((!is_v4 && strcmp(family, "TCP6") != 0) ||
		!take_word(&at, end, from, sizeof(from)) ||
		!take_word(&at, end, to, sizeof(to)) ||
		!take_word(&at, end, from_port, sizeof(from_port)) ||
		!take_word(&at, end, to_port, sizeof(to_port)) || at != end)
		return PROXY_MALFORMED;
	if (!address_from_text(from, &out->client) || !address_from_text(to, &destination) ||
		is_v4 != !strchr(from, ':') || is_v4 != !strchr(to, ':') ||
		!is_port(from_port) || !is_port(to_port))
		return PROXY_MALFORMED;
	out->has_client = true;
	return PROXY_DONE;
}

static enum proxy_result parse_v1(const char *bytes, size_t len, struct proxy_header *out)
{
	size_t most = len < V1_MAX ? len : V1_MAX;
	const char *newline = memchr(bytes, '\n', most);

	if (!newline)
		return len < V1_MAX ? PROXY_MORE : PROXY_MALFORMED;
	if (newline[-1] != '\r')
		return PROXY_MALFORMED;
	out->len = (size_t)(newline + 1 - bytes);
	return parse_line(bytes + 6, newline - 1, out);
}

enum proxy_result proxy_parse(const char *bytes, size_t len, struct proxy_header *out)
{
	*out = (struct proxy_header){.len = 0};
	if (!len)
		return PROXY_MORE;
	if (may_begin(bytes, len, signature, sizeof(signature)))
		return parse_v2(bytes, len, out);
	if (may_begin(bytes, len, "PROXY ", 6))
		return len < 7 ? PROXY_MORE : parse_v1(bytes, len, out);
	return PROXY_MALFORMED;
}
