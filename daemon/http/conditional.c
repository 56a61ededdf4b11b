/* conditional.c: see conditional.h. */
#include "daemon/http/conditional.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

static struct slice trim(struct slice s)
{
	while (s.len && (*s.at == ' ' || *s.at == '\t'))
		s.at++, s.len--;
	while (s.len && (s.at[s.len - 1] == ' ' || s.at[s.len - 1] == '\t'))
		s.len--;
	return s;
}

/* Takes one element off a comma-separated list; false at its end. */
static bool next_element(struct slice *list, struct slice *out)
{
	const char *comma;

	if (!list->len)
		return false;
	comma = memchr(list->at, ',', list->len);
	out->at = list->at;
	out->len = comma ? (size_t)(comma - list->at) : list->len;
	list->len -= out->len + (comma != NULL);
	list->at += out->len + (comma != NULL);
	*out = trim(*out);
	return true;
}

/* The opaque part: without W/, quotes and a proxy's suffix. */
static struct slice opaque(struct slice tag)
{
	static const char *const suffixes[] = {"-gzip", ";gzip", "-br", ";br", "--gzip"};

	if (tag.len >= 2 && (tag.at[0] == 'W' || tag.at[0] == 'w') && tag.at[1] == '/')
		tag = (struct slice){tag.at + 2, tag.len - 2};
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++) {
		size_t len = strlen(suffixes[i]);

		if (tag.len > len && memcmp(tag.at + tag.len - len, suffixes[i], len) == 0)
			tag.len -= len; /* "tag"-gzip */
	}
	if (tag.len && *tag.at == '"')
		tag.at++, tag.len--;
	if (tag.len && tag.at[tag.len - 1] == '"')
		tag.len--;
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++) {
		size_t len = strlen(suffixes[i]);

		if (tag.len > len && memcmp(tag.at + tag.len - len, suffixes[i], len) == 0)
			tag.len -= len; /* "tag-gzip" */
	}
	return tag;
}

bool etag_matches(struct slice value, const char *etag)
{
	struct slice own = opaque((struct slice){etag, strlen(etag)}), element;

	while (next_element(&value, &element)) {
		struct slice theirs = opaque(element);

		if (element.len == 1 && *element.at == '*')
			return true;
		if (theirs.len == own.len && own.len && memcmp(theirs.at, own.at, own.len) == 0)
			return true;
	}
	return false;
}

static int month_of(const char *name)
{
	static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";

	for (int m = 0; m < 12; m++) {
		if (strncasecmp(names + 3 * m, name, 3) == 0)
			return m;
	}
	return -1;
}

int64_t http_parse_date(struct slice value)
{
	char text[64], month[4] = "";
	int day, year, hour, minute, second;
	struct tm tm = {0};

	if (value.len >= sizeof(text))
		return -1;
	memcpy(text, value.at, value.len);
	text[value.len] = '\0';
	if (sscanf(text, "%*[A-Za-z], %2d %3[A-Za-z] %4d %2d:%2d:%2d GMT", &day, month, &year,
		    &hour, &minute, &second) != 6 &&
		sscanf(text, "%*[A-Za-z], %2d-%3[A-Za-z]-%2d %2d:%2d:%2d GMT", &day, month, &year,
			&hour, &minute, &second) != 6 &&
		sscanf(text, "%*[A-Za-z] %3[A-Za-z] %2d %2d:%2d:%2d %4d", month, &day, &hour,
			&minute, &second, &year) != 6)
		return -1;
	if (year < 70)
		year += 2000;
	else if (year < 100)
		year += 1900;
	tm = (struct tm){.tm_mday = day, .tm_mon = month_of(month), .tm_year = year - 1900,
		.tm_hour = hour, .tm_min = minute, .tm_sec = second};
	if (tm.tm_mon < 0 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60)
		return -1;
	return (int64_t)timegm(&tm);
}

bool is_not_modified(const struct http_head *head, const char *etag, int64_t modified_s)
{
	struct slice tags = head->if_none_match;

	while (tags.at) {
		if (etag_matches(tags, etag))
			return true;
		if (!http_field_before(head, "if-none-match", &tags))
			return false;
	}
	if (!head->if_modified_since.at || !modified_s)
		return false;
	return http_parse_date(head->if_modified_since) >= modified_s;
}

/* The weight in thousandths (RFC 9110 section 12.4.2); 1000 without one. */
static int weight_of(struct slice element, struct slice *name)
{
	const char *mark = memchr(element.at, ';', element.len);
	struct slice rest;
	int weight, unit = 100;

	*name = trim((struct slice){element.at, mark ? (size_t)(mark - element.at) :
		element.len});
	if (!mark)
		return 1000;
	rest = trim((struct slice){mark + 1, element.len - (size_t)(mark + 1 - element.at)});
	if (rest.len < 3 || (rest.at[0] != 'q' && rest.at[0] != 'Q') || rest.at[1] != '=')
		return 1000;
	weight = rest.at[2] == '0' ? 0 : 1000; /* more than 1 is not defined */
	for (size_t i = 4; i < rest.len && weight < 1000 && unit; i++, unit /= 10) {
		if (rest.at[3] != '.' || rest.at[i] < '0' || rest.at[i] > '9')
			break;
		weight += (rest.at[i] - '0') * unit;
	}
	return weight;
}

static bool slice_is(struct slice s, const char *text)
{
	return s.len == strlen(text) && strncasecmp(s.at, text, s.len) == 0;
}

enum encoding choose_encoding(struct slice accept, const bool has[ENCODING_COUNT])
{
	/* our order of preference where the weights are equal */
	static const enum encoding order[] = {ENCODING_BROTLI, ENCODING_GZIP, ENCODING_IDENTITY};
	int weights[ENCODING_COUNT] = {-1, -1, -1}, any = -1, best_weight = 0;
	enum encoding best = ENCODING_IDENTITY;
	struct slice element, name;

	if (!accept.at)
		return ENCODING_IDENTITY;
	while (next_element(&accept, &element)) {
		int weight = weight_of(element, &name);

		if (slice_is(name, "gzip") || slice_is(name, "x-gzip"))
			weights[ENCODING_GZIP] = weight;
		else if (slice_is(name, "br"))
			weights[ENCODING_BROTLI] = weight;
		else if (slice_is(name, "identity"))
			weights[ENCODING_IDENTITY] = weight;
		else if (slice_is(name, "*"))
			any = weight;
	}
	for (int e = 0; e < ENCODING_COUNT; e++) {
		if (weights[e] < 0)
			weights[e] = any >= 0 ? any : e == ENCODING_IDENTITY ? 1 : 0;
	}
	for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++) {
		if (has[order[i]] && weights[order[i]] > best_weight) {
			best = order[i];
			best_weight = weights[order[i]];
		}
	}
	return best;
}

/* Whether RANGE ("en-GB") is of the language of TAG ("en"). */
static bool is_of_language(struct slice range, const char *tag)
{
	const char *dash = memchr(range.at, '-', range.len);
	size_t len = dash ? (size_t)(dash - range.at) : range.len;

	return len == strcspn(tag, "-") && strncasecmp(range.at, tag, len) == 0;
}

bool prefers_language(const struct http_head *head, const char *own, const char *other)
{
	struct slice value = {head->fields.at, 0}, element, name;
	int own_weight = -1, other_weight = -1, any = 0;

	if (value.at)
		value.at += head->fields.len;
	while (http_field_before(head, "accept-language", &value)) {
		struct slice rest = value;

		while (next_element(&rest, &element)) {
			int weight = weight_of(element, &name);

			if (is_of_language(name, own) && weight > own_weight)
				own_weight = weight;
			if (is_of_language(name, other) && weight > other_weight)
				other_weight = weight;
			if (slice_is(name, "*"))
				any = weight;
		}
	}
	return (other_weight < 0 ? any : other_weight) > (own_weight < 0 ? any : own_weight);
}
