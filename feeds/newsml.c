/*
 * newsml.c: a NewsML-G2 newsItem (IPTC) with its text inline as NITF or XHTML. `edNote` is
 * for editors and partners only. Names of concepts are read from <name>; codes in schemes
 * that we do not have are not guessed at.
 */
#include <libxml/tree.h>
#include <string.h>

#include "feeds/article.h"
#include "feeds/base/arena.h"
#include "feeds/html_media.h"
#include "feeds/text.h"
#include "feeds/url.h"
#include "feeds/xml_tree.h"

static void set(const struct xml_reading *r, const char **field, enum article_field id,
	const char *text, const char *origin)
{
	if (*field || !text)
		return;
	*field = text;
	r->article->origin[id] = origin;
}

/* The name of a concept: <name>, else a literal. */
static const char *name_of(const struct xml_reading *r, const xmlNode *node)
{
	const char *name = xml_text(r->arena, xml_child(node, "name"));

	if (!name)
		name = xml_attribute(r->arena, node, "literal");
	return name ? name : xml_text(r->arena, node);
}

static void read_names(const struct xml_reading *r, const xmlNode *meta, const char *element,
	struct strings *out)
{
	const xmlNode *node = xml_child(meta, element);

	for (; node; node = xml_next(node, element)) {
		const char *name = name_of(r, node);

		if (name)
			strings_add(r->arena, out, name);
	}
}

static void read_people(const struct xml_reading *r, const xmlNode *meta, const char *element,
	const char *role, struct people *out)
{
	const xmlNode *node = xml_child(meta, element);

	for (; node; node = xml_next(node, element)) {
		const char *name = name_of(r, node);

		if (name)
			people_add(r->arena, out, name, role, NULL, NULL);
	}
}

/* "stat:canceled" */
static bool has_code(const char *qcode, const char *code)
{
	const char *colon = qcode ? strchr(qcode, ':') : NULL;

	return colon && strcmp(colon + 1, code) == 0;
}

static void read_status(const struct xml_reading *r, const xmlNode *meta)
{
	struct article *a = r->article;
	const char *code = xml_attribute(r->arena, xml_child(meta, "pubStatus"), "qcode");

	if (has_code(code, "withheld"))
		a->status = STATUS_DRAFT;
	if (has_code(code, "canceled") || has_code(code, "cancelled")) {
		a->status = STATUS_WITHDRAWN;
		a->withdrawal = (struct withdrawal){.id = a->id,
			.at = a->updated.is_set ? a->updated : a->published,
			.reason = a->editor_note, .is_set = true};
		a->origin[FIELD_WITHDRAWAL] = "G2 pubStatus";
	}
	if (a->status != STATUS_PUBLISHED)
		a->origin[FIELD_STATUS] = "G2 pubStatus";
}

static void read_instant(const struct xml_reading *r, const xmlNode *meta,
	const char *element, struct instant *field, enum article_field id)
{
	if (!field->is_set &&
		xml_time(r, xml_text(r->arena, xml_child(meta, element)), field))
		r->article->origin[id] = "G2 itemMeta";
}

/* Without a time (xsi:nil) the embargo lasts until a new version. */
static void read_embargo(const struct xml_reading *r, const xmlNode *embargoed)
{
	const char *text = xml_text(r->arena, embargoed);

	if (!embargoed)
		return;
	if (!text)
		r->article->status = STATUS_EMBARGOED;
	if (!text || xml_limit_time(r, text, &r->article->embargo))
		r->article->origin[FIELD_EMBARGO] = "G2 itemMeta";
}

static void read_item_meta(const struct xml_reading *r, const xmlNode *meta,
	const xmlNode *content_meta)
{
	struct article *a = r->article;

	read_instant(r, meta, "firstCreated", &a->published, FIELD_PUBLISHED);
	read_instant(r, content_meta, "contentCreated", &a->published, FIELD_PUBLISHED);
	read_instant(r, meta, "versionCreated", &a->published, FIELD_PUBLISHED);
	read_instant(r, meta, "versionCreated", &a->updated, FIELD_UPDATED);
	read_embargo(r, xml_child(meta, "embargoed"));
	set(r, &a->editor_note, FIELD_EDITOR_NOTE, xml_text(r->arena, xml_child(meta, "edNote")),
		"G2 edNote");
	set(r, &a->site_name, FIELD_SITE_NAME,
		xml_text(r->arena, xml_child(xml_child(meta, "provider"), "name")), "G2 provider");
	read_status(r, meta);
}

static void read_content_meta(const struct xml_reading *r, const xmlNode *meta)
{
	struct article *a = r->article;
	const char *urgency = xml_text(r->arena, xml_child(meta, "urgency"));

	set(r, &a->title, FIELD_TITLE, xml_text(r->arena, xml_child(meta, "headline")),
		"G2 headline");
	set(r, &a->summary, FIELD_SUMMARY, xml_text(r->arena, xml_child(meta, "description")),
		"G2 description");
	set(r, &a->source, FIELD_SOURCE, name_of(r, xml_child(meta, "infoSource")),
		"G2 infoSource");
	set(r, &a->language, FIELD_LANGUAGE,
		xml_attribute(r->arena, xml_child(meta, "language"), "tag"), "G2 language");
	if (urgency && strlen(urgency) == 1 && *urgency >= '1' && *urgency <= '9') {
		a->urgency = *urgency - '0';
		a->origin[FIELD_URGENCY] = "G2 urgency";
	}
	read_people(r, meta, "creator", "作者", &a->authors);
	read_people(r, meta, "contributor", "责任编辑", &a->editors);
	read_names(r, meta, "keyword", &a->tags);
	read_names(r, meta, "subject", &a->categories);
	a->origin[FIELD_AUTHORS] = a->authors.count ? "G2 creator" : NULL;
	a->origin[FIELD_EDITORS] = a->editors.count ? "G2 contributor" : NULL;
	a->origin[FIELD_TAGS] = a->tags.count ? "G2 keyword" : NULL;
	a->origin[FIELD_CATEGORIES] = a->categories.count ? "G2 subject" : NULL;
}

static void read_remote(const struct xml_reading *r, const xmlNode *set_of)
{
	const xmlNode *node = xml_child(set_of, "remoteContent");
	struct media_builder images;

	media_begin(&images, r->arena, &r->article->images);
	for (; node; node = xml_next(node, "remoteContent")) {
		const char *type = xml_attribute(r->arena, node, "contenttype");
		struct media item = {.length = -1, .href = xml_attribute(r->arena, node, "href")};

		item.url = item.href ? media_address(r->arena, r->base_url, item.href) : NULL;
		item.type = type ? type : item.href ? media_type_of(item.href) : NULL;
		if (item.url && item.type && strncmp(item.type, "image/", 6) == 0)
			media_add(&images, &item);
	}
	r->article->images = (struct media_list){images.items, images.count};
}

static void read_content(const struct xml_reading *r, const xmlNode *set_of)
{
	xmlNode *inlined = xml_child(set_of, "inlineXML");
	xmlNode *nitf = xml_find(inlined, "body.content");
	xmlNode *html = xml_find(inlined, "body");

	read_remote(r, set_of);
	if (!inlined)
		inlined = xml_child(set_of, "inlineData");
	if (nitf)
		nitf_to_html(nitf);
	xml_body(r, nitf ? nitf : html ? html : inlined, r->base_url);
}

void newsml_read(const struct xml_reading *r, xmlNode *item)
{
	struct article *a = r->article;
	const xmlNode *content_meta = xml_child(item, "contentMeta");
	const xmlNode *rights = xml_child(item, "rightsInfo");
	const char *holder = xml_text(r->arena, xml_child(xml_child(rights, "copyrightHolder"),
		"name"));

	set(r, &a->id, FIELD_ID, xml_attribute(r->arena, item, "guid"), "G2 guid");
	read_item_meta(r, xml_child(item, "itemMeta"), content_meta);
	read_content_meta(r, content_meta);
	set(r, &a->language, FIELD_LANGUAGE, xml_attribute(r->arena, item, "lang"), "xml:lang");
	xml_rights(r, xml_text(r->arena, xml_child(rights, "copyrightNotice")),
		"G2 copyrightNotice");
	xml_rights(r, xml_text(r->arena, xml_child(rights, "usageTerms")), "G2 usageTerms");
	if (holder)
		xml_rights(r, arena_printf(r->arena, "© %s", holder), "G2 copyrightHolder");
	read_content(r, xml_child(item, "contentSet"));
}
