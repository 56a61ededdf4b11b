/*
 * html_article.c: a whole page to an article. Each field has an order of places, the most
 * deliberate first: the meta tags that the guideline for government websites requires,
 * JSON-LD, what content systems leave in comments, Open Graph, and last the text.
 */
#include <string.h>

#include "feeds/article.h"
#include "feeds/base/arena.h"
#include "feeds/extract.h"
#include "feeds/extract_fields.h"
#include "feeds/html.h"
#include "feeds/html_media.h"
#include "feeds/parse.h"
#include "feeds/text.h"
#include "feeds/url.h"

static void set_text(struct reading *r, const char **field, enum article_field id,
	const char *text, const char *origin)
{
	if (*field || !text || !*text)
		return;
	*field = text;
	r->article->origin[id] = origin;
}

/* "标题_站名", "Title - Site": without the site. A hyphen without spaces separates only
 * where a CJK character stands on both sides. */
static const char *without_site(struct arena *arena, const char *title)
{
	static const char *const marks[] = {" | ", " - ", " — ", "_", "|", "—", "-"};
	const char *cut = NULL;

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]) && !cut; i++) {
		const char *last = NULL;

		for (const char *at = title; (at = strstr(at, marks[i])); at++)
			last = at;
		if (!last || last == title || !last[strlen(marks[i])])
			continue;
		if (*marks[i] == '-' && !((unsigned char)last[-1] >= 0x80 &&
			(unsigned char)last[1] >= 0x80))
			continue;
		cut = last;
	}
	return cut ? arena_strndup(arena, title, (size_t)(cut - title)) : title;
}

static void read_titles(struct reading *r)
{
	const struct page *page = r->page;
	struct article *a = r->article;

	set_text(r, &a->title, FIELD_TITLE, page_meta(page, "ArticleTitle"), "meta ArticleTitle");
	set_text(r, &a->title, FIELD_TITLE, page_ld_text(page, "headline"), "JSON-LD headline");
	set_text(r, &a->title, FIELD_TITLE, page_ld_text(page, "title"), "JSON-LD title");
	set_text(r, &a->title, FIELD_TITLE, page_enp(page, "title"), "enpproperty title");
	set_text(r, &a->title, FIELD_TITLE, page_meta(page, "og:title"), "meta og:title");
	set_text(r, &a->title, FIELD_TITLE, page->h1, "h1");
	set_text(r, &a->title, FIELD_TITLE, page->h2, "h2");
	if (page->title)
		set_text(r, &a->title, FIELD_TITLE, without_site(r->arena, page->title), "title");
	set_text(r, &a->kicker, FIELD_KICKER, page_enp(page, "introtitle"),
		"enpproperty introtitle");
	set_text(r, &a->subtitle, FIELD_SUBTITLE, page_enp(page, "subtitle"),
		"enpproperty subtitle");
	set_text(r, &a->subtitle, FIELD_SUBTITLE, page_ld_text(page, "alternativeHeadline"),
		"JSON-LD alternativeHeadline");
}

static void read_addresses(struct reading *r)
{
	const struct page *page = r->page;
	const struct {
		const char *href, *origin;
	} places[] = {
		{page_meta(page, "Url"), "meta Url"},
		{page->canonical, "link canonical"},
		{page_meta(page, "og:url"), "meta og:url"},
	};
	const char *base = page->context->base_url && page->context->path ?
		url_of_path(r->arena, page->context->base_url, page->context->path) : NULL;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (places[i].href && *places[i].href)
			set_text(r, &r->article->url, FIELD_URL,
				url_resolve(r->arena, base, places[i].href), places[i].origin);
	r->base_url = r->article->url ? r->article->url : base;
	if (page->mobile)
		set_text(r, &r->article->mobile_url, FIELD_MOBILE_URL,
			url_resolve(r->arena, r->base_url, page->mobile), "link alternate");
}

static void read_channel(struct reading *r)
{
	const struct page *page = r->page;
	struct article *a = r->article;
	const char *type = page_meta(page, "ColumnType");
	const char *section = a->edition.section;

	set_text(r, &a->channel, FIELD_CHANNEL, page_meta(page, "ColumnName"), "meta ColumnName");
	set_text(r, &a->channel, FIELD_CHANNEL, page_ld_text(page, "articleSection"),
		"JSON-LD articleSection");
	set_text(r, &a->channel, FIELD_CHANNEL, page_enp(page, "nodename"),
		"enpproperty nodename");
	set_text(r, &a->channel, FIELD_CHANNEL, page_meta(page, "article:section"),
		"meta article:section");
	if (!a->channel)
		return;
	strings_add(r->arena, &a->categories, section ? section : a->channel);
	if (type && strcmp(type, a->channel) != 0)
		strings_add(r->arena, &a->categories, type);
	a->origin[FIELD_CATEGORIES] = a->origin[FIELD_CHANNEL];
}

static bool read_tag_metas(struct reading *r)
{
	const struct page *page = r->page;

	for (size_t i = 0; i < page->meta_count; i++)
		if (strcmp(page->metas[i].name, "article:tag") == 0)
			strings_add(r->arena, &r->article->tags, page->metas[i].content);
	r->article->origin[FIELD_TAGS] = r->article->tags.count ? "meta article:tag" : NULL;
	return r->article->tags.count > 0;
}

static void split_tags(struct reading *r, const char *text, const char *separators,
	const char *origin)
{
	if (!text || r->article->tags.count)
		return;
	text_split(r->arena, text, separators, &r->article->tags);
	if (r->article->tags.count)
		r->article->origin[FIELD_TAGS] = origin;
}

static void read_tags(struct reading *r)
{
	const struct page *page = r->page;
	json_t *keywords = json_object_get(page->ld, "keywords"), *item;
	size_t i;

	if (read_tag_metas(r))
		return;
	json_array_foreach(keywords, i, item) {
		const char *tag = page_ld_string(page, item);

		if (tag && i < 100)
			strings_add(r->arena, &r->article->tags, tag);
	}
	if (r->article->tags.count)
		r->article->origin[FIELD_TAGS] = "JSON-LD keywords";
	if (json_is_string(keywords))
		split_tags(r, page_ld_string(page, keywords), ",，;；、", "JSON-LD keywords");
	split_tags(r, page_meta(page, "Keywords"), ",，;；、 ", "meta Keywords");
	split_tags(r, page_enp(page, "keyword"), ",，;；、 ", "enpproperty keyword");
}

static void read_plain_fields(struct reading *r)
{
	const struct page *page = r->page;
	struct article *a = r->article;

	set_text(r, &a->site_name, FIELD_SITE_NAME, page_meta(page, "SiteName"), "meta SiteName");
	set_text(r, &a->site_name, FIELD_SITE_NAME, page_meta(page, "og:site_name"),
		"meta og:site_name");
	set_text(r, &a->site_name, FIELD_SITE_NAME, page_ld_text(page, "publisher"),
		"JSON-LD publisher");
	set_text(r, &a->summary, FIELD_SUMMARY, page_meta(page, "Description"),
		"meta Description");
	set_text(r, &a->summary, FIELD_SUMMARY, page_meta(page, "og:description"),
		"meta og:description");
	set_text(r, &a->summary, FIELD_SUMMARY, page_ld_text(page, "description"),
		"JSON-LD description");
	set_text(r, &a->language, FIELD_LANGUAGE, page_ld_text(page, "inLanguage"),
		"JSON-LD inLanguage");
	set_text(r, &a->language, FIELD_LANGUAGE, page->language, "html lang");
	set_text(r, &a->rights, FIELD_RIGHTS, page_ld_text(page, "copyrightNotice"),
		"JSON-LD copyrightNotice");
}

/* The picture that the page's metadata names; the body may hold it too. */
static void read_lead_image(struct reading *r)
{
	const struct page *page = r->page;
	json_t *image = json_object_get(page->ld, "image");
	const char *href = page_meta(page, "og:image");
	struct media_builder images;
	struct media item = {.length = -1, .role = "lead"};

	if (json_is_array(image))
		image = json_array_get(image, 0);
	image = page_ld_resolve(page, image);
	if (json_is_object(image))
		image = json_object_get(image, "url");
	if (!href)
		href = page_meta(page, "Image");
	if (!href)
		href = page_ld_string(page, image);
	item.href = href;
	item.url = href ? media_address(r->arena, r->base_url, href) : NULL;
	if (!item.url || strncmp(item.url, "http", 4) != 0)
		return;
	item.type = media_type_of(href);
	media_begin(&images, r->arena, &r->article->images);
	media_add(&images, &item);
	r->article->images = (struct media_list){images.items, images.count};
	r->article->origin[FIELD_IMAGES] = "metadata";
}

static void read_body(struct reading *r)
{
	struct article *a = r->article;

	page_trim_body(r->page, a->title);
	if (!r->page->has_marked_body)
		/* What was trimmed comes first again, then the rest of the page. */
		page_read_lines(r->page);
	sanitise_body(r->arena, &r->page->body, r->base_url, a);
	a->lead = text_lead(r->arena, &a->paragraphs);
	a->origin[FIELD_BODY] = r->page->has_marked_body ? "content system's mark" : "page";
}

bool html_article(struct arena *arena, const struct parse_context *context,
	const char *text, size_t len, struct article *article, struct diagnosis *why)
{
	struct page page;
	struct reading r = {.arena = arena, .page = &page, .article = article,
		.why = why};
	bool is_too_complex;

	article->format = FORMAT_HTML;
	if (!page_init(&page, arena, context, text, len, &is_too_complex)) {
		if (is_too_complex)
			return html_refuse_complex(why);
		*why = (struct diagnosis){.class = "html-unreadable",
			.message = "there is no HTML in the file", .hint = "save the page again"};
		return false;
	}
	read_titles(&r);
	read_addresses(&r);
	read_lead_image(&r);
	if (page.has_marked_body)
		page_read_lines(&page);
	read_body(&r);
	read_edition(&r);
	read_channel(&r);
	read_tags(&r);
	read_plain_fields(&r);
	read_times(&r);
	read_source(&r);
	read_people(&r);
	read_notice(&r);
	read_correction(&r);
	page_finish(&page);
	return true;
}
