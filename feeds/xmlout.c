/*
 * xmlout.c: writing XML, and judging the values that validators look at.
 */
#include "feeds/xmlout.h"

#include "feeds/article.h"
#include "feeds/base/buf.h"
#include "feeds/escape.h"
#include "feeds/render.h"
#include "feeds/stamp.h"

#include <string.h>

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define ALPHANUMERIC LOWER "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

static void add_element(struct buf *out, const char *name, const char *attribute,
	const char *value, const char *text, enum escape_kind kind)
{
	if (escape_is_blank(text))
		return;
	buf_printf(out, "<%s", name);
	if (attribute)
		xmlout_add_attribute(out, attribute, value);
	buf_add_char(out, '>');
	escape_add(out, kind, text);
	buf_printf(out, "</%s>\n", name);
}

void xmlout_add_element(struct buf *out, const char *name, const char *text)
{
	add_element(out, name, NULL, NULL, text, ESCAPE_PLAIN_TEXT);
}

void xmlout_add_attributed(struct buf *out, const char *name, const char *attribute,
	const char *value, const char *text)
{
	add_element(out, name, attribute, value, text, ESCAPE_PLAIN_TEXT);
}

void xmlout_add_escaped(struct buf *out, const char *name, const char *attribute,
	const char *value, const char *text)
{
	add_element(out, name, attribute, value, text, ESCAPE_XML_TEXT);
}

void xmlout_add_text_as_html(struct buf *out, const char *name, const char *text)
{
	struct buf html = {0};

	/* most texts are the same in both; readers that take it for plain text are spared */
	if (!escape_is_blank(text) && strpbrk(text, "<&")) {
		escape_add(&html, ESCAPE_XML_TEXT, text);
		text = buf_text(&html);
	}
	xmlout_add_escaped(out, name, NULL, NULL, text);
	buf_finish(&html);
}

/* What a reader or the validator could take for a tag or a character reference. */
static bool has_markup(const char *text)
{
	for (const char *at = text; (at = strpbrk(at, "<&")); at++) {
		size_t name_len = strspn(at + 1, ALPHANUMERIC "#");

		if (*at == '<' && (name_len > 0 || (at[1] && strchr("/!?", at[1]))))
			return true;
		if (*at == '&' && name_len > 0 && at[1 + name_len] == ';')
			return true;
	}
	return false;
}

void xmlout_add_construct(struct buf *out, const char *name, const char *text)
{
	struct buf html = {0};

	if (escape_is_blank(text) || !has_markup(text)) {
		xmlout_add_element(out, name, text);
		return;
	}
	escape_add(&html, ESCAPE_XML_TEXT, text);
	xmlout_add_escaped(out, name, "type", "html", buf_text(&html));
	buf_finish(&html);
}

void xmlout_add_attribute(struct buf *out, const char *name, const char *value)
{
	if (escape_is_blank(value))
		return;
	buf_add_char(out, ' ');
	buf_add_str(out, name);
	buf_add_str(out, "=\"");
	escape_add(out, ESCAPE_PLAIN_ATTRIBUTE, value);
	buf_add_char(out, '"');
}

void xmlout_add_date(struct buf *out, const char *name, const struct instant *instant)
{
	struct buf date = {0};

	stamp_add_rfc3339(&date, instant);
	xmlout_add_element(out, name, buf_text(&date));
	buf_finish(&date);
}

void xmlout_add_syndication(struct buf *out, const struct feed_syndication *syndication)
{
	buf_printf(out, "<news:version>%d</news:version>\n", syndication->version);
	if (syndication->embargo.is_set)
		xmlout_add_date(out, "news:embargo", &syndication->embargo);
	xmlout_add_element(out, "news:editor-note", syndication->editor_note);
	xmlout_add_element(out, "news:withdraws", syndication->withdraws);
}

void xmlout_add_declaration(struct buf *out, bool has_stylesheet)
{
	buf_add_str(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
	if (has_stylesheet)
		buf_add_str(
			out, "<?xml-stylesheet type=\"text/css\" href=\"/feed.css\"?>\n");
}

bool xmlout_is_web_url(const char *url)
{
	size_t scheme;

	if (!url)
		return false;
	scheme = strncmp(url, "https://", 8) == 0  ? 8
		 : strncmp(url, "http://", 7) == 0 ? 7
						   : 0;
	return scheme > 0 && strspn(url + scheme, ALPHANUMERIC "[") > 0 &&
	       url[strspn(url, ALPHANUMERIC "-._~:/?#[]@!$&'()*+,;=%")] == '\0';
}

bool xmlout_is_public_url(const char *url)
{
	const char *host = xmlout_is_web_url(url) ? strstr(url, "://") + 3 : "";
	size_t len = strspn(host, ALPHANUMERIC "-.");

	return memchr(host, '.', len) && host[len - 1] != '.' &&
	       (host[len] == '/' || host[len] == ':' || !host[len]) && !strchr(host, '@');
}

/* ISO 639 has two and three letters; longer ones are reserved and were never given out. */
bool xmlout_is_language(const char *tag)
{
	size_t primary = tag ? strspn(tag, ALPHANUMERIC) : 0;

	return primary >= 2 && primary <= 3 && strlen(tag) <= 35 &&
	       tag[strspn(tag, ALPHANUMERIC "-")] == '\0' && tag[strlen(tag) - 1] != '-';
}

bool xmlout_is_media_type(const char *type)
{
	size_t main = type ? strspn(type, ALPHANUMERIC "-") : 0;
	size_t sub = main && type[main] == '/'
			     ? strspn(type + main + 1, ALPHANUMERIC "-.+_")
			     : 0;

	return sub > 0 && type[main + 1 + sub] == '\0';
}

bool xmlout_is_email(const char *address)
{
	size_t local = address ? strspn(address, ALPHANUMERIC "-._+") : 0;
	const char *host;

	if (local == 0 || address[local] != '@')
		return false;
	host = address + local + 1;
	return strspn(host, ALPHANUMERIC) > 0 && strchr(host, '.') &&
	       host[strspn(host, ALPHANUMERIC "-.")] == '\0';
}
