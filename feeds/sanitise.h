/*
 * sanitise.h: from a libxml2 tree of any origin (HTML soup, XHTML, NITF bodies turned into
 * HTML names) to an allow-listed fragment with its paragraphs, links and media.
 */
#ifndef FEEDS_SANITISE_H
#define FEEDS_SANITISE_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct article;
struct _xmlDoc;
struct _xmlNode;

/* FIRST and its later siblings; with END, everything after FIRST in document order up to
 * END, which need not be a sibling. */
struct sanitise_range {
	struct _xmlNode *first;
	const struct _xmlNode *end; /* may be NULL */
};

/* The body of ARTICLE: see html_body. */
void sanitise_body(struct arena *arena, const struct sanitise_range *range,
	const char *base_url, struct article *article);

/* The fragment alone. */
char *sanitise_fragment(struct arena *arena, const struct sanitise_range *range,
	const char *base_url);

/* Parses HTML in UTF-8, whatever it declares; NULL if there is nothing in it, or if it has
 * more than 1,000 attributes on an element, 400,000 elements and attributes, or 256 levels:
 * then *IS_TOO_COMPLEX is true. The caller frees with xmlFreeDoc. */
struct _xmlDoc *html_parse(const char *html, size_t len, bool *is_too_complex);

#endif
