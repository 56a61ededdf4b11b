/*
 * html_tags.c: the table behind the sanitiser. `embed`, `source`, `track`, `wbr` and
 * `param` are not here: libxml2 takes them for elements with content although they are
 * void, so what it puts inside them is really their following text and must stay.
 */
#include "feeds/html_tags.h"

#include <stddef.h>
#include <strings.h>

/* In the order of strcmp. */
static const struct tag_rule rules[] = {
	{"a", KIND_INLINE, TAG_A},
	{"address", KIND_BREAK, TAG_NONE},
	{"applet", KIND_DROP, TAG_NONE},
	{"area", KIND_DROP, TAG_NONE},
	{"article", KIND_BREAK, TAG_NONE},
	{"aside", KIND_DROP, TAG_NONE},
	{"audio", KIND_EMBED, TAG_AUDIO},
	{"b", KIND_INLINE, TAG_B},
	{"base", KIND_DROP, TAG_NONE},
	{"bgsound", KIND_DROP, TAG_NONE},
	{"blockquote", KIND_FLOW, TAG_BLOCKQUOTE},
	{"body", KIND_BREAK, TAG_NONE},
	{"br", KIND_EMBED, TAG_BR},
	{"button", KIND_DROP, TAG_NONE},
	{"canvas", KIND_DROP, TAG_NONE},
	{"caption", KIND_BREAK, TAG_NONE},
	{"center", KIND_BREAK, TAG_NONE},
	{"code", KIND_INLINE, TAG_CODE},
	{"col", KIND_BREAK, TAG_NONE},
	{"colgroup", KIND_BREAK, TAG_NONE},
	{"datalist", KIND_DROP, TAG_NONE},
	{"dd", KIND_FLOW, TAG_DD},
	{"del", KIND_INLINE, TAG_S},
	{"details", KIND_BREAK, TAG_NONE},
	{"dialog", KIND_BREAK, TAG_NONE},
	{"dir", KIND_FRAME, TAG_UL},
	{"div", KIND_BREAK, TAG_NONE},
	{"dl", KIND_FRAME, TAG_DL},
	{"dt", KIND_TEXT, TAG_DT},
	{"em", KIND_INLINE, TAG_EM},
	{"fieldset", KIND_BREAK, TAG_NONE},
	{"figcaption", KIND_FLOW, TAG_FIGCAPTION},
	{"figure", KIND_FLOW, TAG_FIGURE},
	{"footer", KIND_BREAK, TAG_NONE},
	{"form", KIND_DROP, TAG_NONE},
	{"frame", KIND_DROP, TAG_NONE},
	{"frameset", KIND_DROP, TAG_NONE},
	{"h1", KIND_TEXT, TAG_H2},
	{"h2", KIND_TEXT, TAG_H2},
	{"h3", KIND_TEXT, TAG_H3},
	{"h4", KIND_TEXT, TAG_H4},
	{"h5", KIND_TEXT, TAG_H5},
	{"h6", KIND_TEXT, TAG_H6},
	{"head", KIND_DROP, TAG_NONE},
	{"header", KIND_BREAK, TAG_NONE},
	{"hgroup", KIND_BREAK, TAG_NONE},
	{"hr", KIND_BREAK, TAG_NONE},
	{"html", KIND_BREAK, TAG_NONE},
	{"i", KIND_INLINE, TAG_I},
	{"iframe", KIND_DROP, TAG_NONE},
	{"img", KIND_EMBED, TAG_IMG},
	{"input", KIND_DROP, TAG_NONE},
	{"ins", KIND_INLINE, TAG_U},
	{"isindex", KIND_DROP, TAG_NONE},
	{"kbd", KIND_INLINE, TAG_CODE},
	{"legend", KIND_BREAK, TAG_NONE},
	{"li", KIND_FLOW, TAG_LI},
	{"link", KIND_DROP, TAG_NONE},
	{"listing", KIND_TEXT, TAG_PRE},
	{"main", KIND_BREAK, TAG_NONE},
	{"map", KIND_DROP, TAG_NONE},
	{"math", KIND_DROP, TAG_NONE},
	{"menu", KIND_FRAME, TAG_UL},
	{"meta", KIND_DROP, TAG_NONE},
	{"nav", KIND_DROP, TAG_NONE},
	{"noembed", KIND_DROP, TAG_NONE},
	{"noframes", KIND_DROP, TAG_NONE},
	{"noscript", KIND_DROP, TAG_NONE},
	{"object", KIND_DROP, TAG_NONE},
	{"ol", KIND_FRAME, TAG_OL},
	{"optgroup", KIND_DROP, TAG_NONE},
	{"option", KIND_DROP, TAG_NONE},
	{"p", KIND_TEXT, TAG_P},
	{"pre", KIND_TEXT, TAG_PRE},
	{"rp", KIND_INLINE, TAG_RP},
	{"rt", KIND_INLINE, TAG_RT},
	{"ruby", KIND_INLINE, TAG_RUBY},
	{"s", KIND_INLINE, TAG_S},
	{"samp", KIND_INLINE, TAG_CODE},
	{"script", KIND_DROP, TAG_NONE},
	{"search", KIND_BREAK, TAG_NONE},
	{"section", KIND_BREAK, TAG_NONE},
	{"select", KIND_DROP, TAG_NONE},
	{"source", KIND_UNWRAP, TAG_NONE},
	{"strike", KIND_INLINE, TAG_S},
	{"strong", KIND_INLINE, TAG_STRONG},
	{"style", KIND_DROP, TAG_NONE},
	{"sub", KIND_INLINE, TAG_SUB},
	{"summary", KIND_BREAK, TAG_NONE},
	{"sup", KIND_INLINE, TAG_SUP},
	{"svg", KIND_DROP, TAG_NONE},
	{"table", KIND_FRAME, TAG_TABLE},
	{"tbody", KIND_FRAME, TAG_TBODY},
	{"td", KIND_FLOW, TAG_TD},
	{"template", KIND_DROP, TAG_NONE},
	{"textarea", KIND_DROP, TAG_NONE},
	{"tfoot", KIND_FRAME, TAG_TBODY},
	{"th", KIND_FLOW, TAG_TH},
	{"thead", KIND_FRAME, TAG_THEAD},
	{"title", KIND_DROP, TAG_NONE},
	{"tr", KIND_FRAME, TAG_TR},
	{"tt", KIND_INLINE, TAG_CODE},
	{"u", KIND_INLINE, TAG_U},
	{"ul", KIND_FRAME, TAG_UL},
	{"video", KIND_EMBED, TAG_VIDEO},
	{"xmp", KIND_TEXT, TAG_PRE},
};

static const struct tag_rule unwrap = {"", KIND_UNWRAP, TAG_NONE};

static const struct {
	const char *name;
	enum tag_kind kind;
} tags[TAG_COUNT] = {
	[TAG_NONE] = {"", KIND_UNWRAP},
	[TAG_P] = {"p", KIND_TEXT},
	[TAG_H2] = {"h2", KIND_TEXT},
	[TAG_H3] = {"h3", KIND_TEXT},
	[TAG_H4] = {"h4", KIND_TEXT},
	[TAG_H5] = {"h5", KIND_TEXT},
	[TAG_H6] = {"h6", KIND_TEXT},
	[TAG_PRE] = {"pre", KIND_TEXT},
	[TAG_DT] = {"dt", KIND_TEXT},
	[TAG_LI] = {"li", KIND_FLOW},
	[TAG_DD] = {"dd", KIND_FLOW},
	[TAG_TD] = {"td", KIND_FLOW},
	[TAG_TH] = {"th", KIND_FLOW},
	[TAG_BLOCKQUOTE] = {"blockquote", KIND_FLOW},
	[TAG_FIGURE] = {"figure", KIND_FLOW},
	[TAG_FIGCAPTION] = {"figcaption", KIND_FLOW},
	[TAG_UL] = {"ul", KIND_FRAME},
	[TAG_OL] = {"ol", KIND_FRAME},
	[TAG_DL] = {"dl", KIND_FRAME},
	[TAG_TABLE] = {"table", KIND_FRAME},
	[TAG_THEAD] = {"thead", KIND_FRAME},
	[TAG_TBODY] = {"tbody", KIND_FRAME},
	[TAG_TR] = {"tr", KIND_FRAME},
	[TAG_A] = {"a", KIND_INLINE},
	[TAG_STRONG] = {"strong", KIND_INLINE},
	[TAG_B] = {"b", KIND_INLINE},
	[TAG_EM] = {"em", KIND_INLINE},
	[TAG_I] = {"i", KIND_INLINE},
	[TAG_U] = {"u", KIND_INLINE},
	[TAG_S] = {"s", KIND_INLINE},
	[TAG_SUB] = {"sub", KIND_INLINE},
	[TAG_SUP] = {"sup", KIND_INLINE},
	[TAG_CODE] = {"code", KIND_INLINE},
	[TAG_RUBY] = {"ruby", KIND_INLINE},
	[TAG_RT] = {"rt", KIND_INLINE},
	[TAG_RP] = {"rp", KIND_INLINE},
	[TAG_BR] = {"br", KIND_EMBED},
	[TAG_IMG] = {"img", KIND_EMBED},
	[TAG_AUDIO] = {"audio", KIND_EMBED},
	[TAG_VIDEO] = {"video", KIND_EMBED},
	[TAG_SOURCE] = {"source", KIND_UNWRAP},
};

const struct tag_rule *html_tag_rule(const char *name)
{
	size_t low = 0, high = sizeof(rules) / sizeof(rules[0]);

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcasecmp(name, rules[middle].name);

		if (order == 0)
			return &rules[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return &unwrap;
}

const char *html_tag_name(enum tag tag)
{
	return tags[tag].name;
}

enum tag_kind html_tag_kind(enum tag tag)
{
	return tags[tag].kind;
}
