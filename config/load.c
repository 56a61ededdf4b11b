/*
 * load.c: YAML to struct config. libyaml's document tree keeps the place of every node,
 * so each mistake is reported as file:line:column. Defaults, file and overrides go the
 * same way; what no single value can show to be wrong is checked at the end.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "config/options.h"
#include "config/reader.h"
#include "feeds/base/arena.h"
#include "feeds/base/error.h"

static bool unknown(struct reader *reader, const yaml_node_t *node, const char *key)
{
	char near[64];

	return option_suggest(key, near, sizeof(near))
		       ? reader_fail(reader, node,
				 "unknown option '%.100s'; did you mean '%s'?", key, near)
		       : reader_fail(reader, node, "unknown option '%.100s'", key);
}

static bool read_section(struct reader *reader, yaml_node_t *node, const char *prefix);

/* What KEY holds; KEY_NODE is its place, for an unknown one. */
static bool read_key(struct reader *reader, const char *key, const yaml_node_t *key_node,
	yaml_node_t *value)
{
	const struct option *option = option_find(key);
	struct place *place;

	if (option) {
		place = &reader->places[option - option_table];
		*place = (struct place){reader->name, 0, 0};
		if (reader->is_file) {
			place->line = value->start_mark.line + 1;
			place->column = value->start_mark.column + 1;
		}
		return reader_take(
			reader, option, (char *)reader->config + option->offset, value);
	}
	if (strcmp(key, "partners") == 0)
		return entries_read_partners(reader, value);
	if (strcmp(key, "rights") == 0)
		return entries_read_rights(reader, value);
	if (option_is_section(key))
		return read_section(reader, value, key);
	return unknown(reader, key_node, key);
}

/* Walks a mapping; PREFIX is the dotted key so far ("" at the top). A mapping that
 * contains itself by an alias ends at the first key that is no option. */
static bool read_section(struct reader *reader, yaml_node_t *node, const char *prefix)
{
	if (reader_is_null(node))
		return true;
	if (node->type != YAML_MAPPING_NODE)
		return reader_fail(reader, node, "%s: expected a mapping of options",
			*prefix ? prefix : "the file");
	for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
		pair < node->data.mapping.pairs.top; pair++) {
		yaml_node_t *key = reader_node(reader, pair->key);
		const char *name;

		if (!reader_scalar(key))
			return reader_fail(reader, key ? key : node,
				"expected the name of an option");
		name = arena_printf(reader->config->arena, "%s%s%s", prefix,
			*prefix ? "." : "", reader_scalar(key));
		if (reader_is_repeated(reader, node, pair))
			return reader_fail(reader, key, "%s is given twice", name);
		if (!read_key(reader, name, key, reader_node(reader, pair->value)))
			return false;
	}
	return true;
}

/* What people meant who wrote what libyaml cannot read, by its words for that. */
static const struct {
	const char *problem, *advice;
} advices[] = {
	{"mapping values are not allowed", "; quote a value that has a colon and a space in it"},
	{"cannot start any token",
		"; indent with spaces, not tabs, and quote a value that begins with @, ` or %"},
	{"tab character", "; indent with spaces, not tabs"},
	{"expected node content",
		"; quote a value that begins with a bracket or a colon, and end every list with ]"},
	{"unexpected end of stream", "; a quote that was opened is not closed"},
	{"could not find expected ':'", "; write `key: value`, with a space after the colon"},
	{"expected key", "; the keys of one section begin in the same column"},
	{"expected ',' or", "; a list ends with ] and a mapping with }"},
	{"UTF-8", "; save the file as UTF-8"},
	{"alias", "; quote a value that begins with * or &"},
};

static const char *advice_on(const char *problem)
{
	for (size_t i = 0; i < sizeof(advices) / sizeof(*advices); i++) {
		if (strstr(problem, advices[i].problem))
			return advices[i].advice;
	}
	return "";
}

/* Where PARSER gave up: of a quote without an end, where it began; of bytes that are no
 * text, libyaml tells only how many there were before. */
static yaml_mark_t place_of(const yaml_parser_t *parser, const char *text)
{
	yaml_mark_t mark = parser->problem_mark;

	if (parser->error == YAML_READER_ERROR) {
		mark = (yaml_mark_t){0};
		for (size_t i = 0; i < parser->problem_offset; i++) {
			mark.column = text[i] == '\n' ? 0 : mark.column + 1;
			mark.line += text[i] == '\n';
		}
	} else if (parser->problem && strstr(parser->problem, "unexpected end of stream")) {
		mark = parser->context_mark;
	}
	return mark;
}

static bool not_yaml(
	const struct reader *reader, const yaml_parser_t *parser, const char *text)
{
	const char *problem = parser->problem ? parser->problem : "not YAML";
	yaml_mark_t mark = place_of(parser, text);

	if (!reader->is_file)
		return error_set(
			reader->err, "%s: %s%s", reader->name, problem, advice_on(problem));
	return error_set(reader->err, "%s:%zu:%zu: %s%s", reader->name, mark.line + 1,
		mark.column + 1, problem, advice_on(problem));
}

/* Nothing may follow the one document: it would be ignored in silence. */
static bool check_end(struct reader *reader, yaml_parser_t *parser, const char *text)
{
	yaml_document_t next;
	yaml_node_t *root;
	bool ok = true;

	if (!yaml_parser_load(parser, &next))
		return not_yaml(reader, parser, text);
	root = yaml_document_get_root_node(&next);
	if (root)
		ok = reader_fail(reader, root, "a second document; expected only one");
	yaml_document_delete(&next);
	return ok;
}

/* Parses TEXT as the value of KEY ("" = the whole configuration). */
static bool read_text(
	struct reader *reader, const char *key, const char *text, size_t len)
{
	yaml_parser_t parser;
	yaml_node_t *root;
	bool ok = true;

	if (!yaml_parser_initialize(&parser))
		abort();
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	if (!yaml_parser_load(&parser, &reader->document)) {
		not_yaml(reader, &parser, text);
		yaml_parser_delete(&parser);
		return false;
	}
	root = yaml_document_get_root_node(&reader->document);
	if (root && *key)
		ok = read_key(reader, key, root, root);
	else if (root)
		ok = read_section(reader, root, "");
	ok = ok && (!root || check_end(reader, &parser, text));
	yaml_document_delete(&reader->document);
	yaml_parser_delete(&parser);
	return ok;
}

static bool read_override(struct reader *reader, const char *text)
{
	const char *equals = strchr(text, '='), *value;
	const char *key;

	if (!equals || equals == text)
		return error_set(reader->err, "-o %s: expected KEY=VALUE", text);
	key = arena_strndup(reader->config->arena, text, (size_t)(equals - text));
	reader->name = "-o";
	/* an empty value is an empty text, as the user of a shell expects */
	value = equals[1] ? equals + 1 : "''";
	return read_text(reader, key, value, strlen(value));
}

static bool read_defaults(struct reader *reader)
{
	for (size_t i = 0; i < option_count; i++) {
		const char *fallback = option_table[i].fallback;

		reader->name = option_table[i].key;
		if (fallback && !read_text(reader, option_table[i].key, fallback,
					strlen(fallback)))
			return false;
		reader->places[i] = (struct place){0};
	}
	return true;
}

/* ---- the whole ---- */

struct whole {
	const struct config *config;
	const struct place *places;
	const char *name; /* of the file, for what is said nowhere */
	struct error *err;
};

/* The message with the place where KEY was given. */
static bool wrong(const struct whole *whole, const char *key, const char *what)
{
	const struct place *place = &whole->places[option_find(key) - option_table];

	if (place->line)
		return error_set(whole->err, "%s:%zu:%zu: %s: %s", place->name,
			place->line, place->column, key, what);
	return error_set(whole->err, "%s: %s: %s",
		place->name ? place->name : whole->name, key, what);
}

enum { WINDOW_MOST = 500, SIZE_MOST = 8 * 1024 * 1024 };

/* With none of the characters UNWANTED. */
static bool is_address(const char *text, const char *unwanted)
{
	size_t scheme = strncmp(text, "http://", 7) == 0    ? 7
			: strncmp(text, "https://", 8) == 0 ? 8
							    : 0;

	if (!scheme || !text[scheme] || text[scheme] == '/')
		return false;
	for (; *text; text++) {
		if ((unsigned char)*text <= ' ' || strchr(unwanted, *text))
			return false;
	}
	return true;
}

static bool is_web_address(const char *text)
{
	return is_address(text, "\"<>\\^`{|}?#");
}

/* Of BCP 47 what a document may state: a code of two or three letters, and subtags. */
static bool is_language(const char *tag)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	size_t code = strspn(tag, letters);
	char end = tag[strcspn(tag, "-")];

	if (code < 2 || code > 3 || (end && end != '-') || strlen(tag) > 35)
		return false;
	for (tag += code; *tag; tag += 1 + strcspn(tag + 1, "-")) {
		if (*tag != '-' || !isalnum((unsigned char)tag[1]))
			return false;
	}
	return true;
}

static bool check_site(const struct whole *whole)
{
	const struct config *config = whole->config;
	const struct {
		const char *key, *value;
	} addresses[] = {
		{"site.icon", config->site.icon},
		{"site.logo", config->site.logo},
		{"site.mobile_url", config->site.mobile_url},
	};

	if (config->site.base_url && !is_web_address(config->site.base_url))
		return wrong(whole, "site.base_url",
			"expected an address that begins with "
			"http:// or https:// and has no query");
	for (size_t i = 0; i < sizeof(addresses) / sizeof(*addresses); i++) {
		if (addresses[i].value && !is_address(addresses[i].value, "\"<>\\^`"))
			return wrong(whole, addresses[i].key,
				"expected an address that begins with http:// or https://");
	}
	return is_language(config->site.language) ||
	       wrong(whole, "site.language", "expected a tag like zh-CN or en");
}

static bool check_articles(const struct whole *whole)
{
	const struct config *config = whole->config;
	const char *selector = config->articles.body_selector;

	if (!config->articles.directory || !*config->articles.directory)
		return wrong(whole, "articles.directory",
			"is not set; name a directory there or on the command line");
	if (config->articles.max_size > SIZE_MOST)
		return wrong(whole, "articles.max_size", "expected 8MiB or less");
	if (selector) {
		selector += *selector == '#' || *selector == '.';
		if (!*selector || strpbrk(selector, " \t>+~,[]:*#."))
			return wrong(whole, "articles.body_selector",
				"expected #ID, .CLASS or the name of an element");
	}
	return config->feeds.window <= WINDOW_MOST ||
	       wrong(whole, "feeds.window", "expected 500 or fewer");
}

static bool check_hub(const struct whole *whole)
{
	const struct config *config = whole->config;

	if (config->hub.lease.min_s < 1)
		return wrong(whole, "hub.lease.min", "expected 1s or more");
	if (config->hub.lease.min_s > config->hub.lease.max_s)
		return wrong(whole, "hub.lease.min", "is more than hub.lease.max");
	if (config->hub.lease.default_s < config->hub.lease.min_s ||
		config->hub.lease.default_s > config->hub.lease.max_s)
		return wrong(whole, "hub.lease.default",
			"expected a value between hub.lease.min and hub.lease.max");
	if (config->hub.retry.first_ms < 1)
		return wrong(whole, "hub.retry.first", "expected 1ms or more");
	if (config->hub.retry.first_ms > config->hub.retry.max_ms)
		return wrong(whole, "hub.retry.first", "is more than hub.retry.max");
	if (config->hub.timeout.connect_ms < 1)
		return wrong(whole, "hub.timeout.connect", "expected 1ms or more");
	if (config->hub.timeout.total_ms < config->hub.timeout.connect_ms)
		return wrong(
			whole, "hub.timeout.total", "is less than hub.timeout.connect");
	if (config->hub.timeout.soft_ms > config->hub.timeout.total_ms)
		return wrong(whole, "hub.timeout.soft", "is more than hub.timeout.total");
	for (size_t i = 0; i < config->hub.external.count; i++) {
		if (!is_web_address(config->hub.external.items[i]))
			return wrong(whole, "hub.external",
				"expected addresses that begin with http:// or https://");
	}
	return true;
}

/* Found by its path alone: what runs must not depend on somebody's PATH. */
static bool check_recalls(const struct whole *whole)
{
	const struct config *config = whole->config;

	if (config->recalls.command.count && *config->recalls.command.items[0] != '/')
		return wrong(whole, "recalls.command",
			"expected a list that begins with the absolute path of a program");
	if (config->recalls.timeout_ms < 1)
		return wrong(whole, "recalls.timeout", "expected 1ms or more");
	return true;
}

static bool check_whole(const struct whole *whole)
{
	const struct config *config = whole->config;

	if (!check_site(whole) || !check_articles(whole))
		return false;
	if (!config->http.listen.count)
		return wrong(whole, "http.listen", "expected at least one address");
	if (config->http.idle_timeout_ms < 1)
		return wrong(whole, "http.idle_timeout", "expected 1ms or more");
	if (config->http.header_timeout_ms < 1)
		return wrong(whole, "http.header_timeout", "expected 1ms or more");
	if (strncmp(config->store.uri, "sqlite:", 7) != 0 &&
		strncmp(config->store.uri, "postgresql://", 13) != 0)
		return wrong(
			whole, "store.uri", "expected sqlite:FILE or postgresql://...");
	return check_hub(whole) && check_recalls(whole) &&
	       entries_check(config, whole->name, whole->err);
}

/* Where the state is, unless the configuration says so. */
static void place_state(struct config *config, const struct config_source *source)
{
	const char *elsewhere = source->state_directory && *source->state_directory
					? source->state_directory
					: "/var/lib/gazetted";

	if (!config->store.directory)
		config->store.directory =
			source->directory && !source->text
				? arena_printf(config->arena, "%s/.gazetted",
					  source->directory)
				: arena_strdup(config->arena, elsewhere);
}

bool config_load(
	const struct config_source *source, struct config **out, struct error *err)
{
	struct arena *arena = arena_create();
	struct config *config = arena_alloc(arena, sizeof(*config));
	struct reader reader = {.config = config, .err = err};
	const char *name = source->name ? source->name : "command line";
	struct whole whole = {config, NULL, name, err};
	bool ok;

	config->arena = arena;
	reader.places = arena_alloc(arena, option_count * sizeof(*reader.places));
	whole.places = reader.places;
	ok = read_defaults(&reader);
	if (ok && source->text) {
		reader.name = name;
		reader.is_file = true;
		ok = read_text(&reader, "", source->text, source->len);
		reader.is_file = false;
	}
	if (ok && source->directory)
		config->articles.directory = arena_strdup(arena, source->directory);
	for (size_t i = 0; ok && i < source->override_count; i++)
		ok = read_override(&reader, source->overrides[i]);
	if (ok)
		place_state(config, source);
	if (!ok || !check_whole(&whole)) {
		config_destroy(config);
		return false;
	}
	*out = config;
	return true;
}
