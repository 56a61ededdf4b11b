/*
 * test_page_article.c: an article's page at every level of text, its notes, what machines
 * read in it, and that our own reader gets from it what was put in.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/site/page_article.h"
#include "feeds/base/arena.h"
#include "feeds/base/buf.h"
#include "feeds/parse.h"
#include "feeds/zone.h"
#include "tests/unit/harness.h"
#include "tests/unit/page_check.h"
#include "tests/unit/sample.h"

static const struct page_site site = {
	.title = "青岑新闻网",
	.base_url = "https://news.example/",
	.language = "zh-CN",
	.offset_s = 28800,
	.mobile_url = "https://m.example/",
};
static const struct page_feed site_feed = {
	"青岑新闻网", {"https://news.example/feed.atom", "https://news.example/feed.rss",
			      "https://news.example/feed.json"}};

static struct page_article make_page(const struct article *article)
{
	return (struct page_article){
		.site = &site,
		.article = article,
		.url = "https://news.example/a/1",
		.published = SAMPLE_PUBLISHED,
		.updated = SAMPLE_UPDATED,
		.level = LEVEL_FULL_MEDIA,
		.column = {"时政", "时政 \"要闻\"", "时政,要闻", "工作动态", NULL},
		.feeds = &site_feed,
		.feed_count = 1,
	};
}

static const char *render(const struct page_article *page)
{
	static struct buf out;

	buf_clear(&out);
	page_article_render(page, &out);
	page_check(buf_text(&out));
	return buf_text(&out);
}

static const char *render_article(const struct article *article)
{
	struct page_article page = make_page(article);

	return render(&page);
}

TEST(everything_that_the_reference_page_has)
{
	struct article article = sample_article();
	const char *html;

	article.kicker = "引题 <一>";
	html = render_article(&article);
	HAS(html, "<span class=\"platform\">青岑发布</span>");
	HAS(html, "<p class=\"kicker\">引题 &lt;一&gt;</p>");
	HAS(html, "<h1>水库 &lt;b&gt;大坝&lt;/b&gt; &amp; 加固");
	HAS(html, "<p class=\"subtitle\">副题 &lt;i&gt; &amp; 1 &lt; 2</p>");
	HAS(html, "<time datetime=\"2026-05-08T09:30:00+08:00\">2026-05-08 "
		  "09:30:00</time>");
	HAS(html, "来源：<a href=\"https://paper.example/?a=1&amp;b=2\">青岑日报 &amp; "
		  "网</a>");
	HAS(html, "<a href=\"https://m.news.example/1\"><svg class=\"qr\"");
	HAS(html, "扫码阅读手机版");
	HAS(html, "青岑日报记者 <span class=\"person\">王&lt;小&gt;明</span> "
		  "记者 <span class=\"person\">李 &amp; 红</span>");
	HAS(html, article.html);
	HAS(html, "责任编辑：<span class=\"person\">杨林</span>");
	HAS(html, "青岑日报 2026-05-08 第03版 要闻");
	HAS(html, "<a rel=\"related\" href=\"https://paper.example/03.html\">电子报</a>");
	HAS(html, "<p class=\"notice\">未经许可不得转载</p>");
	HAS(html, "<p class=\"rights\">© 青岑日报 &amp; &lt;网&gt;</p>");
	HAS(html, "<li>水库 &quot;大坝&quot;</li>");
	HAS(html, "录音</a> <span class=\"meta\">124 KB</span>");
	HAS(html, "<audio controls preload=\"none\" "
		  "src=\"https://news.example/a.mp3\"></audio>");
	HAS(html, "<img src=\"https://news.example/a.jpg\" alt=\"图 &lt;一&gt; &amp; "
		  "二\">");
	HAS_NOT(html, "SECRET NOTE");
}

TEST(the_meta_tags_of_a_government_site)
{
	static const char *const tags[][2] = {
		{"SiteName", "青岑新闻网"},
		{"SiteDomain", "news.example"},
		{"ColumnName", "时政"},
		{"ColumnDescription", "时政 &quot;要闻&quot;"},
		{"ColumnKeywords", "时政,要闻"},
		{"ColumnType", "工作动态"},
		{"ArticleTitle", "水库 &lt;b&gt;大坝&lt;/b&gt; &amp; 加固 ]]&gt; "
				 "&quot;完&quot; 😀𠮷"},
		{"PubDate", "2026-05-08 09:30"},
		{"ContentSource", "青岑日报 &amp; 网"},
		{"Keywords", "民生,水库 &quot;大坝&quot;"},
		{"Author", "王&lt;小&gt;明,李 &amp; 红"},
		{"Description", "摘要 &lt;1&gt; &amp; ]]&gt; 😀"},
		{"Image", "https://news.example/a.jpg"},
		{"Url", "https://news.example/a/1"},
	};
	struct article article = sample_article();
	struct page_article page = make_page(&article);
	struct page_site government = site;
	const char *html = render(&page);

	for (size_t i = 0; i < sizeof(tags) / sizeof(*tags); i++) {
		struct buf want = {0};

		buf_printf(&want, "<meta name=\"%s\" content=\"%s\">\n", tags[i][0],
			tags[i][1]);
		HAS(html, buf_text(&want));
		buf_finish(&want);
	}
	HAS_NOT(html, "SiteIDCode");
	government.id_code = "9900000001";
	page.site = &government;
	page.published.offset_s = 0; /* stated in UTC; the tag is in the site's time */
	html = render(&page);
	HAS(html, "<meta name=\"SiteIDCode\" content=\"9900000001\">");
	HAS(html, "<meta name=\"Author\" content=\"杨林\">");
	HAS(html, "<meta name=\"PubDate\" content=\"2026-05-08 09:30\">");
}

TEST(opengraph_and_links)
{
	struct article article = sample_article();
	const char *html = render_article(&article);

	HAS(html, "<meta property=\"og:type\" content=\"article\">");
	HAS(html, "<meta property=\"og:image\" content=\"https://news.example/a.jpg\">");
	HAS(html, "<meta property=\"article:published_time\" "
		  "content=\"2026-05-08T09:30:00+08:00\">");
	HAS(html, "<meta property=\"article:modified_time\" "
		  "content=\"2026-05-08T10:00:00.001+08:00\">");
	HAS(html, "<link rel=\"canonical\" href=\"https://news.example/a/1\">");
	HAS(html, "<link rel=\"alternate\" media=\"only screen and (max-width: 640px)\" "
		  "href=\"https://m.news.example/1\">");
	CHECK_INT(page_count(html, "<link rel=\"alternate\" type=\"application/"), 3);
}

static json_t *find_ld(const char *html)
{
	const char *at = strstr(html, "<script type=\"application/ld+json\">");
	const char *end = at ? strstr(at, "</script>") : NULL;
	json_error_t error;
	json_t *object;

	CHECK(at && end);
	at = strchr(at, '>') + 1;
	CHECK(!memchr(at, '<', (size_t)(end - at)) &&
		!memchr(at, '&', (size_t)(end - at)));
	object = json_loadb(at, (size_t)(end - at), JSON_REJECT_DUPLICATES, &error);
	if (!object)
		harness_fail(__FILE__, __LINE__, "%s in %.*s", error.text,
			(int)(end - at), at);
	return object;
}

static const char *text_at(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

TEST(json_ld)
{
	struct article article = sample_article();
	json_t *ld, *authors, *first;

	article.title = "</script><script>alert(1)</script> <!-- & \xe2\x80\xa8";
	ld = find_ld(render_article(&article));
	CHECK_STR(text_at(ld, "@type"), "NewsArticle");
	CHECK_STR(text_at(ld, "headline"), article.title);
	CHECK_STR(text_at(ld, "alternativeHeadline"), article.subtitle);
	CHECK_STR(text_at(ld, "datePublished"), "2026-05-08T09:30:00+08:00");
	CHECK_STR(text_at(ld, "dateline"), "青岑新闻网 青岑 2026-05-08");
	CHECK_STR(text_at(ld, "printPage"), "03");
	CHECK_STR(text_at(ld, "copyrightNotice"), article.rights);
	authors = json_object_get(ld, "author");
	CHECK_INT(json_array_size(authors), 2);
	first = json_array_get(authors, 0);
	CHECK_STR(text_at(first, "name"), "王<小>明");
	CHECK_STR(text_at(json_object_get(first, "affiliation"), "name"), "青岑日报");
	CHECK_STR(text_at(json_object_get(ld, "correction"), "text"),
		article.correction.note);
	CHECK(json_is_true(json_object_get(ld, "isAccessibleForFree")));
	json_decref(ld);
}

/* ---- how much is shown ---- */

static struct article secret_article(void)
{
	static const char *const tags[] = {"MARK-TAG"};
	static const struct person people[] = {{.name = "MARK-AUTHOR"}};
	static struct media images[] = {{.url = "https://news.example/MARK-LEAD.jpg"}};
	struct article article = sample_article();

	article.url = NULL;
	article.summary = "MARK-SUMMARY";
	article.html =
		"<p>MARK-BODY</p><figure><img src=\"https://x.example/MARK-IMAGE.png\" "
		"alt=\"a &gt; b\"><figcaption>MARK-CAPTION</figcaption></figure>"
		"<video src=\"https://x.example/MARK-VIDEO.mp4\" controls></video>";
	article.tags = (struct strings){tags, 1};
	article.authors = (struct people){people, 1};
	article.images = (struct media_list){images, 1};
	article.correction.note = "MARK-NOTE";
	return article;
}

TEST(the_level_decides_what_is_shown)
{
	static const struct {
		const char *text;
		enum text_level least;
	} marks[] = {
		{"水库", LEVEL_HEADLINE},
		{"青岑日报 &amp; 网", LEVEL_HEADLINE},
		{"2026-05-08 09:30:00", LEVEL_HEADLINE},
		{"MARK-SUMMARY", LEVEL_SUMMARY},
		{"MARK-AUTHOR", LEVEL_SUMMARY},
		{"MARK-TAG", LEVEL_SUMMARY},
		{"副题", LEVEL_SUMMARY},
		{"杨林", LEVEL_SUMMARY},
		{"MARK-BODY", LEVEL_FULL},
		{"MARK-CAPTION", LEVEL_FULL},
		{"MARK-IMAGE", LEVEL_FULL_MEDIA},
		{"MARK-VIDEO", LEVEL_FULL_MEDIA},
		{"MARK-LEAD", LEVEL_FULL_MEDIA},
		{"a.mp3", LEVEL_FULL_MEDIA},
	};
	struct article article = secret_article();
	struct page_article page = make_page(&article);

	for (int level = LEVEL_HEADLINE; level <= LEVEL_FULL_MEDIA; level++) {
		const char *html;

		page.level = (enum text_level)level;
		html = render(&page);
		for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++) {
			if (level >= (int)marks[i].least)
				HAS(html, marks[i].text);
			else
				HAS_NOT(html, marks[i].text);
		}
		CHECK((strstr(html, "noarchive") != NULL) == (level < LEVEL_FULL));
	}
}

TEST(what_may_be_wide_scrolls_by_itself)
{
	struct article article = sample_article();
	const char *html;

	article.html = "<table><tbody><tr><td>1 &lt;table&gt;</td></tr></tbody></table>"
		       "<pre>x</pre><p>tables</p><table><tbody><tr><td>2</td></tr></"
		       "tbody></table>";
	html = render_article(&article);
	CHECK_INT(page_count(html,
			  "<div class=\"scroll\" role=\"group\" aria-label=\"表格\" "
			  "tabindex=\"0\"><table>"),
		2);
	CHECK_INT(page_count(html, "</table></div>"), 2);
	HAS(html, "<pre tabindex=\"0\">x</pre><p>tables</p>");
}

TEST(a_withdrawn_article_is_its_notice)
{
	struct article article = secret_article();
	struct page_article page = make_page(&article);
	const char *html;

	page.is_withdrawn = true;
	page.withdrawn = (struct instant)SAMPLE_UPDATED;
	html = render(&page);
	HAS(html, "<h1>水库");
	HAS(html, "撤稿时间：<time datetime=\"2026-05-08T10:00:00.001+08:00\">");
	page.withdrawn.offset_s = 0; /* as by a clock: said in the site's zone */
	HAS(render(&page), "撤稿时间：<time datetime=\"2026-05-08T10:00:00.001+08:00\">");
	HAS(html, "事实 &lt;不实&gt; &amp; 撤稿");
	HAS(html, "<meta name=\"robots\" content=\"noindex, noarchive\">");
	HAS_NOT(html, "MARK-");
	HAS_NOT(html, "ld+json");
	HAS_NOT(html, "杨林");
	HAS_NOT(html, "class=\"qr\"");
}

TEST(what_is_gone_says_nothing_of_itself)
{
	struct buf out = {0};

	page_gone_render(&site, &out);
	page_check(buf_text(&out));
	HAS(buf_text(&out), "<h1>此稿已撤下</h1>");
	HAS(buf_text(&out), "noindex");
	buf_finish(&out);
}

/* ---- notes ---- */

TEST(corrections_at_their_levels)
{
	struct article article = sample_article();
	struct page_article page = make_page(&article);
	const char *html;

	article.correction.level = CORRECTION_TYPO;
	HAS_NOT(strstr(render(&page), "<body"), "日期有误");
	article.correction.level = CORRECTION_UPDATE;
	html = render(&page);
	HAS(html, "class=\"note update\"");
	HAS(html, "日期有误 &lt;8 日&gt; &amp; 更正");
	article.correction.level = CORRECTION_CORRECTION;
	html = render(&page);
	HAS(html, "class=\"note correction\" aria-label=\"更正\"");
	CHECK(strstr(html, "日期有误 &lt;8") < strstr(html, "<div class=\"text\">"));
	article.correction.level = CORRECTION_CORRECTIVE;
	page.corrects = (struct page_link){"原稿 <题>", "https://news.example/a/0"};
	html = render(&page);
	HAS(html, "更正启事");
	HAS(html, "更正稿件：<a href=\"/a/0\">原稿 &lt;题&gt;</a>");
	article.correction = (struct correction){0};
	page.corrects = (struct page_link){0};
	page.corrected_by = (struct page_link){"更正", "https://news.example/a/2"};
	HAS(render(&page), "本稿已有更正启事：<a href=\"/a/2\">更正</a>");
}

TEST(rights_of_a_rule_win)
{
	struct article article = sample_article();
	struct page_article page = make_page(&article);
	const char *html;

	page.rights = "© 规则 <一>";
	page.license = "https://news.example/reprint?a&b";
	html = render(&page);
	HAS(html,
		"<a rel=\"license\" href=\"https://news.example/reprint?a&amp;b\">© 规则 "
		"&lt;一&gt;</a>");
	HAS(html, "<link rel=\"license\" href=\"https://news.example/reprint?a&amp;b\">");
	HAS_NOT(html, "青岑日报 &amp; &lt;网&gt;</p>");
}

TEST(an_article_that_lives_elsewhere)
{
	struct article article = sample_article();
	const char *html;

	article.url = "https://cms.example/2026/1.html";
	html = render_article(&article);
	HAS(html, "<link rel=\"canonical\" href=\"https://cms.example/2026/1.html\">");
	HAS(html, "<a rel=\"bookmark\" "
		  "href=\"https://cms.example/2026/1.html\">阅读原文</a>");
	article.url = "javascript:alert(1)";
	html = render_article(&article);
	HAS(html, "<link rel=\"canonical\" href=\"https://news.example/a/1\">");
	HAS_NOT(html, "javascript");
}

TEST(sizes_of_attachments)
{
	static const struct {
		int64_t bytes;
		const char *want;
	} cases[] = {{1, "1 KB"}, {1000, "1 KB"}, {1001, "2 KB"}, {999999, "1000 KB"},
		{1000000, "1.0 MB"}, {1000001, "1.1 MB"}, {25000000, "25.0 MB"}};
	static struct media media = {.url = "https://x.example/a.pdf"};
	struct article article = {.title = "T", .attachments = {&media, 1}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		media.length = cases[i].bytes;
		HAS(render_article(&article), cases[i].want);
	}
	media.length = -1;
	HAS_NOT(render_article(&article), "KB");
}

TEST(labels_in_the_language_of_the_article)
{
	struct article article = sample_article();
	const char *html;

	article.language = "en-GB";
	html = render_article(&article);
	HAS(html, "<html lang=\"en\">");
	HAS(html, "<article class=\"story\" lang=\"en-GB\">");
	HAS(html, "Source: <a");
	HAS(html, "p. 03");
	article.language = "ja";
	html = render_article(&article);
	HAS(html, "<html lang=\"en\">");
	HAS(html, "lang=\"ja\"");
}

TEST(an_article_of_a_title_and_nothing_else)
{
	struct article article = {.title = "T"};
	struct page_article page = {.site = &site,
		.article = &article,
		.url = "https://news.example/a/1",
		.published = SAMPLE_PUBLISHED,
		.updated = SAMPLE_PUBLISHED,
		.level = LEVEL_FULL_MEDIA};

	for (int level = LEVEL_HEADLINE; level <= LEVEL_FULL_MEDIA; level++) {
		page.level = (enum text_level)level;
		HAS(render(&page), "<h1>T</h1>");
	}
	HAS_NOT(render(&page), "class=\"credits\"");
	HAS(render(&page), "<meta name=\"ContentSource\" content=\"青岑新闻网\">");
}

/* Every text is an attack: page_check has the say. */
TEST(hostile_texts_stay_text)
{
	static const char attack[] =
		"\"'><script>alert(1)</script><img src=x onerror=y>$&amp;\x01";
	static const char *const list[] = {attack, attack};
	static const struct person people[] = {{attack, attack, attack, attack}};
	static struct media media[] = {{.href = attack, .url = attack, .type = attack},
		{.url = "https://x.example/?'\"<a>", .type = attack}};
	struct article article = {
		.title = attack,
		.kicker = attack,
		.subtitle = attack,
		.platform = attack,
		.channel = attack,
		.tags = {list, 2},
		.source = attack,
		.source_url = attack,
		.dateline = {attack, attack, attack, true},
		.authors = {people, 1},
		.editors = {people, 1},
		.edition = {attack, attack, attack, attack, attack, true},
		.summary = attack,
		.language = attack,
		.rights = attack,
		.notice = attack,
		.correction = {CORRECTION_CORRECTION, SAMPLE_UPDATED, attack, attack},
		.withdrawal = {attack, SAMPLE_UPDATED, attack, true},
		.url = attack,
		.mobile_url = attack,
		.images = {media, 2},
		.attachments = {media, 2},
	};
	struct page_site hostile = {.title = attack,
		.base_url = "https://news.example/",
		.language = attack,
		.rights = attack,
		.icon = attack,
		.logo = attack,
		.id_code = attack,
		.mobile_url = attack};
	struct page_article page = {.site = &hostile,
		.article = &article,
		.url = "https://news.example/a/1",
		.published = SAMPLE_PUBLISHED,
		.updated = SAMPLE_PUBLISHED,
		.column = {attack, attack, attack, attack, attack},
		.rights = attack,
		.license = attack,
		.corrects = {attack, attack}};

	for (int level = LEVEL_HEADLINE; level <= LEVEL_FULL_MEDIA; level++) {
		page.level = (enum text_level)level;
		HAS_NOT(render(&page), "<script>");
	}
	page.is_withdrawn = true;
	render(&page);
}

/* ---- what another's reader takes from it ---- */

TEST(our_own_reader_gets_what_was_put_in)
{
	struct arena *arena = arena_create();
	struct zone *zone = zone_create_fixed(28800);
	struct article article = sample_article(), *back;
	struct parse_context context = {
		.path = "x.html", .zone = zone, .base_url = "https://news.example/"};
	struct parse_input in = {0};
	struct diagnosis why;

	article_parse_init();
	article.title = "水库大坝加固";
	article.kicker = NULL;
	in.bytes = render_article(&article);
	in.len = strlen(in.bytes);
	if (!article_parse(arena, &context, &in, &back, &why))
		harness_fail(__FILE__, __LINE__, "%s %s", why.class, why.message);
	CHECK_STR(back->title, article.title);
	CHECK_STR(back->subtitle, article.subtitle);
	CHECK_STR(back->source, article.source);
	CHECK_STR(back->channel, "时政");
	CHECK_STR(back->summary, article.summary);
	CHECK_STR(back->url, article.url);
	CHECK_STR(back->mobile_url, article.mobile_url);
	CHECK_STR(back->language, "zh-CN");
	CHECK_INT(back->published.ms, article.published.ms);
	CHECK_INT(back->updated.ms / 1000, article.updated.ms / 1000);
	CHECK_INT(back->authors.count, 2);
	CHECK_STR(back->authors.items[0].name, article.authors.items[0].name);
	CHECK_INT(back->editors.count, 1);
	CHECK_STR(back->editors.items[0].name, "杨林");
	CHECK_INT(back->tags.count, 2);
	CHECK_STR(back->tags.items[1], article.tags.items[1]);
	CHECK_INT(back->correction.level, CORRECTION_CORRECTION);
	CHECK_STR(back->correction.note, article.correction.note);
	CHECK(strstr(back->html, "正文 &amp;") && strstr(back->html, "😀𠮷"));
	CHECK(!strstr(back->html, "订阅") && !strstr(back->html, "责任编辑"));
	zone_destroy(zone);
	arena_destroy(arena);
}
