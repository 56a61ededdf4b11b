/* test_http_range.c: RFC 9110 section 14. */
#include "daemon/http/range.h"

#include <string.h>

#include "daemon/http/parse.h"
#include "feeds/base/buf.h"
#include "tests/unit/harness.h"

static const char etag[] = "\"0123\"";
enum { MODIFIED_S = 1700000000, LEN = 1000 };

/* The verdict on these FIELDS; FIRST and END are 0 unless it is a part. */
static enum range judge(const char *fields, size_t len, size_t *first, size_t *end)
{
	struct buf text = {0};
	struct http_head head;
	enum range range;

	*first = *end = 0;
	buf_printf(&text, "GET / HTTP/1.1\r\nHost: x\r\n%s\r\n", fields);
	CHECK_INT(http_parse_head(text.bytes, text.len, &head), 0);
	range = range_find(&head, etag, MODIFIED_S, len, first, end);
	buf_finish(&text);
	return range;
}

TEST(ranges)
{
	static const struct {
		const char *value;
		enum range range;
		size_t first, end;
	} cases[] = {
		{"bytes=0-", RANGE_PART, 0, 1000}, {"bytes=0-0", RANGE_PART, 0, 1},
		{"bytes=0-999", RANGE_PART, 0, 1000}, {"bytes=500-9999", RANGE_PART, 500, 1000},
		{"bytes=999-", RANGE_PART, 999, 1000}, {"Bytes=5-6", RANGE_PART, 5, 7},
		{"bytes=-1", RANGE_PART, 999, 1000}, {"bytes=-1000", RANGE_PART, 0, 1000},
		{"bytes=-5000", RANGE_PART, 0, 1000},
		{"bytes=7-99999999999999999999999", RANGE_PART, 7, 1000},
		{"bytes=1000-", RANGE_NOT_THERE, 0, 0}, {"bytes=1000-2000", RANGE_NOT_THERE, 0, 0},
		{"bytes=99999999999999999999999-", RANGE_NOT_THERE, 0, 0},
		{"bytes=-0", RANGE_NOT_THERE, 0, 0},
		{"bytes=", RANGE_WHOLE, 0, 0}, {"bytes=-", RANGE_WHOLE, 0, 0},
		{"bytes=5", RANGE_WHOLE, 0, 0}, {"bytes=6-5", RANGE_WHOLE, 0, 0},
		{"bytes=0-1,5-6", RANGE_WHOLE, 0, 0}, {"bytes=0-x", RANGE_WHOLE, 0, 0},
		{"bytes= 0-1", RANGE_WHOLE, 0, 0}, {"bytes=+0-1", RANGE_WHOLE, 0, 0},
		{"bytes=--1", RANGE_WHOLE, 0, 0}, {"items=0-1", RANGE_WHOLE, 0, 0},
		{"", RANGE_WHOLE, 0, 0}, {"0-1", RANGE_WHOLE, 0, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct buf field = {0};
		size_t first, end;
		enum range range;

		buf_printf(&field, "Range: %s\r\n", cases[i].value);
		range = judge(field.bytes, LEN, &first, &end);
		if (range != cases[i].range ||
			(range == RANGE_PART && (first != cases[i].first || end != cases[i].end)))
			harness_fail(__FILE__, __LINE__, "%s: %d %zu %zu", cases[i].value, range,
				first, end);
		buf_finish(&field);
	}
}

TEST(an_empty_file_has_no_part)
{
	size_t first, end;

	CHECK_INT(judge("Range: bytes=0-\r\n", 0, &first, &end), RANGE_NOT_THERE);
	CHECK_INT(judge("Range: bytes=-1\r\n", 0, &first, &end), RANGE_NOT_THERE);
	CHECK_INT(judge("", 0, &first, &end), RANGE_WHOLE);
}

TEST(two_fields_are_none)
{
	size_t first, end;

	CHECK_INT(judge("Range: bytes=0-1\r\nX: y\r\nrange: bytes=0-1\r\n", LEN, &first, &end),
		RANGE_WHOLE);
}

TEST(only_of_the_very_file)
{
	static const struct {
		const char *value;
		enum range range;
	} cases[] = {
		{"\"0123\"", RANGE_PART}, {"W/\"0123\"", RANGE_WHOLE}, {"\"123\"", RANGE_WHOLE},
		{"\"0123", RANGE_WHOLE}, {"", RANGE_WHOLE}, {"*", RANGE_WHOLE},
		{"Tue, 14 Nov 2023 22:13:20 GMT", RANGE_PART},
		{"Tue, 14 Nov 2023 22:13:21 GMT", RANGE_WHOLE},
		{"Tue, 14 Nov 2023 22:13:19 GMT", RANGE_WHOLE},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct buf fields = {0};
		size_t first, end;

		buf_printf(&fields, "If-Range: %s\r\nRange: bytes=1-2\r\n", cases[i].value);
		CHECK_INT(judge(fields.bytes, LEN, &first, &end), cases[i].range);
		buf_finish(&fields);
	}
}
