/* test_chart.c */
#include <string.h>

#include "daemon/control/chart.h"
#include "feeds/base/buf.h"
#include "tests/unit/harness.h"

static struct chart_minute minutes[CHART_MINUTES];

TEST(an_hour_without_deliveries_is_a_line)
{
	struct buf out = {0};

	chart_render(&out, minutes, "quiet");
	CHECK(strstr(out.bytes, "aria-label=\"quiet\""));
	CHECK(!strstr(out.bytes, "<rect"));
	buf_finish(&out);
}

TEST(bars_are_scaled_and_the_few_are_seen)
{
	struct buf out = {0};

	minutes[0] = (struct chart_minute){1000000, 1};
	minutes[59] = (struct chart_minute){0, 1200000};
	chart_render(&out, minutes, "x");
	CHECK(strstr(out.bytes, ">2000000</text>"));
	/* one failure among a million stands on the ground, two units high */
	CHECK(strstr(out.bytes, "<rect class=\"failed\" x=\"1\" y=\"98\" width=\"8\" "
				"height=\"2\"/>"));
	CHECK(strstr(out.bytes, "<rect class=\"delivered\" x=\"1\" y=\"48\" width=\"8\" "
				"height=\"50\"/>"));
	CHECK(strstr(out.bytes, "<rect class=\"failed\" x=\"591\" y=\"40\" width=\"8\" "
				"height=\"60\"/>"));
	buf_finish(&out);
}

TEST(the_largest_numbers)
{
	struct buf out = {0};

	for (int i = 0; i < CHART_MINUTES; i++)
		minutes[i] = (struct chart_minute){UINT64_MAX / 2, UINT64_MAX / 2};
	chart_render(&out, minutes, "x");
	CHECK(strstr(out.bytes, "</svg>"));
	buf_finish(&out);
}
