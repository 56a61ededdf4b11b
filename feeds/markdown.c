/*
 * markdown.c: md4c with our own callbacks. The shim (markdown_shim.h) has put edges into
 * the text where Chinese needs them; the renderer leaves them all out.
 */
#include "feeds/markdown.h"

#include <md4c.h>
#include <string.h>

#include "feeds/article.h"
#include "feeds/base/arena.h"
#include "feeds/base/buf.h"
#include "feeds/html.h"
#include "feeds/markdown_shim.h"
#include "feeds/text.h"

enum {
	DEEPEST = 100,    /* nesting that is still written */
	MOST_IMAGES = 200,
};

struct renderer {
	struct arena *arena;
	struct buf out;
	struct buf alt;           /* of the image being read */
	int image_depth;
	int depth;
	bool in_html, in_code, in_head;
	uint32_t before;          /* last character of text in this block */
	size_t break_at; /* where a soft break was written, plus 1; 0 = none waits */
	size_t more;
	const char *href, *title; /* of the image being read */
	struct media_list *images;
};

static const char *entity_of(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case MARKDOWN_EDGE:
		return "";
	}
	return NULL;
}

static void add_escaped(struct buf *out, const char *text, size_t len)
{
	const char *end = text + len, *run = text;

	for (; (text = text_skip_high(text, end)) < end; text++) {
		const char *entity = (unsigned char)*text < 0x80 ? entity_of(*text) : NULL;

		if (!entity)
			continue;
		buf_add(out, run, (size_t)(text - run));
		buf_add_str(out, entity);
		run = text + 1;
	}
	buf_add(out, run, (size_t)(text - run));
}

/* An attribute's text as HTML; entities stay for the HTML parser. */
static char *attribute(struct renderer *renderer, const MD_ATTRIBUTE *attribute)
{
	struct buf out = {0};
	char *text;

	for (int i = 0; attribute->text && attribute->substr_offsets[i] < attribute->size;
		i++) {
		const char *part = attribute->text + attribute->substr_offsets[i];
		size_t len =
			attribute->substr_offsets[i + 1] - attribute->substr_offsets[i];

		if (attribute->substr_types[i] == MD_TEXT_ENTITY)
			buf_add(&out, part, len);
		else if (attribute->substr_types[i] != MD_TEXT_NULLCHAR)
			add_escaped(&out, part, len);
	}
	text = arena_strdup(renderer->arena, buf_text(&out));
	buf_finish(&out);
	return text;
}

static void tag(struct renderer *renderer, const char *name, bool open)
{
	if (renderer->image_depth || renderer->depth > DEEPEST)
		return;
	buf_printf(&renderer->out, open ? "<%s>" : "</%s>", name);
}

static const char *const heading_names[] = {"h2", "h2", "h3", "h4", "h5", "h6"};

static const char *block_name(MD_BLOCKTYPE type, void *detail)
{
	switch (type) {
	case MD_BLOCK_QUOTE:
		return "blockquote";
	case MD_BLOCK_UL:
		return "ul";
	case MD_BLOCK_OL:
		return "ol";
	case MD_BLOCK_LI:
		return "li";
	case MD_BLOCK_H:
		return heading_names[(((MD_BLOCK_H_DETAIL *)detail)->level - 1) % 6];
	case MD_BLOCK_P:
		return "p";
	case MD_BLOCK_TABLE:
		return "table";
	case MD_BLOCK_THEAD:
		return "thead";
	case MD_BLOCK_TBODY:
		return "tbody";
	case MD_BLOCK_TR:
		return "tr";
	case MD_BLOCK_TH:
		return "th";
	case MD_BLOCK_TD:
		return "td";
	case MD_BLOCK_DOC:
	case MD_BLOCK_HR:
	case MD_BLOCK_CODE:
	case MD_BLOCK_HTML:
		break;
	}
	return NULL;
}

static int enter_block(MD_BLOCKTYPE type, void *detail, void *context)
{
	struct renderer *renderer = context;
	const char *name = block_name(type, detail);

	renderer->before = 0;
	renderer->break_at = 0;
	renderer->depth++;
	if (name)
		tag(renderer, name, true);
	if (type == MD_BLOCK_LI && ((MD_BLOCK_LI_DETAIL *)detail)->is_task)
		buf_add_str(
			&renderer->out, ((MD_BLOCK_LI_DETAIL *)detail)->task_mark == ' '
						? "\xE2\x98\x90 "
						: "\xE2\x98\x91 ");
	if (type == MD_BLOCK_CODE) {
		buf_add_str(&renderer->out, "<pre><code>");
		renderer->in_code = true;
	}
	renderer->in_html = type == MD_BLOCK_HTML;
	return 0;
}

static int leave_block(MD_BLOCKTYPE type, void *detail, void *context)
{
	struct renderer *renderer = context;
	const char *name = block_name(type, detail);

	if (name)
		tag(renderer, name, false);
	if (type == MD_BLOCK_CODE) {
		buf_add_str(&renderer->out, "</code></pre>");
		renderer->in_code = false;
	}
	if (type != MD_BLOCK_LI && name)
		buf_add_char(&renderer->out, '\n');
	renderer->in_html = false;
	renderer->before = 0;
	renderer->break_at = 0;
	renderer->depth--;
	return 0;
}

static const char *span_name(MD_SPANTYPE type)
{
	switch (type) {
	case MD_SPAN_EM:
		return "em";
	case MD_SPAN_STRONG:
		return "strong";
	case MD_SPAN_CODE:
		return "code";
	case MD_SPAN_DEL:
		return "s";
	case MD_SPAN_U:
		return "u";
	case MD_SPAN_A:
	case MD_SPAN_IMG:
	case MD_SPAN_LATEXMATH:
	case MD_SPAN_LATEXMATH_DISPLAY:
	case MD_SPAN_WIKILINK:
		break;
	}
	return NULL;
}

static int enter_span(MD_SPANTYPE type, void *detail, void *context)
{
	struct renderer *renderer = context;
	const char *name = span_name(type);

	renderer->depth++;
	if (name)
		tag(renderer, name, true);
	if (type == MD_SPAN_A && !renderer->image_depth) {
		MD_SPAN_A_DETAIL *link = detail;

		buf_printf(&renderer->out, "<a href=\"%s\"",
			attribute(renderer, &link->href));
		if (link->title.size)
			buf_printf(&renderer->out, " title=\"%s\"",
				attribute(renderer, &link->title));
		buf_add_char(&renderer->out, '>');
	}
	if (type == MD_SPAN_IMG && renderer->image_depth++ == 0) {
		MD_SPAN_IMG_DETAIL *image = detail;

		renderer->href = attribute(renderer, &image->src);
		renderer->title =
			image->title.size ? attribute(renderer, &image->title) : NULL;
		buf_clear(&renderer->alt);
	}
	return 0;
}

/* Attribute text without its entities. */
static const char *plain(struct arena *arena, const char *text)
{
	return html_plain(arena, text, strlen(text));
}

static void add_image(struct renderer *renderer, const char *alt)
{
	struct media_list *images = renderer->images;
	struct media *items;

	if (!images || images->count >= MOST_IMAGES)
		return;
	items = arena_alloc(renderer->arena, (images->count + 1) * sizeof(*items));
	if (images->count)
		memcpy(items, images->items, images->count * sizeof(*items));
	items[images->count++] = (struct media){
		.href = plain(renderer->arena, renderer->href),
		.alt = *alt ? plain(renderer->arena, alt) : NULL,
		.caption =
			renderer->title ? plain(renderer->arena, renderer->title) : NULL,
		.length = -1,
	};
	images->items = items;
}

static void leave_image(struct renderer *renderer)
{
	const char *alt = buf_text(&renderer->alt);

	buf_printf(&renderer->out, "<img src=\"%s\" alt=\"%s\"", renderer->href, alt);
	if (renderer->title)
		buf_printf(&renderer->out, " title=\"%s\"", renderer->title);
	buf_add_char(&renderer->out, '>');
	add_image(renderer, alt);
	renderer->before = 0;
}

static int leave_span(MD_SPANTYPE type, void *detail, void *context)
{
	struct renderer *renderer = context;
	const char *name = span_name(type);

	(void)detail;
	if (type == MD_SPAN_IMG && --renderer->image_depth == 0)
		leave_image(renderer);
	if (type == MD_SPAN_A && !renderer->image_depth)
		buf_add_str(&renderer->out, "</a>");
	if (name)
		tag(renderer, name, false);
	renderer->depth--;
	return 0;
}

static uint32_t first_char(const char *text, size_t len)
{
	const char *end = text + len;
	uint32_t c = MARKDOWN_EDGE;

	while (text < end && c == MARKDOWN_EDGE)
		c = text_next(&text, end);
	return c;
}

static uint32_t last_char(const char *text, size_t len)
{
	const char *at;

	while (len && text[len - 1] == MARKDOWN_EDGE)
		len--;
	if (!len)
		return 0;
	at = text + len - 1;
	while (at > text && ((unsigned char)*at & 0xC0) == 0x80)
		at--;
	return text_next(&at, text + len);
}

/* Takes the soft break back if the characters on both sides join. */
static void settle_break(struct renderer *renderer, uint32_t after)
{
	struct buf *out = &renderer->out;
	size_t at = renderer->break_at;

	renderer->break_at = 0;
	if (!at || !text_joins(renderer->before, after))
		return;
	memmove(out->bytes + at - 1, out->bytes + at, out->len - at + 1);
	out->len--;
}

static void add_text(
	struct renderer *renderer, const char *text, size_t len, bool is_entity)
{
	struct buf *out = renderer->image_depth ? &renderer->alt : &renderer->out;

	if (!len || (len == 1 && *text == MARKDOWN_EDGE))
		return;
	if (!renderer->image_depth && !renderer->in_code) {
		settle_break(renderer, first_char(text, len));
		renderer->before = last_char(text, len);
	}
	if (is_entity)
		buf_add(out, text, len);
	else
		add_escaped(out, text, len);
}

/* Raw HTML says nothing, but for the mark that ends the summary. */
static void look_for_more(struct renderer *renderer, const char *text, size_t len)
{
	static const char mark[] = "more";

	if (renderer->more || len < 11 || strncmp(text, "<!--", 4) != 0)
		return;
	for (text += 4; *text == ' '; text++)
		;
	if (!strncmp(text, mark, 4) && strspn(text + 4, " -") >= 2)
		renderer->more = renderer->out.len;
}

static int on_text(MD_TEXTTYPE type, const MD_CHAR *text, MD_SIZE len, void *context)
{
	struct renderer *renderer = context;

	switch (type) {
	case MD_TEXT_NULLCHAR:
		break;
	case MD_TEXT_BR:
		if (!renderer->image_depth)
			buf_add_str(&renderer->out, "<br>");
		renderer->before = 0;
		break;
	case MD_TEXT_SOFTBR:
		if (renderer->image_depth) {
			buf_add_char(&renderer->alt, ' ');
			break;
		}
		buf_add_char(&renderer->out, '\n');
		renderer->break_at = renderer->out.len;
		break;
	case MD_TEXT_HTML:
		look_for_more(renderer, text, len);
		break;
	case MD_TEXT_ENTITY:
		add_text(renderer, text, len, true);
		break;
	case MD_TEXT_NORMAL:
	case MD_TEXT_CODE:
	case MD_TEXT_LATEXMATH:
		add_text(renderer, text, len, false);
		break;
	}
	return 0;
}

bool markdown_render(struct arena *arena, const char *text, size_t len,
	struct markdown *out, struct media_list *images)
{
	static const MD_PARSER parser = {
		.flags = MD_DIALECT_GITHUB,
		.enter_block = enter_block,
		.leave_block = leave_block,
		.enter_span = enter_span,
		.leave_span = leave_span,
		.text = on_text,
	};
	struct renderer renderer = {.arena = arena, .images = images};
	struct buf shimmed = {0};
	int result;

	markdown_shim(text, len, &shimmed);
	result = md_parse(buf_text(&shimmed), (MD_SIZE)shimmed.len, &parser, &renderer);
	buf_finish(&shimmed);
	out->len = renderer.out.len;
	out->html = arena_strndup(arena, buf_text(&renderer.out), renderer.out.len);
	out->more = renderer.more;
	buf_finish(&renderer.out);
	buf_finish(&renderer.alt);
	return result == 0;
}
