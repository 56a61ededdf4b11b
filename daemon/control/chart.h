/* chart.h: deliveries and failures of the last hour as SVG. Pure. */
#ifndef DAEMON_CONTROL_CHART_H
#define DAEMON_CONTROL_CHART_H

#include <stdint.h>

struct buf;

enum { CHART_MINUTES = 60 };

struct chart_minute {
	uint64_t delivered, failed;
};

/* MINUTES: the oldest first. LABEL is its text for those who do not see it, escaped. */
void chart_render(struct buf *out, const struct chart_minute minutes[CHART_MINUTES],
	const char *label);

#endif
