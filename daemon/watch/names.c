/*
 * names.c: suffixes are compared as they are written, without regard to case only for
 * ASCII: .TMP from a Windows share is the same temporary file.
 */
#include "daemon/watch/names.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

static const char *const ignored_suffixes[] = {
	"~", ".swp", ".part", ".tmp", ".crdownload"};

bool names_is_ignored(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || name[0] == '.')
		return true;
	for (size_t i = 0; i < sizeof(ignored_suffixes) / sizeof(*ignored_suffixes);
		i++) {
		size_t suffix_len = strlen(ignored_suffixes[i]);

		if (len >= suffix_len &&
			strcasecmp(name + len - suffix_len, ignored_suffixes[i]) == 0)
			return true;
	}
	return false;
}

/* The length of the sequence that LEAD begins, 0 when it begins none; LOW and HIGH bound
 * the second byte (RFC 3629 section 4). */
static size_t sequence_len(unsigned char lead, unsigned char *low, unsigned char *high)
{
	*low = 0x80;
	*high = 0xbf;
	if (lead < 0x80)
		return 1;
	if (lead >= 0xc2 && lead <= 0xdf)
		return 2;
	if (lead >= 0xe0 && lead <= 0xef) {
		*low = lead == 0xe0 ? 0xa0 : 0x80;
		*high = lead == 0xed ? 0x9f : 0xbf;
		return 3;
	}
	if (lead >= 0xf0 && lead <= 0xf4) {
		*low = lead == 0xf0 ? 0x90 : 0x80;
		*high = lead == 0xf4 ? 0x8f : 0xbf;
		return 4;
	}
	return 0;
}

bool names_is_utf8(const char *name)
{
	const unsigned char *at = (const unsigned char *)name;

	while (*at != '\0') {
		unsigned char low, high;
		size_t len = sequence_len(*at, &low, &high);

		if (len == 0)
			return false;
		for (size_t i = 1; i < len; i++) {
			/* The NUL at the end is below every bound, so this stops there.
			 */
			if (at[i] < low || at[i] > high)
				return false;
			low = 0x80;
			high = 0xbf;
		}
		at += len;
	}
	return true;
}
