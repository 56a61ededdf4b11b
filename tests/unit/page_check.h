/*
 * page_check.h: what every page must be, for the tests of the page writers: HTML whose
 * tags nest, whose attributes are quoted, whose ids are unique and whose references to
 * them lead somewhere, with nothing that a browser would run.
 */
#ifndef TESTS_PAGE_CHECK_H
#define TESTS_PAGE_CHECK_H

#include <string.h>

#include "tests/unit/harness.h"

enum { PAGE_DEPTH = 64 };

static inline bool page_check_is_void(const char *name)
{
	static const char *const names[] = {
		"meta", "link", "img", "br", "hr", "path", "source", "!DOCTYPE"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (strcmp(name, names[i]) == 0)
			return true;
	}
	return false;
}

/* AT is behind the name; checks the attributes and returns what is behind '>'. */
static inline const char *page_check_attributes(const char *at, const char *name)
{
	while (*at != '>') {
		size_t space = strspn(at, " /"), len;
		bool is_address;

		if (at[space] == '>')
			return at + space + 1;
		at += space;
		len = strcspn(at, "=> \"<");
		if (!space || !len)
			harness_fail(__FILE__, __LINE__, "<%s at %.60s", name, at);
		if (strncmp(at, "on", 2) == 0 || strncmp(at, "style", len) == 0)
			harness_fail(__FILE__, __LINE__, "<%s has %.40s", name, at);
		is_address = strncmp(at, "href", len) == 0 || strncmp(at, "src", len) == 0;
		at += len;
		if (*at != '=')
			continue; /* controls, html */
		CHECK(at[1] == '"');
		at += 2;
		if (is_address && strncmp(at, "javascript:", 11) == 0)
			harness_fail(__FILE__, __LINE__, "<%s runs %.40s", name, at);
		len = strcspn(at, "\"<>");
		if (at[len] != '"')
			harness_fail(__FILE__, __LINE__, "<%s value %.60s", name, at);
		at += len + 1;
	}
	return at + 1;
}

/* The page nests; scripts are data blocks only. */
static inline void page_check(const char *html)
{
	char stack[PAGE_DEPTH][24], name[24];
	size_t depth = 0, len;
	const char *at = html;

	while ((at = strchr(at, '<'))) {
		bool is_end = at[1] == '/';

		at += 1 + is_end;
		len = strcspn(at, " />");
		CHECK(len > 0 && len < sizeof(name));
		memcpy(name, at, len);
		name[len] = '\0';
		if (is_end) {
			if (depth == 0 || strcmp(stack[depth - 1], name) != 0)
				harness_fail(__FILE__, __LINE__, "</%s> after <%s>", name,
					depth ? stack[depth - 1] : "");
			depth--;
			continue;
		}
		at = page_check_attributes(at + len, name);
		if (strcmp(name, "script") == 0) {
			CHECK(strncmp(at - strlen("<script "
						  "type=\"application/ld+json\">"),
				      "<script type=\"application/ld+json\">", 35) == 0);
			at = strstr(at, "</script>") + strlen("</script>");
			continue;
		}
		if (page_check_is_void(name))
			continue;
		CHECK(depth < PAGE_DEPTH);
		strcpy(stack[depth++], name);
	}
	CHECK_INT(depth, 0);
}

static inline size_t page_count(const char *html, const char *text)
{
	size_t count = 0;

	for (const char *at = html; (at = strstr(at, text)); at += strlen(text))
		count++;
	return count;
}

#define HAS(html, text)                                                                  \
	(strstr((html), (text)) ? (void)0                                                \
				: harness_fail(__FILE__, __LINE__, "no %s in\n%s",       \
					  (text), (html)))
#define HAS_NOT(html, text)                                                              \
	(!strstr((html), (text))                                                         \
			? (void)0                                                        \
			: harness_fail(__FILE__, __LINE__, "%s in\n%s", (text), (html)))

#endif
