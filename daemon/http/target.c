/* target.c: see target.h. */
#include "daemon/http/target.h"

#include <string.h>
#include <strings.h>

/* Leaves the path and query of an absolute-form target, if its authority is HOST. */
static bool strip_authority(struct slice *target, struct slice host)
{
	const char *end = target->at + target->len, *start, *path;
	size_t len;

	if (target->len > 7 && strncasecmp(target->at, "http://", 7) == 0)
		start = target->at + 7;
	else if (target->len > 8 && strncasecmp(target->at, "https://", 8) == 0)
		start = target->at + 8;
	else
		return false;
	for (path = start; path < end && *path != '/' && *path != '?'; path++)
		;
	len = (size_t)(path - start);
	if (!len || !http_is_authority((struct slice){start, len}))
		return false;
	if (host.at && (len != host.len || strncasecmp(start, host.at, len) != 0))
		return false;
	*target = (struct slice){path, (size_t)(end - path)};
	return true;
}

/* "/a/./b/../c" -> "/a/c", in place. */
static void remove_dots(char *path)
{
	char *to = path;

	for (const char *from = path; *from;) {
		size_t len = strcspn(from + 1, "/") + 1; /* "/segment" */
		bool is_dot = len == 2 && from[1] == '.';
		bool is_up = len == 3 && from[1] == '.' && from[2] == '.';

		while (is_up && to > path && *--to != '/')
			;
		if (!is_dot && !is_up) {
			memmove(to, from, len);
			to += len;
		} else if (!from[len]) {
			*to++ = '/';
		}
		from += len;
	}
	*to = '\0';
}

static int hex_value(char c)
{
	return c >= '0' && c <= '9' ? c - '0' :
	       c >= 'a' && c <= 'f' ? c - 'a' + 10 :
	       c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool decode(struct slice path, char *out)
{
	size_t len = 0;

	for (size_t i = 0; i < path.len; i++) {
		int high, low, c = (unsigned char)path.at[i];

		if (c == '#')
			return false;
		if (c == '%') {
			if (path.len - i < 3)
				return false;
			high = hex_value(path.at[i + 1]);
			low = hex_value(path.at[i + 2]);
			if (high < 0 || low < 0)
				return false;
			c = high * 16 + low;
			i += 2;
		}
		if (c < ' ' || c == 0x7f)
			return false;
		out[len++] = (char)c;
	}
	out[len] = '\0';
	return true;
}

int target_normalise(struct slice target, struct slice host, char *out, struct slice *query)
{
	const char *mark;

	*query = (struct slice){0};
	if (!target.len || target.len > HTTP_TARGET_MAX)
		return 400;
	if (*target.at != '/' && !strip_authority(&target, host))
		return 400;
	mark = target.len ? memchr(target.at, '?', target.len) : NULL;
	if (mark) {
		*query = (struct slice){mark + 1, target.len - (size_t)(mark + 1 - target.at)};
		target.len = (size_t)(mark - target.at);
	}
	if (!target.len) /* "http://host" */
		target = (struct slice){"/", 1};
	if (!decode(target, out))
		return 400;
	if (strstr(out, "/."))
		remove_dots(out);
	return 0;
}
