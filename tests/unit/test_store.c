/* test_store.c: the store's promises, on SQLite with a clock of our own. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/loop/loop.h"
#include "daemon/store/store.h"
#include "feeds/base/error.h"
#include "tests/unit/harness.h"
#include "tests/unit/store_engines.h"

static int64_t now_ms = 1000000;

static int64_t test_clock(void)
{
	return now_ms;
}

/* What the last completions said. */
static struct {
	enum store_status status;
	int64_t id, seq;
	size_t count;
	struct store_job job;
	char topic[64];
	int64_t subs[64];
	struct store_cursor cursors[64];
	bool at_end, more;
	char secret[8];
	int tries, attempts;
	int64_t intent_ms, task_ms;
} said;

static struct loop *loop;

static struct store *open_store(const char *uri)
{
	struct store *store;
	struct error err;

	loop = loop_create("test");
	if (!store_open(loop, &(struct store_settings){.uri = engine_uri(uri), .directory = "state",
		    .clock = test_clock}, &store, &err))
		harness_fail(__FILE__, __LINE__, "%s", err.text);
	return store;
}

static void close_store(struct store *store)
{
	store_close(store);
	loop_destroy(loop);
}

static void on_published(void *context, enum store_status status, const int64_t *seqs,
	size_t count)
{
	(void)context;
	said.status = status;
	said.seq = count ? seqs[0] : 0;
}

static void publish(struct store *store, const char *path, const char *body)
{
	struct store_doc doc = {.path = path, .content_type = "t", .etag = "W/\"x\"",
		.is_topic = true, .body = body, .len = strlen(body)};

	store_publish(store, &(struct store_publication){.docs = &doc, .doc_count = 1},
		on_published, NULL);
	store_flush(store);
	CHECK_INT(said.status, STORE_OK);
}

static void on_requested(void *context, enum store_status status, int64_t id)
{
	(void)context;
	said.status = status;
	said.id = id;
}

static void on_confirmed(void *context, enum store_status status)
{
	(void)context;
	said.status = status;
}

static int64_t request(struct store *store, enum sub_mode mode, const char *callback,
	const char *secret)
{
	sub_request(store, &(struct store_intent){.mode = mode, .topic = "/feed.atom",
		.topic_asked = "http://x/feed.atom", .callback = callback,
		.host_key = "http://h:80", .lease_s = 100, .secret = secret,
		.secret_len = secret ? strlen(secret) : 0}, on_requested, NULL);
	store_flush(store);
	CHECK_INT(said.status, STORE_OK);
	return said.id;
}

static void subscribe(struct store *store, const char *callback, const char *secret)
{
	sub_confirm(store, request(store, SUB_SUBSCRIBE, callback, secret), on_confirmed, NULL);
	store_flush(store);
	CHECK_INT(said.status, STORE_OK);
}

static void on_subs(void *context, const struct store_sub *rows, size_t count)
{
	size_t *total = context;

	for (size_t i = 0; i < count; i++) {
		said.subs[*total + i] = rows[i].id;
		snprintf(said.secret, sizeof(said.secret), "%.*s", (int)rows[i].secret_len,
			rows[i].secret ? (const char *)rows[i].secret : "");
		said.attempts = rows[i].attempts;
	}
	*total += count;
}

static size_t count_subs(struct store *store)
{
	size_t total = 0;

	sub_list(store, NULL, on_subs, &total);
	store_flush(store);
	return total;
}

static void on_intents(void *context, const struct store_intent *rows, size_t count)
{
	(void)context;
	said.count = count;
	said.id = count ? rows[0].id : 0;
	said.tries = count ? rows[0].tries : 0;
}

static size_t claim_intents(struct store *store)
{
	intent_claim(store, 10, 5000, on_intents, NULL);
	store_flush(store);
	return said.count;
}

STORE_TEST(nothing_is_said_inside_the_call)
{
	struct store *store = open_store("sqlite::memory:");
	struct store_intent intent = {.topic = "/f", .callback = "c", .host_key = "h"};

	said.id = -1;
	sub_request(store, &intent, on_requested, NULL);
	CHECK_INT(said.id, -1);
	store_flush(store);
	CHECK(said.id > 0);
	close_store(store);
}

STORE_TEST(an_intent_is_hidden_while_it_is_verified_and_comes_again)
{
	struct store *store = open_store("sqlite::memory:");
	int64_t id = request(store, SUB_SUBSCRIBE, "http://h/a", NULL);

	CHECK_INT(claim_intents(store), 1);
	CHECK_INT(said.tries, 1);
	CHECK_INT(claim_intents(store), 0);
	now_ms += 5001; /* the verifier died */
	CHECK_INT(claim_intents(store), 1);
	CHECK_INT(said.tries, 2);
	intent_fail(store, id, 60000);
	CHECK_INT(claim_intents(store), 0);
	now_ms += 60001;
	CHECK_INT(claim_intents(store), 1);
	intent_fail(store, id, -1);
	now_ms += 600000;
	CHECK_INT(claim_intents(store), 0);
	CHECK_INT(count_subs(store), 0);
	close_store(store);
}

STORE_TEST(a_renewal_keeps_the_id_and_a_failed_one_keeps_everything)
{
	struct store *store = open_store("sqlite::memory:");
	int64_t id;

	subscribe(store, "http://h/a", "old");
	CHECK_INT(count_subs(store), 1);
	id = said.subs[0];
	intent_fail(store, request(store, SUB_SUBSCRIBE, "http://h/a", "evil"), -1);
	CHECK_INT(count_subs(store), 1);
	CHECK_STR(said.secret, "old");
	subscribe(store, "http://h/a", "new");
	CHECK_INT(count_subs(store), 1);
	CHECK_INT(said.subs[0], id);
	CHECK_STR(said.secret, "new");
	subscribe(store, "http://h/a", NULL);
	count_subs(store);
	CHECK_STR(said.secret, "");
	close_store(store);
}

STORE_TEST(the_last_request_wins_and_an_older_one_cannot_confirm)
{
	struct store *store = open_store("sqlite::memory:");
	int64_t first = request(store, SUB_SUBSCRIBE, "http://h/a", "1");
	int64_t second = request(store, SUB_SUBSCRIBE, "http://h/a", "2");

	CHECK(first != second);
	sub_confirm(store, first, on_confirmed, NULL);
	store_flush(store);
	CHECK_INT(said.status, STORE_LOST);
	CHECK_INT(count_subs(store), 0);
	close_store(store);
}

STORE_TEST(unsubscribe_and_the_end_of_a_lease_remove)
{
	struct store *store = open_store("sqlite::memory:");

	subscribe(store, "http://h/a", NULL);
	subscribe(store, "http://h/b", NULL);
	sub_confirm(store, request(store, SUB_UNSUBSCRIBE, "http://h/a", NULL), on_confirmed,
		NULL);
	CHECK_INT(count_subs(store), 1);
	now_ms += 100001;
	CHECK_INT(count_subs(store), 0);
	close_store(store);
}

static void on_jobs(void *context, const struct store_job *jobs, size_t count)
{
	(void)context;
	said.count = count;
	if (!count)
		return;
	said.job = jobs[0];
	snprintf(said.topic, sizeof(said.topic), "%s", jobs[0].topic);
	said.job.topic = said.topic;
}

static size_t claim_jobs(struct store *store)
{
	job_claim(store, 10, 8000, on_jobs, NULL);
	store_flush(store);
	return said.count;
}

static void on_page(void *context, enum store_status status, const struct store_job *now,
	const struct store_sub *rows, const struct store_cursor *cursors, size_t count,
	bool at_end)
{
	(void)context;
	said.status = status;
	said.seq = now ? now->seq : 0;
	said.count = count;
	said.at_end = at_end;
	for (size_t i = 0; i < count; i++) {
		said.subs[i] = rows[i].id;
		said.cursors[i] = cursors[i];
	}
}

static size_t page(struct store *store, struct store_cursor after, size_t max)
{
	job_page(store, &said.job, after, max, on_page, NULL);
	store_flush(store);
	return said.count;
}

static void on_step(void *context, enum store_status status, bool more)
{
	(void)context;
	said.status = status;
	said.more = more;
}

static void step(struct store *store, struct store_cursor cursor, bool is_last)
{
	job_step(store, &(struct store_step){.job = said.job, .cursor = cursor,
		.lease_ms = 8000, .is_last = is_last}, on_step, NULL);
	store_flush(store);
}

static void subscribe_many(struct store *store, int count)
{
	char callback[64];

	for (int i = 0; i < count; i++) {
		snprintf(callback, sizeof(callback), "http://h/%d", i);
		subscribe(store, callback, NULL);
	}
}

STORE_TEST(a_job_is_one_owner_s_until_its_lease_ends)
{
	struct store *store = open_store("sqlite::memory:");
	struct store_job first;

	publish(store, "/feed.atom", "nobody listens");
	CHECK_INT(claim_jobs(store), 0);
	subscribe_many(store, 3);
	publish(store, "/feed.atom", "1");
	CHECK_INT(claim_jobs(store), 1);
	first = said.job;
	CHECK_INT(claim_jobs(store), 0);
	now_ms += 8001; /* the owner died */
	CHECK_INT(claim_jobs(store), 1);
	CHECK(said.job.epoch > first.epoch);
	job_step(store, &(struct store_step){.job = first, .is_last = true}, on_step, NULL);
	store_flush(store);
	CHECK_INT(said.status, STORE_LOST);
	CHECK_INT(page(store, (struct store_cursor){0}, 10), 3);
	CHECK(said.at_end);
	step(store, said.cursors[2], true);
	CHECK_INT(said.status, STORE_OK);
	CHECK(!said.more);
	now_ms += 8001;
	CHECK_INT(claim_jobs(store), 0);
	close_store(store);
}

/* Everyone gets the newest content; only what was out with the old content gets both. */
STORE_TEST(a_publication_during_a_job_goes_round)
{
	struct store *store = open_store("sqlite::memory:");
	int got_old[10] = {0}, got_new[10] = {0};
	struct store_cursor cursor = {0};
	int64_t old_seq;

	subscribe_many(store, 9);
	publish(store, "/feed.atom", "old");
	claim_jobs(store);
	CHECK_INT(page(store, cursor, 4), 4);
	old_seq = said.seq;
	for (int i = 0; i < 4; i++)
		got_old[said.subs[i]]++;
	cursor = said.cursors[3];
	publish(store, "/feed.atom", "new");
	step(store, cursor, false);
	CHECK(said.more);
	said.more = true;
	for (int lap = 0; said.more; lap++) {
		CHECK(lap < 3);
		page(store, cursor, 64);
		CHECK(said.seq > old_seq);
		for (size_t i = 0; i < said.count; i++)
			got_new[said.subs[i]]++;
		CHECK(said.at_end);
		step(store, cursor, true);
		cursor = (struct store_cursor){0};
	}
	for (int i = 1; i <= 9; i++) {
		CHECK_INT(got_old[i], i <= 4);
		CHECK_INT(got_new[i], 1);
	}
	close_store(store);
}

static size_t claim_tasks(struct store *store)
{
	size_t total = 0;

	task_claim(store, 10, 5000, on_subs, &total);
	store_flush(store);
	return total;
}

STORE_TEST(a_failure_becomes_one_task_that_brings_the_newest)
{
	struct store *store = open_store("sqlite::memory:");
	struct store_failure failure = {.delay_ms = 1000, .why = "503"};
	int64_t sub;

	subscribe_many(store, 2);
	publish(store, "/feed.atom", "1");
	claim_jobs(store);
	page(store, (struct store_cursor){0}, 10);
	sub = failure.sub_id = said.subs[0];
	failure.seq = said.seq;
	job_step(store, &(struct store_step){.job = said.job, .cursor = said.cursors[1],
		.failures = &failure, .failure_count = 1, .is_last = true}, on_step, NULL);
	store_flush(store);
	CHECK_INT(claim_tasks(store), 0);
	now_ms += 1001;
	CHECK_INT(claim_tasks(store), 1);
	CHECK_INT(said.attempts, 1);
	CHECK_INT(claim_tasks(store), 0);
	/* newer content: the page leaves the one with a task out */
	publish(store, "/feed.atom", "2");
	claim_jobs(store);
	CHECK_INT(page(store, (struct store_cursor){0}, 10), 1);
	/* what arrived was the older content, so the task stays, due at once */
	task_done(store, sub, failure.seq);
	CHECK_INT(claim_tasks(store), 1);
	task_retry(store, sub, 500, "500");
	now_ms += 501;
	CHECK_INT(claim_tasks(store), 1);
	CHECK_INT(said.attempts, 2);
	task_done(store, sub, said.seq);
	now_ms += 60000;
	CHECK_INT(claim_tasks(store), 0);
	CHECK_INT(count_subs(store), 2);
	close_store(store);
}

TEST(a_full_disk_says_busy_and_the_store_goes_on)
{
	struct store *store = open_store("sqlite:small.db");
	static char large[1 << 20];
	struct store_doc doc = {.path = "/feed.atom", .etag = "e", .body = large,
		.len = sizeof(large)};
	struct rlimit limit = {1 << 19, RLIM_INFINITY};

	subscribe(store, "http://h/a", NULL);
	signal(SIGXFSZ, SIG_IGN);
	CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
	store_publish(store, &(struct store_publication){.docs = &doc, .doc_count = 1},
		on_published, NULL);
	store_flush(store);
	CHECK_INT(said.status, STORE_BUSY);
	CHECK_INT(count_subs(store), 1);
	limit.rlim_cur = RLIM_INFINITY;
	CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
	publish(store, "/feed.atom", "there is room again");
	close_store(store);
}

/* What was acknowledged is there after a kill at any moment. */
STORE_TEST(an_acknowledged_request_survives_kill_9)
{
	struct store *store;
	int64_t last = 0, id;
	int pipes[2], status;
	pid_t child;

	CHECK(pipe(pipes) == 0);
	engine_uri("sqlite:kill.db"); /* for both processes */
	child = fork();
	if (child == 0) {
		char callback[32];

		store = open_store("sqlite:kill.db");
		for (int i = 0;; i++) {
			snprintf(callback, sizeof(callback), "http://h/%d", i);
			id = request(store, SUB_SUBSCRIBE, callback, NULL);
			if (write(pipes[1], &id, sizeof(id)) < 0)
				_exit(1);
		}
	}
	close(pipes[1]);
	for (int i = 0; i < 100; i++)
		CHECK_INT(read(pipes[0], &last, sizeof(last)), (ssize_t)sizeof(last));
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	while (read(pipes[0], &id, sizeof(id)) == (ssize_t)sizeof(id))
		last = id;
	store = open_store("sqlite:kill.db");
	size_t claimed = 0;
	do {
		claim_intents(store);
		claimed += said.count;
	} while (said.count);
	CHECK(claimed >= (size_t)last);
	close_store(store);
}

static void on_article(void *context, const struct store_article *row)
{
	(void)context;
	said.count = row != NULL;
	if (row)
		snprintf(said.topic, sizeof(said.topic), "%s %s %.*s", row->path, row->id,
			(int)row->flat_len, (const char *)row->flat);
}

STORE_TEST(an_article_keeps_its_text_and_moves)
{
	struct store *store = open_store("sqlite::memory:");
	struct store_article row = {.path = "a.md", .id = "i", .slug = "s", .flat = "text",
		.flat_len = 4};
	const char *from = "a.md";

	store_publish(store, &(struct store_publication){.articles = &row, .article_count = 1},
		on_published, NULL);
	row.flat = NULL; /* unchanged */
	row.path = "b.md";
	store_publish(store, &(struct store_publication){.articles = &row, .article_count = 1,
		.renamed_from = &from}, on_published, NULL);
	store_article_get(store, "b.md", on_article, NULL);
	store_flush(store);
	CHECK_STR(said.topic, "b.md i text");
	store_article_get(store, "a.md", on_article, NULL);
	store_flush(store);
	CHECK_INT(said.count, 0);
	close_store(store);
}
