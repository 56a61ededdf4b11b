/* fuzz_xml.c: NITF, NewsML-G2, Atom entries. */
#include "feeds/parse.h"
#include "feeds/xml.h"
#include "tests/fuzz/article_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct arena *arena = arena_create();
	const char *text = text_clean(arena, (const char *)bytes, len);
	const struct parse_context context = {.path = "a.xml", .base_url = "https://h.example/"};
	struct article article = {0};
	struct diagnosis why = {0};

	article_parse_init();
	if (xml_article(arena, &context, text, strlen(text), &article, &why)) {
		if (!article.html)
			abort();
		check_article(arena, &article, true);
	} else if (!why.class || !why.message) {
		abort();
	}
	arena_destroy(arena);
	return 0;
}
