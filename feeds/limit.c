/* limit.c: see limit.h. */
#include "feeds/limit.h"

#include <string.h>

#include "feeds/base/arena.h"
#include "feeds/base/buf.h"

/* With their content, or without any. */
static const char *const media_elements[] = {"figure", "picture", "audio", "video", "img",
	"source"};
enum { MEDIA_ELEMENTS = sizeof(media_elements) / sizeof(*media_elements), VOID_FROM = 4 };

static size_t name_len(const char *name)
{
	return strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789");
}

/* Which of them the tag at TAG ("<" or "</" before its name) is; -1 for none. */
static int media_of(const char *tag)
{
	const char *name = tag + (tag[1] == '/' ? 2 : 1);
	size_t len = name_len(name);

	for (int i = 0; i < MEDIA_ELEMENTS; i++) {
		if (strlen(media_elements[i]) == len &&
			strncmp(media_elements[i], name, len) == 0)
			return i;
	}
	return -1;
}

/* Behind the '>' of the tag; '>' may stand in a value. */
static const char *after_tag(const char *tag)
{
	char quote = '\0';

	for (; *tag; tag++) {
		if (quote)
			quote = *tag == quote ? '\0' : quote;
		else if (*tag == '"' || *tag == '\'')
			quote = *tag;
		else if (*tag == '>')
			return tag + 1;
	}
	return tag;
}

/* Behind the element that begins at TAG; elements of the same name may be inside. */
static const char *after_element(const char *tag, int kind)
{
	int depth = 0;

	while (*tag) {
		if (*tag == '<' && media_of(tag) == kind)
			depth += tag[1] == '/' ? -1 : 1;
		tag = *tag == '<' ? after_tag(tag) : tag + strcspn(tag, "<");
		if (depth == 0)
			break;
	}
	return tag;
}

void html_add_without_media(struct buf *out, const char *html)
{
	while (*html) {
		const char *next = html + strcspn(html, "<");
		int kind;

		buf_add(out, html, (size_t)(next - html));
		if (!*next)
			return;
		kind = media_of(next);
		html = kind < 0 || kind >= VOID_FROM || next[1] == '/' ? after_tag(next) :
			after_element(next, kind);
		if (kind < 0)
			buf_add(out, next, (size_t)(html - next));
	}
}

void article_limit(struct arena *arena, struct article *article, enum text_level level,
	bool is_partner)
{
	struct buf html = {0};

	if (!is_partner)
		article->editor_note = NULL;
	if (level >= LEVEL_FULL_MEDIA)
		return;
	article->images = article->attachments = (struct media_list){0};
	if (level == LEVEL_FULL && article->html) {
		html_add_without_media(&html, article->html);
		article->html = arena_strndup(arena, buf_text(&html), html.len);
		buf_finish(&html);
	}
	if (level >= LEVEL_FULL)
		return;
	article->html = NULL;
	article->links = article->paragraphs = (struct strings){0};
	if (level >= LEVEL_SUMMARY)
		return;
	article->kicker = article->subtitle = article->summary = article->lead = NULL;
	article->tags = article->categories = (struct strings){0};
	article->authors = article->editors = (struct people){0};
	article->dateline = (struct dateline){0};
	article->edition = (struct edition){0};
	article->correction.note = NULL;
}
