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
#include "feeds/base/arena.h"
#include "feeds/base/buf.h"
#include "feeds/html_tags.h"
#include "feeds/sanitise.h"
#include "feeds/text.h"

enum { PLAIN_DEPTH_MAX = 300, ATTRIBUTES_MAX = 1000, SCAN_FACTOR = 16 };

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

/* libxml2's time is quadratic in the attributes of one element, so that 100,000 of them
 * take half a minute. Counts from every '<', as what is script or comment to the parser is
 * not known here; text made to be slow here runs out of budget and is refused too. */
static bool is_hostile(const char *html, size_t len)
{
	const char *end = html + len;
	size_t budget = len * SCAN_FACTOR + 65536;

	for (const char *at = html; (at = memchr(at, '<', (size_t)(end - at)));) {
		at++;
		if (at < end && ((*at | 32) >= 'a' && (*at | 32) <= 'z') &&
			(count_attributes(at, end, &budget) > ATTRIBUTES_MAX || budget == 0))
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

static xmlDoc *parse_clean(const char *html, size_t len)
{
	const int options = HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_NONET |
		HTML_PARSE_RECOVER | HTML_PARSE_NODEFDTD | HTML_PARSE_IGNORE_ENC |
		HTML_PARSE_COMPACT;

	return htmlReadMemory(html, (int)len, NULL, "UTF-8", options);
}

xmlDoc *html_parse(const char *html, size_t len)
{
	const char *end = html + len, *stray = find_stray_bracket(html, end), *from = html;
	struct buf mended = {0};
	xmlDoc *doc;

	if (len == 0 || len > INT_MAX / 8 || is_hostile(html, len))
		return NULL;
	if (!stray)
		return parse_clean(html, len);
	for (; stray; stray = find_stray_bracket(from, end)) {
		buf_add(&mended, from, (size_t)(stray - from));
		buf_add_str(&mended, "&lt;");
		from = stray + 1;
	}
	buf_add(&mended, from, (size_t)(end - from));
	doc = parse_clean(mended.bytes, mended.len);
	buf_finish(&mended);
	return doc;
}

void html_body(struct arena *arena, const char *html, size_t len, const char *base_url,
	struct article *article)
{
	xmlDoc *doc = html_parse(html, len);
	struct sanitise_range range = {doc ? doc->children : NULL, NULL};

	sanitise_body(arena, &range, base_url, article);
	if (doc)
		xmlFreeDoc(doc);
}

char *html_sanitise(struct arena *arena, const char *html, size_t len, const char *base_url)
{
	xmlDoc *doc = html_parse(html, len);
	struct sanitise_range range = {doc ? doc->children : NULL, NULL};
	char *fragment = sanitise_fragment(arena, &range, base_url);

	if (doc)
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
	char *clean;
	xmlDoc *doc;

	if (!memchr(html, '<', len) && !memchr(html, '&', len))
		return text_fold(arena, html, len);
	doc = html_parse(html, len);
	if (doc) {
		add_plain(&text, doc->children, 0);
		xmlFreeDoc(doc);
	}
	clean = text_clean(arena, buf_text(&text), text.len);
	buf_finish(&text);
	return text_fold(arena, clean, strlen(clean));
}
