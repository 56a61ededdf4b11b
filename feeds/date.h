/*
 * date.h: the one parser of dates, for every form that editors and content systems write:
 * RFC 3339, "2026-05-08 09:30:00 +0800", "2026年5月8日 09:30", "2026/5/11", RFC 822,
 * "20260514T063000+0800", "2017——04——12", full-width digits. Impossible dates are refused.
 */
#ifndef FEEDS_DATE_H
#define FEEDS_DATE_H

#include <stdbool.h>
#include <stddef.h>

struct instant;
struct zone;

enum date_result {
	DATE_OK,
	DATE_NONE,       /* no date here */
	DATE_IMPOSSIBLE, /* the shape of a date, but no such day or time: 2026-02-30 */
};

/* Parses the whole of TEXT (white space at the ends aside). A time without an offset is
 * local time in ZONE (NULL = UTC); a date without a time is 00:00. */
enum date_result date_parse(const char *text, size_t len, const struct zone *zone,
	struct instant *out);

/* Finds the first date in TEXT; *AT and *USED (either may be NULL) are its place in bytes. */
enum date_result date_find(const char *text, size_t len, const struct zone *zone,
	struct instant *out, size_t *at, size_t *used);

#endif
