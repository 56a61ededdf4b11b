/* html_feed.c: see html_feed.h. */
#include "feeds/html_feed.h"

#include <stdbool.h>
#include <string.h>

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

/* ---- players ---- */

static bool is_tag(const char *tag, const char *name)
{
	return name_len(tag + 1) == strlen(name) && strncmp(tag + 1, name, strlen(name)) == 0;
}

/* The value of SRC in the tags between FROM and END, as it is escaped; NULL if there is
 * none. */
static const char *find_source(const char *from, const char *end, size_t *len_out)
{
	const char *at = memmem(from, (size_t)(end - from), " src=\"", strlen(" src=\""));

	if (!at)
		return NULL;
	at += strlen(" src=\"");
	*len_out = strcspn(at, "\"");
	return at;
}

static void add_link(struct buf *out, const char *url, size_t len)
{
	size_t end = strcspn(url, "?#\""), begin = end;

	while (begin > 0 && url[begin - 1] != '/')
		begin--;
	buf_add_str(out, " <a href=\"");
	buf_add(out, url, len);
	buf_add_str(out, "\">");
	buf_add(out, begin < end ? url + begin : url, begin < end ? end - begin : len);
	buf_add_str(out, "</a>");
}

/* The audio or video at TAG; returns what is behind it. */
static const char *add_player(struct buf *out, const char *tag, bool is_in_link)
{
	static const char controls[] = " controls>";
	const char *inside = after_tag(tag), *end = after_element(tag, media_of(tag)), *url;
	size_t head = (size_t)(inside - tag), url_len;

	if (head > strlen(controls) && memcmp(inside - strlen(controls), controls,
		strlen(controls)) == 0)
		head -= strlen(controls);
	else
		head--;
	buf_add(out, tag, head);
	buf_add_char(out, '>');
	buf_add(out, inside, (size_t)(end - inside));
	url = find_source(tag, end, &url_len);
	if (url && !is_in_link)
		add_link(out, url, url_len);
	return end;
}

void html_add_for_feed(struct buf *out, const char *html)
{
	bool is_in_link = false;

	while (*html) {
		const char *next = html + strcspn(html, "<");

		buf_add(out, html, (size_t)(next - html));
		if (!*next)
			return;
		if (is_tag(next, "audio") || is_tag(next, "video")) {
			html = add_player(out, next, is_in_link);
			continue;
		}
		if (is_tag(next, "a") || strncmp(next, "</a>", 4) == 0)
			is_in_link = next[1] != '/';
		html = after_tag(next);
		buf_add(out, next, (size_t)(html - next));
	}
}
