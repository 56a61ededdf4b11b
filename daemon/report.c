/*
 * report.c: gathers a report: what the parts say at once, and what is asked of the store
 * and the workers and comes later. Questions that come meanwhile share the one that is
 * under way. A worker that does not answer in time is reported as silent, with what it
 * said last. Counting subscriptions costs the store more the more there are, so the counts
 * may be a little old then.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include "config/config.h"
#include "daemon/agreements.h"
#include "daemon/control/report.h"
#include "daemon/daemon_internal.h"
#include "daemon/loop/loop.h"
#include "daemon/recall_bell.h"
#include "daemon/recall_watch.h"
#include "daemon/site/site.h"
#include "daemon/worker.h"
#include "feeds/base/arena.h"
#include "feeds/base/mem.h"

enum {
	HOSTS_ASKED = 200,         /* of each worker */
	COUNTS_COST = 200,         /* counts are kept for that many times what they took */
};
static const double patience_s = .5;

struct asker {
	struct asker *next;
	void (*done)(void *context, const struct report *report);
	void *context;
};

/* One report under way. */
struct gathering {
	struct gathering *prev, *next; /* all of the daemon's */
	struct daemon *daemon;
	struct asker *askers;      /* owns */
	struct report report;
	ev_timer patience;
	size_t awaited;            /* answers that point here */
	bool awaits_beats;
	bool is_asked;             /* every question was put */
	bool is_told;              /* what still comes is dropped */
};

/* What the store counted last. */
struct counted {
	struct arena *arena;       /* owns */
	struct store_topic *topics;
	size_t topic_count;
	struct store_counts counts;
	int64_t asked_ms, until_ms; /* monotonic */
};

struct reports {
	struct gathering *all, *open; /* open: not told yet, or NULL */
	struct counted counted;
};

static void process_status(struct report_process *out)
{
	struct rusage usage;
	struct rlimit limit;
	long pages = 0, resident = 0;
	FILE *file = fopen("/proc/self/statm", "re");
	DIR *dir = opendir("/proc/self/fd");

	getrusage(RUSAGE_SELF, &usage);
	out->cpu_s = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
		(double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
	if (file && fscanf(file, "%ld %ld", &pages, &resident) == 2)
		out->resident = (int64_t)resident * sysconf(_SC_PAGESIZE);
	if (file)
		fclose(file);
	out->open_fds = -3; /* . and .. and the one that reads */
	while (dir && readdir(dir))
		out->open_fds++;
	if (dir)
		closedir(dir);
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
		out->max_fds = (int64_t)limit.rlim_cur;
}

/* ---- the end ---- */

static void drop_askers(struct gathering *gathering)
{
	struct asker *asker;

	while ((asker = gathering->askers)) {
		gathering->askers = asker->next;
		free(asker);
	}
}

static void free_gathering(struct gathering *gathering)
{
	struct reports *reports = gathering->daemon->reports;

	if (gathering->prev)
		gathering->prev->next = gathering->next;
	else
		reports->all = gathering->next;
	if (gathering->next)
		gathering->next->prev = gathering->prev;
	drop_askers(gathering);
	arena_destroy(gathering->report.arena);
	free(gathering);
}

static void add_http_counts(struct http_counts *sum, const struct http_counts *one)
{
	sum->requests += one->requests;
	sum->answers_2xx += one->answers_2xx;
	sum->answers_304 += one->answers_304;
	sum->answers_3xx += one->answers_3xx;
	sum->answers_4xx += one->answers_4xx;
	sum->answers_5xx += one->answers_5xx;
	sum->bytes_sent += one->bytes_sent;
	sum->accepted += one->accepted;
	sum->rejected_rate += one->rejected_rate;
	sum->rejected_full += one->rejected_full;
	sum->connections += one->connections;
	sum->idle += one->idle;
}

static void fill_workers(const struct daemon *daemon, struct report *report)
{
	report->worker_count = daemon->worker_count;
	for (size_t i = 0; i < daemon->worker_count; i++) {
		add_http_counts(&report->http, &daemon->pulse.beats[i].http);
		report->silent_workers += pulse_is_silent(daemon, i);
	}
	report->turn = daemon->pulse.turn;
	report->lag = daemon->pulse.lag;
}

static void fill_counts(const struct counted *counted, struct report *report)
{
	struct report_topic *topics = report->topics;

	report->counts = counted->counts;
	/* both are in order of their paths */
	for (size_t i = 0, at = 0; i < report->topic_count && at < counted->topic_count;) {
		int order = strcmp(topics[i].path, counted->topics[at].path);

		if (order == 0) {
			topics[i].subscriptions = counted->topics[at].subscriptions;
			topics[i].tasks = counted->topics[at].tasks;
		}
		i += order <= 0;
		at += order >= 0;
	}
}

/* What is owed to a partner is that of its topics. */
static void add_partner_counts(const struct counted *counted, struct report *report)
{
	for (size_t i = 0; i < counted->topic_count; i++) {
		const char *name;
		size_t len;

		if (!partner_of_path(counted->topics[i].path, &name, &len))
			continue;
		for (size_t p = 0; p < report->partner_count; p++) {
			struct report_partner *partner = &report->partners[p];

			if (strncmp(partner->name, name, len) != 0 || partner->name[len])
				continue;
			partner->subscriptions += counted->topics[i].subscriptions;
			partner->tasks += counted->topics[i].tasks;
		}
	}
}

static void tell(struct gathering *gathering)
{
	struct daemon *daemon = gathering->daemon;

	gathering->is_told = true;
	gathering->awaits_beats = false;
	daemon->reports->open = NULL;
	daemon->pulse.asked = NULL;
	ev_timer_stop(loop_ev(daemon->loop), &gathering->patience);
	fill_workers(daemon, &gathering->report);
	fill_counts(&daemon->reports->counted, &gathering->report);
	add_partner_counts(&daemon->reports->counted, &gathering->report);
	for (struct asker *asker = gathering->askers; asker; asker = asker->next)
		asker->done(asker->context, &gathering->report);
	drop_askers(gathering);
}

/* The last answer frees it, whether it was told or not. */
static void settle(struct gathering *gathering)
{
	if (gathering->awaited || gathering->awaits_beats || !gathering->is_asked)
		return;
	if (!gathering->is_told)
		tell(gathering);
	free_gathering(gathering);
}

static void on_impatient(struct ev_loop *ev, ev_timer *timer, int events)
{
	struct gathering *gathering = timer->data;

	(void)ev, (void)events;
	tell(gathering);
	settle(gathering);
}

/* ---- what comes later ---- */

static void on_counts(void *context, const struct store_counts *counts)
{
	struct gathering *gathering = context;
	struct counted *counted = &gathering->daemon->reports->counted;
	int64_t now_ms = loop_mono_ms(gathering->daemon->loop);

	counted->counts = *counts;
	counted->until_ms = now_ms + (now_ms - counted->asked_ms) * COUNTS_COST;
	gathering->awaited--;
	settle(gathering);
}

static void on_topics(void *context, const struct store_topic *rows, size_t count)
{
	struct gathering *gathering = context;
	struct counted *counted = &gathering->daemon->reports->counted;

	arena_reset(counted->arena);
	counted->topics = arena_alloc(counted->arena, (count + 1) * sizeof(*counted->topics));
	counted->topic_count = count;
	for (size_t i = 0; i < count; i++) {
		counted->topics[i] = rows[i];
		counted->topics[i].path = arena_strdup(counted->arena, rows[i].path);
	}
	gathering->awaited--;
	settle(gathering);
}

static int trouble(const struct transfer_host *host)
{
	return (host->probe_in_ms >= 0 ? 1000000 : 0) + host->failures * 1000 + host->slow * 100 +
		host->queued;
}

static void add_host(struct report *report, const struct transfer_host *host)
{
	size_t at = report->host_count;

	report->dead_hosts += host->probe_in_ms >= 0;
	while (at > 0 && trouble(host) > trouble(&report->hosts[at - 1]))
		at--;
	if (at == REPORT_HOSTS)
		return;
	if (report->host_count < REPORT_HOSTS)
		report->host_count++;
	memmove(&report->hosts[at + 1], &report->hosts[at],
		(report->host_count - at - 1) * sizeof(*report->hosts));
	report->hosts[at] = *host;
	report->hosts[at].key = arena_strdup(report->arena, host->key);
}

static void on_hosts(void *context, const struct transfer_host *hosts, size_t count)
{
	struct gathering *gathering = context;

	for (size_t i = 0; i < count && !gathering->is_told; i++)
		add_host(&gathering->report, &hosts[i]);
	gathering->awaited--;
	settle(gathering);
}

static void on_beats(struct daemon *daemon)
{
	struct gathering *gathering = daemon->reports->open;

	if (!gathering)
		return;
	gathering->awaits_beats = false;
	settle(gathering);
}

/* ---- what is known at once ---- */

static void on_topic(void *context, const char *path, int64_t modified_s)
{
	struct report *report = context;

	report->topics[report->topic_count++] = (struct report_topic){
		.path = arena_strdup(report->arena, path), .modified_s = modified_s};
}

static void on_problem(void *context, const char *path, const char *problem)
{
	struct report *report = context;

	report->problems[report->problem_count++] = (struct report_article){
		.path = arena_strdup(report->arena, path),
		.problem = arena_strdup(report->arena, problem)};
}

static void on_vanishing(void *context, const char *path, const char *id, int64_t due_ms)
{
	struct report *report = context;

	report->vanishing[report->vanishing_count++] = (struct report_article){
		.path = arena_strdup(report->arena, path), .id = arena_strdup(report->arena, id),
		.due_ms = due_ms};
}

static void on_decision(void *context, const struct site_decision_row *row)
{
	struct report *report = context;

	report->decisions[report->decision_count++] = (struct report_decision){
		.path = arena_strdup(report->arena, row->path),
		.id = arena_strdup(report->arena, row->id),
		.title = row->title ? arena_strdup(report->arena, row->title) : NULL,
		.note = row->note ? arena_strdup(report->arena, row->note) : NULL,
		.is_killed = row->is_killed, .at_ms = row->at_ms};
}

static void fill_partners(struct daemon *daemon, struct report *report)
{
	const struct partners *partners = &daemon->agreements->partners;
	int32_t today = daemon_today(daemon);

	report->partners = arena_alloc(report->arena,
		(partners->count + 1) * sizeof(*report->partners));
	for (size_t i = 0; i < partners->count; i++)
		report->partners[report->partner_count++] = (struct report_partner){
			.name = arena_strdup(report->arena, partners->items[i].name),
			.is_valid = partner_is_valid_on(&partners->items[i], today),
			.from_day = partners->items[i].from_day,
			.until_day = partners->items[i].until_day};
}

static void fill_recalls(struct daemon *daemon, struct report *report)
{
	const struct recall *open;

	if (!report->partner_count || !daemon->recalls)
		return;
	open = recall_watch_get(recall_bell_watch(daemon->recalls), &report->open_recalls);
	report->has_recalls = open;
	for (size_t i = 0; i < report->open_recalls; i++) {
		if (!i || open[i].recalled_ms < report->oldest_recall_ms)
			report->oldest_recall_ms = open[i].recalled_ms;
	}
	while (report->recall_count < report->open_recalls &&
		report->recall_count < REPORT_RECALLS) {
		struct recall *to = &report->recalls[report->recall_count];

		*to = open[report->recall_count++];
		to->partner = arena_strdup(report->arena, to->partner);
		to->id = arena_strdup(report->arena, to->id);
	}
}

static void fill(struct daemon *daemon, struct report *report)
{
	report->now_ms = loop_wall_ms(daemon->loop);
	report->started_ms = daemon->started_ms;
	report->pid = (int)getpid();
	report->is_draining = daemon->is_draining;
	report->base_url = daemon->base_url;
	report->directory = daemon->config->articles.directory;
	report->listeners = arena_alloc(report->arena,
		(daemon->listener_count + 1) * sizeof(*report->listeners));
	for (size_t i = 0; i < daemon->listener_count; i++)
		report->listeners[report->listener_count++] = daemon->listeners[i].address;
	process_status(&report->process);
	report->reload = (struct report_reload){daemon->reload.at_ms, daemon->reload.is_ok,
		daemon->reload.text};
	report->node = (struct report_node){site_is_leading(daemon->site),
		!daemon->nodes.is_store_down, site_seq(daemon->site),
		site_behind_ms(daemon->site)};
	site_get_status(daemon->site, &report->site);
	report->topics = arena_alloc(report->arena,
		(report->site.topics + 1) * sizeof(*report->topics));
	site_each_topic(daemon->site, on_topic, report);
	site_each_problem(daemon->site, REPORT_PROBLEMS, on_problem, report);
	site_each_vanishing(daemon->site, REPORT_PROBLEMS, on_vanishing, report);
	site_each_decision(daemon->site, REPORT_PROBLEMS, on_decision, report);
	fill_partners(daemon, report);
	fill_recalls(daemon, report);
	store_get_engine(daemon->store, &report->store);
	report->has_hub = daemon->hub;
	if (daemon->hub) {
		hub_get_counts(daemon->hub, &report->hub);
		hub_readers(daemon->hub, NULL, &report->readers);
	}
	pulse_get_minutes(daemon, report->minutes);
}

static void ask_all(struct gathering *gathering)
{
	struct daemon *daemon = gathering->daemon;
	struct counted *counted = &daemon->reports->counted;

	gathering->awaits_beats = true;
	daemon->pulse.asked = on_beats;
	pulse_ask(daemon);
	for (size_t i = 0; daemon->hub && i < daemon->worker_count; i++) {
		gathering->awaited++;
		worker_ask_hosts(daemon->workers[i], HOSTS_ASKED, on_hosts, gathering);
	}
	if (loop_mono_ms(daemon->loop) >= counted->until_ms) {
		gathering->awaited += 2;
		counted->asked_ms = loop_mono_ms(daemon->loop);
		counted->until_ms = INT64_MAX; /* until it has come */
		store_topic_list(daemon->store, on_topics, gathering);
		store_count(daemon->store, on_counts, gathering);
	}
	gathering->is_asked = true;
}

static struct gathering *open_gathering(struct daemon *daemon)
{
	struct gathering *gathering = mem_alloc(sizeof(*gathering));
	struct reports *reports = daemon->reports;

	gathering->daemon = daemon;
	gathering->report.arena = arena_create();
	gathering->next = reports->all;
	if (gathering->next)
		gathering->next->prev = gathering;
	reports->all = reports->open = gathering;
	ev_timer_init(&gathering->patience, on_impatient, patience_s, 0.);
	gathering->patience.data = gathering;
	ev_timer_start(loop_ev(daemon->loop), &gathering->patience);
	fill(daemon, &gathering->report);
	ask_all(gathering);
	return gathering;
}

void daemon_report(struct daemon *daemon,
	void (*done)(void *context, const struct report *report), void *context)
{
	struct gathering *gathering =
		daemon->reports->open ? daemon->reports->open : open_gathering(daemon);
	struct asker *asker = mem_alloc(sizeof(*asker));

	*asker = (struct asker){gathering->askers, done, context};
	gathering->askers = asker;
}

/* ---- life ---- */

void reports_init(struct daemon *daemon)
{
	daemon->reports = mem_alloc(sizeof(*daemon->reports));
	daemon->reports->counted.arena = arena_create();
}

void reports_stop(struct daemon *daemon)
{
	struct gathering *open = daemon->reports->open;

	if (!open)
		return;
	daemon->reports->open = NULL;
	open->is_told = true;
	open->awaits_beats = false;
	ev_timer_stop(loop_ev(daemon->loop), &open->patience);
	for (struct asker *asker = open->askers; asker; asker = asker->next)
		asker->done(asker->context, NULL);
	drop_askers(open);
}

void reports_finish(struct daemon *daemon)
{
	while (daemon->reports->all)
		free_gathering(daemon->reports->all);
	arena_destroy(daemon->reports->counted.arena);
	free(daemon->reports);
}
