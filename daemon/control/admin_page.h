/* admin_page.h: the report as a page for people. Pure. */
#ifndef DAEMON_CONTROL_ADMIN_PAGE_H
#define DAEMON_CONTROL_ADMIN_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/control/log.h"

struct buf;
struct report;

enum admin_done {
	ADMIN_DONE_NOTHING,
	ADMIN_DONE_CONFIRM, ADMIN_DONE_RETRY, ADMIN_DONE_RELOAD, ADMIN_DONE_NO_RELOAD,
	ADMIN_DONE_RELEASE, ADMIN_DONE_NO_RELEASE,
	ADMIN_DONE_KINDS
};

struct admin_view {
	const char *form;          /* the secret of the forms */
	enum admin_done done;      /* what an action just did */
	bool is_chinese;
	bool is_paused;            /* does not load itself again */
	int32_t offset_s;          /* of the site's zone */
	const struct log_recent *log; /* the last warnings and errors, the newest first */
	size_t log_count;
};

/* What the page may load: its style, and forms to itself. */
extern const char admin_page_csp[];
/* Its look, after feed.css: admin.css. */
extern const char admin_page_style[];

void admin_page_render(const struct report *report, const struct admin_view *view,
	struct buf *out);

#endif
