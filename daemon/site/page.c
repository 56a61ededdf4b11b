/* page.c: see page.h. */
#include "daemon/site/page.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "daemon/site/page_words.h"
#include "feeds/base/buf.h"
#include "feeds/escape.h"
#include "feeds/stamp.h"
#include "feeds/xmlout.h"

/* Style sheets and pictures may be the operator's and the articles' own, from anywhere:
 * media are the one thing an article shows from elsewhere. */
const char page_csp[] =
	"default-src 'none'; style-src 'self'; img-src 'self' https: http: data:; "
	"media-src 'self' https: http:; font-src 'self'; base-uri 'none'; "
	"form-action 'none'; frame-ancestors 'none'";

void page_fill(
	struct buf *out, const char *template, const char *const *values, size_t count)
{
	size_t used = 0;

	for (const char *next; (next = strchr(template, '$')); template = next + 1) {
		assert(used < count);
		buf_add(out, template, (size_t)(next - template));
		escape_add(out, ESCAPE_XML_ATTRIBUTE, values[used++]);
	}
	assert(used == count);
	buf_add_str(out, template);
}

/* ---- addresses ---- */

const char *page_root(const struct page_site *site, size_t *len_out)
{
	const char *host = strstr(site->base_url, "://");
	const char *path = strchr(host ? host + 3 : site->base_url, '/');
	const char *end = path ? strrchr(path, '/') : NULL;

	*len_out = end ? (size_t)(end - path) + 1 : 1;
	return path ? path : "/";
}

const char *page_local(const struct page_site *site, const char *url)
{
	size_t base = strlen(site->base_url), root;

	if (!url || strncmp(url, site->base_url, base) != 0)
		return url;
	page_root(site, &root);
	return url + base - root;
}

void page_add_encoded(struct buf *out, const char *url)
{
	for (; url && *url; url++) {
		unsigned char c = (unsigned char)*url;

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			(c >= '0' && c <= '9') || strchr("-._~", c))
			buf_add_char(out, (char)c);
		else
			buf_printf(out, "%%%02X", c);
	}
}

/* The part of URL below the site; all of it for one that is elsewhere. */
static const char *below_site(const struct page_site *site, const char *url)
{
	size_t base = strlen(site->base_url);

	return strncmp(url, site->base_url, base) == 0 ? url + base : url;
}

void page_mobile_url(const struct page_site *site, const char *stated, const char *url,
	struct buf *out)
{
	static const char *const places[] = {"{url}", "{path}", "{slug}"};
	const char *at = site->mobile_url, *path = below_site(site, url);
	const char *slash = strrchr(path, '/');
	size_t start = out->len;
	bool has_place = false;

	if (xmlout_is_web_url(stated) || escape_is_blank(at)) {
		buf_add_str(out, xmlout_is_web_url(stated) ? stated : url);
		return;
	}
	while (*at) {
		size_t i = 0;

		while (i < 3 && strncmp(at, places[i], strlen(places[i])) != 0)
			i++;
		if (i == 3) {
			buf_add_char(out, *at++);
			continue;
		}
		has_place = true;
		at += strlen(places[i]);
		if (i == 0)
			page_add_encoded(out, url);
		else
			buf_add_str(out, i == 1 ? path : slash ? slash + 1 : path);
	}
	if (has_place)
		return;
	if (out->len > start && out->bytes[out->len - 1] != '/')
		buf_add_char(out, '/');
	buf_add_str(out, path);
}

/* ---- languages and times ---- */

static bool is_chinese(const char *tag)
{
	return (tag[0] | 32) == 'z' && (tag[1] | 32) == 'h' && (tag[2] == '-' || !tag[2]);
}

enum page_language page_language_of(const struct page_site *site, const char *tag)
{
	if (!xmlout_is_language(tag))
		tag = site->language;
	return !xmlout_is_language(tag) || is_chinese(tag) ? PAGE_CHINESE : PAGE_ENGLISH;
}

static bool is_english(const char *tag)
{
	return (tag[0] | 32) == 'e' && (tag[1] | 32) == 'n' && (tag[2] == '-' || !tag[2]);
}

const char *page_language_tag(const char *tag, enum page_language language)
{
	bool is_tag = xmlout_is_language(tag);

	if (language == PAGE_CHINESE)
		return is_tag && is_chinese(tag) ? tag : "zh-CN";
	return is_tag && is_english(tag) ? tag : "en";
}

void page_add_time(
	struct buf *out, const struct page_site *site, const struct instant *at)
{
	struct buf text = {0};
	const char *offset;

	stamp_add_rfc3339(&text, at);
	page_put(out, "<time datetime=\"$\">", buf_text(&text));
	offset = text.bytes + strcspn(text.bytes, "T") + strlen("T09:30:00");
	offset += strspn(offset, ".0123456789");
	text.bytes[10] = ' ';
	buf_add(out, text.bytes, strlen("2026-05-08 09:30:00"));
	if (at->offset_s != site->offset_s)
		buf_printf(out, " %s", *offset == 'Z' ? "UTC" : offset);
	buf_add_str(out, "</time>");
	buf_finish(&text);
}

/* ---- the frame ---- */

/* An address of the site's own: its root and PATH. */
static void add_local(struct buf *out, const struct page_site *site, const char *path)
{
	size_t len;
	const char *root = page_root(site, &len);

	escape_add_len(out, ESCAPE_XML_ATTRIBUTE, root, len);
	buf_add_str(out, path);
}

void page_begin(struct buf *out, const struct page_site *site,
	enum page_language language, const char *title)
{
	page_put(out,
		"<!DOCTYPE html>\n<html lang=\"$\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<title>$</title>\n",
		page_language_tag(site->language, language), title);
	buf_add_str(out, "<meta name=\"viewport\" content=\"width=device-width, "
			 "initial-scale=1\">\n"
			 "<meta name=\"color-scheme\" content=\"light dark\">\n"
			 "<link rel=\"stylesheet\" href=\"");
	add_local(out, site, "feed.css\">\n");
	/* an empty one keeps browsers from asking for /favicon.ico */
	page_put(out, "<link rel=\"icon\" href=\"$\">\n",
		xmlout_is_web_url(site->icon) ? site->icon : "data:,");
}

void page_add_autodiscovery(struct buf *out, const struct page_feed *feed)
{
	for (int f = 0; f < FEED_FORMAT_COUNT; f++) {
		const char *type = feed_media_type((enum feed_format)f);
		char bare[64];

		if (!feed->urls[f])
			continue;
		snprintf(bare, sizeof(bare), "%.*s", (int)strcspn(type, ";"), type);
		page_put(out,
			"<link rel=\"alternate\" type=\"$\" href=\"$\" title=\"$\">\n",
			bare, feed->urls[f], feed->title);
	}
}

void page_begin_body(struct buf *out, const struct page_site *site,
	enum page_language language, bool is_landing)
{
	page_put(out, "</head>\n<body>\n<a class=\"skip\" href=\"#content\">$</a>\n",
		page_word(language, WORD_SKIP));
	if (site->header)
		buf_add_str(out, site->header);
	buf_add_str(out,
		is_landing ? "<header class=\"masthead\">\n<h1>"
			   : "<header class=\"masthead\">\n<p class=\"site\"><a href=\"");
	if (!is_landing)
		add_local(out, site, "\" rel=\"home\">");
	if (xmlout_is_web_url(site->logo))
		page_put(out, "<img class=\"logo\" src=\"$\" alt=\"$\">", site->logo,
			site->title);
	else
		page_put(out, "$", site->title);
	buf_add_str(out, is_landing ? "</h1>\n" : "</a></p>\n");
	if (is_landing && !escape_is_blank(site->subtitle))
		page_put(out, "<p class=\"lede\">$</p>\n", site->subtitle);
	buf_add_str(out, "</header>\n<main id=\"content\" tabindex=\"-1\">\n");
}

void page_end(struct buf *out, const struct page_site *site, enum page_language language,
	const char *other)
{
	page_put(out,
		"</main>\n<footer class=\"colophon\">\n<nav aria-label=\"$\">\n<ul>\n",
		page_word(language, WORD_SITE_LINKS));
	buf_add_str(out, "<li><a href=\"");
	add_local(out, site, "\">");
	page_put(out, "$</a></li>\n", page_word(language, WORD_HOME));
	if (site->overview & PAGE_EPAPER) {
		buf_add_str(out, "<li><a href=\"");
		add_local(out, site, "epaper/\">");
		page_put(out, "$</a></li>\n", page_word(language, WORD_EPAPER));
	}
	buf_add_str(out, "<li><a href=\"");
	add_local(out, site, "opml.xml\">OPML</a></li>\n<li><a href=\"");
	add_local(out, site, "sitemap.xml\">");
	page_put(out, "$</a></li>\n", page_word(language, WORD_SITEMAP));
	if (other)
		page_put(out,
			"<li><a href=\"$\" hreflang=\"$\" lang=\"$\" "
			"rel=\"alternate\">$</a>"
			"</li>\n",
			other, language == PAGE_CHINESE ? "en" : "zh-CN",
			language == PAGE_CHINESE ? "en" : "zh-CN",
			page_word(language, WORD_OTHER_LANGUAGE));
	buf_add_str(out, "</ul>\n</nav>\n");
	if (!escape_is_blank(site->rights))
		page_put(out, "<p>$</p>\n", site->rights);
	if (site->footer)
		buf_add_str(out, site->footer);
	buf_add_str(out, "</footer>\n</body>\n</html>\n");
}
