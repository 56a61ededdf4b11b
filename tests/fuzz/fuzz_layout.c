/* fuzz_layout.c: pages saved as text, with bylines, datelines and their furniture. */
#include "feeds/layout.h"
#include "feeds/parse.h"
#include "tests/fuzz/article_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct arena *arena = arena_create();
	const char *text = text_clean(arena, (const char *)bytes, len);
	const struct parse_context context = {.path = "n/a.txt"};
	struct article article = {0};
	struct diagnosis why = {0};

	article_parse_init();
	if (layout_article(arena, &context, text, strlen(text), &article, &why))
		check_article(arena, &article, false);
	else if (!why.class || !why.message)
		abort();
	arena_destroy(arena);
	return 0;
}
