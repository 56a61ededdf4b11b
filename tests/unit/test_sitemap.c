/*
 * test_sitemap.c: sitemaps, parsed back and counted.
 */
#include "tests/unit/harness.h"

#include "feeds/base/buf.h"
#include "feeds/base/mem.h"
#include "feeds/render.h"

#include <libxml/parser.h>
#include <stdlib.h>
#include <string.h>

/* 2026-05-08T09:30:00+08:00 */
#define AT                                                                               \
	{                                                                                \
		INT64_C(1778203800000), 28800, true                                      \
	}

typedef void render_function(const struct sitemap_url *, size_t, struct buf *);

static void render(render_function *function, const struct sitemap_url *items,
	size_t count, struct buf *out)
{
	xmlDoc *document;

	function(items, count, out);
	document = xmlReadMemory(out->bytes, (int)out->len, NULL, NULL, XML_PARSE_NONET);
	CHECK(document != NULL);
	xmlFreeDoc(document);
}

static size_t count_of(const struct buf *out, const char *text)
{
	const char *end = out->bytes + out->len;
	size_t count = 0, len = strlen(text);

	/* a strstr under the sanitizer looks at all that follows, every time */
	for (const char *at = out->bytes; (at = memchr(at, *text, (size_t)(end - at))); at++)
		count += (size_t)(end - at) >= len && memcmp(at, text, len) == 0;
	return count;
}

TEST(pages)
{
	static const struct sitemap_url items[] = {
		{.url = "https://e.example/a?x=1&y=2", .modified = AT},
		{.url = "https://e.example/b"},
		{.url = NULL, .modified = AT},
	};
	struct buf out = {0};

	render(sitemap_render, items, 3, &out);
	CHECK_STR(out.bytes,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n"
		"<url>\n<loc>https://e.example/a?x=1&amp;y=2</loc>\n"
		"<lastmod>2026-05-08T09:30:00+08:00</lastmod>\n</url>\n"
		"<url>\n<loc>https://e.example/b</loc>\n</url>\n</urlset>\n");
	buf_clear(&out);
	render(sitemap_render_index, items, 1, &out);
	CHECK(strstr(out.bytes, "<sitemapindex xmlns="));
	CHECK_INT(count_of(&out, "<sitemap>"), 1);
	buf_finish(&out);
}

TEST(news)
{
	static const struct sitemap_url items[] = {
		{.url = "https://e.example/a",
			.publication = "青岑 & 网",
			.language = "zh-Hant-HK",
			.title = "标题 <b> & 完",
			.published = AT},
		{.url = "https://e.example/b",
			.publication = "Q",
			.language = "en-GB",
			.title = "t",
			.published = AT},
		{.url = "https://e.example/c",
			.publication = "Q",
			.language = "zh",
			.title = "t",
			.published = AT},
		{.url = "https://e.example/no-title",
			.publication = "Q",
			.published = AT},
		{.url = "https://e.example/no-date", .publication = "Q", .title = "t"},
	};
	struct buf out = {0};

	render(sitemap_render_news, items, 5, &out);
	CHECK_INT(count_of(&out, "<news:news>"), 3);
	CHECK(strstr(out.bytes, "<news:name>青岑 &amp; 网</news:name>\n"
				"<news:language>zh-tw</news:language>"));
	CHECK(strstr(out.bytes, "<news:language>en</news:language>"));
	CHECK(strstr(out.bytes, "<news:language>zh-cn</news:language>"));
	CHECK(strstr(out.bytes, "<news:title>标题 &lt;b&gt; &amp; 完</news:title>"));
	CHECK(strstr(out.bytes, "<news:publication_date>2026-05-08T09:30:00+08:00<"));
	CHECK(!strstr(out.bytes, "no-"));
	buf_finish(&out);
}

TEST(limits_of_the_protocol)
{
	size_t count = 50002;
	struct sitemap_url *items = mem_alloc(count * sizeof(*items));
	struct buf out = {0};

	for (size_t i = 0; i < count; i++)
		items[i] = (struct sitemap_url){.url = "https://e.example/a",
			.publication = "Q",
			.title = "t",
			.published = AT};
	render(sitemap_render, items, count, &out);
	CHECK_INT(count_of(&out, "<url>"), 50000);
	buf_clear(&out);
	render(sitemap_render_news, items, count, &out);
	CHECK_INT(count_of(&out, "<url>"), 1000);
	buf_clear(&out);
	render(sitemap_render_news, NULL, 0, &out);
	CHECK_INT(count_of(&out, "<url>"), 0);
	buf_finish(&out);
	free(items);
}
