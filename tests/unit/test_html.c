/*
 * test_html.c: every HTML and XML file of tests/corpus gives what expected.json says, and
 * the cases that the corpus does not hold.
 */
#include <iconv.h>
#include <jansson.h>
#include <libxml/xmlerror.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/article.h"
#include "feeds/base/arena.h"
#include "feeds/base/buf.h"
#include "feeds/date.h"
#include "feeds/html.h"
#include "feeds/parse.h"
#include "feeds/xml.h"
#include "feeds/zone.h"
#include "tests/unit/harness.h"

static const char *name; /* of the file that is being compared */

__attribute__((format(printf, 2, 3))) static void silent(void *context, const char *format, ...)
{
	(void)context;
	(void)format;
}

static char *decode(char *bytes, size_t *len, const char *charset)
{
	size_t out_len = *len * 4, left = out_len, in_left = *len;
	char *text = malloc(out_len + 1), *in = bytes, *out = text;
	iconv_t converter = iconv_open("UTF-8", charset);

	CHECK(text && converter != (iconv_t)-1);
	CHECK(iconv(converter, &in, &in_left, &out, &left) != (size_t)-1);
	iconv_close(converter);
	*len = out_len - left;
	text[*len] = '\0';
	free(bytes);
	return text;
}

static const char *text_at(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static void compare_text(const char *key, const char *got, const json_t *want)
{
	const char *text = json_string_value(json_object_get(want, key));

	if ((got || text) && (!got || !text || strcmp(got, text) != 0))
		harness_fail(__FILE__, __LINE__, "%s: %s\n  got:  %s\n  want: %s", name, key,
			got ? got : "(null)", text ? text : "(null)");
}

static void compare_time(const char *key, const struct instant *got, const char *text)
{
	struct instant want = {0};

	if (text)
		CHECK(date_parse(text, strlen(text), NULL, &want) == DATE_OK);
	if (got->is_set != want.is_set || llabs(got->ms - want.ms) > 1000)
		harness_fail(__FILE__, __LINE__, "%s: %s: got %lld, want %s", name, key,
			(long long)got->ms, text ? text : "(none)");
}

static void compare_count(const char *key, size_t got, const json_t *want)
{
	if (got != json_array_size(want))
		harness_fail(__FILE__, __LINE__, "%s: %s: %zu instead of %zu", name, key, got,
			json_array_size(want));
}

static void compare_strings(const char *key, const struct strings *got, const json_t *want)
{
	const json_t *list = json_object_get(want, key);

	for (size_t i = 0; i < got->count && i < json_array_size(list); i++) {
		const char *text = json_string_value(json_array_get(list, i));

		if (strcmp(got->items[i], text) != 0)
			harness_fail(__FILE__, __LINE__, "%s: %s\n  got:  %s\n  want: %s", name,
				key, got->items[i], text);
	}
	compare_count(key, got->count, list);
}

static void compare_people(const char *key, const struct people *got, const json_t *want)
{
	const json_t *list = json_object_get(want, key);

	compare_count(key, got->count, list);
	for (size_t i = 0; i < got->count; i++) {
		compare_text("name", got->items[i].name, json_array_get(list, i));
		compare_text("role", got->items[i].role, json_array_get(list, i));
		compare_text("org", got->items[i].org, json_array_get(list, i));
		compare_text("email", got->items[i].email, json_array_get(list, i));
	}
}

static void compare_media(const char *key, const struct media_list *got, const json_t *want)
{
	const json_t *list = json_object_get(want, key);

	compare_count(key, got->count, list);
	for (size_t i = 0; i < got->count; i++) {
		const json_t *item = json_array_get(list, i);

		compare_text("href", got->items[i].href, item);
		compare_text("type", got->items[i].type, item);
		compare_text("role", got->items[i].role, item);
		compare_text("title", got->items[i].title, item);
		compare_text("alt", got->items[i].alt, item);
		compare_text("caption", got->items[i].caption, item);
		CHECK(got->items[i].url && strncmp(got->items[i].url, "http", 4) == 0);
	}
}

static void compare_parts(const struct article *a, const json_t *want)
{
	const json_t *part = json_object_get(want, "dateline");

	CHECK_INT(a->dateline.is_set, json_is_object(part));
	compare_text("agency", a->dateline.agency, part);
	compare_text("place", a->dateline.place, part);
	compare_text("date", a->dateline.date, part);
	part = json_object_get(want, "edition");
	CHECK_INT(a->edition.is_set, json_is_object(part));
	compare_text("url", a->edition.url, part);
	compare_text("date", a->edition.date, part);
	compare_text("page", a->edition.page, part);
	compare_text("paper", a->edition.paper, part);
	compare_text("section", a->edition.section, part);
	part = json_object_get(want, "correction");
	compare_text("level", correction_level_name(a->correction.level), part);
	compare_text("note", a->correction.note, part);
	compare_time("correction", &a->correction.at, text_at(part, "at"));
	part = json_object_get(want, "withdraws");
	CHECK_INT(a->withdrawal.is_set, json_is_object(part));
	compare_text("id", a->withdrawal.id, part);
	compare_text("reason", a->withdrawal.reason, part);
	compare_time("withdrawal", &a->withdrawal.at, text_at(part, "at"));
}

static void compare_markup(const struct article *a, const json_t *want)
{
	const json_t *rule = json_object_get(want, "sanitise"), *item;
	size_t i;

	CHECK(a->html);
	json_array_foreach(json_object_get(rule, "forbid"), i, item)
		if (strstr(a->html, json_string_value(item)))
			harness_fail(__FILE__, __LINE__, "%s: has %s: %s", name,
				json_string_value(item), a->html);
	json_array_foreach(json_object_get(rule, "require"), i, item)
		if (!strstr(a->html, json_string_value(item)))
			harness_fail(__FILE__, __LINE__, "%s: lacks %s: %s", name,
				json_string_value(item), a->html);
}

static void compare(const struct article *a, const json_t *want)
{
	compare_text("format", article_format_name(a->format), want);
	compare_text("title", a->title, want);
	compare_text("kicker", a->kicker, want);
	compare_text("subtitle", a->subtitle, want);
	compare_text("platform", a->platform, want);
	compare_text("site_name", a->site_name, want);
	compare_text("channel", a->channel, want);
	compare_text("source", a->source, want);
	compare_text("source_url", a->source_url, want);
	compare_text("summary", a->summary, want);
	compare_text("language", a->language ? a->language : "zh-CN", want);
	compare_text("url", a->url, want);
	compare_text("mobile_url", a->mobile_url, want);
	compare_text("id", a->id, want);
	compare_text("notice", a->notice, want);
	compare_time("published", &a->published, text_at(want, "published"));
	compare_time("updated", &a->updated, text_at(want, "updated"));
	compare_time("expires", &a->expires, text_at(want, "expires"));
	CHECK_INT(a->urgency, json_integer_value(json_object_get(want, "urgency")));
	compare_strings("paragraphs", &a->paragraphs, want);
	compare_strings("links", &a->links, want);
	compare_strings("tags", &a->tags, want);
	compare_strings("categories", &a->categories, want);
	compare_people("authors", &a->authors, want);
	compare_people("editors", &a->editors, want);
	compare_media("images", &a->images, want);
	compare_media("attachments", &a->attachments, want);
	compare_parts(a, want);
	compare_markup(a, want);
}

static void check_file(const json_t *want, bool is_xml)
{
	const char *file = text_at(want, "file");
	struct zone *zone = zone_create_fixed(8 * 3600);
	struct parse_context context = {.path = file, .zone = zone, .language = "zh-CN",
		.base_url = "https://www.qingcen.example/"};
	char path[300];
	size_t len;
	struct arena *arena = arena_create();
	struct article *article = arena_alloc(arena, sizeof(*article));
	struct diagnosis why = {0};
	char *text;

	name = file;
	snprintf(path, sizeof(path), "tests/corpus/%s", file);
	text = harness_read(path, &len);
	if (strcmp(text_at(want, "encoding"), "GB18030") == 0)
		text = decode(text, &len, "GB18030");
	if (!(is_xml ? xml_article : html_article)(arena, &context, text, len, article, &why))
		harness_fail(__FILE__, __LINE__, "%s: %s: %s", file, why.class, why.message);
	compare(article, want);
	free(text);
	arena_destroy(arena);
	zone_destroy(zone);
}

static void check_corpus(const char *directory, bool is_xml, int count)
{
	size_t len, i;
	char *text = harness_read("tests/corpus/expected.json", &len);
	json_t *expected = json_loadb(text, len, 0, NULL), *item;

	CHECK(expected);
	xmlSetGenericErrorFunc(NULL, silent);
	json_array_foreach(json_object_get(expected, "articles"), i, item) {
		if (strncmp(text_at(item, "file"), directory, strlen(directory)) != 0)
			continue;
		check_file(item, is_xml);
		count--;
	}
	CHECK_INT(count, 0);
	json_decref(expected);
	free(text);
}

TEST(html_corpus)
{
	check_corpus("articles/html/", false, 7);
}

TEST(xml_corpus)
{
	check_corpus("articles/xml/", true, 3);
}

static struct article *read_page(struct arena *arena, const char *text, const char *selector)
{
	const struct parse_context context = {.path = "a/b.html",
		.body_selector = selector, .base_url = "https://www.qingcen.example/"};
	struct article *article = arena_alloc(arena, sizeof(*article));
	struct diagnosis why = {0};

	CHECK(html_article(arena, &context, text, strlen(text), article, &why));
	return article;
}

TEST(bodies_without_a_known_mark)
{
	static const char page[] = "<title>标题-青岑网</title><form><div><a href=/>首页</a> "
		"<a href=/x>很长的导航文字，很长的导航文字，很长的导航文字，很长的导航文字。</a></div>"
		"<div class='main'><h2>标题</h2><p>2026-05-11 来源：青岑日报</p>"
		"<p>第一段，有标点。</p><p>第二段，也有标点。</p></div>"
		"<div id=side><p>短</p></div></form>";
	struct arena *arena = arena_create();
	struct article *a = read_page(arena, page, NULL);

	CHECK_STR(a->html, "<p>第一段，有标点。</p><p>第二段，也有标点。</p>");
	CHECK_STR(a->title, "标题");
	CHECK_STR(a->source, "青岑日报");
	CHECK(a->published.is_set);
	CHECK_STR(read_page(arena, page, "#side")->html, "<p>短</p>");
	CHECK_STR(read_page(arena, page, "#none")->html, a->html);
	arena_destroy(arena);
}

TEST(marks_across_elements)
{
	struct arena *arena = arena_create();
	struct article *a = read_page(arena,
		"<meta name=pubdate content='2017——04——12 09:30'>"
		"<meta name=Maketime content='2017-04-12 09:30:41'>"
		"<h1>t</h1><div><span><!--ZJEG_RSS.content.begin--></span><p>a</p></div>"
		"<div><p>b</p><!--ZJEG_RSS.content.end--><p>c</p></div>", NULL);

	CHECK_STR(a->html, "<p>a</p><p>b</p>");
	CHECK_INT(a->published.ms, 1491989441000);
	a = read_page(arena, "<h1>t</h1><!--enpcontent--><p>no end</p>", NULL);
	CHECK_STR(a->html, "<p>no end</p>");
	arena_destroy(arena);
}

TEST(odd_json_ld)
{
	static const char *const scripts[] = {"", "{", "[]", "null",
		"{\"@type\":\"NewsArticle\"}",
		"{\"@type\":[\"x\",\"NewsArticle\"],\"headline\":{\"@id\":\"#a\"},\"@id\":\"#a\","
		"\"author\":[null,1,[\"x\"]],\"keywords\":{},\"image\":{\"url\":5},"
		"\"correction\":[]}",
		"{\"@graph\":{\"@graph\":[{\"@type\":\"Article\","
		"\"publisher\":{\"@id\":\"#a\"}}]}}"};

	for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
		struct arena *arena = arena_create();
		char page[1000];

		snprintf(page, sizeof(page), "<script type='application/ld+json'>%s</script>"
			"<h1>t</h1><p>a</p>", scripts[i]);
		CHECK_STR(read_page(arena, page, NULL)->title, "t");
		arena_destroy(arena);
	}
}

static int64_t time_of_page(struct arena *arena, const char *head)
{
	const char *page = arena_printf(arena,
		"<head>%s</head><h1>t</h1><p>正文，有标点。</p>", head);
	struct article *a = read_page(arena, page, NULL);

	return a->published.is_set ? a->published.ms : 0;
}

TEST(metas_that_newsrooms_date_by)
{
	static const char *const names[] = {"PubDate", "pubdate", "publishdate", "PublishDate",
		"publish-date", "article:published_time", "DC.date", "DC.date.issued",
		"dcterms.issued", "dcterms.created", "weibo: article:create_at", "og:time",
		"og:release_date", "bytedance:published_time", "sailthru.date",
		"parsely-pub-date", "datePublished", "citation_publication_date", "date"};
	struct arena *arena = arena_create();

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *meta = arena_printf(arena, "<meta %s=\"%s\" content=\"%s\">",
			i % 2 ? "property" : "name", names[i], "2026-05-08 09:30:00");

		if (time_of_page(arena, meta) != 1778232600000)
			harness_fail(__FILE__, __LINE__, "%s", meta);
	}
	CHECK_INT(time_of_page(arena, "<script type=\"application/ld+json\">{\"@context\":"
		"\"https://ziyuan.baidu.com/contexts/cambrian.jsonld\",\"title\":\"t\","
		"\"pubDate\":\"2026-05-08T09:30:00Z\"}</script>"), 1778232600000);
	arena_destroy(arena);
}

TEST(a_day_takes_the_time_of_the_text)
{
	static const char page[] = "<head><meta name=publishdate content=2026-05-08></head>"
		"<h1>t</h1><p>2026年05月08日09:30 来源：甲报</p><p>正文，有标点。</p>";
	struct arena *arena = arena_create();
	struct article *a = read_page(arena, page, NULL);

	CHECK_INT(a->published.ms, 1778232600000);
	CHECK_STR(a->origin[FIELD_PUBLISHED], "meta publishdate");
	/* another day's line says nothing of it */
	CHECK_INT(time_of_page(arena, "<meta name=publishdate content=2026-05-09>"),
		1778284800000);
	arena_destroy(arena);
}

TEST(the_day_of_a_printed_edition)
{
	struct arena *arena = arena_create();
	struct article *a = read_page(arena,
		"<h1>t</h1><p>《青岑日报》（2026年05月11日 第 03 版）</p>"
		"<div class=TRS_Editor><p>正文。</p></div>", NULL);

	CHECK_STR(a->edition.paper, "青岑日报");
	CHECK_STR(a->edition.date, "2026-05-11");
	CHECK_STR(a->edition.page, "03");
	a = read_page(arena, "<!--enpproperty <nodename>第3版：要闻</nodename><date>2026-05-12 "
		"00:00:00.0</date>/enpproperty--><p>2026年05月11日 星期一</p><h1>t</h1>"
		"<!--enpcontent--><p>正文。</p><!--/enpcontent-->", NULL);
	CHECK_STR(a->edition.date, "2026-05-11");
	CHECK_STR(a->edition.page, "03");
	arena_destroy(arena);
}

TEST(a_picture_after_the_information_line_is_kept)
{
	struct arena *arena = arena_create();
	struct article *a = read_page(arena, "<div><p>2026-05-11 来源：甲报</p><p></p>"
		"<img src=i.jpg><p>正文，有标点。</p></div>", NULL);

	CHECK_STR(a->html, "<p><img src=\"https://www.qingcen.example/a/i.jpg\" alt=\"\"></p>"
		"<p>正文，有标点。</p>");
	arena_destroy(arena);
}

TEST(a_body_wrapped_in_pieces)
{
	static const char pieces[] = "<h1>t</h1><p>2026-05-11 来源：甲报</p><div class=main>"
		"<section><p>第一段，有标点，而且比后面的都要长得多。</p></section>"
		"<section><p>第二段，也有。</p></section><section><p>第三段。</p></section></div>"
		"<div class=side><p>旁边，是别的。</p></div>";
	static const char columns[] = "<h1>t</h1><p>2026-05-11 来源：甲报</p><div>"
		"<div class=main><p>第一段，有标点，而且比旁边的都要长得多。</p></div>"
		"<div class=side><p>旁边，是别的，不是正文。</p></div></div>";
	struct arena *arena = arena_create();

	CHECK_INT(read_page(arena, pieces, NULL)->paragraphs.count, 3);
	CHECK_INT(read_page(arena, columns, NULL)->paragraphs.count, 1);
	arena_destroy(arena);
}

TEST(classes_of_themes)
{
	struct arena *arena = arena_create();
	struct article *a = read_page(arena, "<article><header><h1>t</h1></header>"
		"<time datetime='2026-05-11T10:00:00+08:00'>May 11</time>"
		"<div class='post entry-content'><p>Text, here.</p>"
		"<div class=sharedaddy><h3>Share</h3></div></div><p>footer</p></article>", NULL);

	CHECK_STR(a->html, "<p>Text, here.</p>");
	a = read_page(arena, "<article><h1>t</h1><time datetime='2026-05-11T10:00:00+08:00'>"
		"May 11, 2026</time><p>At <time>noon</time>, it began.</p></article>", NULL);
	CHECK_STR(a->html, "<p>At noon, it began.</p>");
	arena_destroy(arena);
}

TEST(a_paper_named_in_the_last_line)
{
	struct arena *arena = arena_create();
	struct article *a = read_page(arena, "<h1>t</h1><p>2026年03月05日08:21 来源：甲</p><div>"
		"<p>北京3月4日电 （记者张三、李四）会议，召开。</p>"
		"<p>《 人民日报 》（ 2026年03月05日 01 版）</p></div>", NULL);

	CHECK_STR(a->edition.paper, "人民日报");
	CHECK_STR(a->edition.date, "2026-03-05");
	CHECK_STR(a->edition.page, "01");
	CHECK_STR(a->dateline.place, "北京");
	CHECK_STR(a->dateline.agency, NULL);
	CHECK_INT(a->authors.count, 2);
	arena_destroy(arena);
}
