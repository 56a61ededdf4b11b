/* test_date.c: every form of date that editors and content systems write. */
#include "feeds/date.h"

#include <string.h>

#include "feeds/article.h"
#include "feeds/zone.h"
#include "tests/unit/harness.h"

enum { CHINA_S = 8 * 3600 };

static enum date_result parse(const char *text, struct instant *out)
{
	struct zone *zone = zone_create_fixed(CHINA_S);
	enum date_result result = date_parse(text, strlen(text), zone, out);

	zone_destroy(zone);
	return result;
}

TEST(all_forms)
{
	/* 2026-05-08T09:30:00+08:00 */
	static const long long morning = 1778203800000;
	static const struct {
		const char *text;
		long long ms;
	} cases[] = {
		{"2026-05-08T09:30:00+08:00", morning},
		{"2026-05-08T01:30:00Z", morning},
		{"2026-05-08T09:30:00.250+08:00", morning + 250},
		{"2026-05-08 09:30:00 +0800", morning},
		{"2026-05-08 09:30", morning},
		{" 2026-05-08 09:30:00.0 ", morning},
		{"2026年5月8日 09:30", morning},
		{"2026年05月08日09时30分", morning},
		{"2026年5月8日 9时30分00秒", morning},
		{"2026/5/8 9:30", morning},
		{"2026.05.08 09:30", morning},
		{"2026-05-08 星期五 09:30", morning},
		{"２０２６－０５－０８　０９：３０", morning},
		{"2026——05——08 09:30", morning},
		{"20260508T093000+0800", morning},
		{"20260508T013000Z", morning},
		{"20260508 09:30", morning},
		{"Fri, 08 May 2026 09:30:00 +0800", morning},
		{"Fri, 8 May 26 01:30 GMT", morning},
		{"8 May 2026 09:30:00 +0800", morning},
		{"May 8, 2026 09:30", morning},
		{"Thu, 07 May 2026 18:30:00 PDT", morning},
		{"2026-05-08", morning - 34200000},
		{"2026年5月8日", morning - 34200000},
		{"2026-05-07 24:00", morning - 34200000},
		{"2024-02-29", 1709136000000},
		{"1969-12-31T23:59:59Z", -1000},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct instant instant = {0};

		if (parse(cases[i].text, &instant) != DATE_OK)
			harness_fail(__FILE__, __LINE__, "not read: %s", cases[i].text);
		if (instant.ms != cases[i].ms)
			harness_fail(__FILE__, __LINE__, "%s: got %lld", cases[i].text,
				(long long)instant.ms);
		CHECK(instant.is_set);
	}
}

TEST(offset_is_kept)
{
	struct instant instant;

	CHECK_INT(parse("2026-05-08T01:30:00-03:30", &instant), DATE_OK);
	CHECK_INT(instant.offset_s, -12600);
	CHECK_INT(parse("2026-05-08 01:30", &instant), DATE_OK);
	CHECK_INT(instant.offset_s, CHINA_S);
}

TEST(impossible_dates_are_refused)
{
	static const char *const texts[] = {"2026-02-30", "2025-02-29", "2026-13-01",
		"2026-00-10", "2026-04-31 10:00", "2026-05-08 25:00", "2026-05-08 10:61",
		"2026年6月31日", "31 Feb 2026", "2026-05-08T10:00:00+99:00"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct instant instant;

		if (parse(texts[i], &instant) != DATE_IMPOSSIBLE)
			harness_fail(__FILE__, __LINE__, "accepted: %s", texts[i]);
	}
}

TEST(other_text_is_no_date)
{
	static const char *const texts[] = {"", " ", "x", "2026", "2026-05", "12:30",
		"yesterday", "2026-05-08-title", "1", "20260508123", "May", "\xFF\xFE",
		"2026-05-08 and more"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct instant instant;

		if (parse(texts[i], &instant) != DATE_NONE)
			harness_fail(__FILE__, __LINE__, "accepted: %s", texts[i]);
	}
}

TEST(found_in_a_line)
{
	static const char text[] = "发布时间：2026年5月13日 09:05稿件来源：青岑新闻网";
	struct instant instant;
	size_t at, used;

	CHECK_INT(date_find(text, strlen(text), NULL, &instant, &at, &used), DATE_OK);
	CHECK_INT(at, strlen("发布时间："));
	CHECK_INT(used, strlen("2026年5月13日 09:05"));
	CHECK_INT(instant.ms, 1778663100000);
}

/* Only a prefix that is itself a date may be read as one, whatever the cut. */
TEST(every_cut)
{
	static const char text[] = "2026-05-08T09:30:00.250+08:00";

	for (size_t len = 0; len < sizeof(text); len++) {
		struct instant instant = {0};

		if (date_parse(text, len, NULL, &instant) == DATE_OK)
			CHECK(len >= 10 && instant.ms >= 1778198400000 &&
				instant.ms < 1778284800000);
	}
}
