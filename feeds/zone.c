/*
 * zone.c: TZif (RFC 8536) with the POSIX TZ footer (section 3.3.1). The process's own
 * time zone is never asked: an article directory has a zone of its own, and the library
 * has no environment.
 */
#include "feeds/zone.h"

#include <stdlib.h>
#include <string.h>

#include "feeds/base/error.h"
#include "feeds/base/mem.h"

enum {
	HEADER_SIZE = 44,
	MOST_TRANSITIONS = 20000,
	DAY_S = 86400,
};

/* When a rule of the footer changes the clock: month.week.day or a day of the year. */
struct rule {
	enum { RULE_MONTH, RULE_JULIAN, RULE_DAY } kind;
	int month, week, day;
	int32_t time_s;
};

struct footer {
	bool is_set, has_summer;
	int32_t standard_s, summer_s;
	struct rule start, end;
};

struct zone {
	int64_t *times;    /* owns; ascending */
	int32_t *offsets;  /* owns; in force from times[i] */
	size_t count;
	int32_t first_s;   /* before the first transition */
	struct footer footer;
};

/* Counts of a TZif header, in the order of the file. */
struct counts {
	uint32_t ut, standard, leap, times, types, chars;
};

static uint32_t read_u32(const unsigned char *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 |
	       at[3];
}

static int64_t read_time(const unsigned char *at, size_t size)
{
	if (size == 4)
		return (int32_t)read_u32(at);
	return (int64_t)((uint64_t)read_u32(at) << 32 | read_u32(at + 4));
}

static bool read_header(const unsigned char *at, size_t left, struct counts *out)
{
	if (left < HEADER_SIZE || memcmp(at, "TZif", 4) != 0)
		return false;
	*out = (struct counts){
		.ut = read_u32(at + 20), .standard = read_u32(at + 24),
		.leap = read_u32(at + 28), .times = read_u32(at + 32),
		.types = read_u32(at + 36), .chars = read_u32(at + 40),
	};
	return out->times <= MOST_TRANSITIONS && out->types >= 1 && out->types <= 256 &&
		out->leap <= 1000 && out->chars <= 10000 && out->ut <= 256 &&
		out->standard <= 256;
}

static size_t body_size(const struct counts *counts, size_t time_size)
{
	return counts->times * (time_size + 1) + counts->types * 6 + counts->chars +
		counts->leap * (time_size + 4) + counts->standard + counts->ut;
}

/* 1970-based day of a date in the proleptic Gregorian calendar. */
static int64_t days_of(int64_t year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int64_t year_of(int64_t utc_s)
{
	int64_t days = utc_s / DAY_S - (utc_s % DAY_S < 0);
	int64_t year = 1970 + days / 366 - (days < 0);

	while (days_of(year + 1, 1, 1) <= days)
		year++;
	while (days_of(year, 1, 1) > days)
		year--;
	return year;
}

static bool read_number(const char **at, int most, int *out)
{
	int value = 0, digits = 0;

	while (**at >= '0' && **at <= '9' && digits < 4) {
		value = value * 10 + (*(*at)++ - '0');
		digits++;
	}
	*out = value;
	return digits > 0 && value <= most;
}

/* Hours at most in the TZ string (RFC 9636 section 3.3.1). */
enum { OFFSET_HOURS = 24, RULE_HOURS = 167 };

/* [+-]hh[:mm[:ss]] in seconds, the sign as written. */
static bool read_clock(const char **at, int most_hours, int32_t *out)
{
	int sign = **at == '-' ? -1 : 1;
	int hours, minutes = 0, seconds = 0;

	if (**at == '-' || **at == '+')
		(*at)++;
	if (!read_number(at, most_hours, &hours))
		return false;
	if (**at == ':' && (++*at, !read_number(at, 59, &minutes)))
		return false;
	if (**at == ':' && (++*at, !read_number(at, 59, &seconds)))
		return false;
	*out = sign * (hours * 3600 + minutes * 60 + seconds);
	return true;
}

static bool skip_name(const char **at)
{
	const char *start = *at;

	if (**at == '<') {
		const char *close = strchr(*at, '>');

		*at = close ? close + 1 : *at;
		return close != NULL;
	}
	while ((**at >= 'A' && **at <= 'Z') || (**at >= 'a' && **at <= 'z'))
		(*at)++;
	return *at - start >= 3;
}

static bool read_rule(const char **at, struct rule *out)
{
	*out = (struct rule){.kind = RULE_DAY, .time_s = 7200};
	if (*(*at)++ != ',')
		return false;
	if (**at == 'M') {
		out->kind = RULE_MONTH;
		(*at)++;
		if (!read_number(at, 12, &out->month) || out->month < 1 ||
			*(*at)++ != '.' || !read_number(at, 5, &out->week) ||
			out->week < 1 || *(*at)++ != '.' ||
			!read_number(at, 6, &out->day))
			return false;
	} else {
		if (**at == 'J') {
			out->kind = RULE_JULIAN;
			(*at)++;
		}
		if (!read_number(at, 365, &out->day))
			return false;
	}
	if (**at != '/')
		return true;
	(*at)++;
	return read_clock(at, RULE_HOURS, &out->time_s);
}

static bool read_footer(const char *text, struct footer *out)
{
	int32_t west;

	if (!skip_name(&text) || !read_clock(&text, OFFSET_HOURS, &west))
		return false;
	out->is_set = true;
	out->standard_s = -west;
	if (!*text)
		return true;
	out->summer_s = out->standard_s + 3600;
	if (!skip_name(&text))
		return false;
	if (*text != ',') {
		if (!read_clock(&text, OFFSET_HOURS, &west))
			return false;
		out->summer_s = -west;
	}
	out->has_summer = true;
	return read_rule(&text, &out->start) && read_rule(&text, &out->end) && !*text;
}

/* The local time of RULE in YEAR, in seconds as if it were UTC. */
static int64_t rule_time(const struct rule *rule, int64_t year)
{
	bool leap = days_of(year + 1, 1, 1) - days_of(year, 1, 1) == 366;
	int64_t first, day;

	if (rule->kind != RULE_MONTH) {
		day = rule->kind == RULE_DAY ? rule->day :
			rule->day - 1 + (leap && rule->day >= 60);
		return (days_of(year, 1, 1) + day) * DAY_S + rule->time_s;
	}
	first = days_of(year, rule->month, 1);
	/* 1970-01-01 was a Thursday. */
	day = first + ((rule->day - (first + 4) % 7) % 7 + 7) % 7 + (rule->week - 1) * 7;
	while (day >= days_of(year + rule->month / 12, rule->month % 12 + 1, 1))
		day -= 7;
	return day * DAY_S + rule->time_s;
}

static int32_t footer_offset(const struct footer *footer, int64_t utc_s)
{
	int64_t year = year_of(utc_s + footer->standard_s);
	int64_t start, end;
	bool summer;

	if (!footer->has_summer)
		return footer->standard_s;
	start = rule_time(&footer->start, year) - footer->standard_s;
	end = rule_time(&footer->end, year) - footer->summer_s;
	if (start < end)
		summer = utc_s >= start && utc_s < end;
	else
		summer = utc_s >= start || utc_s < end;
	return summer ? footer->summer_s : footer->standard_s;
}

/* Reads one data block; AT has body_size bytes. */
static bool read_body(const unsigned char *at, const struct counts *counts,
	size_t time_size, struct zone *zone)
{
	const unsigned char *indices = at + counts->times * time_size;
	const unsigned char *types = indices + counts->times;

	zone->count = counts->times;
	zone->times = mem_alloc((counts->times + 1) * sizeof(*zone->times));
	zone->offsets = mem_alloc((counts->times + 1) * sizeof(*zone->offsets));
	zone->first_s = (int32_t)read_u32(types);
	for (size_t i = 0; i < counts->types; i++) {
		int32_t offset = (int32_t)read_u32(types + i * 6);

		if (offset < -26 * 3600 || offset > 26 * 3600)
			return false;
	}
	for (size_t i = 0; i < counts->times; i++) {
		if (indices[i] >= counts->types)
			return false;
		zone->times[i] = read_time(at + i * time_size, time_size);
		zone->offsets[i] = (int32_t)read_u32(types + indices[i] * 6);
		if (i && zone->times[i] <= zone->times[i - 1])
			return false;
	}
	return true;
}

static bool read_footer_line(const unsigned char *at, size_t left, struct zone *zone)
{
	const unsigned char *close;
	char text[128];

	if (left < 2 || at[0] != '\n')
		return false;
	close = memchr(at + 1, '\n', left - 1);
	if (!close || (size_t)(close - at) > sizeof(text))
		return false;
	memcpy(text, at + 1, (size_t)(close - at) - 1);
	text[close - at - 1] = '\0';
	return !*text || read_footer(text, &zone->footer);
}

static bool read_zone(const unsigned char *at, size_t len, struct zone *zone)
{
	struct counts counts;
	size_t size, time_size = 4;

	if (!read_header(at, len, &counts))
		return false;
	size = body_size(&counts, 4);
	if (len - HEADER_SIZE < size)
		return false;
	if (at[4] >= '2') {
		time_size = 8;
		at += HEADER_SIZE + size;
		len -= HEADER_SIZE + size;
		if (!read_header(at, len, &counts))
			return false;
		size = body_size(&counts, 8);
		if (len - HEADER_SIZE < size)
			return false;
	}
	if (!read_body(at + HEADER_SIZE, &counts, time_size, zone))
		return false;
	return time_size == 4 ||
		read_footer_line(at + HEADER_SIZE + size, len - HEADER_SIZE - size, zone);
}

bool zone_create(const void *bytes, size_t len, struct zone **out, struct error *err)
{
	struct zone *zone = mem_alloc(sizeof(*zone));

	if (!read_zone(bytes, len, zone)) {
		zone_destroy(zone);
		return error_set(err, "not a time zone file (TZif)");
	}
	*out = zone;
	return true;
}

struct zone *zone_create_fixed(int32_t offset_s)
{
	struct zone *zone = mem_alloc(sizeof(*zone));

	zone->first_s = offset_s;
	return zone;
}

void zone_destroy(struct zone *zone)
{
	if (!zone)
		return;
	free(zone->times);
	free(zone->offsets);
	free(zone);
}

int32_t zone_offset_at(const struct zone *zone, int64_t utc_s)
{
	size_t low = 0, high;

	if (!zone)
		return 0;
	if (zone->footer.is_set &&
		(!zone->count || utc_s >= zone->times[zone->count - 1]))
		return footer_offset(&zone->footer, utc_s);
	for (high = zone->count; low < high;) {
		size_t middle = low + (high - low) / 2;

		if (zone->times[middle] <= utc_s)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? zone->offsets[low - 1] : zone->first_s;
}

/* Offsets change at most once in two days, so those a day before and after are the two
 * that can apply. The one before wins in an overlap (the earlier instant) and in a gap
 * (where neither agrees with itself). */
int32_t zone_offset_of_local(const struct zone *zone, int64_t local_s)
{
	int32_t before =
		zone_offset_at(zone, local_s - DAY_S - zone_offset_at(zone, local_s));
	int32_t after =
		zone_offset_at(zone, local_s + DAY_S - zone_offset_at(zone, local_s));

	if (zone_offset_at(zone, local_s - before) == before)
		return before;
	if (zone_offset_at(zone, local_s - after) == after)
		return after;
	return before;
}
