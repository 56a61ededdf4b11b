/*
 * nitf_write.h: one article as NITF 3.6 (IPTC), for partners. What it writes, nitf.c reads
 * back. The same levels of text as the feeds. Pure.
 */
#ifndef FEEDS_NITF_WRITE_H
#define FEEDS_NITF_WRITE_H

#include "feeds/render.h"

struct buf;

/* Appends the document. The item's syndication is required. A WITHDRAWN item is canceled
 * and has no text; LEVEL_NONE appends nothing. */
void nitf_render(enum text_level level, const struct feed_item *item, struct buf *out);

extern const char nitf_media_type[];

#endif
