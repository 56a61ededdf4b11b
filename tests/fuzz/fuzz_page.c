/*
 * fuzz_page.c: an article of any texts (a line each, then the body's HTML) gives pages whose
 * tags nest and in which nothing runs, at every level of text.
 */
#include <libxml/xmlerror.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/site/page_article.h"
#include "feeds/base/arena.h"
#include "feeds/base/buf.h"
#include "feeds/html.h"
#include "feeds/parse.h"
#include "feeds/text.h"
#include "tests/unit/page_check.h"

enum { LINES = 14 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

void harness_fail(const char *file, int line, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fprintf(stderr, "%s:%d: ", file, line);
	vfprintf(stderr, format, args);
	va_end(args);
	abort();
}

void harness_check_int(const char *file, int line, const char *expr, long long got,
	long long want)
{
	if (got != want)
		harness_fail(file, line, "%s is %lld, not %lld", expr, got, want);
}

__attribute__((format(printf, 2, 3))) static void silent(
	void *context, const char *format, ...)
{
	(void)context;
	(void)format;
}

/* Cuts TEXT into lines; what is left is returned. */
static const char *cut(char *text, const char *lines[LINES])
{
	for (size_t i = 0; i < LINES; i++) {
		char *end = strchr(text, '\n');

		lines[i] = *text ? text : NULL;
		if (!end) {
			text += strlen(text);
			continue;
		}
		*end = '\0';
		text = end + 1;
	}
	return text;
}

static struct article make(struct arena *arena, char *text)
{
	const char *line[LINES], *rest = cut(text, line);
	struct article article = {
		.title = line[0], .kicker = line[1], .subtitle = line[2],
		.platform = line[3], .channel = line[4], .source = line[5],
		.source_url = line[6], .summary = line[7], .language = line[8],
		.url = line[9], .mobile_url = line[10], .notice = line[11],
		.edition = {line[12], line[12], line[12], line[12], line[6], true},
		.correction = {CORRECTION_CORRECTION, {0}, line[13], NULL},
	};
	struct diagnosis why;

	if (!html_body(arena, rest, strlen(rest), "https://h.example/a/b", &article, &why))
		article.html = NULL;
	text_people(arena, line[13] ? line[13] : "", line[12], &article.authors);
	text_split(arena, line[11] ? line[11] : "", ",", &article.tags);
	return article;
}

static void check(const struct article *article)
{
	struct page_site site = {.title = "T", .base_url = "https://h.example/"};
	struct page_article page = {.site = &site, .article = article,
		.url = "https://h.example/a/1"};
	struct buf out = {0};

	for (int level = LEVEL_NONE; level <= LEVEL_FULL_MEDIA; level++) {
		page.level = (enum text_level)level;
		page.is_withdrawn = level == LEVEL_NONE;
		buf_clear(&out);
		page_article_render(&page, &out);
		page_check(buf_text(&out));
		if (level < LEVEL_FULL_MEDIA && strstr(buf_text(&out), "<img"))
			harness_fail(__FILE__, __LINE__, "a picture in\n%s", buf_text(&out));
	}
	buf_finish(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct arena *arena = arena_create();
	char *text = text_clean(arena, (const char *)bytes, len);
	struct article article;

	xmlSetGenericErrorFunc(NULL, silent);
	article = make(arena, text);
	check(&article);
	arena_destroy(arena);
	return 0;
}
