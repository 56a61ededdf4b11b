/*
 * flat.h: an article as one run of bytes. What the parser process answers and what the
 * store keeps. The decoder trusts nothing: any bytes give an article or false, in bounded
 * time and memory.
 */
#ifndef FEEDS_FLAT_H
#define FEEDS_FLAT_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct article;
struct buf;

/* Appends ARTICLE's encoding to OUT (deterministic; begins with a version byte). */
void flat_encode(const struct article *article, struct buf *out);

/* Decodes into ARENA; strings are copied. False if the bytes are not an article of this
 * version. */
bool flat_decode(struct arena *arena, const void *bytes, size_t len, struct article **out);

#endif
