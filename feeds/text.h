/*
 * text.h: plain text as newsrooms write it: white space, CJK, names, the dateline. Input
 * and output are clean UTF-8 unless a function says otherwise.
 */
#ifndef FEEDS_TEXT_H
#define FEEDS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct arena;
struct article;
struct people;
struct strings;

/* Runs of white space (with U+3000, U+00A0 and line breaks) become one space, a line break
 * between two CJK characters nothing; the ends are trimmed. Never NULL. */
char *text_fold(struct arena *arena, const char *text, size_t len);

/* Whether both say the same; NULL says as little as "". */
bool text_is_same(const char *a, const char *b);

/* Drops or replaces what XML 1.0 forbids, C1 controls, non-characters, U+FEFF and U+FFFD
 * (C1 through windows-1252; U+25A1 for what cannot be known). LEN bytes of any kind. */
char *text_clean(struct arena *arena, const char *text, size_t len);

/* The end of what at AT needs neither a check nor a change: ASCII without control characters,
 * U+3000 to U+9FFF and full-width marks, which is nearly all of any article. */
const char *text_skip_plain(const char *at, const char *end);

/* Skips bytes beyond ASCII, eight at a time: what looks for a mark need not look at each byte
 * of Chinese. Up to seven may be left. */
static inline const char *text_skip_high(const char *at, const char *end)
{
	const uint64_t high = 0x8080808080808080;

	for (uint64_t word; end - at >= (ptrdiff_t)sizeof(word); at += sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		if ((word & high) != high)
			break;
	}
	return at;
}

/* Decodes one code point at TEXT < END, moving *TEXT; U+FFFD for a bad sequence. */
uint32_t text_next(const char **text, const char *end);

/* Han, Kana, Hangul, CJK punctuation and full-width forms. */
bool text_is_cjk(uint32_t c);

/* Whether a line broken between BEFORE and AFTER is joined without a space: both CJK, or
 * one of them and a quotation mark or dash; not Hangul, which has spaces. */
bool text_joins(uint32_t before, uint32_t after);

/* NFKC, for labels and separators only. */
char *text_nfkc(struct arena *arena, const char *text, size_t len);

/* "甲、乙 丙" or "A, B; C" -> names; `Name <mail>` gives an address. Splits on spaces only
 * when every part is Han. ROLE is given to each; borrowed. */
void text_people(struct arena *arena, const char *text, const char *role,
	struct people *out);

/* Splits on any character of SEPARATORS (UTF-8), trims, drops empties and repeats. */
void text_split(struct arena *arena, const char *text, const char *separators,
	struct strings *out);

/* Adds one to a list in ARENA; the list began empty and grew by this function alone. */
void people_add(struct arena *arena, struct people *people, const char *name,
	const char *role, const char *org, const char *email);
void strings_add(struct arena *arena, struct strings *strings, const char *text);

/* The dateline grammar over the first paragraph: sets dateline and, from its credit,
 * authors (byline beats what ARTICLE had); needs `published` for the year. The text itself
 * stays in the body. False if there is none. */
bool text_dateline(struct arena *arena, const char *paragraph, struct article *article);

/* The labels of a page's information line ("2026-05-12 10:24 来源:青岑日报 作者:甲"): each
 * out-parameter is set only when found; any may be NULL. */
struct text_labels {
	const char *source, *author, *editor; /* folded values, or NULL */
};
void text_find_labels(struct arena *arena, const char *text, struct text_labels *out);

/* `lead` of ARTICLE from its paragraphs: cut at a sentence end on a grapheme boundary. */
const char *text_lead(struct arena *arena, const struct strings *paragraphs);

#endif
