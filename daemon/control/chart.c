/*
 * chart.c: see chart.h. One stacked bar a minute, failures at the bottom, so that a few
 * among many deliveries still stand on the ground line. The look is the style sheet's.
 */
#include "daemon/control/chart.h"

#include "feeds/base/buf.h"

enum { WIDTH = 600, HEIGHT = 120, FLOOR = 100, STEP = WIDTH / CHART_MINUTES };

/* The next 1, 2 or 5 times a power of ten: a scale that a person can read. */
static uint64_t round_up(uint64_t most)
{
	static const unsigned factors[] = {1, 2, 5};

	for (uint64_t power = 1;; power *= 10) {
		for (int i = 0; i < 3; i++) {
			if (power * factors[i] >= most || power > UINT64_MAX / 100)
				return power * factors[i];
		}
	}
}

/* Never invisible while there is something. */
static int height_of(uint64_t value, uint64_t scale)
{
	int height = (int)((double)value / (double)scale * FLOOR);

	return value && height < 2 ? 2 : height;
}

static void add_bar(struct buf *out, const char *class, int minute, int from, int height)
{
	if (height)
		buf_printf(out, "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" "
			"height=\"%d\"/>", class, minute * STEP + 1, FLOOR - from - height,
			STEP - 2, height);
}

void chart_render(struct buf *out, const struct chart_minute minutes[CHART_MINUTES],
	const char *label)
{
	uint64_t most = 1, scale;

	for (int i = 0; i < CHART_MINUTES; i++) {
		if (minutes[i].delivered + minutes[i].failed > most)
			most = minutes[i].delivered + minutes[i].failed;
	}
	scale = round_up(most);
	buf_printf(out, "<svg class=\"chart\" viewBox=\"0 -14 %d %d\" role=\"img\" "
		"aria-label=\"%s\">", WIDTH, HEIGHT + 14, label);
	for (int i = 0; i < CHART_MINUTES; i++) {
		int failed = height_of(minutes[i].failed, scale);
		int delivered = height_of(minutes[i].delivered, scale);

		if (failed + delivered > FLOOR)
			delivered = FLOOR - failed;
		add_bar(out, "failed", i, 0, failed);
		add_bar(out, "delivered", i, failed, delivered);
	}
	buf_printf(out, "<path d=\"M0 %d.5H%dM0 .5H%d\"/>", FLOOR, WIDTH, WIDTH);
	buf_printf(out, "<text x=\"0\" y=\"-3\">%llu</text>", (unsigned long long)scale);
	buf_printf(out, "<text x=\"0\" y=\"%d\">&#8722;60 min</text>", HEIGHT - 4);
	buf_printf(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">0</text></svg>\n", WIDTH,
		HEIGHT - 4);
}
