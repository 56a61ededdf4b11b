/* test_page_landing.c: the page at `/`. */
#include <stdio.h>
#include <string.h>

#include "daemon/site/page_landing.h"
#include "feeds/base/buf.h"
#include "tests/unit/harness.h"
#include "tests/unit/page_check.h"

#define FEED(kind, title, path)                                                          \
	{                                                                                \
		kind,                                                                    \
		{                                                                        \
			title,                                                           \
			{                                                                \
				"https://news.example/" path "feed.atom",                \
					"https://news.example/" path "feed.rss",         \
					"https://news.example/" path "feed.json"         \
			}                                                                \
		}                                                                        \
	}

static const struct page_landing_feed feeds[] = {
	FEED(PAGE_FEED_SITE, "青岑新闻网", ""),
	FEED(PAGE_FEED_TAG, "水库", "tag/w/"),
	FEED(PAGE_FEED_CHANNEL, "时政 <要闻>", "c/a/"),
	FEED(PAGE_FEED_CHANNEL, "民生", "c/b/"),
	FEED(PAGE_FEED_AUTHOR, "林示例", "author/l/"),
	FEED(PAGE_FEED_SOURCE, "青岑日报", "source/s/"),
};

static const struct page_headline latest[] = {
	{"第一条 <b>", "https://news.example/a/1", "时政", "zh-CN",
		{1778203800000, 28800, true}, true},
	{"第二条", "https://elsewhere.example/2", NULL, "<x>",
		{1778203700000, 28800, true}, false},
};

static const struct page_site site = {
	.title = "青岑 & 网",
	.subtitle = "权威 \"发布\"",
	.base_url = "https://news.example/",
	.language = "zh-CN",
	.hub_url = "https://news.example/hub",
	.id_code = "9900000001",
	.offset_s = 28800,
};

static const char *render(struct page_landing landing, enum page_language language)
{
	static struct buf out;

	buf_clear(&out);
	page_landing_render(&landing, language, &out);
	page_check(buf_text(&out));
	return buf_text(&out);
}

static const struct page_landing full = {&site, feeds, 6, latest, 2, true};

TEST(every_feed_is_offered_in_every_format)
{
	const char *html = render(full, PAGE_CHINESE);

	for (size_t i = 0; i < 6; i++) {
		for (int f = 0; f < FEED_FORMAT_COUNT; f++) {
			char text[128];

			snprintf(text, sizeof(text), "<code class=\"copy\">%s</code>",
				feeds[i].feed.urls[f]);
			HAS(html, text);
			snprintf(text, sizeof(text), "<dt><a href=\"%s\"",
				feeds[i].feed.urls[f]);
			HAS(html, text);
			snprintf(text, sizeof(text), "href=\"feed:%s\"",
				feeds[i].feed.urls[f]);
			HAS(html, text);
		}
	}
	HAS(html, "<summary>时政 &lt;要闻&gt;</summary>");
	/* by kind, and in the given order within one */
	CHECK(strstr(html, "<summary>时政") < strstr(html, "<summary>民生"));
	CHECK(strstr(html, "<summary>民生") < strstr(html, "<summary>水库"));
	CHECK_INT(page_count(html, "<h3>栏目</h3>"), 1);
	CHECK_INT(page_count(html, "<link rel=\"alternate\" type="), 3);
	HAS(html, "href=\"/opml.xml\"");
}

TEST(how_to_subscribe)
{
	struct page_landing landing = full;
	struct page_site without = site;
	const char *html = render(full, PAGE_CHINESE);

	HAS(html, "https://feedly.com/i/subscription/feed/"
		  "https%3A%2F%2Fnews.example%2Ffeed.atom");
	HAS(html, "<code class=\"copy\">https://news.example/hub</code>");
	HAS(html, "-d hub.topic=https://news.example/feed.atom \\\n");
	HAS(html, "作为合作媒体");
	without.hub_url = NULL;
	landing.site = &without;
	landing.has_partners = false;
	html = render(landing, PAGE_CHINESE);
	HAS_NOT(html, "hub.topic");
	HAS_NOT(html, "作为合作媒体");
}

TEST(the_latest)
{
	const char *html = render(full, PAGE_CHINESE);

	HAS(html, "<a href=\"/a/1\" lang=\"zh-CN\">第一条 &lt;b&gt;</a>");
	CHECK_INT(page_count(html, "<strong>撤稿</strong>"), 1);
	HAS(html, "<span class=\"where\">时政</span>");
	HAS(html, "<a href=\"https://elsewhere.example/2\">第二条</a>");
	HAS(html, "2026-05-08 09:30:00</time>");
	CHECK(strstr(html, "第一条") < strstr(html, "第二条"));
}

TEST(two_languages_that_name_each_other)
{
	const char *html = render(full, PAGE_CHINESE);

	HAS(html, "<html lang=\"zh-CN\">");
	HAS(html, "<h2 id=\"latest\">最新发布</h2>");
	HAS(html, "hreflang=\"en\" href=\"https://news.example/index.en.html\"");
	HAS(html, "hreflang=\"zh-CN\" href=\"https://news.example/index.zh.html\"");
	HAS(html, "hreflang=\"x-default\" href=\"https://news.example/\"");
	HAS(html, "<a href=\"/index.en.html\" hreflang=\"en\"");
	html = render(full, PAGE_ENGLISH);
	HAS(html, "<html lang=\"en\">");
	HAS(html, "<h2 id=\"latest\">Latest</h2>");
	HAS(html, "<a href=\"/index.zh.html\" hreflang=\"zh-CN\"");
}

TEST(a_site_of_nothing_yet)
{
	struct page_site bare = {.title = "T", .base_url = "http://127.0.0.1:8080/"};
	const char *html = render((struct page_landing){.site = &bare}, PAGE_ENGLISH);

	HAS(html, "Nothing has been published yet.");
	HAS_NOT(html, "<details>");
	HAS_NOT(html, "curl");
	html = render(
		(struct page_landing){&bare, feeds, 1, NULL, 0, false}, PAGE_CHINESE);
	HAS(html, "https://news.example/feed.atom");
	HAS_NOT(html, "id=\"feeds\"");
}

TEST(too_many_feeds_are_left_to_the_opml)
{
	static struct page_landing_feed many[304];
	const char *html;

	many[0] = feeds[0];
	for (size_t i = 1; i < 304; i++)
		many[i] = feeds[i == 1 ? 1 : 2];
	html = render(
		(struct page_landing){&site, many, 304, NULL, 0, false}, PAGE_ENGLISH);
	CHECK_INT(page_count(html, "<details>"), 201);
	HAS(html, "Feeds that are not listed here: 102 <a href=\"/opml.xml\">");
}

TEST(equal_sites_are_equal_bytes)
{
	struct buf one = {0}, two = {0};

	page_landing_render(&full, PAGE_CHINESE, &one);
	page_landing_render(&full, PAGE_CHINESE, &two);
	CHECK_STR(buf_text(&one), buf_text(&two));
	buf_finish(&one);
	buf_finish(&two);
}
