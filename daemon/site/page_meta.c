/* page_meta.c: see page_meta.h. */
#include "daemon/site/page_meta.h"

#include <string.h>

#include "daemon/site/page.h"
#include "daemon/site/page_article.h"
#include "feeds/base/buf.h"
#include "feeds/escape.h"
#include "feeds/stamp.h"
#include "feeds/xmlout.h"

const char *page_canonical(const struct page_article *page)
{
	return xmlout_is_web_url(page->article->url) ? page->article->url : page->url;
}

bool page_has_details(const struct page_article *page)
{
	return !page->is_withdrawn && page->level >= LEVEL_SUMMARY;
}

const char *page_picture(const struct page_article *page)
{
	const struct media_list *images = &page->article->images;
	const char *first = NULL;

	if (page->is_withdrawn || page->level < LEVEL_FULL_MEDIA)
		return NULL;
	for (size_t i = 0; i < images->count; i++) {
		const struct media *image = &images->items[i];

		if (!xmlout_is_web_url(image->url))
			continue;
		if (image->role && strcmp(image->role, "lead") == 0)
			return image->url;
		first = first ? first : image->url;
	}
	return first;
}

const char *page_summary(const struct page_article *page)
{
	const struct article *article = page->article;

	if (!page_has_details(page))
		return NULL;
	return !escape_is_blank(article->summary) ? article->summary
	       : !escape_is_blank(article->lead)  ? article->lead
						  : NULL;
}

const char *page_column_name(const struct page_article *page)
{
	return !escape_is_blank(page->column.name)	  ? page->column.name
	       : !escape_is_blank(page->article->channel) ? page->article->channel
							  : NULL;
}

/* ---- meta ---- */

static void add_meta(struct buf *out, const char *name, const char *content)
{
	if (!escape_is_blank(content))
		page_put(out, "<meta name=\"$\" content=\"$\">\n", name, content);
}

static void add_property(struct buf *out, const char *name, const char *content)
{
	if (!escape_is_blank(content))
		page_put(out, "<meta property=\"$\" content=\"$\">\n", name, content);
}

static void add_joined_meta(struct buf *out, const char *name, const struct strings *list)
{
	struct buf text = {0};

	for (size_t i = 0; i < list->count; i++)
		buf_printf(&text, "%s%s", i ? "," : "", list->items[i]);
	add_meta(out, name, buf_text(&text));
	buf_finish(&text);
}

static void add_author_meta(struct buf *out, const struct page_article *page)
{
	const struct article *article = page->article;
	/* government sites name the responsible editor there */
	bool is_editor = page->site->id_code && article->editors.count;
	const struct people *people = is_editor ? &article->editors : &article->authors;
	struct buf text = {0};

	for (size_t i = 0; i < people->count; i++)
		buf_printf(&text, "%s%s", i ? "," : "", people->items[i].name);
	add_meta(out, "Author", buf_text(&text));
	buf_finish(&text);
}

/* The host of the site, without the port. */
static void add_domain(struct buf *out, const struct page_site *site)
{
	const char *host = strstr(site->base_url, "://");
	struct buf text = {0};

	host = host ? host + 3 : site->base_url;
	buf_add(&text, host, *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/"));
	add_meta(out, "SiteDomain", buf_text(&text));
	buf_finish(&text);
}

/* 政府网站发展指引: the tags of the site, the column and the article. */
static void add_government(struct buf *out, const struct page_article *page)
{
	const struct article *article = page->article;
	const struct page_column *column = &page->column;
	struct instant local = page->published; /* the tag has no place for an offset */
	struct buf minute = {0};

	local.offset_s = page->site->offset_s;
	stamp_add_rfc3339(&minute, &local);
	minute.bytes[10] = ' ';
	minute.bytes[16] = '\0';
	add_meta(out, "SiteName", page->site->title);
	add_domain(out, page->site);
	add_meta(out, "SiteIDCode", page->site->id_code);
	add_meta(out, "ColumnName", page_column_name(page));
	add_meta(out, "ColumnDescription", column->description);
	add_meta(out, "ColumnKeywords", column->keywords);
	add_meta(out, "ColumnType", column->type);
	add_meta(out, "ArticleTitle", article->title);
	add_meta(out, "PubDate", buf_text(&minute));
	add_meta(out, "ContentSource",
		escape_is_blank(article->source) ? page->site->title : article->source);
	if (page_has_details(page)) {
		add_joined_meta(out, "Keywords", &article->tags);
		add_author_meta(out, page);
		add_meta(out, "Description", page_summary(page));
		add_meta(out, "Image", page_picture(page));
	}
	add_meta(out, "Url", page_canonical(page));
	buf_finish(&minute);
}

static void add_date_property(struct buf *out, const char *name, const struct instant *at)
{
	struct buf text = {0};

	stamp_add_rfc3339(&text, at);
	add_property(out, name, buf_text(&text));
	buf_finish(&text);
}

static void add_opengraph(struct buf *out, const struct page_article *page)
{
	const struct article *article = page->article;

	add_property(out, "og:type", "article");
	add_property(out, "og:site_name", page->site->title);
	add_property(out, "og:title", article->title);
	add_property(out, "og:url", page_canonical(page));
	add_property(out, "og:description", page_summary(page));
	add_property(out, "og:image", page_picture(page));
	add_date_property(out, "article:published_time", &page->published);
	add_date_property(out, "article:modified_time", &page->updated);
	add_property(out, "article:section", page_column_name(page));
	if (!page_has_details(page))
		return;
	for (size_t i = 0; i < article->authors.count; i++)
		add_property(out, "article:author", article->authors.items[i].name);
	for (size_t i = 0; i < article->tags.count; i++)
		add_property(out, "article:tag", article->tags.items[i]);
}

static void add_links(struct buf *out, const struct page_article *page)
{
	struct buf mobile = {0};

	page_put(out, "<link rel=\"canonical\" href=\"$\">\n", page_canonical(page));
	page_mobile_url(page->site, page->article->mobile_url, page->url, &mobile);
	if (strcmp(buf_text(&mobile), page->url) != 0)
		page_put(out,
			"<link rel=\"alternate\" media=\"only screen and "
			"(max-width: 640px)\" href=\"$\">\n",
			buf_text(&mobile));
	if (xmlout_is_web_url(page->license))
		page_put(out, "<link rel=\"license\" href=\"$\">\n", page->license);
	buf_finish(&mobile);
	for (size_t i = 0; i < page->feed_count; i++)
		page_add_autodiscovery(out, &page->feeds[i]);
}

void page_meta_add(struct buf *out, const struct page_article *page)
{
	if (page->is_withdrawn) {
		add_meta(out, "robots", "noindex, noarchive");
		add_meta(out, "ArticleTitle", page->article->title);
		add_meta(out, "Url", page_canonical(page));
		return;
	}
	if (page->level < LEVEL_FULL)
		add_meta(out, "robots", "noarchive");
	add_government(out, page);
	add_opengraph(out, page);
	add_links(out, page);
}
