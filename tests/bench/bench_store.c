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

struct engine_run {
	struct store *store;
	const char *uri;
	struct store_job jobs[JOBS];
	size_t job_count;
	struct store_cursor at;
	bool at_end;
	size_t rows;
	double subscribe_s, page_s, step_s, publish_s;
	size_t pages, steps;
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
	memcpy(run->jobs, jobs, count * sizeof(*jobs));
	for (size_t i = 0; i < count; i++)
		run->jobs[i].topic = "/feed.atom";
}

static void on_page(void *context, enum store_status status, const struct store_job *now,
	const struct store_sub *rows, const struct store_cursor *cursors, size_t count, bool at_end)
{
	struct engine_run *run = context;

	(void)now, (void)rows;
	run->at_end = at_end || status != STORE_OK;
	run->rows += count;
	if (count)
		run->at = cursors[count - 1];
}

static void step(struct engine_run *run, const struct store_job *job, bool is_last)
{
	double began = seconds();

	job_step(run->store, &(struct store_step){.job = *job, .cursor = run->at,
		.lease_ms = 60000, .is_last = is_last}, NULL, NULL);
	store_flush(run->store);
	run->step_s += seconds() - began;
	run->steps++;
}

static void fan_out(struct engine_run *run)
{
	job_claim(run->store, JOBS, 60000, on_jobs, run);
	store_flush(run->store);
	for (size_t i = 0; i < run->job_count; i++) {
		run->at = (struct store_cursor){0, 0, 0};
		do {
			double began = seconds();

			job_page(run->store, &run->jobs[i], run->at, PAGE, on_page, run);
			store_flush(run->store);
			run->page_s += seconds() - began;
			run->pages++;
			step(run, &run->jobs[i], run->at_end);
		} while (!run->at_end);
	}
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

		printf("%-12.*s subscribed %6.0f/s   publish %5.1f ms   pages of %d %6.0f/s   "
		       "steps %6.0f/s   (%zu rows)\n",
			(int)strcspn(run->uri, ":"), run->uri, SUBSCRIBERS / run->subscribe_s,
			run->publish_s / ROUNDS * 1e3, (int)PAGE, (double)run->pages / run->page_s,
			(double)run->steps / run->step_s, run->rows);
		store_close(run->store);
	}
	loop_destroy(loop);
	return 0;
}
