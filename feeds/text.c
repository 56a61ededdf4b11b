/*
 * text.c: white space, characters that XML 1.0 forbids, CJK, lists of strings, and the
 * lead. Names and labels are in people.c, the dateline in dateline.c. Everything is one
 * pass over UTF-8; libraries are asked only for NFKC and grapheme boundaries.
 */
#include "feeds/text.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "feeds/article.h"
#include "feeds/base/arena.h"

enum {
	/* The lead's budget: 120 Han characters of 7, or 280 columns of 3. */
	LEAD_BUDGET = 840,
	LEAD_COST_CJK = 7,
	LEAD_COST_OTHER = 3,
	LEAST_LEAD = 8, /* characters; a shorter paragraph is a label, not a lead */
};

struct range {
	uint32_t first, last;
};

static const struct range cjk_ranges[] = {
	{0x1100, 0x11FF},   {0x2E80, 0x303F},   {0x3040, 0x30FF},   {0x3100, 0x312F},
	{0x3130, 0x318F},   {0x31A0, 0x31FF},   {0x3200, 0x9FFF},   {0xA960, 0xA97F},
	{0xAC00, 0xD7FF},   {0xF900, 0xFAFF},   {0xFE30, 0xFE4F},   {0xFF00, 0xFFEF},
	{0x16FF0, 0x18DFF}, {0x1AFF0, 0x1B2FF}, {0x1F200, 0x1F2FF}, {0x20000, 0x3FFFD},
};
/* Marks that Chinese typography shares with Latin; CJK only beside CJK. */
static const uint32_t shared_marks[] = {0x2014, 0x2018, 0x2019, 0x201C, 0x201D, 0x2026};

/* windows-1252 for the C1 range, where old systems meant it; 0 = undefined there. */
static const uint16_t c1_meaning[32] = {
	0x20AC, 0, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
	0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017D, 0,
	0, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
	0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0, 0x017E, 0x0178,
};

static bool in_ranges(uint32_t c, const struct range *ranges, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	return false;
}

bool text_is_cjk(uint32_t c)
{
	return c >= 0x1100 &&
		in_ranges(c, cjk_ranges, sizeof(cjk_ranges) / sizeof(*cjk_ranges));
}

static bool is_hangul(uint32_t c)
{
	return (c >= 0x1100 && c <= 0x11FF) || (c >= 0x3130 && c <= 0x318F) ||
		(c >= 0xA960 && c <= 0xA97F) || (c >= 0xAC00 && c <= 0xD7FF);
}

static bool is_shared_mark(uint32_t c)
{
	for (size_t i = 0; i < sizeof(shared_marks) / sizeof(*shared_marks); i++)
		if (c == shared_marks[i])
			return true;
	return false;
}

bool text_joins(uint32_t a, uint32_t b)
{
	bool cjk_a = text_is_cjk(a) && !is_hangul(a);
	bool cjk_b = text_is_cjk(b) && !is_hangul(b);

	return (cjk_a && cjk_b) || (cjk_a && is_shared_mark(b)) ||
	       (is_shared_mark(a) && cjk_b);
}

static bool is_white(uint32_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || c == 0x85 || c == 0xA0 ||
	       c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
	       c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

static bool is_line_break(uint32_t c)
{
	return c == '\n' || c == '\r' || c == 0x85 || c == 0x2028 || c == 0x2029;
}

static size_t sequence_length(unsigned char lead)
{
	if (lead >= 0xC2 && lead <= 0xDF)
		return 2;
	if ((lead & 0xF0) == 0xE0)
		return 3;
	if (lead >= 0xF0 && lead <= 0xF4)
		return 4;
	return 0;
}

/* The lead of U+3000 to U+9FFF, with which most of any Chinese text is written. */
static bool is_han_lead(unsigned char lead)
{
	return lead >= 0xE3 && lead <= 0xE9;
}

/* Three bytes that need no further check: U+3000 to U+9FFF, the full-width forms of ASCII,
 * dashes, quotation marks and the ellipsis. */
static inline bool is_plain_wide(const char *at, const char *end)
{
	const unsigned char *byte = (const unsigned char *)at;

	if (end - at < 3 || (byte[1] & 0xC0) != 0x80 || (byte[2] & 0xC0) != 0x80)
		return false;
	if (is_han_lead(byte[0]))
		return true;
	return (byte[0] == 0xEF && (byte[1] == 0xBC || byte[1] == 0xBD)) ||
		(byte[0] == 0xE2 && byte[1] == 0x80 && byte[2] >= 0x90 && byte[2] <= 0xA7);
}

/* The end of a run of U+3000 to U+9FFF, without U+3000 if that is not to be in it. One
 * comparison looks at three bytes: an 'E' at the head and two continuations. */
static inline const char *skip_han(const char *at, const char *end, bool has_space)
{
	const uint32_t ideographic_space = 0x8080E3;

	for (uint32_t word; end - at >= 4; at += 3) {
		memcpy(&word, at, sizeof(word));
		word = le32toh(word) & 0xFFFFFF;
		if ((word & 0xC0C0F0) != 0x8080E0 || !is_han_lead((unsigned char)word) ||
			(!has_space && word == ideographic_space))
			break;
	}
	return at;
}

uint32_t text_next(const char **text, const char *end)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *at = (const unsigned char *)*text;
	unsigned char lead = *at;
	size_t length;
	uint32_t c;

	if (is_plain_wide(*text, end)) {
		*text += 3;
		return (at[0] & 0xFu) << 12 | (at[1] & 0x3Fu) << 6 | (at[2] & 0x3Fu);
	}
	++*text;
	if (lead < 0x80)
		return lead;
	length = sequence_length(lead);
	if (!length || (size_t)(end - *text) < length - 1)
		return 0xFFFD;
	c = lead & (0x7Fu >> length);
	for (size_t i = 0; i + 1 < length; i++) {
		unsigned char byte = (unsigned char)(*text)[i];

		if ((byte & 0xC0) != 0x80)
			return 0xFFFD;
		c = c << 6 | (byte & 0x3F);
	}
	if (c < least[length] || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
		return 0xFFFD;
	*text += length - 1;
	return c;
}

static inline bool is_plain_ascii(unsigned char c)
{
	return c >= ' ' ? c < 0x7F : c == '\t' || c == '\n' || c == '\r';
}

const char *text_skip_plain(const char *at, const char *end)
{
	while ((at = skip_han(at, end, true)) < end) {
		if (is_plain_wide(at, end))
			at += 3;
		else if (!is_plain_ascii((unsigned char)*at))
			break;
		while (at < end && is_plain_ascii((unsigned char)*at))
			at++;
	}
	return at;
}

/* The same without white space. */
static const char *skip_solid(const char *at, const char *end)
{
	while ((at = skip_han(at, end, false)) < end) {
		if (is_plain_wide(at, end) && memcmp(at, "\xE3\x80\x80", 3) != 0)
			at += 3;
		else if (*at <= ' ' || *at >= 0x7F)
			break;
		while (at < end && *at > ' ' && *at < 0x7F)
			at++;
	}
	return at;
}

/* The last code point before END, of what skip_solid skipped. */
static uint32_t last_of(const char *end)
{
	const char *at = end - 1;

	if ((*at & 0x80) != 0)
		at = end - 3;
	return text_next(&at, end);
}

static char *put(char *at, uint32_t c)
{
	if (c < 0x80) {
		*at++ = (char)c;
	} else if (c < 0x800) {
		*at++ = (char)(0xC0 | c >> 6);
		*at++ = (char)(0x80 | (c & 0x3F));
	} else if (c < 0x10000) {
		*at++ = (char)(0xE0 | c >> 12);
		*at++ = (char)(0x80 | (c >> 6 & 0x3F));
		*at++ = (char)(0x80 | (c & 0x3F));
	} else {
		*at++ = (char)(0xF0 | c >> 18);
		*at++ = (char)(0x80 | (c >> 12 & 0x3F));
		*at++ = (char)(0x80 | (c >> 6 & 0x3F));
		*at++ = (char)(0x80 | (c & 0x3F));
	}
	return at;
}

/* Ends the text from OUT to AT; the arena has back what is left of SIZE. */
static char *finish(struct arena *arena, char *out, char *at, size_t size)
{
	*at++ = '\0';
	arena_give_back(arena, out, size, (size_t)(at - out));
	return out;
}

char *text_fold(struct arena *arena, const char *text, size_t len)
{
	const char *end = text + len;
	char *out = arena_take(arena, len * 3 + 1);
	char *at = out;
	uint32_t before = 0;
	bool white = false, broken = false;

	while (text < end) {
		uint32_t c = text_next(&text, end);
		const char *solid;

		if (is_white(c)) {
			white = true;
			broken |= is_line_break(c);
			continue;
		}
		if (white && before && !(broken && text_joins(before, c)))
			*at++ = ' ';
		white = broken = false;
		at = put(at, c);
		before = c;
		solid = skip_solid(text, end);
		if (solid > text) {
			memcpy(at, text, (size_t)(solid - text));
			at += solid - text;
			text = solid;
			before = last_of(text);
		}
	}
	return finish(arena, out, at, len * 3 + 1);
}

/* What stands for C in clean text; 0 = nothing. */
static uint32_t clean_char(uint32_t c)
{
	if (c < 0x20)
		return c == '\t' || c == '\n' || c == '\r' ? c : 0;
	if (c == 0x7F || c == 0xFEFF)
		return 0;
	if (c >= 0x80 && c <= 0x9F)
		return c1_meaning[c - 0x80];
	if ((c & 0xFFFE) == 0xFFFE || (c >= 0xFDD0 && c <= 0xFDEF))
		return 0;
	return c == 0xFFFD ? 0x25A1 : c;
}

bool text_is_same(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

char *text_clean(struct arena *arena, const char *text, size_t len)
{
	const char *end = text + len;
	char *out = arena_take(arena, len * 3 + 1);
	char *at = out;

	while (text < end) {
		const char *plain = text_skip_plain(text, end);
		uint32_t c;

		memcpy(at, text, (size_t)(plain - text));
		at += plain - text;
		text = plain;
		if (text == end)
			break;
		c = clean_char(text_next(&text, end));
		if (c)
			at = put(at, c);
	}
	return finish(arena, out, at, len * 3 + 1);
}

char *text_nfkc(struct arena *arena, const char *text, size_t len)
{
	utf8proc_uint8_t *mapped = NULL;
	utf8proc_ssize_t mapped_len = utf8proc_map((const utf8proc_uint8_t *)text,
		(utf8proc_ssize_t)len, &mapped,
		UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT);
	char *copy;

	if (mapped_len < 0)
		return arena_strndup(arena, text, len);
	copy = arena_strndup(arena, (char *)mapped, (size_t)mapped_len);
	free(mapped);
	return copy;
}

/* Makes room for one more in an array of COUNT that grows by doubling: it is full when
 * COUNT is a power of two, so no capacity needs to be stored. */
static void *grow(struct arena *arena, const void *items, size_t count, size_t size)
{
	void *grown;

	if (count & (count - 1))
		return (void *)(uintptr_t)items;
	grown = arena_alloc(arena, (count ? count * 2 : 1) * size);
	if (count)
		memcpy(grown, items, count * size);
	return grown;
}

void strings_add(struct arena *arena, struct strings *strings, const char *text)
{
	const char **items = grow(arena, strings->items, strings->count, sizeof(*items));

	items[strings->count++] = arena_strdup(arena, text);
	strings->items = items;
}

void people_add(struct arena *arena, struct people *people, const char *name,
	const char *role, const char *org, const char *email)
{
	struct person *items = grow(arena, people->items, people->count, sizeof(*items));

	items[people->count++] = (struct person){
		.name = arena_strdup(arena, name),
		.role = arena_strdup(arena, role),
		.org = arena_strdup(arena, org),
		.email = arena_strdup(arena, email),
	};
	people->items = items;
}

static bool holds_char(const char *set, uint32_t wanted)
{
	const char *end = set + strlen(set);

	while (set < end)
		if (text_next(&set, end) == wanted)
			return true;
	return false;
}

static void add_once(
	struct arena *arena, const char *text, size_t len, struct strings *out)
{
	const char *folded = text_fold(arena, text, len);

	if (!*folded)
		return;
	for (size_t i = 0; i < out->count; i++)
		if (!strcmp(out->items[i], folded))
			return;
	strings_add(arena, out, folded);
}

void text_split(struct arena *arena, const char *text, const char *separators,
	struct strings *out)
{
	enum { MOST_PARTS = 500 }; /* comparing each with each stays cheap */
	const char *end = text + strlen(text);
	const char *start = text;

	while (text < end && out->count < MOST_PARTS) {
		const char *here = text;

		if (!holds_char(separators, text_next(&text, end)))
			continue;
		add_once(arena, start, (size_t)(here - start), out);
		start = text;
	}
	if (out->count < MOST_PARTS)
		add_once(arena, start, (size_t)(end - start), out);
}

static bool ends_sentence(uint32_t c, const char *rest)
{
	if (c == 0x3002 || c == 0xFF01 || c == 0xFF1F)
		return true;
	return (c == '.' || c == '!' || c == '?') &&
		(*rest == ' ' || *rest == '\0' || *rest == '"' || *rest == ')');
}

static bool is_closer(uint32_t c)
{
	return c == 0x201D || c == 0x2019 || c == 0x300D || c == 0x300F || c == 0xFF09 ||
		c == '"' || c == ')';
}

/* Places in TEXT where it may be cut. */
struct cuts {
	const char *sentence; /* behind the last sentence that fits, or NULL */
	const char *clause;   /* behind the last word or clause that fits, or NULL */
	const char *fits;     /* behind the last grapheme that fits */
	bool whole;
};

static struct cuts find_cuts(const char *text)
{
	const char *end = text + strlen(text);
	const char *at = text;
	struct cuts cuts = {.fits = text};
	utf8proc_int32_t state = 0;
	uint32_t before = 0;
	int cost = 0;

	while (at < end) {
		const char *here = at;
		uint32_t c = text_next(&at, end);

		bool boundary = before && utf8proc_grapheme_break_stateful(
			(utf8proc_int32_t)before, (utf8proc_int32_t)c, &state);

		/* Room is kept for the ellipsis. */
		if (boundary && cost <= LEAD_BUDGET - LEAD_COST_CJK)
			cuts.fits = here;
		cost += text_is_cjk(c) ? LEAD_COST_CJK : LEAD_COST_OTHER;
		if (cost > LEAD_BUDGET)
			return cuts;
		if (ends_sentence(c, at) || (cuts.sentence == here && is_closer(c)))
			cuts.sentence = at;
		if ((c == ' ' || c == 0xFF0C || c == 0xFF1B || c == 0x3001) &&
			cuts.fits == here)
			cuts.clause = here;
		before = c;
	}
	cuts.fits = end;
	cuts.whole = true;
	return cuts;
}

static const char *cut(struct arena *arena, const char *text, const struct cuts *cuts)
{
	const char *end = cuts->clause ? cuts->clause : cuts->fits;

	if (cuts->sentence)
		return arena_strndup(arena, text, (size_t)(cuts->sentence - text));
	if (cuts->whole)
		return arena_strdup(arena, text);
	return arena_printf(arena, "%.*s\xE2\x80\xA6", (int)(end - text), text);
}

const char *text_lead(struct arena *arena, const struct strings *paragraphs)
{
	for (size_t i = 0; i < paragraphs->count; i++) {
		const char *text = paragraphs->items[i];
		struct cuts cuts = find_cuts(text);

		if (!cuts.sentence && cuts.whole)
			continue;
		if (cuts.sentence && cuts.sentence - text < LEAST_LEAD &&
			i + 1 < paragraphs->count)
			continue;
		return cut(arena, text, &cuts);
	}
	for (size_t i = 0; i < paragraphs->count; i++)
		if (*paragraphs->items[i])
			return arena_strdup(arena, paragraphs->items[i]);
	return NULL;
}
