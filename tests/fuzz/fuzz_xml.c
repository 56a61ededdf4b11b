/* fuzz_xml.c: NITF, NewsML-G2, Atom entries. */
#include <libxml/xmlerror.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/article.h"
#include "feeds/base/arena.h"
#include "feeds/parse.h"
#include "feeds/text.h"
#include "feeds/xml.h"

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
	const struct parse_context context = {.path = "a.xml", .base_url = "https://h.example/"};
	struct article article = {0};
	struct diagnosis why = {0};

	xmlSetGenericErrorFunc(NULL, silent);
	if (xml_article(arena, &context, text, strlen(text), &article, &why) ? !article.html
		: !why.class)
		abort();
	arena_destroy(arena);
	return 0;
}
