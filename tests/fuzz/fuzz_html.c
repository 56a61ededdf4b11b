/* fuzz_html.c: whole pages. */
#include <libxml/xmlerror.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/article.h"
#include "feeds/base/arena.h"
#include "feeds/html.h"
#include "feeds/parse.h"
#include "feeds/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

__attribute__((format(printf, 2, 3))) static void silent(void *context, const char *format, ...)
{
	(void)context;
	(void)format;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct arena *arena = arena_create();
	const char *text = text_clean(arena, (const char *)bytes, len);
	const struct parse_context context = {.path = "pc/content/202605/11/a.html",
		.base_url = "https://h.example/", .body_selector = ".body"};
	struct article article = {0};
	struct diagnosis why = {0};

	xmlSetGenericErrorFunc(NULL, silent);
	if (html_article(arena, &context, text, strlen(text), &article, &why)) {
		if (!article.html || (article.paragraphs.count && !article.lead))
			abort();
	} else if (!why.class) {
		abort();
	}
	html_plain(arena, text, strlen(text));
	arena_destroy(arena);
	return 0;
}
