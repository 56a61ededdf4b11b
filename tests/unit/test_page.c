/* test_page.c: the frame of the pages, their words, their addresses, the style sheet. */
#include <stdlib.h>
#include <string.h>

#include "daemon/site/page.h"
#include "daemon/site/page_style.h"
#include "feeds/article.h"
#include "feeds/base/buf.h"
#include "tests/unit/harness.h"
#include "tests/unit/page_check.h"

static struct page_site make_site(void)
{
	return (struct page_site){
		.title = "青岑新闻网",
		.base_url = "https://news.example/",
		.language = "zh-CN",
		.offset_s = 28800,
	};
}

TEST(a_template_escapes_its_values)
{
	struct buf out = {0};

	page_put(&out, "<a href=\"$\">$</a>$", "x\"<>&'", "<b>$</b>", NULL);
	CHECK_STR(buf_text(&out),
		"<a href=\"x&quot;&lt;&gt;&amp;&#39;\">&lt;b&gt;$&lt;/b&gt;</a>");
	buf_finish(&out);
}

TEST(every_word_is_there_in_every_language)
{
	for (int l = 0; l < PAGE_LANGUAGE_COUNT; l++) {
		for (int w = 0; w < WORD_COUNT; w++) {
			const char *word =
				page_word((enum page_language)l, (enum page_word)w);

			CHECK(*word || w == WORD_PAGE_AFTER);
			CHECK(!strpbrk(word, "<>&\"$"));
		}
	}
}

TEST(the_root_of_the_site)
{
	static const char *const cases[][2] = {
		{"https://news.example/", "/"},
		{"https://news.example", "/"},
		{"https://news.example/a/b/", "/a/b/"},
		{"http://[::1]:8080/", "/"},
	};
	struct page_site site = make_site();

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		size_t len;
		const char *root;

		site.base_url = cases[i][0];
		root = page_root(&site, &len);
		CHECK_INT(len, strlen(cases[i][1]));
		CHECK(strncmp(root, cases[i][1], len) == 0);
	}
}

TEST(a_link_within_the_site_is_a_path)
{
	struct page_site site = make_site();

	CHECK_STR(page_local(&site, "https://news.example/a/x"), "/a/x");
	CHECK_STR(page_local(&site, "https://news.example/"), "/");
	CHECK_STR(page_local(&site, "https://other.example/a/x"),
		"https://other.example/a/x");
	CHECK(page_local(&site, NULL) == NULL);
	site.base_url = "https://news.example/paper/";
	CHECK_STR(page_local(&site, "https://news.example/paper/a/x"), "/paper/a/x");
	CHECK_STR(page_local(&site, "https://news.example/a/x"),
		"https://news.example/a/x");
}

TEST(where_a_phone_is_sent)
{
	static const char *const cases[][2] = {
		{NULL, "https://news.example/a/x%20y"},
		{"", "https://news.example/a/x%20y"},
		{"https://m.example/", "https://m.example/a/x%20y"},
		{"https://m.example", "https://m.example/a/x%20y"},
		{"https://m.example/{slug}.html", "https://m.example/x%20y.html"},
		{"https://m.example/?p={path}&s={slug}",
			"https://m.example/?p=a/x%20y&s=x%20y"},
		{"https://m.example/?u={url}",
			"https://m.example/?u=https%3A%2F%2Fnews.example%2Fa%2Fx%2520y"},
		{"https://m.example/{other}/", "https://m.example/{other}/a/x%20y"},
	};
	struct page_site site = make_site();
	struct buf out = {0};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		site.mobile_url = cases[i][0];
		buf_clear(&out);
		page_mobile_url(&site, NULL, "https://news.example/a/x%20y", &out);
		CHECK_STR(buf_text(&out), cases[i][1]);
		buf_clear(&out);
		page_mobile_url(
			&site, "javascript:x", "https://news.example/a/x%20y", &out);
		CHECK_STR(buf_text(&out), cases[i][1]);
		buf_clear(&out);
		page_mobile_url(
			&site, "https://m.example/own", "https://news.example/a/x", &out);
		CHECK_STR(buf_text(&out), "https://m.example/own");
	}
	buf_finish(&out);
}

TEST(the_language_of_labels)
{
	struct page_site site = make_site();

	CHECK_INT(page_language_of(&site, NULL), PAGE_CHINESE);
	CHECK_INT(page_language_of(&site, "zh"), PAGE_CHINESE);
	CHECK_INT(page_language_of(&site, "ZH-Hant-TW"), PAGE_CHINESE);
	CHECK_INT(page_language_of(&site, "zhx"), PAGE_ENGLISH);
	CHECK_INT(page_language_of(&site, "en"), PAGE_ENGLISH);
	CHECK_INT(page_language_of(&site, "ja"), PAGE_ENGLISH);
	CHECK_INT(page_language_of(&site, "<x>"), PAGE_CHINESE);
	site.language = "en-GB";
	CHECK_INT(page_language_of(&site, NULL), PAGE_ENGLISH);
	CHECK_INT(page_language_of(&site, "zh-CN"), PAGE_CHINESE);
	site.language = NULL;
	CHECK_INT(page_language_of(&site, NULL), PAGE_CHINESE);
	CHECK_STR(page_language_tag("zh-Hant", PAGE_CHINESE), "zh-Hant");
	CHECK_STR(page_language_tag("en-GB", PAGE_CHINESE), "zh-CN");
	CHECK_STR(page_language_tag("en-GB", PAGE_ENGLISH), "en-GB");
	CHECK_STR(page_language_tag("ja", PAGE_ENGLISH), "en");
	CHECK_STR(page_language_tag(NULL, PAGE_ENGLISH), "en");
}

TEST(a_time_says_its_offset_only_when_it_is_another)
{
	static const struct {
		struct instant at;
		const char *want;
	} cases[] = {
		{{1778203800000, 28800, true},
			"<time datetime=\"2026-05-08T09:30:00+08:00\">2026-05-08 "
			"09:30:00</time>"},
		{{1778203800250, 28800, true},
			"<time datetime=\"2026-05-08T09:30:00.250+08:00\">2026-05-08 "
			"09:30:00</time>"},
		{{1778203800000, 0, true},
			"<time datetime=\"2026-05-08T01:30:00Z\">2026-05-08 01:30:00 "
			"UTC</time>"},
		{{1778203800001, -18000, true},
			"<time datetime=\"2026-05-07T20:30:00.001-05:00\">"
			"2026-05-07 20:30:00 -05:00</time>"},
	};
	struct page_site site = make_site();
	struct buf out = {0};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		buf_clear(&out);
		page_add_time(&out, &site, &cases[i].at);
		CHECK_STR(buf_text(&out), cases[i].want);
	}
	buf_finish(&out);
}

static void check_frame(const struct page_site *site, struct buf *out)
{
	buf_clear(out);
	page_begin(out, site, PAGE_CHINESE, "<T>");
	page_begin_body(out, site, PAGE_CHINESE, false);
	page_end(out, site, PAGE_CHINESE, "/index.en.html");
	page_check(buf_text(out));
}

TEST(the_frame)
{
	struct page_site site = make_site();
	struct buf out = {0};

	check_frame(&site, &out);
	HAS(buf_text(&out), "<html lang=\"zh-CN\">");
	HAS(buf_text(&out), "<title>&lt;T&gt;</title>");
	HAS(buf_text(&out), "href=\"/feed.css\"");
	HAS(buf_text(&out), "<link rel=\"icon\" href=\"data:,\">");
	HAS(buf_text(&out), "<a class=\"skip\" href=\"#content\">");
	HAS(buf_text(&out), "<main id=\"content\"");
	HAS(buf_text(&out), "href=\"/index.en.html\" hreflang=\"en\" lang=\"en\"");
	HAS_NOT(buf_text(&out), "epaper/");
	site.base_url = "https://news.example/paper/";
	site.icon = "https://news.example/i.png";
	site.logo = "https://news.example/l.png";
	site.header = "<nav id=\"own\">h</nav>";
	site.footer = "<p id=\"foot\">f</p>";
	site.rights = "© <青岑>";
	site.overview = PAGE_EPAPER;
	check_frame(&site, &out);
	HAS(buf_text(&out), "href=\"/paper/feed.css\"");
	HAS(buf_text(&out), "href=\"/paper/epaper/\"");
	HAS(buf_text(&out), "<link rel=\"icon\" href=\"https://news.example/i.png\">");
	HAS(buf_text(&out), "<img class=\"logo\" src=\"https://news.example/l.png\" "
			    "alt=\"青岑新闻网\">");
	HAS(buf_text(&out), "<nav id=\"own\">h</nav>");
	HAS(buf_text(&out), "<p id=\"foot\">f</p>");
	HAS(buf_text(&out), "© &lt;青岑&gt;");
	buf_finish(&out);
}

TEST(the_style_sheet_is_the_file)
{
	size_t len;
	char *file = harness_read("daemon/site/feed.css", &len);

	CHECK_STR(page_style, file);
	CHECK(len > 1000);
	CHECK(!strstr(page_style, "url(") && !strstr(page_style, "@import"));
	free(file);
}
