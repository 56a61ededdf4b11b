/*
 * bench_store.c: the store's work on every URI that is given, in turn: subscriptions, pages
 * and steps of a fan-out. `make bench-store` gives it SQLite and PostgreSQL on one disk.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/loop/loop.h"
#include "daemon/store/store.h"
#include "feeds/base/error.h"

enum { ENGINES_MOST = 4, SUBSCRIBERS = 10000, ROUNDS = 3, PAGE = 200, JOBS = 8 };

static struct loop *loop;

struct job_run {
	struct engine_run *run;
	struct store_job job;
	struct store_cursor at;
	bool at_end, is_done;
};

struct timing {
	double page_s, step_s;
	size_t count;
};

struct engine_run {
	struct store *store;
	const char *uri;
	struct job_run jobs[JOBS];
	size_t job_count, rows;
	double subscribe_s, publish_s;
	struct timing alone, together;
};

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void on_request(void *context, enum store_status status, int64_t id)
{
	struct engine_run *run = context;

	if (status == STORE_OK)
		sub_confirm(run->store, id, NULL, NULL);
}

static void subscribe(struct engine_run *run)
{
	char callback[64], host[32];
	double began = seconds();

	for (int i = 0; i < SUBSCRIBERS; i++) {
		snprintf(host, sizeof(host), "http://h%d:80", i % 500);
		snprintf(callback, sizeof(callback), "%s/%d", host, i);
		sub_request(run->store, &(struct store_intent){.topic = "/feed.atom",
			.topic_asked = "http://x/feed.atom", .callback = callback,
			.host_key = host, .lease_s = 100000}, on_request, run);
		if (i % 500 == 499)
			store_flush(run->store);
	}
	store_flush(run->store);
	run->subscribe_s += seconds() - began;
}

static void publish(struct engine_run *run)
{
	static char body[20000];
	struct store_doc doc = {.path = "/feed.atom", .content_type = "t", .etag = "e",
		.is_topic = true, .body = body, .len = sizeof(body)};
	double began = seconds();

	store_publish(run->store, &(struct store_publication){.docs = &doc, .doc_count = 1},
		NULL, NULL);
	store_flush(run->store);
	run->publish_s += seconds() - began;
}

static void on_jobs(void *context, const struct store_job *jobs, size_t count)
{
	struct engine_run *run = context;

	run->job_count = count;
	for (size_t i = 0; i < count; i++) {
		run->jobs[i] = (struct job_run){.run = run, .job = jobs[i]};
		run->jobs[i].job.topic = "/feed.atom";
	}
}

static void on_page(void *context, enum store_status status, const struct store_job *now,
	const struct store_sub *rows, const struct store_cursor *cursors, size_t count, bool at_end)
{
	struct job_run *job = context;

	(void)now, (void)rows;
	job->at_end = at_end || status != STORE_OK;
	job->run->rows += count;
	if (count)
		job->at = cursors[count - 1];
}

/* A page of every job that has one, or of ONLY, and then their steps. */
static bool turn(struct engine_run *run, struct job_run *only, struct timing *timing)
{
	struct job_run *first = only ? only : run->jobs;
	struct job_run *end = only ? only + 1 : run->jobs + run->job_count;
	double began = seconds(), paged;
	bool is_open = false;

	for (struct job_run *job = first; job < end; job++) {
		if (job->is_done)
			continue;
		job_page(run->store, &job->job, job->at, PAGE, on_page, job);
		timing->count++;
	}
	store_flush(run->store);
	paged = seconds();
	for (struct job_run *job = first; job < end; job++) {
		if (job->is_done)
			continue;
		job_step(run->store, &(struct store_step){.job = job->job, .cursor = job->at,
			.lease_ms = 60000, .is_last = job->at_end}, NULL, NULL);
		job->is_done = job->at_end;
		is_open = is_open || !job->is_done;
	}
	store_flush(run->store);
	timing->page_s += paged - began;
	timing->step_s += seconds() - paged;
	return is_open;
}

/* As with one job in the whole system, and as the hub has them, side by side. */
static void fan_out(struct engine_run *run)
{
	job_claim(run->store, JOBS, 60000, on_jobs, run);
	store_flush(run->store);
	for (size_t i = 0; i < run->job_count / 2; i++) {
		while (turn(run, &run->jobs[i], &run->alone))
			;
	}
	while (turn(run, NULL, &run->together))
		;
}

static bool begin(struct engine_run *run, const char *uri)
{
	struct error err;

	run->uri = uri;
	if (store_open(loop, &(struct store_settings){.uri = uri, .directory = "."}, &run->store,
		    &err))
		return true;
	fprintf(stderr, "%s\n", err.text);
	return false;
}

int main(int argc, char **argv)
{
	struct engine_run runs[ENGINES_MOST] = {0};
	int count = argc - 1 < ENGINES_MOST ? argc - 1 : ENGINES_MOST;

	loop = loop_create("bench");
	for (int i = 0; i < count; i++) {
		if (!begin(&runs[i], argv[i + 1]))
			return 1;
		subscribe(&runs[i]);
	}
	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < count; i++) {
			publish(&runs[i]);
			fan_out(&runs[i]);
		}
	}
	for (int i = 0; i < count; i++) {
		struct engine_run *run = &runs[i];

		printf("%-11.*s subscribed %5.0f/s  publish %5.1f ms  one job: pages %5.0f/s, "
		       "steps %5.0f/s  %d side by side: pages %5.0f/s, steps %6.0f/s\n",
			(int)strcspn(run->uri, ":"), run->uri, SUBSCRIBERS / run->subscribe_s,
			run->publish_s / ROUNDS * 1e3, (double)run->alone.count / run->alone.page_s,
			(double)run->alone.count / run->alone.step_s, (int)JOBS,
			(double)run->together.count / run->together.page_s,
			(double)run->together.count / run->together.step_s);
		if (run->rows != (size_t)ROUNDS * SUBSCRIBERS)
			printf("  %zu rows were read, not %d\n", run->rows, ROUNDS * SUBSCRIBERS);
		store_close(run->store);
	}
	loop_destroy(loop);
	return 0;
}
