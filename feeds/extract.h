/*
 * extract.h: what a whole HTML page says about its article, gathered before anything is
 * decided: metadata, JSON-LD, the comments of content systems, the body's place, and the
 * lines of text around it.
 */
#ifndef FEEDS_EXTRACT_H
#define FEEDS_EXTRACT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "feeds/sanitise.h"

struct arena;
struct parse_context;
struct _xmlDoc;
struct _xmlNode;

enum { PAGE_METAS_MAX = 256, PAGE_LINES_MAX = 400 };

struct page_meta {
	const char *name, *content; /* in the arena */
};

struct page_lines {
	const char *items[PAGE_LINES_MAX]; /* folded, in the arena */
	size_t count;
};

struct page {
	struct arena *arena;                 /* borrows */
	const struct parse_context *context; /* borrows */
	struct _xmlDoc *doc;                 /* owns */
	struct page_meta metas[PAGE_METAS_MAX];
	size_t meta_count;
	json_t *ld_root; /* owns: all JSON-LD of the page in one array; or NULL */
	json_t *ld;      /* borrows from ld_root: the article's object; or NULL */
	const char *enp; /* the text between <!--enpproperty and /enpproperty-->; or NULL */
	const char *title, *h1, *h2; /* folded; NULL if absent */
	const char *time;            /* the first <time datetime> */
	const char *language;        /* html lang */
	const char *canonical, *mobile, *edition_link; /* addresses as written */
	struct sanitise_range body;
	const struct _xmlNode *body_node;  /* instead of a range: its children are the body */
	bool has_marked_body; /* by a content system, so that only the body is in it */
	struct page_lines before, after; /* the text around the body */
};

/* Reads TEXT; false if there is no HTML in it, or too much (html_parse). The caller ends
 * with page_finish. */
bool page_init(struct page *page, struct arena *arena, const struct parse_context *context,
	const char *text, size_t len, bool *is_too_complex);
void page_finish(struct page *page);

/* The first meta of that name or property (without regard to case) that is not empty. */
const char *page_meta(const struct page *page, const char *name);

/* A value of enpproperty as plain text; NULL if absent or empty. */
const char *page_enp(const struct page *page, const char *name);

/* Text of all below NODE, folded. */
char *page_text_of(struct arena *arena, const struct _xmlNode *node);

/* Sets body, body_node and has_marked_body (extract_body.c). */
void page_find_body(struct page *page);

/* Takes a title, the information line and page furniture out of a body that was not marked
 * by a content system (extract_body.c). TITLE may be NULL. */
void page_trim_body(struct page *page, const char *title);

/* Fills before and after. */
void page_read_lines(struct page *page);

/* JSON-LD (extract_ld.c): adds the text of a script; then picks the article's object. */
void page_add_ld(struct page *page, const char *text);
void page_pick_ld(struct page *page);

/* The text of a value: a string, the "name" of an object (through "@id" too), or the first
 * of a list; NULL if absent. */
const char *page_ld_text(const struct page *page, const char *key);

/* VALUE, or what its "@id" refers to; borrowed. */
json_t *page_ld_resolve(const struct page *page, json_t *value);
const char *page_ld_string(const struct page *page, json_t *value);

#endif
