/*
 * test_parse.c: the corpus through article_parse, every field against
 * tests/corpus/expected.json, and the invalid files against their error classes.
 */
#include "feeds/parse.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/article.h"
#include "feeds/base/arena.h"
#include "feeds/base/error.h"
#include "feeds/date.h"
#include "feeds/zone.h"
#include "tests/unit/harness.h"

struct world {
	struct arena *arena;
	struct zone *zone;
	json_t *expected;
	struct parse_context context;
};

static struct world open_world(void)
{
	struct world world = {.arena = arena_create()};
	json_error_t error;
	size_t len;
	char *text = harness_read("tests/corpus/expected.json", &len);

	world.expected = json_loadb(text, len, 0, &error);
	CHECK(world.expected != NULL);
	free(text);
	world.zone = zone_create_fixed(8 * 3600);
	world.context = (struct parse_context){
		.zone = world.zone,
		.base_url = "https://www.qingcen.example/",
		.language = "zh-CN",
	};
	article_parse_init();
	return world;
}

static void close_world(struct world *world)
{
	json_decref(world->expected);
	zone_destroy(world->zone);
	arena_destroy(world->arena);
}

static json_t *text_or_null(const char *text)
{
	return text ? json_string(text) : json_null();
}

static json_t *instant_json(const struct instant *instant)
{
	return instant->is_set ? json_integer(instant->ms) : json_null();
}

static json_t *people_json(const struct people *people)
{
	json_t *list = json_array();

	for (size_t i = 0; i < people->count; i++) {
		const struct person *person = &people->items[i];
		json_t *one = json_pack("{s:s}", "name", person->name);

		if (person->role)
			json_object_set_new(one, "role", json_string(person->role));
		if (person->org)
			json_object_set_new(one, "org", json_string(person->org));
		if (person->email)
			json_object_set_new(one, "email", json_string(person->email));
		json_array_append_new(list, one);
	}
	return list;
}

static json_t *strings_json(const struct strings *strings)
{
	json_t *list = json_array();

	for (size_t i = 0; i < strings->count; i++)
		json_array_append_new(list, json_string(strings->items[i]));
	return list;
}

/* Without `length`: the daemon looks at the files beside an article. */
static json_t *media_json(const struct media_list *media)
{
	json_t *list = json_array();

	for (size_t i = 0; i < media->count; i++) {
		const struct media *item = &media->items[i];
		json_t *one = json_pack("{s:s}", "href", item->href);

		if (item->type)
			json_object_set_new(one, "type", json_string(item->type));
		if (item->role)
			json_object_set_new(one, "role", json_string(item->role));
		if (item->title)
			json_object_set_new(one, "title", json_string(item->title));
		if (item->caption)
			json_object_set_new(one, "caption", json_string(item->caption));
		if (item->alt)
			json_object_set_new(one, "alt", json_string(item->alt));
		if (item->duration_s)
			json_object_set_new(
				one, "duration", json_integer(item->duration_s));
		json_array_append_new(list, one);
	}
	return list;
}

static json_t *dateline_json(const struct dateline *dateline)
{
	if (!dateline->is_set)
		return json_null();
	return json_pack("{s:s?, s:s?, s:s?}", "agency", dateline->agency, "place",
		dateline->place, "date", dateline->date);
}

static json_t *correction_json(const struct correction *correction)
{
	if (correction->level == CORRECTION_NONE)
		return json_null();
	return json_pack("{s:s?, s:o, s:s?, s:s?}", "level",
		correction_level_name(correction->level), "at",
		instant_json(&correction->at), "note", correction->note, "of",
		correction->of);
}

static json_t *withdrawal_json(const struct withdrawal *withdrawal)
{
	if (!withdrawal->is_set)
		return json_null();
	return json_pack("{s:s?, s:o, s:s?}", "id", withdrawal->id, "at",
		instant_json(&withdrawal->at), "reason", withdrawal->reason);
}

static void set_texts(json_t *out, const struct article *article)
{
	const struct {
		const char *key, *text;
	} texts[] = {
		{"format", article_format_name(article->format)},
		{"encoding", article->encoding},
		{"newline", article->newline},
		{"title", article->title},
		{"kicker", article->kicker},
		{"subtitle", article->subtitle},
		{"platform", article->platform},
		{"channel", article->channel},
		{"source", article->source},
		{"source_url", article->source_url},
		{"summary", article->summary},
		{"language", article->language},
		{"url", article->url},
		{"mobile_url", article->mobile_url},
		{"id", article->id},
		{"notice", article->notice},
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		json_object_set_new(out, texts[i].key, text_or_null(texts[i].text));
}

static json_t *article_json(const struct article *article, int64_t now_ms)
{
	json_t *out = json_object();

	set_texts(out, article);
	json_object_set_new(out, "status",
		json_string(article_status_name(article_status_at(article, now_ms))));
	json_object_set_new(out, "bom", json_boolean(article->has_bom));
	json_object_set_new(out, "urgency",
		article->urgency ? json_integer(article->urgency) : json_null());
	json_object_set_new(out, "published", instant_json(&article->published));
	json_object_set_new(out, "updated", instant_json(&article->updated));
	json_object_set_new(out, "expires", instant_json(&article->expires));
	json_object_set_new(out, "embargo_until", instant_json(&article->embargo));
	json_object_set_new(out, "authors", people_json(&article->authors));
	json_object_set_new(out, "editors", people_json(&article->editors));
	json_object_set_new(out, "tags", strings_json(&article->tags));
	json_object_set_new(out, "categories", strings_json(&article->categories));
	json_object_set_new(out, "links", strings_json(&article->links));
	json_object_set_new(out, "paragraphs", strings_json(&article->paragraphs));
	json_object_set_new(out, "images", media_json(&article->images));
	json_object_set_new(out, "attachments", media_json(&article->attachments));
	json_object_set_new(out, "dateline", dateline_json(&article->dateline));
	json_object_set_new(out, "correction", correction_json(&article->correction));
	json_object_set_new(out, "withdraws", withdrawal_json(&article->withdrawal));
	return out;
}

static json_t *instant_of_text(json_t *text, const struct zone *zone)
{
	struct instant instant;
	const char *words = json_string_value(text);

	if (!words)
		return json_null();
	CHECK_INT(date_parse(words, strlen(words), zone, &instant), DATE_OK);
	return instant_json(&instant);
}

/* Removes `length` and what is null from an object of a list. */
static void strip(json_t *item)
{
	const char *key;
	json_t *value;
	void *next;

	json_object_del(item, "length");
	json_object_foreach_safe(item, next, key, value)
		if (json_is_null(value))
			json_object_del(item, key);
}

/* The expected value in the shape of article_json: instants as numbers, no lengths. */
static json_t *normal(const char *key, json_t *expected, const struct zone *zone)
{
	static const char *const instants[] = {"published", "updated", "expires",
		"embargo_until"};
	json_t *copy = json_deep_copy(expected);
	json_t *item;
	size_t i;

	for (i = 0; i < sizeof(instants) / sizeof(*instants); i++)
		if (!strcmp(key, instants[i])) {
			json_decref(copy);
			return instant_of_text(expected, zone);
		}
	if (json_is_object(copy) && json_object_get(copy, "at"))
		json_object_set_new(copy, "at",
			instant_of_text(json_object_get(expected, "at"), zone));
	if (json_is_array(copy))
		json_array_foreach(copy, i, item)
			strip(item);
	return copy;
}

static int compare(
	const char *file, json_t *expected, json_t *got, const struct zone *zone)
{
	const char *key;
	json_t *value;
	int failures = 0;

	json_object_foreach(got, key, value) {
		json_t *want = normal(key, json_object_get(expected, key), zone);

		if (!json_equal(want, value)) {
			char *want_text = json_dumps(want, JSON_ENCODE_ANY);
			char *got_text = json_dumps(value, JSON_ENCODE_ANY);

			fprintf(stderr, "%s: %s\n  want %s\n  got  %s\n", file, key,
				want_text, got_text);
			free(want_text);
			free(got_text);
			failures++;
		}
		json_decref(want);
	}
	return failures;
}

static char *read_sidecar(const char *path, size_t *len)
{
	char name[1024];
	FILE *file;

	snprintf(name, sizeof(name), "%s/%s.meta.yaml", harness_top(), path);
	file = fopen(name, "rb");
	if (!file)
		return NULL;
	fclose(file);
	snprintf(name, sizeof(name), "%s.meta.yaml", path);
	return harness_read(name, len);
}

static bool parse_file(struct world *world, const char *file, struct article **out,
	struct diagnosis *why)
{
	struct parse_input in = {0};
	char path[512];
	char *bytes, *sidecar;
	bool ok;

	snprintf(path, sizeof(path), "tests/corpus/%s", file);
	bytes = harness_read(path, &in.len);
	sidecar = read_sidecar(path, &in.sidecar_len);
	in.bytes = bytes;
	in.sidecar = sidecar;
	world->context.path = strchr(file, '/') + 1;
	ok = article_parse(world->arena, &world->context, &in, out, why);
	free(bytes);
	free(sidecar);
	return ok;
}

/* Every corpus file below DIRECTORY ("articles/md/"). */
static void check_directory(const char *directory)
{
	static const char clock[] = "2026-05-20T12:00:00+08:00";
	struct world world = open_world();
	struct instant now;
	int files = 0, failures = 0;
	json_t *expected;
	size_t i;

	CHECK_INT(date_parse(clock, strlen(clock), NULL, &now), DATE_OK);
	json_array_foreach(json_object_get(world.expected, "articles"), i, expected) {
		const char *file = json_string_value(json_object_get(expected, "file"));
		struct article *article;
		struct diagnosis why;
		json_t *got;

		if (strncmp(file, directory, strlen(directory)) != 0)
			continue;
		files++;
		if (!parse_file(&world, file, &article, &why)) {
			fprintf(stderr, "%s:%d:%d: %s: %s\n", file, why.line, why.column,
				why.class, why.message);
			failures++;
			continue;
		}
		got = article_json(article, now.ms);
		failures += compare(file, expected, got, world.zone);
		json_decref(got);
	}
	close_world(&world);
	CHECK(files > 0);
	CHECK_INT(failures, 0);
}

TEST(markdown_corpus)
{
	check_directory("articles/md/");
}

TEST(text_corpus)
{
	check_directory("articles/txt/");
}

TEST(media_corpus)
{
	check_directory("articles/media/");
}

TEST(html_corpus)
{
	check_directory("articles/html/");
}

TEST(xml_corpus)
{
	check_directory("articles/xml/");
}

/* id-conflict is between files and the daemon's to find. */
TEST(invalid_corpus)
{
	struct world world = open_world();
	json_t *expected;
	size_t i;

	json_array_foreach(json_object_get(world.expected, "invalid"), i, expected) {
		const char *file = json_string_value(json_object_get(expected, "file"));
		const char *class =
			json_string_value(json_object_get(expected, "expect_error"));
		struct article *article;
		struct diagnosis why;

		if (!strncmp(class, "id-conflict", 11))
			continue;
		CHECK(!parse_file(&world, file, &article, &why));
		CHECK(why.class != NULL);
		if (strncmp(class, why.class, strlen(why.class)) != 0)
			harness_fail(__FILE__, __LINE__, "%s: got %s (%s)", file,
				why.class, why.message);
		if (strstr(class, "line 2, column 9")) {
			CHECK_INT(why.line, 2);
			CHECK_INT(why.column, 9);
			CHECK(strstr(why.hint, "quote the value") != NULL);
		}
	}
	close_world(&world);
}
