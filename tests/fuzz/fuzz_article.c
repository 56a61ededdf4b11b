/*
 * fuzz_article.c: whole files of every format. The first byte chooses the name; what
 * comes out has a title, a date, and no markup that the sanitiser should have dropped.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/article.h"
#include "feeds/base/arena.h"
#include "feeds/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void check(const struct article *article)
{
	if (article->status == STATUS_WITHDRAWAL)
		return;
	if (!article->title || !article->published.is_set)
		abort();
	if (article->html && strcasestr(article->html, "<script"))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static const char *const paths[] = {"a.md", "n/a.txt", "n/a.html", "a.xml"};
	struct parse_context context = {.base_url = "https://e.example/"};
	struct parse_input in;
	struct article *article;
	struct diagnosis why;
	struct arena *arena;

	if (!len)
		return 0;
	article_parse_init();
	arena = arena_create();
	context.path = paths[bytes[0] % 4];
	in = (struct parse_input){.bytes = bytes + 1, .len = len - 1};
	if (article_parse(arena, &context, &in, &article, &why))
		check(article);
	else if (!why.class || !why.message)
		abort();
	arena_destroy(arena);
	return 0;
}
