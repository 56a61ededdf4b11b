/*
 * escape.c: one pass that copies runs of plain bytes and replaces the rest by a table.
 * Articles are clean already; this is the last gate, so that no bug before it can make a
 * whole feed ill-formed.
 */
#include "feeds/escape.h"

#include "feeds/base/buf.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#define WHITE_SQUARE "\xE2\x96\xA1"

/* XML 1.0 section 2.2: of the C0 controls only TAB, LF and CR are characters. */
#define NO_CONTROLS                                                                      \
	[0x00] = "", [0x01] = "", [0x02] = "", [0x03] = "", [0x04] = "", [0x05] = "",    \
	[0x06] = "", [0x07] = "", [0x08] = "", [0x0b] = "", [0x0c] = "", [0x0e] = "",    \
	[0x0f] = "", [0x10] = "", [0x11] = "", [0x12] = "", [0x13] = "", [0x14] = "",    \
	[0x15] = "", [0x16] = "", [0x17] = "", [0x18] = "", [0x19] = "", [0x1a] = "",    \
	[0x1b] = "", [0x1c] = "", [0x1d] = "", [0x1e] = "", [0x1f] = "", [0x7f] = ""

static const char *const replacements[ESCAPE_KIND_COUNT][128] = {
	[ESCAPE_XML_TEXT] = {NO_CONTROLS, ['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;",
		['\r'] = "&#13;"},
	[ESCAPE_XML_ATTRIBUTE] = {NO_CONTROLS, ['&'] = "&amp;", ['<'] = "&lt;",
		['>'] = "&gt;", ['"'] = "&quot;", ['\''] = "&#39;", ['\t'] = "&#9;",
		['\n'] = "&#10;", ['\r'] = "&#13;"},
	[ESCAPE_PLAIN_TEXT] = {NO_CONTROLS, ['&'] = "&#x26;", ['<'] = "&#x3C;",
		['>'] = "&#x3E;", ['\r'] = "&#13;"},
	[ESCAPE_PLAIN_ATTRIBUTE] = {NO_CONTROLS, ['&'] = "&#x26;", ['<'] = "&#x3C;",
		['>'] = "&#x3E;", ['"'] = "&#x22;", ['\''] = "&#x27;", ['\t'] = "&#9;",
		['\n'] = "&#10;", ['\r'] = "&#13;"},
	[ESCAPE_JSON] = {NO_CONTROLS, ['"'] = "\\\"", ['\\'] = "\\\\", ['\t'] = "\\t",
		['\n'] = "\\n", ['\r'] = "\\r"},
};

/* The length of the well-formed sequence at TEXT, which begins with a byte above 7F, and
 * its code point; 0 if it is none. */
static size_t sequence_len(const unsigned char *text, size_t len, uint32_t *point)
{
	size_t want = *text >= 0xf0 ? 4 : *text >= 0xe0 ? 3 : 2;
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	uint32_t c;

	if (*text < 0xc2 || *text > 0xf4 || want > len)
		return 0;
	c = *text & (0x7fU >> want);
	for (size_t i = 1; i < want; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (text[i] & 0x3fU);
	}
	if (c < least[want] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*point = c;
	return want;
}

/* C1 controls, non-characters and U+FFFD: allowed or nearly so, but a BadCharacters
 * warning of the validator. */
static bool is_unwelcome(uint32_t point)
{
	return point < 0xa0 || (point & 0xfffe) == 0xfffe || point == 0xfffd ||
	       (point >= 0xfdd0 && point <= 0xfdef);
}

/* The common case of Chinese text: three bytes, U+1000 to U+CFFF. */
static bool is_common(const unsigned char *at, const unsigned char *end)
{
	return *at >= 0xe1 && *at <= 0xec && end - at >= 3 && (at[1] & 0xc0) == 0x80 &&
	       (at[2] & 0xc0) == 0x80;
}

void escape_add_len(struct buf *out, enum escape_kind kind, const char *text, size_t len)
{
	const unsigned char *at = (const unsigned char *)text;
	const unsigned char *end = at + len, *plain = at;

	assert(kind < ESCAPE_KIND_COUNT);
	while (at < end) {
		const char *replacement = NULL;
		size_t used = 1;
		uint32_t point = 0;

		if (*at < 0x80) {
			replacement = replacements[kind][*at];
		} else if (is_common(at, end)) {
			used = 3;
		} else {
			used = sequence_len(at, (size_t)(end - at), &point);
			if (used == 0 || is_unwelcome(point))
				replacement = WHITE_SQUARE;
			used = used ? used : 1;
		}
		if (replacement) {
			buf_add(out, plain, (size_t)(at - plain));
			buf_add_str(out, replacement);
			plain = at + used;
		}
		at += used;
	}
	if (at > plain)
		buf_add(out, plain, (size_t)(at - plain));
}

void escape_add(struct buf *out, enum escape_kind kind, const char *text)
{
	if (text)
		escape_add_len(out, kind, text, strlen(text));
}

bool escape_is_blank(const char *text)
{
	const unsigned char *at = (const unsigned char *)text;

	while (at && (*at == 0x7f || (*at > 0 && *at <= ' ')))
		at++;
	return !at || !*at;
}

bool escape_is_utf8(const char *text, size_t len)
{
	const unsigned char *at = (const unsigned char *)text, *end = at + len;

	while (at < end) {
		uint32_t point;
		size_t used = *at < 0x80 ? 1 : is_common(at, end) ? 3 :
			sequence_len(at, (size_t)(end - at), &point);

		if (used == 0)
			return false;
		at += used;
	}
	return true;
}
