/*
 * charset.h: from bytes in any encoding that newsrooms use to clean UTF-8. Decoding is
 * strict: a wrong guess is worse than a refusal.
 */
#ifndef FEEDS_CHARSET_H
#define FEEDS_CHARSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

/* Which declaration inside the bytes counts. */
enum charset_markup { CHARSET_PLAIN, CHARSET_HTML, CHARSET_XML };

struct charset {
	const char *encoding; /* "UTF-8", "GB18030", "Big5", "UTF-16LE", ... */
	const char *declared; /* as written in the file, else NULL */
	bool has_bom;
	const char *newline;  /* "LF", "CRLF", "CR" or "mixed" */
	char *text;           /* clean UTF-8 (text_clean), line ends as LF */
	size_t len;
	size_t bad_line;      /* after a failure: the line that is not UTF-8, from 1 */
};

/* Detects and decodes, in this order: byte order mark, UTF-16 by trial, the declaration if
 * it decodes, UTF-8, GB18030 or Big5 by their commonest characters, FALLBACK (may be
 * NULL). False if nothing fits. Strings live in ARENA. */
bool charset_decode(struct arena *arena, const void *bytes, size_t len,
	enum charset_markup markup, const char *fallback, struct charset *out);

/* Loads iconv's converters, so that a sandboxed process needs no file later. Once per
 * process; keeps them loaded. */
void charset_init(void);

/* The 500 commonest characters of each script, ascending. */
enum { CHARSET_COMMON_COUNT = 500 };
extern const uint16_t charset_common_simplified[CHARSET_COMMON_COUNT];
extern const uint16_t charset_common_traditional[CHARSET_COMMON_COUNT];

#endif
