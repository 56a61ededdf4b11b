/* extract.c: one pass over the page for what it says, another for its lines of text. */
#include "feeds/extract.h"

#include <libxml/tree.h>
#include <string.h>
#include <strings.h>

#include "feeds/base/arena.h"
#include "feeds/base/buf.h"
#include "feeds/html.h"
#include "feeds/html_media.h"
#include "feeds/html_tags.h"
#include "feeds/parse.h"
#include "feeds/text.h"

enum { DEPTH_MAX = 300, LINE_MAX_BYTES = 2000 };

const char *page_meta(const struct page *page, const char *name)
{
	for (size_t i = 0; i < page->meta_count; i++)
		if (strcasecmp(page->metas[i].name, name) == 0)
			return page->metas[i].content;
	return NULL;
}

const char *page_enp(const struct page *page, const char *name)
{
	const char *open = arena_printf(page->arena, "<%s>", name);
	const char *close = arena_printf(page->arena, "</%s>", name);
	const char *start = page->enp ? strstr(page->enp, open) : NULL;
	const char *end = start ? strstr(start, close) : NULL;
	char *text;

	if (!end)
		return NULL;
	start += strlen(open);
	text = html_plain(page->arena, start, (size_t)(end - start));
	return *text ? text : NULL;
}

static void add_text_of(struct buf *out, const xmlNode *node, int depth)
{
	for (; node && depth < DEPTH_MAX; node = node->next) {
		if (node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE)
			buf_add_str(out, (const char *)node->content);
		if (node->type != XML_ELEMENT_NODE)
			continue;
		if (strcmp((const char *)node->name, "br") == 0)
			buf_add_char(out, ' ');
		if (html_tag_rule((const char *)node->name)->kind != KIND_DROP)
			add_text_of(out, node->children, depth + 1);
	}
}

static char *clean_fold(struct arena *arena, const struct buf *text)
{
	char *clean = text_clean(arena, buf_text(text), text->len);

	return text_fold(arena, clean, strlen(clean));
}

char *page_text_of(struct arena *arena, const xmlNode *node)
{
	struct buf text = {0};
	char *folded;

	add_text_of(&text, node->children, 0);
	folded = clean_fold(arena, &text);
	buf_finish(&text);
	return folded;
}

/* "weibo: article:create_at" is how its inventor writes it. */
static const char *without_spaces(struct arena *arena, const char *name)
{
	char *copy, *to;

	if (!strchr(name, ' '))
		return name;
	copy = to = arena_strdup(arena, name);
	for (; *name; name++)
		if (*name != ' ')
			*to++ = *name;
	*to = '\0';
	return copy;
}

static void read_meta(struct page *page, const xmlNode *node)
{
	static const char *const keys[] = {"name", "property", "http-equiv", "itemprop"};
	const char *content = html_attribute(page->arena, node, "content");
	const char *name = NULL;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]) && !name; i++)
		name = html_attribute(page->arena, node, keys[i]);
	if (!name || !content || page->meta_count == PAGE_METAS_MAX)
		return;
	content = text_fold(page->arena, content, strlen(content));
	if (*content)
		page->metas[page->meta_count++] =
			(struct page_meta){without_spaces(page->arena, name), content};
}

static void set_if_none(const char **to, const char *text)
{
	if (!*to && text && *text)
		*to = text;
}

static void read_link(struct page *page, const xmlNode *node)
{
	const char *rel = html_attribute(page->arena, node, "rel");
	const char *href = html_attribute(page->arena, node, "href");
	const char *media = html_attribute(page->arena, node, "media");

	if (!rel || !href)
		return;
	if (strcasecmp(rel, "canonical") == 0)
		set_if_none(&page->canonical, href);
	else if (strcasecmp(rel, "alternate") == 0 && media &&
		(strstr(media, "handheld") || strstr(media, "max-width")))
		set_if_none(&page->mobile, href);
}

static void read_anchor(struct page *page, const xmlNode *node)
{
	const char *href;

	if (page->edition_link)
		return;
	href = html_attribute(page->arena, node, "href");
	if (href && strcmp(page_text_of(page->arena, node), "电子报") == 0)
		page->edition_link = href;
}

static void read_script(struct page *page, const xmlNode *node)
{
	const char *type = html_attribute(page->arena, node, "type");

	if (type && strcasecmp(type, "application/ld+json") == 0 && node->children &&
		node->children->content)
		page_add_ld(page, (const char *)node->children->content);
}

static void read_element(struct page *page, const xmlNode *node)
{
	const char *name = (const char *)node->name;

	if (strcmp(name, "meta") == 0)
		read_meta(page, node);
	else if (strcmp(name, "link") == 0)
		read_link(page, node);
	else if (strcmp(name, "script") == 0)
		read_script(page, node);
	else if (strcmp(name, "a") == 0)
		read_anchor(page, node);
	else if (strcmp(name, "html") == 0)
		set_if_none(&page->language, html_attribute(page->arena, node, "lang"));
	else if (strcmp(name, "title") == 0 && !page->title)
		set_if_none(&page->title, page_text_of(page->arena, node));
	else if (strcmp(name, "h1") == 0 && !page->h1)
		set_if_none(&page->h1, page_text_of(page->arena, node));
	else if (strcmp(name, "h2") == 0 && !page->h2)
		set_if_none(&page->h2, page_text_of(page->arena, node));
	else if (strcmp(name, "time") == 0)
		set_if_none(&page->time, html_attribute(page->arena, node, "datetime"));
}

static void read_comment(struct page *page, const char *text)
{
	const char *start = strstr(text, "enpproperty");

	if (start && !page->enp)
		page->enp = text_clean(page->arena, start, strlen(start));
}

static void read_nodes(struct page *page, const xmlNode *node, int depth)
{
	for (; node && depth < DEPTH_MAX; node = node->next) {
		if (node->type == XML_COMMENT_NODE && node->content)
			read_comment(page, (const char *)node->content);
		if (node->type != XML_ELEMENT_NODE)
			continue;
		read_element(page, node);
		if (strcmp((const char *)node->name, "svg") != 0)
			read_nodes(page, node->children, depth + 1);
	}
}

bool page_init(struct page *page, struct arena *arena, const struct parse_context *context,
	const char *text, size_t len, bool *is_too_complex)
{
	memset(page, 0, sizeof(*page));
	page->arena = arena;
	page->context = context;
	page->doc = html_parse(text, len, is_too_complex);
	if (!page->doc || !xmlDocGetRootElement(page->doc)) {
		page_finish(page);
		return false;
	}
	read_nodes(page, page->doc->children, 0);
	page_pick_ld(page);
	page_find_body(page);
	return true;
}

void page_finish(struct page *page)
{
	json_decref(page->ld_root);
	page->ld_root = page->ld = NULL;
	if (page->doc)
		xmlFreeDoc(page->doc);
	page->doc = NULL;
}

/* The state of page_read_lines. */
struct reader {
	struct page *page;
	struct page_lines *lines; /* where the text at hand goes; NULL within the body */
	struct buf text;
};

static void end_line(struct reader *reader)
{
	struct page_lines *lines = reader->lines;

	if (lines && reader->text.len && reader->text.len <= LINE_MAX_BYTES &&
		lines->count < PAGE_LINES_MAX) {
		char *line = clean_fold(reader->page->arena, &reader->text);

		if (*line)
			lines->items[lines->count++] = line;
	}
	buf_clear(&reader->text);
}

static void read_lines(struct reader *reader, const xmlNode *node, int depth);

static void read_line_element(struct reader *reader, const xmlNode *node, int depth)
{
	const struct tag_rule *rule = html_tag_rule((const char *)node->name);
	bool is_line = rule->kind != KIND_INLINE && rule->kind != KIND_UNWRAP;

	/* Whole pages stand in a form. */
	if (rule->kind == KIND_DROP && strcmp((const char *)node->name, "form") != 0)
		return;
	if (is_line)
		end_line(reader);
	if (node == reader->page->body_node) {
		reader->lines = &reader->page->after;
		return;
	}
	read_lines(reader, node->children, depth + 1);
	if (is_line)
		end_line(reader);
}

static void read_lines(struct reader *reader, const xmlNode *node, int depth)
{
	const struct sanitise_range *body = &reader->page->body;

	for (; node && depth < DEPTH_MAX; node = node->next) {
		if (node == body->first && !reader->page->body_node) {
			end_line(reader);
			reader->lines = NULL;
		}
		if (node == body->end && body->end) {
			buf_clear(&reader->text);
			reader->lines = &reader->page->after;
		}
		if (node->type == XML_TEXT_NODE && reader->lines)
			buf_add_str(&reader->text, (const char *)node->content);
		else if (node->type == XML_ELEMENT_NODE)
			read_line_element(reader, node, depth);
	}
}

void page_read_lines(struct page *page)
{
	struct reader reader = {.page = page, .lines = &page->before};

	read_lines(&reader, page->doc->children, 0);
	end_line(&reader);
	buf_finish(&reader.text);
}
