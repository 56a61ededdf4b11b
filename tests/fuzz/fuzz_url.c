/* fuzz_url.c: results are ASCII, of an allowed scheme, and resolve to themselves. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/base/arena.h"
#include "feeds/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void check(struct arena *arena, const char *url)
{
	const char *again = url ? url_resolve(arena, NULL, url) : NULL;

	if (!url)
		return;
	if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0 &&
		strncmp(url, "mailto:", 7) != 0 && strncmp(url, "tel:", 4) != 0)
		abort();
	for (const char *c = url; *c; c++)
		if (*c <= ' ' || *c > '~' || *c == '"' || *c == '<')
			abort();
	if (strlen(url) < 8000 && (!again || strcmp(again, url) != 0))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct arena *arena = arena_create();
	char *text = arena_strndup(arena, (const char *)bytes, len);
	char *line = strchr(text, '\n'), *clean;

	/* The first line is the base, the rest the reference. */
	if (line)
		*line++ = '\0';
	check(arena, url_resolve(arena, NULL, text));
	check(arena, url_resolve(arena, text, line ? line : ""));
	check(arena, url_resolve(arena, "https://h.example/a/b?c", text));
	clean = url_clean(arena, text);
	if (clean && strlen(clean) < 8000) {
		char *again = url_clean(arena, clean);

		if (!again || strcmp(again, clean) != 0)
			abort();
	}
	media_type_of(text);
	arena_destroy(arena);
	return 0;
}
