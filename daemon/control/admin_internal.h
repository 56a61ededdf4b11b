/* admin_internal.h: what the files of the admin page share. Pure. */
#ifndef DAEMON_CONTROL_ADMIN_INTERNAL_H
#define DAEMON_CONTROL_ADMIN_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/control/admin_page.h"
#include "daemon/control/admin_words.h"
#include "daemon/control/report.h"
#include "daemon/site/page.h"
#include "feeds/base/buf.h"

struct drawing {
	struct buf *out;
	const struct report *report;
	const struct admin_view *view;
};

/* ---- admin_page.c ---- */

const char *admin_text(const struct drawing *drawing, enum admin_word which);
/* A number as a person reads it, "12,345", in OUT of 32 bytes; returns OUT. */
const char *admin_number(uint64_t value, char out[32]);
/* "2026-05-08 09:30:00" of the site's zone in OUT of 32 bytes; "-" for 0. */
const char *admin_time(const struct drawing *drawing, int64_t ms, char out[32]);

void admin_begin_section(const struct drawing *drawing, enum admin_word heading);
void admin_end_section(const struct drawing *drawing);
/* Begins a table with COLUMNS, ended by ADMIN_WORDS: first TEXTS of text, then numbers. */
void admin_begin_table(const struct drawing *drawing, const enum admin_word *columns,
	int texts);
void admin_end_table(const struct drawing *drawing);
/* A paragraph in place of a table that would be empty. */
void admin_add_empty(const struct drawing *drawing, enum admin_word which);
/* A form with one button. ID (NULL = none) names what it is about; DANGER marks what cannot
 * be undone. */
void admin_add_button(const struct drawing *drawing, const char *action, enum admin_word label,
	const char *id, bool is_danger);

/* ---- admin_hub.c: deliveries, hosts, topics, partners ---- */
void admin_add_deliveries(const struct drawing *drawing);
void admin_add_hosts(const struct drawing *drawing);
void admin_add_topics(const struct drawing *drawing);
void admin_add_partners(const struct drawing *drawing);
void admin_add_recalls(const struct drawing *drawing);

/* ---- admin_articles.c: what waits for a decision, and what is wrong ---- */
void admin_add_deletions(const struct drawing *drawing);
void admin_add_decisions(const struct drawing *drawing);
void admin_add_problems(const struct drawing *drawing);
void admin_add_log(const struct drawing *drawing);

#endif
