/*
 * spoil.c: a JSON parser that refuses what holds a mark, preloaded into the program. To the
 * daemon's check of its own feeds an item with the mark is one that a reader could not read.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <jansson.h>
#include <string.h>

typedef json_t *load(const char *text, size_t len, size_t flags, json_error_t *error);

json_t *json_loadb(const char *text, size_t len, size_t flags, json_error_t *error)
{
	static load *real;

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "json_loadb");
	if (!memmem(text, len, "SPOILT", 6))
		return real(text, len, flags, error);
	memset(error, 0, sizeof(*error));
	strcpy(error->text, "spoilt by the test");
	return NULL;
}
