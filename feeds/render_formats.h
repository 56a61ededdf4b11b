/* render_formats.h: what a feed format provides; one file each. */
#ifndef FEEDS_RENDER_FORMATS_H
#define FEEDS_RENDER_FORMATS_H

#include "feeds/render.h"

struct feed_writer {
	const char *name, *media_type;
	void (*item)(enum text_level level, const struct feed_item *item, struct buf *out,
		unsigned *namespaces);
	void (*document)(const struct feed_head *head, const struct feed_fragment *fragments,
		size_t count, struct buf *out);
};

void atom_item(enum text_level level, const struct feed_item *item, struct buf *out,
	unsigned *namespaces);
void atom_document(const struct feed_head *head, const struct feed_fragment *fragments,
	size_t count, struct buf *out);
void rss_item(enum text_level level, const struct feed_item *item, struct buf *out,
	unsigned *namespaces);
void rss_document(const struct feed_head *head, const struct feed_fragment *fragments,
	size_t count, struct buf *out);
void json_item(enum text_level level, const struct feed_item *item, struct buf *out,
	unsigned *namespaces);
void json_document(const struct feed_head *head, const struct feed_fragment *fragments,
	size_t count, struct buf *out);

#endif
