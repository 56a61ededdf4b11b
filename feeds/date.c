/*
 * date.c: one scanner for all forms. The text is first normalised (full-width digits and
 * marks become ASCII, with a map back to byte places), then a date is tried wherever a
 * digit or a month's or day's name could begin one. No strptime: it knows a 30th of
 * February and asks the locale.
 */
#include "feeds/date.h"

#include <stdint.h>
#include <string.h>

#include "feeds/article.h"
#include "feeds/text.h"
#include "feeds/zone.h"

enum {
	LONGEST = 120,  /* code points looked at from where a date may begin */
	DAY_S = 86400,
};

/* A window of the text: code points with full-width forms folded, and byte places. */
struct window {
	uint32_t chars[LONGEST + 1]; /* 0 behind the last */
	uint16_t places[LONGEST + 2]; /* bytes from the window's start */
	size_t count;
};

struct parts {
	int year, month, day;
	int hour, minute, second, millisecond;
	bool has_offset;
	int32_t offset_s;
};

static const char *const month_names[] = {
	"jan",
	"feb",
	"mar",
	"apr",
	"may",
	"jun",
	"jul",
	"aug",
	"sep",
	"oct",
	"nov",
	"dec",
};
static const char *const day_names[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

/* RFC 822 section 5.1 with hours as RFC 2822 defines them. */
static const struct {
	const char *name;
	int hours;
} zone_names[] = {
	{"GMT", 0},
	{"UTC", 0},
	{"UT", 0},
	{"EST", -5},
	{"EDT", -4},
	{"CST", -6},
	{"CDT", -5},
	{"MST", -7},
	{"MDT", -6},
	{"PST", -8},
	{"PDT", -7},
};

/* ASCII for the forms that mean the same in a date. */
static uint32_t plain(uint32_t c)
{
	if (c >= 0xFF01 && c <= 0xFF5E)
		return c - 0xFEE0;
	if (c >= 0x2010 && c <= 0x2015)
		return '-';
	if (c == 0x2212)
		return '-';
	if (c == 0x3000 || c == 0xA0 || c == 0x202F || c == 0x2009)
		return ' ';
	return c;
}

static void window_fill(struct window *window, const char *text, const char *end)
{
	const char *at = text;

	window->count = 0;
	while (at < end && window->count < LONGEST) {
		window->places[window->count] = (uint16_t)(at - text);
		window->chars[window->count++] = plain(text_next(&at, end));
	}
	window->places[window->count] = (uint16_t)(at - text);
	window->chars[window->count] = 0;
}

static bool is_digit(uint32_t c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(uint32_t c)
{
	return (c | 32) >= 'a' && (c | 32) <= 'z';
}

static void skip_spaces(const struct window *w, size_t *at)
{
	while (w->chars[*at] == ' ' || w->chars[*at] == '\t')
		(*at)++;
}

/* LEAST to MOST digits; refuses when another follows. */
static bool digits(const struct window *w, size_t *at, int least, int most, int *out)
{
	int count = 0, value = 0;

	while (count < most && is_digit(w->chars[*at + (size_t)count])) {
		value = value * 10 + (int)(w->chars[*at + (size_t)count] - '0');
		count++;
	}
	if (count < least)
		return false;
	*at += (size_t)count;
	*out = value;
	return true;
}

static bool word_is(const struct window *w, size_t at, const char *word)
{
	for (; *word; word++, at++)
		if ((w->chars[at] | 32) != (uint32_t)(unsigned char)(*word | 32))
			return false;
	return true;
}

/* One of NAMES (three letters), with the rest of a longer English name. */
static int name_index(const struct window *w, size_t *at, const char *const *names,
	int count)
{
	for (int i = 0; i < count; i++) {
		if (!word_is(w, *at, names[i]))
			continue;
		while (is_letter(w->chars[*at]))
			(*at)++;
		return i;
	}
	return -1;
}

/* "- — / . 年" between year, month and day, once or twice. */
static bool separator(const struct window *w, size_t *at, uint32_t word)
{
	size_t start = *at;
	uint32_t c;

	skip_spaces(w, at);
	c = w->chars[*at];
	if (c == word) {
		(*at)++;
		skip_spaces(w, at);
		return true;
	}
	if (c != '-' && c != '/' && c != '.')
		return *at = start, false;
	(*at)++;
	if (w->chars[*at] == c)
		(*at)++;
	skip_spaces(w, at);
	return true;
}

static bool parse_fraction(const struct window *w, size_t *at, struct parts *parts)
{
	int scale = 100;

	if ((w->chars[*at] != '.' && w->chars[*at] != ',') ||
		!is_digit(w->chars[*at + 1]))
		return true;
	for ((*at)++; is_digit(w->chars[*at]); (*at)++, scale /= 10)
		parts->millisecond += (int)(w->chars[*at] - '0') * scale;
	return true;
}

/* "9:30", "09:30:05.250", "9时30分", "9时", "093000" (COMPACT); false = no time here. */
static bool parse_clock(const struct window *w, size_t *at, bool compact,
	struct parts *parts)
{
	size_t here = *at;
	uint32_t mark;

	if (compact) {
		if (!digits(w, &here, 2, 2, &parts->hour) ||
				!digits(w, &here, 2, 2, &parts->minute))
			return false;
		digits(w, &here, 2, 2, &parts->second);
		*at = here;
		return parse_fraction(w, at, parts);
	}
	if (!digits(w, &here, 1, 2, &parts->hour))
		return false;
	mark = w->chars[here];
	if (mark != ':' && mark != 0x65F6 && mark != 0x70B9) /* 时 点 */
		return false;
	here++;
	skip_spaces(w, &here);
	if (!digits(w, &here, 1, 2, &parts->minute)) {
		*at = here;
		return mark != ':';
	}
	if (w->chars[here] == 0x5206) /* 分 */
		here++;
	else if (w->chars[here] == ':')
		here++;
	else
		return *at = here, true;
	if (digits(w, &here, 1, 2, &parts->second) && w->chars[here] == 0x79D2) /* 秒 */
		here++;
	*at = here;
	return parse_fraction(w, at, parts);
}

/* "+08:00", "+0800", "+08", "Z", "GMT+8", "GMT". */
static bool parse_offset(const struct window *w, size_t *at, struct parts *parts)
{
	size_t here = *at;
	int sign, hours, minutes = 0;

	skip_spaces(w, &here);
	for (size_t i = 0; i < sizeof(zone_names) / sizeof(*zone_names); i++) {
		size_t len = strlen(zone_names[i].name);

		if (!word_is(w, here, zone_names[i].name) ||
			is_letter(w->chars[here + len]))
			continue;
		*at = here += len;
		parts->has_offset = true;
		parts->offset_s = zone_names[i].hours * 3600;
		break;
	}
	if (!parts->has_offset && (w->chars[here] | 32) == 'z' &&
		!is_letter(w->chars[here + 1])) {
		*at = here + 1;
		return parts->has_offset = true;
	}
	if (w->chars[here] != '+' && w->chars[here] != '-')
		return true;
	sign = w->chars[here++] == '-' ? -1 : 1;
	if (!digits(w, &here, 1, 2, &hours))
		return true;
	if (w->chars[here] == ':')
		here++;
	if (is_digit(w->chars[here]) && !digits(w, &here, 2, 2, &minutes))
		return true;
	if (is_digit(w->chars[here]))
		return true;
	if (hours > 15 || minutes > 59)
		return false;
	*at = here;
	parts->has_offset = true;
	parts->offset_s = sign * (hours * 3600 + minutes * 60);
	return true;
}

/* What may stand between date and time: T, spaces, a weekday in brackets, 上午 not. */
static size_t before_clock(const struct window *w, size_t at)
{
	if ((w->chars[at] | 32) == 't' && is_digit(w->chars[at + 1]))
		return at + 1;
	skip_spaces(w, &at);
	if (w->chars[at] == '(' || w->chars[at] == 0x661F || w->chars[at] == 0x5468) {
		size_t close = at + (w->chars[at] == '(');

		/* 星期五, 周五 */
		if (w->chars[close] == 0x661F && w->chars[close + 1] == 0x671F)
			close += 3;
		else if (w->chars[close] == 0x5468)
			close += 2;
		else
			return at;
		if (close > w->count)
			return at;
		if (w->chars[at] == '(' && w->chars[close] == ')')
			close++;
		skip_spaces(w, &close);
		return close;
	}
	return at;
}

static bool parse_time(const struct window *w, size_t *at, bool compact,
	struct parts *parts)
{
	size_t start = before_clock(w, *at);
	size_t here = start;
	struct parts with = *parts;

	if (!compact || start == *at || !parse_clock(w, &here, true, &with)) {
		with = *parts;
		here = start;
		if (!parse_clock(w, &here, false, &with))
			return true;
	}
	*at = here;
	if (!parse_offset(w, at, &with))
		return false;
	*parts = with;
	return true;
}

/* 2026-05-08, 2026年5月8日, 2026/5/8, 2017——04——12, 20260514. DATE_NONE = not one. */
static enum date_result parse_numeric(const struct window *w, size_t *at,
	struct parts *parts)
{
	size_t here = *at;
	bool compact = false;

	if (!digits(w, &here, 4, 4, &parts->year) || parts->year < 1900 ||
		parts->year > 2099)
		return DATE_NONE;
	if (is_digit(w->chars[here])) {
		compact = true;
		if (!digits(w, &here, 2, 2, &parts->month) ||
			!digits(w, &here, 2, 2, &parts->day) || is_digit(w->chars[here]))
			return DATE_NONE;
	} else {
		if (!separator(w, &here, 0x5E74) ||
			!digits(w, &here, 1, 2, &parts->month) ||
			!separator(w, &here, 0x6708) ||
			!digits(w, &here, 1, 2, &parts->day) || is_digit(w->chars[here]))
			return DATE_NONE;
		if (w->chars[here] == 0x65E5 || w->chars[here] == 0x53F7) /* 日 号 */
			here++;
	}
	*at = here;
	return parse_time(w, at, compact, parts) ? DATE_OK : DATE_IMPOSSIBLE;
}

/* "Fri, 08 May 2026 09:30:00 +0800" and "May 8, 2026". */
static enum date_result parse_named(
	const struct window *w, size_t *at, struct parts *parts)
{
	size_t here = *at;
	int year_digits;
	int index;

	if (name_index(w, &here, day_names, 7) >= 0) {
		if (w->chars[here] == ',')
			here++;
		skip_spaces(w, &here);
	}
	index = name_index(w, &here, month_names, 12);
	if (index >= 0) {
		skip_spaces(w, &here);
		if (!digits(w, &here, 1, 2, &parts->day))
			return DATE_NONE;
		if (w->chars[here] == ',')
			here++;
	} else {
		if (!digits(w, &here, 1, 2, &parts->day))
			return DATE_NONE;
		skip_spaces(w, &here);
		if (w->chars[here] == '-')
			here++;
		index = name_index(w, &here, month_names, 12);
		if (index < 0)
			return DATE_NONE;
		if (w->chars[here] == '-' || w->chars[here] == ',')
			here++;
	}
	skip_spaces(w, &here);
	year_digits = (int)here;
	if (!digits(w, &here, 2, 4, &parts->year) || is_digit(w->chars[here]))
		return DATE_NONE;
	/* RFC 2822 section 4.3. */
	if ((int)here - year_digits == 2)
		parts->year += parts->year < 50 ? 2000 : 1900;
	parts->month = index + 1;
	*at = here;
	return parse_time(w, at, false, parts) ? DATE_OK : DATE_IMPOSSIBLE;
}

static int days_in(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

static bool is_possible(const struct parts *p)
{
	if (p->year < 1900 || p->year > 2099 || p->month < 1 || p->month > 12 ||
		p->day < 1 || p->day > days_in(p->year, p->month))
		return false;
	/* 24:00 is the end of the day; a leap second is the last second. */
	if (p->hour == 24)
		return p->minute == 0 && p->second == 0;
	return p->hour <= 23 && p->minute <= 59 && p->second <= 60;
}

static int64_t local_seconds(const struct parts *p)
{
	int64_t years = p->year - 1;
	int64_t days = years * 365 + years / 4 - years / 100 + years / 400 - 719162;

	for (int month = 1; month < p->month; month++)
		days += days_in(p->year, month);
	return (days + p->day - 1) * DAY_S + p->hour * 3600 + p->minute * 60 +
		(p->second == 60 ? 59 : p->second);
}

static void to_instant(const struct parts *parts, const struct zone *zone,
	struct instant *out)
{
	int64_t local_s = local_seconds(parts);

	out->offset_s = parts->has_offset ? parts->offset_s :
		zone_offset_of_local(zone, local_s);
	out->ms = (local_s - out->offset_s) * 1000 + parts->millisecond;
	out->is_set = true;
}

/* A date that begins the window; *AT is moved behind it. */
static enum date_result parse_here(const struct window *w, const struct zone *zone,
	size_t *at, struct instant *out)
{
	struct parts parts = {0};
	enum date_result result = parse_numeric(w, at, &parts);

	if (result == DATE_NONE) {
		parts = (struct parts){0};
		result = parse_named(w, at, &parts);
	}
	if (result != DATE_OK)
		return result;
	if (!is_possible(&parts))
		return DATE_IMPOSSIBLE;
	to_instant(&parts, zone, out);
	return DATE_OK;
}

enum date_result date_parse(const char *text, size_t len, const struct zone *zone,
	struct instant *out)
{
	struct window window;
	struct instant found;
	enum date_result result;
	size_t at = 0;

	while (len && strchr(" \t\r\n", text[len - 1]) && text[len - 1])
		len--;
	while (len && strchr(" \t\r\n", *text) && *text) {
		text++;
		len--;
	}
	window_fill(&window, text, text + len);
	if (window.places[window.count] != len)
		return DATE_NONE;
	result = parse_here(&window, zone, &at, &found);
	if (result != DATE_OK)
		return result;
	skip_spaces(&window, &at);
	/* Comments (RFC 822) behind the date: "(CST)". */
	if (at < window.count && window.chars[at] == '(' &&
		window.chars[window.count - 1] == ')')
		at = window.count;
	if (at < window.count) {
		/* "2026-05-08 99:99" has the shape; "2026-05-08-title" does not. */
		return window.chars[at] == ':' ? DATE_IMPOSSIBLE : DATE_NONE;
	}
	*out = found;
	return DATE_OK;
}

/* Whether a date may begin at C after BEFORE: not inside a longer number or word. */
static bool may_begin(uint32_t before, uint32_t c)
{
	if (is_digit(c))
		return !is_digit(before);
	return is_letter(c) && !is_letter(before) &&
	       strchr("jfmasondtw", (int)(c | 32)) != NULL;
}

enum date_result date_find(const char *text, size_t len, const struct zone *zone,
	struct instant *out, size_t *at, size_t *used)
{
	const char *end = text + len;
	const char *here = text;
	uint32_t before = 0;

	while (here < end) {
		const char *start = here;
		uint32_t c = plain(text_next(&here, end));

		if (may_begin(before, c)) {
			struct window window;
			size_t behind = 0;
			enum date_result result;

			window_fill(&window, start, end);
			result = parse_here(&window, zone, &behind, out);
			if (result != DATE_NONE) {
				if (at)
					*at = (size_t)(start - text);
				if (used)
					*used = window.places[behind];
				return result;
			}
		}
		before = c;
	}
	return DATE_NONE;
}
