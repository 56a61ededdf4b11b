/*
 * arena.h: memory for what is parsed and dropped together (an article, a request, a
 * configuration). Allocation is a pointer bump; clean-up is one call.
 */
#ifndef FEEDS_BASE_ARENA_H
#define FEEDS_BASE_ARENA_H

#include <stddef.h>

struct arena;

/* The caller owns the arena and ends it with arena_destroy (NULL is accepted). */
struct arena *arena_create(void);
void arena_destroy(struct arena *arena);

/* Forgets every allocation but keeps a block for reuse, of 256 KiB at most. */
void arena_reset(struct arena *arena);

/* Zeroed, aligned for any type; lives as long as ARENA. */
void *arena_alloc(struct arena *arena, size_t size);
/* The same, not zeroed: for what is written at once. */
void *arena_take(struct arena *arena, size_t size);
/* PIECE of SIZE bytes needs only USED of them. What follows is taken from the rest if
 * nothing was allocated since; otherwise nothing happens. */
void arena_give_back(struct arena *arena, const void *piece, size_t size, size_t used);

/* Copies that live as long as ARENA; arena_strdup(NULL) is NULL. */
char *arena_strdup(struct arena *arena, const char *text);
char *arena_strndup(struct arena *arena, const char *text, size_t len);
char *arena_printf(struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Bytes handed out since creation or reset: what a caller's bound looks at. */
size_t arena_used(const struct arena *arena);

#endif
