/* atom_entry.c: an Atom entry document (RFC 4287 section 4.1.2). */
#include <libxml/tree.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/article.h"
#include "feeds/base/buf.h"
#include "feeds/html.h"
#include "feeds/html_media.h"
#include "feeds/html_write.h"
#include "feeds/text.h"
#include "feeds/url.h"
#include "feeds/xml_tree.h"

static const char *own_base(const struct xml_reading *r, const xmlNode *node,
	const char *outer)
{
	const char *base = node ? xml_attribute(r->arena, node, "base") : NULL;
	const char *url = base ? url_resolve(r->arena, outer, base) : NULL;

	return url ? url : outer;
}

static bool has_type(const xmlNode *node, const char *type)
{
	xmlChar *value = node ? xmlGetNoNsProp(node, (const xmlChar *)"type") : NULL;
	bool is_same = value && strcmp((const char *)value, type) == 0;

	xmlFree(value);
	return is_same;
}

/* A text construct (section 3.1) as plain text. */
static const char *plain(const struct xml_reading *r, const xmlNode *node)
{
	const char *text = xml_text(r->arena, node);

	if (text && has_type(node, "html"))
		text = html_plain(r->arena, text, strlen(text));
	return text && *text ? text : NULL;
}

static void set(const struct xml_reading *r, const char **field, enum article_field id,
	const char *text, const char *origin)
{
	if (*field || !text)
		return;
	*field = text;
	r->article->origin[id] = origin;
}

static void read_people(const struct xml_reading *r, const xmlNode *entry, const char *name,
	const char *role, struct people *out)
{
	const xmlNode *node = xml_child(entry, name);

	for (; node; node = xml_next(node, name)) {
		const char *who = xml_text(r->arena, xml_child(node, "name"));

		if (who)
			people_add(r->arena, out, who, role, NULL,
				xml_text(r->arena, xml_child(node, "email")));
	}
}

static void add_enclosure(const struct xml_reading *r, const xmlNode *link, const char *url)
{
	const char *type = xml_attribute(r->arena, link, "type");
	const char *length = xml_attribute(r->arena, link, "length");
	struct media item = {.href = url, .url = url, .length = -1};
	struct media_list *list;
	struct media_builder builder;

	item.type = type ? type : media_type_of(url);
	item.title = xml_attribute(r->arena, link, "title");
	if (length && strspn(length, "0123456789") == strlen(length) && strlen(length) < 16)
		item.length = strtoll(length, NULL, 10);
	list = item.type && strncmp(item.type, "image/", 6) == 0 ? &r->article->images
		: &r->article->attachments;
	media_begin(&builder, r->arena, list);
	media_add(&builder, &item);
	*list = (struct media_list){builder.items, builder.count};
}

static void read_link(const struct xml_reading *r, const xmlNode *link, const char *base)
{
	const char *rel = xml_attribute(r->arena, link, "rel");
	const char *href = xml_attribute(r->arena, link, "href");
	const char *media = xml_attribute(r->arena, link, "media");
	const char *url = href ? url_resolve(r->arena, own_base(r, link, base), href) : NULL;

	if (!url)
		return;
	if (rel && strcmp(rel, "enclosure") == 0)
		add_enclosure(r, link, url);
	else if ((!rel || strcmp(rel, "alternate") == 0) && media && strstr(media, "handheld"))
		set(r, &r->article->mobile_url, FIELD_MOBILE_URL, url, "atom:link");
	else if (!rel || strcmp(rel, "alternate") == 0)
		set(r, &r->article->url, FIELD_URL, url, "atom:link");
}

static void read_categories(const struct xml_reading *r, const xmlNode *entry)
{
	const xmlNode *node = xml_child(entry, "category");
	struct article *a = r->article;

	for (; node; node = xml_next(node, "category")) {
		const char *term = xml_attribute(r->arena, node, "term");

		if (term)
			strings_add(r->arena, &a->categories, term);
	}
	if (!a->categories.count)
		return;
	a->origin[FIELD_CATEGORIES] = "atom:category";
	set(r, &a->channel, FIELD_CHANNEL, a->categories.items[0], "atom:category");
}

/* Links in content are relative to its xml:base, which nobody else knows. */
static void resolve_links(const struct xml_reading *r, const char *base)
{
	struct strings resolved = {0};

	for (size_t i = 0; i < r->article->links.count; i++) {
		const char *href = r->article->links.items[i];
		const char *url = url_resolve(r->arena, base, href);

		strings_add(r->arena, &resolved, url ? url : href);
	}
	r->article->links = resolved;
}

static bool read_content(const struct xml_reading *r, xmlNode *content, const char *base)
{
	const char *type = content ? xml_attribute(r->arena, content, "type") : NULL;
	struct buf text = {0}, html = {0};
	bool is_good = true;

	base = own_base(r, content, base);
	if (type && (strcmp(type, "xhtml") == 0 || strstr(type, "xml"))) {
		xml_body(r, content, own_base(r, xml_child(content, NULL), base));
	} else {
		for (const xmlNode *node = content ? content->children : NULL; node;
			node = node->next)
			if (node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE)
				buf_add_str(&text, (const char *)node->content);
		if (type && (strcmp(type, "html") == 0 || strcmp(type, "text/html") == 0))
			buf_add(&html, buf_text(&text), text.len);
		else
			write_escaped(&html, buf_text(&text), text.len);
		is_good = html_body(r->arena, buf_text(&html), html.len, base, r->article,
			r->why);
	}
	resolve_links(r, base);
	r->article->origin[FIELD_BODY] = "atom:content";
	buf_finish(&text);
	buf_finish(&html);
	return is_good;
}

static void read_times(const struct xml_reading *r, const xmlNode *entry)
{
	struct article *a = r->article;

	if (xml_time(r, xml_text(r->arena, xml_child(entry, "published")), &a->published))
		a->origin[FIELD_PUBLISHED] = "atom:published";
	if (xml_time(r, xml_text(r->arena, xml_child(entry, "updated")), &a->updated))
		a->origin[FIELD_UPDATED] = "atom:updated";
	if (!a->published.is_set && a->updated.is_set) {
		a->published = a->updated;
		a->origin[FIELD_PUBLISHED] = "atom:updated";
	}
}

bool atom_entry_read(const struct xml_reading *r, xmlNode *entry)
{
	struct article *a = r->article;
	const char *base = own_base(r, entry, r->base_url);
	const xmlNode *source = xml_child(entry, "source");

	set(r, &a->id, FIELD_ID, xml_text(r->arena, xml_child(entry, "id")), "atom:id");
	set(r, &a->title, FIELD_TITLE, plain(r, xml_child(entry, "title")), "atom:title");
	set(r, &a->summary, FIELD_SUMMARY, plain(r, xml_child(entry, "summary")), "atom:summary");
	set(r, &a->language, FIELD_LANGUAGE, xml_attribute(r->arena, entry, "lang"), "xml:lang");
	set(r, &a->source, FIELD_SOURCE, plain(r, xml_child(source, "title")), "atom:source");
	xml_rights(r, plain(r, xml_child(entry, "rights")), "atom:rights");
	read_times(r, entry);
	read_people(r, entry, "author", "作者", &a->authors);
	read_people(r, entry, "contributor", "责任编辑", &a->editors);
	a->origin[FIELD_AUTHORS] = a->authors.count ? "atom:author" : NULL;
	a->origin[FIELD_EDITORS] = a->editors.count ? "atom:contributor" : NULL;
	read_categories(r, entry);
	for (const xmlNode *link = xml_child(entry, "link"); link; link = xml_next(link, "link"))
		read_link(r, link, base);
	return read_content(r, xml_child(entry, "content"), base);
}
