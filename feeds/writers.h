/*
 * writers.h: what a feed format provides to render.c, and what render.c gives it back.
 * One file each: atom.c, rss.c, jsonfeed.c. Internal to libfeeds.
 */
#ifndef FEEDS_WRITERS_H
#define FEEDS_WRITERS_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct feed_head;
struct item_parts;

/* The writers of the three formats: see feed_render_item and feed_render. */
void atom_add_item(const struct item_parts *parts, struct buf *out, unsigned *namespaces);
void atom_add_head(const struct feed_head *head, struct buf *out);
void atom_add_foot(struct buf *out);
void rss_add_item(const struct item_parts *parts, struct buf *out, unsigned *namespaces);
void rss_add_head(const struct feed_head *head, struct buf *out);
void rss_add_foot(struct buf *out);
void jsonfeed_add_item(
	const struct item_parts *parts, struct buf *out, unsigned *namespaces);
void jsonfeed_add_head(const struct feed_head *head, struct buf *out);
void jsonfeed_add_foot(struct buf *out);

/* The namespace declarations of MASK but for NS_ATOM, which each format handles. */
void render_add_namespaces(unsigned mask, struct buf *out);

/* Whether a link of the head is to be written: it has an address and a relation, and is
 * not a second alternate of its type (RFC 4287 section 4.1.1), the page for people being
 * the one of text/html. */
bool render_has_link(const struct feed_head *head, size_t index);

#endif
