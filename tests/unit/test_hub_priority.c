/*
 * test_hub_priority.c: what goes first. The hub on a store in memory, a simulated clock, and
 * workers that take what is handed to them in the order of the engine (transfer.c), a few at a
 * time: a kill that is published while a large fan-out is under way overtakes it.
 */
#include <ev.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/hub/hub.h"
#include "daemon/hub/hub_internal.h"
#include "daemon/loop/loop.h"
#include "daemon/store/store.h"
#include "feeds/base/error.h"
#include "feeds/base/mem.h"
#include "tests/unit/harness.h"

enum {
	IN_FLIGHT = 20,
	CHUNK = 25,
	STEP_MS = 10,              /* in which IN_FLIGHT deliveries are answered */
	MOST = 20000,
};

static int64_t now_ms = INT64_C(1700000000000);

static int64_t test_clock(void)
{
	return now_ms;
}

/* A delivery that a worker has and has not begun. */
struct waiting {
	struct hub_batch *batch;
	int64_t sub_id;
	enum store_priority priority;
	char topic[32];
};

static struct fixture {
	struct loop *loop;
	struct store *store;
	struct hub *hub;
	struct waiting waiting[MOST];
	int waiting_count;
	char arrived[MOST][32];    /* topics, in the order of arrival */
	int count;
	bool fails;
	int64_t intent;
} f;

static void run_result(struct message *message)
{
	hub_transferred(f.hub, (struct transfer_result *)message);
}

static void supersede(const struct waiting *item)
{
	struct transfer_result *result = mem_alloc(sizeof(*result));

	result->message.run = run_result;
	result->batch = item->batch;
	result->sub_id = item->sub_id;
	result->outcome = TRANSFER_SUPERSEDED;
	loop_post(f.loop, &result->message);
}

static void answer(const struct waiting *item)
{
	struct transfer_result *result = mem_alloc(sizeof(*result));

	result->message.run = run_result;
	result->batch = item->batch;
	result->sub_id = item->sub_id;
	result->outcome = f.fails ? TRANSFER_FAILED : TRANSFER_OK;
	result->status = f.fails ? 500 : 200;
	result->retry_after_ms = -1;
	memcpy(f.arrived[f.count++], item->topic, sizeof(f.arrived[0]));
	CHECK(f.count < MOST);
	loop_post(f.loop, &result->message);
}

static void take_out(int at)
{
	f.waiting_count--;
	memmove(&f.waiting[at], &f.waiting[at + 1],
		(size_t)(f.waiting_count - at) * sizeof(f.waiting[0]));
}

static void send_request(void *context, struct transfer_request *request)
{
	(void)context;
	for (size_t i = 0; i < request->count; i++) {
		struct waiting *item;

		for (int at = f.waiting_count - 1; at >= 0; at--) {
			if (f.waiting[at].sub_id != request->items[i].sub_id ||
				f.waiting[at].priority >= request->priority)
				continue;
			supersede(&f.waiting[at]);
			take_out(at);
		}
		item = &f.waiting[f.waiting_count++];

		*item = (struct waiting){request->batch, request->items[i].sub_id,
			request->priority, ""};
		snprintf(item->topic, sizeof(item->topic), "%s",
			((struct hub_batch *)request->batch)->topic);
		CHECK(f.waiting_count < MOST);
	}
	transfer_request_destroy(request);
}

/* The first of the highest priority is begun. */
static void begin_one(void)
{
	int best = 0;

	for (int i = 1; i < f.waiting_count; i++) {
		if (f.waiting[i].priority > f.waiting[best].priority)
			best = i;
	}
	answer(&f.waiting[best]);
	take_out(best);
}

static void settle(void)
{
	for (int i = 0; i < 30; i++) {
		ev_run(loop_ev(f.loop), EVRUN_NOWAIT);
		store_flush(f.store);
	}
}

static void step(void)
{
	now_ms += STEP_MS;
	for (int i = 0; i < IN_FLIGHT && f.waiting_count; i++)
		begin_one();
	hub_wake(f.hub);
	settle();
}

static bool is_topic(void *context, const char *path)
{
	(void)context, (void)path;
	return true;
}

static void content(void *context, const char *topic, int64_t seq,
	void (*done)(void *done_context, const struct store_doc *doc), void *done_context)
{
	(void)context, (void)seq;
	store_doc_get(f.store, topic, done, done_context);
}

static int64_t newest;

static void changes(void *context, const char *topic, int64_t since,
	void (*done)(void *done_context, const struct store_doc *doc), void *done_context)
{
	struct store_doc doc = {.path = topic, .content_type = "t", .seq = newest, .body = "x",
		.len = 1};

	(void)context, (void)since;
	done(done_context, &doc);
}

static const struct hub_events events = {.send = send_request, .is_topic = is_topic,
	.content = content, .changes = changes};

static void begin(void)
{
	const struct hub_policy policy = {
		.base_url = "http://news.example/",
		.hub_url = "http://news.example/hub",
		.lease_default_s = 864000, .lease_min_s = 86400, .lease_max_s = 2592000,
		.retry_first_ms = 10000, .retry_max_ms = 3600000, .retry_give_up_ms = 86400000,
		.connect_ms = 5000, .soft_ms = 500, .total_ms = 10000,
		.chunk = CHUNK, .in_flight = IN_FLIGHT, .per_host = 8,
	};
	struct error err;

	f.loop = loop_create("main");
	CHECK(store_open(f.loop, &(struct store_settings){.uri = "sqlite::memory:",
		.directory = ".", .clock = test_clock}, &f.store, &err));
	f.hub = hub_create(f.loop, f.store, &policy, &events, &f);
	hub_set_clock(f.hub, test_clock);
	settle();
}

static void end(void)
{
	hub_destroy(f.hub);
	store_close(f.store);
	loop_destroy(f.loop);
}

static void on_intent(void *context, enum store_status status, int64_t id)
{
	(void)context;
	CHECK_INT(status, STORE_OK);
	f.intent = id;
}

static void on_confirmed(void *context, enum store_status status)
{
	(void)context;
	CHECK_INT(status, STORE_OK);
}

static void subscribe(const char *topic, int count, bool wants_changes)
{
	for (int i = 0; i < count; i++) {
		char callback[64], host[32];

		snprintf(host, sizeof(host), "http://h%d:80", i % 50);
		snprintf(callback, sizeof(callback), "%s/%d%s", host, i, topic);
		sub_request(f.store, &(struct store_intent){.topic = topic,
			.topic_asked = topic, .callback = callback, .host_key = host,
			.lease_s = 864000, .wants_changes = wants_changes}, on_intent, NULL);
		store_flush(f.store);
		sub_confirm(f.store, f.intent, on_confirmed, NULL);
	}
	store_flush(f.store);
	settle();
}

static void on_published(void *context, enum store_status status, const int64_t *seqs,
	size_t count)
{
	(void)context;
	CHECK_INT(status, STORE_OK);
	CHECK_INT(count, 1);
	newest = seqs[0];
}

static void publish(const char *topic, enum store_priority priority)
{
	const struct store_doc doc = {.path = topic, .content_type = "t", .etag = topic,
		.is_topic = true, .priority = priority, .body = "x", .len = 1};

	store_publish(f.store, &(struct store_publication){.docs = &doc, .doc_count = 1},
		on_published, NULL);
	store_flush(f.store);
	hub_wake(f.hub);
}

static int count_arrived(const char *topic, int from, int until)
{
	int count = 0;

	for (int i = from; i < until; i++)
		count += strcmp(f.arrived[i], topic) == 0;
	return count;
}

/* Steps until all COUNT of TOPIC have arrived since FROM; where the last of them stands. */
static int run_until(const char *topic, int count, int from)
{
	for (int i = 0; i < 2000; i++) {
		if (count_arrived(topic, from, f.count) >= count)
			break;
		step();
	}
	CHECK_INT(count_arrived(topic, from, f.count), count);
	for (int i = f.count - 1; i >= from; i--) {
		if (strcmp(f.arrived[i], topic) == 0)
			return i;
	}
	return -1;
}

/* In the middle of a fan-out to 2,000 comes a publication to 100 others: how many of the
 * first arrive before the last of the second. */
static int overtaken_by(enum store_priority priority, bool wants_changes)
{
	int from, last;

	begin();
	subscribe("/feed.atom", 2000, false);
	subscribe("/c/n/feed.atom", 100, wants_changes);
	publish("/feed.atom", PRIORITY_REST);
	settle();
	while (f.count < 500)
		step();
	from = f.count;
	publish("/c/n/feed.atom", priority);
	settle();
	last = run_until("/c/n/feed.atom", 100, from);
	from = count_arrived("/feed.atom", from, last);
	/* and nothing is lost by it */
	run_until("/feed.atom", 2000, 0);
	CHECK_INT(count_arrived("/c/n/feed.atom", 0, f.count), 100);
	end();
	memset(&f, 0, sizeof(f));
	return from;
}

TEST(a_kill_overtakes_a_fan_out_that_is_under_way)
{
	int kill = overtaken_by(PRIORITY_KILL, false);
	int correction = overtaken_by(PRIORITY_CORRECTION, false);
	int urgent = overtaken_by(PRIORITY_URGENT, false);
	int rest = overtaken_by(PRIORITY_REST, false);

	/* what is begun is begun: one step's worth, and a step while its pages are read */
	CHECK(kill <= 2 * IN_FLIGHT);
	CHECK(correction <= 2 * IN_FLIGHT);
	/* an urgent one gets no room beyond the usual, only the first of what comes free */
	CHECK(urgent <= 8 * IN_FLIGHT);
	CHECK(rest > 150);
	CHECK(rest > kill + 100);
}

TEST(a_kill_overtakes_for_those_who_want_only_changes)
{
	int kill = overtaken_by(PRIORITY_KILL, true);
	int rest = overtaken_by(PRIORITY_REST, true);

	CHECK(kill <= 4 * IN_FLIGHT);
	CHECK(rest > kill);
}

/* Published in the wrong order while everything is busy. */
TEST(a_kill_before_a_correction_before_what_is_urgent)
{
	static const char *const topics[] = {"/0", "/1", "/2", "/3"};
	int last[4], from;

	begin();
	for (int i = 0; i < 4; i++)
		subscribe(topics[i], 100, false);
	subscribe("/feed.atom", 1000, false);
	publish("/feed.atom", PRIORITY_REST);
	settle();
	step();
	from = f.count;
	for (int i = 0; i < 4; i++)
		publish(topics[i], (enum store_priority)i);
	settle();
	for (int i = 3; i >= 0; i--)
		last[i] = run_until(topics[i], 100, from);
	CHECK(last[3] < last[2]);
	CHECK(last[2] < last[1]);
	CHECK(last[1] < last[0]);
	end();
}

/* What failed and is due again has its order too, though it is older. */
TEST(retries_of_a_kill_come_before_those_of_the_rest)
{
	int from, last;

	begin();
	subscribe("/feed.atom", 400, false);
	subscribe("/c/n/feed.atom", 50, false);
	f.fails = true;
	publish("/feed.atom", PRIORITY_REST);
	run_until("/feed.atom", 400, 0);
	publish("/c/n/feed.atom", PRIORITY_KILL);
	run_until("/c/n/feed.atom", 50, 0);
	f.fails = false;
	now_ms += 60 * 1000;
	hub_wake(f.hub);
	from = f.count;
	settle();
	last = run_until("/c/n/feed.atom", 50, from);
	/* a chunk at a time is claimed, beginning with the kill's */
	CHECK(count_arrived("/feed.atom", from, last) <= 2 * CHUNK);
	run_until("/feed.atom", 400, from);
	end();
}

/* A publication of the same topic raises what is open of it, and nobody loses by it. */
TEST(an_open_job_and_its_tasks_become_urgent)
{
	int from, last;

	begin();
	subscribe("/a", 1000, false);
	subscribe("/b", 100, false);
	publish("/a", PRIORITY_REST);
	settle();
	step();
	publish("/b", PRIORITY_REST);
	settle();
	from = f.count;
	publish("/b", PRIORITY_KILL);
	settle();
	last = run_until("/b", 100, from);
	CHECK(count_arrived("/a", from, last) <= 4 * IN_FLIGHT);
	run_until("/a", 1000, 0);
	/* what was handed out before the kill was not sent behind it */
	CHECK_INT(count_arrived("/b", from, f.count), 100);
	end();
}
