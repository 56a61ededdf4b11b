/* fuzz_sanitise.c: the output is of the strict grammar, and left alone the second time. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/base/arena.h"
#include "feeds/html.h"
#include "feeds/parse.h"
#include "feeds/text.h"
#include "tests/unit/strict_html.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void check(struct arena *arena, const char *text, const char *base)
{
	const char *once = html_sanitise(arena, text, strlen(text), base);
	const char *twice = html_sanitise(arena, once, strlen(once), base);
	const char *wrong = strict_html(once, base != NULL);

	if (strcmp(once, twice) != 0 || wrong) {
		fprintf(stderr, "once:  %s\ntwice: %s\nwrong: %s\n", once, twice,
			wrong ? wrong : "nothing");
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct arena *arena = arena_create();
	const char *text = text_clean(arena, (const char *)bytes, len);

	article_parse_init();
	check(arena, text, "https://h.example/a/b");
	check(arena, text, NULL);
	arena_destroy(arena);
	return 0;
}
