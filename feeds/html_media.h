/*
 * html_media.h: lists of images and attachments, and which attributes of an image to
 * believe.
 */
#ifndef FEEDS_HTML_MEDIA_H
#define FEEDS_HTML_MEDIA_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct media;
struct media_list;
struct _xmlNode;

/* Grows by doubling; `items` live in the arena. */
struct media_builder {
	struct arena *arena;  /* borrows */
	struct media *items;  /* in the arena */
	size_t count, cap;
};

/* Begins with a copy of LIST. */
void media_begin(struct media_builder *builder, struct arena *arena,
	const struct media_list *list);

/* Adds ITEM, or completes the one with the same address: the place as written in the body
 * wins, other values only fill gaps. Returns its index. */
size_t media_add(struct media_builder *builder, const struct media *item);

/* Reads an <img>: NULL `href` if it has no usable address; false if it is a spacer or a
 * counter (20 px or less) to be dropped. */
bool media_read_image(struct arena *arena, const struct _xmlNode *node,
	const char *base_url, struct media *out);

/* HREF absolute if BASE_URL allows, else cleaned; NULL if it must not be used. */
char *media_address(struct arena *arena, const char *base_url, const char *href);

/* Whether TYPE is of something to download or play, not to read or look at. */
bool media_is_attachment(const char *type);

/* The attribute in ARENA, clean of what XML forbids; NULL if absent. */
char *html_attribute(struct arena *arena, const struct _xmlNode *node, const char *name);

#endif
