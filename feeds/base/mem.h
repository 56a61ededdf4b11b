/*
 * mem.h: the one allocator. Out of memory ends the program here, so no caller
 * checks; whatever is sized from outside is bounded before it comes here.
 */
#ifndef FEEDS_BASE_MEM_H
#define FEEDS_BASE_MEM_H

#include <stddef.h>

/* SIZE bytes of zeroed memory, never NULL; the caller owns it and uses free(). */
void *mem_alloc(size_t size);

/* Like realloc, never NULL; COUNT * SIZE is checked for overflow (abort). New bytes are
 * not cleared. */
void *mem_resize(void *ptr, size_t count, size_t size);

/* A copy of TEXT (NULL gives NULL); the caller owns it. */
char *mem_strdup(const char *text);

/* A NUL-terminated copy of LEN bytes; the caller owns it. */
char *mem_strndup(const char *text, size_t len);

#endif
