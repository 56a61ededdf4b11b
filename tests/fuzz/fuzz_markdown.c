/* fuzz_markdown.c: the renderer and what the sanitiser makes of it. */
#include "feeds/html.h"
#include "feeds/markdown.h"
#include "feeds/parse.h"
#include "tests/fuzz/article_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct arena *arena = arena_create();
	const char *text = text_clean(arena, (const char *)bytes, len);
	struct media_list images = {0};
	struct article article = {0};
	struct markdown markdown;
	struct diagnosis why;

	article_parse_init();
	if (!markdown_render(arena, text, strlen(text), &markdown, &images) ||
		markdown.more > markdown.len)
		abort();
	if (html_body(arena, markdown.html, markdown.len, "https://h.example/a", &article, &why))
		check_article(arena, &article, true);
	check_media(arena, &images);
	arena_destroy(arena);
	return 0;
}
