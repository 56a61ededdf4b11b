/*
 * atom.c: Atom 1.0 (RFC 4287), with dc:source and the citation of the printed edition
 * from DC terms. The phone's page and the e-paper are rel="related": a second text/html
 * alternate is an error.
 */
#include "feeds/base/buf.h"
#include "feeds/escape.h"
#include "feeds/item_parts.h"
#include "feeds/writers.h"
#include "feeds/xmlout.h"

#include <string.h>

static void add_link(struct buf *out, const char *rel, const char *type,
	const char *title, const char *href)
{
	buf_add_str(out, "<link");
	xmlout_add_attribute(out, "rel", rel);
	xmlout_add_attribute(out, "type", type);
	xmlout_add_attribute(out, "title", title);
	xmlout_add_attribute(out, "href", href);
	buf_add_str(out, "/>\n");
}

static void add_person(struct buf *out, const char *element, const struct person *person)
{
	if (escape_is_blank(person->name))
		return;
	buf_printf(out, "<%s>\n", element);
	xmlout_add_element(out, "name", person->name);
	if (xmlout_is_email(person->email))
		xmlout_add_element(out, "email", person->email);
	buf_printf(out, "</%s>\n", element);
}

static void add_people(struct buf *out, const struct article *article)
{
	for (size_t i = 0; i < article->authors.count; i++)
		add_person(out, "author", &article->authors.items[i]);
	for (size_t i = 0; i < article->editors.count; i++)
		add_person(out, "contributor", &article->editors.items[i]);
}

static void add_category(struct buf *out, const char *term, const char *scheme)
{
	buf_add_str(out, "<category");
	xmlout_add_attribute(out, "term", term);
	xmlout_add_attribute(out, "scheme", scheme);
	buf_add_str(out, "/>\n");
}

static void add_categories(struct buf *out, const struct item_parts *parts)
{
	for (size_t i = 0; i < parts->category_count; i++)
		add_category(out, parts->categories[i], NULL);
	if (parts->correction && parts->has_details)
		add_category(
			out, parts->correction, "http://cv.iptc.org/newscodes/signal/");
	if (parts->is_withdrawn)
		add_category(out, "withdrawn", NULL);
	if (parts->is_advisory)
		add_category(out, "advisory", NULL);
	if (parts->is_early)
		add_category(out, "embargoed", NULL);
}

static void add_enclosure(struct buf *out, const struct media *media)
{
	buf_add_str(out, "<link rel=\"enclosure\"");
	xmlout_add_attribute(out, "type", item_parts_media_type(media));
	if (media->length >= 0)
		buf_printf(out, " length=\"%lld\"", (long long)media->length);
	xmlout_add_attribute(out, "title", media->title);
	xmlout_add_attribute(out, "href", media->url);
	buf_add_str(out, "/>\n");
}

static void add_related(struct buf *out, const struct item_parts *parts)
{
	const struct article *article = parts->article;

	if (xmlout_is_web_url(article->mobile_url))
		add_link(out, "related", "text/html", "手机版", article->mobile_url);
	if (article->edition.is_set && xmlout_is_web_url(article->edition.url))
		add_link(out, "related", "text/html", "电子报", article->edition.url);
	if (xmlout_is_web_url(article->source_url))
		add_link(out, "via", "text/html", article->source, article->source_url);
	for (size_t i = 0; i < parts->media_count; i++)
		add_enclosure(out, parts->media[i]);
}

/* Names what standard Atom has no element for. */
static void add_terms(
	struct buf *out, const struct item_parts *parts, unsigned *namespaces)
{
	struct buf citation = {0};

	if (!escape_is_blank(parts->article->source)) {
		xmlout_add_element(out, "dc:source", parts->article->source);
		*namespaces |= NS_DC;
	}
	item_parts_citation(parts->article, &citation);
	if (citation.len > 0) {
		xmlout_add_element(
			out, "dcterms:bibliographicCitation", buf_text(&citation));
		*namespaces |= NS_DCTERMS;
	}
	buf_finish(&citation);
}

/* What only partners see: the same elements in Atom and RSS. */
static void add_syndication(
	struct buf *out, const struct item_parts *parts, unsigned *namespaces)
{
	const struct feed_syndication *syndication = parts->syndication;

	if (!syndication)
		return;
	*namespaces |= NS_NEWS;
	if (syndication->ninjs_url)
		add_link(out, "alternate", "application/json", "ninjs",
			syndication->ninjs_url);
	if (syndication->nitf_url)
		add_link(out, "alternate", "application/nitf+xml", "NITF",
			syndication->nitf_url);
	xmlout_add_syndication(out, syndication);
}

void atom_add_item(const struct item_parts *parts, struct buf *out, unsigned *namespaces)
{
	const struct article *article = parts->article;

	buf_add_str(out, "<entry");
	if (xmlout_is_language(article->language))
		xmlout_add_attribute(out, "xml:lang", article->language);
	buf_add_str(out, ">\n");
	xmlout_add_element(out, "id", parts->id);
	xmlout_add_construct(out, "title", buf_text(&parts->title));
	add_link(out, "alternate", "text/html", NULL, parts->url);
	if (parts->published.is_set)
		xmlout_add_date(out, "published", &parts->published);
	xmlout_add_date(out, "updated", &parts->updated);
	if (parts->has_details)
		add_people(out, article);
	add_categories(out, parts);
	if (parts->has_details)
		add_related(out, parts);
	if (parts->license_url)
		add_link(out, "license", NULL, NULL, parts->license_url);
	xmlout_add_construct(out, "rights", parts->rights);
	if (parts->has_details)
		add_terms(out, parts, namespaces);
	add_syndication(out, parts, namespaces);
	xmlout_add_construct(out, "summary", parts->html.len ? buf_text(&parts->summary) :
		item_parts_summary(parts));
	xmlout_add_escaped(out, "content", "type", "html", buf_text(&parts->html));
	buf_add_str(out, "</entry>\n");
}

static void add_root(const struct feed_head *head, struct buf *out)
{
	xmlout_add_declaration(out, true);
	buf_add_str(out, "<feed xmlns=\"http://www.w3.org/2005/Atom\"");
	render_add_namespaces(head->namespaces, out);
	if (head->is_archive)
		xmlout_add_attribute(
			out, "xmlns:fh", "http://purl.org/syndication/history/1.0");
	if (xmlout_is_language(head->language))
		xmlout_add_attribute(out, "xml:lang", head->language);
	buf_add_str(out, ">\n");
}

static void add_head_links(const struct feed_head *head, struct buf *out)
{
	if (head->self_url)
		add_link(out, "self", "application/atom+xml", NULL, head->self_url);
	if (head->home_url)
		add_link(out, "alternate", "text/html", NULL, head->home_url);
	for (size_t i = 0; i < head->hub_count; i++) {
		if (head->hub_urls[i])
			add_link(out, "hub", NULL, NULL, head->hub_urls[i]);
	}
	for (size_t i = 0; i < head->link_count; i++) {
		const struct feed_link *link = &head->links[i];

		if (render_has_link(head, i))
			add_link(out, link->rel, link->type, link->title, link->href);
	}
}

/* Of a feed without an entry, for which RFC 4287 wants a time all the same: its own, since
 * what lies before 1990 is no time of a feed to validators. */
static const struct instant never = {1133395200000, 0, true};

void atom_add_head(const struct feed_head *head, struct buf *out)
{
	const char *self = item_parts_either(head->self_url, head->home_url);
	const char *title = item_parts_either(item_parts_either(head->title, self), "-");
	struct person author = {.name = item_parts_either(head->author, title)};

	add_root(head, out);
	xmlout_add_element(out, "id",
		item_parts_either(item_parts_either(head->id, self),
			"urn:uuid:"
			"00000000-0000-0000-0000-000000000000"));
	xmlout_add_construct(out, "title", title);
	xmlout_add_construct(out, "subtitle", head->subtitle);
	xmlout_add_date(out, "updated", head->updated.is_set ? &head->updated : &never);
	add_person(out, "author", &author);
	add_head_links(head, out);
	xmlout_add_construct(out, "rights", head->rights);
	if (xmlout_is_web_url(head->icon))
		xmlout_add_element(out, "icon", head->icon);
	if (xmlout_is_web_url(head->logo))
		xmlout_add_element(out, "logo", head->logo);
	xmlout_add_element(out, "generator", "gazetted");
	if (head->is_archive)
		buf_add_str(out, "<fh:archive/>\n");
}

void atom_add_foot(struct buf *out)
{
	buf_add_str(out, "</feed>\n");
}
