/* arena.c: a chain of blocks, the newest first; see arena.h. */
#include "feeds/base/arena.h"

#include <assert.h>
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

static void free_blocks(struct block *block)
{
	while (block) {
		struct block *older = block->older;

		free(block);
		block = older;
	}
}

/* The newest block is the largest, but for one that a single large piece needed. */
void arena_reset(struct arena *arena)
{
	struct block *kept = arena->newest;

	while (kept->size > LARGEST_BLOCK && kept->older) {
		struct block *older = kept->older;

		free(kept);
		kept = older;
	}
	free_blocks(kept->older);
	kept->older = NULL;
	kept->used = 0;
	arena->newest = kept;
	arena->handed_out = 0;
}

void arena_destroy(struct arena *arena)
{
	if (!arena)
		return;
	free_blocks(arena->newest);
	free(arena);
}

void *arena_take(struct arena *arena, size_t size)
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
	return ptr;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	return memset(arena_take(arena, size), 0, size);
}

void arena_give_back(struct arena *arena, const void *piece, size_t size, size_t used)
{
	const size_t align = sizeof(max_align_t);
	size_t taken = (size + align - 1) / align * align;
	size_t kept = (used + align - 1) / align * align;
	struct block *block = arena->newest;

	assert(used <= size);
	if ((const char *)piece + taken != (char *)block->bytes + block->used)
		return; /* not the newest piece */
	block->used -= taken - kept;
	arena->handed_out -= taken - kept;
}

char *arena_strndup(struct arena *arena, const char *text, size_t len)
{
	char *copy = arena_take(arena, len + 1);

	memcpy(copy, text, len);
	copy[len] = '\0';
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
	text = arena_take(arena, (size_t)len + 1);
	va_start(args, format);
	vsnprintf(text, (size_t)len + 1, format, args);
	va_end(args);
	return text;
}

size_t arena_used(const struct arena *arena)
{
	return arena->handed_out;
}
