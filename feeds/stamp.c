/*
 * stamp.c: dates in words of its own tables, never strftime: that follows the locale.
 */
#include "feeds/stamp.h"

#include "feeds/article.h"
#include "feeds/base/buf.h"

#include <stdlib.h>

#define DAY_S INT64_C(86400)
#define FIRST_S (INT64_C(-62135596800)) /* 0001-01-01T00:00:00 */
#define LAST_S INT64_C(253402300799)	/* 9999-12-31T23:59:59 */

struct civil {
	int year, month, day, hour, minute, second, weekday; /* 0 = Sunday */
	int ms;
	int offset_min;
};

/* Floor division for a positive divisor. */
static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* Days since 1970-01-01 to a date of the proleptic Gregorian calendar, counting in years
 * that begin in March, so that the leap day is the last. */
static void set_date(struct civil *civil, int64_t days)
{
	int64_t shifted = days + 719468; /* days since 0000-03-01 */
	int64_t era = floor_div(shifted, 146097);
	int64_t of_era = shifted - era * 146097;
	int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	int64_t month = (5 * of_year + 2) / 153;

	civil->day = (int)(of_year - (153 * month + 2) / 5 + 1);
	civil->month = (int)(month < 10 ? month + 3 : month - 9);
	civil->year = (int)(year + era * 400 + (civil->month <= 2));
	civil->weekday = (int)(((days + 4) % 7 + 7) % 7);
}

static struct civil civil_of(const struct instant *instant)
{
	struct civil civil = {0};
	int64_t seconds = 0;
	int64_t of_day;

	if (instant->is_set) {
		/* offsets are whole minutes in both formats, and less than a day */
		if (instant->offset_s > -DAY_S && instant->offset_s < DAY_S)
			civil.offset_min = instant->offset_s / 60;
		seconds = floor_div(instant->ms, 1000);
		civil.ms = (int)((instant->ms % 1000 + 1000) % 1000);
		seconds += civil.offset_min * 60;
	}
	seconds = seconds < FIRST_S ? FIRST_S : seconds > LAST_S ? LAST_S : seconds;
	set_date(&civil, floor_div(seconds, DAY_S));
	of_day = seconds - floor_div(seconds, DAY_S) * DAY_S;
	civil.hour = (int)(of_day / 3600);
	civil.minute = (int)(of_day / 60 % 60);
	civil.second = (int)(of_day % 60);
	return civil;
}

void stamp_add_rfc3339(struct buf *out, const struct instant *instant)
{
	struct civil civil = civil_of(instant);
	int offset = abs(civil.offset_min);

	buf_printf(out, "%04d-%02d-%02dT%02d:%02d:%02d", civil.year, civil.month,
		civil.day, civil.hour, civil.minute, civil.second);
	if (civil.ms)
		buf_printf(out, ".%03d", civil.ms);
	if (offset == 0)
		buf_add_char(out, 'Z');
	else
		buf_printf(out, "%c%02d:%02d", civil.offset_min < 0 ? '-' : '+',
			offset / 60, offset % 60);
}

void stamp_add_rfc822(struct buf *out, const struct instant *instant)
{
	static const char weekdays[][4] = {
		"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul",
		"Aug", "Sep", "Oct", "Nov", "Dec"};
	struct civil civil = civil_of(instant);
	struct instant utc = {instant->ms, 0, instant->is_set};
	int offset = abs(civil.offset_min);

	/* Nepal's +0545 is right, and a warning of the validator */
	if (offset % 30 != 0) {
		civil = civil_of(&utc);
		offset = 0;
	}
	buf_printf(out, "%s, %02d %s %04d %02d:%02d:%02d %c%02d%02d",
		weekdays[civil.weekday], civil.day, months[civil.month - 1], civil.year,
		civil.hour, civil.minute, civil.second, civil.offset_min < 0 ? '-' : '+',
		offset / 60, offset % 60);
}
