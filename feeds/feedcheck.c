/*
 * feedcheck.c: looks at a finished document as a strict reader would, before it replaces
 * the old one. XML is read with libxml2's SAX interface (no tree, no network, no document
 * type), JSON with jansson. A failure here is a bug of ours: the old document stays.
 */
#include "feeds/render.h"

#include "feeds/base/buf.h"
#include "feeds/base/error.h"
#include "feeds/base/map.h"
#include "feeds/base/mem.h"
#include "feeds/escape.h"
#include "feeds/text.h"

#include <jansson.h>
#include <libxml/parser.h>
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MOST 64
#define VALUE_MOST 4096 /* of an id or a date */
#define ATOM_NS "http://www.w3.org/2005/Atom"

/* What must be there once (REQUIRED) and must not be there twice, per feed or item. */
struct rule {
	bool is_item;
	const char *ns, *name;
	bool is_required;
	enum { VALUE_ANY, VALUE_ID, VALUE_UPDATED } value;
};

static const struct rule atom_rules[] = {
	{false, ATOM_NS, "id", true, VALUE_ANY},
	{false, ATOM_NS, "title", true, VALUE_ANY},
	{false, ATOM_NS, "updated", true, VALUE_ANY},
	{false, ATOM_NS, "author", true, VALUE_ANY},
	{true, ATOM_NS, "id", true, VALUE_ID},
	{true, ATOM_NS, "title", true, VALUE_ANY},
	{true, ATOM_NS, "updated", true, VALUE_UPDATED},
	{true, ATOM_NS, "published", false, VALUE_ANY},
	{true, ATOM_NS, "summary", false, VALUE_ANY},
	{true, ATOM_NS, "content", false, VALUE_ANY},
	{true, ATOM_NS, "rights", false, VALUE_ANY},
};

static const struct rule rss_rules[] = {
	{false, NULL, "title", true, VALUE_ANY},
	{false, NULL, "link", true, VALUE_ANY},
	{false, NULL, "description", true, VALUE_ANY},
	{true, NULL, "title", true, VALUE_ANY},
	{true, NULL, "link", true, VALUE_ANY},
	{true, NULL, "guid", true, VALUE_ID},
	{true, NULL, "pubDate", false, VALUE_ANY},
	{true, NULL, "description", false, VALUE_ANY},
	{true, NULL, "enclosure", false, VALUE_ANY},
	{true, ATOM_NS, "updated", false, VALUE_UPDATED},
};

struct vocabulary {
	const char *feed, *item, *ns;
	int feed_depth; /* of the element that holds metadata and items; the root is 1 */
	const struct rule *rules;
	size_t rule_count;
};

static const struct vocabulary vocabularies[] = {
	[FEED_ATOM] = {"feed", "entry", ATOM_NS, 1, atom_rules,
		sizeof(atom_rules) / sizeof(*atom_rules)},
	[FEED_RSS] = {"channel", "item", NULL, 2, rss_rules,
		sizeof(rss_rules) / sizeof(*rss_rules)},
};

/* The ids and dates met so far; owns the copies. */
struct seen {
	struct map map;
	char **texts;
	size_t count, cap;
};

/* False if TEXT was there before. */
static bool seen_add(struct seen *seen, const char *text)
{
	size_t len = strlen(text);
	char *copy;

	if (map_get(&seen->map, text, len))
		return false;
	if (seen->count == seen->cap) {
		seen->cap = seen->cap ? seen->cap * 2 : 64;
		seen->texts = mem_resize(seen->texts, seen->cap, sizeof(*seen->texts));
	}
	copy = mem_strdup(text);
	seen->texts[seen->count++] = copy;
	map_put(&seen->map, copy, len, copy);
	return true;
}

static void seen_finish(struct seen *seen)
{
	for (size_t i = 0; i < seen->count; i++)
		free(seen->texts[i]);
	free(seen->texts);
	map_finish(&seen->map);
}

/* ---- XML ---- */

struct checker {
	const struct vocabulary *vocabulary;
	struct error *err;
	bool is_bad;
	bool in_feed, in_item, has_feed;
	int depth, item_count;
	unsigned feed_mask, item_mask; /* a bit per rule that was met */
	const struct rule *capturing;
	char value[VALUE_MOST];
	size_t value_len;
	struct seen ids, updated;
};

static void fail(struct checker *checker, const char *what, const char *name)
{
	if (checker->is_bad)
		return;
	checker->is_bad = true;
	if (checker->item_count > 0)
		error_set(
			checker->err, "item %d: %s %s", checker->item_count, what, name);
	else
		error_set(checker->err, "feed: %s %s", what, name);
}

static void meet_rule(struct checker *checker, const char *name, const char *ns)
{
	unsigned *mask = checker->in_item ? &checker->item_mask : &checker->feed_mask;
	const struct vocabulary *vocabulary = checker->vocabulary;

	for (size_t i = 0; i < vocabulary->rule_count; i++) {
		const struct rule *rule = &vocabulary->rules[i];

		if (rule->is_item != checker->in_item || !text_is_same(rule->ns, ns) ||
			strcmp(rule->name, name) != 0)
			continue;
		if (*mask & 1U << i)
			fail(checker, "second", name);
		*mask |= 1U << i;
		checker->capturing = rule;
		checker->value_len = 0;
		return;
	}
}

static void on_start(void *context, const xmlChar *name, const xmlChar *prefix,
	const xmlChar *ns, int ns_count, const xmlChar **declared, int attribute_count,
	int defaulted_count, const xmlChar **attributes)
{
	struct checker *checker = context;
	const struct vocabulary *vocabulary = checker->vocabulary;
	const char *local = (const char *)name, *uri = (const char *)ns;

	(void)prefix, (void)ns_count, (void)declared;
	(void)attribute_count, (void)defaulted_count, (void)attributes;
	if (++checker->depth > DEPTH_MOST)
		fail(checker, "too deep:", local);
	if (checker->depth == vocabulary->feed_depth) {
		checker->in_feed = text_is_same(vocabulary->ns, uri) &&
				   strcmp(local, vocabulary->feed) == 0;
		checker->has_feed = checker->has_feed || checker->in_feed;
		return;
	}
	if (!checker->in_feed)
		return;
	if (checker->depth == vocabulary->feed_depth + 1 &&
		text_is_same(vocabulary->ns, uri) && strcmp(local, vocabulary->item) == 0) {
		checker->in_item = true;
		checker->item_mask = 0;
		checker->item_count++;
		return;
	}
	if (checker->depth == vocabulary->feed_depth + 1 + checker->in_item) {
		if (checker->item_count > 0 && !checker->in_item)
			return; /* a tombstone stands among the entries */
		meet_rule(checker, local, uri);
	}
}

static void check_required(struct checker *checker, bool is_item, unsigned mask)
{
	const struct vocabulary *vocabulary = checker->vocabulary;

	for (size_t i = 0; i < vocabulary->rule_count; i++) {
		const struct rule *rule = &vocabulary->rules[i];

		if (rule->is_item == is_item && rule->is_required && !(mask & 1U << i))
			fail(checker, "no", rule->name);
	}
}

static void close_value(struct checker *checker)
{
	const struct rule *rule = checker->capturing;

	checker->capturing = NULL;
	checker->value[checker->value_len] = '\0';
	if (rule->is_required && checker->value_len == 0 &&
		strcmp(rule->name, "author") != 0)
		fail(checker, "empty", rule->name);
	if (rule->value == VALUE_ID && !seen_add(&checker->ids, checker->value))
		fail(checker, "id is not unique:", checker->value);
	if (rule->value == VALUE_UPDATED && !seen_add(&checker->updated, checker->value))
		fail(checker, "updated is not distinct:", checker->value);
}

static void on_end(
	void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *ns)
{
	struct checker *checker = context;
	int feed_depth = checker->vocabulary->feed_depth;

	(void)name, (void)prefix, (void)ns;
	if (checker->capturing && checker->depth == feed_depth + 1 + checker->in_item)
		close_value(checker);
	if (checker->in_item && checker->depth == feed_depth + 1) {
		check_required(checker, true, checker->item_mask);
		checker->in_item = false;
	}
	if (checker->depth == feed_depth)
		checker->in_feed = false;
	checker->depth--;
}

static void on_text(void *context, const xmlChar *text, int len)
{
	struct checker *checker = context;
	size_t room = sizeof(checker->value) - 1 - checker->value_len;
	size_t more = (size_t)len;

	if (!checker->capturing)
		return;
	if (more > room) {
		/* of a long title the beginning is enough; an id that long is wrong */
		if (checker->capturing->value != VALUE_ANY)
			fail(checker, "too long:", checker->capturing->name);
		more = room;
	}
	memcpy(checker->value + checker->value_len, text, more);
	checker->value_len += more;
}

static void on_doctype(void *context, const xmlChar *name, const xmlChar *external,
	const xmlChar *system)
{
	(void)external, (void)system;
	fail(context, "document type", (const char *)name);
}

static void on_error(void *context, xmlErrorPtr error)
{
	struct checker *checker = context;

	if (error->level < XML_ERR_ERROR || checker->is_bad)
		return;
	checker->is_bad = true;
	error_set(checker->err, "line %d: %s", error->line,
		error->message ? error->message : "not well-formed");
}

static bool check_xml(
	enum feed_format format, const char *bytes, size_t len, struct error *err)
{
	xmlSAXHandler sax = {
		.initialized = XML_SAX2_MAGIC,
		.internalSubset = on_doctype,
		.startElementNs = on_start,
		.endElementNs = on_end,
		.characters = on_text,
		.ignorableWhitespace = on_text,
		.serror = on_error,
	};
	struct checker *checker = mem_alloc(sizeof(*checker));
	int result;
	bool ok;

	checker->vocabulary = &vocabularies[format];
	checker->err = err;
	result = xmlSAXUserParseMemory(&sax, checker, bytes, (int)len);
	if (result != 0)
		fail(checker, "not well-formed", "");
	if (!checker->has_feed)
		fail(checker, "no element", checker->vocabulary->feed);
	checker->item_count = 0;
	check_required(checker, false, checker->feed_mask);
	ok = !checker->is_bad;
	seen_finish(&checker->ids);
	seen_finish(&checker->updated);
	free(checker);
	return ok;
}

/* ---- JSON ---- */

static const char *string_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text && *text ? text : NULL;
}

static bool check_json_item(
	const json_t *item, struct seen *ids, struct seen *updated, struct error *err)
{
	const char *id = string_of(item, "id");
	const char *modified = string_of(item, "date_modified");

	if (!id)
		return error_set(err, "no id");
	if (!string_of(item, "content_html") && !string_of(item, "content_text"))
		return error_set(err, "no content: %s", id);
	if (!seen_add(ids, id))
		return error_set(err, "id is not unique: %s", id);
	if (modified && !seen_add(updated, modified))
		return error_set(err, "date_modified is not distinct: %s", modified);
	return true;
}

static bool check_json_items(const json_t *items, struct error *err)
{
	struct seen ids = {.count = 0}, updated = {.count = 0};
	const json_t *item;
	size_t i;
	bool ok = true;

	if (!json_is_array(items))
		return error_set(err, "feed: no items");
	json_array_foreach(items, i, item) {
		if (!check_json_item(item, &ids, &updated, err)) {
			ok = error_prefix(err, "item %zu", i + 1);
			break;
		}
	}
	seen_finish(&ids);
	seen_finish(&updated);
	return ok;
}

static bool check_json_feed(const json_t *feed, struct error *err)
{
	const char *version = string_of(feed, "version");

	if (!version || strcmp(version, "https://jsonfeed.org/version/1.1") != 0)
		return error_set(err, "feed: version is not 1.1");
	if (!string_of(feed, "title"))
		return error_set(err, "feed: no title");
	return check_json_items(json_object_get(feed, "items"), err);
}

static bool check_json(const char *bytes, size_t len, struct error *err)
{
	json_error_t json_err;
	json_t *feed = json_loadb(bytes, len, JSON_REJECT_DUPLICATES, &json_err);
	bool ok;

	if (!feed)
		return error_set(err, "line %d: %s", json_err.line, json_err.text);
	ok = check_json_feed(feed, err);
	json_decref(feed);
	return ok;
}

bool feed_check(enum feed_format format, const char *bytes, size_t len, struct error *err)
{
	assert(format < FEED_FORMAT_COUNT);
	if (len == 0 || len > INT32_MAX)
		return error_set(err, "%zu bytes are no document", len);
	if (!escape_is_utf8(bytes, len) || memchr(bytes, '\0', len))
		return error_set(err, "not UTF-8 text");
	if (format == FEED_JSON)
		return check_json(bytes, len, err);
	return check_xml(format, bytes, len, err);
}

bool feed_check_item(enum feed_format format, unsigned namespaces, const char *bytes,
	size_t len, struct error *err)
{
	static const char anywhere[] = "http://localhost/";
	struct feed_head head = {.id = anywhere, .title = "-", .self_url = anywhere,
		.home_url = anywhere, .author = "-", .namespaces = namespaces};
	struct buf document = {0};
	bool ok;

	feed_render(format, &head, &(struct feed_fragment){bytes, len}, 1, &document);
	ok = feed_check(format, document.bytes, document.len, err);
	buf_finish(&document);
	return ok;
}
