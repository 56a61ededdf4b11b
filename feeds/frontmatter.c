/*
 * frontmatter.c: YAML events and JSON into one tree of values. What the keys mean is in
 * fields.c. The event interface of libyaml resolves no alias, so an alias bomb costs as
 * many events as it has bytes, and refusing is all there is to do.
 */
#include "feeds/frontmatter.h"

#include <jansson.h>
#include <string.h>
#include <strings.h>
#include <yaml.h>

#include "feeds/base/arena.h"
#include "feeds/parse.h"
#include "feeds/text.h"

enum {
	LARGEST = 64 * 1024,
	DEEPEST = 8,
	MOST_ITEMS = 1000, /* in one list or map */
};

struct reader {
	struct arena *arena;
	yaml_parser_t yaml;
	int first_line; /* of the text in its file */
	struct diagnosis *why;
};

static bool refuse(struct diagnosis *why, const char *class, int line, int column,
	const char *message, const char *hint)
{
	*why = (struct diagnosis){.class = class, .line = line, .column = column,
		.message = message, .hint = hint};
	return false;
}

static bool refuse_at(struct reader *reader, const char *class, const yaml_mark_t *mark,
	const char *message, const char *hint)
{
	return refuse(reader->why, class, reader->first_line + (int)mark->line,
		(int)mark->column + 1, message, hint);
}

static bool refuse_syntax(struct reader *reader)
{
	const yaml_parser_t *yaml = &reader->yaml;
	const char *problem = yaml->problem ? yaml->problem : "not YAML";
	const char *hint = NULL;

	if (strstr(problem, "mapping values are not allowed"))
		hint = "quote the value: a colon followed by a space begins a mapping";
	else if (strstr(problem, "cannot start any token") || strstr(problem, "alias") ||
			strstr(problem, "anchor") || strstr(problem, "tag"))
		hint = "quote the value: it begins with a character that YAML reserves";
	else if (strstr(problem, "tab"))
		hint = "indent with spaces, not with tabs";
	else if (strstr(problem, "could not find expected ':'"))
		hint = "write `key: value`, with a half-width colon and a space";
	else
		hint = "quote the value if it holds a colon, a hash, a quote or a "
		       "bracket";
	return refuse_at(reader, "yaml-syntax", &yaml->problem_mark,
		arena_strdup(reader->arena, problem), hint);
}

static bool next_event(struct reader *reader, yaml_event_t *event)
{
	return yaml_parser_parse(&reader->yaml, event) || refuse_syntax(reader);
}

static bool refuse_alias(struct reader *reader, const yaml_event_t *event)
{
	return refuse_at(reader, "yaml-alias-forbidden", &event->start_mark,
		"YAML anchors and aliases are not supported",
		"write the value out; quote a value that begins with * or &");
}

static bool refuse_tag(struct reader *reader, const yaml_event_t *event)
{
	return refuse_at(reader, "yaml-tag-forbidden", &event->start_mark,
		"YAML tags are not supported", "quote a value that begins with !");
}

/* A value for an event that begins one; anchors and tags are refused here. */
static struct value *begin(struct reader *reader, const yaml_event_t *event)
{
	struct value *value = arena_alloc(reader->arena, sizeof(*value));
	const yaml_char_t *anchor = NULL, *tag = NULL;

	value->line = reader->first_line + (int)event->start_mark.line;
	value->column = (int)event->start_mark.column + 1;
	if (event->type == YAML_SCALAR_EVENT) {
		anchor = event->data.scalar.anchor;
		tag = event->data.scalar.tag;
		value->kind = VALUE_TEXT;
		value->text = arena_strndup(reader->arena,
			(char *)event->data.scalar.value, event->data.scalar.length);
	} else if (event->type == YAML_SEQUENCE_START_EVENT) {
		anchor = event->data.sequence_start.anchor;
		tag = event->data.sequence_start.tag;
		value->kind = VALUE_LIST;
	} else {
		anchor = event->data.mapping_start.anchor;
		tag = event->data.mapping_start.tag;
		value->kind = VALUE_MAP;
	}
	if (event->type == YAML_ALIAS_EVENT || anchor)
		return refuse_alias(reader, event), NULL;
	if (tag)
		return refuse_tag(reader, event), NULL;
	return value;
}

/* Doubles at powers of two. */
static void value_add(struct arena *arena, struct value *parent, const char *key,
	struct value *item)
{
	size_t count = parent->count;

	if (!(count & (count - 1))) {
		size_t room = count ? count * 2 : 1;
		struct value **items = arena_alloc(arena, room * sizeof(struct value *));
		const char **keys = arena_alloc(arena, room * sizeof(char *));

		if (count) {
			memcpy(items, parent->items, count * sizeof(struct value *));
			memcpy(keys, parent->keys, count * sizeof(char *));
		}
		parent->items = items;
		parent->keys = keys;
	}
	parent->keys[count] = key;
	parent->items[count] = item;
	parent->count++;
}

static bool has_key(const struct value *map, const char *key)
{
	for (size_t i = 0; i < map->count; i++)
		if (!strcasecmp(map->keys[i], key))
			return true;
	return false;
}

static bool read_children(struct reader *reader, struct value *parent, int depth);

/* The value that EVENT begins, with all it holds. */
static struct value *read_value(
	struct reader *reader, const yaml_event_t *event, int depth)
{
	struct value *value;

	if (event->type == YAML_ALIAS_EVENT)
		return refuse_alias(reader, event), NULL;
	value = begin(reader, event);
	if (!value)
		return NULL;
	if (value->kind != VALUE_TEXT && depth >= DEEPEST) {
		refuse_at(reader, "yaml-too-deep", &event->start_mark,
			"more than 8 levels of lists and mappings", NULL);
		return NULL;
	}
	if (value->kind != VALUE_TEXT && !read_children(reader, value, depth + 1))
		return NULL;
	return value;
}

static bool check_key(struct reader *reader, const struct value *map,
	const yaml_event_t *event)
{
	if (event->type == YAML_ALIAS_EVENT)
		return refuse_alias(reader, event);
	if (event->type != YAML_SCALAR_EVENT)
		return refuse_at(reader, "yaml-syntax", &event->start_mark,
			"a key must be a plain word", NULL);
	if (has_key(map, (const char *)event->data.scalar.value))
		return refuse_at(reader, "yaml-duplicate-key", &event->start_mark,
			arena_printf(reader->arena, "the key \"%s\" is given twice",
				(const char *)event->data.scalar.value),
			"remove one of the two");
	return true;
}

/* Items up to the end of PARENT. */
static bool read_children(struct reader *reader, struct value *parent, int depth)
{
	for (;;) {
		struct value *key = NULL, *item = NULL;
		yaml_event_t event;
		bool ends, ok;

		if (!next_event(reader, &event))
			return false;
		ends = event.type == YAML_SEQUENCE_END_EVENT ||
		       event.type == YAML_MAPPING_END_EVENT;
		ok = ends || parent->count < MOST_ITEMS ||
			refuse_at(reader, "too-large", &event.start_mark,
				"more than 1000 entries in one list or mapping", NULL);
		if (ok && !ends && parent->kind == VALUE_MAP) {
			ok = check_key(reader, parent, &event);
			key = ok ? begin(reader, &event) : NULL;
			yaml_event_delete(&event);
			if (!key || !next_event(reader, &event))
				return false;
		}
		if (ok && !ends)
			item = read_value(reader, &event, depth);
		yaml_event_delete(&event);
		if (!ok || ends)
			return ok;
		if (!item)
			return false;
		value_add(reader->arena, parent, key ? key->text : NULL, item);
	}
}

/* Stream start, document start, one value; *OUT NULL for an empty document. */
static bool read_document(struct reader *reader, struct value **out)
{
	*out = NULL;
	for (;;) {
		yaml_event_t event;
		bool is_value, ends;

		if (!next_event(reader, &event))
			return false;
		ends = event.type == YAML_STREAM_END_EVENT;
		is_value = event.type == YAML_SCALAR_EVENT ||
			   event.type == YAML_ALIAS_EVENT ||
			   event.type == YAML_SEQUENCE_START_EVENT ||
			   event.type == YAML_MAPPING_START_EVENT;
		if (is_value && !*out) {
			*out = read_value(reader, &event, 0);
			ends = !*out;
		}
		yaml_event_delete(&event);
		if (ends)
			return !is_value;
	}
}

static bool is_blank(const struct value *value)
{
	return !value || (value->kind == VALUE_TEXT && !*value->text);
}

static bool check_map(struct value **value, struct diagnosis *why, int line)
{
	if (is_blank(*value))
		*value = NULL;
	if (!*value || (*value)->kind == VALUE_MAP)
		return true;
	return refuse(why, "yaml-syntax", line, 1,
		"this is not a list of `key: value` lines",
		"write one `key: value` on each line");
}

bool frontmatter_parse_yaml(struct arena *arena, const char *text, size_t len, int line,
	struct value **out, struct diagnosis *why)
{
	struct reader reader = {.arena = arena, .first_line = line, .why = why};
	bool ok;

	*out = NULL;
	if (len > LARGEST)
		return refuse(
			why, "too-large", line, 0, "more than 64 KiB of YAML", NULL);
	if (!yaml_parser_initialize(&reader.yaml))
		return refuse(why, "yaml-syntax", line, 0, "out of memory", NULL);
	yaml_parser_set_encoding(&reader.yaml, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&reader.yaml, (const unsigned char *)text, len);
	ok = read_document(&reader, out) && check_map(out, why, line);
	yaml_parser_delete(&reader.yaml);
	return ok;
}

static struct value *from_json(struct arena *arena, json_t *json, int depth)
{
	struct value *value = arena_alloc(arena, sizeof(*value));
	const char *key;
	json_t *item;
	size_t i;

	value->text = "";
	if (depth > DEEPEST)
		return value;
	if (json_is_object(json)) {
		value->kind = VALUE_MAP;
		json_object_foreach(json, key, item)
			if (value->count < MOST_ITEMS)
				value_add(arena, value, arena_strdup(arena, key),
					from_json(arena, item, depth + 1));
	} else if (json_is_array(json)) {
		value->kind = VALUE_LIST;
		json_array_foreach(json, i, item) if (value->count < MOST_ITEMS)
			value_add(arena, value, NULL, from_json(arena, item, depth + 1));
	} else if (json_is_string(json)) {
		value->text = text_clean(
			arena, json_string_value(json), json_string_length(json));
	} else if (json_is_integer(json)) {
		value->text = arena_printf(
			arena, "%" JSON_INTEGER_FORMAT, json_integer_value(json));
	} else if (json_is_real(json)) {
		value->text = arena_printf(arena, "%.15g", json_real_value(json));
	} else if (json_is_boolean(json)) {
		value->text = json_is_true(json) ? "true" : "false";
	}
	return value;
}

bool frontmatter_parse_json(struct arena *arena, const char *text, size_t len,
	struct value **out, struct diagnosis *why)
{
	json_error_t error;
	json_t *json;

	*out = NULL;
	if (len > LARGEST)
		return refuse(why, "too-large", 1, 0, "more than 64 KiB of JSON", NULL);
	json = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	if (!json)
		return refuse(why, "json-syntax", error.line, error.column,
			arena_strdup(arena, error.text), NULL);
	*out = from_json(arena, json, 0);
	json_decref(json);
	return check_map(out, why, 1);
}
