/* values.c: how durations, sizes and addresses are written; see options.h. */
#include "config/options.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

struct unit {
	const char *name;
	long long factor;
};

static const struct unit durations[] = {
	{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}, {NULL, 0}};
static const struct unit sizes[] = {{"", 1}, {"B", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20},
	{"GiB", 1 << 30}, {NULL, 0}};

/* Digits and one of UNITS. */
static bool parse_unit(const char *text, const struct unit *units, long long *out)
{
	long long number = 0;
	const char *at = text;

	for (; isdigit((unsigned char)*at); at++) {
		if (number > LLONG_MAX / 100)
			return false;
		number = number * 10 + (*at - '0');
	}
	if (at == text)
		return false;
	for (; units->name; units++) {
		if (strcmp(at, units->name) != 0)
			continue;
		if (number > LLONG_MAX / 4 / units->factor)
			return false;
		*out = number * units->factor;
		return true;
	}
	return false;
}

bool value_duration(const char *text, long long *out_ms)
{
	return parse_unit(text, durations, out_ms);
}

bool value_size(const char *text, size_t *out)
{
	long long bytes;

	if (!parse_unit(text, sizes, &bytes))
		return false;
	*out = (size_t)bytes;
	return true;
}

bool value_is_address(const char *text)
{
	const char *colon;
	char *end;
	long port;

	if (strncmp(text, "unix:", 5) == 0)
		return text[5] == '/';
	colon = strrchr(text, ':');
	if (!colon || colon == text || !isdigit((unsigned char)colon[1]))
		return false;
	if (*text == '[' ? colon[-1] != ']'
			 : memchr(text, ':', (size_t)(colon - text)) != NULL)
		return false;
	port = strtol(colon + 1, &end, 10);
	return *end == '\0' && port <= 65535;
}

bool value_is_network(const char *text)
{
	unsigned char bytes[16];
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	char address[INET6_ADDRSTRLEN];
	bool is_v4, is_v6;

	if (len >= sizeof(address))
		return false;
	memcpy(address, text, len);
	address[len] = '\0';
	is_v4 = inet_pton(AF_INET, address, bytes) == 1;
	is_v6 = !is_v4 && inet_pton(AF_INET6, address, bytes) == 1;
	if (!slash)
		return is_v4 || is_v6;
	for (const char *at = slash + 1; *at; at++) {
		if (!isdigit((unsigned char)*at) || at - slash > 3)
			return false;
	}
	return (is_v4 || is_v6) && slash[1] && atoi(slash + 1) <= (is_v4 ? 32 : 128);
}
