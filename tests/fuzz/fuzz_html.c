/* fuzz_html.c: whole pages. */
#include "feeds/html.h"
#include "feeds/parse.h"
#include "tests/fuzz/article_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct arena *arena = arena_create();
	const char *text = text_clean(arena, (const char *)bytes, len);
	const struct parse_context context = {.path = "pc/content/202605/11/a.html",
		.base_url = "https://h.example/", .body_selector = ".body"};
	struct article article = {0};
	struct diagnosis why = {0};

	article_parse_init();
	if (html_article(arena, &context, text, strlen(text), &article, &why)) {
		if (!article.html || (article.paragraphs.count && !article.lead))
			abort();
		check_article(arena, &article, true);
	} else if (!why.class || !why.message) {
		abort();
	}
	check_clean(arena, html_plain(arena, text, strlen(text)));
	arena_destroy(arena);
	return 0;
}
