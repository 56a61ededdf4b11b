/*
 * ninjs.h: one article as IPTC ninjs 2.1 (News in JSON), for partners whose systems take
 * items and not feeds. The same levels of text as the feeds. Pure.
 */
#ifndef FEEDS_NINJS_H
#define FEEDS_NINJS_H

#include "feeds/render.h"

struct buf;

/* Appends the object. The item's syndication is required. A WITHDRAWN item is canceled and
 * has no text; LEVEL_NONE appends nothing. */
void ninjs_render(enum text_level level, const struct feed_item *item, struct buf *out);

extern const char ninjs_media_type[];

#endif
