/*
 * admin_page.c: see admin_page.h. No script: whoever serves the page tells the browser to load
 * it again, unless it is paused. Everything from outside goes through page_put, which escapes.
 */
#include "daemon/control/admin_internal.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

const char admin_page_csp[] = "default-src 'none'; style-src 'self'; img-src data:; "
	"base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/* ---- what all parts use ---- */

const char *admin_text(const struct drawing *drawing, enum admin_word which)
{
	return admin_word(which, drawing->view->is_chinese);
}

const char *admin_number(uint64_t value, char out[32])
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)value), at = 0;

	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			out[at++] = ',';
		out[at++] = digits[i];
	}
	out[at] = '\0';
	return out;
}

const char *admin_time(const struct drawing *drawing, int64_t ms, char out[32])
{
	time_t seconds = (time_t)(ms / 1000 + drawing->view->offset_s);
	struct tm tm;

	snprintf(out, 32, "-");
	if (ms && gmtime_r(&seconds, &tm))
		strftime(out, 32, "%Y-%m-%d %H:%M:%S", &tm);
	return out;
}

void admin_begin_section(const struct drawing *drawing, enum admin_word heading)
{
	page_put(drawing->out, "<section>\n<h2>$</h2>\n", admin_text(drawing, heading));
}

void admin_end_section(const struct drawing *drawing)
{
	buf_add_str(drawing->out, "</section>\n");
}

void admin_begin_table(const struct drawing *drawing, const enum admin_word *columns, int texts)
{
	/* what scrolls must be reached by keyboard */
	page_put(drawing->out, "<div class=\"scroll\" tabindex=\"0\" role=\"group\" "
		"aria-label=\"$\"><table><thead><tr>", admin_text(drawing, columns[0]));
	for (int i = 0; columns[i] != ADMIN_WORDS; i++)
		page_put(drawing->out, i < texts ? "<th scope=\"col\">$</th>" :
						   "<th scope=\"col\" class=\"n\">$</th>",
			admin_text(drawing, columns[i]));
	buf_add_str(drawing->out, "</tr></thead><tbody>\n");
}

void admin_end_table(const struct drawing *drawing)
{
	buf_add_str(drawing->out, "</tbody></table></div>\n");
}

void admin_add_empty(const struct drawing *drawing, enum admin_word which)
{
	page_put(drawing->out, "<p class=\"empty\">$</p>\n", admin_text(drawing, which));
}

void admin_add_button(const struct drawing *drawing, const char *action, enum admin_word label,
	const char *id, bool is_danger)
{
	page_put(drawing->out, "<form method=\"post\" action=\"/admin/\">"
		"<input type=\"hidden\" name=\"form\" value=\"$\">", drawing->view->form);
	if (id)
		page_put(drawing->out, "<input type=\"hidden\" name=\"id\" value=\"$\">", id);
	page_put(drawing->out, is_danger ?
		"<button class=\"danger\" name=\"action\" value=\"$\">$</button></form>\n" :
		"<button name=\"action\" value=\"$\">$</button></form>\n",
		action, admin_text(drawing, label));
}

/* ---- at a glance ---- */

static enum admin_word state_word(const struct report *report)
{
	return report->is_draining	 ? W_STOPPING :
	       !report->site.is_ready	 ? W_SCANNING :
	       report->store.is_failing	 ? W_STORE_FAILING :
	       report->silent_workers	 ? W_WORKER_SILENT :
	       report->site.is_held	 ? W_DELETIONS_HELD :
					   W_READY;
}

static void add_state(const struct drawing *drawing)
{
	const struct report *report = drawing->report;
	enum admin_word state = state_word(report);
	char since[32], now[32];

	page_put(drawing->out, state == W_READY ?
		"<p class=\"state\"><strong>$</strong> " :
		"<p class=\"state bad\" role=\"alert\"><strong>$</strong> ",
		admin_text(drawing, state));
	page_put(drawing->out, "<span class=\"meta\">gazetted $, $ <time>$</time></span> "
		"<span class=\"meta updates\">$ <time>$</time> · <a href=\"$\">$</a></span></p>\n",
		GAZETTED_VERSION, admin_text(drawing, W_SINCE),
		admin_time(drawing, report->started_ms, since), admin_text(drawing, W_NOW),
		admin_time(drawing, report->now_ms, now),
		drawing->view->is_paused ? "/admin/" : "/admin/?paused",
		admin_text(drawing, drawing->view->is_paused ? W_RESUME : W_PAUSE));
}

static void add_done(const struct drawing *drawing)
{
	static const enum admin_word texts[ADMIN_DONE_KINDS] = {
		[ADMIN_DONE_CONFIRM] = W_DID_CONFIRM,
		[ADMIN_DONE_RETRY] = W_DID_RETRY,
		[ADMIN_DONE_RELOAD] = W_DID_RELOAD,
		[ADMIN_DONE_NO_RELOAD] = W_DID_NOT_RELOAD,
		[ADMIN_DONE_RELEASE] = W_DID_RELEASE,
		[ADMIN_DONE_NO_RELEASE] = W_DID_NOT_RELEASE,
	};

	if (drawing->view->done != ADMIN_DONE_NOTHING)
		page_put(drawing->out, "<p class=\"done\" role=\"status\">$</p>\n",
			admin_text(drawing, texts[drawing->view->done]));
}

/* NOTE may be NULL. */
static void add_tile(const struct drawing *drawing, enum admin_word label, bool is_bad,
	const char *value, const char *note)
{
	page_put(drawing->out, is_bad ? "<div class=\"bad\"><dt>$</dt><dd>$" :
					"<div><dt>$</dt><dd>$",
		admin_text(drawing, label), value);
	if (note)
		page_put(drawing->out, " <small>$</small>", note);
	buf_add_str(drawing->out, "</dd></div>\n");
}

/* With a second, smaller number below it, unless that is 0. */
static void add_count(const struct drawing *drawing, enum admin_word label, bool is_bad,
	uint64_t value, uint64_t more, enum admin_word of_what)
{
	char number[32], second[32], note[96];

	snprintf(note, sizeof(note), "%s %s", admin_number(more, second),
		admin_text(drawing, of_what));
	add_tile(drawing, label, is_bad && value, admin_number(value, number), more ? note : NULL);
}

static const char *seconds_text(double seconds, char out[32])
{
	if (seconds < 1)
		snprintf(out, 32, "%g ms", seconds * 1000);
	else
		snprintf(out, 32, "%g s", seconds);
	return out;
}

static void add_lateness(const struct drawing *drawing)
{
	const struct histogram *lateness = &drawing->report->hub.lateness;
	char half[32], worst[32], note[96];

	if (!lateness->count) {
		add_tile(drawing, W_LATE, false, "-", NULL);
		return;
	}
	snprintf(note, sizeof(note), "%s %s", admin_text(drawing, W_LATE_WORST),
		seconds_text(histogram_quantile(lateness, .99), worst));
	add_tile(drawing, W_LATE, false, seconds_text(histogram_quantile(lateness, .5), half),
		note);
}

static void add_tiles(const struct drawing *drawing)
{
	const struct report *report = drawing->report;
	double turn = histogram_quantile(&report->turn, .99);
	char text[32];

	buf_add_str(drawing->out, "<dl class=\"tiles\">\n");
	add_count(drawing, W_PUBLISHED, false, report->site.published, report->site.decided,
		W_DECIDED_TILE);
	add_count(drawing, W_WAITING, false, report->site.waiting, report->site.queued,
		W_OF_FILES);
	add_count(drawing, W_REJECTED, true, report->site.rejected, 0, W_OF_FILES);
	if (report->has_hub) {
		add_count(drawing, W_SUBSCRIPTIONS, false, (uint64_t)report->counts.subscriptions,
			(uint64_t)(report->readers.pushed + report->readers.polled), W_READERS);
		add_count(drawing, W_RETRIES, true, (uint64_t)report->counts.tasks,
			(uint64_t)report->counts.jobs, W_FAN_OUTS);
		add_lateness(drawing);
	}
	add_count(drawing, W_REQUESTS, false, report->http.requests,
		(uint64_t)report->http.connections, W_CONNECTIONS);
	snprintf(text, sizeof(text), "%.0f MiB", (double)report->process.resident / 1048576.);
	add_tile(drawing, W_MEMORY, false, text, NULL);
	add_tile(drawing, W_LOOP, turn > .1, seconds_text(turn, text), NULL);
	buf_add_str(drawing->out, "</dl>\n");
}

/* ---- the daemon itself ---- */

/* What it is among those that share its database; nothing where it is alone or leads. */
static void add_node(const struct drawing *drawing)
{
	const struct report_node *node = &drawing->report->node;
	char behind[32];

	if (!node->is_store_up)
		page_put(drawing->out, "<p class=\"bad-text\">$</p>\n",
			admin_text(drawing, W_STORE_AWAY));
	if (!node->is_publisher && drawing->report->site.is_ready)
		page_put(drawing->out, "<p>$ $</p>\n", admin_text(drawing, W_FOLLOWS),
			seconds_text((double)node->behind_ms / 1000, behind));
}

static void add_daemon(const struct drawing *drawing)
{
	const struct report *report = drawing->report;
	char size[64], at[32];

	admin_begin_section(drawing, W_DAEMON);
	add_node(drawing);
	snprintf(size, sizeof(size), "%.1f MiB + %.1f MiB", (double)report->store.size / 1048576.,
		(double)report->store.wal_size / 1048576.);
	page_put(drawing->out, "<p>$: <code>$</code> ($)<br>\n$: <code>$</code><br>\n$:",
		admin_text(drawing, W_DATABASE), report->store.name, size,
		admin_text(drawing, W_DIRECTORY), report->directory,
		admin_text(drawing, W_LISTENERS));
	for (size_t i = 0; i < report->listener_count; i++)
		page_put(drawing->out, " <code>$</code>", report->listeners[i]);
	page_put(drawing->out, "<br>\n$: ", admin_text(drawing, W_RELOADED));
	if (!report->reload.at_ms)
		page_put(drawing->out, "$", admin_text(drawing, W_NOT_RELOADED));
	else
		page_put(drawing->out, report->reload.is_ok ? "<time>$</time> $$" :
			"<time>$</time> <span class=\"bad-text\">$ $</span>",
			admin_time(drawing, report->reload.at_ms, at),
			report->reload.is_ok ? "" : admin_text(drawing, W_REFUSED),
			report->reload.text);
	buf_add_str(drawing->out, "</p>\n");
	admin_add_button(drawing, "reload", W_RELOAD, NULL, false);
	admin_end_section(drawing);
}

void admin_page_render(const struct report *report, const struct admin_view *view,
	struct buf *out)
{
	const struct drawing drawing = {out, report, view};

	page_put(out, "<!DOCTYPE html>\n<html lang=\"$\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		"<title>$ · $</title>\n<link rel=\"icon\" href=\"data:,\">\n"
		"<link rel=\"stylesheet\" href=\"/admin/style.css\">\n</head>\n<body>\n"
		"<a class=\"skip\" href=\"#content\">$</a>\n<header class=\"masthead\"><h1>$</h1>"
		"<p class=\"lede\"><a href=\"$\">$</a></p></header>\n"
		"<main id=\"content\" tabindex=\"-1\">\n",
		view->is_chinese ? "zh-CN" : "en", admin_text(&drawing, W_TITLE),
		report->base_url, admin_text(&drawing, W_SKIP), admin_text(&drawing, W_TITLE),
		report->base_url, report->base_url);
	add_state(&drawing);
	add_done(&drawing);
	admin_add_deletions(&drawing);
	add_tiles(&drawing);
	admin_add_deliveries(&drawing);
	if (report->has_hub)
		admin_add_hosts(&drawing);
	admin_add_problems(&drawing);
	admin_add_log(&drawing);
	admin_add_decisions(&drawing);
	admin_add_recalls(&drawing);
	admin_add_partners(&drawing);
	admin_add_topics(&drawing);
	add_daemon(&drawing);
	buf_add_str(out, "</main>\n</body>\n</html>\n");
}
