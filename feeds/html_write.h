/*
 * html_write.h: the sanitiser's serialiser. It is told what the input holds, element by
 * element, and writes well-nested HTML5: tags are opened only when there is something to
 * put in them, blocks are never inside text blocks or inline formatting, lists and tables
 * have only the children they may have. It gathers the text of each leaf block on the way.
 */
#ifndef FEEDS_HTML_WRITE_H
#define FEEDS_HTML_WRITE_H

#include <stdbool.h>
#include <stddef.h>

#include "feeds/base/buf.h"
#include "feeds/html_tags.h"

struct arena;

enum { WRITE_BLOCKS_MAX = 64, WRITE_INLINES_MAX = 16 };

struct write_block {
	enum tag tag;
	bool is_open; /* its start tag is written */
	bool is_auto; /* nobody asked for it: a list item around loose text, ... */
	bool has_head, has_bodies, has_rows; /* of a table: what it holds so far */
	bool has_caption; /* of a figure */
	const char *attributes; /* borrows; "" or " colspan=\"2\"" */
	size_t first_text;  /* index of its first paragraph */
	size_t cells, first_cell_texts; /* of a row */
};

struct write_inline {
	enum tag tag;
	const char *attributes; /* borrows */
};

struct write_texts {
	const char **items; /* in the arena */
	size_t count, cap;
};

struct writer {
	struct arena *arena; /* borrows */
	struct buf html;     /* owns */
	struct buf text;     /* owns: the leaf block's text so far */
	struct buf *capture; /* borrows: also gets the text (of a link); or NULL */
	struct write_texts texts; /* paragraphs */
	struct write_block blocks[WRITE_BLOCKS_MAX + 8];
	size_t block_count;
	struct write_inline inlines[WRITE_INLINES_MAX];
	size_t inline_count, inlines_open;
	bool is_loose;      /* a paragraph around text at the top is open */
	bool has_content;   /* something was written to this leaf block */
	bool after_text;    /* and the last of it was text */
	bool space, line_break; /* white space that was met but not written */
	unsigned breaks;    /* the same for <br> */
};

/* The caller owns W; write_finish frees its buffers but not what is in ARENA. */
void write_init(struct writer *w, struct arena *arena);
void write_finish(struct writer *w);

/* Closes everything; the result is in w->html. */
void write_end(struct writer *w);

/* Begins a block of KIND_TEXT, KIND_FLOW or KIND_FRAME where it may be, or else only a new
 * paragraph. Returns what write_leave needs. ATTRIBUTES is borrowed. */
size_t write_enter(struct writer *w, enum tag tag, const char *attributes);
void write_leave(struct writer *w, size_t level);

/* Ends the paragraph at hand. */
void write_break(struct writer *w);

/* Begins inline formatting; false if it is already in force (then do not pop). */
bool write_push(struct writer *w, enum tag tag, const char *attributes);
void write_pop(struct writer *w);

/* Text, decoded, with white space as it comes. */
void write_text(struct writer *w, const char *text);
void write_line_break(struct writer *w);

/* MARKUP as it is, as inline content (an image). */
void write_embed(struct writer *w, const char *markup, size_t len);

/* Text or an attribute's value with & < > " escaped, appended to OUT. */
void write_escaped(struct buf *out, const char *text, size_t len);

#endif
