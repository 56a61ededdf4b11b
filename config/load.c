/*
 * load.c: YAML to struct config. libyaml's document tree keeps the place of every node, so
 * each mistake is reported as file:line:column. Anchors and tags have no use here and are
 * left to libyaml; a configuration is the operator's own.
 */
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "config/config.h"
#include "config/options.h"
#include "feeds/base/arena.h"
#include "feeds/base/error.h"

enum { LIST_MAX = 1000 };

struct reader {
	struct config *config;
	const char *name;
	yaml_document_t document;
	struct error *err;
};

/* `file:line:column: ` before the message. */
static bool fail(struct reader *reader, const yaml_node_t *node, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static bool fail(struct reader *reader, const yaml_node_t *node, const char *format, ...)
{
	char text[400];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return error_set(reader->err, "%s:%zu:%zu: %s", reader->name, node->start_mark.line + 1,
		node->start_mark.column + 1, text);
}

static const char *scalar(const yaml_node_t *node)
{
	return node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : NULL;
}

static bool is_null(const yaml_node_t *node)
{
	const char *text = scalar(node);

	return text && node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	       (!*text || strcmp(text, "~") == 0 || strcmp(text, "null") == 0);
}

static bool has_word(const char *words, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = words; *at; at += strcspn(at, "|"), at += *at == '|') {
		if (strcspn(at, "|") == len && strncmp(at, word, len) == 0)
			return true;
	}
	return false;
}

static bool read_int(const char *text, int least, int *out)
{
	char *end;
	long value = strtol(text, &end, 10);

	if (end == text || *end || value < least || value > INT_MAX)
		return false;
	*out = (int)value;
	return true;
}

static bool read_bool(const char *text, bool *out)
{
	*out = strcmp(text, "true") == 0 || strcmp(text, "yes") == 0 || strcmp(text, "on") == 0;
	return *out || strcmp(text, "false") == 0 || strcmp(text, "no") == 0 ||
	       strcmp(text, "off") == 0;
}

static const char *expectation(enum option_type type)
{
	switch (type) {
	case OPTION_TEXT:
		return "a text";
	case OPTION_BOOL:
		return "true or false";
	case OPTION_INT:
		return "a whole number, 0 or more";
	case OPTION_COUNT:
		return "a whole number, 1 or more";
	case OPTION_AUTO:
		return "a whole number or auto";
	case OPTION_DURATION:
	case OPTION_SECONDS:
		return "a duration like 200ms, 5s, 10m, 1h or 10d";
	case OPTION_SIZE:
		return "a size like 512, 64KiB or 8MiB";
	case OPTION_WORD:
	case OPTION_WORDS:
		return "one of the words";
	case OPTION_STRINGS:
		return "a list of texts";
	case OPTION_ADDRESSES:
		return "addresses like 127.0.0.1:8080, [::]:8080 or unix:/run/x.sock";
	case OPTION_PORTS:
		return "a list of ports (1 to 65535)";
	}
	return "";
}

/* One scalar value into FIELD; false if it is none of the type. */
static bool read_scalar(struct config *config, const struct option *option, void *field,
	const char *text)
{
	long long ms;

	switch (option->type) {
	case OPTION_TEXT:
		*(const char **)field = arena_strdup(config->arena, text);
		return true;
	case OPTION_WORD:
		*(const char **)field = arena_strdup(config->arena, text);
		return has_word(option->words, text);
	case OPTION_BOOL:
		return read_bool(text, field);
	case OPTION_INT:
		return read_int(text, 0, field);
	case OPTION_COUNT:
		return read_int(text, 1, field);
	case OPTION_AUTO:
		*(int *)field = 0;
		return strcmp(text, "auto") == 0 || read_int(text, 1, field);
	case OPTION_DURATION:
	case OPTION_SECONDS:
		if (!value_duration(text, &ms))
			return false;
		*(int64_t *)field = option->type == OPTION_SECONDS ? ms / 1000 : ms;
		return true;
	case OPTION_SIZE:
		return value_size(text, field);
	case OPTION_STRINGS:
	case OPTION_WORDS:
	case OPTION_ADDRESSES:
	case OPTION_PORTS:
		return false;
	}
	return false;
}

static bool is_item(const struct option *option, const char *text, int *port)
{
	switch (option->type) {
	case OPTION_WORDS:
		return has_word(option->words, text);
	case OPTION_ADDRESSES:
		return value_is_address(text);
	case OPTION_PORTS:
		return read_int(text, 1, port) && *port <= 65535;
	default:
		return true;
	}
}

static bool wrong_value(struct reader *reader, const struct option *option,
	const yaml_node_t *node)
{
	const char *text = scalar(node);

	return fail(reader, node, "%s: found %s%s%s; expected %s%s%s%s", option->key,
		text ? "'" : "", text ? text :
		node->type == YAML_SEQUENCE_NODE ? "a list" : "a mapping", text ? "'" : "",
		expectation(option->type), option->words ? " (" : "",
		option->words ? option->words : "", option->words ? ")" : "");
}

/* A list, or one scalar that stands for a list of one. */
static bool read_list(struct reader *reader, const struct option *option, void *field,
	yaml_node_t *node)
{
	bool is_list = node->type == YAML_SEQUENCE_NODE;
	size_t count = is_list ? (size_t)(node->data.sequence.items.top -
		node->data.sequence.items.start) : 1;
	const char **items;
	int *ports;

	if ((!is_list && !scalar(node)) || count > LIST_MAX)
		return wrong_value(reader, option, node);
	items = arena_alloc(reader->config->arena, (count + 1) * sizeof(*items));
	ports = arena_alloc(reader->config->arena, (count + 1) * sizeof(*ports));
	for (size_t i = 0; i < count; i++) {
		yaml_node_t *item = is_list ? yaml_document_get_node(&reader->document,
			node->data.sequence.items.start[i]) : node;

		if (!item || !scalar(item) || !is_item(option, scalar(item), &ports[i]))
			return wrong_value(reader, option, item ? item : node);
		items[i] = arena_strdup(reader->config->arena, scalar(item));
	}
	if (option->type == OPTION_PORTS)
		*(struct config_ints *)field = (struct config_ints){ports, count};
	else
		*(struct config_strings *)field = (struct config_strings){items, count};
	return true;
}

static bool read_option(struct reader *reader, const struct option *option,
	yaml_node_t *node)
{
	void *field = (char *)reader->config + option->offset;

	switch (option->type) {
	case OPTION_STRINGS:
	case OPTION_WORDS:
	case OPTION_ADDRESSES:
	case OPTION_PORTS:
		return read_list(reader, option, field, node);
	default:
		break;
	}
	if (option->type == OPTION_TEXT && is_null(node)) {
		*(const char **)field = NULL;
		return true;
	}
	if (!scalar(node) || !read_scalar(reader->config, option, field, scalar(node)))
		return wrong_value(reader, option, node);
	return true;
}

static const struct option *find_option(const char *key)
{
	for (size_t i = 0; i < option_count; i++) {
		if (strcmp(option_table[i].key, key) == 0)
			return &option_table[i];
	}
	return NULL;
}

static bool is_section(const char *key)
{
	size_t len = strlen(key);

	for (size_t i = 0; i < option_count; i++) {
		if (strncmp(option_table[i].key, key, len) == 0 && option_table[i].key[len] == '.')
			return true;
	}
	return false;
}

static bool unknown(struct reader *reader, const yaml_node_t *node, const char *key)
{
	const char *near = option_suggest(key);

	return near ? fail(reader, node, "unknown option '%s'; did you mean '%s'?", key, near) :
		      fail(reader, node, "unknown option '%s'", key);
}

/* ---- partners and rights ---- */

struct member {
	const char *key;
	enum option_type type;
	size_t offset;
	const char *words;
};

static const char levels[] = "none|headline|summary|full|full+media";

static const struct member partner_members[] = {
	{"name", OPTION_TEXT, offsetof(struct config_partner, name), NULL},
	{"token_file", OPTION_TEXT, offsetof(struct config_partner, token_file), NULL},
	{"callback_hosts", OPTION_STRINGS, offsetof(struct config_partner, callback_hosts), NULL},
	{"topics", OPTION_STRINGS, offsetof(struct config_partner, topics), NULL},
	{"embargo_access", OPTION_BOOL, offsetof(struct config_partner, embargo_access), NULL},
	{NULL, OPTION_TEXT, 0, NULL},
};

static const struct member match_members[] = {
	{"source", OPTION_STRINGS, offsetof(struct config_rule, source), NULL},
	{"dateline", OPTION_STRINGS, offsetof(struct config_rule, dateline), NULL},
	{"channel", OPTION_STRINGS, offsetof(struct config_rule, channel), NULL},
	{"author", OPTION_STRINGS, offsetof(struct config_rule, author), NULL},
	{"tag", OPTION_STRINGS, offsetof(struct config_rule, tag), NULL},
	{NULL, OPTION_TEXT, 0, NULL},
};

static const struct member rule_members[] = {
	{"name", OPTION_TEXT, offsetof(struct config_rule, name), NULL},
	{"text", OPTION_TEXT, offsetof(struct config_rule, text), NULL},
	{"license", OPTION_TEXT, offsetof(struct config_rule, license), NULL},
	{"public", OPTION_WORD, offsetof(struct config_rule, public_level), levels},
	{NULL, OPTION_TEXT, 0, NULL},
};

static const struct member *find_member(const struct member *members, const char *key)
{
	while (members->key && strcmp(members->key, key) != 0)
		members++;
	return members->key ? members : NULL;
}

static bool read_member(struct reader *reader, const struct member *member, void *base,
	yaml_node_t *node)
{
	struct option option = {member->key, member->type, 0, NULL, member->words, false};
	void *field = (char *)base + member->offset;

	if (member->type == OPTION_STRINGS)
		return read_list(reader, &option, field, node);
	if (!scalar(node) || !read_scalar(reader->config, &option, field, scalar(node)))
		return wrong_value(reader, &option, node);
	return true;
}

static bool read_grants(struct reader *reader, yaml_node_t *node, struct config_rule *rule)
{
	struct config_grant *grants;
	size_t count = 0;

	if (node->type != YAML_MAPPING_NODE)
		return fail(reader, node, "partners: expected a mapping from partner to level");
	grants = arena_alloc(reader->config->arena, sizeof(*grants) *
		(size_t)(1 + node->data.mapping.pairs.top - node->data.mapping.pairs.start));
	for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
		pair < node->data.mapping.pairs.top; pair++) {
		yaml_node_t *key = yaml_document_get_node(&reader->document, pair->key);
		yaml_node_t *value = yaml_document_get_node(&reader->document, pair->value);

		if (!scalar(key) || !scalar(value) || !has_word(levels, scalar(value)))
			return fail(reader, value, "partners: expected a level (%s)", levels);
		grants[count++] = (struct config_grant){
			arena_strdup(reader->config->arena, scalar(key)),
			arena_strdup(reader->config->arena, scalar(value))};
	}
	rule->partners = grants;
	rule->partner_count = count;
	return true;
}

/* A mapping whose keys are MEMBERS (or, in a rule, `match` and `partners`) into BASE. */
static bool read_members(struct reader *reader, yaml_node_t *node, const char *what,
	const struct member *members, void *base, struct config_rule *rule)
{
	if (node->type != YAML_MAPPING_NODE)
		return fail(reader, node, "%s: expected a mapping", what);
	for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
		pair < node->data.mapping.pairs.top; pair++) {
		yaml_node_t *key = yaml_document_get_node(&reader->document, pair->key);
		yaml_node_t *value = yaml_document_get_node(&reader->document, pair->value);
		const char *name = scalar(key) ? scalar(key) : "";
		const struct member *member = find_member(members, name);
		bool ok;

		if (member)
			ok = read_member(reader, member, base, value);
		else if (rule && strcmp(name, "match") == 0)
			ok = read_members(reader, value, "rights.match", match_members, rule, NULL);
		else if (rule && strcmp(name, "partners") == 0)
			ok = read_grants(reader, value, rule);
		else
			ok = fail(reader, key, "%s: unknown key '%s'", what, name);
		if (!ok)
			return false;
	}
	return true;
}

static bool read_entries(struct reader *reader, yaml_node_t *node, bool is_rights)
{
	struct config *config = reader->config;
	const char *what = is_rights ? "rights" : "partners";
	struct config_partner *partners;
	struct config_rule *rules;
	size_t count;

	if (node->type != YAML_SEQUENCE_NODE)
		return is_null(node) || fail(reader, node, "%s: expected a list", what);
	count = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
	if (count > LIST_MAX)
		return fail(reader, node, "%s: more than %d entries", what, LIST_MAX);
	partners = arena_alloc(config->arena, (count + 1) * sizeof(*partners));
	rules = arena_alloc(config->arena, (count + 1) * sizeof(*rules));
	for (size_t i = 0; i < count; i++) {
		yaml_node_t *item = yaml_document_get_node(&reader->document,
			node->data.sequence.items.start[i]);

		if (is_rights ? !read_members(reader, item, what, rule_members, &rules[i], &rules[i]) :
				!read_members(reader, item, what, partner_members, &partners[i], NULL))
			return false;
		if (is_rights ? !rules[i].name : !partners[i].name)
			return fail(reader, item, "%s: an entry needs a name", what);
	}
	if (is_rights) {
		config->rights = rules;
		config->rule_count = count;
	} else {
		config->partners = partners;
		config->partner_count = count;
	}
	return true;
}

/* Walks a mapping; PREFIX is the dotted key so far ("" at the top). */
static bool read_section(struct reader *reader, yaml_node_t *node, const char *prefix)
{
	if (is_null(node))
		return true;
	if (node->type != YAML_MAPPING_NODE)
		return fail(reader, node, "%s: expected a mapping of options",
			*prefix ? prefix : "the file");
	for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
		pair < node->data.mapping.pairs.top; pair++) {
		yaml_node_t *key = yaml_document_get_node(&reader->document, pair->key);
		yaml_node_t *value = yaml_document_get_node(&reader->document, pair->value);
		const struct option *option;
		char *name;
		bool ok;

		if (!key || !scalar(key) || !value)
			return fail(reader, node, "expected the name of an option");
		name = arena_printf(reader->config->arena, "%s%s%s", prefix, *prefix ? "." : "",
			scalar(key));
		option = find_option(name);
		if (option)
			ok = read_option(reader, option, value);
		else if (!*prefix && (strcmp(name, "partners") == 0 || strcmp(name, "rights") == 0))
			ok = read_entries(reader, value, *name == 'r');
		else if (is_section(name))
			ok = read_section(reader, value, name);
		else
			ok = unknown(reader, key, name);
		if (!ok)
			return false;
	}
	return true;
}

/* Parses TEXT and gives its root to OPTION, or to the whole configuration. */
static bool read_text(struct config *config, const char *name, const char *text, size_t len,
	const struct option *option, struct error *err)
{
	struct reader reader = {.config = config, .name = name, .err = err};
	yaml_parser_t parser;
	yaml_node_t *root;
	bool ok = true;

	if (!yaml_parser_initialize(&parser))
		abort();
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	if (!yaml_parser_load(&parser, &reader.document)) {
		error_set(err, "%s:%zu:%zu: %s%s%s", name, parser.problem_mark.line + 1,
			parser.problem_mark.column + 1, parser.context ? parser.context : "",
			parser.context ? ": " : "", parser.problem ? parser.problem : "not YAML");
		yaml_parser_delete(&parser);
		return false;
	}
	root = yaml_document_get_root_node(&reader.document);
	if (root)
		ok = option ? read_option(&reader, option, root) : read_section(&reader, root, "");
	yaml_document_delete(&reader.document);
	yaml_parser_delete(&parser);
	return ok;
}

static bool read_override(struct config *config, const char *text, struct error *err)
{
	const char *equals = strchr(text, '=');
	const struct option *option;
	char *key, *name;

	if (!equals)
		return error_set(err, "-o %s: expected KEY=VALUE", text);
	key = arena_strndup(config->arena, text, (size_t)(equals - text));
	name = arena_printf(config->arena, "-o %s", key);
	option = find_option(key);
	if (!option)
		return error_set(err, "-o: unknown option '%s'%s%s%s", key,
			option_suggest(key) ? "; did you mean '" : "",
			option_suggest(key) ? option_suggest(key) : "",
			option_suggest(key) ? "'?" : "");
	/* an empty value is an empty text, as a shell user expects */
	return read_text(config, name, equals[1] ? equals + 1 : "''", strlen(equals[1] ?
		equals + 1 : "''"), option, err);
}

static bool read_defaults(struct config *config, struct error *err)
{
	for (size_t i = 0; i < option_count; i++) {
		const struct option *option = &option_table[i];

		if (option->fallback && !read_text(config, option->key, option->fallback,
					strlen(option->fallback), option, err))
			return false;
	}
	return true;
}

static bool check_whole(const struct config *config, const char *name, struct error *err)
{
	if (!config->articles.directory)
		return error_set(err, "%s: articles.directory is not set; name a directory there "
			"or on the command line", name);
	if (config->hub.lease.min_s > config->hub.lease.max_s)
		return error_set(err, "%s: hub.lease.min is more than hub.lease.max", name);
	if (!config->http.listen.count)
		return error_set(err, "%s: http.listen: expected at least one address", name);
	if (config->site.base_url && strncmp(config->site.base_url, "http://", 7) != 0 &&
		strncmp(config->site.base_url, "https://", 8) != 0)
		return error_set(err, "%s: site.base_url: found '%s'; expected an address that "
			"begins with http:// or https://", name, config->site.base_url);
	return true;
}

bool config_load(const struct config_source *source, struct config **out, struct error *err)
{
	struct arena *arena = arena_create();
	struct config *config = arena_alloc(arena, sizeof(*config));
	const char *name = source->name ? source->name : "command line";
	bool ok;

	config->arena = arena;
	ok = read_defaults(config, err) && (!source->text ||
		read_text(config, name, source->text, source->len, NULL, err));
	if (ok && source->directory)
		config->articles.directory = arena_strdup(arena, source->directory);
	for (size_t i = 0; ok && i < source->override_count; i++)
		ok = read_override(config, source->overrides[i], err);
	if (ok && !config->store.directory)
		config->store.directory = source->directory && !source->text ?
			arena_printf(arena, "%s/.gazetted", source->directory) :
			arena_strdup(arena, source->state_directory ? source->state_directory :
				"/var/lib/gazetted");
	if (ok && !config->admin.socket)
		config->admin.socket = arena_printf(arena, "%s/control.sock",
			config->store.directory);
	if (!ok || !check_whole(config, name, err)) {
		config_destroy(config);
		return false;
	}
	*out = config;
	return true;
}
