/*
 * html.c: libxml2's HTML parser and what must be known about it. It is told UTF-8 so that
 * no <meta charset> can change the decoding; it never touches the network.
 */
#include "feeds/html.h"

#include <libxml/HTMLparser.h>
#include <libxml/tree.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include "feeds/article.h"
#include "feeds/base/buf.h"
#include "feeds/html_tags.h"
#include "feeds/parse.h"
#include "feeds/sanitise.h"
#include "feeds/text.h"

enum {
	PLAIN_DEPTH_MAX = 300,
	ATTRIBUTES_MAX = 1000,   /* of one element: libxml2 takes quadratic time over them */
	MARKUP_MAX = 400 * 1000, /* elements and attributes: a node takes 100 bytes and more */
	SCAN_FACTOR = 16,
};

/* Counts the attributes of a tag whose name is at AT, up to its '>', up to one more than
 * is allowed, or as far as *BUDGET bytes go. */
static size_t count_attributes(const char *at, const char *end, size_t *budget)
{
	size_t count = 0;
	bool is_apart = false;

	for (; at < end && *at != '>' && count <= ATTRIBUTES_MAX && *budget; at++, --*budget) {
		bool is_value = at[-1] == '=' && (*at == '"' || *at == '\'');
		const char *close = is_value ? memchr(at + 1, *at, (size_t)(end - at - 1)) : NULL;

		if (close) {
			size_t len = (size_t)(close - at);

			*budget -= len < *budget ? len : *budget - 1;
			at = close;
			is_apart = true;
		} else if ((unsigned char)*at <= ' ' || *at == '/') {
			is_apart = true;
		} else {
			count += is_apart;
			is_apart = false;
		}
	}
	return count;
}

/* 100,000 attributes take libxml2 half a minute, a million elements a gigabyte. Counts
 * from every '<', as what is script or comment to the parser is not known here; text made
 * to be slow here runs out of budget and is refused too. */
static bool is_hostile(const char *html, size_t len)
{
	const char *end = html + len;
	size_t budget = len * SCAN_FACTOR + 65536, markup = 0;

	for (const char *at = html; (at = memchr(at, '<', (size_t)(end - at)));) {
		size_t count;

		at++;
		if (at == end || (*at | 32) < 'a' || (*at | 32) > 'z')
			continue;
		count = count_attributes(at, end, &budget);
		markup += count + 1;
		if (count > ATTRIBUTES_MAX || markup > MARKUP_MAX || budget == 0)
			return true;
	}
	return false;
}

/* libxml2 drops everything from '<' to the next '>' if no name follows; browsers show it:
 * "<《标题》" is text. Returns the first such place, or NULL. */
static const char *find_stray_bracket(const char *at, const char *end)
{
	while ((at = memchr(at, '<', (size_t)(end - at))) && ++at < end)
		if ((unsigned char)*at >= 0x80)
			return at - 1;
	return NULL;
}

/* Stops at 256 levels like the parser, but does not give out the half that it has read. */
static xmlDoc *parse_clean(const char *html, size_t len, bool *is_too_complex)
{
	const int options = HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_NONET |
		HTML_PARSE_RECOVER | HTML_PARSE_NODEFDTD | HTML_PARSE_IGNORE_ENC |
		HTML_PARSE_COMPACT;
	htmlParserCtxt *parser = htmlNewParserCtxt();
	xmlDoc *doc = NULL;

	if (parser)
		doc = htmlCtxtReadMemory(parser, html, (int)len, NULL, "UTF-8", options);
	if (!parser || parser->disableSAX) {
		*is_too_complex = true;
		xmlFreeDoc(doc);
		doc = NULL;
	}
	htmlFreeParserCtxt(parser);
	return doc;
}

xmlDoc *html_parse(const char *html, size_t len, bool *is_too_complex)
{
	const char *end = html + len, *stray = find_stray_bracket(html, end), *from = html;
	struct buf mended = {0};
	xmlDoc *doc;

	*is_too_complex = len > INT_MAX / 8 || is_hostile(html, len);
	if (len == 0 || *is_too_complex)
		return NULL;
	if (!stray)
		return parse_clean(html, len, is_too_complex);
	for (; stray; stray = find_stray_bracket(from, end)) {
		buf_add(&mended, from, (size_t)(stray - from));
		buf_add_str(&mended, "&lt;");
		from = stray + 1;
	}
	buf_add(&mended, from, (size_t)(end - from));
	doc = parse_clean(mended.bytes, mended.len, is_too_complex);
	buf_finish(&mended);
	return doc;
}

bool html_refuse_complex(struct diagnosis *why)
{
	*why = (struct diagnosis){
		.class = "too-complex",
		.message = "more than 1,000 attributes on one element, 400,000 elements and "
			"attributes, or 250 levels",
		.hint = "save the page again, or the text alone",
	};
	return false;
}

bool html_body(struct arena *arena, const char *html, size_t len, const char *base_url,
	struct article *article, struct diagnosis *why)
{
	bool is_too_complex;
	xmlDoc *doc = html_parse(html, len, &is_too_complex);
	struct sanitise_range range = {doc ? doc->children : NULL, NULL};

	sanitise_body(arena, &range, base_url, article);
	xmlFreeDoc(doc);
	return !is_too_complex || html_refuse_complex(why);
}

char *html_sanitise(struct arena *arena, const char *html, size_t len, const char *base_url)
{
	bool is_too_complex;
	xmlDoc *doc = html_parse(html, len, &is_too_complex);
	struct sanitise_range range = {doc ? doc->children : NULL, NULL};
	char *fragment = sanitise_fragment(arena, &range, base_url);

	xmlFreeDoc(doc);
	return fragment;
}

static void add_plain(struct buf *out, const xmlNode *node, int depth)
{
	for (; node && depth < PLAIN_DEPTH_MAX; node = node->next) {
		const struct tag_rule *rule;

		if (node->type == XML_TEXT_NODE)
			buf_add_str(out, (const char *)node->content);
		if (node->type != XML_ELEMENT_NODE)
			continue;
		rule = html_tag_rule((const char *)node->name);
		if (rule->kind == KIND_DROP)
			continue;
		if (rule->kind == KIND_INLINE || rule->kind == KIND_UNWRAP) {
			add_plain(out, node->children, depth + 1);
			continue;
		}
		buf_add_char(out, ' ');
		add_plain(out, node->children, depth + 1);
		buf_add_char(out, ' ');
	}
}

char *html_plain(struct arena *arena, const char *html, size_t len)
{
	struct buf text = {0};
	bool is_too_complex;
	char *clean;
	xmlDoc *doc;

	if (!memchr(html, '<', len) && !memchr(html, '&', len))
		return text_fold(arena, html, len);
	doc = html_parse(html, len, &is_too_complex);
	add_plain(&text, doc ? doc->children : NULL, 0);
	xmlFreeDoc(doc);
	clean = text_clean(arena, buf_text(&text), text.len);
	buf_finish(&text);
	return text_fold(arena, clean, strlen(clean));
}
