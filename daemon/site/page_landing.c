/*
 * page_landing.c: see page_landing.h. An address is copied without script: one click
 * selects all of it (the style sheet's user-select), and every format is a link besides.
 */
#include "daemon/site/page_landing.h"

#include <stdio.h>
#include <string.h>

#include "daemon/site/page_words.h"
#include "feeds/base/buf.h"
#include "feeds/escape.h"
#include "feeds/xmlout.h"

enum { KIND_MOST = 200 }; /* feeds of a kind */

static const char *const format_labels[FEED_FORMAT_COUNT] = {
	[FEED_ATOM] = "Atom",
	[FEED_RSS] = "RSS",
	[FEED_JSON] = "JSON",
};

static const enum page_word kind_words[PAGE_FEED_KIND_COUNT] = {
	[PAGE_FEED_SITE] = WORD_ALL_ARTICLES,
	[PAGE_FEED_CHANNEL] = WORD_CHANNELS,
	[PAGE_FEED_TAG] = WORD_TAGS,
	[PAGE_FEED_AUTHOR] = WORD_AUTHORS,
	[PAGE_FEED_SOURCE] = WORD_SOURCES,
};

/* Readers on the web that take an address in a link: what comes before it, encoded. */
static const struct {
	const char *name, *prefix;
} services[] = {
	{"Feedly", "https://feedly.com/i/subscription/feed/"},
	{"Inoreader", "https://www.inoreader.com/?add_feed="},
	{"Feedbin", "https://feedbin.com/?subscribe="},
	{"NewsBlur", "https://www.newsblur.com/?url="},
	{"The Old Reader", "https://theoldreader.com/feeds/subscribe?url="},
};

const char *page_landing_path(enum page_language language)
{
	return language == PAGE_CHINESE ? "/index.zh.html" : "/index.en.html";
}

static const struct page_feed *site_feed(const struct page_landing *landing)
{
	for (size_t i = 0; i < landing->feed_count; i++) {
		if (landing->feeds[i].kind == PAGE_FEED_SITE)
			return &landing->feeds[i].feed;
	}
	return NULL;
}

/* The address of this page in LANGUAGE, absolute. */
static void add_own_url(
	struct buf *out, const struct page_site *site, enum page_language language)
{
	page_put(out, "$$", site->base_url, page_landing_path(language) + 1);
}

static void add_head(
	struct buf *out, const struct page_landing *landing, enum page_language language)
{
	const struct page_site *site = landing->site;
	const struct page_feed *feed = site_feed(landing);

	page_begin(out, site, language, site->title);
	if (feed)
		page_add_autodiscovery(out, feed);
	for (int l = 0; l < PAGE_LANGUAGE_COUNT; l++) {
		page_put(out, "<link rel=\"alternate\" hreflang=\"$\" href=\"",
			page_language_tag(site->language, (enum page_language)l));
		add_own_url(out, site, (enum page_language)l);
		buf_add_str(out, "\">\n");
	}
	page_put(out,
		"<link rel=\"alternate\" hreflang=\"x-default\" href=\"$\">\n"
		"<meta name=\"SiteName\" content=\"$\">\n"
		"<meta property=\"og:type\" content=\"website\">\n"
		"<meta property=\"og:title\" content=\"$\">\n"
		"<meta property=\"og:url\" content=\"$\">\n",
		site->base_url, site->title, site->title, site->base_url);
	if (!escape_is_blank(site->subtitle))
		page_put(out, "<meta name=\"description\" content=\"$\">\n",
			site->subtitle);
	if (!escape_is_blank(site->id_code))
		page_put(
			out, "<meta name=\"SiteIDCode\" content=\"$\">\n", site->id_code);
}

/* The addresses of FEED, a line for each format. What it is a feed of stands above. */
static void add_addresses(
	struct buf *out, const struct page_feed *feed, enum page_language language)
{
	buf_add_str(out, "<dl class=\"addresses\">\n");
	for (int f = 0; f < FEED_FORMAT_COUNT; f++) {
		if (!feed->urls[f])
			continue;
		page_put(out,
			"<div><dt><a href=\"$\">$</a></dt>\n"
			"<dd><code class=\"copy\">$</code>\n"
			"<a class=\"open\" href=\"feed:$\">$</a></dd></div>\n",
			feed->urls[f], format_labels[f], feed->urls[f], feed->urls[f],
			page_word(language, WORD_OPEN_IN_READER));
	}
	buf_add_str(out, "</dl>\n");
}

static void add_opml_link(
	struct buf *out, const struct page_landing *landing, const char *text)
{
	size_t len;
	const char *root = page_root(landing->site, &len);

	buf_add_str(out, "<a href=\"");
	escape_add_len(out, ESCAPE_XML_ATTRIBUTE, root, len);
	page_put(out, "opml.xml\">$</a>", text);
}

static void add_subscribe(
	struct buf *out, const struct page_landing *landing, enum page_language language)
{
	const struct page_feed *feed = site_feed(landing);

	page_put(out,
		"<section class=\"subscribe\" aria-labelledby=\"subscribe\">\n"
		"<h2 id=\"subscribe\">$</h2>\n",
		page_word(language, WORD_SUBSCRIBE));
	if (feed)
		add_addresses(out, feed, language);
	page_put(out, "<p class=\"hint\">$</p>\n<p class=\"opml\">",
		page_word(language, WORD_COPY_HINT));
	add_opml_link(out, landing, page_word(language, WORD_OPML));
	page_put(out, " <span class=\"hint\">$</span></p>\n</section>\n",
		page_word(language, WORD_OPML_HINT));
}

static void add_headline(struct buf *out, const struct page_landing *landing,
	const struct page_headline *item, enum page_language language)
{
	page_put(out, "<li><a href=\"$\"", page_local(landing->site, item->url));
	if (xmlout_is_language(item->language))
		page_put(out, " lang=\"$\"", item->language);
	page_put(out, ">$</a>\n<p class=\"meta\">", item->title);
	if (item->is_withdrawn)
		page_put(out, "<strong>$</strong> ", page_word(language, WORD_WITHDRAWN));
	page_add_time(out, landing->site, &item->published);
	if (!escape_is_blank(item->channel))
		page_put(out, " <span class=\"where\">$</span>", item->channel);
	buf_add_str(out, "</p></li>\n");
}

static void add_latest(
	struct buf *out, const struct page_landing *landing, enum page_language language)
{
	page_put(out, "<section aria-labelledby=\"latest\">\n<h2 id=\"latest\">$</h2>\n",
		page_word(language, WORD_LATEST));
	if (!landing->latest_count)
		page_put(out, "<p>$</p>\n", page_word(language, WORD_NOTHING_YET));
	else
		buf_add_str(out, "<ol class=\"headlines\">\n");
	for (size_t i = 0; i < landing->latest_count; i++)
		add_headline(out, landing, &landing->latest[i], language);
	buf_add_str(out, landing->latest_count ? "</ol>\n</section>\n" : "</section>\n");
}

/* A site may have thousands of tags: what is not listed is in the OPML. */
static void add_kind(struct buf *out, const struct page_landing *landing,
	enum page_feed_kind kind, enum page_language language)
{
	size_t count = 0;
	char rest[32];

	for (size_t i = 0; i < landing->feed_count; i++) {
		const struct page_landing_feed *item = &landing->feeds[i];

		if (item->kind != kind || count++ >= KIND_MOST)
			continue;
		if (count == 1)
			page_put(out, "<h3>$</h3>\n<ul class=\"feeds\">\n",
				page_word(language, kind_words[kind]));
		page_put(out, "<li><details><summary>$</summary>\n", item->feed.title);
		add_addresses(out, &item->feed, language);
		buf_add_str(out, "</details></li>\n");
	}
	if (!count)
		return;
	buf_add_str(out, "</ul>\n");
	if (count <= KIND_MOST)
		return;
	snprintf(rest, sizeof(rest), "%zu", count - KIND_MOST);
	page_put(out, "<p>$$ ", page_word(language, WORD_MORE_FEEDS), rest);
	add_opml_link(out, landing, page_word(language, WORD_OPML));
	buf_add_str(out, "</p>\n");
}

static void add_feeds(
	struct buf *out, const struct page_landing *landing, enum page_language language)
{
	if (landing->feed_count < 2)
		return; /* the site's own is above */
	page_put(out, "<section aria-labelledby=\"feeds\">\n<h2 id=\"feeds\">$</h2>\n",
		page_word(language, WORD_FEEDS));
	for (int kind = PAGE_FEED_CHANNEL; kind < PAGE_FEED_KIND_COUNT; kind++)
		add_kind(out, landing, (enum page_feed_kind)kind, language);
	buf_add_str(out, "</section>\n");
}

static void add_services(struct buf *out, const char *url, enum page_language language)
{
	page_put(out, "<p>$</p>\n<ul class=\"services\">\n",
		page_word(language, WORD_READER_SERVICES));
	for (size_t i = 0; i < sizeof(services) / sizeof(*services); i++) {
		buf_printf(out, "<li><a rel=\"external nofollow noreferrer\" href=\"%s",
			services[i].prefix);
		page_add_encoded(out, url);
		page_put(out, "\">$</a></li>\n", services[i].name);
	}
	buf_add_str(out, "</ul>\n");
}

static void add_websub(
	struct buf *out, const char *hub, const char *topic, enum page_language language)
{
	page_put(out,
		"<h3>$</h3>\n<p>$</p>\n<dl class=\"addresses\">\n"
		"<div><dt>$</dt><dd><code class=\"copy\">$</code></dd></div>\n"
		"<div><dt>$</dt><dd><code class=\"copy\">$</code></dd></div>\n</dl>\n",
		page_word(language, WORD_BY_WEBSUB),
		page_word(language, WORD_WEBSUB_TEXT), page_word(language, WORD_HUB), hub,
		page_word(language, WORD_TOPIC), topic);
	page_put(out,
		"<pre tabindex=\"0\"><code>curl $ \\\n  -d hub.mode=subscribe \\\n"
		"  -d hub.topic=$ \\\n  -d hub.callback=https://example.org/callback \\\n"
		"  -d hub.secret=SECRET</code></pre>\n<p>$</p>\n",
		hub, topic, page_word(language, WORD_WEBSUB_AFTER));
}

static void add_how(
	struct buf *out, const struct page_landing *landing, enum page_language language)
{
	const struct page_feed *feed = site_feed(landing);
	const char *url = feed ? feed->urls[FEED_ATOM] : NULL;

	page_put(out,
		"<section class=\"how\" aria-labelledby=\"how\">\n<h2 id=\"how\">$</h2>\n"
		"<h3>$</h3>\n<p>$</p>\n",
		page_word(language, WORD_HOW), page_word(language, WORD_BY_READER),
		page_word(language, WORD_READER_TEXT));
	if (url)
		add_services(out, url, language);
	if (url && landing->site->hub_url)
		add_websub(out, landing->site->hub_url, url, language);
	if (landing->has_partners)
		page_put(out, "<h3>$</h3>\n<p>$</p>\n",
			page_word(language, WORD_BY_PARTNER),
			page_word(language, WORD_PARTNER_TEXT));
	buf_add_str(out, "</section>\n");
}

void page_landing_render(
	const struct page_landing *landing, enum page_language language, struct buf *out)
{
	enum page_language other = language == PAGE_CHINESE ? PAGE_ENGLISH : PAGE_CHINESE;
	struct buf switch_url = {0};
	size_t root_len;
	const char *root = page_root(landing->site, &root_len);

	add_head(out, landing, language);
	page_begin_body(out, landing->site, language, true);
	add_subscribe(out, landing, language);
	add_latest(out, landing, language);
	add_feeds(out, landing, language);
	add_how(out, landing, language);
	buf_add(&switch_url, root, root_len);
	buf_add_str(&switch_url, page_landing_path(other) + 1);
	page_end(out, landing->site, language, buf_text(&switch_url));
	buf_finish(&switch_url);
}
