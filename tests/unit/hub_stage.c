/* hub_stage.c: see hub_stage.h. */
#include "tests/unit/hub_stage.h"

#include <ev.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/hub/transfer_internal.h"
#include "daemon/loop/loop.h"
#include "feeds/base/error.h"
#include "feeds/base/mem.h"

int64_t now_ms = INT64_C(1700000000000);
struct stage stage;

int64_t test_clock(void)
{
	return now_ms;
}

static char *copy_text(const char *text)
{
	return mem_strdup(text ? text : "");
}

/* ---- the other side ---- */

static void run_result(struct message *message)
{
	struct transfer_result *result = (struct transfer_result *)message;

	if (!result->was_slow)
		stage.on_the_way--;
	hub_transferred(stage.hub, result);
}

void give_result(int at, enum transfer_outcome outcome, int status, bool was_slow)
{
	struct transfer_result *result = mem_alloc(sizeof(*result));

	result->message.run = run_result;
	result->batch = stage.sent[at].batch;
	result->sub_id = stage.sent[at].sub_id;
	result->outcome = outcome;
	result->was_slow = was_slow;
	result->on_behalf_of = strstr(stage.sent[at].url, "/many") ? 42 : 0;
	result->status = status;
	result->retry_after_ms = outcome == TRANSFER_FAILED || outcome == TRANSFER_LATER ?
		stage.retry_after_ms : -1;
	snprintf(result->why, sizeof(result->why), "status %d", status);
	loop_post(stage.loop, &result->message);
}

static void play(int at)
{
	const char *url = stage.sent[at].url;

	if (strstr(url, "/deaf") && (strstr(url, "hub.mode=denied") || stage.is_away)) {
		give_result(at, TRANSFER_FAILED, 0, false);
	} else if (strstr(url, "/hold") && stage.sent[at].expect[0] == '\0') {
		stage.held[stage.held_count++] = at;
	} else if (strstr(url, "/slow") && stage.sent[at].expect[0] == '\0') {
		stage.held[stage.held_count++] = at;
		give_result(at, TRANSFER_SLOW, 0, false);
	} else if (strstr(url, "/fail") && stage.sent[at].expect[0] == '\0') {
		give_result(at, TRANSFER_FAILED, 500, false);
	} else if (strstr(url, "/gone") && stage.sent[at].expect[0] == '\0') {
		give_result(at, TRANSFER_GONE, 410, false);
	} else if (strstr(url, "hub-down.example") && stage.is_away) {
		give_result(at, TRANSFER_FAILED, 503, false);
	} else if (strstr(url, "/crowd") && !stage.is_crowd_over) {
		give_result(at, TRANSFER_LATER, 0, false);
	} else if (strstr(url, "/refuse") && stage.sent[at].expect[0]) {
		give_result(at, TRANSFER_FAILED, 404, false);
	} else if (strstr(url, "/flaky") && stage.sent[at].expect[0]) {
		give_result(at, TRANSFER_FAILED, 0, false);
	} else {
		give_result(at, TRANSFER_OK, 200, false);
	}
}

static void send_request(void *context, struct transfer_request *request)
{
	CHECK(context == &stage);
	for (size_t i = 0; i < request->count; i++) {
		const struct transfer_item *item = &request->items[i];
		const struct transfer_body *body = request->body;
		int at = stage.count++;

		if (stage.count > stage.cap) {
			stage.cap = stage.count * 2;
			stage.sent = mem_resize(stage.sent, (size_t)stage.cap,
				sizeof(*stage.sent));
		}
		CHECK_INT(transfer_shard(item->host_key),
			transfer_shard(request->items[0].host_key));
		stage.sent[at] = (struct sent){
			.url = mem_strdup(item->url),
			.body = copy_text(body ? body->bytes : NULL),
			.type = copy_text(body ? body->type_line : NULL),
			.link = copy_text(body ? body->link_line : NULL),
			.secret = mem_strndup(item->secret ? item->secret : "",
				item->secret_len),
			.expect = copy_text(request->expect),
			.batch = request->batch,
			.sub_id = item->sub_id,
			.method = item->method,
			.is_trusted = request->is_trusted,
		};
		if (++stage.on_the_way > stage.most)
			stage.most = stage.on_the_way;
		play(at);
	}
	transfer_request_destroy(request);
}

static bool is_topic(void *context, const char *path)
{
	(void)context;
	if (stage.has_tag && strcmp(path, "/tag/t/feed.atom") == 0)
		return true;
	return strcmp(path, "/feed.atom") == 0 || strcmp(path, "/feed.rss") == 0 ||
		strcmp(path, "/p/county/feed.atom") == 0;
}

/* What a site would say: "SINCE..SEQ of TOPIC", in pieces of ten publications. */
static void changes(void *context, const char *topic, int64_t since,
	void (*done)(void *done_context, const struct store_doc *doc), void *done_context)
{
	struct store_doc doc = {.path = topic, .content_type = "t", .seq = stage.newest_seq};
	char body[64];

	CHECK(context == &stage);
	stage.changes_asked++;
	if (doc.seq > since + 10)
		doc.seq = since + 10;
	snprintf(body, sizeof(body), "%lld..%lld of %s", (long long)since, (long long)doc.seq,
		topic);
	doc.body = body;
	doc.len = strlen(body);
	done(done_context, stage.newest_seq ? &doc : NULL);
}

/* ---- the fixture ---- */

static void content(void *context, const char *topic, int64_t seq,
	void (*done)(void *done_context, const struct store_doc *doc), void *done_context)
{
	(void)context, (void)seq;
	if (stage.has_no_content)
		done(done_context, NULL);
	else
		store_doc_get(stage.store, topic, done, done_context);
}

/* What a partner desk would say: the token decides, and the secret must be long. */
static void judge(void *context, const struct hub_question *question,
	struct hub_verdict *verdict)
{
	const char *token = question->authorization ? question->authorization : question->query;

	CHECK(context == &stage);
	verdict->lease_most_s = 200000;
	verdict->refusal = !token || !strstr(token, "right") ? "This topic needs a token." :
			   !question->is_sha256		     ? "Only sha256." :
			   question->secret_len < 16	     ? "The secret is too short." :
			   strcmp(question->host_key, "http://s:80") ? "Not that host." :
							       NULL;
}

static void delivered(void *context, const struct hub_delivery *delivery)
{
	CHECK(context == &stage);
	stage.delivered++;
	stage.last = *delivery;
	CHECK_STR(delivery->topic, "/p/county/feed.atom");
	CHECK_STR(delivery->host_key, "http://s:80");
	stage.last.topic = stage.last.host_key = NULL;
}

static const struct hub_events events = {send_request, is_topic, content, changes, judge,
	delivered};

struct hub_policy usual_policy(void)
{
	return (struct hub_policy){
		.base_url = "http://news.example/",
		.hub_url = "http://news.example/hub",
		.lease_default_s = 864000,
		.lease_min_s = 86400,
		.lease_max_s = 2592000,
		.retry_first_ms = 10000,
		.retry_max_ms = HOUR,
		.retry_give_up_ms = DAY,
		.connect_ms = 5000,
		.soft_ms = 500,
		.total_ms = 10000,
		.chunk = 10,
		.in_flight = 40,
		.per_host = 8,
		.verify_host = {1000, 10},
	};
}

void start_hub_with(const struct hub_policy *policy)
{
	stage.hub = hub_create(stage.loop, stage.store, policy, &events, &stage);
	hub_set_clock(stage.hub, test_clock);
}

void start_hub(void)
{
	struct hub_policy policy = usual_policy();

	start_hub_with(&policy);
}

void settle(void)
{
	for (int i = 0; i < 60; i++) {
		ev_run(loop_ev(stage.loop), EVRUN_NOWAIT);
		store_flush(stage.store);
	}
}

void pass_time(int64_t ms)
{
	now_ms += ms;
	hub_wake(stage.hub);
	settle();
}

void stage_begin(void)
{
	struct error err;

	stage.retry_after_ms = -1;
	stage.loop = loop_create("main");
	CHECK(store_open(stage.loop, &(struct store_settings){.uri = "sqlite::memory:",
		.directory = ".", .clock = test_clock}, &stage.store, &err));
	start_hub();
	settle();
}

void forget_sent(void)
{
	for (int i = 0; i < stage.count; i++) {
		free(stage.sent[i].url);
		free(stage.sent[i].body);
		free(stage.sent[i].type);
		free(stage.sent[i].link);
		free(stage.sent[i].secret);
		free(stage.sent[i].expect);
	}
	stage.count = 0;
}

void stage_end(void)
{
	hub_destroy(stage.hub);
	store_close(stage.store);
	loop_destroy(stage.loop);
	forget_sent();
	free(stage.sent);
	free(stage.text);
}

static void on_answer(void *context, int status, const char *text, int retry_after_s)
{
	CHECK(context == &stage);
	stage.answers++;
	stage.status = status;
	stage.retry_after_s = retry_after_s;
	free(stage.text);
	stage.text = copy_text(text);
}

int post(const char *body)
{
	struct hub_call call = {
		.content_type = "application/x-www-form-urlencoded",
		.body = body,
		.len = strlen(body),
		.client = "127.0.0.1",
		.authorization = stage.authorization,
	};
	int before = stage.answers;

	hub_post(stage.hub, &call, on_answer, &stage);
	CHECK_INT(stage.answers, before);
	settle();
	CHECK_INT(stage.answers, before + 1);
	return stage.status;
}

int subscribe(const char *callback_and_more)
{
	char body[1024];

	snprintf(body, sizeof(body), SUBSCRIBE "%s", callback_and_more);
	return post(body);
}

static void on_published(void *context, enum store_status status, const int64_t *seqs,
	size_t count)
{
	(void)context;
	CHECK_INT(status, STORE_OK);
	CHECK_INT(count, 1);
	stage.newest_seq = seqs[0];
}

void publish_urgently(const char *path, const char *body, enum store_priority priority)
{
	const struct store_doc doc = {
		.path = path,
		.content_type = "application/atom+xml; charset=utf-8",
		.etag = body,
		.modified_s = now_ms / 1000,
		.is_topic = true,
		.priority = priority,
		.body = body,
		.len = strlen(body),
	};
	const struct store_publication publication = {.docs = &doc, .doc_count = 1};

	store_publish(stage.store, &publication, on_published, NULL);
	store_flush(stage.store);
	hub_wake(stage.hub);
}

void publish_at(const char *path, const char *body)
{
	publish_urgently(path, body, PRIORITY_REST);
}

void publish(const char *body)
{
	publish_at("/feed.atom", body);
}

int got(const char *callback, const char *body)
{
	int count = 0;

	for (int i = 0; i < stage.count; i++)
		count += strcmp(stage.sent[i].url, callback) == 0 && !stage.sent[i].expect[0] &&
			(!body || strcmp(stage.sent[i].body, body) == 0);
	return count;
}

static int64_t counted[4]; /* subscriptions, intents, jobs, tasks */

static void on_count(void *context, const struct store_counts *counts)
{
	(void)context;
	counted[0] = counts->subscriptions;
	counted[1] = counts->intents;
	counted[2] = counts->jobs;
	counted[3] = counts->tasks;
}

void check_counts(int subs, int intents, int jobs, int tasks)
{
	store_count(stage.store, on_count, NULL);
	settle();
	CHECK_INT(counted[0], subs);
	CHECK_INT(counted[1], intents);
	CHECK_INT(counted[2], jobs);
	CHECK_INT(counted[3], tasks);
}

void subscribe_many(int count, int hosts, const char *what)
{
	char callback[64];

	for (int i = 0; i < count; i++) {
		snprintf(callback, sizeof(callback), "http://h%d/%s%d", i % hosts, what, i);
		CHECK_INT(subscribe(callback), 202);
	}
	/* hosts with many need their time to be verified */
	for (int i = 0; i < 100; i++)
		pass_time(1000);
	forget_sent();
}
