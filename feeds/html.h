/*
 * html.h: from HTML of any quality to an article, and the sanitiser that every body goes
 * through. Output is rebuilt from an allow-list by our own serialiser; nothing of the
 * input's markup is copied.
 */
#ifndef FEEDS_HTML_H
#define FEEDS_HTML_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct article;
struct diagnosis;
struct parse_context;

/*
 * Sanitises HTML (a fragment or page in clean UTF-8) and fills ARTICLE's html, paragraphs,
 * links, images and attachments (those found in the body are added behind what is there;
 * the first image becomes the lead if none is). BASE_URL resolves relative addresses; it
 * may be NULL, then they stay as they are. False and WHY if the HTML is too complex to be
 * read whole (html_parse).
 */
bool html_body(struct arena *arena, const char *html, size_t len, const char *base_url,
	struct article *article, struct diagnosis *why);

/* Fills WHY for what html_parse calls too complex; returns false. */
bool html_refuse_complex(struct diagnosis *why);

/* The sanitiser alone: the allow-listed fragment, empty if HTML is too complex. */
char *html_sanitise(struct arena *arena, const char *html, size_t len,
	const char *base_url);

/* A whole HTML page: finds every field and the body. TEXT is clean UTF-8. */
bool html_article(struct arena *arena, const struct parse_context *context,
	const char *text, size_t len, struct article *article, struct diagnosis *why);

/* Plain text of a snippet of HTML (titles that hold markup): tags dropped, entities
 * decoded, white space folded. */
char *html_plain(struct arena *arena, const char *html, size_t len);

#endif
