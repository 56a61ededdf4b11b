/*
 * escape.h: text made safe for the place it goes to. Whatever the input (any bytes), the
 * output is valid UTF-8 of characters that XML 1.0 allows and no validator complains
 * about: control characters are dropped, what cannot be read becomes U+25A1.
 */
#ifndef FEEDS_ESCAPE_H
#define FEEDS_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

enum escape_kind {
	ESCAPE_XML_TEXT,
	ESCAPE_XML_ATTRIBUTE, /* quotes, and white space as references */
	/* the same for plain text of feeds, with &#x26; and &#x3C;, as the RSS Profile wants it:
	 * no reader takes these for markup */
	ESCAPE_PLAIN_TEXT,
	ESCAPE_PLAIN_ATTRIBUTE,
	ESCAPE_JSON,	      /* inside the quotes of a string */
	ESCAPE_KIND_COUNT,
};

/* Appends TEXT (NULL = nothing) escaped for KIND. */
void escape_add(struct buf *out, enum escape_kind kind, const char *text);
void escape_add_len(struct buf *out, enum escape_kind kind, const char *text, size_t len);

/* True for NULL and for text of nothing but ASCII white space and controls: a validator
 * would call the element that holds it empty. */
bool escape_is_blank(const char *text);

/* True if LEN bytes are well-formed UTF-8 (RFC 3629). */
bool escape_is_utf8(const char *text, size_t len);

#endif
