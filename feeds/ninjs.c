/*
 * ninjs.c: see ninjs.h. Unlike the writers of feeds this goes through jansson: an item is
 * small and made on demand.
 */
#include "feeds/ninjs.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/base/buf.h"
#include "feeds/escape.h"
#include "feeds/item_parts.h"
#include "feeds/stamp.h"

const char ninjs_media_type[] = "application/json; charset=utf-8";

/* Nothing for NULL and blank. */
static void set(json_t *object, const char *key, const char *text)
{
	if (!escape_is_blank(text))
		json_object_set_new(object, key, json_string(text));
}

static void set_date(json_t *object, const char *key, const struct instant *instant)
{
	struct buf date = {0};

	if (!instant->is_set)
		return;
	stamp_add_rfc3339(&date, instant);
	set(object, key, buf_text(&date));
	buf_finish(&date);
}

static void set_number(json_t *object, const char *key, int64_t number)
{
	if (number > 0)
		json_object_set_new(object, key, json_integer(number));
}

/* Sets KEY to LIST unless it is empty; takes LIST. */
static void set_list(json_t *object, const char *key, json_t *list)
{
	if (json_array_size(list))
		json_object_set(object, key, list);
	json_decref(list);
}

static void add_text(json_t *list, const char *role, const char *type, const char *text)
{
	json_t *one;

	if (escape_is_blank(text))
		return;
	one = json_object();
	set(one, "role", role);
	set(one, "contenttype", type);
	set(one, "value", text);
	json_array_append_new(list, one);
}

static void add_named(json_t *list, const char *name, const char *rel)
{
	json_t *one;

	if (escape_is_blank(name))
		return;
	one = json_object();
	set(one, "name", name);
	set(one, "rel", rel);
	json_array_append_new(list, one);
}

static void set_texts(json_t *object, const struct item_parts *parts)
{
	const struct article *article = parts->article;
	json_t *headlines = json_array(), *descriptions = json_array(), *bodies = json_array();

	add_text(headlines, "main", NULL, buf_text(&parts->title));
	if (parts->has_details) {
		add_text(headlines, "kicker", NULL, article->kicker);
		add_text(headlines, "subtitle", NULL, article->subtitle);
	}
	add_text(descriptions, "summary", "text/plain", buf_text(&parts->summary));
	if (!parts->is_withdrawn)
		add_text(bodies, "main", "text/html", buf_text(&parts->html));
	set_list(object, "headlines", headlines);
	set_list(object, "descriptions", descriptions);
	set_list(object, "bodies", bodies);
}

static void set_people(json_t *object, const struct article *article)
{
	json_t *people = json_array();
	struct buf by = {0};

	for (size_t i = 0; i < article->authors.count; i++) {
		buf_printf(&by, "%s%s", i ? "、" : "", article->authors.items[i].name);
		add_named(people, article->authors.items[i].name, "author");
	}
	for (size_t i = 0; i < article->editors.count; i++)
		add_named(people, article->editors.items[i].name, "editor");
	set(object, "by", buf_text(&by));
	set_list(object, "people", people);
	buf_finish(&by);
}

static void set_subjects(json_t *object, const struct item_parts *parts)
{
	json_t *subjects = json_array(), *sources = json_array();

	for (size_t i = 0; i < parts->category_count; i++)
		add_named(subjects, parts->categories[i], NULL);
	if (!escape_is_blank(parts->article->source))
		json_array_append_new(sources,
			json_pack("{s:s}", "name", parts->article->source));
	set_list(object, "subjects", subjects);
	set_list(object, "infosources", sources);
	set(object, "located", parts->article->dateline.place);
}

static json_t *make_association(const struct media *media)
{
	const char *kind = item_parts_medium(media);
	json_t *rendition = json_object(), *object = json_object();

	set(rendition, "name", "main");
	set(rendition, "href", media->url);
	set(rendition, "contenttype", item_parts_media_type(media));
	set_number(rendition, "width", media->width);
	set_number(rendition, "height", media->height);
	set_number(rendition, "sizeinbytes", media->length);
	set_number(rendition, "duration", media->duration_s);
	set(object, "name", media->role ? media->role : kind);
	set(object, "uri", media->url);
	set(object, "type", strcmp(kind, "image") == 0 ? "picture" :
			    strcmp(kind, "document") == 0 ? "component" : kind);
	set(object, "title", item_parts_either(media->title, media->alt));
	if (!escape_is_blank(media->caption))
		json_object_set_new(object, "descriptions",
			json_pack("[{s:s}]", "value", media->caption));
	json_object_set_new(object, "renditions", json_pack("[o]", rendition));
	return object;
}

static void set_media(json_t *object, const struct item_parts *parts)
{
	json_t *list = json_array();

	for (size_t i = 0; i < parts->media_count; i++)
		json_array_append_new(list, make_association(parts->media[i]));
	set_list(object, "associations", list);
}

/* RFC 3986 section 3.1: it begins with a scheme. */
static bool is_uri(const char *id)
{
	size_t len = strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				"0123456789+-.");

	return len > 0 && id[len] == ':';
}

/* The id where that is no URI, and what is taken back. */
static void set_other_ids(json_t *object, const struct item_parts *parts)
{
	json_t *list = json_array();

	if (!is_uri(parts->id))
		json_array_append_new(list,
			json_pack("{s:s, s:s}", "role", "id", "value", parts->id));
	if (!escape_is_blank(parts->syndication->withdraws))
		json_array_append_new(list, json_pack("{s:s, s:s}", "role", "withdraws", "value",
			parts->syndication->withdraws));
	set_list(object, "altids", list);
}

static void set_management(json_t *object, enum text_level level,
	const struct item_parts *parts)
{
	const struct feed_syndication *syndication = parts->syndication;
	char version[16];

	snprintf(version, sizeof(version), "%d", syndication->version);
	set(object, "uri", is_uri(parts->id) ? parts->id : parts->url);
	json_object_set_new(object, "standard",
		json_pack("{s:s, s:s, s:s}", "name", "ninjs", "version", "2.1", "schema",
			"http://www.iptc.org/std/ninjs/ninjs-schema_2.1.json"));
	set(object, "type", "text");
	set(object, "representationtype", level >= LEVEL_FULL ? "full" : "partial");
	set(object, "version", version);
	set_date(object, "firstcreated", &parts->published);
	set_date(object, "versioncreated", &parts->updated);
	set_date(object, "embargoed", &syndication->embargo);
	set_date(object, "expires", &parts->article->expires);
	set(object, "pubstatus", parts->is_withdrawn || parts->is_advisory ? "canceled" : "usable");
	if (parts->article->urgency)
		set_number(object, "urgency", parts->article->urgency);
	set(object, "usageterms", parts->rights);
	set(object, "ednote", syndication->editor_note);
	set(object, "language", parts->article->language);
}

void ninjs_render(enum text_level level, const struct feed_item *item, struct buf *out)
{
	struct item_parts parts;
	json_t *object;
	char *text;

	if (level == LEVEL_NONE)
		return;
	item_parts_init(&parts, level, item);
	object = json_object();
	set_management(object, level, &parts);
	set_texts(object, &parts);
	if (parts.has_details) {
		set_people(object, parts.article);
		set_subjects(object, &parts);
		set_media(object, &parts);
	}
	if (parts.license_url)
		json_object_set_new(object, "rightsinfo",
			json_pack("{s:s}", "linkedrights", parts.license_url));
	set_other_ids(object, &parts);
	text = json_dumps(object, JSON_INDENT(1));
	buf_add_str(out, text ? text : "{}");
	buf_add_char(out, '\n');
	free(text);
	json_decref(object);
	item_parts_finish(&parts);
}
