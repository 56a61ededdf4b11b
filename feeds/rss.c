/*
 * rss.c: RSS 2.0 with the RSS Advisory Board's profile. Plain text where the profile
 * wants it; Dublin Core for people, source and rights (RSS's own author and
 * managingEditor need a mail address); Media RSS for every medium but one.
 */
#include "feeds/base/buf.h"
#include "feeds/escape.h"
#include "feeds/item_parts.h"
#include "feeds/stamp.h"
#include "feeds/writers.h"
#include "feeds/xmlout.h"

#include <string.h>

static void add_date(struct buf *out, const char *name, const struct instant *instant)
{
	struct buf date = {0};

	stamp_add_rfc822(&date, instant);
	xmlout_add_element(out, name, buf_text(&date));
	buf_finish(&date);
}

static void add_atom_link(struct buf *out, const char *rel, const char *type,
	const char *title, const char *href)
{
	buf_add_str(out, "<atom:link");
	xmlout_add_attribute(out, "rel", rel);
	xmlout_add_attribute(out, "type", type);
	xmlout_add_attribute(out, "title", title);
	xmlout_add_attribute(out, "href", href);
	buf_add_str(out, "/>\n");
}

/* One element for all authors: readers show only the first or only the last of several.
 */
static void add_creator(
	struct buf *out, const struct people *authors, unsigned *namespaces)
{
	struct buf names = {0};

	for (size_t i = 0; i < authors->count; i++) {
		const char *name = authors->items[i].name;

		if (!escape_is_blank(name))
			buf_printf(&names, "%s%s", names.len ? "、" : "", name);
	}
	if (names.len > 0) {
		xmlout_add_element(out, "dc:creator", buf_text(&names));
		*namespaces |= NS_DC;
	}
	buf_finish(&names);
}

static void add_dc(
	struct buf *out, const char *name, const char *text, unsigned *namespaces)
{
	if (escape_is_blank(text))
		return;
	xmlout_add_element(out, name, text);
	*namespaces |= NS_DC;
}

static void add_edition(
	struct buf *out, const struct article *article, unsigned *namespaces)
{
	struct buf citation = {0};

	if (article->edition.is_set && xmlout_is_web_url(article->edition.url)) {
		xmlout_add_element(out, "dcterms:hasFormat", article->edition.url);
		*namespaces |= NS_DCTERMS;
	}
	item_parts_citation(article, &citation);
	if (citation.len > 0) {
		xmlout_add_element(
			out, "dcterms:bibliographicCitation", buf_text(&citation));
		*namespaces |= NS_DCTERMS;
	}
	buf_finish(&citation);
}

static void add_enclosure(struct buf *out, const struct media *media)
{
	buf_add_str(out, "<enclosure");
	xmlout_add_attribute(out, "url", media->url);
	/* 0 when unknown: the attribute is required */
	buf_printf(out, " length=\"%lld\"",
		media->length > 0 ? (long long)media->length : 0);
	xmlout_add_attribute(out, "type", item_parts_media_type(media));
	buf_add_str(out, "/>\n");
}

static void add_number(struct buf *out, const char *name, int64_t value)
{
	if (value > 0)
		buf_printf(out, " %s=\"%lld\"", name, (long long)value);
}

static void add_media_content(struct buf *out, const struct media *media)
{
	buf_add_str(out, "<media:content");
	xmlout_add_attribute(out, "url", media->url);
	xmlout_add_attribute(out, "type", item_parts_media_type(media));
	xmlout_add_attribute(out, "medium", item_parts_medium(media));
	add_number(out, "fileSize", media->length);
	add_number(out, "duration", media->duration_s);
	add_number(out, "width", media->width);
	add_number(out, "height", media->height);
	buf_add_str(out, ">\n");
	/* not media:description: readers take it for the item's */
	xmlout_add_element(out, "media:title",
		item_parts_either(media->title, item_parts_either(media->caption, media->alt)));
	buf_add_str(out, "</media:content>\n");
}

static void add_media(
	struct buf *out, const struct item_parts *parts, unsigned *namespaces)
{
	const struct media *enclosure = NULL;

	for (size_t i = 0; i < parts->media_count && !enclosure; i++) {
		if (xmlout_is_public_url(parts->media[i]->url))
			enclosure = parts->media[i];
	}
	if (enclosure)
		add_enclosure(out, enclosure);
	for (size_t i = 0; i < parts->media_count; i++) {
		if (parts->media[i] == enclosure)
			continue;
		add_media_content(out, parts->media[i]);
		*namespaces |= NS_MEDIA;
	}
}

static void add_details(
	struct buf *out, const struct item_parts *parts, unsigned *namespaces)
{
	const struct article *article = parts->article;

	add_creator(out, &article->authors, namespaces);
	for (size_t i = 0; i < article->editors.count; i++)
		add_dc(out, "dc:contributor", article->editors.items[i].name, namespaces);
	add_dc(out, "dc:source", article->source, namespaces);
	add_dc(out, "dc:rights", parts->rights, namespaces);
	for (size_t i = 0; i < parts->category_count; i++)
		xmlout_add_element(out, "category", parts->categories[i]);
	xmlout_add_attributed(out, "category", "domain",
		"http://cv.iptc.org/newscodes/signal/", parts->correction);
	add_edition(out, article, namespaces);
	if (xmlout_is_web_url(article->mobile_url)) {
		add_atom_link(out, "related", "text/html", "手机版", article->mobile_url);
		*namespaces |= NS_ATOM;
	}
	if (xmlout_is_web_url(article->source_url)) {
		add_atom_link(
			out, "via", "text/html", article->source, article->source_url);
		*namespaces |= NS_ATOM;
	}
	add_media(out, parts, namespaces);
}

/* Licence, state, and what only partners see. */
static void add_state(
	struct buf *out, const struct item_parts *parts, unsigned *namespaces)
{
	const struct feed_syndication *syndication = parts->syndication;

	if (parts->license_url) {
		add_atom_link(out, "license", NULL, NULL, parts->license_url);
		*namespaces |= NS_ATOM;
	}
	if (parts->is_withdrawn)
		xmlout_add_element(out, "category", "withdrawn");
	if (parts->is_advisory)
		xmlout_add_element(out, "category", "advisory");
	if (parts->is_early)
		xmlout_add_element(out, "category", "embargoed");
	if (!syndication)
		return;
	*namespaces |= NS_NEWS;
	if (syndication->ninjs_url)
		add_atom_link(out, "alternate", "application/json", "ninjs",
			syndication->ninjs_url);
	if (syndication->nitf_url)
		add_atom_link(out, "alternate", "application/nitf+xml", "NITF",
			syndication->nitf_url);
	if (syndication->ninjs_url || syndication->nitf_url)
		*namespaces |= NS_ATOM;
	xmlout_add_syndication(out, syndication);
}

void rss_add_item(const struct item_parts *parts, struct buf *out, unsigned *namespaces)
{
	buf_add_str(out, "<item>\n");
	xmlout_add_element(out, "title", buf_text(&parts->title));
	xmlout_add_element(out, "link", parts->url);
	xmlout_add_attributed(out, "guid", "isPermaLink", "false", parts->id);
	if (parts->published.is_set)
		add_date(out, "pubDate", &parts->published);
	if (parts->updated.is_set && parts->updated.ms != parts->published.ms) {
		xmlout_add_date(out, "atom:updated", &parts->updated);
		*namespaces |= NS_ATOM;
	}
	if (parts->has_details)
		add_details(out, parts, namespaces);
	else
		add_dc(out, "dc:rights", parts->rights, namespaces);
	add_state(out, parts, namespaces);
	/* the description comes first, and content never without one */
	xmlout_add_text_as_html(out, "description", item_parts_summary(parts));
	if (parts->html.len > 0) {
		xmlout_add_escaped(out, "content:encoded", NULL, NULL, buf_text(&parts->html));
		*namespaces |= NS_CONTENT;
	}
	buf_add_str(out, "</item>\n");
}

/* Only what the channel image may be: PNG, JPEG or GIF. */
static bool is_image_url(const char *url)
{
	static const char *const endings[] = {".png", ".jpg", ".jpeg", ".gif"};
	size_t len = url ? strlen(url) : 0;

	for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++) {
		size_t ending = strlen(endings[i]);

		if (len > ending && strcmp(url + len - ending, endings[i]) == 0)
			return xmlout_is_web_url(url);
	}
	return false;
}

/* Title and link of the image equal the channel's. */
static void add_image(struct buf *out, const struct feed_head *head, const char *title,
	const char *link)
{
	const char *url = is_image_url(head->logo) ? head->logo : head->icon;

	if (!is_image_url(url))
		return;
	buf_add_str(out, "<image>\n");
	xmlout_add_element(out, "url", url);
	xmlout_add_element(out, "title", title);
	xmlout_add_element(out, "link", link);
	buf_add_str(out, "</image>\n");
}

static bool has_atom(const struct feed_head *head)
{
	bool has = head->self_url || (head->namespaces & NS_ATOM);

	for (size_t i = 0; i < head->hub_count; i++)
		has = has || head->hub_urls[i];
	for (size_t i = 0; i < head->link_count; i++)
		has = has || render_has_link(head, i);
	return has;
}

static void add_head_links(struct buf *out, const struct feed_head *head)
{
	if (head->self_url)
		add_atom_link(out, "self", "application/rss+xml", NULL, head->self_url);
	for (size_t i = 0; i < head->hub_count; i++) {
		if (head->hub_urls[i])
			add_atom_link(out, "hub", NULL, NULL, head->hub_urls[i]);
	}
	for (size_t i = 0; i < head->link_count; i++) {
		const struct feed_link *link = &head->links[i];

		if (render_has_link(head, i))
			add_atom_link(
				out, link->rel, link->type, link->title, link->href);
	}
}

/* RFC 1766 tags in lower case, as the profile's list has them: zh-cn. */
static void add_language(struct buf *out, const char *language)
{
	struct buf lower = {0};

	if (!xmlout_is_language(language))
		return;
	for (const char *at = language; *at; at++)
		buf_add_char(&lower, (char)(*at >= 'A' && *at <= 'Z' ? *at + 32 : *at));
	xmlout_add_element(out, "language", buf_text(&lower));
	buf_finish(&lower);
}

static void add_root(struct buf *out, const struct feed_head *head)
{
	xmlout_add_declaration(out, true);
	buf_add_str(out, "<rss version=\"2.0\"");
	if (has_atom(head))
		xmlout_add_attribute(out, "xmlns:atom", "http://www.w3.org/2005/Atom");
	render_add_namespaces(head->namespaces, out);
	if (head->is_archive)
		xmlout_add_attribute(
			out, "xmlns:fh", "http://purl.org/syndication/history/1.0");
	buf_add_str(out, ">\n<channel>\n");
}

void rss_add_head(const struct feed_head *head, struct buf *out)
{
	const char *link = item_parts_either(
		item_parts_either(head->home_url, head->self_url), "about:blank");
	const char *title = item_parts_either(head->title, link);

	add_root(out, head);
	xmlout_add_element(out, "title", title);
	xmlout_add_element(out, "link", link);
	xmlout_add_element(out, "description", item_parts_either(head->subtitle, title));
	add_head_links(out, head);
	add_language(out, head->language);
	xmlout_add_element(out, "copyright", head->rights);
	if (head->updated.is_set)
		add_date(out, "lastBuildDate", &head->updated);
	xmlout_add_element(out, "generator", "gazetted");
	xmlout_add_element(out, "docs", "http://www.rssboard.org/rss-specification");
	add_image(out, head, title, link);
	if (head->is_archive)
		buf_add_str(out, "<fh:archive/>\n");
}

void rss_add_foot(struct buf *out)
{
	buf_add_str(out, "</channel>\n</rss>\n");
}
