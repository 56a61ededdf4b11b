/*
 * reader.c: see reader.h. Every value is a scalar that read_scalar knows, or a list of
 * such; a list may be written as one scalar. What is wrong is said with what was
 * expected.
 */
#include "config/reader.h"

#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "config/options.h"
#include "feeds/base/arena.h"
#include "feeds/base/error.h"

/* Of every option that counts: sums and products of two of them are still an int. */
enum { LARGEST_NUMBER = 10000000 };

bool reader_fail(struct reader *reader, const yaml_node_t *node, const char *format, ...)
{
	char text[400];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (!reader->is_file)
		return error_set(reader->err, "%s: %s", reader->name, text);
	return error_set(reader->err, "%s:%zu:%zu: %s", reader->name,
		node->start_mark.line + 1, node->start_mark.column + 1, text);
}

const char *reader_scalar(const yaml_node_t *node)
{
	const char *text;

	if (!node || node->type != YAML_SCALAR_NODE)
		return NULL;
	text = (const char *)node->data.scalar.value;
	return strlen(text) == node->data.scalar.length ? text : NULL;
}

bool reader_is_null(const yaml_node_t *node)
{
	const char *text = reader_scalar(node);

	return text && node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	       (!*text || strcmp(text, "~") == 0 || strcmp(text, "null") == 0);
}

yaml_node_t *reader_node(struct reader *reader, int index)
{
	return yaml_document_get_node(&reader->document, index);
}

bool reader_is_repeated(
	struct reader *reader, const yaml_node_t *mapping, const yaml_node_pair_t *pair)
{
	const char *key = reader_scalar(reader_node(reader, pair->key));

	for (const yaml_node_pair_t *at = mapping->data.mapping.pairs.start; at < pair;
		at++) {
		const char *earlier = reader_scalar(reader_node(reader, at->key));

		if (key && earlier && strcmp(key, earlier) == 0)
			return true;
	}
	return false;
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
	size_t digits = strspn(text, "0123456789");
	long long value;

	if (!digits || text[digits] || digits > 10)
		return false;
	value = atoll(text);
	if (value < least || value > LARGEST_NUMBER)
		return false;
	*out = (int)value;
	return true;
}

static bool read_bool(const char *text, bool *out)
{
	*out = strcmp(text, "true") == 0 || strcmp(text, "yes") == 0 ||
	       strcmp(text, "on") == 0;
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
		return "a whole number from 0 to 10000000";
	case OPTION_COUNT:
		return "a whole number from 1 to 10000000";
	case OPTION_AUTO:
		return "a whole number from 1 to 10000000, or auto";
	case OPTION_DURATION:
		return "a duration like 200ms, 5s, 10m, 1h or 10d";
	case OPTION_SECONDS:
		return "a duration of whole seconds like 90s, 1h or 10d";
	case OPTION_SIZE:
		return "a size like 512, 64KiB or 8MiB";
	case OPTION_WORD:
		return "one of";
	case OPTION_WORDS:
		return "a list of";
	case OPTION_STRINGS:
		return "a list of texts";
	case OPTION_ADDRESSES:
		return "a list of addresses like 127.0.0.1:8080, [::]:8080 or "
		       "unix:/run/x.sock";
	case OPTION_NETWORKS:
		return "a list of networks like 10.0.0.0/8, fc00::/7 or 192.0.2.1";
	case OPTION_PORTS:
		return "a list of ports (1 to 65535)";
	case OPTION_DURATIONS:
		return "a list of durations of whole seconds like 15m or 1h, each longer than "
		       "the one before";
	}
	return "";
}

static bool wrong_value(
	struct reader *reader, const struct option *option, const yaml_node_t *node)
{
	const char *text = reader_scalar(node);
	char found[128];

	if (reader_is_null(node))
		snprintf(found, sizeof(found), "nothing");
	else if (text)
		snprintf(found, sizeof(found), "'%.100s'", text);
	else
		snprintf(found, sizeof(found), "%s",
			node->type == YAML_SEQUENCE_NODE  ? "a list"
			: node->type == YAML_MAPPING_NODE ? "a mapping"
							  : "a text with a NUL in it");
	return reader_fail(reader, node, "%s: found %s; expected %s%s%s", option->key,
		found, expectation(option->type), option->words ? " " : "",
		option->words ? option->words : "");
}

static bool read_duration(const struct option *option, const char *text, int64_t *out)
{
	long long ms;

	if (!value_duration(text, &ms))
		return false;
	if (option->type == OPTION_SECONDS && ms % 1000)
		return false;
	*out = option->type == OPTION_SECONDS ? ms / 1000 : ms;
	return true;
}

/* One scalar value into FIELD; false if it is none of the type. */
static bool read_scalar(
	struct config *config, const struct option *option, void *field, const char *text)
{
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
		return read_duration(option, text, field);
	case OPTION_SIZE:
		return value_size(text, field);
	case OPTION_STRINGS:
	case OPTION_WORDS:
	case OPTION_ADDRESSES:
	case OPTION_NETWORKS:
	case OPTION_PORTS:
	case OPTION_DURATIONS:
		break;
	}
	return false;
}

static bool is_list_type(enum option_type type)
{
	return type == OPTION_STRINGS || type == OPTION_WORDS ||
	       type == OPTION_ADDRESSES || type == OPTION_NETWORKS ||
	       type == OPTION_PORTS || type == OPTION_DURATIONS;
}

/* What a list holds beside the texts themselves. */
struct numbers {
	int *ports;
	int64_t *ms;
};

/* TEXT as item INDEX. */
static bool is_item(const struct option *option, const char *text, struct numbers *numbers,
	size_t index)
{
	int *port = &numbers->ports[index];
	int64_t *ms = &numbers->ms[index];


	if (option->type == OPTION_WORDS)
		return has_word(option->words, text);
	if (option->type == OPTION_ADDRESSES)
		return value_is_address(text);
	if (option->type == OPTION_NETWORKS)
		return value_is_network(text);
	if (option->type == OPTION_PORTS)
		return read_int(text, 1, port) && *port <= 65535;
	if (option->type == OPTION_DURATIONS)
		return read_duration(option, text, ms) && *ms >= 1000 && *ms % 1000 == 0 &&
		       *ms / 1000 <= INT_MAX && (!index || *ms > ms[-1]);
	return *text != '\0';
}

/* A list, or one scalar that stands for a list of one. */
static bool read_list(struct reader *reader, const struct option *option, void *field,
	yaml_node_t *node)
{
	bool is_list = node->type == YAML_SEQUENCE_NODE;
	size_t count = is_list ? (size_t)(node->data.sequence.items.top -
					  node->data.sequence.items.start)
			       : 1;
	const char **items;
	struct numbers numbers;

	if (count > READER_LIST_MAX)
		return reader_fail(reader, node,
			"%s: found %zu items; expected at most %d", option->key, count,
			READER_LIST_MAX);
	items = arena_alloc(reader->config->arena, (count + 1) * sizeof(*items));
	numbers.ports = arena_alloc(reader->config->arena, (count + 1) * sizeof(*numbers.ports));
	numbers.ms = arena_alloc(reader->config->arena, (count + 1) * sizeof(*numbers.ms));
	for (size_t i = 0; i < count; i++) {
		yaml_node_t *item =
			is_list ? reader_node(reader, node->data.sequence.items.start[i])
				: node;

		if (!reader_scalar(item) || reader_is_null(item) ||
			!is_item(option, reader_scalar(item), &numbers, i))
			return wrong_value(reader, option, item);
		items[i] = arena_strdup(reader->config->arena, reader_scalar(item));
	}
	if (option->type == OPTION_PORTS)
		*(struct config_ints *)field = (struct config_ints){numbers.ports, count};
	else if (option->type == OPTION_DURATIONS)
		*(struct config_durations *)field = (struct config_durations){numbers.ms, count};
	else
		*(struct config_strings *)field = (struct config_strings){items, count};
	return true;
}

bool reader_take(struct reader *reader, const struct option *option, void *field,
	yaml_node_t *node)
{
	if (is_list_type(option->type))
		return read_list(reader, option, field, node);
	if (option->type == OPTION_TEXT && reader_is_null(node)) {
		/* not set, which is the default where there is one */
		*(const char **)field = option->fallback;
		return true;
	}
	if (!reader_scalar(node) ||
		!read_scalar(reader->config, option, field, reader_scalar(node)))
		return wrong_value(reader, option, node);
	return true;
}
