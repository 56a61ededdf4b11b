/*
 * charset.c: detection by strict decoding. Statistical detectors are right in two of
 * three short Chinese texts; trying iconv strictly and asking which result looks like Chinese
 * (the share of the 500 commonest characters) is right in all but the shortest.
 */
#include "feeds/charset.h"

#include <iconv.h>
#include <string.h>
#include <strings.h>

#include "feeds/base/arena.h"
#include "feeds/text.h"

enum {
	SAMPLE = 4096,      /* characters looked at to tell encodings apart */
	DECLARATION = 4096, /* bytes in which a declaration is looked for */
	LEAST_UTF16 = 8,    /* bytes; less says nothing */
	NAME_SIZE = 40,
};

/* Names in declarations (lower case) -> iconv's name and ours. */
static const struct {
	const char *name, *iconv, *shown;
} aliases[] = {
	{"utf-8", "UTF-8", "UTF-8"},
	{"utf8", "UTF-8", "UTF-8"},
	{"gb2312", "GB18030", "GB18030"},
	{"gb_2312-80", "GB18030", "GB18030"},
	{"gbk", "GB18030", "GB18030"},
	{"x-gbk", "GB18030", "GB18030"},
	{"cp936", "GB18030", "GB18030"},
	{"gb18030", "GB18030", "GB18030"},
	{"big5", "BIG5-HKSCS", "Big5"},
	{"cn-big5", "BIG5-HKSCS", "Big5"},
	{"x-x-big5", "BIG5-HKSCS", "Big5"},
	{"big5-hkscs", "BIG5-HKSCS", "Big5"},
	{"utf-16le", "UTF-16LE", "UTF-16LE"},
	{"utf-16be", "UTF-16BE", "UTF-16BE"},
	{"shift_jis", "CP932", "Shift_JIS"},
	{"euc-jp", "EUC-JP", "EUC-JP"},
	{"euc-kr", "CP949", "EUC-KR"},
	{"us-ascii", "CP1252", "windows-1252"},
	{"ascii", "CP1252", "windows-1252"},
	{"iso-8859-1", "CP1252", "windows-1252"},
	{"latin1", "CP1252", "windows-1252"},
	{"windows-1252", "CP1252", "windows-1252"},
	{"iso-8859-15", "ISO-8859-15", "ISO-8859-15"},
	{"windows-1251", "CP1251", "windows-1251"},
	{"koi8-r", "KOI8-R", "KOI8-R"},
};

enum { ALIAS_COUNT = sizeof(aliases) / sizeof(*aliases) };

static const struct {
	const char *bytes;
	size_t len;
	const char *encoding;
} marks[] = {
	{"\xEF\xBB\xBF", 3, "UTF-8"},
	{"\xFF\xFE\0\0", 4, "UTF-32LE"},
	{"\0\0\xFE\xFF", 4, "UTF-32BE"},
	{"\xFF\xFE", 2, "UTF-16LE"},
	{"\xFE\xFF", 2, "UTF-16BE"},
};

/* Bytes up to the first bad sequence; LEN if it is UTF-8. */
static size_t utf8_prefix(const char *bytes, size_t len)
{
	const char *at = bytes;
	const char *end = bytes + len;

	while ((at = text_skip_plain(at, end)) < end) {
		const char *here = at;

		if (text_next(&at, end) == 0xFFFD &&
				!(at - here == 3 && !memcmp(here, "\xEF\xBF\xBD", 3)))
			return (size_t)(here - bytes);
	}
	return len;
}

/* Strictly; NULL if any byte does not fit. What is UTF-8 already is not copied. */
static char *decode(struct arena *arena, const char *bytes, size_t len,
	const char *encoding, size_t *len_out)
{
	iconv_t converter;
	size_t room =
		len * 2 + 16; /* GB18030, Big5: 2 -> 3; single bytes: 1 -> 3 below */
	char *in = (char *)(uintptr_t)bytes;
	char *out, *at;
	size_t result;

	if (!strcmp(encoding, "UTF-8")) {
		*len_out = len;
		return utf8_prefix(bytes, len) == len ? in : NULL;
	}
	converter = iconv_open("UTF-8", encoding);
	if (converter == (iconv_t)-1)
		return NULL;
	room += len; /* windows-1252 and its like: one byte may become three */
	at = out = arena_take(arena, room + 1);
	result = iconv(converter, &in, &len, &at, &room);
	if (result != (size_t)-1)
		result = iconv(converter, NULL, NULL, &at, &room);
	iconv_close(converter);
	if (result == (size_t)-1 || len)
		return NULL;
	*at = '\0';
	*len_out = (size_t)(at - out);
	return out;
}

static bool is_common(uint32_t c, const uint16_t *table)
{
	size_t low = 0, high = CHARSET_COMMON_COUNT;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (table[middle] == c)
			return true;
		if (table[middle] < c)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

/* Of 1000 characters beyond ASCII, how many are among the commonest. */
static int common_share(const char *text, size_t len, const uint16_t *table)
{
	const char *end = text + len;
	int common = 0, total = 0;

	while (text < end && total < SAMPLE) {
		uint32_t c = text_next(&text, end);

		if (c < 0x80)
			continue;
		total++;
		common += is_common(c, table) || (c >= 0x3001 && c <= 0x3011) ||
			  c == 0xFF0C || c == 0xFF1A || c == 0x201C || c == 0x201D;
	}
	return total ? common * 1000 / total : 0;
}

static bool is_utf16_text(const unsigned char *bytes, size_t len, bool big)
{
	size_t units = len / 2 < SAMPLE ? len / 2 : SAMPLE;
	size_t fits = 0;

	for (size_t i = 0; i < units; i++) {
		uint32_t c = big ? (uint32_t)bytes[i * 2] << 8 | bytes[i * 2 + 1]
				 : (uint32_t)bytes[i * 2 + 1] << 8 | bytes[i * 2];

		fits += (c >= 0x20 && c < 0x7F) || (c >= '\t' && c <= '\r') ||
			(c >= 0x3000 && c <= 0x3011) || (c >= 0xFF01 && c <= 0xFF1F) ||
			(c >= 0x2013 && c <= 0x2026) ||
			is_common(c, charset_common_simplified) ||
			is_common(c, charset_common_traditional);
	}
	return fits * 10 >= units * 6;
}

static const char *utf16_by_trial(const char *bytes, size_t len, bool is_utf8)
{
	if (len % 2 || len < LEAST_UTF16)
		return NULL;
	/* Text in UTF-8 without NUL is never UTF-16 by accident, but the reverse would
	 * be. */
	if (is_utf8 && !memchr(bytes, 0, len))
		return NULL;
	if (is_utf16_text((const unsigned char *)bytes, len, false))
		return "UTF-16LE";
	return is_utf16_text((const unsigned char *)bytes, len, true) ? "UTF-16BE" : NULL;
}

static const char *find_word(const char *from, const char *end, const char *word)
{
	size_t len = strlen(word);

	for (; (size_t)(end - from) >= len; from++)
		if (!strncasecmp(from, word, len))
			return from;
	return NULL;
}

/* The name behind `charset=` or `encoding=`, with or without quotes. */
static const char *read_name(struct arena *arena, const char *at, const char *end)
{
	size_t len = 0;

	while (at < end && strchr(" \t\r\n='\"", *at) && *at)
		at++;
	while (at + len < end && len < NAME_SIZE && at[len] > ' ' &&
		!strchr("'\";/>?", at[len]))
		len++;
	return len ? arena_strndup(arena, at, len) : NULL;
}

static const char *declared_name(struct arena *arena, const char *bytes, size_t len,
	enum charset_markup markup)
{
	const char *end = bytes + (len < DECLARATION ? len : DECLARATION);
	const char *at;

	if (markup == CHARSET_PLAIN)
		return NULL;
	if (len > 5 && !strncmp(bytes, "<?xml", 5)) {
		const char *close = find_word(bytes, end, "?>");

		at = close ? find_word(bytes, close, "encoding") : NULL;
		if (at)
			return read_name(arena, at + strlen("encoding"), close);
	}
	if (markup == CHARSET_XML)
		return NULL;
	for (at = bytes; (at = find_word(at, end, "<meta")); at++) {
		const char *close = memchr(at, '>', (size_t)(end - at));
		const char *name = find_word(at, close ? close : end, "charset");

		if (name)
			return read_name(
				arena, name + strlen("charset"), close ? close : end);
	}
	return NULL;
}

static int find_alias(const char *name)
{
	for (int i = 0; i < ALIAS_COUNT; i++)
		if (!strcasecmp(name, aliases[i].name))
			return i;
	return -1;
}

/* A declaration counts if it decodes; one of a single-byte set, which decodes anything,
 * only where the text is not UTF-8 already. */
static bool by_declaration(struct arena *arena, const char *bytes, size_t len,
	bool is_utf8, struct charset *out)
{
	int alias = out->declared ? find_alias(out->declared) : -1;

	/* What declares UTF-16 in ASCII letters is not UTF-16. */
	if (alias < 0 || !strncmp(aliases[alias].iconv, "UTF", 3))
		return false;
	if (strncmp(aliases[alias].shown, "GB", 2) != 0 && is_utf8)
		return false;
	out->text = decode(arena, bytes, len, aliases[alias].iconv, &out->len);
	out->encoding = aliases[alias].shown;
	if (!out->text && !strcmp(aliases[alias].iconv, "BIG5-HKSCS"))
		out->text = decode(arena, bytes, len, "CP950", &out->len);
	return out->text != NULL;
}

static bool by_frequency(struct arena *arena, const char *bytes, size_t len,
	struct charset *out)
{
	size_t gb_len, big5_len;
	char *gb = decode(arena, bytes, len, "GB18030", &gb_len);
	char *big5 = decode(arena, bytes, len, "BIG5-HKSCS", &big5_len);
	bool is_big5 = big5 && (!gb ||
		common_share(big5, big5_len, charset_common_traditional) >
			common_share(gb, gb_len, charset_common_simplified));

	out->text = is_big5 ? big5 : gb;
	out->len = is_big5 ? big5_len : gb_len;
	out->encoding = is_big5 ? "Big5" : "GB18030";
	return out->text != NULL;
}

static bool by_fallback(struct arena *arena, const char *bytes, size_t len,
	const char *fallback, struct charset *out)
{
	int alias = fallback ? find_alias(fallback) : -1;

	if (!fallback)
		return false;
	out->text = decode(arena, bytes, len, alias < 0 ? fallback : aliases[alias].iconv,
		&out->len);
	out->encoding = alias < 0 ? arena_strdup(arena, fallback) : aliases[alias].shown;
	return out->text != NULL;
}

static bool by_mark(
	struct arena *arena, const char *bytes, size_t len, struct charset *out)
{
	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++) {
		if (len < marks[i].len ||
			memcmp(bytes, marks[i].bytes, marks[i].len) != 0)
			continue;
		out->has_bom = true;
		out->encoding = marks[i].encoding;
		out->text = decode(arena, bytes + marks[i].len, len - marks[i].len,
			marks[i].encoding, &out->len);
		return true;
	}
	return false;
}

static bool detect(struct arena *arena, const char *bytes, size_t len,
	const char *fallback, struct charset *out)
{
	const char *utf16;
	bool is_utf8;

	if (by_mark(arena, bytes, len, out))
		return out->text != NULL;
	is_utf8 = utf8_prefix(bytes, len) == len;
	utf16 = utf16_by_trial(bytes, len, is_utf8);
	if (utf16 && (out->text = decode(arena, bytes, len, utf16, &out->len))) {
		out->encoding = utf16;
		return true;
	}
	if (by_declaration(arena, bytes, len, is_utf8, out))
		return true;
	if (is_utf8) {
		out->encoding = "UTF-8";
		out->text = (char *)(uintptr_t)bytes;
		out->len = len;
		return true;
	}
	return by_frequency(arena, bytes, len, out) ||
		by_fallback(arena, bytes, len, fallback, out);
}

/* Turns all line ends into LF in place and says what they were. */
static void fold_newlines(struct charset *charset)
{
	size_t lf = 0, crlf = 0, cr = 0, at = 0;
	char *text = charset->text;

	charset->newline = "LF";
	if (!memchr(text, '\r', charset->len))
		return;
	for (size_t i = 0; i < charset->len; i++) {
		if (text[i] == '\r') {
			bool pair = i + 1 < charset->len && text[i + 1] == '\n';

			crlf += pair;
			cr += !pair;
			i += pair;
			text[at++] = '\n';
			continue;
		}
		lf += text[i] == '\n';
		text[at++] = text[i];
	}
	text[at] = '\0';
	charset->len = at;
	if ((lf > 0) + (crlf > 0) + (cr > 0) > 1)
		charset->newline = "mixed";
	else
		charset->newline = crlf ? "CRLF" : "CR";
}

bool charset_decode(struct arena *arena, const void *bytes, size_t len,
	enum charset_markup markup, const char *fallback, struct charset *out)
{
	*out = (struct charset){0};
	out->declared = declared_name(arena, bytes, len, markup);
	if (!detect(arena, bytes, len, fallback, out)) {
		size_t good = utf8_prefix(bytes, len);

		out->bad_line = 1;
		for (size_t i = 0; i < good; i++)
			out->bad_line += ((const char *)bytes)[i] == '\n';
		return false;
	}
	out->text = text_clean(arena, out->text, out->len);
	out->len = strlen(out->text);
	fold_newlines(out);
	return true;
}

/* The one thing that outlives a call: converters stay open, so that glibc keeps their
 * modules and a process without file access can open them again. */
void charset_init(void)
{
	static iconv_t kept[ALIAS_COUNT];
	static const char *const more[] = {"CP950", "UTF-32LE", "UTF-32BE"};
	static iconv_t kept_more[sizeof(more) / sizeof(*more)];

	for (int i = 0; i < ALIAS_COUNT; i++)
		if (!kept[i])
			kept[i] = iconv_open("UTF-8", aliases[i].iconv);
	for (size_t i = 0; i < sizeof(more) / sizeof(*more); i++)
		if (!kept_more[i])
			kept_more[i] = iconv_open("UTF-8", more[i]);
}
