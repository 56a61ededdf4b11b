/*
 * range.c: see range.h. One range is all that players ask for; several would cost a multipart
 * answer that may be longer than the whole, so the whole is sent (RFC 9110 section 14.2).
 */
#include "daemon/http/range.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "daemon/http/conditional.h"
#include "daemon/http/parse.h"

/* The value of the only field NAME; false if there is none, or more than one. */
static bool find_field(const struct http_head *head, const char *name, struct slice *out)
{
	struct slice value = {head->fields.at, 0};

	if (!value.at)
		return false;
	value.at += head->fields.len;
	if (!http_field_before(head, name, &value))
		return false;
	*out = value;
	return !http_field_before(head, name, &value);
}

/* Takes digits off TEXT; larger than any file stays so. False if there are none. */
static bool take_number(struct slice *text, size_t *out)
{
	size_t number = 0, count = 0;

	for (; text->len && *text->at >= '0' && *text->at <= '9'; text->at++, text->len--) {
		size_t digit = (size_t)(*text->at - '0');

		number = number > (SIZE_MAX - digit) / 10 ? SIZE_MAX : number * 10 + digit;
		count++;
	}
	*out = number;
	return count > 0;
}

static bool take(struct slice *text, const char *prefix)
{
	size_t len = strlen(prefix);

	if (text->len < len || strncasecmp(text->at, prefix, len) != 0)
		return false;
	text->at += len;
	text->len -= len;
	return true;
}

/* By strong comparison: a weak tag, and a date that is another, name nothing. */
static bool is_same_file(const struct http_head *head, const char *etag, int64_t modified_s)
{
	struct slice value = {head->fields.at, 0};

	if (!value.at)
		return true;
	value.at += head->fields.len;
	if (!http_field_before(head, "if-range", &value))
		return true;
	if (value.len && *value.at == '"')
		return value.len == strlen(etag) && memcmp(value.at, etag, value.len) == 0;
	return modified_s && http_parse_date(value) == modified_s;
}

enum range range_find(const struct http_head *head, const char *etag, int64_t modified_s,
	size_t len, size_t *first, size_t *end)
{
	struct slice text;
	size_t from = 0, last = SIZE_MAX;

	if (!find_field(head, "range", &text) || !take(&text, "bytes=") ||
		!is_same_file(head, etag, modified_s))
		return RANGE_WHOLE;
	if (take(&text, "-")) { /* so many at the end */
		if (!take_number(&text, &last) || text.len)
			return RANGE_WHOLE;
		*first = last < len ? len - last : 0;
		*end = len;
		return last && len ? RANGE_PART : RANGE_NOT_THERE;
	}
	if (!take_number(&text, &from) || !take(&text, "-"))
		return RANGE_WHOLE;
	if ((text.len && !take_number(&text, &last)) || text.len || last < from)
		return RANGE_WHOLE;
	*first = from;
	*end = last < len ? last + 1 : len;
	return from < len ? RANGE_PART : RANGE_NOT_THERE;
}
