/*
 * sitemap.c: sitemaps.org 0.9, its index, and Google's news sitemap. Entries past the
 * protocol's limits are left out, since one too many makes crawlers refuse the whole
 * file; who has more writes several and an index.
 */
#include "feeds/base/buf.h"
#include "feeds/item_parts.h"
#include "feeds/xmlout.h"

#include <string.h>
#include <strings.h>

#define URLS_MOST 50000 /* sitemaps.org */
#define NEWS_MOST 1000	/* Google */
#define SITEMAP_NS "http://www.sitemaps.org/schemas/sitemap/0.9"
#define NEWS_NS "http://www.google.com/schemas/sitemap-news/0.9"

static void open_root(struct buf *out, const char *name, bool has_news)
{
	xmlout_add_declaration(out, false);
	buf_printf(out, "<%s", name);
	xmlout_add_attribute(out, "xmlns", SITEMAP_NS);
	if (has_news)
		xmlout_add_attribute(out, "xmlns:news", NEWS_NS);
	buf_add_str(out, ">\n");
}

static void add_location(const struct sitemap_url *item, struct buf *out)
{
	xmlout_add_escaped(out, "loc", NULL, NULL, item->url);
	if (item->modified.is_set)
		xmlout_add_date(out, "lastmod", &item->modified);
}

static bool has_url(const struct sitemap_url *item)
{
	return item->url && *item->url;
}

static void add_all(const char *root, const char *element,
	const struct sitemap_url *items, size_t count, struct buf *out)
{
	open_root(out, root, false);
	for (size_t i = 0; i < count && i < URLS_MOST; i++) {
		if (!has_url(&items[i]))
			continue;
		buf_printf(out, "<%s>\n", element);
		add_location(&items[i], out);
		buf_printf(out, "</%s>\n", element);
	}
	buf_printf(out, "</%s>\n", root);
}

void sitemap_render(const struct sitemap_url *items, size_t count, struct buf *out)
{
	add_all("urlset", "url", items, count, out);
}

void sitemap_render_index(const struct sitemap_url *items, size_t count, struct buf *out)
{
	add_all("sitemapindex", "sitemap", items, count, out);
}

static bool has_subtag(const char *tag, const char *subtag)
{
	size_t len = strlen(subtag);

	for (const char *at = strchr(tag, '-'); at; at = strchr(at + 1, '-')) {
		if (strncasecmp(at + 1, subtag, len) == 0 &&
			(!at[1 + len] || at[1 + len] == '-'))
			return true;
	}
	return false;
}

/* ISO 639, but Chinese by its writing: zh-cn or zh-tw (Google's news sitemap schema). */
static void add_language(const char *tag, struct buf *out)
{
	static const char *const traditional[] = {"tw", "hk", "mo", "hant"};
	struct buf primary = {0};

	if (!xmlout_is_language(tag))
		tag = "zh-cn";
	buf_add(&primary, tag, strcspn(tag, "-"));
	if (strcasecmp(buf_text(&primary), "zh") == 0) {
		bool is_traditional = false;

		for (size_t i = 0; i < sizeof(traditional) / sizeof(*traditional); i++)
			is_traditional =
				is_traditional || has_subtag(tag, traditional[i]);
		buf_clear(&primary);
		buf_add_str(&primary, is_traditional ? "zh-tw" : "zh-cn");
	}
	xmlout_add_element(out, "news:language", buf_text(&primary));
	buf_finish(&primary);
}

static void add_news(const struct sitemap_url *item, struct buf *out)
{
	buf_add_str(out, "<url>\n");
	add_location(item, out);
	buf_add_str(out, "<news:news>\n<news:publication>\n");
	xmlout_add_escaped(out, "news:name", NULL, NULL, item->publication);
	add_language(item->language, out);
	buf_add_str(out, "</news:publication>\n");
	xmlout_add_date(out, "news:publication_date", &item->published);
	xmlout_add_escaped(out, "news:title", NULL, NULL, item->title);
	buf_add_str(out, "</news:news>\n</url>\n");
}

/* Publication, date and title are required: an article without is left out. */
static bool is_news(const struct sitemap_url *item)
{
	return has_url(item) && item->publication && *item->publication && item->title &&
	       *item->title && item->published.is_set;
}

void sitemap_render_news(const struct sitemap_url *items, size_t count, struct buf *out)
{
	size_t written = 0;

	open_root(out, "urlset", true);
	for (size_t i = 0; i < count && written < NEWS_MOST; i++) {
		if (!is_news(&items[i]))
			continue;
		add_news(&items[i], out);
		written++;
	}
	buf_add_str(out, "</urlset>\n");
}
