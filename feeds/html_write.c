/*
 * html_write.c: two stacks, blocks and inline formatting, hold what the input wants; the
 * tags follow only when content comes. A text block (p, h2, pre) with another block above
 * it on the stack is suspended: it is closed in the output and opened again for text that
 * comes after the inner block. Formatting in force is closed and opened again around every
 * block boundary. So whatever order the input's tags are in, the output nests.
 */
#include "feeds/html_write.h"

#include <assert.h>
#include <string.h>

#include "feeds/base/arena.h"
#include "feeds/text.h"

/* No frame begins above this, so that what it implies (table, tr, td) still fits. */
enum { FRAMES_MAX = WRITE_BLOCKS_MAX - 4, BREAKS_MAX = 2 };

void write_init(struct writer *w, struct arena *arena)
{
	memset(w, 0, sizeof(*w));
	w->arena = arena;
}

void write_finish(struct writer *w)
{
	buf_finish(&w->html);
	buf_finish(&w->text);
}

void write_escaped(struct buf *out, const char *text, size_t len)
{
	const char *end = text + len, *run = text;

	for (; (text = text_skip_high(text, end)) < end; text++) {
		const char *entity;

		if (*text > '>')
			continue;
		switch (*text) {
		case '&': entity = "&amp;"; break;
		case '<': entity = "&lt;"; break;
		case '>': entity = "&gt;"; break;
		case '"': entity = "&quot;"; break;
		default: continue;
		}
		buf_add(out, run, (size_t)(text - run));
		buf_add_str(out, entity);
		run = text + 1;
	}
	buf_add(out, run, (size_t)(text - run));
}

static bool is_text_block(const struct writer *w, size_t index)
{
	return html_tag_kind(w->blocks[index].tag) == KIND_TEXT;
}

static void open_tag(struct writer *w, enum tag tag, const char *attributes)
{
	buf_add_char(&w->html, '<');
	buf_add_str(&w->html, html_tag_name(tag));
	buf_add_str(&w->html, attributes);
	buf_add_char(&w->html, '>');
}

static void close_tag(struct writer *w, enum tag tag)
{
	buf_add(&w->html, "</", 2);
	buf_add_str(&w->html, html_tag_name(tag));
	buf_add_char(&w->html, '>');
}

static void add_text(struct writer *w, const char *text)
{
	struct write_texts *t = &w->texts;

	if (t->count == t->cap) {
		size_t cap = t->cap ? t->cap * 2 : 16;
		const char **items = arena_alloc(w->arena, cap * sizeof(*items));

		if (t->count)
			memcpy(items, t->items, t->count * sizeof(*items));
		t->items = items;
		t->cap = cap;
	}
	t->items[t->count++] = text;
}

/* Replaces the paragraphs from FIRST to LAST by one. */
static void join_texts(struct writer *w, size_t first, size_t last, const char *between)
{
	struct write_texts *t = &w->texts;
	struct buf joined = {0};

	for (size_t i = first; i < last; i++) {
		if (i > first)
			buf_add_str(&joined, between);
		buf_add_str(&joined, t->items[i]);
	}
	t->items[first] = text_fold(w->arena, buf_text(&joined), joined.len);
	memmove(t->items + first + 1, t->items + last, (t->count - last) * sizeof(*t->items));
	t->count -= last - first - 1;
	buf_finish(&joined);
}

static void close_inlines(struct writer *w, size_t keep)
{
	while (w->inlines_open > keep)
		close_tag(w, w->inlines[--w->inlines_open].tag);
}

void write_break(struct writer *w)
{
	close_inlines(w, 0);
	if (w->is_loose)
		close_tag(w, TAG_P);
	w->is_loose = false;
	if (w->block_count && is_text_block(w, w->block_count - 1)) {
		struct write_block *top = &w->blocks[w->block_count - 1];

		if (top->is_open)
			close_tag(w, top->tag);
		top->is_open = false;
	}
	if (w->text.len) {
		char *folded = text_fold(w->arena, w->text.bytes, w->text.len);

		if (*folded)
			add_text(w, folded);
		buf_clear(&w->text);
	}
	w->has_content = w->after_text = w->space = w->line_break = false;
	w->breaks = 0;
}

/* The nearest block below LEVEL that is not a text block, as index + 1; 0 = the top. */
static size_t parent_of(const struct writer *w, size_t level)
{
	while (level && is_text_block(w, level - 1))
		level--;
	return level;
}

/* The cell is a paragraph or more by itself when the row has no other. */
static void end_cell(struct writer *w, const struct write_block *cell)
{
	size_t row_level = parent_of(w, w->block_count);
	size_t count = w->texts.count - cell->first_text;
	struct write_block *row;

	if (!row_level || w->blocks[row_level - 1].tag != TAG_TR)
		return;
	row = &w->blocks[row_level - 1];
	if (row->cells++ == 0)
		row->first_cell_texts = count;
	else if (count == 0)
		add_text(w, "");
	else if (count > 1)
		join_texts(w, cell->first_text, w->texts.count, " ");
}

static void end_row(struct writer *w, const struct write_block *row)
{
	size_t first = row->first_text;
	bool has_text = false;

	if (row->cells < 2)
		return;
	for (size_t i = first; i < w->texts.count; i++)
		has_text |= *w->texts.items[i] != '\0';
	if (!has_text) {
		w->texts.count = first;
		return;
	}
	if (row->first_cell_texts == 0) {
		add_text(w, "");
		memmove(w->texts.items + first + 1, w->texts.items + first,
			(w->texts.count - 1 - first) * sizeof(*w->texts.items));
		w->texts.items[first] = "";
	} else if (row->first_cell_texts > 1) {
		join_texts(w, first, first + row->first_cell_texts, " ");
	}
	join_texts(w, first, w->texts.count, " | ");
}

void write_leave(struct writer *w, size_t level)
{
	write_break(w);
	while (w->block_count > level) {
		struct write_block *block = &w->blocks[--w->block_count];

		if (block->is_open)
			close_tag(w, block->tag);
		if (block->tag == TAG_TD || block->tag == TAG_TH)
			end_cell(w, block);
		else if (block->tag == TAG_TR)
			end_row(w, block);
	}
}

void write_end(struct writer *w)
{
	write_leave(w, 0);
}

static void push_block(struct writer *w, enum tag tag, const char *attributes, bool is_auto)
{
	assert(w->block_count < sizeof(w->blocks) / sizeof(w->blocks[0]));
	w->blocks[w->block_count++] = (struct write_block){
		.tag = tag,
		.is_auto = is_auto,
		.attributes = attributes,
		.first_text = w->texts.count,
	};
}

static bool is_child(enum tag tag, enum tag parent)
{
	switch (tag) {
	case TAG_LI:
		return parent == TAG_UL || parent == TAG_OL;
	case TAG_DT:
	case TAG_DD:
		return parent == TAG_DL;
	case TAG_THEAD:
	case TAG_TBODY:
		return parent == TAG_TABLE;
	case TAG_TR:
		return parent == TAG_TABLE || parent == TAG_THEAD || parent == TAG_TBODY;
	case TAG_TD:
	case TAG_TH:
		return parent == TAG_TR;
	case TAG_FIGCAPTION:
		return parent == TAG_FIGURE;
	default:
		return html_tag_kind(parent) != KIND_FRAME;
	}
}

static enum tag implied_child(enum tag frame)
{
	switch (frame) {
	case TAG_UL:
	case TAG_OL:
		return TAG_LI;
	case TAG_DL:
		return TAG_DD;
	case TAG_TABLE:
	case TAG_THEAD:
	case TAG_TBODY:
		return TAG_TR;
	default:
		return TAG_TD;
	}
}

static enum tag block_tag(const struct writer *w, size_t level)
{
	return level ? w->blocks[level - 1].tag : TAG_NONE;
}

/* Rows stand in the table itself or in bodies, never both. */
static void note_row(struct writer *w, size_t table_level)
{
	struct write_block *table = &w->blocks[table_level - 1];

	if (table->has_bodies)
		push_block(w, TAG_TBODY, "", true);
	else
		table->has_rows = true;
}

/* Puts what the innermost frame requires around a child TAG (TAG_NONE = text). */
static void add_implied(struct writer *w, enum tag tag)
{
	size_t level;

	if (tag == TAG_NONE && w->block_count && is_text_block(w, w->block_count - 1))
		return;
	for (;;) {
		enum tag frame, child;

		level = parent_of(w, w->block_count);
		frame = block_tag(w, level);
		if (html_tag_kind(frame) != KIND_FRAME || is_child(tag, frame))
			break;
		child = implied_child(frame);
		if (frame == TAG_TABLE)
			note_row(w, level);
		push_block(w, child, "", true);
	}
	if (tag == TAG_TR && block_tag(w, level) == TAG_TABLE)
		note_row(w, level);
}

/* Ends implied blocks when a proper child of what they are in begins. */
static void end_implied(struct writer *w, enum tag tag)
{
	for (;;) {
		size_t level = parent_of(w, w->block_count);
		size_t outer = 0;

		if (!level || !w->blocks[level - 1].is_auto)
			return;
		/* Up through a run of implied blocks to one that TAG belongs in. */
		for (size_t at = level; at && w->blocks[at - 1].is_auto;) {
			size_t below = parent_of(w, at - 1);

			if (html_tag_kind(block_tag(w, below)) == KIND_FRAME &&
				is_child(tag, block_tag(w, below))) {
				outer = at;
				break;
			}
			at = below;
		}
		if (!outer)
			return;
		write_leave(w, outer - 1);
	}
}

/* Whether a table's part may begin as TAG; changes a second head to a body. */
static bool fit_table_part(struct writer *w, enum tag *tag)
{
	size_t level = parent_of(w, w->block_count);
	struct write_block *table;

	if (block_tag(w, level) != TAG_TABLE)
		return false;
	table = &w->blocks[level - 1];
	if (*tag == TAG_THEAD && !table->has_head && !table->has_bodies && !table->has_rows) {
		table->has_head = true;
		return true;
	}
	*tag = TAG_TBODY;
	if (table->has_rows)
		return false;
	table->has_bodies = true;
	return true;
}

static bool is_within_limit(const struct writer *w, enum tag tag)
{
	size_t max = html_tag_kind(tag) == KIND_FRAME ? FRAMES_MAX : WRITE_BLOCKS_MAX;

	return w->block_count < max;
}

/* A paragraph inside a heading, pre or dt is only a line of it. */
static bool is_swallowed(const struct writer *w, enum tag tag)
{
	return tag == TAG_P && w->block_count && is_text_block(w, w->block_count - 1) &&
		w->blocks[w->block_count - 1].tag != TAG_P;
}

static void open_blocks(struct writer *w)
{
	for (size_t i = 0; i < w->block_count; i++) {
		struct write_block *block = &w->blocks[i];

		if (block->is_open || (is_text_block(w, i) && i + 1 < w->block_count))
			continue;
		open_tag(w, block->tag, block->attributes);
		block->is_open = true;
	}
}

size_t write_enter(struct writer *w, enum tag tag, const char *attributes)
{
	size_t level, parent;

	write_break(w);
	end_implied(w, tag);
	level = w->block_count;
	if (is_swallowed(w, tag) || !is_within_limit(w, tag))
		return level;
	if ((tag == TAG_THEAD || tag == TAG_TBODY) && !fit_table_part(w, &tag))
		return level;
	add_implied(w, tag);
	parent = parent_of(w, w->block_count);
	if (!is_child(tag, block_tag(w, parent)) || !is_within_limit(w, tag))
		return level;
	if (tag == TAG_FIGCAPTION) {
		if (w->blocks[parent - 1].has_caption)
			return level;
		w->blocks[parent - 1].has_caption = true;
	}
	/* What is implied stays until its frame ends or a proper child comes. */
	level = w->block_count;
	push_block(w, tag, attributes, false);
	if (tag == TAG_TD || tag == TAG_TH)
		open_blocks(w);
	return level;
}

bool write_push(struct writer *w, enum tag tag, const char *attributes)
{
	enum tag inner = w->inline_count ? w->inlines[w->inline_count - 1].tag : TAG_NONE;

	for (size_t i = 0; i < w->inline_count; i++)
		if (w->inlines[i].tag == tag)
			return false;
	if ((tag == TAG_RT || tag == TAG_RP) && inner != TAG_RUBY)
		return false;
	assert(w->inline_count < WRITE_INLINES_MAX);
	w->inlines[w->inline_count++] = (struct write_inline){tag, attributes};
	return true;
}

void write_pop(struct writer *w)
{
	assert(w->inline_count);
	w->inline_count--;
	close_inlines(w, w->inline_count);
}

static bool is_joined_by_line_break(const struct writer *w, const char *next, const char *end)
{
	const char *last = buf_text(&w->text) + w->text.len;
	const char *last_end = last;

	if (!w->line_break || !w->after_text || !w->text.len || !next)
		return false;
	do
		last--;
	while (last > w->text.bytes && ((unsigned char)*last & 0xc0) == 0x80);
	return text_is_cjk(text_next(&last, last_end)) && text_is_cjk(text_next(&next, end));
}

/* Everything that must stand before content: tags, <br>, one space. NEXT is the text that
 * comes, or NULL. */
static void prepare(struct writer *w, const char *next, const char *end)
{
	add_implied(w, TAG_NONE);
	open_blocks(w);
	if (!w->is_loose && (!w->block_count || block_tag(w, w->block_count) == TAG_BLOCKQUOTE)) {
		open_tag(w, TAG_P, "");
		w->is_loose = true;
	}
	if (w->breaks) {
		for (unsigned i = 0; i < w->breaks; i++)
			buf_add_str(&w->html, "<br>");
		buf_add_char(&w->text, ' ');
	} else if (w->space && w->has_content && !is_joined_by_line_break(w, next, end)) {
		buf_add_char(&w->html, ' ');
		buf_add_char(&w->text, ' ');
		if (w->capture)
			buf_add_char(w->capture, ' ');
	}
	w->breaks = 0;
	w->space = w->line_break = false;
	for (; w->inlines_open < w->inline_count; w->inlines_open++)
		open_tag(w, w->inlines[w->inlines_open].tag,
			w->inlines[w->inlines_open].attributes);
	w->has_content = true;
}

static void put_text(struct writer *w, const char *text, size_t len)
{
	write_escaped(&w->html, text, len);
	buf_add(&w->text, text, len);
	if (w->capture)
		buf_add(w->capture, text, len);
	w->after_text = true;
}

/* Within pre white space counts, but lines at the start would be lost in a browser. */
static void write_preformatted(struct writer *w, const char *text)
{
	if (!w->has_content)
		text += strspn(text, "\r\n");
	if (!*text)
		return;
	prepare(w, NULL, NULL);
	put_text(w, text, strlen(text));
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f';
}

/* U+3000, U+00A0 and U+200B are how editors indent. */
static size_t indent_len(const char *text)
{
	if (strncmp(text, "\xe3\x80\x80", 3) == 0 || strncmp(text, "\xe2\x80\x8b", 3) == 0)
		return 3;
	return strncmp(text, "\xc2\xa0", 2) == 0 ? 2 : 0;
}

void write_text(struct writer *w, const char *text)
{
	const char *stop = text + strlen(text);

	if (w->block_count && w->blocks[w->block_count - 1].tag == TAG_PRE) {
		write_preformatted(w, text);
		return;
	}
	while (*text) {
		const char *end;
		size_t indent;

		if (is_blank(*text)) {
			w->space = true;
			w->line_break |= *text == '\n' || *text == '\r';
			text++;
			continue;
		}
		if ((!w->has_content || w->breaks) && (indent = indent_len(text)) > 0) {
			text += indent;
			continue;
		}
		end = text;
		while ((end = text_skip_high(end, stop)) < stop && !is_blank(*end))
			end++;
		prepare(w, text, end);
		put_text(w, text, (size_t)(end - text));
		text = end;
	}
}

void write_line_break(struct writer *w)
{
	if (w->block_count && w->blocks[w->block_count - 1].tag == TAG_PRE) {
		write_preformatted(w, "\n");
		return;
	}
	if (w->has_content && w->breaks < BREAKS_MAX)
		w->breaks++;
}

void write_embed(struct writer *w, const char *markup, size_t len)
{
	prepare(w, NULL, NULL);
	buf_add(&w->html, markup, len);
	w->after_text = false;
}
