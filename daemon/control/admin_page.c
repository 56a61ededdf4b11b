/*
 * admin_page.c: see admin_page.h. No script: the page loads itself again every ten seconds.
 * Everything from outside goes through page_put, which escapes.
 */
#include "daemon/control/admin_page.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "daemon/control/chart.h"
#include "daemon/control/report.h"
#include "daemon/site/page.h"
#include "feeds/base/buf.h"

const char admin_page_csp[] = "default-src 'none'; style-src 'self'; base-uri 'none'; "
	"form-action 'self'; frame-ancestors 'none'";

const char admin_page_style[] =
	"body{max-width:64rem}"
	".state{padding:.7rem 1rem;border-left:6px solid #2a7d3f;background:var(--wash);"
	"font-size:1.15rem}"
	".state.bad{border-color:#b3261e}"
	".tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(9.5rem,1fr));"
	"border:solid var(--rule);border-width:1px 0 0 1px;padding:0;margin:1.5rem 0}"
	".tiles div{border:solid var(--rule);border-width:0 1px 1px 0;padding:.7rem .9rem}"
	".tiles dt{color:var(--quiet);font-size:.85rem}"
	".tiles dd{margin:0;font-size:1.35rem;font-variant-numeric:tabular-nums}"
	".tiles .bad dd{color:#b3261e;font-weight:bold}"
	"table{width:100%;border-collapse:collapse;margin:0 0 1rem;font-size:.92rem}"
	"th,td{text-align:left;padding:.3rem .6rem .3rem 0;border-bottom:1px solid var(--rule);"
	"vertical-align:top}"
	"td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}"
	".scroll{overflow-x:auto}"
	".chart{width:100%;display:block}.chart .delivered{fill:#4a7fb5}"
	".chart .failed{fill:#c4442b}"
	".chart path{stroke:var(--rule);fill:none}.chart text{fill:var(--quiet);font-size:11px}"
	".key::before{content:\"\";display:inline-block;width:.8em;height:.8em;margin-right:.4em}"
	".key.d::before{background:#4a7fb5}.key.f::before{background:#c4442b}"
	"form{display:inline}button{font:inherit;padding:.35rem .9rem;cursor:pointer;"
	"color:var(--ink);background:var(--wash);border:1px solid var(--quiet);border-radius:4px}"
	".log{font-family:var(--mono);font-size:.85rem}"
	".done{background:var(--wash);padding:.5rem 1rem}"
	"@media(prefers-color-scheme:dark){.state{border-color:#57b86f}.state.bad{border-color:"
	"#ff8a80}.tiles .bad dd{color:#ff8a80}}\n";

enum { TOPICS_MOST = 200 };

enum word {
	W_TITLE, W_PUBLISHED, W_WAITING, W_REJECTED, W_SUBSCRIPTIONS, W_RETRIES, W_FAILED_TILE,
	W_REQUESTS, W_CONNECTIONS, W_MEMORY, W_LOOP, W_DELIVERIES, W_DELIVERED, W_FAILED,
	W_CHART_LABEL, W_TOPICS, W_TOPIC, W_SUBSCRIBERS, W_OWED, W_MODIFIED, W_HOSTS, W_HOST,
	W_STATE, W_IN_A_ROW, W_SLOW, W_QUEUED, W_DEAD, W_TROUBLE, W_BUSY, W_NO_HOSTS, W_PROBLEMS,
	W_NO_PROBLEMS, W_LOG, W_NO_LOG, W_DELETIONS, W_HELD_TEXT, W_GRACE_TEXT, W_CONFIRM,
	W_RETRY_NOW, W_RELOAD, W_RELOADED, W_REFUSED, W_NO_HUB, W_STORE, W_DONE, W_STARTED,
	WORD_KINDS
};

static const char *const words[WORD_KINDS][2] = {
	[W_TITLE] = {"Operations", "运行状况"},
	[W_PUBLISHED] = {"Articles out", "已发布"},
	[W_WAITING] = {"Waiting", "待发布"},
	[W_REJECTED] = {"Files refused", "有错误的文件"},
	[W_SUBSCRIPTIONS] = {"Subscriptions", "订阅"},
	[W_RETRIES] = {"Retries owed", "待重试"},
	[W_FAILED_TILE] = {"Failed attempts", "失败次数"},
	[W_REQUESTS] = {"Requests", "请求"},
	[W_CONNECTIONS] = {"Connections", "连接"},
	[W_MEMORY] = {"Memory", "内存"},
	[W_LOOP] = {"Loop turn, 99 %", "主循环 99 %"},
	[W_DELIVERIES] = {"Deliveries, last hour", "最近一小时的推送"},
	[W_DELIVERED] = {"delivered", "成功"},
	[W_FAILED] = {"failed", "失败"},
	[W_CHART_LABEL] = {"Deliveries and failures of each minute of the last hour",
		"最近一小时每分钟的推送成功与失败数"},
	[W_TOPICS] = {"Topics", "主题"},
	[W_TOPIC] = {"Topic", "主题"},
	[W_SUBSCRIBERS] = {"Subscribers", "订阅者"},
	[W_OWED] = {"Retries", "待重试"},
	[W_MODIFIED] = {"Modified", "更新时间"},
	[W_HOSTS] = {"Callback hosts", "回调主机"},
	[W_HOST] = {"Host", "主机"},
	[W_STATE] = {"State", "状态"},
	[W_IN_A_ROW] = {"Failures in a row", "连续失败"},
	[W_SLOW] = {"Slow", "慢"},
	[W_QUEUED] = {"Waiting", "等待"},
	[W_DEAD] = {"dead", "无响应"},
	[W_TROUBLE] = {"in trouble", "有故障"},
	[W_BUSY] = {"busy", "忙"},
	[W_NO_HOSTS] = {"No host is in trouble.", "没有发生故障的主机。"},
	[W_PROBLEMS] = {"Files with errors", "有错误的文件"},
	[W_NO_PROBLEMS] = {"Every file could be read.", "所有文件均正常。"},
	[W_LOG] = {"Warnings and errors", "警告与错误"},
	[W_NO_LOG] = {"None since the start.", "启动以来没有。"},
	[W_DELETIONS] = {"Deletions", "删除"},
	[W_HELD_TEXT] = {"Too many articles vanished at once. They stay published until their "
			 "files are back or you confirm.",
		"一次消失的文章过多。在文件恢复或您确认之前，它们继续发布。"},
	[W_GRACE_TEXT] = {"Their files are gone; they stay for the time of grace.",
		"文件已删除；宽限期内继续发布。"},
	[W_CONFIRM] = {"Delete these articles", "确认删除这些文章"},
	[W_RETRY_NOW] = {"Retry all now", "立即全部重试"},
	[W_RELOAD] = {"Reload the configuration", "重新读取配置"},
	[W_RELOADED] = {"Last reload", "上次读取配置"},
	[W_REFUSED] = {"refused", "被拒绝"},
	[W_NO_HUB] = {"There is no hub (hub.enabled).", "没有启用推送中心（hub.enabled）。"},
	[W_STORE] = {"Database", "数据库"},
	[W_DONE] = {"Done:", "已完成："},
	[W_STARTED] = {"since", "启动于"},
};

struct drawing {
	struct buf *out;
	const struct report *report;
	const struct admin_view *view;
};

static const char *word(const struct drawing *drawing, enum word which)
{
	return words[which][drawing->view->is_chinese];
}

/* In the site's zone. */
static const char *time_text(const struct drawing *drawing, int64_t ms, char *out, size_t size)
{
	time_t seconds = (time_t)(ms / 1000 + drawing->view->offset_s);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(out, size, "%Y-%m-%d %H:%M:%S", &tm);
	return out;
}

static void add_tile(const struct drawing *drawing, enum word label, bool is_bad,
	const char *value)
{
	page_put(drawing->out, is_bad ? "<div class=\"bad\"><dt>$</dt><dd>$</dd></div>\n" :
					"<div><dt>$</dt><dd>$</dd></div>\n",
		word(drawing, label), value);
}

static void add_number(const struct drawing *drawing, enum word label, bool is_bad,
	uint64_t value)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	add_tile(drawing, label, is_bad && value, text);
}

static void add_heading(const struct drawing *drawing, enum word which)
{
	page_put(drawing->out, "</section>\n<section>\n<h2>$</h2>\n", word(drawing, which));
}

static void add_button(const struct drawing *drawing, const char *action, enum word label)
{
	page_put(drawing->out, "<form method=\"post\" action=\"/admin/\">"
		"<input type=\"hidden\" name=\"form\" value=\"$\">"
		"<button name=\"action\" value=\"$\">$</button></form>\n",
		drawing->view->form, action, word(drawing, label));
}

/* ---- at a glance ---- */

static void add_state(const struct drawing *drawing)
{
	const struct report *report = drawing->report;
	const char *state = report_state(report);
	char since[32];

	page_put(drawing->out, strcmp(state, "ready") == 0 ?
		"<p class=\"state\"><strong>$</strong> gazetted $ $ $</p>\n" :
		"<p class=\"state bad\" role=\"alert\"><strong>$</strong> gazetted $ $ $</p>\n",
		state, GAZETTED_VERSION, word(drawing, W_STARTED),
		time_text(drawing, report->started_ms, since, sizeof(since)));
	if (drawing->view->done)
		page_put(drawing->out, "<p class=\"done\" role=\"status\">$ $</p>\n",
			word(drawing, W_DONE), drawing->view->done);
}

static void add_tiles(const struct drawing *drawing)
{
	const struct report *report = drawing->report;
	char text[48];

	buf_add_str(drawing->out, "<dl class=\"tiles\">\n");
	add_number(drawing, W_PUBLISHED, false, report->site.published);
	add_number(drawing, W_WAITING, false, report->site.waiting);
	add_number(drawing, W_REJECTED, true, report->site.rejected);
	add_number(drawing, W_SUBSCRIPTIONS, false, (uint64_t)report->counts.subscriptions);
	add_number(drawing, W_RETRIES, true, (uint64_t)report->counts.tasks);
	add_number(drawing, W_FAILED_TILE, false, report->hub.failed);
	add_number(drawing, W_REQUESTS, false, report->http.requests);
	add_number(drawing, W_CONNECTIONS, false, (uint64_t)report->http.connections);
	snprintf(text, sizeof(text), "%.1f MiB", (double)report->process.resident / 1048576.);
	add_tile(drawing, W_MEMORY, false, text);
	snprintf(text, sizeof(text), "%g ms", histogram_quantile(&report->turn, .99) * 1000);
	add_tile(drawing, W_LOOP, histogram_quantile(&report->turn, .99) > .1, text);
	buf_add_str(drawing->out, "</dl>\n");
}

/* ---- deliveries ---- */

static void add_deliveries(const struct drawing *drawing)
{
	const struct report *report = drawing->report;
	char delivered[32], failed[32];
	uint64_t sums[2] = {0};

	add_heading(drawing, W_DELIVERIES);
	if (!report->has_hub) {
		page_put(drawing->out, "<p>$</p>\n", word(drawing, W_NO_HUB));
		return;
	}
	for (int i = 0; i < CHART_MINUTES; i++) {
		sums[0] += report->minutes[i].delivered;
		sums[1] += report->minutes[i].failed;
	}
	chart_render(drawing->out, report->minutes, word(drawing, W_CHART_LABEL));
	snprintf(delivered, sizeof(delivered), "%llu", (unsigned long long)sums[0]);
	snprintf(failed, sizeof(failed), "%llu", (unsigned long long)sums[1]);
	page_put(drawing->out, "<p class=\"meta\"><span class=\"key d\">$ $</span> "
		"<span class=\"key f\">$ $</span></p>\n",
		delivered, word(drawing, W_DELIVERED), failed, word(drawing, W_FAILED));
	if (report->counts.tasks)
		add_button(drawing, "retry", W_RETRY_NOW);
}

static void add_host(const struct drawing *drawing, const struct transfer_host *host)
{
	char failures[16], slow[16], queued[16];
	enum word state = host->probe_in_ms >= 0 ? W_DEAD :
		host->failures || host->slow	 ? W_TROUBLE :
						   W_BUSY;

	snprintf(failures, sizeof(failures), "%d", host->failures);
	snprintf(slow, sizeof(slow), "%d", host->slow);
	snprintf(queued, sizeof(queued), "%d", host->queued);
	page_put(drawing->out, "<tr><td>$</td><td>$</td><td class=\"n\">$</td>"
		"<td class=\"n\">$</td><td class=\"n\">$</td></tr>\n", host->key,
		word(drawing, state), failures, slow, queued);
}

static void add_hosts(const struct drawing *drawing)
{
	const struct report *report = drawing->report;

	if (!report->has_hub)
		return;
	add_heading(drawing, W_HOSTS);
	if (!report->host_count) {
		page_put(drawing->out, "<p>$</p>\n", word(drawing, W_NO_HOSTS));
		return;
	}
	page_put(drawing->out, "<div class=\"scroll\"><table><thead><tr><th scope=\"col\">$</th>"
		"<th scope=\"col\">$</th><th class=\"n\" scope=\"col\">$</th>"
		"<th class=\"n\" scope=\"col\">$</th><th class=\"n\" scope=\"col\">$</th></tr>"
		"</thead><tbody>\n",
		word(drawing, W_HOST), word(drawing, W_STATE), word(drawing, W_IN_A_ROW),
		word(drawing, W_SLOW), word(drawing, W_QUEUED));
	for (size_t i = 0; i < report->host_count; i++)
		add_host(drawing, &report->hosts[i]);
	buf_add_str(drawing->out, "</tbody></table></div>\n");
}

static void add_topics(const struct drawing *drawing)
{
	const struct report *report = drawing->report;

	add_heading(drawing, W_TOPICS);
	page_put(drawing->out, "<div class=\"scroll\"><table><thead><tr><th scope=\"col\">$</th>"
		"<th class=\"n\" scope=\"col\">$</th><th class=\"n\" scope=\"col\">$</th>"
		"<th scope=\"col\">$</th></tr></thead><tbody>\n",
		word(drawing, W_TOPIC), word(drawing, W_SUBSCRIBERS), word(drawing, W_OWED),
		word(drawing, W_MODIFIED));
	for (size_t i = 0; i < report->topic_count && i < TOPICS_MOST; i++) {
		const struct report_topic *topic = &report->topics[i];
		char subscriptions[32], tasks[32], modified[32];

		snprintf(subscriptions, sizeof(subscriptions), "%lld",
			(long long)topic->subscriptions);
		snprintf(tasks, sizeof(tasks), "%lld", (long long)topic->tasks);
		page_put(drawing->out, "<tr><td>$</td><td class=\"n\">$</td>"
			"<td class=\"n\">$</td><td>$</td></tr>\n", topic->path, subscriptions,
			tasks, time_text(drawing, topic->modified_s * 1000, modified,
				sizeof(modified)));
	}
	buf_add_str(drawing->out, "</tbody></table></div>\n");
}

/* ---- what is wrong ---- */

static void add_deletions(const struct drawing *drawing)
{
	const struct report *report = drawing->report;

	if (!report->vanishing_count)
		return;
	add_heading(drawing, W_DELETIONS);
	page_put(drawing->out, "<p>$</p>\n<ul>\n",
		word(drawing, report->site.is_held ? W_HELD_TEXT : W_GRACE_TEXT));
	for (size_t i = 0; i < report->vanishing_count; i++)
		page_put(drawing->out, "<li><code>$</code></li>\n", report->vanishing[i].path);
	if (report->site.vanishing > report->vanishing_count)
		buf_printf(drawing->out, "<li>&#8230; (%zu)</li>\n", report->site.vanishing);
	buf_add_str(drawing->out, "</ul>\n");
	add_button(drawing, "confirm-deletes", W_CONFIRM);
}

static void add_problems(const struct drawing *drawing)
{
	const struct report *report = drawing->report;

	add_heading(drawing, W_PROBLEMS);
	if (!report->problem_count)
		page_put(drawing->out, "<p>$</p>\n", word(drawing, W_NO_PROBLEMS));
	else
		buf_add_str(drawing->out, "<ul class=\"log\">\n");
	for (size_t i = 0; i < report->problem_count; i++)
		page_put(drawing->out, "<li>$</li>\n", report->problems[i].problem);
	buf_add_str(drawing->out, report->problem_count ? "</ul>\n" : "");
}

static void add_log(const struct drawing *drawing)
{
	const struct admin_view *view = drawing->view;
	char at[32];

	add_heading(drawing, W_LOG);
	if (!view->log_count)
		page_put(drawing->out, "<p>$</p>\n", word(drawing, W_NO_LOG));
	else
		buf_add_str(drawing->out, "<ul class=\"log\">\n");
	for (size_t i = 0; i < view->log_count; i++)
		page_put(drawing->out, "<li><time>$</time> $</li>\n",
			time_text(drawing, view->log[i].at_ms, at, sizeof(at)), view->log[i].text);
	buf_add_str(drawing->out, view->log_count ? "</ul>\n" : "");
}

static void add_store(const struct drawing *drawing)
{
	const struct report *report = drawing->report;
	char size[64], at[32];

	add_heading(drawing, W_STORE);
	snprintf(size, sizeof(size), "%.1f MiB + %.1f MiB", (double)report->store.size / 1048576.,
		(double)report->store.wal_size / 1048576.);
	page_put(drawing->out, "<p><code>$</code> $</p>\n", report->store.name, size);
	if (report->reload.at_ms)
		page_put(drawing->out, "<p>$: $ $ $</p>\n", word(drawing, W_RELOADED),
			time_text(drawing, report->reload.at_ms, at, sizeof(at)),
			report->reload.is_ok ? "" : word(drawing, W_REFUSED), report->reload.text);
	add_button(drawing, "reload", W_RELOAD);
}

void admin_page_render(const struct report *report, const struct admin_view *view,
	struct buf *out)
{
	const struct drawing drawing = {out, report, view};

	page_put(out, "<!DOCTYPE html>\n<html lang=\"$\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		"<meta http-equiv=\"refresh\" content=\"10; url=/admin/\">\n"
		"<title>$ · $</title>\n<link rel=\"stylesheet\" href=\"/admin/style.css\">\n"
		"</head>\n<body>\n<header class=\"masthead\"><h1>$</h1>"
		"<p class=\"lede\"><a href=\"$\">$</a></p></header>\n<main>\n<section>\n",
		view->is_chinese ? "zh-CN" : "en", word(&drawing, W_TITLE), report->base_url,
		word(&drawing, W_TITLE), report->base_url, report->base_url);
	add_state(&drawing);
	add_deletions(&drawing);
	add_tiles(&drawing);
	add_deliveries(&drawing);
	add_hosts(&drawing);
	add_problems(&drawing);
	add_log(&drawing);
	add_topics(&drawing);
	add_store(&drawing);
	buf_add_str(out, "</section>\n</main>\n</body>\n</html>\n");
}
