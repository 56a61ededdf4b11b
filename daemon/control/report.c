/* report.c: see report.h. */
#include "daemon/control/report.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

json_t *report_time(int64_t ms)
{
	time_t seconds = (time_t)(ms / 1000);
	char day[32], text[48];
	struct tm tm;

	if (!ms)
		return json_null();
	gmtime_r(&seconds, &tm);
	strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text, sizeof(text), "%s.%03dZ", day, (int)(ms % 1000));
	return json_string(text);
}

static json_t *number(uint64_t value)
{
	return json_integer((json_int_t)value);
}

static json_t *text_or_null(const char *text)
{
	return text ? json_string(text) : json_null();
}

static json_t *articles(const struct report *report)
{
	const struct site_status *site = &report->site;
	json_t *problems = json_array(), *vanishing = json_array();

	for (size_t i = 0; i < report->problem_count; i++)
		json_array_append_new(problems, json_string(report->problems[i].problem));
	for (size_t i = 0; i < report->vanishing_count; i++)
		json_array_append_new(vanishing, json_pack("{s:s, s:o, s:o}",
			"path", report->vanishing[i].path,
			"id", text_or_null(report->vanishing[i].id),
			"due", report_time(report->vanishing[i].due_ms)));
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o}",
		"published", number(site->published), "waiting", number(site->waiting),
		"rejected", number(site->rejected), "vanishing", number(site->vanishing),
		"deleted", number(site->deleted), "deletions_held", site->is_held,
		"queued", number(site->queued), "versions", number(site->versions),
		"refusals", number(site->refusals),
		"next_change", report_time(site->next_change_ms == INT64_MAX ? 0 :
			site->next_change_ms),
		"problems", problems, "held", vanishing);
}

static json_t *hosts(const struct report *report)
{
	json_t *array = json_array();

	for (size_t i = 0; i < report->host_count; i++) {
		const struct transfer_host *host = &report->hosts[i];
		bool is_dead = host->probe_in_ms >= 0;
		json_t *probe = is_dead ? number((uint64_t)host->probe_in_ms) : json_null();

		json_array_append_new(array, json_pack("{s:s, s:i, s:i, s:i, s:i, s:i, s:b, s:o}",
			"host", host->key, "in_flight", host->in_flight, "slow", host->slow,
			"queued", host->queued, "window", host->window,
			"failures", host->failures, "dead", is_dead,
			"probe_in_ms", probe));
	}
	return array;
}

static json_t *hub(const struct report *report)
{
	const struct hub_counts *hub = &report->hub;

	if (!report->has_hub)
		return json_null();
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o,"
		"s:i, s:o}",
		"subscriptions", number((uint64_t)report->counts.subscriptions),
		"verifying", number((uint64_t)report->counts.intents),
		"fan_outs", number((uint64_t)report->counts.jobs),
		"retries", number((uint64_t)report->counts.tasks),
		"requests", number(hub->requests), "verified", number(hub->verified),
		"refused", number(hub->refused), "delivered", number(hub->delivered),
		"failed", number(hub->failed), "given_up", number(hub->given_up),
		"denied", number(hub->denied), "pings", number(hub->pings),
		"readers_pushed", number((uint64_t)report->readers.pushed),
		"readers_polled", number((uint64_t)report->readers.polled),
		"in_flight", hub->in_flight, "hosts", hosts(report));
}

static json_t *http(const struct report *report)
{
	const struct http_counts *http = &report->http;
	json_t *listeners = json_array();

	for (size_t i = 0; i < report->listener_count; i++)
		json_array_append_new(listeners, json_string(report->listeners[i]));
	return json_pack("{s:o, s:o, s:o, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
		"listeners", listeners, "workers", number(report->worker_count),
		"silent_workers", number(report->silent_workers),
		"connections", http->connections, "requests", number(http->requests),
		"answers_2xx", number(http->answers_2xx),
		"answers_304", number(http->answers_304),
		"answers_4xx", number(http->answers_4xx),
		"answers_5xx", number(http->answers_5xx), "bytes", number(http->bytes_sent),
		"rejected", number(http->rejected_rate + http->rejected_full));
}

/* The name of a file is for those elsewhere, too: from the root. */
static json_t *store_name(const char *name)
{
	char *full = *name == '/' ? NULL : realpath(name, NULL);
	json_t *out = json_string(full ? full : name);

	free(full);
	return out;
}

static json_t *store(const struct report *report)
{
	return json_pack("{s:o, s:I, s:I, s:b, s:f}", "file", store_name(report->store.name),
		"bytes", (json_int_t)report->store.size,
		"wal_bytes", (json_int_t)report->store.wal_size,
		"failing", report->store.is_failing,
		"commit_p99_s", histogram_quantile(report->store.commits, .99));
}

static json_t *reload(const struct report_reload *reload)
{
	if (!reload->at_ms)
		return json_null();
	return json_pack("{s:o, s:b, s:s}", "at", report_time(reload->at_ms), "ok",
		reload->is_ok, "text", reload->text);
}

const char *report_state(const struct report *report)
{
	return report->is_draining	  ? "stopping" :
	       !report->site.is_ready	  ? "scanning" :
	       report->store.is_failing	  ? "store failing" :
	       report->silent_workers	  ? "worker silent" :
	       report->site.is_held	  ? "deletions held" :
					    "ready";
}

json_t *report_status(const struct report *report)
{
	return json_pack("{s:s, s:s, s:i, s:o, s:o, s:s, s:s, s:I, s:I, s:f, s:f, s:o, s:I, s:I,"
		"s:o, s:o, s:o, s:o}",
		"state", report_state(report), "version", GAZETTED_VERSION, "pid", report->pid,
		"started", report_time(report->started_ms), "now", report_time(report->now_ms),
		"base_url", report->base_url, "directory", report->directory,
		"resident_bytes", (json_int_t)report->process.resident,
		"open_fds", (json_int_t)report->process.open_fds,
		"loop_p99_s", histogram_quantile(&report->turn, .99),
		"worker_lag_p99_s", histogram_quantile(&report->lag, .99),
		"reload", reload(&report->reload),
		"documents", (json_int_t)report->site.documents,
		"topics", (json_int_t)report->site.topics,
		"articles", articles(report), "http", http(report), "hub", hub(report),
		"store", store(report));
}

json_t *report_topic_row(const struct report *report, const struct report_topic *topic,
	const struct readers_count *readers)
{
	char url[2048];

	snprintf(url, sizeof(url), "%s%s", report->base_url, topic->path + 1);
	return json_pack("{s:s, s:s, s:o, s:I, s:I, s:I, s:I, s:I}",
		"topic", topic->path, "url", url,
		"modified", report_time(topic->modified_s * 1000),
		"subscriptions", (json_int_t)topic->subscriptions,
		"retries", (json_int_t)topic->tasks,
		"readers", (json_int_t)(readers->pushed + readers->polled),
		"readers_pushed", (json_int_t)readers->pushed,
		"readers_polled", (json_int_t)readers->polled);
}
