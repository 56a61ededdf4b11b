/*
 * nitf.c: NITF 3.x (IPTC). `ed-msg` is for editors and partners only. A canceled document
 * with a reference is a kill notice for the document it names.
 */
#include <libxml/tree.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/article.h"
#include "feeds/base/arena.h"
#include "feeds/text.h"
#include "feeds/xml_tree.h"

static void set(const struct xml_reading *r, const char **field, enum article_field id,
	const char *text, const char *origin)
{
	if (*field || !text)
		return;
	*field = text;
	r->article->origin[id] = origin;
}

static void read_instant(const struct xml_reading *r, struct instant *field,
	enum article_field id, const xmlNode *docdata, const char *name)
{
	const xmlNode *node = xml_child(docdata, name);

	if (!field->is_set && xml_time(r, xml_attribute(r->arena, node, "norm"), field))
		r->article->origin[id] = "NITF docdata";
}

static void read_management(const struct xml_reading *r, const xmlNode *docdata)
{
	struct article *a = r->article;
	const char *status = xml_attribute(r->arena, docdata, "management-status");
	const char *of = xml_attribute(r->arena, docdata, "management-doc-idref");

	if (!status)
		return;
	if (strcmp(status, "embargoed") == 0)
		a->embargo = a->published;
	else if (strcmp(status, "withheld") == 0)
		a->status = STATUS_DRAFT;
	if (strcmp(status, "canceled") == 0) {
		bool is_other = of && !(a->id && strcmp(of, a->id) == 0);

		a->status = is_other ? STATUS_WITHDRAWAL : STATUS_WITHDRAWN;
		a->withdrawal = (struct withdrawal){.id = of, .at = a->published,
			.reason = a->editor_note, .is_set = true};
		a->origin[FIELD_WITHDRAWAL] = "NITF management-status";
	}
	if (a->status != STATUS_PUBLISHED)
		a->origin[FIELD_STATUS] = "NITF management-status";
}

static void read_correction(const struct xml_reading *r, const xmlNode *docdata)
{
	const xmlNode *node = xml_child(docdata, "correction");
	struct correction *correction = &r->article->correction;
	const char *of = xml_attribute(r->arena, node, "id-string");

	if (!node)
		return;
	correction->note = xml_attribute(r->arena, node, "info");
	correction->level = CORRECTION_CORRECTION;
	correction->at = r->article->published;
	if (of && !(r->article->id && strcmp(of, r->article->id) == 0)) {
		correction->level = CORRECTION_CORRECTIVE;
		correction->of = of;
	}
	r->article->origin[FIELD_CORRECTION] = "NITF correction";
}

static void read_docdata(const struct xml_reading *r, const xmlNode *docdata)
{
	struct article *a = r->article;
	const char *urgency = xml_attribute(r->arena, xml_child(docdata, "urgency"), "ed-urg");
	const xmlNode *keys = xml_child(docdata, "key-list");

	set(r, &a->id, FIELD_ID,
		xml_attribute(r->arena, xml_child(docdata, "doc-id"), "id-string"), "NITF doc-id");
	if (urgency && strlen(urgency) == 1 && *urgency >= '1' && *urgency <= '9') {
		a->urgency = *urgency - '0';
		a->origin[FIELD_URGENCY] = "NITF urgency";
	}
	read_instant(r, &a->published, FIELD_PUBLISHED, docdata, "date.release");
	read_instant(r, &a->published, FIELD_PUBLISHED, docdata, "date.issue");
	if (xml_limit_time(r, xml_attribute(r->arena, xml_child(docdata, "date.expire"), "norm"),
		    &a->expires))
		a->origin[FIELD_EXPIRES] = "NITF docdata";
	set(r, &a->editor_note, FIELD_EDITOR_NOTE,
		xml_attribute(r->arena, xml_child(docdata, "ed-msg"), "info"), "NITF ed-msg");
	for (const xmlNode *key = xml_child(keys, "keyword"); key; key = xml_next(key, "keyword")) {
		const char *text = xml_attribute(r->arena, key, "key");

		if (text)
			strings_add(r->arena, &a->tags, text);
	}
	if (a->tags.count)
		a->origin[FIELD_TAGS] = "NITF key-list";
	read_management(r, docdata);
	read_correction(r, docdata);
}

static const char *role_in(const char *text)
{
	static const char *const roles[] = {"通讯员", "实习生", "摄影", "记者"};

	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
		if (text && strstr(text, roles[i]))
			return roles[i];
	return "作者";
}

static void read_byline(const struct xml_reading *r, const xmlNode *byline)
{
	const char *text = xml_text(r->arena, byline), *role = role_in(text);
	struct people *authors = &r->article->authors;
	const xmlNode *person = xml_child(byline, "person");
	const char *names;

	for (; person; person = xml_next(person, "person")) {
		const char *name = xml_text(r->arena, person);

		if (name)
			people_add(r->arena, authors, name, role, NULL, NULL);
	}
	if (text && !authors->count) {
		names = strstr(text, role);
		text_people(r->arena, names ? names + strlen(role) : text, role, authors);
	}
	if (authors->count)
		r->article->origin[FIELD_AUTHORS] = "NITF byline";
}

static void read_dateline(const struct xml_reading *r, const xmlNode *dateline)
{
	struct dateline *to = &r->article->dateline;
	const char *day = xml_attribute(r->arena, xml_child(dateline, "story.date"), "norm");

	to->place = xml_text(r->arena, xml_child(dateline, "location"));
	if (day && strspn(day, "0123456789") >= 8)
		to->date = arena_printf(r->arena, "%.4s-%.2s-%.2s", day, day + 4, day + 6);
	to->is_set = to->place || to->date;
	if (to->is_set)
		r->article->origin[FIELD_DATELINE] = "NITF dateline";
}

static void read_body_head(const struct xml_reading *r, const xmlNode *head)
{
	struct article *a = r->article;
	const xmlNode *headline = xml_child(head, "hedline");
	const xmlNode *distributor = xml_child(head, "distributor");

	set(r, &a->title, FIELD_TITLE, xml_text(r->arena, xml_child(headline, "hl1")), "NITF hl1");
	set(r, &a->subtitle, FIELD_SUBTITLE, xml_text(r->arena, xml_child(headline, "hl2")),
		"NITF hl2");
	xml_rights(r, xml_text(r->arena, xml_child(head, "rights")), "NITF rights");
	read_byline(r, xml_child(head, "byline"));
	set(r, &a->source, FIELD_SOURCE, xml_text(r->arena, distributor), "NITF distributor");
	read_dateline(r, xml_child(head, "dateline"));
	set(r, &a->summary, FIELD_SUMMARY, xml_text(r->arena, xml_child(head, "abstract")),
		"NITF abstract");
}

static void read_tagline(const struct xml_reading *r, const xmlNode *tagline)
{
	const char *text = xml_text(r->arena, tagline);
	struct text_labels labels = {0};

	if (!text)
		return;
	text_find_labels(r->arena, text, &labels);
	if (!labels.editor)
		return;
	text_people(r->arena, labels.editor, "责任编辑", &r->article->editors);
	r->article->origin[FIELD_EDITORS] = "NITF tagline";
}

static void read_pubdata(const struct xml_reading *r, const xmlNode *pubdata)
{
	struct article *a = r->article;

	set(r, &a->site_name, FIELD_SITE_NAME, xml_attribute(r->arena, pubdata, "name"),
		"NITF pubdata");
	set(r, &a->channel, FIELD_CHANNEL,
		xml_attribute(r->arena, pubdata, "position.section"), "NITF pubdata");
	if (!a->channel)
		return;
	strings_add(r->arena, &a->categories, a->channel);
	a->origin[FIELD_CATEGORIES] = "NITF pubdata";
}

/* <media><media-reference/><media-caption/></media> -> figure, img, figcaption. */
static void convert_media(xmlNode *media)
{
	xmlNode *reference = xml_child(media, "media-reference"), *child, *caption;
	xmlChar *kind = xmlGetNoNsProp(media, (const xmlChar *)"media-type");
	xmlChar *source = reference ? xmlGetNoNsProp(reference, (const xmlChar *)"source") : NULL;
	xmlChar *alt = reference ? xmlGetNoNsProp(reference, (const xmlChar *)"alternate-text")
		: NULL;
	bool is_player = kind && (strcmp((char *)kind, "audio") == 0 ||
		strcmp((char *)kind, "video") == 0);

	for (child = xml_child(media, NULL); child; child = xml_next(child, NULL)) {
		caption = strcmp((const char *)child->name, "media-caption") == 0 ? child : NULL;
		if (child != reference)
			xmlNodeSetName(child,
				(const xmlChar *)(caption ? "figcaption" : "template"));
	}
	xmlNodeSetName(media, (const xmlChar *)"figure");
	if (reference && source) {
		xmlNodeSetName(reference, is_player ? kind : (const xmlChar *)"img");
		xmlSetProp(reference, (const xmlChar *)"src", source);
		if (alt)
			xmlSetProp(reference, (const xmlChar *)"alt", alt);
	}
	xmlFree(kind);
	xmlFree(source);
	xmlFree(alt);
}

void nitf_to_html(xmlNode *node)
{
	static const struct {
		const char *nitf, *html;
	} names[] = {
		{"bq", "blockquote"},
		{"block", "div"},
		{"hl1", "h2"},
		{"hl2", "h3"},
		{"note", "div"},
		{"fn", "div"},
		{"nitf-table-metadata", "template"},
		{"hr", "div"},
		{"datasource", "p"},
		{"credit", "p"},
	};
	xmlNode *child = xml_child(node, NULL);

	for (; child; child = xml_next(child, NULL)) {
		if (strcmp((const char *)child->name, "media") == 0) {
			convert_media(child);
			continue;
		}
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if (strcmp((const char *)child->name, names[i].nitf) == 0) {
				xmlNodeSetName(child, (const xmlChar *)names[i].html);
				break;
			}
		nitf_to_html(child);
	}
}

void nitf_read(const struct xml_reading *r, xmlNode *root)
{
	struct article *a = r->article;
	xmlNode *head = xml_child(root, "head"), *body = xml_child(root, "body");
	const xmlNode *docdata = xml_child(head, "docdata");
	const xmlNode *holder = xml_child(docdata, "doc.copyright");
	xmlNode *content = xml_child(body, "body.content");
	const char *name = xml_attribute(r->arena, holder, "holder");
	const char *year = xml_attribute(r->arena, holder, "year");

	set(r, &a->language, FIELD_LANGUAGE, xml_attribute(r->arena, root, "baselang"),
		"NITF baselang");
	set(r, &a->language, FIELD_LANGUAGE, xml_attribute(r->arena, root, "lang"), "xml:lang");
	read_docdata(r, docdata);
	read_pubdata(r, xml_child(head, "pubdata"));
	read_body_head(r, xml_child(body, "body.head"));
	set(r, &a->title, FIELD_TITLE, xml_text(r->arena, xml_child(head, "title")),
		"NITF title");
	if (name)
		xml_rights(r, arena_printf(r->arena, "© %s%s%s", year ? year : "",
			year ? " " : "", name), "NITF doc.copyright");
	if (content)
		nitf_to_html(content);
	xml_body(r, content, r->base_url);
	read_tagline(r, xml_child(xml_child(body, "body.end"), "tagline"));
}
