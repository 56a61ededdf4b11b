/* fuzz_sanitise.c: the output is left alone the second time, and nothing in it can run. */
#include <libxml/xmlerror.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/base/arena.h"
#include "feeds/html.h"
#include "feeds/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

__attribute__((format(printf, 2, 3))) static void silent(void *context, const char *format, ...)
{
	(void)context;
	(void)format;
}

static void check(struct arena *arena, const char *text, const char *base)
{
	const char *once = html_sanitise(arena, text, strlen(text), base);
	const char *twice = html_sanitise(arena, once, strlen(once), base);

	if (strcmp(once, twice) != 0 || strstr(once, "<script") || strstr(once, "=\"javascript:"))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct arena *arena = arena_create();
	const char *text = text_clean(arena, (const char *)bytes, len);

	xmlSetGenericErrorFunc(NULL, silent);
	check(arena, text, "https://h.example/a/b");
	check(arena, text, NULL);
	arena_destroy(arena);
	return 0;
}
