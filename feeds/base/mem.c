/* mem.c: see mem.h. The only file that calls malloc and friends directly. */
#include "feeds/base/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void *mem_alloc(size_t size)
{
	void *ptr = calloc(1, size ? size : 1);

	if (!ptr)
		abort();
	return ptr;
}

void *mem_resize(void *ptr, size_t count, size_t size)
{
	void *grown;

	if (size && count > SIZE_MAX / size)
		abort();
	grown = realloc(ptr, count && size ? count * size : 1);
	if (!grown)
		abort();
	return grown;
}

char *mem_strdup(const char *text)
{
	return text ? mem_strndup(text, strlen(text)) : NULL;
}

char *mem_strndup(const char *text, size_t len)
{
	char *copy = mem_alloc(len + 1);

	memcpy(copy, text, len);
	return copy;
}
