/*
 * markdown.h: CommonMark with GFM tables, strikethrough and task lists to an HTML string,
 * with raw HTML off and three mends for Chinese text: emphasis that closes behind a
 * full-width mark, soft breaks between CJK characters, and bare addresses that end where
 * the Chinese begins. The result still goes through the sanitiser.
 */
#ifndef FEEDS_MARKDOWN_H
#define FEEDS_MARKDOWN_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct media_list;

struct markdown {
	const char *html;
	size_t len;
	size_t more; /* bytes of html before `<!--more-->`; 0 = it has none */
};

/* Renders TEXT (clean UTF-8). IMAGES (may be NULL) gets each picture's href, alt text and
 * title (as caption). False only if md4c gives up. */
bool markdown_render(struct arena *arena, const char *text, size_t len,
	struct markdown *out, struct media_list *images);

#endif
