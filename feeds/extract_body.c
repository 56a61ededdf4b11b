/*
 * extract_body.c: where on a page the article's body is: content systems mark it by
 * comments, classes or ids; without a mark it is the block with the most running text.
 */
#include <libxml/tree.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "feeds/base/arena.h"
#include "feeds/date.h"
#include "feeds/article.h"
#include "feeds/extract.h"
#include "feeds/html_media.h"
#include "feeds/html_tags.h"
#include "feeds/parse.h"
#include "feeds/text.h"

enum { DEPTH_MAX = 300, INFO_LINE_MAX = 300, CLIMB_MAX = 3 };

/* In order of trust; everything up to RANK_MARKED_LAST holds the body and nothing else. */
enum rank {
	RANK_OPERATOR,
	RANK_ENP,
	RANK_ZJEG,
	RANK_TRS,
	RANK_VSB,
	RANK_FOUNDER,
	RANK_MARKED_LAST = RANK_FOUNDER,
	RANK_CLASS,
	RANK_ARTICLE,
	RANK_ID,
	RANK_COUNT
};

struct search {
	struct page *page;
	xmlNode *nodes[RANK_COUNT];       /* the first of each rank; a comment or element */
	const xmlNode *ends[RANK_COUNT];  /* for comments: the one that ends the body */
};

static bool has_token(const char *list, const char *token)
{
	size_t len = strlen(token);

	while (list && *list) {
		size_t part;

		list += strspn(list, " \t\r\n\f");
		part = strcspn(list, " \t\r\n\f");
		if (part == len && strncasecmp(list, token, len) == 0)
			return true;
		list += part;
	}
	return false;
}

/* "#id", ".class" or "tag". */
static bool is_selected(struct arena *arena, const xmlNode *node, const char *selector)
{
	const char *id;

	if (*selector == '#') {
		id = html_attribute(arena, node, "id");
		return id && strcmp(id, selector + 1) == 0;
	}
	if (*selector == '.')
		return has_token(html_attribute(arena, node, "class"), selector + 1);
	return strcasecmp((const char *)node->name, selector) == 0;
}

static void note(struct search *search, enum rank rank, xmlNode *node)
{
	if (!search->nodes[rank])
		search->nodes[rank] = node;
}

static void look_at_element(struct search *search, xmlNode *node)
{
	static const char *const ids[] = {"content", "zoom", "ozoom", "UCAP-CONTENT",
		"js_content", "artibody", "articleContent", "detail"};
	static const char *const classes[] = {"entry-content", "post-content", "article-content",
		"article-body", "rich_media_content", "pages_content", "rm_txt_con",
		"news_content"};
	struct arena *arena = search->page->arena;
	const char *selector = search->page->context->body_selector;
	const char *id = html_attribute(arena, node, "id");
	const char *class = html_attribute(arena, node, "class");

	if (selector && is_selected(arena, node, selector))
		note(search, RANK_OPERATOR, node);
	if (has_token(class, "TRS_Editor") || has_token(class, "trs_editor_view"))
		note(search, RANK_TRS, node);
	if (has_token(class, "v_news_content") || (id && strncmp(id, "vsb_content", 11) == 0))
		note(search, RANK_VSB, node);
	if (strcmp((const char *)node->name, "founder-content") == 0)
		note(search, RANK_FOUNDER, node);
	for (size_t i = 0; class && i < sizeof(classes) / sizeof(classes[0]); i++)
		if (has_token(class, classes[i]))
			note(search, RANK_CLASS, node);
	if (strcmp((const char *)node->name, "article") == 0)
		note(search, RANK_ARTICLE, node);
	for (size_t i = 0; id && i < sizeof(ids) / sizeof(ids[0]); i++)
		if (strcasecmp(id, ids[i]) == 0)
			note(search, RANK_ID, node);
}

static void look_at_comment(struct search *search, xmlNode *node)
{
	static const struct {
		enum rank rank;
		const char *begin, *end;
	} marks[] = {
		{RANK_ENP, "enpcontent", "/enpcontent"},
		{RANK_ZJEG, "ZJEG_RSS.content.begin", "ZJEG_RSS.content.end"},
		{RANK_ZJEG, "<$[信息内容]>begin", "<$[信息内容]>end"},
	};
	const char *text = (const char *)node->content;
	size_t len;

	text += strspn(text, " \t\r\n");
	len = strcspn(text, " \t\r\n");
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		enum rank rank = marks[i].rank;

		if (len == strlen(marks[i].begin) && strncasecmp(text, marks[i].begin, len) == 0)
			note(search, rank, node);
		else if (len == strlen(marks[i].end) && search->nodes[rank] &&
			!search->ends[rank] && strncasecmp(text, marks[i].end, len) == 0)
			search->ends[rank] = node;
	}
}

static void look(struct search *search, xmlNode *node, int depth)
{
	for (; node && depth < DEPTH_MAX; node = node->next) {
		if (node->type == XML_COMMENT_NODE && node->content)
			look_at_comment(search, node);
		if (node->type != XML_ELEMENT_NODE)
			continue;
		look_at_element(search, node);
		look(search, node->children, depth + 1);
	}
}

/* Han and letters count one, punctuation of sentences five. */
static intptr_t weigh(const char *text)
{
	const char *end = text + strlen(text);
	intptr_t weight = 0;

	while (text < end) {
		uint32_t c = text_next(&text, end);

		if (c == 0xff0c || c == 0x3002 || c == 0xff1b || c == 0xff01 || c == 0xff1f ||
			c == ',' || c == '.')
			weight += 5;
		else if (c > ' ' && c != 0x3000 && c != 0xa0)
			weight++;
	}
	return weight;
}

static void credit(xmlNode *node, intptr_t weight)
{
	if (node && node->type == XML_ELEMENT_NODE)
		node->_private = (void *)((intptr_t)node->_private + weight);
}

/* Credits each block that could be a body with the text of its paragraphs. BLOCK is the
 * nearest block around. Links are navigation more often than not. */
static void weigh_nodes(xmlNode *node, xmlNode *block, int depth)
{
	for (; node && depth < DEPTH_MAX; node = node->next) {
		const struct tag_rule *rule;
		xmlNode *inner = block;

		if (node->type == XML_TEXT_NODE && block) {
			intptr_t weight = weigh((const char *)node->content);
			bool is_paragraph =
				html_tag_rule((const char *)block->name)->kind == KIND_TEXT;

			credit(is_paragraph ? block->parent : block, weight);
			credit(is_paragraph && block->parent ? block->parent->parent
				: block->parent, weight / 2);
		}
		if (node->type != XML_ELEMENT_NODE || strcmp((const char *)node->name, "a") == 0)
			continue;
		rule = html_tag_rule((const char *)node->name);
		if (rule->kind == KIND_DROP && strcmp((const char *)node->name, "form") != 0)
			continue;
		if (rule->kind != KIND_INLINE && rule->kind != KIND_UNWRAP)
			inner = node;
		weigh_nodes(node->children, inner, depth + 1);
	}
}

static void find_heaviest(xmlNode *node, int depth, xmlNode **best)
{
	for (; node && depth < DEPTH_MAX; node = node->next) {
		if (node->type != XML_ELEMENT_NODE)
			continue;
		if (!*best || (intptr_t)node->_private > (intptr_t)(*best)->_private)
			*best = node;
		find_heaviest(node->children, depth + 1, best);
	}
}

/* Text of NODE without links; the weight of a subtree. */
static intptr_t weigh_subtree(const xmlNode *node, int depth)
{
	intptr_t weight = 0;

	for (; node && depth < DEPTH_MAX; node = node->next) {
		if (node->type == XML_TEXT_NODE)
			weight += weigh((const char *)node->content);
		else if (node->type == XML_ELEMENT_NODE &&
			strcmp((const char *)node->name, "a") != 0 &&
			html_tag_rule((const char *)node->name)->kind != KIND_DROP)
			weight += weigh_subtree(node->children, depth + 1);
	}
	return weight;
}

static bool is_alike(struct arena *arena, const xmlNode *a, const xmlNode *b)
{
	const char *class_a = html_attribute(arena, a, "class");
	const char *class_b = html_attribute(arena, b, "class");

	return strcmp((const char *)a->name, (const char *)b->name) == 0 &&
		!html_attribute(arena, b, "id") && (!class_a) == (!class_b) &&
		(!class_a || strcmp(class_a, class_b) == 0);
}

/* Whether the text goes on beside BEST in elements like it: editors that wrap every few
 * paragraphs. A column of the page has an id or a class of its own. */
static bool goes_on_beside(struct arena *arena, const xmlNode *best)
{
	intptr_t own = weigh_subtree(best->children, 0), others = 0;

	if (html_attribute(arena, best, "id"))
		return false;
	for (const xmlNode *node = best->parent->children; node; node = node->next)
		if (node != best && node->type == XML_ELEMENT_NODE && is_alike(arena, best, node))
			others += weigh_subtree(node->children, 0);
	return others * 4 >= own;
}

static xmlNode *find_element(xmlNode *node, const char *name)
{
	for (; node; node = node->next)
		if (node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, name) == 0)
			return node;
	return NULL;
}

static const xmlNode *find_densest(struct page *page)
{
	xmlNode *root = xmlDocGetRootElement(page->doc);
	xmlNode *body = find_element(root->children, "body"), *best = NULL;

	if (!body)
		return root;
	weigh_nodes(body->children, body, 0);
	find_heaviest(body->children, 0, &best);
	for (int i = 0; best && best->parent != body && i < CLIMB_MAX &&
		goes_on_beside(page->arena, best); i++)
		best = best->parent;
	return best && (intptr_t)best->_private > (intptr_t)body->_private ? best : body;
}

static bool has_image(const xmlNode *node, int depth)
{
	for (; node && depth < DEPTH_MAX; node = node->next)
		if (node->type == XML_ELEMENT_NODE &&
			(strcmp((const char *)node->name, "img") == 0 ||
				has_image(node->children, depth + 1)))
			return true;
	return false;
}

static bool has_content(struct page *page, const xmlNode *node)
{
	return *page_text_of(page->arena, node) || has_image(node->children, 0);
}

void page_find_body(struct page *page)
{
	struct search search = {.page = page};

	look(&search, page->doc->children, 0);
	for (int rank = 0; rank < RANK_COUNT; rank++) {
		xmlNode *node = search.nodes[rank];

		if (!node || (node->type == XML_COMMENT_NODE && !search.ends[rank]) ||
			(node->type == XML_ELEMENT_NODE && !has_content(page, node)))
			continue;
		page->has_marked_body = rank <= RANK_MARKED_LAST;
		if (node->type == XML_ELEMENT_NODE)
			page->body_node = node;
		page->body.first = node->type == XML_ELEMENT_NODE ? node->children : node;
		page->body.end = search.ends[rank];
		return;
	}
	page->body_node = find_densest(page);
	page->body.first = page->body_node->children;
}

static bool is_info_line(const struct page *page, const char *line)
{
	static const char *const words[] = {
		"来源", "时间", "日期", "作者", "稿源", "出处", "记者", "发布", "点击", "浏览"};
	struct instant when;
	size_t at, used;

	if (strlen(line) > INFO_LINE_MAX ||
		date_find(line, strlen(line), page->context->zone, &when, &at, &used) != DATE_OK)
		return false;
	if (at == 0 && used == strlen(line))
		return true;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strstr(line, words[i]))
			return true;
	return false;
}

static bool is_block(const xmlNode *node)
{
	enum tag_kind kind = html_tag_rule((const char *)node->name)->kind;

	return node->type == XML_ELEMENT_NODE && kind != KIND_INLINE && kind != KIND_UNWRAP &&
		kind != KIND_EMBED;
}

static bool holds_blocks(const xmlNode *node, int depth)
{
	for (const xmlNode *child = node->children; child && depth < DEPTH_MAX;
		child = child->next)
		if (child->type == XML_ELEMENT_NODE &&
			(is_block(child) || holds_blocks(child, depth + 1)))
			return true;
	return false;
}

static void drop(xmlNode *node)
{
	xmlUnlinkNode(node);
	xmlFreeNode(node);
}

static bool is_furniture(struct page *page, const xmlNode *node, const char *title)
{
	static const char *const names[] = {"header", "footer", "nav", "aside"};
	static const char *const classes[] = {"sharedaddy", "jp-relatedposts", "social-share"};
	const char *class = html_attribute(page->arena, node, "class");

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp((const char *)node->name, names[i]) == 0)
			return true;
	for (size_t i = 0; class && i < sizeof(classes) / sizeof(classes[0]); i++)
		if (has_token(class, classes[i]))
			return true;
	return title && strcmp((const char *)node->name, "h1") == 0 &&
		strcmp(page_text_of(page->arena, node), title) == 0;
}

/* Takes leading lines away until one is neither title nor information; false then. */
static bool trim_leading(struct page *page, xmlNode *node, const char *title, int depth)
{
	xmlNode *next;

	for (; node && depth < DEPTH_MAX; node = next) {
		char *line;

		next = node->next;
		if (node->type == XML_TEXT_NODE && strspn((const char *)node->content,
			" \t\r\n") != strlen((const char *)node->content))
			return false;
		if (node->type != XML_ELEMENT_NODE)
			continue;
		if (holds_blocks(node, depth)) {
			if (!trim_leading(page, node->children, title, depth + 1))
				return false;
			continue;
		}
		line = page_text_of(page->arena, node);
		if (!*line && strcmp((const char *)node->name, "img") != 0 &&
			!has_image(node->children, depth))
			continue;
		if (!(title && strcmp(line, title) == 0) && !is_info_line(page, line) &&
			strcmp((const char *)node->name, "time") != 0)
			return false;
		if (page->before.count < PAGE_LINES_MAX)
			page->before.items[page->before.count++] = line;
		drop(node);
	}
	return true;
}

static void drop_furniture(struct page *page, xmlNode *node, const char *title, int depth)
{
	xmlNode *next;

	for (; node && depth < DEPTH_MAX; node = next) {
		next = node->next;
		if (node->type != XML_ELEMENT_NODE)
			continue;
		if (!is_furniture(page, node, title)) {
			drop_furniture(page, node->children, title, depth + 1);
			continue;
		}
		if (page->before.count < PAGE_LINES_MAX)
			page->before.items[page->before.count++] =
				page_text_of(page->arena, node);
		drop(node);
	}
}

void page_trim_body(struct page *page, const char *title)
{
	if (page->has_marked_body || !page->body_node)
		return;
	drop_furniture(page, page->body_node->children, title, 0);
	trim_leading(page, page->body_node->children, title, 0);
	page->body.first = page->body_node->children;
}
