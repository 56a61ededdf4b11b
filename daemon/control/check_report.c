/*
 * check_report.c: see check_report.h. The object is the one description of a file; the
 * text for people is written from it, so that the two cannot disagree.
 */
#include "daemon/control/check_report.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/control/check.h"
#include "daemon/control/safe.h"
#include "feeds/article.h"
#include "feeds/base/buf.h"
#include "feeds/base/mem.h"
#include "feeds/stamp.h"

/* TEXT, or null; a path need not be UTF-8, so what is not ASCII may become '?'. */
static json_t *json_of(const char *text)
{
	json_t *json = text ? json_string(text) : json_null();
	char *copy;

	if (json)
		return json;
	copy = mem_strdup(text);
	for (char *at = copy; *at; at++) {
		if ((unsigned char)*at >= 0x80)
			*at = '?';
	}
	json = json_string(copy);
	free(copy);
	return json;
}

static void set_text(json_t *object, const char *key, const char *text)
{
	json_object_set_new(object, key, json_of(text));
}

/* A text that is left out when it is not stated. */
static void set_extra(json_t *object, const char *key, const char *text)
{
	if (text)
		set_text(object, key, text);
}

static void set_count(json_t *object, const char *key, int64_t number, bool is_known)
{
	json_object_set_new(object, key, is_known ? json_integer(number) : json_null());
}

static void set_instant(json_t *object, const char *key, const struct instant *at)
{
	struct buf text = {0};

	if (at->is_set)
		stamp_add_rfc3339(&text, at);
	set_text(object, key, at->is_set ? buf_text(&text) : NULL);
	buf_finish(&text);
}

static void set_strings(json_t *object, const char *key, const struct strings *strings)
{
	json_t *array = json_array();

	for (size_t i = 0; i < strings->count; i++)
		json_array_append_new(array, json_of(strings->items[i]));
	json_object_set_new(object, key, array);
}

static void set_people(json_t *object, const char *key, const struct people *people)
{
	json_t *array = json_array();

	for (size_t i = 0; i < people->count; i++) {
		const struct person *person = &people->items[i];
		json_t *item = json_object();

		set_text(item, "name", person->name);
		set_text(item, "role", person->role);
		set_extra(item, "org", person->org);
		set_extra(item, "email", person->email);
		json_array_append_new(array, item);
	}
	json_object_set_new(object, key, array);
}

static void set_media(
	json_t *object, const char *key, const struct media_list *list, bool is_images)
{
	json_t *array = json_array();

	for (size_t i = 0; i < list->count; i++) {
		const struct media *media = &list->items[i];
		json_t *item = json_object();

		set_text(item, "href", media->href);
		set_extra(item, "url", media->url);
		set_text(item, "type", media->type);
		set_count(item, "length", media->length, media->length >= 0);
		if (is_images) {
			set_text(item, "role", media->role);
			set_text(item, "caption", media->caption);
			set_text(item, "alt", media->alt);
			set_extra(item, "title", media->title);
		} else {
			set_text(item, "title", media->title);
		}
		if (!is_images || media->duration_s)
			set_count(item, "duration", media->duration_s,
				media->duration_s > 0);
		if (media->width)
			set_count(item, "width", media->width, true);
		if (media->height)
			set_count(item, "height", media->height, true);
		json_array_append_new(array, item);
	}
	json_object_set_new(object, key, array);
}

static void set_dateline(json_t *object, const struct dateline *dateline)
{
	json_t *item = dateline->is_set ? json_object() : json_null();

	if (dateline->is_set) {
		set_text(item, "agency", dateline->agency);
		set_text(item, "place", dateline->place);
		set_text(item, "date", dateline->date);
	}
	json_object_set_new(object, "dateline", item);
}

static void set_edition(json_t *object, const struct edition *edition)
{
	json_t *item = edition->is_set ? json_object() : json_null();

	if (edition->is_set) {
		set_text(item, "paper", edition->paper);
		set_text(item, "date", edition->date);
		set_text(item, "page", edition->page);
		set_text(item, "section", edition->section);
		set_text(item, "url", edition->url);
	}
	json_object_set_new(object, "edition", item);
}

static void set_correction(json_t *object, const struct correction *correction)
{
	bool is_set = correction->level != CORRECTION_NONE;
	json_t *item = is_set ? json_object() : json_null();

	if (is_set) {
		set_text(item, "level", correction_level_name(correction->level));
		set_instant(item, "at", &correction->at);
		set_text(item, "note", correction->note);
		set_text(item, "of", correction->of);
	}
	json_object_set_new(object, "correction", item);
}

static void set_withdrawal(json_t *object, const struct withdrawal *withdrawal)
{
	json_t *item = withdrawal->is_set ? json_object() : json_null();

	if (withdrawal->is_set) {
		set_text(item, "id", withdrawal->id);
		set_instant(item, "at", &withdrawal->at);
		set_text(item, "reason", withdrawal->reason);
	}
	json_object_set_new(object, "withdraws", item);
}

static void set_reviews(json_t *object, const struct reviews *reviews)
{
	json_t *array = json_array();

	for (size_t i = 0; i < reviews->count; i++) {
		json_t *item = json_object();

		set_text(item, "stage", reviews->items[i].stage);
		set_text(item, "by", reviews->items[i].by);
		set_instant(item, "at", &reviews->items[i].at);
		json_array_append_new(array, item);
	}
	json_object_set_new(object, "reviews", array);
}

static void set_origins(json_t *object, const struct article *article)
{
	json_t *origins = json_object();

	for (size_t i = 0; i < FIELD_COUNT; i++)
		set_extra(origins, article_field_name((enum article_field)i),
			article->origin[i]);
	json_object_set_new(object, "origin", origins);
}

static void set_errors(json_t *object, const struct diagnosis *why)
{
	json_t *array = json_array(), *item;

	if (why->class) {
		item = json_object();
		set_text(item, "class", why->class);
		set_count(item, "line", why->line, why->line > 0);
		set_count(item, "column", why->column, why->column > 0);
		set_text(item, "message", why->message ? why->message : why->class);
		set_text(item, "hint", why->hint);
		json_array_append_new(array, item);
	}
	json_object_set_new(object, "errors", array);
}

static void set_file(json_t *object, const struct article *article)
{
	set_text(object, "format", article_format_name(article->format));
	set_text(object, "encoding", article->encoding);
	set_text(object, "declared_encoding", article->declared_encoding);
	json_object_set_new(object, "bom", json_boolean(article->has_bom));
	set_text(object, "newline", article->newline);
}

static void set_state(json_t *object, const struct article *article, int64_t now_ms)
{
	static const struct instant never;
	enum article_status status = article_status_at(article, now_ms);

	set_text(object, "status", article_status_name(status));
	set_instant(object, "scheduled_for",
		status == STATUS_SCHEDULED ? &article->published : &never);
	set_instant(object, "embargo_until", &article->embargo);
	set_instant(object, "expires", &article->expires);
	set_count(object, "urgency", article->urgency, article->urgency > 0);
	set_correction(object, &article->correction);
	set_withdrawal(object, &article->withdrawal);
	set_reviews(object, &article->reviews);
}

/* An article without anything in it stands for a file that was refused: every key is
 * there and null, lists are empty. */
static void set_fields(json_t *object, const struct article *article)
{
	set_text(object, "title", article->title);
	set_text(object, "kicker", article->kicker);
	set_text(object, "subtitle", article->subtitle);
	set_text(object, "platform", article->platform);
	set_text(object, "site_name", article->site_name);
	set_text(object, "channel", article->channel);
	set_strings(object, "categories", &article->categories);
	set_strings(object, "tags", &article->tags);
	set_instant(object, "published", &article->published);
	set_instant(object, "updated", &article->updated);
	set_text(object, "source", article->source);
	set_text(object, "source_url", article->source_url);
	set_dateline(object, &article->dateline);
	set_people(object, "authors", &article->authors);
	set_people(object, "editors", &article->editors);
	set_edition(object, &article->edition);
	set_text(object, "summary", article->summary);
	set_text(object, "lead", article->lead);
	set_text(object, "language", article->language);
	set_text(object, "rights", article->rights);
	set_text(object, "notice", article->notice);
	set_text(object, "id", article->id);
	set_text(object, "slug", article->slug);
	set_text(object, "url", article->url);
	set_text(object, "mobile_url", article->mobile_url);
	set_text(object, "editor_note", article->editor_note);
	set_media(object, "images", &article->images, true);
	set_media(object, "attachments", &article->attachments, false);
	set_strings(object, "links", &article->links);
	set_strings(object, "paragraphs", &article->paragraphs);
	set_text(object, "html", article->html);
}

json_t *check_report_json(const struct checked *checked, int64_t now_ms)
{
	static const char *const refused[] = {"format", "encoding", "declared_encoding",
		"bom", "newline", "status", "scheduled_for", "embargo_until", "expires",
		"urgency", "correction", "withdraws"};
	static const struct article nothing;
	json_t *object = json_object();

	set_text(object, "file", checked->path);
	if (checked->article) {
		set_file(object, checked->article);
		set_state(object, checked->article, now_ms);
	} else {
		for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++)
			set_text(object, refused[i], NULL);
		set_reviews(object, &nothing.reviews);
	}
	set_fields(object, checked->article ? checked->article : &nothing);
	set_origins(object, checked->article ? checked->article : &nothing);
	set_errors(object, &checked->why);
	return object;
}

/* ---- for people ---- */

/* "a, b" of a list, "key value, ..." of an object. */
static void add_value(struct buf *out, const json_t *value)
{
	const char *key, *separator = "";
	json_t *member;
	size_t i;

	if (json_is_string(value)) {
		safe_add(out, json_string_value(value));
	} else if (json_is_integer(value)) {
		buf_printf(out, "%lld", (long long)json_integer_value(value));
	} else if (json_is_array(value)) {
		json_array_foreach(value, i, member)
		{
			buf_add_str(out, i ? "; " : "");
			add_value(out, member);
		}
	} else if (json_is_object(value)) {
		/* the macro wants an object that is not const; it changes nothing */
		for (void *at = json_object_iter((json_t *)(uintptr_t)value); at;
			at = json_object_iter_next((json_t *)(uintptr_t)value, at)) {
			key = json_object_iter_key(at);
			member = json_object_iter_value(at);
			if (json_is_null(member))
				continue;
			buf_printf(out, "%s%s=", separator, key);
			add_value(out, member);
			separator = ", ";
		}
	} else {
		buf_add_str(out, json_is_true(value) ? "yes" : "no");
	}
}

static bool is_empty(const json_t *value)
{
	return json_is_null(value) || json_is_false(value) ||
	       (json_is_array(value) && json_array_size(value) == 0);
}

/* Shown otherwise, or too long for a terminal. */
static bool is_hidden(const char *key)
{
	return strcmp(key, "file") == 0 || strcmp(key, "html") == 0 ||
	       strcmp(key, "errors") == 0;
}

static void add_field(
	struct buf *out, const char *key, const json_t *value, const char *origin)
{
	buf_printf(out, "  %-17s ", key);
	if (strcmp(key, "paragraphs") == 0)
		buf_printf(out, "%zu", json_array_size(value));
	else
		add_value(out, value);
	if (origin) {
		buf_add_str(out, "  (");
		safe_add(out, origin);
		buf_add_char(out, ')');
	}
	buf_add_char(out, '\n');
}

static void add_problem(struct buf *out, const char *path, const struct diagnosis *why)
{
	safe_add(out, path);
	buf_add_char(out, ':');
	if (why->line > 0)
		buf_printf(out, "%d:", why->line);
	if (why->line > 0 && why->column > 0)
		buf_printf(out, "%d:", why->column);
	buf_add_char(out, ' ');
	safe_add(out, why->message ? why->message : why->class);
	if (why->hint) {
		buf_add_str(out, "; ");
		safe_add(out, why->hint);
	}
	buf_printf(out, " [%s]\n", why->class);
}

void check_report_text(const struct checked *checked, int64_t now_ms, struct buf *out)
{
	json_t *object = check_report_json(checked, now_ms), *value;
	json_t *origins = json_object_get(object, "origin");
	const char *key;

	if (checked->article) {
		safe_add(out, checked->path);
		buf_add_char(out, '\n');
		json_object_foreach(object, key, value)
		{
			if (!is_empty(value) && value != origins && !is_hidden(key))
				add_field(out, key, value,
					json_string_value(json_object_get(origins, key)));
		}
	}
	if (checked->why.class)
		add_problem(out, checked->path, &checked->why);
	json_decref(object);
}
