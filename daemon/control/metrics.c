/*
 * metrics.c: see metrics.h. One table of plain numbers, then the families with labels and
 * the histograms. Base units, `_total` for what only grows, and no label whose values come
 * from outside: their number is fixed.
 */
#include "daemon/control/metrics.h"

#include <inttypes.h>
#include <math.h>
#include <stddef.h>

#include "daemon/control/report.h"
#include "feeds/base/buf.h"

const char metrics_content_type[] = "text/plain; version=0.0.4; charset=utf-8";

enum kind { COUNTER, GAUGE };

struct sample {
	const char *labels;        /* "code=\"2xx\"", or NULL */
	double value;
};

static void add_head(struct buf *out, const char *name, const char *type, const char *help)
{
	buf_printf(out, "# HELP gazetted_%s %s\n# TYPE gazetted_%s %s\n", name, help, name, type);
}

/* Whole numbers as such, so that a counter never loses its last digits. */
static void add_value(struct buf *out, double value)
{
	if (value == floor(value) && fabs(value) < 9e15)
		buf_printf(out, "%.0f\n", value);
	else
		buf_printf(out, "%.6f\n", value);
}

static void add_family(struct buf *out, const char *name, enum kind kind, const char *help,
	const struct sample *samples, size_t count)
{
	add_head(out, name, kind == COUNTER ? "counter" : "gauge", help);
	for (size_t i = 0; i < count; i++) {
		buf_printf(out, "gazetted_%s", name);
		if (samples[i].labels)
			buf_printf(out, "{%s}", samples[i].labels);
		buf_add_char(out, ' ');
		add_value(out, samples[i].value);
	}
}
#define FAMILY(out, name, kind, help, ...)                                                \
	add_family(out, name, kind, help, (const struct sample[]){__VA_ARGS__},           \
		sizeof((const struct sample[]){__VA_ARGS__}) / sizeof(struct sample))

static void add_number(struct buf *out, const char *name, enum kind kind, const char *help,
	double value)
{
	FAMILY(out, name, kind, help, {NULL, value});
}

static void add_histogram(struct buf *out, const char *name, const char *help,
	const struct histogram *histogram)
{
	uint64_t below = 0;

	add_head(out, name, "histogram", help);
	for (size_t i = 0; i < HISTOGRAM_BOUNDS; i++) {
		below += histogram->buckets[i];
		buf_printf(out, "gazetted_%s_bucket{le=\"%g\"} %" PRIu64 "\n", name,
			histogram_bounds[i], below);
	}
	buf_printf(out, "gazetted_%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", name, histogram->count);
	buf_printf(out, "gazetted_%s_sum %.6f\n", name, histogram->sum);
	buf_printf(out, "gazetted_%s_count %" PRIu64 "\n", name, histogram->count);
}

static void add_daemon(struct buf *out, const struct report *report)
{
	FAMILY(out, "build_info", GAUGE, "The version that runs; always 1.",
		{"version=\"" GAZETTED_VERSION "\"", 1});
	add_number(out, "start_time_seconds", GAUGE, "When the daemon started, since the epoch.",
		(double)report->started_ms / 1000.);
	add_number(out, "ready", GAUGE, "Whether the first scan is done.",
		report->site.is_ready && !report->is_draining);
	add_number(out, "config_last_reload_success", GAUGE,
		"Whether the last reload of the configuration was taken.",
		!report->reload.at_ms || report->reload.is_ok);
	add_number(out, "process_cpu_seconds_total", COUNTER, "User and system time used.",
		report->process.cpu_s);
	add_number(out, "process_resident_memory_bytes", GAUGE, "Resident memory.",
		(double)report->process.resident);
	add_number(out, "process_open_fds", GAUGE, "Open descriptors.",
		(double)report->process.open_fds);
	add_number(out, "process_max_fds", GAUGE, "The limit of open descriptors.",
		(double)report->process.max_fds);
	add_number(out, "workers", GAUGE, "Worker loops.", (double)report->worker_count);
	add_number(out, "workers_silent", GAUGE, "Worker loops that do not answer in time.",
		(double)report->silent_workers);
	add_histogram(out, "main_loop_turn_seconds",
		"How long one turn of the main loop took, from waking to sleeping.",
		&report->turn);
	add_histogram(out, "worker_lag_seconds",
		"How long a message waited before a worker's loop came to it.", &report->lag);
}

static void add_node(struct buf *out, const struct report_node *node)
{
	add_number(out, "node_publisher", GAUGE,
		"Whether this node reads the articles and publishes.", node->is_publisher);
	add_number(out, "store_up", GAUGE, "Whether the database answers.", node->is_store_up);
	add_number(out, "node_sequence", GAUGE,
		"The last publication that a node knows of which does not publish itself.",
		(double)node->seq);
	add_number(out, "node_behind_seconds", GAUGE,
		"How long ago such a node knew of every publication.",
		(double)node->behind_ms / 1000.);
}

static void add_http(struct buf *out, const struct http_counts *http)
{
	add_number(out, "http_requests_total", COUNTER, "Requests read.",
		(double)http->requests);
	FAMILY(out, "http_responses_total", COUNTER, "Answers by class of status.",
		{"code=\"2xx\"", (double)http->answers_2xx},
		{"code=\"304\"", (double)http->answers_304},
		{"code=\"3xx\"", (double)http->answers_3xx},
		{"code=\"4xx\"", (double)http->answers_4xx},
		{"code=\"5xx\"", (double)http->answers_5xx});
	add_number(out, "http_sent_bytes_total", COUNTER, "Bytes sent to clients.",
		(double)http->bytes_sent);
	add_number(out, "http_connections_total", COUNTER, "Connections accepted.",
		(double)http->accepted);
	FAMILY(out, "http_rejected_total", COUNTER, "Requests and connections turned away.",
		{"reason=\"rate\"", (double)http->rejected_rate},
		{"reason=\"full\"", (double)http->rejected_full});
	FAMILY(out, "http_connections", GAUGE, "Open connections.",
		{"state=\"idle\"", http->idle},
		{"state=\"active\"", http->connections - http->idle});
}

static void add_site(struct buf *out, const struct site_status *site)
{
	FAMILY(out, "articles", GAUGE, "Articles by state.",
		{"state=\"published\"", (double)site->published},
		{"state=\"waiting\"", (double)site->waiting},
		{"state=\"rejected\"", (double)site->rejected},
		{"state=\"vanishing\"", (double)site->vanishing},
		{"state=\"deleted\"", (double)site->deleted});
	add_number(out, "deletions_held", GAUGE,
		"Whether deletions wait for a confirmation because they are too many.",
		site->is_held);
	add_number(out, "article_versions_total", COUNTER, "New and changed articles taken.",
		(double)site->versions);
	add_number(out, "article_refusals_total", COUNTER, "Files refused as wrong.",
		(double)site->refusals);
	add_number(out, "ingest_queue", GAUGE, "Files that wait to be read or parsed.",
		(double)site->queued);
	add_number(out, "documents", GAUGE, "Documents published.", (double)site->documents);
	add_number(out, "topics", GAUGE, "Documents that can be subscribed to.",
		(double)site->topics);
	add_histogram(out, "publish_duration_seconds",
		"From a parsed change to its documents being served.", site->publish);
}

static void add_hub(struct buf *out, const struct report *report)
{
	const struct hub_counts *hub = &report->hub;

	add_number(out, "hub_requests_total", COUNTER, "Subscription requests.",
		(double)hub->requests);
	FAMILY(out, "hub_verifications_total", COUNTER, "Verifications of intent.",
		{"result=\"confirmed\"", (double)hub->verified},
		{"result=\"refused\"", (double)hub->refused});
	FAMILY(out, "deliveries_total", COUNTER, "Attempts to deliver by outcome.",
		{"outcome=\"delivered\"", (double)hub->delivered},
		{"outcome=\"failed\"", (double)hub->failed},
		{"outcome=\"gone\"", (double)hub->gone});
	add_histogram(out, "delivery_attempt_duration_seconds",
		"How long one attempt to deliver took.", &hub->attempts);
	add_histogram(out, "delivery_lateness_seconds",
		"From the commit of a publication to its arrival at a subscriber, retries "
		"included.", &hub->lateness);
	add_number(out, "deliveries_given_up_total", COUNTER,
		"Notifications dropped after hub.retry.give_up.", (double)hub->given_up);
	add_number(out, "hub_denials_total", COUNTER,
		"Subscriptions ended by us, and told so.", (double)hub->denied);
	add_number(out, "hub_pings_total", COUNTER, "External hubs told of changes.",
		(double)hub->pings);
	FAMILY(out, "readers", GAUGE, "People behind aggregators, as these say, in two weeks.",
		{"via=\"push\"", (double)report->readers.pushed},
		{"via=\"poll\"", (double)report->readers.polled});
	add_number(out, "deliveries_in_flight", GAUGE, "Transfers under way.", hub->in_flight);
	add_number(out, "hosts_dead", GAUGE, "Callback hosts that are only probed.",
		(double)report->dead_hosts);
}

static void add_store(struct buf *out, const struct report *report)
{
	const struct store_counts *counts = &report->counts;

	add_number(out, "subscriptions", GAUGE, "Live subscriptions.",
		(double)counts->subscriptions);
	FAMILY(out, "queue", GAUGE, "What is owed: fan-outs, retries, verifications.",
		{"kind=\"fan_out\"", (double)counts->jobs},
		{"kind=\"retry\"", (double)counts->tasks},
		{"kind=\"verification\"", (double)counts->intents});
	FAMILY(out, "store_size_bytes", GAUGE, "The database on disk.",
		{"file=\"database\"", (double)report->store.size},
		{"file=\"wal\"", (double)report->store.wal_size});
	add_number(out, "store_failing", GAUGE, "Whether the last write was refused.",
		report->store.is_failing);
	if (report->has_recalls) {
		add_number(out, "recalls_open", GAUGE,
			"Articles taken back that a partner has and has not heard of.",
			(double)report->open_recalls);
		add_number(out, "recall_age_seconds", GAUGE,
			"How long the oldest of them is open.", report->oldest_recall_ms ?
			(double)(report->now_ms - report->oldest_recall_ms) / 1000. : 0.);
	}
	add_histogram(out, "store_commit_duration_seconds", "How long a commit took.",
		report->store.commits);
}

void metrics_render(const struct report *report, struct buf *out)
{
	add_daemon(out, report);
	add_node(out, &report->node);
	add_http(out, &report->http);
	add_site(out, &report->site);
	if (report->has_hub)
		add_hub(out, report);
	add_store(out, report);
}
