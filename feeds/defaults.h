/*
 * defaults.h: the `_channel.yaml` of the directories above an article, whose fields fill
 * what the article does not say. All of them travel as one run of bytes: for each, nearest
 * last, its path, NUL, its text, NUL.
 */
#ifndef FEEDS_DEFAULTS_H
#define FEEDS_DEFAULTS_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct article;
struct buf;
struct diagnosis;
struct parse_context;

/* Appends one file to ALL. */
void defaults_add(struct buf *all, const char *path, const void *text, size_t len);

/* Fills the gaps of ARTICLE from CONTEXT's channel_yaml. False and WHY ("channel-invalid",
 * its message with the path and line of that file) if one of them cannot be read: rights
 * may hang on it, so an article is not published without it. */
bool defaults_apply(struct arena *arena, const struct parse_context *context,
	struct article *article, struct diagnosis *why);

#endif
