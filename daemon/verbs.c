/*
 * verbs.c: what gazettectl may ask the daemon: each verb takes its arguments, asks the
 * parts and adds rows. Listings go on page by page as the client reads.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "daemon/control/control.h"
#include "daemon/control/local.h"
#include "daemon/control/report.h"
#include "daemon/daemon_internal.h"
#include "daemon/hub/hub.h"
#include "daemon/loop/loop.h"
#include "daemon/site/site.h"
#include "daemon/store/store.h"
#include "feeds/base/error.h"
#include "feeds/base/mem.h"

enum { DELIVERIES_MOST = 1000 };

static json_t *text_or_null(const char *text)
{
	return text ? json_string(text) : json_null();
}

/* ---- status, topics ---- */

static bool has_report(struct control_request *request, const struct report *report)
{
	if (!report)
		control_fail(request, 1, "the daemon is stopping");
	return report;
}

static void on_status(void *context, const struct report *report)
{
	struct control_request *request = context;

	if (!has_report(request, report))
		return;
	control_row(request, report_status(report));
	control_end(request);
}

static void run_status(void *context, struct control_request *request)
{
	daemon_report(context, on_status, request);
}

static void on_topics(void *context, const struct report *report)
{
	struct control_request *request = context;
	const struct daemon *daemon = control_context(request);

	if (!has_report(request, report))
		return;
	for (size_t i = 0; i < report->topic_count; i++) {
		struct readers_count readers = {0};

		if (daemon->hub)
			hub_readers(daemon->hub, report->topics[i].path, &readers);
		control_row(request, report_topic_row(report, &report->topics[i], &readers));
	}
	control_end(request);
}

static void run_topics(void *context, struct control_request *request)
{
	daemon_report(context, on_topics, request);
}

/* ---- subscribers ---- */

struct listing {
	const char *topic;         /* in the request, or NULL */
	struct store_list_cursor at;
};

/* How many people the last answer spoke for; null when it did not say. */
static json_t *readers_of(const struct daemon *daemon, const struct store_sub *sub)
{
	int64_t count = daemon->hub ? hub_readers_behind(daemon->hub, sub->id, sub->topic) : 0;

	return count ? json_integer(count) : json_null();
}

static json_t *sub_row(const struct daemon *daemon, const struct store_sub *sub)
{
	static const char *const methods[] = {
		[SIGN_SHA256] = "sha256",
		[SIGN_SHA1] = "sha1",
		[SIGN_SHA384] = "sha384",
		[SIGN_SHA512] = "sha512",
	};

	return json_pack("{s:I, s:s, s:s, s:s, s:o, s:o, s:I, s:i, s:o, s:o, s:o, s:o}",
		"subscription", (json_int_t)sub->id, "topic", sub->topic,
		"callback", sub->callback, "host", sub->host_key,
		"signed", sub->secret_len ? json_string(methods[sub->method]) : json_null(),
		"expires", report_time(sub->expires_ms),
		"delivered_seq", (json_int_t)sub->delivered_seq, "attempts", sub->attempts,
		"failing_since", report_time(sub->first_failed_ms),
		"next_attempt", report_time(sub->due_ms), "why", text_or_null(sub->why),
		"readers", readers_of(daemon, sub));
}

static void next_page(struct control_request *request);

static void on_subs(void *context, const struct store_sub *rows, size_t count,
	const struct store_list_cursor *end)
{
	struct control_request *request = context;
	struct listing *listing = control_state(request);

	for (size_t i = 0; i < count; i++)
		control_row(request, sub_row(control_context(request), &rows[i]));
	listing->at = *end;
	if (count == 0 || control_is_gone(request))
		control_end(request);
	else
		control_when_room(request, next_page);
}

static void next_page(struct control_request *request)
{
	struct daemon *daemon = control_context(request);
	struct listing *listing = control_state(request);

	sub_list_page(daemon->store, listing->topic, &listing->at, on_subs, request);
}

/* A topic is a path or our URL of it. */
static const char *topic_path(const struct daemon *daemon, const char *topic)
{
	size_t base = strlen(daemon->base_url);

	return strncmp(topic, daemon->base_url, base) == 0 ? topic + base - 1 : topic;
}

static void run_subscribers(void *context, struct control_request *request)
{
	struct daemon *daemon = context;
	struct listing *listing = control_alloc(request, sizeof(*listing));
	const char *topic = control_argument(request, 0);

	if (topic) {
		listing->topic = topic_path(daemon, topic);
		if (!site_is_topic(daemon->site, listing->topic)) {
			control_fail(request, 1, "%.200s is no topic; see gazettectl topics",
				topic);
			return;
		}
	}
	control_set_state(request, listing);
	next_page(request);
}

/* ---- deliveries ---- */

static void run_deliveries(void *context, struct control_request *request)
{
	struct daemon *daemon = context;
	const char *sub = control_argument(request, 0);
	struct delivery *rows;
	char *end = NULL;
	int64_t id = 0;
	size_t count;

	errno = 0;
	if (sub)
		id = strtoll(sub, &end, 10);
	if (sub && (!*sub || *end || errno || id <= 0)) {
		control_fail(request, 2, "%.40s: expected the number of a subscription", sub);
		return;
	}
	if (!daemon->hub) {
		control_fail(request, 1, "this publisher has no hub (hub.enabled)");
		return;
	}
	rows = mem_alloc(DELIVERIES_MOST * sizeof(*rows));
	count = hub_deliveries(daemon->hub, id, rows, DELIVERIES_MOST);
	for (size_t i = 0; i < count; i++)
		control_row(request, json_pack(
			"{s:o, s:s, s:o, s:o, s:I, s:s, s:o, s:i, s:I, s:o}",
			"at", report_time(rows[i].at_ms),
			"what", delivery_what_name(rows[i].what),
			"subscription", rows[i].sub_id ? json_integer(rows[i].sub_id) :
							 json_null(),
			"host", text_or_null(rows[i].host),
			"seq", (json_int_t)rows[i].seq,
			"outcome", delivery_outcome_name(rows[i].outcome),
			"status", rows[i].status ? json_integer(rows[i].status) : json_null(),
			"attempt", rows[i].attempt,
			"latency_ms", (json_int_t)rows[i].latency_ms,
			"why", rows[i].why && *rows[i].why ? json_string(rows[i].why) :
							    json_null()));
	free(rows);
	control_end(request);
}

static void on_hurried(void *context, const struct store_counts *counts)
{
	struct control_request *request = context;
	struct daemon *daemon = control_context(request);

	if (daemon->hub)
		hub_wake(daemon->hub);
	control_row(request, json_pack("{s:I}", "retries", (json_int_t)counts->tasks));
	control_end(request);
}

static void run_retry(void *context, struct control_request *request)
{
	struct daemon *daemon = context;

	task_hurry(daemon->store);
	store_count(daemon->store, on_hurried, request);
}

/* ---- articles ---- */

static json_t *explanation_row(const struct site_explanation *why)
{
	json_t *feeds = json_array(), *audiences = json_array();

	for (size_t i = 0; i < why->feed_count; i++)
		json_array_append_new(feeds, json_string(why->feeds[i]));
	for (size_t i = 0; i < why->audience_count; i++) {
		const struct site_audience *audience = &why->audiences[i];

		json_array_append_new(audiences, json_pack("{s:s, s:s, s:s, s:s}", "audience",
			audience->name, "view", audience->view, "level", audience->level,
			"reason", audience->reason));
	}
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:s, s:s, s:o, s:o, s:o, s:i, s:b, s:o, s:o,"
		"s:o, s:o,"
		"s:o, s:o, s:b, s:o, s:o, s:o}",
		"path", why->path, "id", text_or_null(why->id),
		"slug", text_or_null(why->slug), "title", text_or_null(why->title),
		"url", text_or_null(why->url), "state", why->state, "why", why->why,
		"note", text_or_null(why->note), "decided", report_time(why->decided_ms),
		"problem", text_or_null(why->problem), "version", why->version,
		"visible", why->is_visible, "visible_since", report_time(why->visible_ms),
		"first_seen", report_time(why->first_seen_ms),
		"published", report_time(why->published_ms),
		"updated", report_time(why->updated_ms),
		"next_change", report_time(why->next_change_ms),
		"deletion_due", report_time(why->delete_ms),
		"in_window", why->is_in_window, "feeds", feeds,
		"rule", text_or_null(why->rule), "audiences", audiences);
}

static void on_explained(void *context, const struct site_explanation *why)
{
	struct control_request *request = context;

	if (!why) {
		control_fail(request, 1, "%.200s: no article has this id, slug or path",
			control_argument(request, 0));
		return;
	}
	control_row(request, explanation_row(why));
	control_end(request);
}

static void run_explain(void *context, struct control_request *request)
{
	struct daemon *daemon = context;

	site_explain(daemon->site, control_argument(request, 0), on_explained, request);
}

/* What is decided is decided by the node that publishes. */
static bool leads(struct control_request *request)
{
	const struct daemon *daemon = control_context(request);
	bool is_leading = site_is_leading(daemon->site);

	if (!is_leading)
		control_fail(request, 1, "this node does not publish; ask the one that does, "
			"see gazettectl nodes");
	return is_leading;
}

static void decide(struct control_request *request, enum site_decision decision)
{
	struct daemon *daemon = control_context(request);
	const char *name = control_argument(request, 0);

	if (!leads(request))
		return;
	if (!site_decide(daemon->site, name, decision, control_argument(request, 1))) {
		control_fail(request, 1, "%.200s: no article has this id, slug or path", name);
		return;
	}
	site_explain(daemon->site, name, on_explained, request);
}

static void run_hold(void *context, struct control_request *request)
{
	(void)context;
	decide(request, SITE_HOLD);
}

static void run_release(void *context, struct control_request *request)
{
	(void)context;
	decide(request, SITE_RELEASE);
}

/* ID, the reason or "", and what is to be read instead. */
static void kill_with_substitute(struct daemon *daemon, struct control_request *request)
{
	const char *name = control_argument(request, 0), *other = control_argument(request, 2);
	char *note = site_name_substitute(daemon->site, name, control_argument(request, 1), other);

	if (!note)
		control_fail(request, 1, "%.200s instead of %.200s: both must be articles, and the "
			"first must be out", other, name);
	else if (site_decide(daemon->site, name, SITE_KILL, note))
		site_explain(daemon->site, name, on_explained, request);
	free(note);
}

static void run_kill(void *context, struct control_request *request)
{
	if (!control_argument(request, 2))
		decide(request, SITE_KILL);
	else if (leads(request))
		kill_with_substitute(context, request);
}

static void run_confirm_deletes(void *context, struct control_request *request)
{
	struct daemon *daemon = context;

	if (!leads(request))
		return;
	control_row(request, json_pack("{s:I}", "deleted",
		(json_int_t)site_confirm_deletions(daemon->site)));
	control_end(request);
}

/* ---- nodes ---- */

static void on_nodes(void *context, const struct store_node *rows, size_t count)
{
	struct control_request *request = context;

	for (size_t i = 0; i < count; i++)
		control_row(request, json_pack("{s:s, s:s, s:s, s:I}", "node", rows[i].name,
			"address", rows[i].address, "roles", rows[i].roles,
			"silent_ms", (json_int_t)rows[i].age_ms));
	control_end(request);
}

static void run_nodes(void *context, struct control_request *request)
{
	struct daemon *daemon = context;

	if (daemon->nodes.is_store_down)
		control_fail(request, 1, "the database does not answer");
	else
		store_node_list(daemon->store, on_nodes, request);
}

/* ---- the daemon ---- */

static void run_reload(void *context, struct control_request *request)
{
	struct daemon *daemon = context;

	if (!daemon_reload(daemon)) {
		control_fail(request, 1, "nothing changed: %s", daemon->reload.text);
		return;
	}
	control_row(request, json_pack("{s:s}", "changes", daemon->reload.text));
	control_end(request);
}

static const struct control_verb verbs[] = {
	{"status", run_status, 0, 0},
	{"topics", run_topics, 0, 0},
	{"subscribers", run_subscribers, 0, 1},
	{"deliveries", run_deliveries, 0, 1},
	{"retry", run_retry, 0, 0},
	{"explain", run_explain, 1, 1},
	{"hold", run_hold, 1, 1},
	{"release", run_release, 1, 1},
	{"kill", run_kill, 1, 3},
	{"confirm-deletes", run_confirm_deletes, 0, 0},
	{"nodes", run_nodes, 0, 0},
	{"reload", run_reload, 0, 0},
	{NULL, NULL, 0, 0},
};

bool verbs_start(struct daemon *daemon, struct error *err)
{
	const char *path = local_path(daemon->config, getenv("RUNTIME_DIRECTORY"),
		daemon->arena);

	return control_create(daemon->loop, path, verbs, daemon, &daemon->control, err);
}
