/*
 * pages.c: the pages for people: what is offered, and one article. Plain semantic HTML, no
 * script; the look is feed.css. Pure. Article bodies come sanitised from feeds/.
 */
#include <string.h>
#include <time.h>

#include "daemon/site/site_internal.h"

const char page_style[] =
	/* shared by the pages and by feeds that a browser shows */
	":root{color-scheme:light dark}"
	"body,feed,rss{display:block;max-width:44rem;margin:2rem auto;padding:0 1rem;"
	"font:1rem/1.7 system-ui,\"PingFang SC\",\"Noto Sans CJK SC\",sans-serif}"
	"h1{line-height:1.3}img,video{max-width:100%;height:auto}"
	"table{border-collapse:collapse}td,th{border:1px solid #8886;padding:.2rem .6rem}"
	".meta,footer{color:#777;font-size:.9rem}code{overflow-wrap:anywhere}"
	"@namespace atom url(http://www.w3.org/2005/Atom);"
	"feed>*,channel>*{display:none}channel,feed>title,channel>title{display:block}"
	"feed>title,channel>title{font-size:1.6rem;font-weight:bold}"
	"feed::before,rss::before{display:block;padding:.6rem 1rem;border-left:4px solid #38f;"
	"content:\"\\8fd9\\662f\\8ba2\\9605\\6e90\\ff0c\\8bf7\\628a\\672c\\9875\\5730"
	"\\5740\\7c98\\8d34\\5230\\9605\\8bfb\\5668\\3002 "
	"This is a feed: paste this page's address into a feed reader.\"}"
	"entry,item{display:block!important;margin:1.2rem 0}entry>*,item>*{display:none}"
	"entry>title,item>title{display:block;font-weight:bold}"
	"entry>summary,item>description,entry>published,item>pubDate{display:block}"
	"entry>published,item>pubDate{color:#777;font-size:.9rem}\n";

static void add_escaped(struct buf *out, const char *text)
{
	for (; text && *text; text++) {
		switch (*text) {
		case '&':
			buf_add_str(out, "&amp;");
			break;
		case '<':
			buf_add_str(out, "&lt;");
			break;
		case '>':
			buf_add_str(out, "&gt;");
			break;
		case '"':
			buf_add_str(out, "&quot;");
			break;
		default:
			buf_add_char(out, *text);
		}
	}
}

/* <NAME ATTRIBUTES>TEXT</NAME>, nothing for NULL. */
static void add_element(struct buf *out, const char *name, const char *attributes,
	const char *text)
{
	if (!text)
		return;
	buf_printf(out, "<%s%s>", name, attributes);
	add_escaped(out, text);
	buf_printf(out, "</%s>\n", name);
}

static void add_meta(struct buf *out, const char *name, const char *content)
{
	if (!content)
		return;
	buf_printf(out, "<meta name=\"%s\" content=\"", name);
	add_escaped(out, content);
	buf_add_str(out, "\">\n");
}

static void add_head(struct buf *out, const struct site_config *config, const char *language,
	const char *title)
{
	buf_add_str(out, "<!DOCTYPE html>\n<html lang=\"");
	add_escaped(out, language ? language : config->language ? config->language : "en");
	buf_add_str(out, "\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
	add_element(out, "title", "", title);
	buf_add_str(out, "<link rel=\"stylesheet\" href=\"/feed.css\">\n");
	for (int f = 0; f < FEED_FORMAT_COUNT; f++) {
		const char *type = feed_media_type((enum feed_format)f);

		buf_printf(out, "<link rel=\"alternate\" type=\"%.*s\" href=\"/feed.%s\" title=\"",
			(int)strcspn(type, ";"), type, feed_format_name((enum feed_format)f));
		add_escaped(out, config->title);
		buf_add_str(out, "\">\n");
	}
}

/* "2026-05-08 09:30:00", as the instant was stated. */
static void add_time(struct buf *out, const struct instant *at)
{
	time_t local = (time_t)(at->ms / 1000 + at->offset_s);
	char text[32];
	struct tm tm;

	gmtime_r(&local, &tm);
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	buf_printf(out, "<time>%s</time>", text);
}

static void add_feed_list(const struct landing *landing, struct buf *out)
{
	buf_add_str(out, "<ul>\n");
	for (size_t i = 0; i < landing->feed_count; i++) {
		const struct outline *feed = &landing->feeds[i];

		if (i % FEED_FORMAT_COUNT == 0) {
			buf_add_str(out, i ? "</li>\n<li>" : "<li>");
			add_escaped(out, feed->title);
			buf_add_str(out, ": ");
		}
		buf_add_str(out, " <a href=\"");
		add_escaped(out, feed->feed_url);
		buf_printf(out, "\">%s</a>", feed_format_name(feed->format));
	}
	buf_add_str(out, "</li>\n</ul>\n");
}

void page_landing(const struct landing *landing, struct buf *out)
{
	const struct site_config *config = landing->config;

	add_head(out, config, NULL, config->title);
	buf_add_str(out, "</head>\n<body>\n<main>\n");
	add_element(out, "h1", "", config->title);
	add_element(out, "p", "", config->subtitle);
	buf_add_str(out, "<h2>Feeds</h2>\n");
	add_feed_list(landing, out);
	buf_add_str(out, "<p><a href=\"/opml.xml\">OPML</a></p>\n");
	if (config->hub_url) {
		buf_add_str(out, "<h2>Push</h2>\n<p>Subscribe by WebSub at the hub <code>");
		add_escaped(out, config->hub_url);
		buf_add_str(out, "</code></p>\n");
	}
	buf_add_str(out, "<h2>Latest</h2>\n<ul>\n");
	for (size_t i = 0; i < landing->latest_count; i++) {
		const struct entry *entry = landing->latest[i];

		buf_add_str(out, "<li>");
		add_time(out, &entry->published);
		buf_add_str(out, " <a href=\"");
		add_escaped(out, entry->fragments->url);
		buf_add_str(out, "\">");
		add_escaped(out, entry->fragments->title);
		buf_add_str(out, "</a></li>\n");
	}
	buf_add_str(out, "</ul>\n</main>\n</body>\n</html>\n");
}

static void add_people(struct buf *out, const struct people *people, const char *before)
{
	for (size_t i = 0; i < people->count; i++) {
		buf_add_str(out, i ? " " : before);
		add_escaped(out, people->items[i].name);
	}
}

static void add_article_metas(struct buf *out, const struct article *article,
	const char *url)
{
	struct buf date = {0};
	time_t local = (time_t)(article->published.ms / 1000 + article->published.offset_s);
	struct tm tm;

	gmtime_r(&local, &tm);
	buf_printf(&date, "%04d-%02d-%02d %02d:%02d", tm.tm_year + 1900, tm.tm_mon + 1,
		tm.tm_mday, tm.tm_hour, tm.tm_min);
	add_meta(out, "ArticleTitle", article->title);
	add_meta(out, "PubDate", buf_text(&date));
	add_meta(out, "ContentSource", article->source);
	add_meta(out, "Description", article->summary ? article->summary : article->lead);
	add_meta(out, "Url", url);
	buf_finish(&date);
}

static void add_information(struct buf *out, const struct entry *entry,
	const struct article *article)
{
	buf_add_str(out, "<p class=\"meta\">");
	add_time(out, &entry->published);
	if (article->source) {
		buf_add_str(out, " · ");
		add_escaped(out, article->source);
	}
	add_people(out, &article->authors, " · ");
	buf_add_str(out, "</p>\n");
}

void page_article(const struct site_config *config, const struct entry *entry,
	const struct article *article, const char *url, struct buf *out)
{
	bool is_withdrawn = article->status == STATUS_WITHDRAWN;
	bool is_full = config->level >= LEVEL_FULL && !is_withdrawn;

	add_head(out, config, article->language, article->title);
	add_article_metas(out, article, url);
	buf_add_str(out, "</head>\n<body>\n<main>\n<article>\n");
	add_element(out, "p", " class=\"meta\"", article->platform);
	add_element(out, "p", " class=\"meta\"", article->kicker);
	add_element(out, "h1", "", article->title);
	add_element(out, "p", "", article->subtitle);
	add_information(out, entry, article);
	if (is_withdrawn)
		add_element(out, "p", "", article->withdrawal.reason ?
			article->withdrawal.reason : "撤稿 / withdrawn");
	else if (article->correction.level >= CORRECTION_CORRECTION)
		add_element(out, "p", " class=\"correction\"", article->correction.note);
	if (is_full && article->html)
		buf_add_str(out, article->html);
	else if (!is_withdrawn)
		add_element(out, "p", "", article->summary ? article->summary : article->lead);
	buf_add_str(out, "\n</article>\n</main>\n<footer>\n<p>");
	add_people(out, &article->editors, "责任编辑: ");
	buf_add_str(out, "</p>\n");
	add_element(out, "p", "", article->notice);
	add_element(out, "p", "", article->rights);
	buf_add_str(out, "</footer>\n</body>\n</html>\n");
}
