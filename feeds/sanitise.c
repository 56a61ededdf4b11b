/*
 * sanitise.c: walks the tree and tells the writer what it may keep. Nothing of the input's
 * markup is copied: tags come from the table, attributes are rebuilt from values that were
 * read and checked.
 */
#include "feeds/sanitise.h"

#include <libxml/tree.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/article.h"
#include "feeds/base/arena.h"
#include "feeds/html_media.h"
#include "feeds/html_write.h"
#include "feeds/text.h"
#include "feeds/url.h"

/* libxml2 stops at 256 levels; trees from elsewhere stop here. */
enum { DEPTH_MAX = 300, SPAN_MAX = 1000 };
#define NO_IMAGE SIZE_MAX

struct walk {
	struct writer writer;
	struct arena *arena;           /* borrows */
	const char *base_url;          /* borrows; may be NULL */
	const xmlNode *end;            /* stop here; may be NULL */
	bool has_ended;
	int depth;
	struct media_builder images, attachments;
	size_t figure_image;  /* index of the first image of the figure at hand */
	const char *caption;  /* of that figure */
	struct write_texts links;
};

static void walk_list(struct walk *walk, const xmlNode *node);

/* ` NAME="VALUE"` appended to OUT. */
static void add_attribute(struct buf *out, const char *name, const char *value)
{
	buf_add_char(out, ' ');
	buf_add_str(out, name);
	buf_add(out, "=\"", 2);
	write_escaped(out, value, strlen(value));
	buf_add_char(out, '"');
}

static char *keep(struct arena *arena, struct buf *buf)
{
	char *text = arena_strndup(arena, buf_text(buf), buf->len);

	buf_finish(buf);
	return text;
}

/* Character references can name what clean input cannot hold: C1 controls (C2 80 to 9F),
 * U+FEFF and up (EF), non-characters (F0 to F4). */
static void walk_text(struct walk *walk, const char *text)
{
	if (strpbrk(text, "\x7f\xc2\xef\xf0\xf1\xf2\xf3\xf4"))
		text = text_clean(walk->arena, text, strlen(text));
	write_text(&walk->writer, text);
}

static void add_link(struct walk *walk, const char *href)
{
	struct write_texts *links = &walk->links;

	if (links->count == links->cap) {
		size_t cap = links->cap ? links->cap * 2 : 8;
		const char **items = arena_alloc(walk->arena, cap * sizeof(*items));

		if (links->count)
			memcpy(items, links->items, links->count * sizeof(*items));
		links->items = items;
		links->cap = cap;
	}
	links->items[links->count++] = href;
}

static void add_attachment(struct walk *walk, const char *href, const char *url,
	const char *type, const char *title)
{
	struct media item = {.href = href, .url = walk->base_url ? url : NULL,
		.type = type, .length = -1, .title = title && *title ? title : NULL};

	media_add(&walk->attachments, &item);
}

static void walk_link(struct walk *walk, const xmlNode *node)
{
	const char *href = html_attribute(walk->arena, node, "href");
	const char *title = html_attribute(walk->arena, node, "title");
	const char *url = href ? media_address(walk->arena, walk->base_url, href) : NULL;
	struct writer *w = &walk->writer;
	const char *type = url ? media_type_of(url) : NULL;
	struct buf attributes = {0}, text = {0};
	struct buf *outer = w->capture;

	if (!url) {
		walk_list(walk, node->children);
		return;
	}
	add_attribute(&attributes, "href", url);
	if (title && *title)
		add_attribute(&attributes, "title", title);
	if (!write_push(w, TAG_A, keep(walk->arena, &attributes))) {
		walk_list(walk, node->children);
		return;
	}
	w->capture = &text;
	walk_list(walk, node->children);
	w->capture = outer;
	write_pop(w);
	if (media_is_attachment(type))
		add_attachment(walk, href, url, type,
			text_fold(walk->arena, buf_text(&text), text.len));
	else
		add_link(walk, href);
	buf_finish(&text);
}

static void walk_image(struct walk *walk, const xmlNode *node)
{
	struct media image;
	struct buf markup = {0};
	size_t index;

	if (!media_read_image(walk->arena, node, walk->base_url, &image))
		return;
	if (!image.href) {
		if (image.alt)
			write_text(&walk->writer, image.alt);
		return;
	}
	buf_add_str(&markup, "<img");
	add_attribute(&markup, "src", image.url);
	add_attribute(&markup, "alt", image.alt ? image.alt : "");
	if (image.width > 0)
		buf_printf(&markup, " width=\"%d\"", image.width);
	if (image.height > 0)
		buf_printf(&markup, " height=\"%d\"", image.height);
	buf_add_char(&markup, '>');
	write_embed(&walk->writer, markup.bytes, markup.len);
	buf_finish(&markup);
	if (!walk->base_url)
		image.url = NULL;
	index = media_add(&walk->images, &image);
	if (walk->figure_image == NO_IMAGE)
		walk->figure_image = index;
}

/* The address of a source that can be played; the type as stated if it looks like one. */
static bool read_source(struct walk *walk, const xmlNode *node, const char **href,
	const char **url, const char **type)
{
	const char *stated = html_attribute(walk->arena, node, "type");

	*href = html_attribute(walk->arena, node, "src");
	*url = *href ? media_address(walk->arena, walk->base_url, *href) : NULL;
	if (!*url || strncmp(*url, "mailto:", 7) == 0 || strncmp(*url, "tel:", 4) == 0)
		return false;
	*type = media_type_of(*href);
	if (stated && (strncmp(stated, "audio/", 6) == 0 || strncmp(stated, "video/", 6) == 0))
		*type = stated;
	return true;
}

/* libxml2 puts the sources into each other, as it does not know them to be void. */
static void add_sources(struct walk *walk, const xmlNode *node, struct buf *markup, int depth)
{
	const char *href, *url, *type;

	for (; node && depth < DEPTH_MAX; node = node->next) {
		if (node->type != XML_ELEMENT_NODE)
			continue;
		if (strcmp((const char *)node->name, "source") == 0 &&
			read_source(walk, node, &href, &url, &type)) {
			buf_add_str(markup, "<source");
			add_attribute(markup, "src", url);
			if (type)
				add_attribute(markup, "type", type);
			buf_add_char(markup, '>');
			add_attachment(walk, href, url, type, NULL);
		}
		add_sources(walk, node->children, markup, depth + 1);
	}
}

static void walk_player(struct walk *walk, const xmlNode *node, enum tag tag)
{
	const char *href, *url, *type;
	struct buf markup = {0}, sources = {0};
	bool has_source = read_source(walk, node, &href, &url, &type);

	if (has_source)
		add_attachment(walk, href, url, type, NULL);
	else
		add_sources(walk, node->children, &sources, 0);
	if (has_source || sources.len) {
		buf_printf(&markup, "<%s", html_tag_name(tag));
		if (has_source)
			add_attribute(&markup, "src", url);
		buf_printf(&markup, " controls>%s</%s>", buf_text(&sources), html_tag_name(tag));
		write_embed(&walk->writer, markup.bytes, markup.len);
	}
	buf_finish(&markup);
	buf_finish(&sources);
}

static void walk_embedded(struct walk *walk, const xmlNode *node, enum tag tag)
{
	if (tag == TAG_BR)
		write_line_break(&walk->writer);
	else if (tag == TAG_IMG)
		walk_image(walk, node);
	else
		walk_player(walk, node, tag);
	/* A void element has children only where the parser went wrong. */
	if (tag == TAG_BR || tag == TAG_IMG)
		walk_list(walk, node->children);
}

static const char *cell_attributes(struct walk *walk, const xmlNode *node)
{
	static const char *const names[] = {"colspan", "rowspan"};
	struct buf out = {0};

	for (size_t i = 0; i < 2; i++) {
		const char *text = html_attribute(walk->arena, node, names[i]);
		long span = text ? strtol(text, NULL, 10) : 0;

		if (span > 1 && span <= SPAN_MAX)
			buf_printf(&out, " %s=\"%ld\"", names[i], span);
	}
	return keep(walk->arena, &out);
}

/* A caption is not on the allow-list; its text goes before the table. */
static void walk_captions(struct walk *walk, const xmlNode *table)
{
	for (const xmlNode *child = table->children; child; child = child->next)
		if (child->type == XML_ELEMENT_NODE &&
			strcmp((const char *)child->name, "caption") == 0) {
			size_t level = write_enter(&walk->writer, TAG_P, "");

			walk_list(walk, child->children);
			write_leave(&walk->writer, level);
		}
}

static void walk_figcaption(struct walk *walk, const xmlNode *node)
{
	struct writer *w = &walk->writer;
	size_t level = write_enter(w, TAG_FIGCAPTION, "");
	size_t first = w->texts.count;

	walk_list(walk, node->children);
	write_leave(w, level);
	if (w->texts.count > first)
		walk->caption = w->texts.items[first];
}

/* The caption, before or after it, belongs to the first image. */
static void walk_figure(struct walk *walk, const xmlNode *node)
{
	size_t outer_image = walk->figure_image, level;
	const char *outer_caption = walk->caption;

	walk->figure_image = NO_IMAGE;
	walk->caption = NULL;
	level = write_enter(&walk->writer, TAG_FIGURE, "");
	walk_list(walk, node->children);
	write_leave(&walk->writer, level);
	if (walk->figure_image != NO_IMAGE && !walk->images.items[walk->figure_image].caption)
		walk->images.items[walk->figure_image].caption = walk->caption;
	walk->figure_image = outer_image;
	walk->caption = outer_caption;
}

static void walk_block(struct walk *walk, const xmlNode *node, enum tag tag)
{
	const char *attributes = "";
	size_t level;

	if (tag == TAG_FIGCAPTION) {
		walk_figcaption(walk, node);
		return;
	}
	if (tag == TAG_FIGURE) {
		walk_figure(walk, node);
		return;
	}
	if (tag == TAG_TABLE)
		walk_captions(walk, node);
	if (tag == TAG_TD || tag == TAG_TH)
		attributes = cell_attributes(walk, node);
	level = write_enter(&walk->writer, tag, attributes);
	walk_list(walk, node->children);
	write_leave(&walk->writer, level);
}

static bool is_table_caption(const xmlNode *node)
{
	return strcmp((const char *)node->name, "caption") == 0 && node->parent &&
		strcmp((const char *)node->parent->name, "table") == 0;
}

static void walk_inline(struct walk *walk, const xmlNode *node, enum tag tag)
{
	bool is_pushed = write_push(&walk->writer, tag, "");

	walk_list(walk, node->children);
	if (is_pushed)
		write_pop(&walk->writer);
}

static void walk_element(struct walk *walk, const xmlNode *node)
{
	const struct tag_rule *rule = html_tag_rule((const char *)node->name);

	switch (rule->kind) {
	case KIND_DROP:
		break;
	case KIND_UNWRAP:
		walk_list(walk, node->children);
		break;
	case KIND_BREAK:
		if (is_table_caption(node))
			break;
		write_break(&walk->writer);
		walk_list(walk, node->children);
		write_break(&walk->writer);
		break;
	case KIND_TEXT:
	case KIND_FLOW:
	case KIND_FRAME:
		walk_block(walk, node, rule->tag);
		break;
	case KIND_INLINE:
		if (rule->tag == TAG_A)
			walk_link(walk, node);
		else
			walk_inline(walk, node, rule->tag);
		break;
	case KIND_EMBED:
		walk_embedded(walk, node, rule->tag);
		break;
	}
}

static void walk_list(struct walk *walk, const xmlNode *node)
{
	if (walk->depth >= DEPTH_MAX)
		return;
	walk->depth++;
	for (; node && !walk->has_ended; node = node->next) {
		if (node == walk->end)
			walk->has_ended = true;
		else if (node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE)
			walk_text(walk, (const char *)node->content);
		else if (node->type == XML_ELEMENT_NODE)
			walk_element(walk, node);
	}
	walk->depth--;
}

/* With an end, goes on behind the ancestors of the first node until it is met. */
static void walk_range(struct walk *walk, const struct sanitise_range *range)
{
	const xmlNode *parent = range->first ? range->first->parent : NULL;

	walk->end = range->end;
	walk_list(walk, range->first);
	for (; range->end && parent && !walk->has_ended; parent = parent->parent) {
		if (parent->type != XML_ELEMENT_NODE)
			break;
		write_break(&walk->writer);
		walk_list(walk, parent->next);
	}
	write_end(&walk->writer);
}

static void begin(struct walk *walk, struct arena *arena, const char *base_url,
	const struct article *article)
{
	static const struct media_list none;

	*walk = (struct walk){.arena = arena, .base_url = base_url,
		.figure_image = NO_IMAGE};
	write_init(&walk->writer, arena);
	media_begin(&walk->images, arena, article ? &article->images : &none);
	media_begin(&walk->attachments, arena, article ? &article->attachments : &none);
}

static void mark_lead(struct media_builder *images)
{
	for (size_t i = 0; i < images->count; i++)
		if (images->items[i].role && strcmp(images->items[i].role, "lead") == 0)
			return;
	if (images->count)
		images->items[0].role = "lead";
}

void sanitise_body(struct arena *arena, const struct sanitise_range *range,
	const char *base_url, struct article *article)
{
	struct walk walk;

	begin(&walk, arena, base_url, article);
	walk_range(&walk, range);
	mark_lead(&walk.images);
	article->html = arena_strndup(arena, buf_text(&walk.writer.html), walk.writer.html.len);
	article->images = (struct media_list){walk.images.items, walk.images.count};
	article->attachments =
		(struct media_list){walk.attachments.items, walk.attachments.count};
	article->links = (struct strings){walk.links.items, walk.links.count};
	article->paragraphs =
		(struct strings){walk.writer.texts.items, walk.writer.texts.count};
	write_finish(&walk.writer);
}

char *sanitise_fragment(struct arena *arena, const struct sanitise_range *range,
	const char *base_url)
{
	struct walk walk;
	char *html;

	begin(&walk, arena, base_url, NULL);
	walk_range(&walk, range);
	html = arena_strndup(arena, buf_text(&walk.writer.html), walk.writer.html.len);
	write_finish(&walk.writer);
	return html;
}
