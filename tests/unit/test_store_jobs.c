/*
 * test_store_jobs.c: fan-out against a naive model, take-over, tasks, due times, moved and
 * swapped articles, and how fast a large publication is. Only what store.h promises.
 */
#include <ev.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "daemon/loop/loop.h"
#include "daemon/store/sqlite.h"
#include "daemon/store/store.h"
#include "feeds/base/error.h"
#include "tests/unit/harness.h"
#include "tests/unit/store_engines.h"

enum { SUBS_MOST = 64, LEASE_MS = 8000 };

static int64_t now_ms = 1000000;
static struct loop *loop;
static struct store *store;

static int64_t test_clock(void)
{
	return now_ms;
}

static void open_store(const char *uri)
{
	struct error err;

	loop = loop_create("test");
	if (!store_open(loop, &(struct store_settings){.uri = engine_uri(uri), .directory = "state",
		    .clock = test_clock}, &store, &err))
		harness_fail(__FILE__, __LINE__, "%s", err.text);
}

static void close_store(void)
{
	store_close(store);
	loop_destroy(loop);
}

/* ---- what the calls say ---- */

struct paged {
	enum store_status status;
	int64_t seq, ids[SUBS_MOST], expires_ms[SUBS_MOST];
	enum store_priority priority;
	int attempts[SUBS_MOST];
	struct store_cursor cursors[SUBS_MOST];
	size_t count;
	bool at_end;
};

static void on_page(void *context, enum store_status status, const struct store_job *now,
	const struct store_sub *rows, const struct store_cursor *cursors, size_t count,
	bool at_end)
{
	struct paged *out = context;

	*out = (struct paged){.status = status, .seq = now ? now->seq : 0,
		.priority = now ? now->priority : PRIORITY_REST, .count = count, .at_end = at_end};
	for (size_t i = 0; i < count; i++) {
		out->ids[i] = rows[i].id;
		out->cursors[i] = cursors[i];
	}
}

static void on_subs(void *context, const struct store_sub *rows, size_t count)
{
	struct paged *out = context;

	for (size_t i = 0; i < count; i++) {
		out->ids[out->count] = rows[i].id;
		out->attempts[out->count++] = rows[i].attempts;
	}
}

static void on_id(void *context, enum store_status status, int64_t id)
{
	CHECK_INT(status, STORE_OK);
	*(int64_t *)context = id;
}

static void on_status(void *context, enum store_status status)
{
	*(enum store_status *)context = status;
}

static void subscribe_for(const char *host, int n, int64_t lease_s)
{
	char callback[128];
	int64_t id = 0;
	enum store_status status = STORE_BUSY;

	snprintf(callback, sizeof(callback), "%s/%d", host, n);
	sub_request(store, &(struct store_intent){.topic = "/feed.atom",
		.topic_asked = "http://x/feed.atom", .callback = callback, .host_key = host,
		.lease_s = lease_s}, on_id, &id);
	store_flush(store);
	sub_confirm(store, id, on_status, &status);
	store_flush(store);
	CHECK_INT(status, STORE_OK);
}

static void subscribe(int n)
{
	char host[64];

	snprintf(host, sizeof(host), "http://h%d:80", n % 7);
	subscribe_for(host, n, 100000000);
}

static void on_published(void *context, enum store_status status, const int64_t *seqs,
	size_t count)
{
	CHECK_INT(status, STORE_OK);
	if (context && count)
		*(int64_t *)context = seqs[0];
}

static int64_t publish_with(enum store_priority priority)
{
	struct store_doc doc = {.path = "/feed.atom", .etag = "e", .content_type = "t",
		.is_topic = true, .priority = priority, .body = "x", .len = 1};
	int64_t seq = 0;

	store_publish(store, &(struct store_publication){.docs = &doc, .doc_count = 1},
		on_published, &seq);
	store_flush(store);
	CHECK(seq > 0);
	return seq;
}

static int64_t publish(void)
{
	return publish_with(PRIORITY_REST);
}

struct claimed {
	struct store_job jobs[16];
	size_t count;
};

static void on_jobs(void *context, const struct store_job *jobs, size_t count)
{
	struct claimed *out = context;

	out->count = count;
	for (size_t i = 0; i < count; i++) {
		out->jobs[i] = jobs[i];
		out->jobs[i].topic = "/feed.atom";
	}
}

static struct claimed claim(void)
{
	struct claimed out = {.count = 0};

	job_claim(store, 16, LEASE_MS, on_jobs, &out);
	store_flush(store);
	return out;
}

static struct paged page(const struct store_job *job, struct store_cursor after, size_t max)
{
	struct paged out;

	job_page(store, job, after, max, on_page, &out);
	store_flush(store);
	return out;
}

struct stepped {
	enum store_status status;
	bool more;
};

static void on_step(void *context, enum store_status status, bool more)
{
	*(struct stepped *)context = (struct stepped){status, more};
}

static struct stepped step(const struct store_job *job, struct store_cursor cursor,
	bool is_last, const struct store_failure *failures, size_t failure_count)
{
	struct stepped out = {STORE_BUSY, false};

	job_step(store, &(struct store_step){.job = *job, .cursor = cursor,
		.failures = failures, .failure_count = failure_count, .lease_ms = LEASE_MS,
		.is_last = is_last}, on_step, &out);
	store_flush(store);
	return out;
}

static struct paged claim_tasks(void)
{
	struct paged out = {.count = 0};

	task_claim(store, 32, 5000, on_subs, &out);
	store_flush(store);
	return out;
}

/* ---- jobs ---- */

/* A kill repeats at most what was handed out and not stepped. */
STORE_TEST(the_next_owner_goes_on_from_the_cursor)
{
	struct claimed first, second;
	struct paged rows;

	open_store("sqlite:gazetted.db");
	for (int i = 0; i < 20; i++)
		subscribe(i);
	publish();
	first = claim();
	CHECK_INT(first.count, 1);
	rows = page(&first.jobs[0], (struct store_cursor){0}, 12);
	CHECK_INT(rows.count, 12);
	CHECK_INT(step(&first.jobs[0], rows.cursors[11], false, NULL, 0).status, STORE_OK);
	close_store();
	open_store("sqlite:gazetted.db"); /* whoever held it is dead: no waiting */
	second = claim();
	CHECK_INT(second.count, 1);
	rows = page(&second.jobs[0], (struct store_cursor){0}, 60);
	CHECK_INT(rows.count, 8);
	close_store();
}

STORE_TEST(a_page_is_in_partition_and_host_order_without_the_expired)
{
	struct claimed jobs;
	struct paged rows;

	open_store("sqlite::memory:");
	for (int i = 0; i < 30; i++)
		subscribe(i);
	subscribe_for("http://short:80", 1, 10);
	publish();
	now_ms += 10001;
	jobs = claim();
	rows = page(&jobs.jobs[0], (struct store_cursor){0}, 60);
	CHECK_INT(rows.count, 30);
	CHECK(rows.at_end);
	for (size_t i = 1; i < rows.count; i++) {
		const struct store_cursor *a = &rows.cursors[i - 1], *b = &rows.cursors[i];

		CHECK(a->part < b->part || (a->part == b->part && (a->host < b->host ||
			(a->host == b->host && a->id < b->id))));
	}
	close_store();
}

/* ---- the model ---- */

struct chunk {
	struct paged rows;
};

static struct model {
	int64_t newest;
	int64_t got[1000];         /* by subscription id: the newest seq that arrived */
	int count;
	struct claimed claimed;
	struct store_cursor paged;
	struct chunk chunks[4];    /* handed out, not yet stepped */
	size_t chunk_count;
	bool at_end, is_held;
} model;

static void model_claim(void)
{
	model.claimed = claim();
	model.is_held = model.claimed.count > 0;
	model.paged = (struct store_cursor){0};
	model.chunk_count = 0;
	model.at_end = false;
}

static void model_page(void)
{
	struct paged *rows;

	if (model.at_end || model.chunk_count == 4)
		return;
	rows = &model.chunks[model.chunk_count].rows;
	*rows = page(&model.claimed.jobs[0], model.paged, (size_t)(1 + rand() % 9));
	CHECK_INT(rows->status, STORE_OK);
	CHECK_INT(rows->seq, model.newest);
	model.at_end = rows->at_end;
	if (!rows->count)
		return;
	model.paged = rows->cursors[rows->count - 1];
	model.chunk_count++;
}

/* The oldest chunk arrives, with the content of when it was handed out; some fail. */
static void model_step(void)
{
	struct paged *rows = &model.chunks[0].rows;
	struct store_failure failures[SUBS_MOST];
	size_t failed = 0;
	bool is_last = model.at_end && model.chunk_count <= 1;
	struct stepped out;

	if (!model.chunk_count && !is_last)
		return;
	for (size_t i = 0; model.chunk_count && i < rows->count; i++) {
		if (rand() % 8 == 0)
			failures[failed++] = (struct store_failure){.sub_id = rows->ids[i],
				.delay_ms = 1000, .seq = rows->seq};
		else if (rows->seq > model.got[rows->ids[i]])
			model.got[rows->ids[i]] = rows->seq;
	}
	out = step(&model.claimed.jobs[0],
		model.chunk_count ? rows->cursors[rows->count - 1] : model.paged, is_last,
		failures, failed);
	CHECK_INT(out.status, STORE_OK);
	if (model.chunk_count) {
		model.chunk_count--;
		memmove(&model.chunks[0], &model.chunks[1],
			model.chunk_count * sizeof(model.chunks[0]));
	}
	if (!is_last)
		return;
	model.is_held = out.more;
	model.at_end = false;
	model.paged = (struct store_cursor){0};
}

static void model_tasks(void)
{
	struct paged tasks = claim_tasks();

	for (size_t i = 0; i < tasks.count; i++) {
		if (rand() % 3 == 0) {
			task_retry(store, tasks.ids[i], 500, "503");
			continue;
		}
		if (rand() % 4)
			model.got[tasks.ids[i]] = model.newest;
		else if (rand() % 2)
			continue; /* the owner died */
		task_done(store, tasks.ids[i], model.got[tasks.ids[i]]);
	}
	store_flush(store);
}

static void model_turn(void)
{
	int dice = rand() % 100;

	now_ms += rand() % 200;
	if (dice < 6) {
		model.newest = publish();
	} else if (dice < 9) {
		now_ms += 2 * LEASE_MS; /* the owner died with chunks in flight */
		model_claim();
	} else if (dice < 12 && model.count < 50) {
		subscribe(model.count++);
	} else if (dice < 30) {
		model_tasks();
	} else if (!model.is_held) {
		model_claim();
	} else if (dice < 70) {
		model_page();
	} else {
		model_step();
	}
}

static void model_settle(void)
{
	for (int i = 0; i < 4000; i++) {
		now_ms += 300;
		model_tasks();
		if (!model.is_held)
			model_claim();
		if (model.is_held) {
			model_page();
			model_step();
		}
	}
}

/* Whoever was subscribed at the last publication has it in the end. */
STORE_TEST(random_operations_lose_and_starve_nobody)
{
	for (unsigned seed = 1; seed <= (engine_is_postgres() ? 6 : 25); seed++) {
		int subscribed;

		srand(seed);
		memset(&model, 0, sizeof(model));
		open_store("sqlite::memory:");
		while (model.count < 20)
			subscribe(model.count++);
		model.newest = publish();
		for (int i = 0; i < 400; i++)
			model_turn();
		subscribed = model.count;
		model.newest = publish();
		for (int i = 0; i < 10; i++)
			model_turn();
		if (model.count == subscribed)
			model_settle();
		for (int id = 1; id <= subscribed && model.count == subscribed; id++) {
			if (model.got[id] != model.newest)
				harness_fail(__FILE__, __LINE__, "seed %u: %d has %lld, not %lld",
					seed, id, (long long)model.got[id],
					(long long)model.newest);
		}
		close_store();
	}
}

/* A topic that changes at every step still reaches its last subscriber. */
STORE_TEST(a_busy_topic_starves_nobody)
{
	int64_t got[41] = {0};
	struct claimed jobs;
	struct store_cursor at = {0};

	open_store("sqlite::memory:");
	for (int i = 0; i < 40; i++)
		subscribe(i);
	publish();
	jobs = claim();
	for (int i = 0; i < 30; i++) {
		struct paged rows = page(&jobs.jobs[0], at, 4);
		struct stepped out;

		for (size_t k = 0; k < rows.count; k++)
			got[rows.ids[k]]++;
		if (rows.count)
			at = rows.cursors[rows.count - 1];
		publish();
		out = step(&jobs.jobs[0], at, rows.at_end, NULL, 0);
		CHECK_INT(out.status, STORE_OK);
		CHECK(out.more);
		if (rows.at_end)
			at = (struct store_cursor){0};
	}
	for (int id = 1; id <= 40; id++)
		CHECK(got[id] >= 2);
	close_store();
}

static void on_due(void *context, int64_t intent_ms, int64_t task_ms)
{
	((int64_t *)context)[0] = intent_ms;
	((int64_t *)context)[1] = task_ms;
}

static void on_swept(void *context, size_t removed)
{
	*(size_t *)context = removed;
}

STORE_TEST(the_task_of_an_expired_subscription_is_never_due)
{
	struct claimed jobs;
	struct paged rows;
	struct store_failure failure = {.delay_ms = 100};
	int64_t due[2];
	size_t removed = 0;

	open_store("sqlite::memory:");
	subscribe_for("http://short:80", 1, 10);
	failure.seq = publish();
	jobs = claim();
	rows = page(&jobs.jobs[0], (struct store_cursor){0}, 9);
	failure.sub_id = rows.ids[0];
	step(&jobs.jobs[0], rows.cursors[0], true, &failure, 1);
	store_next_due(store, on_due, due);
	store_flush(store);
	CHECK_INT(due[0], INT64_MAX);
	CHECK_INT(due[1], now_ms + 100);
	now_ms += 10001;
	CHECK_INT(claim_tasks().count, 0);
	store_next_due(store, on_due, due);
	store_flush(store);
	CHECK_INT(due[1], INT64_MAX);
	store_sweep(store, 10, on_swept, &removed);
	store_flush(store);
	CHECK_INT(removed, 1);
	close_store();
}

/* ---- articles ---- */

static void on_row(void *context, const struct store_article *row)
{
	char *out = context;

	snprintf(out, 64, "%s %s", row ? row->id : "-",
		row && row->flat ? (const char *)row->flat : "-");
}

static void check_row(const char *path, const char *want)
{
	char got[64];

	store_article_get(store, path, on_row, got);
	store_flush(store);
	CHECK_STR(got, want);
}

static void put(const struct store_article *rows, const char *const *from, size_t count)
{
	store_publish(store, &(struct store_publication){.articles = rows,
		.renamed_from = from, .article_count = count}, on_published, NULL);
	store_flush(store);
}

STORE_TEST(names_change_hands_within_one_publication)
{
	struct store_article rows[2] = {
		{.path = "a.md", .id = "A", .slug = "a", .flat = "ta", .flat_len = 2},
		{.path = "b.md", .id = "B", .slug = "b", .flat = "tb", .flat_len = 2},
	};

	open_store("sqlite::memory:");
	put(rows, NULL, 2);
	check_row("a.md", "A ta");
	/* a -> b -> c, the text stays without being given again */
	rows[0].path = "b.md";
	rows[1].path = "c.md";
	rows[0].flat = rows[1].flat = NULL;
	put(rows, (const char *const[]){"a.md", "b.md"}, 2);
	check_row("a.md", "- -");
	check_row("b.md", "A ta");
	check_row("c.md", "B tb");
	/* another path takes the id: the row gives way, the publication holds */
	put(&(struct store_article){.path = "d.md", .id = "A", .slug = "d", .flat = "td",
		.flat_len = 2}, NULL, 1);
	check_row("b.md", "- -");
	check_row("d.md", "A td");
	close_store();
}

static void count_rows(void *context, const struct store_article *rows, size_t count)
{
	static char last[64];

	for (size_t i = 0; i < count; i++) {
		CHECK(strcmp(last, rows[i].path) < 0);
		snprintf(last, sizeof(last), "%s", rows[i].path);
	}
	*(size_t *)context += count;
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

STORE_TEST(a_thousand_rows_in_one_publication)
{
	static char names[1000][3][32], text[4096];
	static struct store_article rows[1000];
	size_t listed = 0;
	double begin;
	struct stat st;

	memset(text, 'x', sizeof(text));
	for (int i = 0; i < 1000; i++) {
		for (int k = 0; k < 3; k++)
			snprintf(names[i][k], sizeof(names[i][k]), "%d-%06d", k, i * 7919 % 1000);
		rows[i] = (struct store_article){.path = names[i][0], .id = names[i][1],
			.slug = names[i][2], .hash = "h", .content_hash = "c", .version = 1,
			.flat = text, .flat_len = sizeof(text)};
	}
	open_store("sqlite:large.db");
	begin = seconds();
	put(rows, NULL, 1000);
	fprintf(stderr, "1000 rows: %.1f ms\n", (seconds() - begin) * 1e3);
	store_article_list(store, count_rows, &listed);
	store_flush(store);
	CHECK_INT(listed, 1000);
	if (!engine_is_postgres()) {
		CHECK(stat("state/large.db", &st) == 0 && (st.st_mode & 0777) == 0600);
		CHECK(stat("state", &st) == 0 && (st.st_mode & 0777) == 0700);
	}
	close_store();
}

/* ---- many subscribers ---- */

static void confirm_request(void *context, enum store_status status, int64_t id)
{
	CHECK_INT(status, STORE_OK);
	(void)context;
	sub_confirm(store, id, NULL, NULL);
}

static void subscribe_many(int count)
{
	char callback[96], host[64];

	for (int i = 0; i < count; i++) {
		snprintf(host, sizeof(host), "http://h%d:80", i % 100);
		snprintf(callback, sizeof(callback), "%s/%d", host, i);
		sub_request(store, &(struct store_intent){.topic = "/feed.atom",
			.topic_asked = "http://x/feed.atom", .callback = callback,
			.host_key = host, .lease_s = 1000}, confirm_request, NULL);
	}
	store_flush(store);
}

static void on_listed(void *context, const struct store_sub *rows, size_t count)
{
	(void)rows;
	*(size_t *)context += count;
}

/* Eight ranges that together have everyone once; open jobs keep theirs. */
STORE_TEST(a_large_topic_has_eight_ranges)
{
	struct claimed jobs;
	static char seen[5001];
	size_t total = 0, listed = 0;

	open_store("sqlite::memory:");
	subscribe_many(4999);
	publish();
	subscribe_many(5000);
	publish();
	jobs = claim();
	CHECK_INT(jobs.count, 1);
	step(&jobs.jobs[0], (struct store_cursor){1 << 20, 0, 0}, true, NULL, 0);
	publish();
	jobs = claim();
	CHECK_INT(jobs.count, 8);
	for (size_t i = 0; i < 8; i++) {
		struct paged rows = {.at_end = false};
		struct store_cursor at = {0};

		while (!rows.at_end) {
			rows = page(&jobs.jobs[i], at, SUBS_MOST - 1);
			for (size_t k = 0; k < rows.count; k++)
				CHECK(!seen[rows.ids[k]]++);
			total += rows.count;
			if (rows.count)
				at = rows.cursors[rows.count - 1];
		}
		CHECK(!step(&jobs.jobs[i], at, true, NULL, 0).more);
	}
	CHECK_INT(total, 5000);
	CHECK_INT(claim().count, 0);
	sub_list(store, "/feed.atom", on_listed, &listed);
	store_flush(store);
	CHECK_INT(listed, 5000);
	sub_list(store, "/other", on_listed, &listed);
	store_flush(store);
	CHECK_INT(listed, 5000);
	close_store();
}

STORE_TEST(hurry_leaves_what_is_in_flight)
{
	struct claimed jobs;
	struct paged rows;
	struct store_failure failures[2] = {{.delay_ms = 100}, {.delay_ms = 100000}};

	open_store("sqlite::memory:");
	subscribe(1);
	subscribe(2);
	failures[0].seq = failures[1].seq = publish();
	jobs = claim();
	rows = page(&jobs.jobs[0], (struct store_cursor){0}, 9);
	failures[0].sub_id = rows.ids[0];
	failures[1].sub_id = rows.ids[1];
	step(&jobs.jobs[0], rows.cursors[1], true, failures, 2);
	now_ms += 101;
	CHECK_INT(claim_tasks().count, 1);
	task_hurry(store);
	rows = claim_tasks();
	CHECK_INT(rows.count, 1);
	CHECK_INT(rows.ids[0], failures[1].sub_id);
	now_ms += 5001; /* both owners died */
	CHECK_INT(claim_tasks().count, 2);
	close_store();
}

/* Also while one is in flight, which is not begun twice. */
STORE_TEST(a_recall_makes_its_tasks_due)
{
	struct claimed jobs;
	struct paged rows;
	struct store_failure failures[2] = {{.delay_ms = 100}, {.delay_ms = 100000}};

	open_store("sqlite::memory:");
	subscribe(1);
	subscribe(2);
	failures[0].seq = failures[1].seq = publish();
	jobs = claim();
	rows = page(&jobs.jobs[0], (struct store_cursor){0}, 9);
	failures[0].sub_id = rows.ids[0];
	failures[1].sub_id = rows.ids[1];
	step(&jobs.jobs[0], rows.cursors[1], true, failures, 2);
	now_ms += 101;
	CHECK_INT(claim_tasks().count, 1);
	publish_with(PRIORITY_URGENT);
	CHECK_INT(claim_tasks().count, 0);
	publish_with(PRIORITY_CORRECTION);
	rows = claim_tasks();
	CHECK_INT(rows.count, 1);
	CHECK_INT(rows.ids[0], failures[1].sub_id);
	close_store();
}

/* ---- opening ---- */

static void change_file(const char *path, const char *sql)
{
	sqlite3 *db;

	CHECK(sqlite3_open(path, &db) == SQLITE_OK);
	CHECK(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK);
	sqlite3_close(db);
}

TEST(a_newer_schema_and_a_foreign_database_are_refused)
{
	struct store_settings settings = {.uri = "sqlite:gazetted.db", .directory = "state",
		.clock = test_clock};
	struct error err;
	struct store *other;

	open_store("sqlite:gazetted.db");
	close_store();
	loop = loop_create("test");
	change_file("state/gazetted.db", "PRAGMA user_version=1000");
	CHECK(!store_open(loop, &settings, &other, &err));
	CHECK(strstr(err.text, "newer"));
	change_file("state/foreign.db", "CREATE TABLE t(x)");
	settings.uri = "sqlite:foreign.db";
	CHECK(!store_open(loop, &settings, &other, &err));
	CHECK(strstr(err.text, "not of gazetted"));
	settings.uri = "mysql:x";
	CHECK(!store_open(loop, &settings, &other, &err));
	loop_destroy(loop);
}

/* ---- turns ---- */

static int chained;

static void on_chained(void *context, enum store_status status, int64_t id)
{
	bool *is_inside = context;

	(void)id;
	CHECK_INT(status, STORE_OK);
	CHECK(!*is_inside);
	if (++chained == 200) {
		loop_stop(loop);
		return;
	}
	*is_inside = true;
	sub_request(store, &(struct store_intent){.topic = "/feed.atom",
		.topic_asked = "t", .callback = "http://h/", .host_key = "http://h:80"},
		on_chained, context);
	*is_inside = false;
}

static void on_over(struct ev_loop *ev, ev_timer *timer, int events)
{
	(void)timer, (void)events;
	ev_break(ev, EVBREAK_ALL);
}

/* With no other event: what `done` starts is not left lying, and then the loop sleeps. */
STORE_TEST(the_loop_neither_sleeps_on_work_nor_spins_without)
{
	bool is_inside = false;
	unsigned turns;
	ev_timer over;

	open_store("sqlite::memory:");
	sub_request(store, &(struct store_intent){.topic = "/feed.atom", .topic_asked = "t",
		.callback = "http://h/", .host_key = "http://h:80"}, on_chained, &is_inside);
	loop_run(loop);
	CHECK_INT(chained, 200);
	sub_remove(store, 1); /* a write without `done` */
	ev_timer_init(&over, on_over, 0.2, 0.);
	ev_timer_start(loop_ev(loop), &over);
	turns = ev_iteration(loop_ev(loop));
	loop_run(loop);
	CHECK(ev_iteration(loop_ev(loop)) - turns < 10);
	close_store();
}

/* All writes of a turn share its fate, and the store goes on. */
TEST(a_full_database_fails_the_turn_and_nothing_else)
{
	static char large[1 << 20];
	struct store_doc doc = {.path = "/feed.atom", .body = large, .len = sizeof(large)};
	enum store_status first = STORE_OK, second = STORE_OK;
	int64_t id = 0;

	open_store("sqlite:full.db");
	subscribe(1);
	CHECK(sqlite3_exec(store->db, "PRAGMA max_page_count=60", NULL, NULL, NULL) == 0);
	sub_request(store, &(struct store_intent){.topic = "/feed.atom", .topic_asked = "t",
		.callback = "http://h/", .host_key = "http://h:80"}, on_id, &id);
	store_flush(store);
	sub_confirm(store, id, on_status, &first);
	store_publish(store, &(struct store_publication){.docs = &doc, .doc_count = 1},
		NULL, NULL);
	sub_confirm(store, id, on_status, &second);
	store_flush(store);
	CHECK_INT(first, STORE_BUSY);
	CHECK_INT(second, STORE_OK); /* in a transaction of its own, after the failure */
	CHECK(sqlite3_exec(store->db, "PRAGMA max_page_count=100000", NULL, NULL, NULL) == 0);
	publish();
	close_store();
}
