/*
 * test_render.c: documents parsed back with libxml2 and jansson, compared with golden
 * files, and fed with what breaks feeds elsewhere. `GAZETTED_GOLDEN=write` rewrites the
 * golden files.
 */
#include "tests/unit/harness.h"
#include "tests/unit/sample.h"

#include "feeds/base/buf.h"
#include "feeds/base/error.h"
#include "feeds/render.h"

#include <jansson.h>
#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const hubs[] = {"https://news.example/hub", "https://hub.example/"};
static const struct feed_link links[] = {
	{"alternate", "https://news.example/feed.json", "application/feed+json", "JSON"},
	{"alternate", "https://news.example/other", "text/html", NULL},
	{"prev-archive", "https://news.example/archive/1.atom", "application/atom+xml",
		NULL},
	{NULL, "https://news.example/", NULL, NULL},
};

static struct feed_head sample_head(void)
{
	return (struct feed_head){
		.id = "https://news.example/feed.atom",
		.title = "青岑发布 <b> & 网",
		.subtitle = "副题 & <i>",
		.self_url = "https://news.example/feed?a=1&b=2",
		.home_url = "https://news.example/",
		.hub_urls = hubs,
		.hub_count = 2,
		.language = "zh-CN",
		.rights = "© 2026 & <网>",
		.icon = "https://news.example/icon.png",
		.logo = "https://news.example/logo.svg",
		.author = "青岑新闻网",
		.updated = SAMPLE_UPDATED,
		.links = links,
		.link_count = 4,
	};
}

static struct feed_item sample_item(const struct article *article)
{
	return (struct feed_item){
		.article = article,
		.id = "tag:news.example,2026:1",
		.url = "https://news.example/a/1?x=1&y=2",
		.published = SAMPLE_PUBLISHED,
		.updated = SAMPLE_UPDATED,
		.channel = "时政",
	};
}

/* A document of items; checks it. */
static void render(enum feed_format format, enum text_level level,
	const struct feed_item *items, size_t count, struct buf *out)
{
	struct feed_fragment fragments[8] = {{NULL, 0}};
	struct buf bytes[8] = {{0}};
	struct feed_head head = sample_head();
	struct error err;

	for (size_t i = 0; i < count; i++) {
		feed_render_item(format, level, &items[i], &bytes[i], &head.namespaces);
		fragments[i] = (struct feed_fragment){bytes[i].bytes, bytes[i].len};
	}
	feed_render(format, &head, fragments, count, out);
	if (!feed_check(format, out->bytes, out->len, &err))
		harness_fail(__FILE__, __LINE__, "%s: %s\n%s", feed_format_name(format),
			err.text, out->bytes);
	for (size_t i = 0; i < count; i++)
		buf_finish(&bytes[i]);
}

static void render_sample(enum feed_format format, enum text_level level, struct buf *out)
{
	struct article article = sample_article();
	struct feed_item item = sample_item(&article);

	render(format, level, &item, 1, out);
}

/* ---- looking into documents ---- */

struct document {
	xmlDoc *xml;
	xmlXPathContext *xpath;
};

static struct document open_xml(const struct buf *bytes)
{
	static const char *const namespaces[][2] = {
		{"a", "http://www.w3.org/2005/Atom"},
		{"dc", "http://purl.org/dc/elements/1.1/"},
		{"dcterms", "http://purl.org/dc/terms/"},
		{"media", "http://search.yahoo.com/mrss/"},
		{"content", "http://purl.org/rss/1.0/modules/content/"},
		{"at", "http://purl.org/atompub/tombstones/1.0"},
		{"s", "http://www.sitemaps.org/schemas/sitemap/0.9"},
	};
	struct document document = {
		.xml = xmlReadMemory(
			bytes->bytes, (int)bytes->len, NULL, NULL, XML_PARSE_NONET),
	};

	CHECK(document.xml != NULL);
	document.xpath = xmlXPathNewContext(document.xml);
	for (size_t i = 0; i < sizeof(namespaces) / sizeof(*namespaces); i++)
		xmlXPathRegisterNs(document.xpath, (const xmlChar *)namespaces[i][0],
			(const xmlChar *)namespaces[i][1]);
	return document;
}

static void close_xml(struct document *document)
{
	xmlXPathFreeContext(document->xpath);
	xmlFreeDoc(document->xml);
}

static void check_path(
	int line, const struct document *document, const char *path, const char *want)
{
	char expression[512];
	xmlXPathObject *result;

	snprintf(expression, sizeof(expression), "string(%s)", path);
	result = xmlXPathEvalExpression((const xmlChar *)expression, document->xpath);
	CHECK(result != NULL);
	harness_check_str(__FILE__, line, path, (const char *)result->stringval, want);
	xmlXPathFreeObject(result);
}

#define CHECK_PATH(path, want) check_path(__LINE__, &document, (path), (want))

/* ---- golden files ---- */

static void check_golden(const char *name, const struct buf *got)
{
	const char *mode = getenv("GAZETTED_GOLDEN");
	char path[256];
	char *want;

	snprintf(path, sizeof(path), "%s/tests/golden/%s", harness_top(), name);
	if (mode && strcmp(mode, "write") == 0) {
		FILE *file = fopen(path, "wb");

		CHECK(file && fwrite(got->bytes, 1, got->len, file) == got->len);
		fclose(file);
	}
	snprintf(path, sizeof(path), "tests/golden/%s", name);
	want = harness_read(path, NULL);
	CHECK_STR(buf_text(got), want);
	free(want);
}

TEST(documents_equal_the_golden_files)
{
	for (int format = 0; format < FEED_FORMAT_COUNT; format++) {
		const char *name = feed_format_name((enum feed_format)format);
		struct article article = sample_article(),
			       plain = {.title = "第二条", .lead = "导语。"};
		struct feed_item items[3] = {sample_item(&article), sample_item(&article),
			sample_item(&plain)};
		struct buf out = {0};
		char file[64];

		items[1].id = "tag:news.example,2026:2";
		items[1].updated.ms++;
		items[1].status = STATUS_WITHDRAWN;
		items[2].id = "tag:news.example,2026:3";
		items[2].updated.ms += 2;
		render((enum feed_format)format, LEVEL_FULL_MEDIA, items, 3, &out);
		snprintf(file, sizeof(file), "feed.%s", name);
		check_golden(file, &out);
		buf_finish(&out);
	}
}

/* ---- each format ---- */

TEST(atom_says_everything_once)
{
	struct article article = sample_article();
	struct document document;
	struct buf out = {0};

	render_sample(FEED_ATOM, LEVEL_FULL_MEDIA, &out);
	document = open_xml(&out);
	CHECK_PATH(
		"/a:feed/a:link[@rel='self']/@href", "https://news.example/feed?a=1&b=2");
	CHECK_PATH("/a:feed/a:link[@rel='hub'][1]/@href", hubs[0]);
	CHECK_PATH("count(/a:feed/a:link[@rel='alternate'][@type='text/html'])", "1");
	CHECK_PATH("/a:feed/a:link[@rel='prev-archive']/@href", links[2].href);
	CHECK_PATH("/a:feed/@xml:lang", "zh-CN");
	CHECK_PATH("//a:entry/a:title/@type", "html");
	CHECK_PATH("//a:entry/a:title",
		"水库 &lt;b&gt;大坝&lt;/b&gt; &amp; 加固 ]]&gt; \"完\" 😀𠮷");
	CHECK_PATH("//a:entry/a:summary/@type", "html");
	CHECK_PATH("count(//a:entry/a:link[@rel='alternate'])", "1");
	CHECK_PATH("//a:entry/a:link[@rel='related'][1]/@href", article.mobile_url);
	CHECK_PATH("//a:entry/a:link[@rel='via']/@href", article.source_url);
	CHECK_PATH("count(//a:entry/a:author)", "2");
	CHECK_PATH("//a:entry/a:author[1]/a:email", "wang@news.example");
	CHECK_PATH("//a:entry/a:contributor/a:name", "杨林");
	CHECK_PATH("count(//a:entry/a:category[not(@scheme)])", "3");
	CHECK_PATH("//a:entry/a:category[@scheme]/@term", "correction");
	CHECK_PATH("count(//a:entry/a:link[@rel='enclosure'])", "3");
	CHECK_PATH("//a:entry/a:link[@rel='enclosure'][1]/@length", "123456");
	CHECK_PATH("//a:entry/a:published", "2026-05-08T09:30:00+08:00");
	CHECK_PATH("//a:entry/a:updated", "2026-05-08T10:00:00.001+08:00");
	CHECK_PATH("//a:entry/dc:source", article.source);
	CHECK_PATH("//a:entry/dcterms:bibliographicCitation",
		"青岑日报 2026-05-08 第03版 要闻");
	CHECK_PATH("starts-with(//a:entry/a:content, '<p><strong>更正：</strong>日期有误 "
		   "&lt;8 日&gt;')",
		"true");
	CHECK_PATH("contains(//a:entry/a:content, '<p>正文 &amp; <a href=')", "true");
	CHECK(!strstr(out.bytes, "SECRET") && !strstr(out.bytes, "CDATA["));
	CHECK(strstr(
		out.bytes, "<?xml-stylesheet type=\"text/css\" href=\"/feed.css\"?>"));
	close_xml(&document);
	buf_finish(&out);
}

TEST(rss_follows_the_profile)
{
	struct article article = sample_article();
	struct document document;
	struct buf out = {0};

	render_sample(FEED_RSS, LEVEL_FULL_MEDIA, &out);
	document = open_xml(&out);
	CHECK(strstr(out.bytes, "<title>水库 &#x3C;b&#x3E;大坝"));
	CHECK_PATH("//item/title", article.title);
	CHECK_PATH("//channel/language", "zh-cn");
	CHECK_PATH("//channel/lastBuildDate", "Fri, 08 May 2026 10:00:00 +0800");
	CHECK_PATH("//channel/a:link[@rel='self']/@href",
		"https://news.example/feed?a=1&b=2");
	CHECK_PATH("//channel/image/url", "https://news.example/icon.png");
	CHECK_PATH("//channel/image/title = //channel/title", "true");
	CHECK_PATH("count(//channel/item[1]/following-sibling::*)", "0");
	CHECK_PATH("//item/guid", "tag:news.example,2026:1");
	CHECK_PATH("//item/guid/@isPermaLink", "false");
	CHECK_PATH("//item/pubDate", "Fri, 08 May 2026 09:30:00 +0800");
	CHECK_PATH("//item/a:updated", "2026-05-08T10:00:00.001+08:00");
	CHECK_PATH("//item/dc:creator", "王<小>明、李 & 红");
	CHECK_PATH("count(//item/dc:creator)", "1");
	CHECK_PATH("//item/dc:contributor", "杨林");
	CHECK_PATH("//item/dc:source", article.source);
	CHECK_PATH("//item/dc:rights", article.rights);
	CHECK_PATH("count(//item/enclosure)", "1");
	CHECK_PATH("//item/enclosure/@length", "123456");
	CHECK_PATH("//item/enclosure/@type", "audio/mpeg");
	CHECK_PATH("count(//item/media:content)", "2");
	CHECK_PATH("//item/media:content[1]/@medium", "image");
	CHECK_PATH("//item/media:content[1]/@fileSize", "2048");
	CHECK_PATH("//item/media:content[1]/media:title", "图 <一> & 二");
	CHECK_PATH("//item/media:content[2]/@type", "application/octet-stream");
	CHECK_PATH("//item/dcterms:hasFormat", "https://paper.example/03.html");
	CHECK_PATH("//item/a:link[@rel='related']/@href", article.mobile_url);
	/* HTML to readers */
	CHECK_PATH("//item/description", "摘要 &lt;1&gt; &amp; ]]&gt; 😀");
	CHECK_PATH("count(//item/description/following-sibling::content:encoded)", "1");
	CHECK_PATH("count(//item/author) + count(//item/source)", "0");
	CHECK(!strstr(out.bytes, "SECRET"));
	close_xml(&document);
	buf_finish(&out);
}

static const char *text_at(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static json_t *open_json(const struct buf *out)
{
	json_error_t err;
	json_t *feed = json_loadb(out->bytes, out->len, JSON_REJECT_DUPLICATES, &err);

	if (!feed)
		harness_fail(__FILE__, __LINE__, "%s\n%s", err.text, out->bytes);
	return feed;
}

TEST(json_says_everything_once)
{
	struct article article = sample_article();
	struct buf out = {0};
	const json_t *item, *own;
	json_t *feed;

	render_sample(FEED_JSON, LEVEL_FULL_MEDIA, &out);
	feed = open_json(&out);
	CHECK_STR(text_at(feed, "title"), sample_head().title);
	CHECK_STR(text_at(feed, "feed_url"), sample_head().self_url);
	CHECK_INT(json_array_size(json_object_get(feed, "hubs")), 2);
	CHECK_INT(json_array_size(json_object_get(feed, "items")), 1);
	item = json_array_get(json_object_get(feed, "items"), 0);
	own = json_object_get(item, "_gazetted");
	CHECK_STR(text_at(item, "title"), article.title);
	CHECK_STR(text_at(item, "summary"), article.summary);
	CHECK_STR(text_at(item, "date_published"), "2026-05-08T09:30:00+08:00");
	CHECK_STR(text_at(item, "date_modified"), "2026-05-08T10:00:00.001+08:00");
	CHECK_STR(text_at(item, "image"), "https://news.example/a.jpg");
	CHECK_STR(text_at(item, "language"), "zh-CN");
	CHECK_INT(json_array_size(json_object_get(item, "tags")), 3);
	CHECK_INT(json_array_size(json_object_get(item, "authors")), 2);
	CHECK_INT(json_array_size(json_object_get(item, "attachments")), 3);
	CHECK(strstr(text_at(item, "content_html"), article.html));
	CHECK_STR(text_at(own, "source"), article.source);
	CHECK_STR(text_at(own, "rights"), article.rights);
	CHECK_STR(text_at(json_array_get(json_object_get(own, "editors"), 0), "role"),
		"责任编辑");
	CHECK_STR(text_at(json_object_get(own, "edition"), "page"), "03");
	CHECK_STR(text_at(json_object_get(own, "dateline"), "agency"), "青岑新闻网");
	CHECK_STR(text_at(json_object_get(own, "correction"), "level"), "correction");
	CHECK(strstr(out.bytes, "😀𠮷") && !strstr(out.bytes, "SECRET"));
	json_decref(feed);
	buf_finish(&out);
}

/* ---- levels ---- */

TEST(a_level_gives_no_more_than_it_says)
{
	for (int format = 0; format < FEED_FORMAT_COUNT; format++) {
		struct buf out[LEVEL_FULL_MEDIA + 1] = {{0}};

		for (int level = LEVEL_NONE; level <= LEVEL_FULL_MEDIA; level++)
			render_sample((enum feed_format)format, (enum text_level)level,
				&out[level]);
		CHECK(!strstr(out[LEVEL_NONE].bytes, "大坝"));
		CHECK(strstr(out[LEVEL_HEADLINE].bytes, "大坝"));
		CHECK(!strstr(out[LEVEL_HEADLINE].bytes, "摘要"));
		CHECK(!strstr(out[LEVEL_HEADLINE].bytes, "更正"));
		CHECK(!strstr(out[LEVEL_HEADLINE].bytes, "杨林"));
		CHECK(strstr(out[LEVEL_SUMMARY].bytes, "摘要"));
		CHECK(strstr(out[LEVEL_SUMMARY].bytes, "更正"));
		CHECK(strstr(out[LEVEL_SUMMARY].bytes, "杨林"));
		CHECK(!strstr(out[LEVEL_SUMMARY].bytes, "正文"));
		CHECK(!strstr(out[LEVEL_SUMMARY].bytes, "a.jpg"));
		CHECK(strstr(out[LEVEL_FULL].bytes, "正文"));
		CHECK(!strstr(out[LEVEL_FULL].bytes, "a.mp3"));
		CHECK(strstr(out[LEVEL_FULL_MEDIA].bytes, "a.mp3"));
		for (int level = LEVEL_NONE; level <= LEVEL_FULL_MEDIA; level++)
			buf_finish(&out[level]);
	}
}

TEST(a_withdrawn_item_is_its_notice)
{
	for (int format = 0; format < FEED_FORMAT_COUNT; format++) {
		for (int level = LEVEL_HEADLINE; level <= LEVEL_FULL_MEDIA; level++) {
			struct article article = sample_article();
			struct feed_item item = sample_item(&article);
			struct buf out = {0};

			item.status = STATUS_WITHDRAWN;
			render((enum feed_format)format, (enum text_level)level, &item, 1,
				&out);
			CHECK(strstr(out.bytes, "【撤稿】水库"));
			CHECK(strstr(out.bytes, "tag:news.example,2026:1"));
			CHECK(strstr(out.bytes, "撤稿</p>") ||
				strstr(out.bytes, "撤稿&lt;/p&gt;"));
			CHECK(!strstr(out.bytes, "正文") && !strstr(out.bytes, "摘要"));
			CHECK(!strstr(out.bytes, "a.mp3") && !strstr(out.bytes, "杨林"));
			buf_clear(&out);
			article.language = "en";
			article.withdrawal.reason = NULL;
			render((enum feed_format)format, (enum text_level)level, &item, 1,
				&out);
			CHECK(strstr(out.bytes, "Withdrawn: 水库"));
			CHECK(strstr(out.bytes, "This article has been withdrawn."));
			buf_finish(&out);
		}
	}
}

/* ---- what is not there, and what should not be ---- */

TEST(nothing_stated_is_still_valid)
{
	for (int format = 0; format < FEED_FORMAT_COUNT; format++) {
		struct feed_head head = {0};
		struct feed_item item = {.id = "tag:e,2026:1"}, nothing = {0};
		struct feed_item items[] = {item, nothing};
		struct buf out = {0};
		struct error err;

		feed_render((enum feed_format)format, &head, NULL, 0, &out);
		if (!feed_check((enum feed_format)format, out.bytes, out.len, &err))
			harness_fail(__FILE__, __LINE__, "%s\n%s", err.text, out.bytes);
		CHECK(!strstr(out.bytes, "xmlns:"));
		buf_clear(&out);
		render((enum feed_format)format, LEVEL_FULL_MEDIA, NULL, 0, &out);
		buf_clear(&out);
		render((enum feed_format)format, LEVEL_FULL_MEDIA, items, 1, &out);
		buf_clear(&out);
		/* no id at all: written, but the check says so */
		feed_render_item((enum feed_format)format, LEVEL_FULL, &nothing, &out,
			&head.namespaces);
		CHECK(out.len > 0);
		buf_finish(&out);
	}
}

static void check_namespace(const struct buf *out, const char *prefix)
{
	char declaration[32], element[32], closing[32];

	snprintf(declaration, sizeof(declaration), " xmlns:%s=", prefix);
	snprintf(element, sizeof(element), "<%s:", prefix);
	snprintf(closing, sizeof(closing), "%s", prefix);
	if (!strstr(out->bytes, declaration) != !strstr(out->bytes, element))
		harness_fail(__FILE__, __LINE__, "%s: declared or used, not both\n%s",
			closing, out->bytes);
}

TEST(a_namespace_is_declared_exactly_when_used)
{
	static const char *const prefixes[] = {
		"dc", "dcterms", "media", "content", "atom", "at", "fh"};

	for (int level = LEVEL_HEADLINE; level <= LEVEL_FULL_MEDIA; level++) {
		for (int has_fields = 0; has_fields < 2; has_fields++) {
			for (int format = FEED_ATOM; format <= FEED_RSS; format++) {
				struct article article = {
					.title = "t", .html = "<p>x</p>"};
				struct feed_item item;
				struct buf out = {0};

				if (has_fields)
					article = sample_article();
				item = sample_item(&article);
				render((enum feed_format)format, (enum text_level)level,
					&item, 1, &out);
				for (size_t i = 0;
					i < sizeof(prefixes) / sizeof(*prefixes); i++)
					check_namespace(&out, prefixes[i]);
				buf_finish(&out);
			}
		}
	}
}

/* Sets every text of an article to TEXT. */
static struct article article_of(const char *text)
{
	static const char *list[1];
	static struct person person[1];
	static struct media media[1];
	struct article article = sample_article();

	list[0] = text;
	person[0] = (struct person){text, text, text, text};
	media[0] = (struct media){.href = text,
		.url = "https://e.example/a",
		.type = text,
		.role = text,
		.title = text,
		.caption = text,
		.alt = text,
		.length = -1};
	article.title = article.kicker = article.subtitle = article.platform = text;
	article.summary = article.lead = article.language = article.rights = text;
	article.source = article.source_url = article.mobile_url = article.html = text;
	article.categories = article.tags = (struct strings){list, 1};
	article.authors = article.editors = (struct people){person, 1};
	article.images = article.attachments = (struct media_list){media, 1};
	article.edition = (struct edition){text, text, text, text, text, true};
	article.dateline = (struct dateline){text, text, text, true};
	article.correction.note = article.correction.of = text;
	article.withdrawal.reason = text;
	return article;
}

TEST(odd_text_gives_well_formed_documents)
{
	static const char *const texts[] = {
		"",
		" ",
		"&",
		"<",
		">",
		"]]>",
		"<![CDATA[x]]>",
		"\"'",
		"&amp;",
		"&#0;",
		"&nbsp;",
		"</title></entry>",
		"<!-- --",
		"<?xml?>",
		"\t\n\r",
		"\x01\x02\x1f\x7f",
		"😀𠮷",
		"\xc2\x85",
		"\xef\xbf\xbe",
		"\xef\xbf\xbd",
		"\xed\xa0\x80",
		"\xff\xfe",
		"\xe4\xb8",
		"\xf4\x90\x80\x80",
		"\xc0\xaf",
		"a\\b\"c",
		"\\u0000",
		"http://",
		"https://a b/",
		"https://例.example/",
		"{}[],:",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct article article = article_of(texts[i]);
		struct feed_item item = sample_item(&article);

		for (int format = 0; format < FEED_FORMAT_COUNT; format++) {
			for (int level = LEVEL_HEADLINE; level <= LEVEL_FULL_MEDIA;
				level++) {
				struct buf out = {0};

				item.status = STATUS_PUBLISHED;
				render((enum feed_format)format, (enum text_level)level,
					&item, 1, &out);
				item.status = STATUS_WITHDRAWN;
				buf_clear(&out);
				render((enum feed_format)format, (enum text_level)level,
					&item, 1, &out);
				buf_finish(&out);
			}
		}
	}
}

/* Every byte pair in a title: whatever it is, the document is well-formed. */
TEST(any_bytes_give_a_document)
{
	for (int first = 1; first < 256; first++) {
		for (int format = 0; format < FEED_FORMAT_COUNT; format++) {
			char title[256 * 3];
			struct article article = {.title = title, .html = title};
			struct feed_item item = sample_item(&article);
			struct buf out = {0};
			size_t len = 0;

			for (int second = 1; second < 256; second++) {
				title[len++] = (char)first;
				title[len++] = (char)second;
				title[len++] = 'x';
			}
			title[len] = '\0';
			render((enum feed_format)format, LEVEL_FULL, &item, 1, &out);
			buf_finish(&out);
		}
	}
}

/* ---- what left ---- */

TEST(a_tombstone_names_what_left)
{
	struct feed_head head = sample_head();
	struct buf fragment = {0}, out = {0};
	struct document document;
	struct error err;

	feed_render_tombstone("tag:e,2026:1", (struct instant)SAMPLE_UPDATED, "错 <&>",
		&fragment, &head.namespaces);
	feed_render(FEED_ATOM, &head,
		&(struct feed_fragment){fragment.bytes, fragment.len}, 1, &out);
	CHECK(feed_check(FEED_ATOM, out.bytes, out.len, &err));
	document = open_xml(&out);
	CHECK_PATH("//at:deleted-entry/@ref", "tag:e,2026:1");
	CHECK_PATH("//at:deleted-entry/@when", "2026-05-08T10:00:00.001+08:00");
	CHECK_PATH("//at:deleted-entry/at:comment", "错 <&>");
	close_xml(&document);
	buf_finish(&fragment);
	buf_finish(&out);
}
