/* admin_hub.c: the admin page's parts about deliveries: how many, where they fail, to whom
 * they go, and what partners have not heard of. */
#include "daemon/control/admin_internal.h"

#include <stdio.h>
#include <string.h>

#include "daemon/control/chart.h"

enum { TOPICS_MOST = 200 };

void admin_add_deliveries(const struct drawing *drawing)
{
	const struct report *report = drawing->report;
	char delivered[32], failed[32], given_up[32];
	uint64_t sums[2] = {0};

	admin_begin_section(drawing, W_DELIVERIES);
	if (!report->has_hub) {
		admin_add_empty(drawing, W_NO_HUB);
		admin_end_section(drawing);
		return;
	}
	for (int i = 0; i < CHART_MINUTES; i++) {
		sums[0] += report->minutes[i].delivered;
		sums[1] += report->minutes[i].failed;
	}
	chart_render(drawing->out, report->minutes, admin_text(drawing, W_CHART_LABEL));
	page_put(drawing->out, "<p class=\"meta legend\"><span class=\"key d\">$ $</span> "
		"<span class=\"key f\">$ $</span> <span>$ $</span></p>\n",
		admin_number(sums[0], delivered), admin_text(drawing, W_DELIVERED),
		admin_number(sums[1], failed), admin_text(drawing, W_FAILED),
		admin_number(report->hub.given_up, given_up), admin_text(drawing, W_GIVEN_UP));
	if (report->counts.tasks)
		admin_add_button(drawing, "retry", W_RETRY_NOW, NULL, false);
	admin_end_section(drawing);
}

/* ---- hosts ---- */

static void add_host(const struct drawing *drawing, const struct transfer_host *host)
{
	bool is_dead = host->probe_in_ms >= 0;
	char failures[16], slow[16], queued[16], wait[32];

	snprintf(failures, sizeof(failures), "%d", host->failures);
	snprintf(slow, sizeof(slow), "%d", host->slow);
	snprintf(queued, sizeof(queued), "%d", host->queued);
	page_put(drawing->out, is_dead ? "<tr><td>$</td><td class=\"bad-text\">$" :
					 "<tr><td>$</td><td>$",
		host->key, admin_text(drawing, is_dead ? W_DEAD :
			host->failures || host->slow ? W_TROUBLE : W_BUSY));
	if (is_dead) {
		snprintf(wait, sizeof(wait), "%lld", (long long)(host->probe_in_ms + 999) / 1000);
		page_put(drawing->out, " $ $", wait, admin_text(drawing, W_PROBED));
	}
	page_put(drawing->out, "</td><td class=\"n\">$</td><td class=\"n\">$</td>"
		"<td class=\"n\">$</td></tr>\n", failures, slow, queued);
}

void admin_add_hosts(const struct drawing *drawing)
{
	static const enum admin_word columns[] = {W_HOST, W_STATE, W_IN_A_ROW, W_SLOW, W_QUEUED,
		ADMIN_WORDS};
	const struct report *report = drawing->report;

	admin_begin_section(drawing, W_HOSTS);
	if (report->host_count) {
		admin_begin_table(drawing, columns, 2);
		for (size_t i = 0; i < report->host_count; i++)
			add_host(drawing, &report->hosts[i]);
		admin_end_table(drawing);
	} else {
		admin_add_empty(drawing, W_NO_HOSTS);
	}
	admin_end_section(drawing);
}

/* ---- topics ---- */

static void add_topic(const struct drawing *drawing, const struct report_topic *topic)
{
	char subscriptions[32], tasks[32], modified[32];

	page_put(drawing->out, "<tr><td>$</td><td><time>$</time></td><td class=\"n\">$</td>"
		"<td class=\"n\">$</td></tr>\n", topic->path,
		admin_time(drawing, topic->modified_s * 1000, modified),
		admin_number((uint64_t)topic->subscriptions, subscriptions),
		admin_number((uint64_t)topic->tasks, tasks));
}

/* Those with subscribers; a long list of the others is of no use. */
void admin_add_topics(const struct drawing *drawing)
{
	static const enum admin_word columns[] = {W_TOPIC, W_MODIFIED, W_SUBSCRIBERS, W_OWED,
		ADMIN_WORDS};
	const struct report *report = drawing->report;
	size_t shown = 0;
	char more[32];

	admin_begin_section(drawing, W_TOPICS);
	for (size_t i = 0; i < report->topic_count && shown < TOPICS_MOST; i++) {
		if (!report->topics[i].subscriptions)
			continue;
		if (!shown++)
			admin_begin_table(drawing, columns, 2);
		add_topic(drawing, &report->topics[i]);
	}
	if (shown)
		admin_end_table(drawing);
	if (shown < report->topic_count)
		page_put(drawing->out, "<p class=\"meta\">$ $</p>\n",
			admin_number(report->topic_count - shown, more),
			admin_text(drawing, W_MORE));
	admin_end_section(drawing);
}

/* ---- partners ---- */

static void add_day(const struct drawing *drawing, int32_t day)
{
	if (day)
		buf_printf(drawing->out, "%04d-%02d-%02d", day / 10000, day / 100 % 100, day % 100);
	else
		page_put(drawing->out, "$", admin_text(drawing, W_NO_END));
}

static void add_partner(const struct drawing *drawing, const struct report_partner *partner)
{
	char subscriptions[32], tasks[32];

	page_put(drawing->out, partner->is_valid ? "<tr><td>$</td><td>$ " :
						   "<tr><td>$</td><td class=\"bad-text\">$ ",
		partner->name,
		admin_text(drawing, partner->is_valid ? W_IN_FORCE : W_NOT_IN_FORCE));
	buf_add_char(drawing->out, '(');
	if (partner->from_day)
		add_day(drawing, partner->from_day);
	buf_add_str(drawing->out, partner->from_day ? " \xe2\x80\x93 " : "");
	add_day(drawing, partner->until_day);
	page_put(drawing->out, ")</td><td class=\"n\">$</td><td class=\"n\">$</td></tr>\n",
		admin_number((uint64_t)partner->subscriptions, subscriptions),
		admin_number((uint64_t)partner->tasks, tasks));
}

void admin_add_partners(const struct drawing *drawing)
{
	static const enum admin_word columns[] = {W_PARTNER, W_CONTRACT, W_SUBSCRIPTIONS, W_OWED,
		ADMIN_WORDS};
	const struct report *report = drawing->report;

	admin_begin_section(drawing, W_PARTNERS);
	if (report->partner_count) {
		admin_begin_table(drawing, columns, 2);
		for (size_t i = 0; i < report->partner_count; i++)
			add_partner(drawing, &report->partners[i]);
		admin_end_table(drawing);
	} else {
		admin_add_empty(drawing, W_NO_PARTNERS);
	}
	admin_end_section(drawing);
}

static void add_recall(const struct drawing *drawing, const struct recall *recall)
{
	char received[32], recalled[32], attempts[16];

	snprintf(attempts, sizeof(attempts), "%d", recall->attempts);
	page_put(drawing->out, "<tr><td><code>$</code></td><td>$</td><td><time>$</time></td>"
		"<td><time>$</time></td><td class=\"n\">$</td></tr>\n", recall->id,
		recall->partner, admin_time(drawing, recall->received_ms, received),
		admin_time(drawing, recall->recalled_ms, recalled), attempts);
}

/* Only where there are partners, and a ledger to read. */
void admin_add_recalls(const struct drawing *drawing)
{
	static const enum admin_word columns[] = {W_ARTICLE, W_PARTNER, W_RECEIVED, W_RECALLED,
		W_ATTEMPTS, ADMIN_WORDS};
	const struct report *report = drawing->report;

	if (!report->partner_count)
		return;
	admin_begin_section(drawing, W_RECALLS);
	if (!report->has_recalls) {
		admin_add_empty(drawing, W_READING);
	} else if (!report->open_recalls) {
		admin_add_empty(drawing, W_NO_RECALLS);
	} else {
		page_put(drawing->out, "<p>$</p>\n", admin_text(drawing, W_RECALLS_TEXT));
		admin_begin_table(drawing, columns, 4);
		for (size_t i = 0; i < report->recall_count; i++)
			add_recall(drawing, &report->recalls[i]);
		admin_end_table(drawing);
	}
	if (report->open_recalls > report->recall_count)
		buf_printf(drawing->out, "<p class=\"meta\">&#8230; (%zu)</p>\n",
			report->open_recalls);
	admin_end_section(drawing);
}
