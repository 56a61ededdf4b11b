/*
 * xml.c: looks the text over before libxml2 sees it (its time is quadratic in the number
 * of attributes of one element), parses, and hands on by the root's name.
 */
#include "feeds/xml.h"

#include <libxml/parser.h>
#include <string.h>

#include "feeds/article.h"
#include "feeds/base/arena.h"
#include "feeds/date.h"
#include "feeds/field_values.h"
#include "feeds/html_media.h"
#include "feeds/parse.h"
#include "feeds/sanitise.h"
#include "feeds/text.h"
#include "feeds/url.h"
#include "feeds/xml_tree.h"

#include "feeds/base/buf.h"

enum { ATTRIBUTES_MAX = 1000, DEPTH_MAX = 256, MARKUP_MAX = 400 * 1000 };

#define NS_NITF "http://iptc.org/std/NITF/"
#define NS_G2 "http://iptc.org/std/nar/2006-10-01/"
#define NS_ATOM "http://www.w3.org/2005/Atom"

xmlNode *xml_element(xmlNode *node, const char *name)
{
	for (; node; node = node->next)
		if (node->type == XML_ELEMENT_NODE &&
			(!name || strcmp((const char *)node->name, name) == 0))
			return node;
	return NULL;
}

xmlNode *xml_child(const xmlNode *node, const char *name)
{
	return node ? xml_element(node->children, name) : NULL;
}

xmlNode *xml_next(const xmlNode *node, const char *name)
{
	return node ? xml_element(node->next, name) : NULL;
}

xmlNode *xml_find(const xmlNode *node, const char *name)
{
	xmlNode *child = xml_child(node, NULL), *found;

	for (; child; child = xml_next(child, NULL)) {
		if (strcmp((const char *)child->name, name) == 0)
			return child;
		if ((found = xml_find(child, name)))
			return found;
	}
	return NULL;
}

static void add_text(struct buf *out, const xmlNode *node)
{
	for (; node; node = node->next) {
		if (node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE)
			buf_add_str(out, (const char *)node->content);
		else if (node->type == XML_ELEMENT_NODE)
			add_text(out, node->children);
	}
}

const char *xml_text(struct arena *arena, const xmlNode *node)
{
	struct buf text = {0};
	char *clean;

	if (!node)
		return NULL;
	add_text(&text, node->children);
	clean = text_clean(arena, buf_text(&text), text.len);
	clean = text_fold(arena, clean, strlen(clean));
	buf_finish(&text);
	return *clean ? clean : NULL;
}

const char *xml_attribute(struct arena *arena, const xmlNode *node, const char *name)
{
	char *text = node ? html_attribute(arena, node, name) : NULL;

	if (text)
		text = text_fold(arena, text, strlen(text));
	return text && *text ? text : NULL;
}

bool xml_time(const struct xml_reading *r, const char *text, struct instant *out)
{
	enum date_result result =
		text ? date_parse(text, strlen(text), r->context->zone, out) : DATE_NONE;

	if (result == DATE_IMPOSSIBLE)
		impossible_date(r->arena, text, r->why);
	return result == DATE_OK;
}

bool xml_limit_time(const struct xml_reading *r, const char *text, struct instant *out)
{
	if (!text || xml_time(r, text, out))
		return text != NULL;
	impossible_date(r->arena, text, r->why);
	*r->is_refused = true;
	return false;
}

void xml_body(const struct xml_reading *r, xmlNode *node, const char *base_url)
{
	struct sanitise_range range = {node ? node->children : NULL, NULL};

	sanitise_body(r->arena, &range, base_url, r->article);
	r->article->origin[FIELD_BODY] = "XML content";
}

void xml_rights(const struct xml_reading *r, const char *text, const char *origin)
{
	if (!text || r->article->rights)
		return;
	r->article->rights = r->article->notice = text;
	r->article->origin[FIELD_RIGHTS] = r->article->origin[FIELD_NOTICE] = origin;
}

/* Line and column of AT, from 1. */
static void place(const char *text, const char *at, struct diagnosis *why)
{
	why->line = why->column = 1;
	for (; text < at; text++) {
		if (*text == '\n') {
			why->line++;
			why->column = 1;
		} else if (((unsigned char)*text & 0xc0) != 0x80) {
			why->column++;
		}
	}
}

static bool refuse(const char *text, const char *at, const char *class, const char *message,
	const char *hint, struct diagnosis *why)
{
	*why = (struct diagnosis){.class = class, .message = message, .hint = hint};
	place(text, at, why);
	return false;
}

/* Past the end of a tag that begins at AT; counts its attributes. */
static const char *skip_tag(const char *at, size_t *attributes, bool *is_empty)
{
	char quote = '\0';

	*attributes = 0;
	for (; *at; at++) {
		if (quote) {
			quote = *at == quote ? '\0' : quote;
		} else if (*at == '"' || *at == '\'') {
			quote = *at;
			++*attributes;
		} else if (*at == '>') {
			*is_empty = at[-1] == '/';
			return at + 1;
		}
	}
	return at;
}

static const char *skip_past(const char *at, const char *mark)
{
	const char *end = strstr(at, mark);

	return end ? end + strlen(mark) : at + strlen(at);
}

/* libxml2 takes quadratic time over the hyphens of a comment that never ends. */
static const char *skip_comment(const char *at)
{
	const char *hyphens = strstr(at + strlen("<!--"), "--");

	return hyphens && hyphens[2] == '>' ? hyphens + 3 : NULL;
}

/* Text that is not well-formed is libxml2's to refuse, but for comments. */
static bool look_over(const char *text, struct diagnosis *why)
{
	size_t depth = 0, markup = 0, attributes;
	const char *at = text;

	while ((at = strchr(at, '<'))) {
		const char *start = at;
		bool is_empty = false;

		if (strncmp(at, "<!--", 4) == 0) {
			at = skip_comment(at);
			if (!at)
				return refuse(text, start, "xml-syntax",
					"a comment that does not end at its first --",
					"end it with -->, and write no other -- in it", why);
		} else if (strncmp(at, "<![CDATA[", 9) == 0) {
			at = skip_past(at, "]]>");
		} else if (at[1] == '?') {
			at = skip_past(at, "?>");
		} else if (at[1] == '!') {
			return refuse(text, at, "xml-dtd-forbidden",
				"document type declarations are not accepted",
				"remove <!DOCTYPE ...>", why);
		} else if (at[1] == '/') {
			depth -= depth > 0;
			at += 2;
		} else {
			at = skip_tag(at + 1, &attributes, &is_empty);
			depth += !is_empty;
			markup += attributes + 1;
			if (attributes > ATTRIBUTES_MAX || markup > MARKUP_MAX ||
				depth > DEPTH_MAX)
				return refuse(text, start, "xml-too-complex",
					"too many elements, attributes or levels", NULL, why);
		}
	}
	return true;
}

/* Nothing after the first mistake is of use, and each costs libxml2 time. */
static void stop(void *parser, xmlError *error)
{
	if (error->level == XML_ERR_FATAL)
		xmlStopParser(parser);
}

static xmlDoc *parse(struct arena *arena, const char *text, size_t len,
	struct diagnosis *why)
{
	const int options = XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NONET |
		XML_PARSE_NOCDATA | XML_PARSE_IGNORE_ENC | XML_PARSE_COMPACT;
	xmlParserCtxt *parser = xmlNewParserCtxt();
	xmlDoc *doc = NULL;

	if (parser) {
		parser->sax->serror = stop;
		doc = xmlCtxtReadMemory(parser, text, (int)len, NULL, "UTF-8", options);
	}
	if (!doc) {
		const char *message = parser && parser->lastError.message ?
			parser->lastError.message : "not well-formed";

		*why = (struct diagnosis){.class = "xml-syntax",
			.line = parser ? parser->lastError.line : 0,
			.column = parser ? parser->lastError.int2 : 0,
			.message = text_fold(arena, message, strlen(message)),
			.hint = "check that every element is closed and & is written &amp;"};
	}
	if (parser)
		xmlFreeParserCtxt(parser);
	return doc;
}

static bool is_root(const xmlNode *root, const char *name, const char *namespace)
{
	const char *uri = root->ns && root->ns->href ? (const char *)root->ns->href : "";

	return strcmp((const char *)root->name, name) == 0 &&
		strncmp(uri, namespace, strlen(namespace)) == 0;
}

static bool read_root(const struct xml_reading *r, xmlNode *root)
{
	if (is_root(root, "nitf", root->ns ? NS_NITF : "")) {
		r->article->format = FORMAT_NITF;
		nitf_read(r, root);
	} else if (is_root(root, "newsItem", NS_G2)) {
		r->article->format = FORMAT_NEWSML_G2;
		newsml_read(r, root);
	} else if (is_root(root, "entry", NS_ATOM)) {
		r->article->format = FORMAT_ATOM_ENTRY;
		return atom_entry_read(r, root);
	} else {
		const char *name = (const char *)root->name;

		*r->why = (struct diagnosis){.class = "xml-root-unknown", .line = 1, .column = 1,
			.message = arena_printf(r->arena, "no article format has the root %.60s",
				text_clean(r->arena, name, strlen(name))),
			.hint = "NITF, a NewsML-G2 newsItem or an Atom entry"};
		return false;
	}
	return true;
}

bool xml_article(struct arena *arena, const struct parse_context *context,
	const char *text, size_t len, struct article *article, struct diagnosis *why)
{
	bool is_good = false, is_refused = false;
	struct xml_reading r = {.arena = arena, .context = context, .article = article,
		.why = why, .is_refused = &is_refused};
	xmlNode *root;
	xmlDoc *doc;

	if (!look_over(text, why))
		return false;
	doc = parse(arena, text, len, why);
	if (!doc)
		return false;
	if (context->base_url && context->path)
		r.base_url = url_of_path(arena, context->base_url, context->path);
	root = xmlDocGetRootElement(doc);
	if (root && !doc->intSubset && !doc->extSubset) {
		is_good = read_root(&r, root) && !is_refused;
	} else {
		refuse(text, text, "xml-dtd-forbidden",
			"document type declarations are not accepted", NULL, why);
	}
	if (is_good)
		article->lead = text_lead(arena, &article->paragraphs);
	xmlFreeDoc(doc);
	return is_good;
}
