/*
 * html_tags.h: what becomes of each HTML element: the allow-list as a table. Elements that
 * are not named are unwrapped: their text stays, the element goes.
 */
#ifndef FEEDS_HTML_TAGS_H
#define FEEDS_HTML_TAGS_H

/* Elements that can be in the output. */
enum tag {
	TAG_NONE,
	TAG_P, TAG_H2, TAG_H3, TAG_H4, TAG_H5, TAG_H6, TAG_PRE, TAG_DT,
	TAG_LI, TAG_DD, TAG_TD, TAG_TH, TAG_BLOCKQUOTE, TAG_FIGURE, TAG_FIGCAPTION,
	TAG_UL, TAG_OL, TAG_DL, TAG_TABLE, TAG_THEAD, TAG_TBODY, TAG_TR,
	TAG_A, TAG_STRONG, TAG_B, TAG_EM, TAG_I, TAG_U, TAG_S, TAG_SUB, TAG_SUP, TAG_CODE,
	TAG_RUBY, TAG_RT, TAG_RP,
	TAG_BR, TAG_IMG, TAG_AUDIO, TAG_VIDEO, TAG_SOURCE,
	TAG_COUNT
};

enum tag_kind {
	KIND_UNWRAP,  /* text and children stay in line */
	KIND_BREAK,   /* the same, but a block of its own */
	KIND_DROP,    /* goes with all it holds */
	KIND_TEXT,    /* a block of text: p, headings, pre, dt */
	KIND_FLOW,    /* a block of blocks or text: li, td, blockquote, figure, ... */
	KIND_FRAME,   /* only certain children: ul, ol, dl, table, tr, ... */
	KIND_INLINE,  /* formatting within text */
	KIND_EMBED,   /* br, img, audio, video: handled one by one */
};

struct tag_rule {
	const char *name; /* of the element in the input, lower case */
	enum tag_kind kind;
	enum tag tag;     /* what it becomes */
};

/* The rule for an element; never NULL. */
const struct tag_rule *html_tag_rule(const char *name);

/* "p", "h2", ... as written in the output. */
const char *html_tag_name(enum tag tag);
enum tag_kind html_tag_kind(enum tag tag);

#endif
