/*
 * xml.h: articles in XML: NITF (with or without its namespace), a NewsML-G2 newsItem, an
 * Atom entry. Document type declarations are refused, so there are no entities to expand
 * or fetch.
 */
#ifndef FEEDS_XML_H
#define FEEDS_XML_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct article;
struct diagnosis;
struct parse_context;

/* TEXT is clean UTF-8, whatever its declaration says. The root element decides the format.
 * Refused: "xml-dtd-forbidden", "xml-too-complex" (more than 1,000 attributes on an element
 * or 256 levels), "xml-syntax", "xml-root-unknown". */
bool xml_article(struct arena *arena, const struct parse_context *context,
	const char *text, size_t len, struct article *article, struct diagnosis *why);

#endif
