/*
 * field_values.c: typed values out of front matter, see field_values.h. Editors write one
 * thing in many ways (a list, a string with commas, one with spaces); all are accepted
 * where they can mean only one thing.
 */
#include "feeds/field_values.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "feeds/article.h"
#include "feeds/base/arena.h"
#include "feeds/date.h"
#include "feeds/frontmatter.h"
#include "feeds/parse.h"
#include "feeds/text.h"

bool value_refuse(struct setting *setting, const struct value *value, const char *class,
	const char *message, const char *hint)
{
	*setting->why = (struct diagnosis){
		.class = class, .line = value->line, .column = value->column,
		.message = message, .hint = hint,
	};
	return false;
}

static bool is_empty(const struct value *value)
{
	return value->kind == VALUE_TEXT
		       ? value->text[strspn(value->text, " \t\r\n")] == '\0'
		       : value->count == 0;
}

const struct value *value_get(
	const struct value *map, const char *key, const char **written)
{
	for (size_t i = 0; map && map->kind == VALUE_MAP && i < map->count; i++)
		if ((*map->keys[i] | 32) == (*key | 32) && !strcasecmp(map->keys[i], key) &&
				!is_empty(map->items[i])) {
			if (written)
				*written = map->keys[i];
			return map->items[i];
		}
	return NULL;
}

/* At the top level or under `params:`. */
const struct value *value_lookup(const struct value *fields, const char *key,
	const char **written)
{
	const struct value *found = value_get(fields, key, written);

	return found ? found : value_get(value_get(fields, "params", NULL), key, written);
}

/* Text on one line: a line break becomes a space, between CJK characters too. */
const char *value_line(struct arena *arena, const struct value *value)
{
	char *text;

	while (value->kind != VALUE_TEXT && value->count)
		value = value->items[0];
	if (value->kind != VALUE_TEXT)
		return NULL;
	text = arena_strdup(arena, value->text);
	for (char *at = text; *at; at++)
		if (*at == '\n' || *at == '\r')
			*at = ' ';
	text = text_fold(arena, text, strlen(text));
	return *text ? text : NULL;
}

const char *value_member(struct setting *setting, const struct value *map,
	const char *const *keys)
{
	for (; *keys; keys++) {
		const struct value *value = value_get(map, *keys, NULL);

		if (value)
			return value_line(setting->arena, value);
	}
	return NULL;
}

static const char date_hint[] = "write 2026-05-08T09:30:00+08:00 or 2026-05-08 09:30";

void impossible_date(struct arena *arena, const char *text, struct diagnosis *why)
{
	*why = (struct diagnosis){
		.class = "date-invalid",
		.message = arena_printf(arena, "there is no such day or time: \"%.100s\"", text),
		.hint = date_hint,
	};
}

bool value_date(struct setting *setting, const struct value *value,
	struct instant *out)
{
	const char *text = value_line(setting->arena, value);
	enum date_result result = DATE_NONE;

	if (text)
		result = date_parse(text, strlen(text), setting->context->zone, out);
	if (result == DATE_OK)
		return true;
	if (result == DATE_IMPOSSIBLE)
		impossible_date(setting->arena, text, setting->why);
	else
		value_refuse(setting, value, "date-invalid",
			arena_printf(setting->arena, "not a date: \"%s\"", text ? text : ""),
			date_hint);
	setting->why->line = value->line;
	setting->why->column = value->column;
	return false;
}

bool value_number(struct setting *setting, const struct value *value, long least,
	long most, long *out)
{
	const char *text = value_line(setting->arena, value);
	char *end;

	*out = text ? strtol(text, &end, 10) : 0;
	if (text && end != text && !*end && *out >= least && *out <= most)
		return true;
	return value_refuse(setting, value, "value-invalid",
		arena_printf(setting->arena, "\"%s\" must be a number from %ld to %ld",
			setting->key, least, most), NULL);
}

bool value_is_yes(const char *text)
{
	static const char *const words[] = {"true", "yes", "on", "1", "是"};

	for (size_t i = 0; text && i < sizeof(words) / sizeof(*words); i++)
		if (!strcasecmp(text, words[i]))
			return true;
	return false;
}

bool value_is_no(const char *text)
{
	static const char *const words[] = {"false", "no", "off", "0", "否"};

	for (size_t i = 0; text && i < sizeof(words) / sizeof(*words); i++)
		if (!strcasecmp(text, words[i]))
			return true;
	return false;
}

/* A list, or a string: on commas if it has any, else on spaces (Jekyll). */
void value_strings(struct setting *setting, const struct value *value,
	struct strings *out)
{
	static const char commas[] = ",，、;；\n";
	const char *text;

	*out = (struct strings){0};
	if (value->kind == VALUE_LIST) {
		for (size_t i = 0; i < value->count; i++)
			if ((text = value_line(setting->arena, value->items[i])))
				text_split(setting->arena, text, "\n", out);
		return;
	}
	text = value_line(setting->arena, value);
	if (!text)
		return;
	text_split(setting->arena, text, commas, out);
	if (out->count == 1) {
		*out = (struct strings){0};
		text_split(setting->arena, text, " ", out);
	}
}

static void read_person(struct setting *setting, const struct value *value,
	const char *role, struct people *out)
{
	const char *text;

	if (value->kind == VALUE_MAP) {
		const char *own = MEMBER(setting, value, "role", "职务");

		text = MEMBER(setting, value, "name", "姓名");
		if (text)
			people_add(setting->arena, out, text, own ? own : role,
				MEMBER(setting, value, "org", "organization", "单位"),
				MEMBER(setting, value, "email", "mail"));
		return;
	}
	text = value_line(setting->arena, value);
	if (text)
		text_people(setting->arena, text, role, out);
}

void value_people(struct setting *setting, const struct value *value,
	const char *role, struct people *out)
{
	*out = (struct people){0};
	if (value->kind != VALUE_LIST) {
		read_person(setting, value, role, out);
		return;
	}
	for (size_t i = 0; i < value->count; i++)
		read_person(setting, value->items[i], role, out);
}

/* "90", "1:30" or "0:01:30" in seconds; 0 if it is neither. */
static int32_t read_duration(const char *text)
{
	long total = 0;

	while (text && *text) {
		char *end;
		long part = strtol(text, &end, 10);

		if (end == text || part < 0 || part > 86400 || (*end && *end != ':'))
			return 0;
		total = total * 60 + part;
		if (total > 86400)
			return 0;
		text = *end ? end + 1 : end;
	}
	return (int32_t)total;
}

static int64_t read_length(const char *text)
{
	char *end;
	long long length = text ? strtoll(text, &end, 10) : -1;

	return text && end != text && !*end && length >= 0 ? length : -1;
}

static struct media read_medium(struct setting *setting, const struct value *value)
{
	struct media medium = {.length = -1};

	if (value->kind != VALUE_MAP) {
		medium.href = value_line(setting->arena, value);
		return medium;
	}
	medium.href = MEMBER(setting, value, "href", "url", "src", "file", "path");
	medium.type = MEMBER(setting, value, "type");
	medium.title = MEMBER(setting, value, "title", "标题");
	medium.caption = MEMBER(setting, value, "caption", "图注");
	medium.alt = MEMBER(setting, value, "alt");
	medium.length = read_length(MEMBER(setting, value, "length", "size"));
	medium.duration_s = read_duration(MEMBER(setting, value, "duration"));
	return medium;
}

/* Adds MEDIUM, or completes the entry that names the same file. */
static void add_medium(struct arena *arena, struct media_list *list,
	const struct media *medium)
{
	struct media *items;

	for (size_t i = 0; i < list->count; i++) {
		struct media *known = &list->items[i];

		if (strcmp(known->href, medium->href) != 0)
			continue;
		known->type = medium->type ? medium->type : known->type;
		known->title = medium->title ? medium->title : known->title;
		known->caption = medium->caption ? medium->caption : known->caption;
		known->alt = medium->alt ? medium->alt : known->alt;
		known->length = medium->length >= 0 ? medium->length : known->length;
		known->duration_s =
			medium->duration_s ? medium->duration_s : known->duration_s;
		return;
	}
	items = arena_alloc(arena, (list->count + 1) * sizeof(*items));
	if (list->count)
		memcpy(items, list->items, list->count * sizeof(*items));
	items[list->count++] = *medium;
	list->items = items;
}

void value_media(struct setting *setting, const struct value *value,
	struct media_list *list)
{
	enum { MOST_MEDIA = 200 };
	size_t count = value->kind == VALUE_LIST ? value->count : 1;

	for (size_t i = 0; i < count && list->count < MOST_MEDIA; i++) {
		struct media medium = read_medium(setting,
			value->kind == VALUE_LIST ? value->items[i] : value);

		if (medium.href)
			add_medium(setting->arena, list, &medium);
	}
}
