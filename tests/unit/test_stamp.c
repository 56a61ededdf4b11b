/*
 * test_stamp.c: dates with the offset they were stated with.
 */
#include "tests/unit/harness.h"

#include "feeds/article.h"
#include "feeds/base/buf.h"
#include "feeds/stamp.h"

#include <time.h>

static void check(struct instant at, const char *rfc822, const char *rfc3339)
{
	struct buf out = {0};

	stamp_add_rfc822(&out, &at);
	CHECK_STR(buf_text(&out), rfc822);
	buf_clear(&out);
	stamp_add_rfc3339(&out, &at);
	CHECK_STR(buf_text(&out), rfc3339);
	buf_finish(&out);
}

TEST(known_dates)
{
	check((struct instant){5, 60, false}, "Thu, 01 Jan 1970 00:00:00 +0000",
		"1970-01-01T00:00:00Z");
	check((struct instant){INT64_C(1795482000000), 28800, true},
		"Tue, 24 Nov 2026 09:00:00 +0800", "2026-11-24T09:00:00+08:00");
	check((struct instant){INT64_C(951782399999), -12600, true},
		"Mon, 28 Feb 2000 20:29:59 -0330", "2000-02-28T20:29:59.999-03:30");
	check((struct instant){INT64_C(951782400000), 0, true},
		"Tue, 29 Feb 2000 00:00:00 +0000", "2000-02-29T00:00:00Z");
	check((struct instant){INT64_C(951782400000), 20700, true},
		"Tue, 29 Feb 2000 00:00:00 +0000", "2000-02-29T05:45:00+05:45");
	check((struct instant){-1, 0, true}, "Wed, 31 Dec 1969 23:59:59 +0000",
		"1969-12-31T23:59:59.999Z");
}

TEST(years_stay_within_four_digits)
{
	check((struct instant){INT64_MAX, INT32_MAX, true},
		"Fri, 31 Dec 9999 23:59:59 +0000", "9999-12-31T23:59:59.807Z");
	check((struct instant){INT64_MIN, INT32_MIN, true},
		"Mon, 01 Jan 0001 00:00:00 +0000", "0001-01-01T00:00:00.192Z");
}

/* Against the C library, a day and some seconds at a time over 400 years and more. */
TEST(agrees_with_gmtime)
{
	for (int64_t s = -INT64_C(62135596800); s < INT64_C(253402300800); s += 9000061) {
		struct instant at = {s * 1000, 0, true};
		time_t time = (time_t)s;
		struct tm tm;
		char want[64];
		struct buf out = {0};

		gmtime_r(&time, &tm);
		strftime(want, sizeof(want), "%a, %d %b 0000 %H:%M:%S +0000", &tm);
		stamp_add_rfc822(&out, &at);
		for (int i = 0, year = tm.tm_year + 1900; i < 4; i++, year /= 10)
			want[15 - i] = (char)('0' + year % 10);
		CHECK_STR(buf_text(&out), want);
		buf_finish(&out);
	}
}
