/*
 * strict_html.h: says what is wrong with the sanitiser's output by the narrowest grammar,
 * without a parser that could be lenient in the same place as another:
 *   text without < > " and a bare &; <name( name="value")*>, <name>s that nest
 * Only what is listed may occur, and addresses have one of four schemes.
 */
#ifndef TESTS_STRICT_HTML_H
#define TESTS_STRICT_HTML_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { STRICT_DEEPEST = 600, STRICT_NAME = 16 };

static inline bool strict_is_listed(const char *list, const char *name)
{
	char padded[STRICT_NAME + 4];

	snprintf(padded, sizeof(padded), " %s ", name);
	return strstr(list, padded) != NULL;
}

/* Past a name of small letters and digits, which is copied; NULL if there is none. */
static inline const char *strict_name(const char *at, char *name)
{
	size_t len = strspn(at, "abcdefghijklmnopqrstuvwxyz0123456789");

	if (!len || len >= STRICT_NAME)
		return NULL;
	memcpy(name, at, len);
	name[len] = '\0';
	return at + len;
}

/* Past text or a value up to one of STOP; NULL at a character that should be escaped. */
static inline const char *strict_text(const char *at, const char *stop)
{
	static const char *const entities[] = {"&amp;", "&lt;", "&gt;", "&quot;"};

	while (*at && !strchr(stop, *at)) {
		size_t len = 1;

		if (strchr("<>\"", *at) || ((unsigned char)*at < ' ' && !strchr("\t\n\r", *at)))
			return NULL;
		for (size_t i = 0; *at == '&' && i < 4; i++)
			if (!strncmp(at, entities[i], strlen(entities[i])))
				len = strlen(entities[i]);
		if (*at == '&' && len == 1)
			return NULL;
		at += len;
	}
	return at;
}

static inline bool strict_is_address(const char *value, bool has_base)
{
	static const char *const schemes[] = {"http://", "https://", "mailto:", "tel:"};
	size_t colon = strcspn(value, ":/?#\"");

	for (size_t i = 0; i < 4; i++)
		if (!strncmp(value, schemes[i], strlen(schemes[i])))
			return true;
	return !has_base && value[colon] != ':';
}

/* Past ` name="value"`; NULL if it may not be. */
static inline const char *strict_attribute(const char *at, bool has_base)
{
	char name[STRICT_NAME];
	const char *value;

	at = strict_name(at + 1, name);
	if (!at || !strict_is_listed(" href src alt title width height colspan rowspan controls "
				     "type ", name))
		return NULL;
	if (!strcmp(name, "controls"))
		return at;
	if (at[0] != '=' || at[1] != '"')
		return NULL;
	value = at + 2;
	at = strict_text(value, "\"");
	if (!at || *at != '"' || ((!strcmp(name, "href") || !strcmp(name, "src")) &&
		!strict_is_address(value, has_base)))
		return NULL;
	return at + 1;
}

/* Where HTML breaks the grammar; NULL if nowhere. */
static inline const char *strict_html(const char *html, bool has_base)
{
	static const char elements[] = " p br h2 h3 h4 h5 h6 ul ol li dl dt dd blockquote pre "
		"code table thead tbody tr th td figure figcaption img a strong b em i u s sub "
		"sup ruby rt rp audio video source ";
	char open[STRICT_DEEPEST][STRICT_NAME], name[STRICT_NAME];
	size_t depth = 0;

	for (const char *at = html, *start; *(start = at);) {
		bool closes = at[0] == '<' && at[1] == '/';

		if (*at != '<') {
			if (!(at = strict_text(at, "<")))
				return start;
			continue;
		}
		at = strict_name(at + (closes ? 2 : 1), name);
		while (at && !closes && *at == ' ')
			at = strict_attribute(at, has_base);
		if (!at || *at++ != '>' || !strict_is_listed(elements, name))
			return start;
		if (closes && (!depth || strcmp(open[--depth], name) != 0))
			return start;
		if (closes || strict_is_listed(" br img source ", name))
			continue;
		if (depth == STRICT_DEEPEST)
			return start;
		strcpy(open[depth++], name);
	}
	return depth ? html + strlen(html) : NULL;
}

#endif
