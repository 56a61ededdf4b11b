/* sources.c: see sources.h. */
#include "feeds/sources.h"

#include <string.h>
#include <strings.h>

#include "feeds/base/arena.h"
#include "feeds/base/day.h"
#include "feeds/base/error.h"

struct source {
	const char *name;
	int32_t from, to; /* 0 = no bound */
	bool is_domain;
	struct source *next;
};

struct source_list {
	struct source *first;
};

struct slice {
	const char *at;
	size_t len;
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct slice trim(struct slice text)
{
	while (text.len && is_space(*text.at)) {
		text.at++;
		text.len--;
	}
	while (text.len && is_space(text.at[text.len - 1]))
		text.len--;
	return text;
}

/* Takes "FROM..TO" off the end of LINE, if that is what its last word is. */
static bool take_days(struct slice *line, int32_t *from, int32_t *to)
{
	size_t start = line->len, before, after;
	const char *dots;

	while (start > 0 && !is_space(line->at[start - 1]) && line->at[start - 1] != '|')
		start--;
	dots = memmem(line->at + start, line->len - start, "..", 2);
	if (!dots)
		return true;
	before = (size_t)(dots - line->at) - start;
	after = line->len - start - before - 2;
	*from = before ? day_parse(line->at + start, before) : 0;
	*to = after ? day_parse(dots + 2, after) : 0;
	if ((before && !*from) || (after && !*to) || (*from && *to && *from > *to))
		return false;
	line->len = start;
	*line = trim(*line);
	return true;
}

static void add_name(struct arena *arena, struct source_list *list, struct slice name,
	int32_t from, int32_t to)
{
	struct source *source = arena_alloc(arena, sizeof(*source));

	*source = (struct source){
		.name = arena_strndup(arena, name.at, name.len),
		.from = from,
		.to = to,
		.is_domain = memchr(name.at, '.', name.len) && !memchr(name.at, ' ', name.len),
		.next = list->first,
	};
	list->first = source;
}

static bool parse_line(struct arena *arena, struct source_list *list, struct slice line,
	struct error *err)
{
	const char *hash = memchr(line.at, '#', line.len);
	int32_t from = 0, to = 0;

	if (hash)
		line.len = (size_t)(hash - line.at);
	line = trim(line);
	if (!line.len)
		return true;
	if (memchr(line.at, '\0', line.len))
		return error_set(err, "a NUL byte; expected text");
	if (!take_days(&line, &from, &to))
		return error_set(err, "expected days as 2026-01-01..2026-12-31");
	while (line.at) {
		const char *bar = memchr(line.at, '|', line.len);
		size_t len = bar ? (size_t)(bar - line.at) : line.len;
		struct slice name = trim((struct slice){line.at, len});

		if (!name.len)
			return error_set(err, "an empty name; expected NAME | ALIAS ...");
		add_name(arena, list, name, from, to);
		line = bar ? (struct slice){bar + 1, line.len - len - 1} : (struct slice){0};
	}
	return true;
}

bool sources_parse(struct arena *arena, const char *text, size_t len,
	struct source_list **out, struct error *err)
{
	struct source_list *list = arena_alloc(arena, sizeof(*list));

	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		text += 3;
		len -= 3;
	}
	for (size_t number = 1; len > 0; number++) {
		const char *end = memchr(text, '\n', len);
		size_t line = end ? (size_t)(end - text) : len;

		if (!parse_line(arena, list, (struct slice){text, line}, err))
			return error_prefix(err, "line %zu", number);
		text += line + (end ? 1 : 0);
		len -= line + (end ? 1 : 0);
	}
	*out = list;
	return true;
}

/* "https://user@WWW.Example:8080/x" -> "WWW.Example". */
static struct slice host_of(const char *address)
{
	const char *start = address ? strstr(address, "://") : NULL;
	size_t len;

	if (!start)
		return (struct slice){0};
	start += 3;
	len = strcspn(start, "/?#");
	for (const char *at; (at = memchr(start, '@', len));) {
		len -= (size_t)(at + 1 - start);
		start = at + 1;
	}
	if (memchr(start, ':', len))
		len = (size_t)((const char *)memchr(start, ':', len) - start);
	return (struct slice){start, len};
}

static bool is_below(struct slice host, const char *domain)
{
	size_t len = strlen(domain);

	if (!host.at || host.len < len ||
		strncasecmp(host.at + host.len - len, domain, len) != 0)
		return false;
	return host.len == len || host.at[host.len - len - 1] == '.';
}

bool sources_know(const struct source_list *list, const char *name, const char *address,
	int32_t day)
{
	struct slice host = host_of(address);

	for (const struct source *at = list->first; at; at = at->next) {
		if (day && ((at->from && day < at->from) || (at->to && day > at->to)))
			continue;
		if ((name && strcmp(at->name, name) == 0) ||
			(at->is_domain && is_below(host, at->name)))
			return true;
	}
	return false;
}
