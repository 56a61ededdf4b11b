/* arena.c: a chain of blocks, the newest first; see arena.h. */
#include "feeds/base/arena.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/base/mem.h"

enum {
	FIRST_BLOCK = 4096,
	LARGEST_BLOCK = 256 * 1024,
};

struct block {
	struct block *older; /* owns */
	size_t size, used;
	max_align_t bytes[];
};

struct arena {
	struct block *newest; /* owns the chain */
	size_t handed_out;
};

static struct block *block_create(struct block *older, size_t least)
{
	size_t size = older ? older->size * 2 : FIRST_BLOCK;
	struct block *block;

	if (size > LARGEST_BLOCK)
		size = LARGEST_BLOCK;
	if (size < least)
		size = least;
	block = mem_resize(NULL, 1, sizeof(*block) + size);
	block->older = older;
	block->size = size;
	block->used = 0;
	return block;
}

struct arena *arena_create(void)
{
	struct arena *arena = mem_alloc(sizeof(*arena));

	arena->newest = block_create(NULL, 0);
	return arena;
}

void arena_reset(struct arena *arena)
{
	struct block *older;

	while ((older = arena->newest->older)) {
		free(arena->newest);
		arena->newest = older;
	}
	arena->newest->used = 0;
	arena->handed_out = 0;
}

void arena_destroy(struct arena *arena)
{
	if (!arena)
		return;
	arena_reset(arena);
	free(arena->newest);
	free(arena);
}

void *arena_alloc(struct arena *arena, size_t size)
{
	const size_t align = sizeof(max_align_t);
	size_t rounded = (size + align - 1) / align * align;
	struct block *block = arena->newest;
	char *ptr;

	if (rounded < size)
		abort();
	if (block->size - block->used < rounded) {
		block = block_create(block, rounded);
		arena->newest = block;
	}
	ptr = (char *)block->bytes + block->used;
	block->used += rounded;
	arena->handed_out += rounded;
	return memset(ptr, 0, rounded);
}

char *arena_strndup(struct arena *arena, const char *text, size_t len)
{
	char *copy = arena_alloc(arena, len + 1);

	memcpy(copy, text, len);
	return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
	return text ? arena_strndup(arena, text, strlen(text)) : NULL;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args;
	char *text;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0)
		abort();
	text = arena_alloc(arena, (size_t)len + 1);
	va_start(args, format);
	vsnprintf(text, (size_t)len + 1, format, args);
	va_end(args);
	return text;
}

size_t arena_used(const struct arena *arena)
{
	return arena->handed_out;
}
