/* admin_page.h: the report as a page for people. Pure. */
#ifndef DAEMON_CONTROL_ADMIN_PAGE_H
#define DAEMON_CONTROL_ADMIN_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/control/log.h"

struct buf;
struct report;

struct admin_view {
	const char *form;          /* the secret of the forms */
	const char *done;          /* what an action just did ("retry"), or NULL */
	bool is_chinese;
	int32_t offset_s;          /* of the site's zone */
	const struct log_recent *log; /* the last warnings and errors, the newest first */
	size_t log_count;
};

/* What the page may load: its style, and forms to itself. */
extern const char admin_page_csp[];
/* Its look, after feed.css. */
extern const char admin_page_style[];

void admin_page_render(const struct report *report, const struct admin_view *view,
	struct buf *out);

#endif
