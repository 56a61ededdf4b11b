/*
 * feedcheck.c: feed_check, the look at a finished document before readers get it: libraries
 * that did not write it must be able to read it, and what would make readers lose or mix up
 * items must not be in it.
 */
#include <jansson.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <string.h>

#include "feeds/base/error.h"
#include "feeds/base/map.h"
#include "feeds/render.h"

static xmlNode *child_named(const xmlNode *parent, const char *name)
{
	for (xmlNode *node = parent->children; node; node = node->next) {
		if (node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, name) == 0)
			return node;
	}
	return NULL;
}

/* The text of the first child NAME; "" when it is missing or holds more than text. */
static const char *child_text(const xmlNode *parent, const char *name)
{
	const xmlNode *node = child_named(parent, name);

	return node && node->children && node->children->content ?
		(const char *)node->children->content : "";
}

static bool take_unique(struct map *seen, const char *what, const char *text,
	struct error *err)
{
	if (!*text)
		return error_set(err, "an item has no %s", what);
	if (map_put(seen, text, strlen(text), seen))
		return error_set(err, "two items have the %s %s", what, text);
	return true;
}

static bool check_items(const xmlNode *parent, bool is_atom, struct error *err)
{
	struct map ids = {0}, times = {0};
	bool ok = true;

	for (const xmlNode *node = parent->children; ok && node; node = node->next) {
		if (node->type != XML_ELEMENT_NODE ||
			strcmp((const char *)node->name, is_atom ? "entry" : "item") != 0)
			continue;
		ok = take_unique(&ids, is_atom ? "id" : "guid",
			child_text(node, is_atom ? "id" : "guid"), err);
		if (ok && !*child_text(node, "title"))
			ok = error_set(err, "an item has no title");
		if (ok && is_atom)
			ok = take_unique(&times, "updated", child_text(node, "updated"), err);
	}
	map_finish(&ids);
	map_finish(&times);
	return ok;
}

static bool check_xml(bool is_atom, const char *bytes, size_t len, struct error *err)
{
	xmlParserCtxt *parser = xmlNewParserCtxt();
	xmlDoc *document = parser ? xmlCtxtReadMemory(parser, bytes, (int)len, NULL, "UTF-8",
		XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING) : NULL;
	const xmlNode *root = document ? xmlDocGetRootElement(document) : NULL;
	bool ok;

	if (!root) {
		const xmlError *why = parser ? xmlCtxtGetLastError(parser) : NULL;

		ok = error_set(err, "not well-formed: line %d: %s", why ? why->line : 0,
			why && why->message ? why->message : "unreadable");
	} else {
		if (!is_atom)
			root = child_named(root, "channel");
		ok = root && *child_text(root, "title") &&
			(is_atom ? *child_text(root, "id") && *child_text(root, "updated") :
				   *child_text(root, "link") && child_named(root, "description") != NULL);
		ok = ok ? check_items(root, is_atom, err) :
			  error_set(err, "the feed itself lacks a required element");
	}
	xmlFreeDoc(document);
	xmlFreeParserCtxt(parser);
	return ok;
}

static bool check_json(const char *bytes, size_t len, struct error *err)
{
	json_error_t why;
	json_t *root = json_loadb(bytes, len, JSON_REJECT_DUPLICATES, &why);
	json_t *items = json_object_get(root, "items"), *item;
	struct map ids = {0};
	bool ok = true;
	size_t i;

	if (!root)
		return error_set(err, "not JSON: line %d: %s", why.line, why.text);
	if (!json_is_array(items) || !json_is_string(json_object_get(root, "version")) ||
		!json_is_string(json_object_get(root, "title")))
		ok = error_set(err, "the feed itself lacks a required member");
	json_array_foreach(items, i, item) {
		const char *id = json_string_value(json_object_get(item, "id"));

		ok = ok && take_unique(&ids, "id", id ? id : "", err);
	}
	map_finish(&ids);
	json_decref(root);
	return ok;
}

bool feed_check(enum feed_format format, const char *bytes, size_t len, struct error *err)
{
	return format == FEED_JSON ? check_json(bytes, len, err) :
				     check_xml(format == FEED_ATOM, bytes, len, err);
}
