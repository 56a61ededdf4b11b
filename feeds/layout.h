/*
 * layout.h: plain text in the layout of a news page: platform, kicker and title above an
 * information line with the date, paragraphs, then editors and the notice.
 */
#ifndef FEEDS_LAYOUT_H
#define FEEDS_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct article;
struct diagnosis;
struct parse_context;

/* Reads TEXT (clean UTF-8, LF) into ARTICLE. Without an information line the first line is
 * the title and `published` stays unset. False and *WHY for a date that does not exist. */
bool layout_article(struct arena *arena, const struct parse_context *context,
	const char *text, size_t len, struct article *article, struct diagnosis *why);

#endif
