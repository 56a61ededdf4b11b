/* metrics.h: the report in Prometheus's text format, version 0.0.4. Pure. */
#ifndef DAEMON_CONTROL_METRICS_H
#define DAEMON_CONTROL_METRICS_H

struct buf;
struct report;

extern const char metrics_content_type[];

void metrics_render(const struct report *report, struct buf *out);

#endif
