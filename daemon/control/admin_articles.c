/* admin_articles.c: the admin page's parts about articles: what waits for the operator's word,
 * what was decided, and what is wrong. */
#include "daemon/control/admin_internal.h"

#include <stdio.h>
#include <string.h>

void admin_add_deletions(const struct drawing *drawing)
{
	const struct report *report = drawing->report;
	bool is_held = report->site.is_held;

	if (!report->vanishing_count)
		return;
	page_put(drawing->out, is_held ? "<section class=\"alarm\">\n<h2>$</h2>\n<p>$</p>\n<ul>\n" :
					 "<section>\n<h2>$</h2>\n<p>$</p>\n<ul>\n",
		admin_text(drawing, W_DELETIONS),
		admin_text(drawing, is_held ? W_HELD_TEXT : W_GRACE_TEXT));
	for (size_t i = 0; i < report->vanishing_count; i++)
		page_put(drawing->out, "<li><code>$</code></li>\n", report->vanishing[i].path);
	if (report->site.vanishing > report->vanishing_count)
		buf_printf(drawing->out, "<li>&#8230; (%zu)</li>\n", report->site.vanishing);
	buf_add_str(drawing->out, "</ul>\n<p>");
	admin_add_button(drawing, "confirm-deletes", W_CONFIRM, NULL, true);
	buf_add_str(drawing->out, "</p>\n");
	admin_end_section(drawing);
}

static void add_decision(const struct drawing *drawing, const struct report_decision *decision)
{
	char at[32];

	page_put(drawing->out, "<tr><td>$<br><code>$</code></td><td>$", decision->title ?
		decision->title : decision->path, decision->path,
		admin_text(drawing, decision->is_killed ? W_KILLED : W_HELD));
	if (decision->note)
		page_put(drawing->out, ": $", decision->note);
	page_put(drawing->out, "</td><td><time>$</time></td><td>",
		admin_time(drawing, decision->at_ms, at));
	admin_add_button(drawing, "release", W_RELEASE, decision->id, false);
	buf_add_str(drawing->out, "</td></tr>\n");
}

void admin_add_decisions(const struct drawing *drawing)
{
	static const enum admin_word columns[] = {W_ARTICLE, W_STATE, W_DECIDED_AT, W_RELEASE,
		ADMIN_WORDS};
	const struct report *report = drawing->report;

	admin_begin_section(drawing, W_DECIDED);
	if (!report->decision_count) {
		admin_add_empty(drawing, W_NO_DECIDED);
	} else {
		admin_begin_table(drawing, columns, 4);
		for (size_t i = 0; i < report->decision_count; i++)
			add_decision(drawing, &report->decisions[i]);
		admin_end_table(drawing);
	}
	if (report->site.decided > report->decision_count)
		buf_printf(drawing->out, "<p class=\"meta\">&#8230; (%zu)</p>\n",
			report->site.decided);
	admin_end_section(drawing);
}

void admin_add_problems(const struct drawing *drawing)
{
	const struct report *report = drawing->report;

	admin_begin_section(drawing, W_PROBLEMS);
	if (!report->problem_count)
		admin_add_empty(drawing, W_NO_PROBLEMS);
	else
		buf_add_str(drawing->out, "<ul class=\"log\">\n");
	for (size_t i = 0; i < report->problem_count; i++)
		page_put(drawing->out, "<li>$</li>\n", report->problems[i].problem);
	buf_add_str(drawing->out, report->problem_count ? "</ul>\n" : "");
	admin_end_section(drawing);
}

void admin_add_log(const struct drawing *drawing)
{
	const struct admin_view *view = drawing->view;
	char at[32];

	admin_begin_section(drawing, W_LOG);
	if (!view->log_count)
		admin_add_empty(drawing, W_NO_LOG);
	else
		buf_add_str(drawing->out, "<ul class=\"log\">\n");
	for (size_t i = 0; i < view->log_count; i++)
		page_put(drawing->out, "<li><time>$</time> $</li>\n",
			admin_time(drawing, view->log[i].at_ms, at), view->log[i].text);
	buf_add_str(drawing->out, view->log_count ? "</ul>\n" : "");
	admin_end_section(drawing);
}
