/* test_page_epaper.c: the days of the printed edition, and one of them. */
#include <string.h>

#include "daemon/site/page_epaper.h"
#include "feeds/base/buf.h"
#include "tests/unit/harness.h"
#include "tests/unit/page_check.h"

static const struct page_site site = {
	.title = "青岑", .base_url = "https://news.example/", .language = "zh-CN"};

static const char *render_day(struct page_epaper_day day)
{
	static struct buf out;

	buf_clear(&out);
	page_epaper_render_day(&day, &out);
	page_check(buf_text(&out));
	return buf_text(&out);
}

static void check_order(const char *html, const char *const *texts, size_t count)
{
	const char *at = strstr(html, "<section");

	for (size_t i = 0; i < count; i++) {
		const char *next = at ? strstr(at, texts[i]) : NULL;

		if (!next)
			harness_fail(__FILE__, __LINE__, "%s is not in its place in\n%s",
				texts[i], html);
		at = next;
	}
}

TEST(pages_are_in_the_order_of_their_numbers)
{
	static const struct page_epaper_item items[] = {
		{"A10", "副刊", "甲", "https://news.example/a/1", NULL, NULL, NULL},
		{NULL, NULL, "乙", "https://news.example/a/2", NULL, NULL, NULL},
		{"10", "体育", "丙", "https://news.example/a/3", NULL, NULL, NULL},
		{"02", "要闻", "丁 <b>", "https://news.example/a/4", "引题", "记者 王",
			"摘要"},
		{"A2", "副刊", "戊", "https://news.example/a/5", NULL, NULL, NULL},
		{"2", "国内", "己", "https://else.example/6", NULL, NULL, NULL},
		{"02", "要闻", "庚", "https://news.example/a/7", NULL, NULL, NULL},
		{"", NULL, "辛", "https://news.example/a/8", NULL, NULL, NULL},
	};
	static const char *const order[] = {"第02版", "要闻", "丁 &lt;b&gt;", "庚",
		"第2版", "国内", "己", "第10版", "丙", "第A2版", "戊", "第A10版", "甲",
		"其他", "乙", "辛"};
	const char *html = render_day((struct page_epaper_day){.site = &site,
		.paper = "青岑日报",
		.date = "2026-05-08",
		.items = items,
		.count = 8});

	check_order(html, order, sizeof(order) / sizeof(*order));
	CHECK_INT(page_count(html, "<section class=\"paper\""), 6);
	CHECK_INT(page_count(html, "href=\"#page-"), 6);
	HAS(html, "<h1>青岑日报 <time datetime=\"2026-05-08\">2026-05-08</time></h1>");
	HAS(html, "<p class=\"kicker\">引题</p>\n<a href=\"/a/4\">丁 "
		  "&lt;b&gt;</a>\n<p>摘要</p>\n"
		  "<p class=\"meta\">记者 王</p>");
	HAS(html, "href=\"https://else.example/6\"");
}

TEST(a_section_that_changes_within_a_page_is_said)
{
	static const struct page_epaper_item items[] = {
		{"01", "要闻", "甲", "https://news.example/a/1", NULL, NULL, NULL},
		{"01", "要闻", "乙", "https://news.example/a/2", NULL, NULL, NULL},
		{"01", "民生", "丙", "https://news.example/a/3", NULL, NULL, NULL},
	};
	const char *html = render_day((struct page_epaper_day){
		.site = &site, .date = "2026-05-08", .items = items, .count = 3});

	CHECK_INT(page_count(html, "要闻"), 2); /* in the contents and in the heading */
	HAS(html, "<h3>民生</h3>");
}

TEST(neighbours_and_feed)
{
	struct page_epaper_day day = {.site = &site,
		.date = "2026-05-08",
		.previous = "2026-05-07",
		.next = "2026-05-10",
		.feed = {"青岑日报 2026-05-08",
			{"https://news.example/epaper/2026-05-08/feed.atom", NULL,
				"https://news.example/epaper/2026-05-08/feed.json"}}};
	const char *html = render_day(day);

	HAS(html, "<a href=\"/epaper/2026-05-07/\" rel=\"prev\">");
	HAS(html, "<a href=\"/epaper/2026-05-10/\" rel=\"next\">");
	HAS(html, "<a href=\"/epaper/\">");
	CHECK_INT(page_count(html, "<link rel=\"alternate\""), 2);
	HAS(html,
		" <a href=\"https://news.example/epaper/2026-05-08/feed.atom\">Atom</a> "
		"<a href=\"https://news.example/epaper/2026-05-08/feed.json\">JSON</a>");
	day.previous = day.next = NULL;
	html = render_day(day);
	HAS_NOT(html, "rel=\"prev\"");
	HAS_NOT(html, "rel=\"next\"");
}

TEST(the_list_of_days)
{
	static const struct page_epaper_entry days[] = {
		{"2026-05-08", "青岑 <日报>", 12}, {"2026-05-07", NULL, 1},
		{"2026-04-30", NULL, 2}, {"2025-04-30", NULL, 2}};
	struct page_epaper_list list = {&site, days, 4, {0}};
	struct buf out = {0};

	page_epaper_render_list(&list, &out);
	page_check(buf_text(&out));
	HAS(buf_text(&out), "<a href=\"/epaper/2026-05-08/\">青岑 &lt;日报&gt; "
			    "<time datetime=\"2026-05-08\">2026-05-08</time></a> <span "
			    "class=\"meta\">12 篇</span>");
	CHECK(strstr(buf_text(&out), "2026-05-08") <
		strstr(buf_text(&out), "2026-05-07"));
	HAS_NOT(buf_text(&out), "class=\"follow\"");
	HAS(buf_text(&out), "<details open>\n<summary><h2>2026-05</h2></summary>");
	HAS(buf_text(&out), "<details>\n<summary><h2>2025-04</h2></summary>");
	CHECK_INT(page_count(buf_text(&out), "<details"), 3);
	buf_clear(&out);
	list.count = 0;
	page_epaper_render_list(&list, &out);
	page_check(buf_text(&out));
	buf_finish(&out);
}
