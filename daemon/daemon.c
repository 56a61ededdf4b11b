/*
 * daemon.c: the composition root; read this first. (What must be there before it starts:
 * prepare.c; requests that workers hand up: calls.c; SIGHUP: reload.c; several nodes on one
 * store: nodes.c.)
 *
 * Two kinds of event loop. The main loop (this thread) has the watch, the site, the store
 * and the hub; each worker (worker.h) has an HTTP server and a transfer engine, in a
 * thread each. Between threads there are only messages and immutable, counted snapshots.
 *
 *   watch --file, gone--> site --publication--> store (COMMIT)
 *                          |                      |
 *                          | snapshots            | done
 *                          v                      v
 *                        workers <--transfers-- hub   (jobs, intents, retries)
 *                          |                      ^
 *                          +----calls, results----+
 *
 * Articles are parsed in child processes (site/parser.h). Wiring rule: a part calls those
 * below it directly; upwards it raises the events that it was given here.
 */
#include "daemon/daemon_internal.h"

#include <ev.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "config/config.h"
#include "daemon/agreements.h"
#include "daemon/control/control.h"
#include "daemon/control/log.h"
#include "daemon/control/notify.h"
#include "daemon/http/export.h"
#include "daemon/http/limiter.h"
#include "daemon/http/snapshot.h"
#include "daemon/hub/hub.h"
#include "daemon/loop/loop.h"
#include "daemon/recall_bell.h"
#include "daemon/settings.h"
#include "daemon/site/copies.h"
#include "daemon/site/parser_pool.h"
#include "daemon/site/site.h"
#include "daemon/store/seal.h"
#include "daemon/store/store.h"
#include "daemon/watch/watch.h"
#include "daemon/worker.h"
#include "feeds/base/arena.h"
#include "feeds/base/error.h"
#include "feeds/base/mem.h"

enum {
	DRAIN_LIMIT_S = 10,
	SWEEP_S = 60,
	MAIN_NICE = 5,
	PARSER_DEADLINE_MS = 2000,
	PATIENCE_S = 5, /* of connections that wait for the first documents */
};

/* ---- documents to workers ---- */

static void on_put(void *context, struct snapshot *snapshot)
{
	struct daemon *daemon = context;

	for (size_t i = 0; i < daemon->worker_count; i++)
		worker_put(daemon->workers[i], snapshot_ref(snapshot));
	if (daemon->export)
		export_put(daemon->export, snapshot_ref(snapshot));
	snapshot_unref(snapshot);
}

static void on_published(void *context, int64_t seq)
{
	struct daemon *daemon = context;

	if (daemon->hub)
		hub_published(daemon->hub, seq);
}

/* Until now connections waited in the sockets' queues: a restart is a pause to readers, and
 * no document is missing. Where the first scan takes long, they are told so instead. */
static void start_accepting(struct daemon *daemon)
{
	ev_timer_stop(loop_ev(daemon->loop), &daemon->patience);
	for (size_t l = 0; l < daemon->listener_count; l++) {
		for (size_t i = 0; i < daemon->worker_count; i++) {
			int *fd = &daemon->listeners[l].fds[i];

			if (*fd >= 0)
				worker_listen(daemon->workers[i], *fd);
			*fd = -1; /* the worker's now */
		}
	}
}

static void tell_listeners(struct daemon *daemon)
{
	if (daemon->nodes.has_told)
		return;
	daemon->nodes.has_told = true;
	for (size_t i = 0; i < daemon->listener_count; i++)
		log_info("listen address=%s", daemon->listeners[i].address);
}

/* With what a former run left a node is of use already: the database may be away for long. */
static void on_patience(struct ev_loop *ev, ev_timer *timer, int events)
{
	struct daemon *daemon = timer->data;

	(void)ev, (void)events;
	start_accepting(daemon);
	if (!daemon->nodes.copy_count)
		return;
	tell_listeners(daemon);
	log_warn("node: serves %zu documents of its own disk until the store answers",
		daemon->nodes.copy_count);
	notify_ready();
}

static void on_ready(void *context)
{
	struct daemon *daemon = context;

	daemon->is_ready = true;
	scan_bar_stop(daemon);
	for (size_t i = 0; i < daemon->worker_count; i++)
		worker_set_ready(daemon->workers[i]);
	start_accepting(daemon);
	if (daemon->export)
		export_complete(daemon->export);
	tell_listeners(daemon);
	log_info("ready");
	if (daemon->hub) {
		hub_release(daemon->hub);
		hub_review_topics(daemon->hub);
	}
	daemon_new_day(daemon);
	notify_ready();
}

static int on_open_file(void *context, const char *path, struct error *err)
{
	struct daemon *daemon = context;

	return daemon->watch ? watch_open_file(daemon->watch, path, err) :
		watch_open_below(daemon->config->articles.directory, path, err);
}

/* ---- the watch ---- */

static void on_scan_begin(void *context)
{
	site_scan_begin(((struct daemon *)context)->site);
}

static void on_file(void *context, const char *path, const struct stat *status)
{
	site_file(((struct daemon *)context)->site, path, status);
}

static void on_gone(void *context, const char *path)
{
	site_gone(((struct daemon *)context)->site, path);
}

static void on_scan_end(void *context, bool is_complete)
{
	site_scan_end(((struct daemon *)context)->site, is_complete);
}

static void on_problem(void *context, const char *text)
{
	(void)context;
	log_warn("watch: %s", text);
}

static void stop(struct daemon *daemon, int status)
{
	daemon->exit_status = status;
	loop_stop(daemon->loop);
}

static void on_loaded(void *context)
{
	static const struct watch_events events = {on_scan_begin, on_file, on_gone, on_scan_end,
		on_problem};
	struct daemon *daemon = context;
	struct watch_config config = {
		.directory = daemon->config->articles.directory,
		.settle_ms = daemon->config->articles.settle_ms,
		.poll_ms = daemon->config->articles.poll_ms,
	};
	struct error err;

	if (watch_create(daemon->loop, &config, &events, daemon, &daemon->watch, &err))
		return;
	log_error("%s", err.text);
	if (daemon->nodes.is_shared)
		nodes_retire(daemon);
	else
		stop(daemon, 1);
}

/* ---- the hub ---- */

/* The hosts of a batch are of one shard: the same worker always has a host's connections
 * and its window. */
static void on_send(void *context, struct transfer_request *request)
{
	struct daemon *daemon = context;
	const char *host = request->count ? request->items[0].host_key : "";

	worker_send(daemon->workers[transfer_shard(host) % daemon->worker_count], request);
}

static bool on_is_topic(void *context, const char *path)
{
	struct daemon *daemon = context;

	return site_is_topic(daemon->site, path);
}

struct content_request {
	void (*done)(void *context, const struct store_doc *doc);
	void *context;
};

static void on_site_content(void *context, struct snapshot *snapshot, int64_t seq)
{
	struct content_request *request = context;
	struct store_doc doc = {.seq = seq, .is_topic = true};

	if (snapshot) {
		doc.path = snapshot_path(snapshot);
		doc.content_type = snapshot_content_type(snapshot);
		doc.etag = snapshot_etag(snapshot);
		doc.body = snapshot_body(snapshot, &doc.len);
	}
	request->done(request->context, snapshot ? &doc : NULL);
	free(request);
}

static void on_content(void *context, const char *topic, int64_t seq,
	void (*done)(void *done_context, const struct store_doc *doc), void *done_context)
{
	struct daemon *daemon = context;
	struct content_request *request = mem_alloc(sizeof(*request));

	*request = (struct content_request){done, done_context};
	site_content(daemon->site, topic, seq, on_site_content, request);
}

static void on_changes(void *context, const char *topic, int64_t since,
	void (*done)(void *done_context, const struct store_doc *doc), void *done_context)
{
	struct daemon *daemon = context;

	if (!site_changes(daemon->site, topic, since, done, done_context))
		on_content(context, topic, 0, done, done_context);
}

static void on_transferred(void *context, struct transfer_result *result)
{
	struct daemon *daemon = context;

	hub_transferred(daemon->hub, result);
}

/* ---- the end ---- */

static void finish_if_drained(struct daemon *daemon)
{
	if (daemon->undrained == 0 && daemon->is_idle)
		stop(daemon, 0);
}

static void on_worker_drained(void *context)
{
	struct daemon *daemon = context;

	daemon->undrained--;
	finish_if_drained(daemon);
}

static void on_polled(void *context, const char *path, const char *agent)
{
	struct daemon *daemon = context;

	if (daemon->hub)
		hub_polled(daemon->hub, path, agent);
}

static void on_hub_idle(void *context)
{
	struct daemon *daemon = context;

	daemon->is_idle = true;
	finish_if_drained(daemon);
}

static void on_drain_limit(struct ev_loop *ev, ev_timer *timer, int events)
{
	(void)ev, (void)events;
	log_warn("stopping: what is still in flight is left to the next start");
	stop(timer->data, 0);
}

static void on_terminate(struct ev_loop *ev, ev_signal *watcher, int events)
{
	struct daemon *daemon = watcher->data;

	(void)events;
	if (daemon->is_draining) {
		stop(daemon, 0);
		return;
	}
	log_info("stopping signal=%d", watcher->signum);
	notify_stopping();
	nodes_leave(daemon);
	daemon->is_draining = true;
	daemon->undrained = daemon->worker_count;
	daemon->is_idle = !daemon->hub;
	ev_timer_stop(ev, &daemon->patience);
	for (size_t i = 0; i < daemon->worker_count; i++)
		worker_drain(daemon->workers[i]);
	if (daemon->hub)
		hub_drain(daemon->hub, on_hub_idle, daemon);
	ev_timer_start(ev, &daemon->drain_limit);
}

static void on_reload(struct ev_loop *ev, ev_signal *watcher, int events)
{
	(void)ev, (void)events;
	daemon_reload(watcher->data);
}

static void on_confirm(struct ev_loop *ev, ev_signal *watcher, int events)
{
	struct daemon *daemon = watcher->data;

	(void)ev, (void)events;
	if (daemon->site)
		site_confirm_deletions(daemon->site);
}

static void on_swept(void *context, size_t removed)
{
	(void)context;
	if (removed)
		log_info("hub: leases ended count=%zu", removed);
}

static void on_sweep(struct ev_loop *ev, ev_timer *timer, int events)
{
	struct daemon *daemon = timer->data;

	(void)ev, (void)events;
	if (daemon->hub && !hub_trusts_clock(daemon->hub))
		return;
	store_sweep(daemon->store, 1000, on_swept, daemon);
	daemon_new_day(daemon);
}

/* ---- the beginning ---- */

static void start_workers(struct daemon *daemon)
{
	static const struct worker_events events = {daemon_call, on_transferred,
		on_worker_drained, on_polled};
	const struct config *config = daemon->config;
	struct http_limits limits = settings_http(daemon->config, daemon->worker_count);
	struct transfer_policy policy = settings_transfers(config, daemon->arena,
		daemon->base_url, daemon->worker_count);

	limits.limiter = daemon->limiter = limiter_create();
	for (size_t i = 0; i < daemon->worker_count; i++) {
		char name[32];

		snprintf(name, sizeof(name), "worker-%zu", i);
		daemon->workers[i] = worker_start(daemon->loop, name, &limits, daemon_routes,
			daemon_route_count, &policy, &events, daemon);
	}
	ev_timer_init(&daemon->patience, on_patience, PATIENCE_S, 0.);
	daemon->patience.data = daemon;
	ev_timer_start(loop_ev(daemon->loop), &daemon->patience);
}

static bool start_parser(struct daemon *daemon, struct error *err)
{
	struct parser_config config = {
		.zone = daemon->zone.bytes,
		.zone_len = daemon->zone.len,
		.base_url = daemon->base_url,
		.language = daemon->config->site.language,
		.fallback_charset = daemon->config->articles.fallback_charset,
		.body_selector = daemon->config->articles.body_selector,
		.deadline_ms = PARSER_DEADLINE_MS,
	};

	return parser_pool_create(daemon->loop, &config, daemon->worker_count > 1 ? 2 : 1,
		&daemon->parsers, err);
}

static void start_site(struct daemon *daemon)
{
	static const struct site_events events = {on_put, on_published, on_ready,
		on_open_file, on_loaded, nodes_fenced};
	struct site_config site = settings_site(daemon->config, daemon->arena, daemon->base_url,
		daemon->hub_url, daemon->offset_s, daemon->agreements);

	site.css = daemon->css;
	site.header = daemon->header;
	site.footer = daemon->footer;
	site.copies = daemon->nodes.copies;
	daemon->site = site_create(daemon->loop, daemon->store, daemon->parsers, &site, &events,
		daemon);
}

static void start_recalls(struct daemon *daemon)
{
	char path[PATH_MAX];

	if (store_path(daemon->config->store.uri, daemon->config->store.directory, path,
		    sizeof(path)))
		daemon->recalls = recall_bell_create(daemon->loop, daemon->store, daemon->config,
			path);
}

static bool start(struct daemon *daemon, struct error *err)
{
	static const struct hub_events hub_events = {on_send, on_is_topic, on_content,
		on_changes, daemon_judge, daemon_delivered};
	const struct config *config = daemon->config;
	struct store_settings store = {.uri = config->store.uri,
		.directory = config->store.directory, .on_event = nodes_event,
		.context = daemon};
	struct hub_policy policy;

	daemon->worker_count = settings_workers(config, MAX_WORKERS);
	if (!agreements_load(config, getenv("CREDENTIALS_DIRECTORY"), &daemon->agreements,
		    err) ||
		!daemon_prepare(daemon, err))
		return false;
	store.node = nodes_name(daemon);
	if (!seal_load(getenv("CREDENTIALS_DIRECTORY"), config->store.key_file,
		    &daemon->nodes.seal, err))
		return false;
	store.seal = daemon->nodes.seal;
	if (!nodes_prepare(daemon, err) ||
		!store_open(daemon->loop, &store, &daemon->store, err) ||
		!daemon_open_ledger(daemon, err) ||
		!start_parser(daemon, err) || !verbs_start(daemon, err) ||
		!admin_start(daemon, err))
		return false;
	start_recalls(daemon);
	start_workers(daemon);
	nodes_serve_copies(daemon);
	/* readers come first: this thread, and what it starts from now on, after the workers */
	setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + MAIN_NICE);
	start_site(daemon);
	scan_bar_start(daemon);
	nodes_start(daemon);
	if (!config->hub.enabled && !config->hub.external.count)
		return true;
	policy = settings_hub(daemon->config, daemon->base_url, daemon->hub_url);
	policy.is_held = true;
	daemon->hub = hub_create(daemon->loop, daemon->store, &policy, &hub_events, daemon);
	return true;
}

static void watch_signal(struct daemon *daemon, ev_signal *watcher, int signal_number,
	void (*call)(struct ev_loop *, ev_signal *, int))
{
	ev_signal_init(watcher, call, signal_number);
	watcher->data = daemon;
	ev_signal_start(loop_ev(daemon->loop), watcher);
}

/* Each connection needs a descriptor; the usual soft limit is for programs that select(). */
static void raise_descriptor_limit(const struct config *config)
{
	struct rlimit limit;
	rlim_t wanted = (rlim_t)config->http.max_connections;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	if (limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
		getrlimit(RLIMIT_NOFILE, &limit);
	}
	if (limit.rlim_cur < wanted)
		log_warn("limits: descriptors=%llu, fewer than http.max_connections=%llu",
			(unsigned long long)limit.rlim_cur, (unsigned long long)wanted);
}

static void start_signals(struct daemon *daemon)
{
	struct ev_loop *ev = loop_ev(daemon->loop);

	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error, not an end */
	watch_signal(daemon, &daemon->on_term, SIGTERM, on_terminate);
	watch_signal(daemon, &daemon->on_int, SIGINT, on_terminate);
	watch_signal(daemon, &daemon->on_hup, SIGHUP, on_reload);
	watch_signal(daemon, &daemon->on_usr1, SIGUSR1, on_confirm);
	ev_timer_init(&daemon->drain_limit, on_drain_limit, DRAIN_LIMIT_S, 0.);
	ev_timer_init(&daemon->sweep, on_sweep, SWEEP_S, SWEEP_S);
	daemon->drain_limit.data = daemon->sweep.data = daemon;
	ev_timer_start(ev, &daemon->sweep);
	pulse_start(daemon);
}

static void finish(struct daemon *daemon)
{
	struct ev_loop *ev = loop_ev(daemon->loop);

	ev_signal_stop(ev, &daemon->on_term);
	ev_signal_stop(ev, &daemon->on_int);
	ev_signal_stop(ev, &daemon->on_hup);
	ev_signal_stop(ev, &daemon->on_usr1);
	ev_timer_stop(ev, &daemon->drain_limit);
	ev_timer_stop(ev, &daemon->patience);
	scan_bar_stop(daemon);
	ev_timer_stop(ev, &daemon->sweep);
	pulse_stop(daemon);
	recall_bell_stop(daemon->recalls);
	reports_stop(daemon);
	admin_stop(daemon);
	nodes_stop(daemon);
	for (size_t i = 0; i < daemon->worker_count && daemon->workers[i]; i++)
		worker_stop(daemon->workers[i]);
	ev_run(ev, EVRUN_NOWAIT); /* what the workers still sent */
	if (daemon->store)
		store_flush(daemon->store);
	watch_destroy(daemon->watch); /* until now the site may read a file */
	hub_destroy(daemon->hub);
	site_destroy(daemon->site);
	copies_close(daemon->nodes.copies);
	export_destroy(daemon->export);
	parser_pool_destroy(daemon->parsers);
	for (size_t i = 0; i < daemon->worker_count; i++)
		worker_destroy(daemon->workers[i]);
	limiter_destroy(daemon->limiter);
	partner_rates_finish(&daemon->partner_rates);
	if (daemon->store)
		store_close(daemon->store);
	seal_destroy(daemon->nodes.seal);
	for (size_t i = 0; i < daemon->listener_count; i++)
		listener_close(&daemon->listeners[i]);
	control_destroy(daemon->control);
	recall_bell_destroy(daemon->recalls);
	loop_destroy(daemon->loop);
	reports_finish(daemon);
	buf_finish(&daemon->zone);
	arena_destroy(daemon->arena);
	agreements_destroy(daemon->agreements);
	config_destroy(daemon->config);
	free(daemon->reload.text);
	free(daemon);
}

int daemon_run(const struct daemon_options *options)
{
	struct daemon *daemon = mem_alloc(sizeof(*daemon));
	struct error err;
	int status;

	daemon->options = *options;
	daemon->config = options->config;
	daemon->arena = arena_create();
	daemon->loop = loop_create("gazetted");
	log_init(settings_log_level(daemon->config));
	raise_descriptor_limit(daemon->config);
	daemon->started_ms = loop_wall_ms(daemon->loop);
	reports_init(daemon);
	start_signals(daemon);
	if (start(daemon, &err)) {
		loop_run(daemon->loop);
	} else {
		log_error("%s", err.text);
		daemon->exit_status = 1;
	}
	status = daemon->exit_status;
	finish(daemon);
	return status;
}
