/*
 * test_hub.c: the hub on a store in memory, with a simulated clock and a `send` that
 * plays the subscribers: the path of a callback says how it behaves.
 */
#include <ev.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/hub/hub.h"
#include "daemon/hub/hub_internal.h"
#include "daemon/hub/transfer_internal.h"
#include "daemon/loop/loop.h"
#include "daemon/store/store.h"
#include "feeds/base/buf.h"
#include "feeds/base/error.h"
#include "feeds/base/mem.h"
#include "tests/unit/harness.h"

enum { MINUTE = 60 * 1000, HOUR = 60 * MINUTE, DAY = 24 * HOUR };

static int64_t now_ms = INT64_C(1700000000000);

static int64_t test_clock(void)
{
	return now_ms;
}

/* One transfer that the hub asked for. */
struct sent {
	char *url, *body, *type, *link, *secret, *expect; /* own */
	struct hub_batch *batch;
	int64_t sub_id;
	enum sign_method method;
	bool is_trusted;
};

static struct fixture {
	struct loop *loop;
	struct store *store;
	struct hub *hub;
	struct sent *sent;         /* owns */
	int count, cap;
	int on_the_way, most;
	int held[4096], held_count; /* those not answered yet, or slow */
	int answers, status, retry_after_s;
	char *text;                /* owns; of the last answer */
	bool is_idle, is_crowd_over, is_away, has_tag;
	int64_t retry_after_ms;    /* given with each failure */
	int64_t newest_seq;        /* of the last publication */
	int changes_asked;
	const char *authorization; /* of the next POST */
	int delivered;             /* of private topics */
	struct hub_delivery last;
} f;

static char *copy_text(const char *text)
{
	return mem_strdup(text ? text : "");
}

/* ---- the other side ---- */

static void run_result(struct message *message)
{
	struct transfer_result *result = (struct transfer_result *)message;

	if (!result->was_slow)
		f.on_the_way--;
	hub_transferred(f.hub, result);
}

static void give(int at, enum transfer_outcome outcome, int status, bool was_slow)
{
	struct transfer_result *result = mem_alloc(sizeof(*result));

	result->message.run = run_result;
	result->batch = f.sent[at].batch;
	result->sub_id = f.sent[at].sub_id;
	result->outcome = outcome;
	result->was_slow = was_slow;
	result->on_behalf_of = strstr(f.sent[at].url, "/many") ? 42 : 0;
	result->status = status;
	result->retry_after_ms = outcome == TRANSFER_FAILED || outcome == TRANSFER_LATER ?
		f.retry_after_ms : -1;
	snprintf(result->why, sizeof(result->why), "status %d", status);
	loop_post(f.loop, &result->message);
}

static void play(int at)
{
	const char *url = f.sent[at].url;

	if (strstr(url, "/deaf") && (strstr(url, "hub.mode=denied") || f.is_away)) {
		give(at, TRANSFER_FAILED, 0, false);
	} else if (strstr(url, "/hold") && f.sent[at].expect[0] == '\0') {
		f.held[f.held_count++] = at;
	} else if (strstr(url, "/slow") && f.sent[at].expect[0] == '\0') {
		f.held[f.held_count++] = at;
		give(at, TRANSFER_SLOW, 0, false);
	} else if (strstr(url, "/fail") && f.sent[at].expect[0] == '\0') {
		give(at, TRANSFER_FAILED, 500, false);
	} else if (strstr(url, "/gone") && f.sent[at].expect[0] == '\0') {
		give(at, TRANSFER_GONE, 410, false);
	} else if (strstr(url, "hub-down.example") && f.is_away) {
		give(at, TRANSFER_FAILED, 503, false);
	} else if (strstr(url, "/crowd") && !f.is_crowd_over) {
		give(at, TRANSFER_LATER, 0, false);
	} else if (strstr(url, "/refuse") && f.sent[at].expect[0]) {
		give(at, TRANSFER_FAILED, 404, false);
	} else if (strstr(url, "/flaky") && f.sent[at].expect[0]) {
		give(at, TRANSFER_FAILED, 0, false);
	} else {
		give(at, TRANSFER_OK, 200, false);
	}
}

static void send_request(void *context, struct transfer_request *request)
{
	CHECK(context == &f);
	for (size_t i = 0; i < request->count; i++) {
		const struct transfer_item *item = &request->items[i];
		const struct transfer_body *body = request->body;
		int at = f.count++;

		if (f.count > f.cap) {
			f.cap = f.count * 2;
			f.sent = mem_resize(f.sent, (size_t)f.cap, sizeof(*f.sent));
		}
		CHECK_INT(transfer_shard(item->host_key),
			transfer_shard(request->items[0].host_key));
		f.sent[at] = (struct sent){
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
		if (++f.on_the_way > f.most)
			f.most = f.on_the_way;
		play(at);
	}
	transfer_request_destroy(request);
}

static bool is_topic(void *context, const char *path)
{
	(void)context;
	if (f.has_tag && strcmp(path, "/tag/t/feed.atom") == 0)
		return true;
	return strcmp(path, "/feed.atom") == 0 || strcmp(path, "/feed.rss") == 0 ||
		strcmp(path, "/p/county/feed.atom") == 0;
}

/* What a site would say: "SINCE..SEQ of TOPIC", in pieces of ten publications. */
static void changes(void *context, const char *topic, int64_t since,
	void (*done)(void *done_context, const struct store_doc *doc), void *done_context)
{
	struct store_doc doc = {.path = topic, .content_type = "t", .seq = f.newest_seq};
	char body[64];

	CHECK(context == &f);
	f.changes_asked++;
	if (doc.seq > since + 10)
		doc.seq = since + 10;
	snprintf(body, sizeof(body), "%lld..%lld of %s", (long long)since, (long long)doc.seq,
		topic);
	doc.body = body;
	doc.len = strlen(body);
	done(done_context, f.newest_seq ? &doc : NULL);
}

/* ---- the fixture ---- */

static void content(void *context, const char *topic, int64_t seq,
	void (*done)(void *done_context, const struct store_doc *doc), void *done_context)
{
	(void)context, (void)seq;
	store_doc_get(f.store, topic, done, done_context);
}

/* What a partner desk would say: the token decides, and the secret must be long. */
static void judge(void *context, const struct hub_question *question,
	struct hub_verdict *verdict)
{
	const char *token = question->authorization ? question->authorization : question->query;

	CHECK(context == &f);
	verdict->lease_most_s = 200000;
	verdict->refusal = !token || !strstr(token, "right") ? "This topic needs a token." :
			   !question->is_sha256		     ? "Only sha256." :
			   question->secret_len < 16	     ? "The secret is too short." :
			   strcmp(question->host_key, "http://s:80") ? "Not that host." :
							       NULL;
}

static void delivered(void *context, const struct hub_delivery *delivery)
{
	CHECK(context == &f);
	f.delivered++;
	f.last = *delivery;
	CHECK_STR(delivery->topic, "/p/county/feed.atom");
	CHECK_STR(delivery->host_key, "http://s:80");
	f.last.topic = f.last.host_key = NULL;
}

static const struct hub_events events = {send_request, is_topic, content, changes, judge,
	delivered};

static struct hub_policy usual_policy(void)
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

static void start_hub(void)
{
	struct hub_policy policy = usual_policy();

	f.hub = hub_create(f.loop, f.store, &policy, &events, &f);
	hub_set_clock(f.hub, test_clock);
}

/* Lets everything happen that needs no time. */
static void settle(void)
{
	for (int i = 0; i < 60; i++) {
		ev_run(loop_ev(f.loop), EVRUN_NOWAIT);
		store_flush(f.store);
	}
}

static void pass(int64_t ms)
{
	now_ms += ms;
	hub_wake(f.hub);
	settle();
}

static void begin(void)
{
	struct error err;

	f.retry_after_ms = -1;
	f.loop = loop_create("main");
	CHECK(store_open(f.loop, &(struct store_settings){.uri = "sqlite::memory:",
		.directory = ".", .clock = test_clock}, &f.store, &err));
	start_hub();
	settle();
}

static void forget_sent(void)
{
	for (int i = 0; i < f.count; i++) {
		free(f.sent[i].url);
		free(f.sent[i].body);
		free(f.sent[i].type);
		free(f.sent[i].link);
		free(f.sent[i].secret);
		free(f.sent[i].expect);
	}
	f.count = 0;
}

static void end(void)
{
	hub_destroy(f.hub);
	store_close(f.store);
	loop_destroy(f.loop);
	forget_sent();
	free(f.sent);
	free(f.text);
}

static void on_answer(void *context, int status, const char *text, int retry_after_s)
{
	CHECK(context == &f);
	f.answers++;
	f.status = status;
	f.retry_after_s = retry_after_s;
	free(f.text);
	f.text = copy_text(text);
}

static int post(const char *body)
{
	struct hub_call call = {
		.content_type = "application/x-www-form-urlencoded",
		.body = body,
		.len = strlen(body),
		.client = "127.0.0.1",
		.authorization = f.authorization,
	};
	int before = f.answers;

	hub_post(f.hub, &call, on_answer, &f);
	CHECK_INT(f.answers, before);
	settle();
	CHECK_INT(f.answers, before + 1);
	return f.status;
}

#define SUBSCRIBE "hub.mode=subscribe&hub.topic=http://news.example/feed.atom&hub.callback="

static int subscribe(const char *callback_and_more)
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
	f.newest_seq = seqs[0];
}

static void publish_at(const char *path, const char *body)
{
	const struct store_doc doc = {
		.path = path,
		.content_type = "application/atom+xml; charset=utf-8",
		.etag = body,
		.modified_s = now_ms / 1000,
		.is_topic = true,
		.body = body,
		.len = strlen(body),
	};
	const struct store_publication publication = {.docs = &doc, .doc_count = 1};

	store_publish(f.store, &publication, on_published, NULL);
	store_flush(f.store);
	hub_wake(f.hub);
}

static void publish(const char *body)
{
	publish_at("/feed.atom", body);
}

/* How often CALLBACK got BODY (NULL = anything) since forget_sent. */
static int got(const char *callback, const char *body)
{
	int count = 0;

	for (int i = 0; i < f.count; i++)
		count += strcmp(f.sent[i].url, callback) == 0 && !f.sent[i].expect[0] &&
			(!body || strcmp(f.sent[i].body, body) == 0);
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

static void check_counts(int subs, int intents, int jobs, int tasks)
{
	store_count(f.store, on_count, NULL);
	settle();
	CHECK_INT(counted[0], subs);
	CHECK_INT(counted[1], intents);
	CHECK_INT(counted[2], jobs);
	CHECK_INT(counted[3], tasks);
}

/* ---- subscribing ---- */

TEST(subscribe_verify_deliver)
{
	struct hub_counts counts;

	begin();
	publish("<old/>");
	settle();
	CHECK_INT(subscribe("http://s.example/ok?a=%2526b&hub.secret=s3&hub.verify_token=t+1&"
		"hub.lease_seconds=60"), 202);
	CHECK_INT(f.count, 1);
	CHECK(strncmp(f.sent[0].url, "http://s.example/ok?a=%26b&hub.mode=subscribe&hub.topic="
		"http%3A%2F%2Fnews.example%2Ffeed.atom&hub.challenge=", 107) == 0);
	CHECK(strstr(f.sent[0].url, "&hub.lease_seconds=86400&hub.verify_token=t%201"));
	CHECK_INT(strlen(f.sent[0].expect), 43);
	CHECK_INT(strspn(f.sent[0].expect, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		"0123456789-_"), 43);
	CHECK(strstr(f.sent[0].url, f.sent[0].expect));
	check_counts(1, 0, 0, 0);
	forget_sent();
	publish("<new/>");
	settle();
	CHECK_INT(f.count, 1);
	CHECK_STR(f.sent[0].url, "http://s.example/ok?a=%26b");
	CHECK_STR(f.sent[0].body, "<new/>");
	CHECK_STR(f.sent[0].type, "Content-Type: application/atom+xml; charset=utf-8");
	CHECK_STR(f.sent[0].link, "Link: <http://news.example/hub>; rel=\"hub\", "
		"<http://news.example/feed.atom>; rel=\"self\"");
	CHECK_STR(f.sent[0].secret, "s3");
	check_counts(1, 0, 0, 0);
	hub_get_counts(f.hub, &counts);
	CHECK_INT(counts.delivered, 1);
	CHECK_INT(counts.verified, 1);
	CHECK_INT(counts.in_flight, 0);
	end();
}

TEST(challenges_differ)
{
	begin();
	subscribe("http://s.example/1");
	subscribe("http://s.example/2");
	CHECK_INT(f.count, 2);
	CHECK(strcmp(f.sent[0].expect, f.sent[1].expect) != 0);
	end();
}

TEST(requests_that_are_refused)
{
	static const struct {
		const char *body;
		int status;
		const char *word;
	} cases[] = {
		{"", 400, "hub.mode"},
		{"hub.mode=subscribe&hub.topic=http://news.example/nope"
		 "&hub.callback=http://s/", 404,
			"You may only subscribe to URL http://news.example/feed.atom\n"},
		{"hub.mode=subscribe&hub.topic=http://other/feed.atom&hub.callback=http://s/", 404,
			"You may only subscribe to URL http://news.example/feed.atom\n"},
		{SUBSCRIBE "ftp://s/", 400, "http or https"},
		{SUBSCRIBE "http://u:p@s/", 400, "user name"},
		{SUBSCRIBE "http://s/%23x", 400, "fragment"},
		{"hub.mode=publish&hub.url=http://other/feed.atom", 404, "own publisher"},
	};

	begin();
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		CHECK_INT(post(cases[i].body), cases[i].status);
		CHECK(strstr(f.text, cases[i].word));
	}
	CHECK_INT(f.count, 0);
	check_counts(0, 0, 0, 0);
	end();
}

TEST(callback_ports)
{
	static const int ports[] = {80, 443};
	struct hub_policy policy = usual_policy();

	begin();
	policy.ports = ports;
	policy.port_count = 2;
	hub_set_policy(f.hub, &policy);
	CHECK_INT(subscribe("http://s:81/"), 400);
	CHECK_INT(subscribe("https://s/"), 202);
	end();
}

TEST(publish_pings)
{
	begin();
	CHECK_INT(post("hub.mode=publish&hub.url=http://x/"
			"&hub.topic=https://News.Example/feed.rss"),
		204);
	CHECK_STR(f.text, "");
	end();
}

TEST(aliases_are_echoed_as_asked)
{
	begin();
	CHECK_INT(post("hub.mode=subscribe&hub.topic=https://news.example/feed.atom/&"
		"hub.callback=http://s/ok"), 202);
	CHECK(strstr(f.sent[0].url, "&hub.topic=https%3A%2F%2Fnews.example%2Ffeed.atom%2F&") ||
		strstr(f.sent[0].url, "hub.topic=https%3A%2F%2Fnews.example%2Ffeed.atom%2F&"));
	publish("<a/>");
	settle();
	CHECK_INT(got("http://s/ok", "<a/>"), 1);
	CHECK(strstr(f.sent[1].link, "<http://news.example/feed.atom>; rel=\"self\""));
	end();
}

TEST(req_24_refused_verification_is_final)
{
	struct hub_counts counts;

	begin();
	CHECK_INT(subscribe("http://s/refuse"), 202);
	check_counts(0, 0, 0, 0);
	pass(HOUR);
	CHECK_INT(f.count, 1);
	hub_get_counts(f.hub, &counts);
	CHECK_INT(counts.refused, 1);
	end();
}

TEST(req_24_verification_without_answer_is_tried_three_times)
{
	begin();
	CHECK_INT(subscribe("http://s/flaky"), 202);
	CHECK_INT(f.count, 1);
	check_counts(0, 1, 0, 0);
	for (int i = 0; i < 30; i++)
		pass(10 * 1000);
	CHECK_INT(f.count, 3);
	CHECK(strcmp(f.sent[0].expect, f.sent[1].expect) != 0);
	check_counts(0, 0, 0, 0);
	pass(DAY);
	CHECK_INT(f.count, 3);
	end();
}

TEST(renewal_replaces_the_secret_only_when_verified)
{
	begin();
	subscribe("http://s/ok&hub.secret=one");
	subscribe("http://s/ok&hub.secret=two");
	publish("<a/>");
	settle();
	CHECK_INT(got("http://s/ok", "<a/>"), 1);
	CHECK_STR(f.sent[2].secret, "two");
	subscribe("http://s/ok");
	forget_sent();
	publish("<b/>");
	settle();
	CHECK_INT(f.count, 1);
	CHECK_STR(f.sent[0].secret, "");
	end();
}

TEST(unsubscribe)
{
	begin();
	subscribe("http://s/ok");
	CHECK_INT(post("hub.mode=unsubscribe&hub.topic=http://news.example/feed.atom&"
		"hub.callback=http://s/ok"), 202);
	CHECK(strstr(f.sent[1].url, "hub.mode=unsubscribe"));
	CHECK(!strstr(f.sent[1].url, "lease"));
	check_counts(0, 0, 0, 0);
	publish("<a/>");
	settle();
	CHECK_INT(got("http://s/ok", NULL), 0);
	end();
}

TEST(verifications_of_one_host_are_spread)
{
	char callback[64];
	int before;

	begin();
	for (int i = 0; i < 30; i++) {
		snprintf(callback, sizeof(callback), "http://s/flaky%d", i);
		CHECK_INT(subscribe(callback), 202);
	}
	CHECK_INT(f.count, 10);
	CHECK_INT(subscribe("http://other/ok"), 202);
	CHECK_INT(f.count, 11);
	for (int i = 0; i < 19; i++) {
		before = f.count;
		pass(1000);
		CHECK(f.count - before <= 2);
	}
	pass(2000);
	CHECK(f.count >= 31);
	/* each of them has its three tries, however often it was put back */
	for (int i = 0; i < 100; i++)
		pass(10 * 1000);
	CHECK_INT(f.count, 91);
	end();
}

TEST(signature_by_request_or_by_host)
{
	static const char *const old[] = {"sha1.example", "*.old.example"};
	static const struct {
		const char *callback;
		enum sign_method method;
	} cases[] = {
		{"http://new.example/", SIGN_SHA256},
		{"http://Sha1.example/", SIGN_SHA1},
		{"https://a.b.old.example:8443/", SIGN_SHA1},
		{"http://old.example/", SIGN_SHA256},
		{"http://notold.example/", SIGN_SHA256},
		{"http://sha1.example/2&hub.signature_algorithm=sha512", SIGN_SHA512},
		{"http://new.example/2&hub.signature_algorithm=SHA384", SIGN_SHA384},
	};
	struct hub_policy policy = usual_policy();

	begin();
	policy.signed_by[SIGN_SHA1] = (struct hub_list){old, 2};
	hub_set_policy(f.hub, &policy);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		CHECK_INT(subscribe(cases[i].callback), 202);
		forget_sent();
		publish(cases[i].callback);
		settle();
		for (int k = 0; k < f.count; k++)
			if (strlen(f.sent[k].url) == strcspn(cases[i].callback, "&") &&
				strncmp(cases[i].callback, f.sent[k].url,
					strlen(f.sent[k].url)) == 0)
				CHECK_INT(f.sent[k].method, cases[i].method);
	}
	end();
}

TEST(requests_of_one_client_are_limited)
{
	struct hub_policy policy = usual_policy();
	int accepted = 0;

	begin();
	policy.verify_client = (struct flood_rate){200, 20};
	hub_set_policy(f.hub, &policy);
	for (int i = 0; i < 50; i++)
		accepted += subscribe("http://s/refuse") == 202;
	CHECK_INT(accepted, 20);
	CHECK_INT(f.status, 429);
	CHECK_INT(f.retry_after_s, 1);
	CHECK_STR(f.text, "Too many requests from your address.\n");
	now_ms += 1000;
	for (int i = 0; i < 50; i++)
		accepted += subscribe("http://s/refuse") == 202;
	CHECK_INT(accepted, 25);
	end();
}

TEST(a_verification_that_must_wait_for_its_network_is_no_try)
{
	begin();
	f.retry_after_ms = 1000;
	subscribe("http://s/crowd");
	for (int i = 0; i < 20; i++)
		pass(1000);
	check_counts(0, 1, 0, 0);
	CHECK(f.count >= 20);
	f.is_crowd_over = true;
	pass(1000);
	check_counts(1, 0, 0, 0);
	end();
}

static void withdraw(void)
{
	const struct store_doc doc = {.path = "/feed.atom", .content_type = "t", .etag = "e",
		.is_topic = true, .is_deleted = true};
	const struct store_publication publication = {.docs = &doc, .doc_count = 1};

	store_publish(f.store, &publication, NULL, NULL);
	store_flush(f.store);
	hub_wake(f.hub);
	verify_deny_withdrawn(f.hub);
	settle();
}

TEST(req_20_withdrawn_topic_is_denied)
{
	struct hub_counts counts;

	begin();
	publish("<a/>");
	subscribe("http://s/ok?x=1&hub.verify_token=t");
	subscribe("http://t/deaf");
	settle();
	forget_sent();
	withdraw();
	check_counts(0, 0, 0, 0);
	CHECK_INT(f.count, 2);
	CHECK_STR(f.sent[0].url, "http://s/ok?x=1&hub.mode=denied&hub.topic="
		"http%3A%2F%2Fnews.example%2Ffeed.atom&hub.reason=The%20feed%20was%20withdrawn.");
	CHECK_STR(f.sent[0].expect, "");
	CHECK_STR(f.sent[0].body, "");
	/* who could not be reached is told again, but not for ever */
	for (int i = 0; i < 60; i++)
		pass(10 * 1000);
	CHECK_INT(f.count, 4);
	hub_get_counts(f.hub, &counts);
	CHECK_INT(counts.denied, 2);
	/* and who subscribes when it is back is a subscriber again */
	publish("<b/>");
	CHECK_INT(subscribe("http://s/ok?x=1"), 202);
	check_counts(1, 0, 0, 0);
	verify_deny_withdrawn(f.hub);
	settle();
	check_counts(1, 0, 0, 0);
	end();
}

TEST(req_20_topics_that_are_no_more_are_denied)
{
	begin();
	f.has_tag = true;
	publish("<a/>");
	publish_at("/tag/t/feed.atom", "<a/>");
	subscribe("http://s/ok");
	CHECK_INT(post("hub.mode=subscribe&hub.topic=http://news.example/tag/t/feed.atom"
		"&hub.callback=http://s/ok"), 202);
	hub_review_topics(f.hub);
	settle();
	check_counts(2, 0, 0, 0);
	f.has_tag = false;
	forget_sent();
	hub_review_topics(f.hub);
	settle();
	check_counts(1, 0, 0, 0);
	CHECK_INT(f.count, 1);
	CHECK(strstr(f.sent[0].url, "hub.mode=denied&hub.topic="
		"http%3A%2F%2Fnews.example%2Ftag%2Ft%2Ffeed.atom&"));
	end();
}

TEST(req_20_denied_by_decision)
{
	begin();
	publish("<a/>");
	subscribe("http://s/ok");
	subscribe("http://t/ok");
	forget_sent();
	hub_deny(f.hub, 1, "Not you & not now");
	settle();
	check_counts(1, 0, 0, 0);
	CHECK_INT(f.count, 1);
	CHECK(strstr(f.sent[0].url, "http://s/ok?hub.mode=denied&"));
	CHECK(strstr(f.sent[0].url, "&hub.reason=Not%20you%20%26%20not%20now"));
	end();
}

TEST(withdrawn_while_many_are_subscribed)
{
	begin();
	publish("<a/>");
	for (int i = 0; i < 30; i++) {
		char callback[64];

		snprintf(callback, sizeof(callback), "http://s%d/ok", i);
		subscribe(callback);
	}
	forget_sent();
	withdraw();
	for (int i = 0; i < 5; i++)
		settle();
	CHECK_INT(f.count, 30);
	check_counts(0, 0, 0, 0);
	end();
}

TEST(initial_content_on_demand)
{
	begin();
	publish("<a/>");
	subscribe("http://s/ok");
	CHECK_INT(got("http://s/ok", NULL), 0);
	subscribe("http://t/ok&hub.initial=true");
	CHECK_INT(got("http://t/ok", "<a/>"), 1);
	CHECK_INT(subscribe("http://t/ok&hub.initial=perhaps"), 400);
	publish("<b/>");
	settle();
	CHECK_INT(got("http://s/ok", "<b/>"), 1);
	CHECK_INT(got("http://t/ok", "<b/>"), 1);
	check_counts(2, 0, 0, 0);
	end();
}

TEST(initial_content_by_policy_for_the_new_only)
{
	struct hub_policy policy = usual_policy();

	begin();
	publish("<a/>");
	policy.gives_initial = true;
	hub_set_policy(f.hub, &policy);
	subscribe("http://s/ok");
	CHECK_INT(got("http://s/ok", "<a/>"), 1);
	subscribe("http://s/ok");
	CHECK_INT(got("http://s/ok", NULL), 1);
	subscribe("http://t/ok&hub.initial=false");
	CHECK_INT(got("http://t/ok", NULL), 0);
	subscribe("http://u/fail");
	check_counts(3, 0, 0, 1);
	end();
}

TEST(initial_content_where_there_is_none_yet)
{
	begin();
	subscribe("http://s/ok&hub.initial=true");
	check_counts(1, 0, 0, 0);
	CHECK_INT(got("http://s/ok", NULL), 0);
	end();
}

TEST(aliases_are_subscriptions_of_their_own)
{
	begin();
	subscribe("http://s/ok");
	CHECK_INT(post("hub.mode=subscribe&hub.topic=https://news.example/feed.atom&"
		"hub.callback=http://s/ok"), 202);
	check_counts(2, 0, 0, 0);
	CHECK_INT(post("hub.mode=unsubscribe&hub.topic=https://news.example/feed.atom&"
		"hub.callback=http://s/ok"), 202);
	check_counts(1, 0, 0, 0);
	publish("<a/>");
	settle();
	CHECK_INT(got("http://s/ok", "<a/>"), 1);
	end();
}

TEST(req_05_lease_is_enforced)
{
	begin();
	subscribe("http://s/ok&hub.lease_seconds=86400");
	now_ms += DAY - 1000;
	publish("<a/>");
	settle();
	CHECK_INT(got("http://s/ok", "<a/>"), 1);
	now_ms += 2000;
	publish("<b/>");
	settle();
	CHECK_INT(got("http://s/ok", "<b/>"), 0);
	end();
}

/* ---- fan-out ---- */

static void subscribe_many(int count, int hosts, const char *what)
{
	char callback[64];

	for (int i = 0; i < count; i++) {
		snprintf(callback, sizeof(callback), "http://h%d/%s%d", i % hosts, what, i);
		CHECK_INT(subscribe(callback), 202);
	}
	/* hosts with many need their time to be verified */
	for (int i = 0; i < 100; i++)
		pass(1000);
	forget_sent();
}

TEST(many_subscribers_get_it_once_each_with_bounded_transfers)
{
	begin();
	subscribe_many(437, 60, "ok");
	check_counts(437, 0, 0, 0);
	f.most = 0;
	publish("<a/>");
	for (int i = 0; i < 20; i++)
		settle();
	CHECK_INT(f.count, 437);
	for (int i = 0; i < 437; i++) {
		char url[64];

		snprintf(url, sizeof(url), "http://h%d/ok%d", i % 60, i);
		CHECK_INT(got(url, "<a/>"), 1);
	}
	CHECK(f.most <= 8 * 40 + 10);
	CHECK(f.most > 40);
	check_counts(437, 0, 0, 0);
	end();
}

TEST(one_that_holds_its_chunk_does_not_hold_the_others)
{
	begin();
	subscribe("http://h0/hold");
	subscribe_many(60, 10, "ok");
	publish("<a/>");
	settle();
	CHECK_INT(f.count, 61);
	check_counts(61, 0, 1, 0);
	give(f.held[0], TRANSFER_OK, 200, false);
	settle();
	check_counts(61, 0, 0, 0);
	end();
}

TEST(one_that_holds_its_chunk_does_not_hold_the_next_publication)
{
	begin();
	subscribe("http://h0/hold");
	subscribe_many(60, 10, "ok");
	publish("<a/>");
	settle();
	CHECK_INT(f.count, 61);
	forget_sent();
	publish("<b/>");
	settle();
	for (int i = 0; i < 60; i++) {
		char url[64];

		snprintf(url, sizeof(url), "http://h%d/ok%d", i % 10, i);
		CHECK_INT(got(url, "<b/>"), 1);
	}
	CHECK_INT(got("http://h0/hold", "<b/>"), 1);
	check_counts(61, 0, 1, 0);
	end();
}

TEST(publications_during_fan_out_reach_everybody)
{
	begin();
	subscribe_many(100, 20, "ok");
	for (int i = 0; i < 5; i++) {
		char body[16];

		snprintf(body, sizeof(body), "<%d/>", i);
		publish(body);
		ev_run(loop_ev(f.loop), EVRUN_NOWAIT);
	}
	for (int i = 0; i < 10; i++)
		settle();
	for (int i = 0; i < 100; i++) {
		char url[64];

		snprintf(url, sizeof(url), "http://h%d/ok%d", i % 20, i);
		CHECK(got(url, "<4/>") >= 1);
	}
	check_counts(100, 0, 0, 0);
	end();
}

TEST(restart_repeats_only_what_was_on_the_way)
{
	struct hub_policy policy = usual_policy();

	begin();
	policy.in_flight = 10;
	hub_set_policy(f.hub, &policy);
	subscribe("http://h0/hold");
	subscribe_many(200, 20, "ok");
	publish("<a/>");
	ev_run(loop_ev(f.loop), EVRUN_NOWAIT);
	store_flush(f.store);
	CHECK(f.count < 201);
	hub_destroy(f.hub);
	f.hub = NULL;
	f.held_count = 0;
	settle();
	now_ms += 2 * MINUTE; /* the old owner's lease */
	start_hub();
	for (int i = 0; i < 10; i++)
		settle();
	for (int i = 0; i < 200; i++) {
		char url[64];

		snprintf(url, sizeof(url), "http://h%d/ok%d", i % 20, i);
		CHECK(got(url, "<a/>") >= 1);
	}
	CHECK(f.held_count >= 1);
	give(f.held[0], TRANSFER_OK, 200, false);
	for (int i = 0; i < 10; i++)
		settle();
	check_counts(201, 0, 0, 0);
	/* nothing is owed: another start sends nothing */
	forget_sent();
	hub_destroy(f.hub);
	now_ms += 2 * MINUTE;
	start_hub();
	settle();
	CHECK_INT(f.count, 0);
	end();
}

TEST(who_has_it_is_marked_while_the_chunk_is_open)
{
	begin();
	subscribe("http://h0/hold");
	subscribe_many(60, 10, "ok");
	publish("<a/>");
	settle();
	CHECK_INT(f.count, 61);
	fanout_mark(f.hub); /* the chunks are young */
	fanout_mark(f.hub);
	settle();
	hub_destroy(f.hub);
	forget_sent();
	f.held_count = 0;
	now_ms += 2 * MINUTE;
	start_hub();
	settle();
	CHECK_INT(f.count, 1);
	CHECK_INT(got("http://h0/hold", "<a/>"), 1);
	publish("<b/>");
	settle();
	CHECK_INT(f.count, 62);
	give(f.held[0], TRANSFER_OK, 200, false);
	give(f.held[1], TRANSFER_OK, 200, false);
	settle();
	check_counts(61, 0, 0, 0);
	end();
}

TEST(gone_ends_the_subscription)
{
	struct hub_counts counts;

	begin();
	subscribe("http://s/gone");
	subscribe("http://s/ok");
	publish("<a/>");
	settle();
	check_counts(1, 0, 0, 0);
	hub_get_counts(f.hub, &counts);
	CHECK_INT(counts.gone, 1);
	end();
}

/* ---- retries ---- */

TEST(failure_is_retried_with_the_newest_content)
{
	begin();
	subscribe("http://s/fail");
	publish("<a/>");
	settle();
	CHECK_INT(got("http://s/fail", "<a/>"), 1);
	check_counts(1, 0, 0, 1);
	publish("<b/>");
	settle();
	CHECK_INT(got("http://s/fail", NULL), 1);
	pass(7000);
	CHECK_INT(got("http://s/fail", NULL), 1);
	pass(4000);
	CHECK_INT(got("http://s/fail", "<b/>"), 1);
	pass(11000);
	CHECK_INT(got("http://s/fail", NULL), 2);
	pass(10000);
	CHECK_INT(got("http://s/fail", NULL), 3);
	end();
}

static void check_task(void *context, const struct store_sub *rows, size_t count)
{
	if (!count)
		return;
	++*(int *)context;
	CHECK_INT(rows[0].attempts, 2);
	CHECK_STR(rows[0].why, "status 500");
	CHECK(rows[0].due_ms > now_ms && rows[0].due_ms <= now_ms + 20000);
}

TEST(attempts_are_recorded)
{
	struct delivery got_back[4];
	int pages = 0;

	begin();
	subscribe("http://s/fail");
	subscribe("http://s/ok");
	publish("<a/>");
	settle();
	CHECK_INT(hub_deliveries(f.hub, 2, got_back, 4), 1);
	CHECK_INT(got_back[0].outcome, DELIVERY_OK);
	CHECK_INT(got_back[0].status, 200);
	CHECK_STR(got_back[0].why, "");
	pass(11000);
	CHECK_INT(hub_deliveries(f.hub, 0, got_back, 4), 3);
	CHECK_INT(hub_deliveries(f.hub, 1, got_back, 4), 2);
	CHECK_INT(got_back[0].attempt, 2);
	CHECK_INT(got_back[0].at_ms - got_back[1].at_ms, 11000);
	CHECK_INT(got_back[1].outcome, DELIVERY_FAILED);
	CHECK_STR(got_back[1].why, "status 500");
	CHECK_INT(got_back[1].seq, 1);
	/* what the store remembers of it, also over a restart */
	sub_remove(f.store, 2);
	sub_list(f.store, NULL, check_task, &pages);
	settle();
	CHECK_INT(pages, 1);
	end();
}

TEST(retry_after_is_heeded)
{
	begin();
	subscribe("http://s/fail");
	f.retry_after_ms = 10 * MINUTE;
	publish("<a/>");
	settle();
	pass(9 * MINUTE);
	CHECK_INT(got("http://s/fail", NULL), 1);
	pass(2 * MINUTE);
	CHECK_INT(got("http://s/fail", NULL), 2);
	end();
}

TEST(a_clock_that_is_set_back_does_not_make_retries_wait)
{
	begin();
	clock_check(f.hub, now_ms, 1000);
	subscribe("http://s/fail");
	publish("<a/>");
	settle();
	CHECK_INT(got("http://s/fail", NULL), 1);
	now_ms -= DAY;
	clock_check(f.hub, now_ms, 6000);
	settle();
	CHECK_INT(got("http://s/fail", NULL), 1);
	pass(11000);
	CHECK_INT(got("http://s/fail", NULL), 2);
	end();
}

TEST(a_clock_that_is_set_forward_gives_nothing_up)
{
	struct hub_counts counts;

	begin();
	clock_check(f.hub, now_ms, 1000);
	subscribe("http://s/fail");
	publish("<a/>");
	settle();
	now_ms += 3 * DAY;
	clock_check(f.hub, now_ms, 6000);
	pass(0);
	CHECK_INT(got("http://s/fail", NULL), 2);
	hub_get_counts(f.hub, &counts);
	CHECK_INT(counts.given_up, 0);
	check_counts(1, 0, 0, 1);
	end();
}

TEST(a_clock_that_jumped_ends_no_leases_for_an_hour)
{
	begin();
	clock_check(f.hub, now_ms, now_ms);
	now_ms += HOUR;
	clock_check(f.hub, now_ms + 2000, now_ms);
	CHECK(hub_trusts_clock(f.hub));
	clock_check(f.hub, now_ms + 40 * (int64_t)DAY, now_ms);
	CHECK(!hub_trusts_clock(f.hub));
	now_ms += HOUR;
	CHECK(hub_trusts_clock(f.hub));
	end();
}

TEST(req_35_gives_up_after_a_day_but_keeps_the_subscription)
{
	struct hub_counts counts;
	int tries;

	begin();
	subscribe("http://s/fail");
	publish("<a/>");
	for (int i = 0; i < 25 * 60; i++)
		pass(MINUTE);
	tries = got("http://s/fail", NULL);
	CHECK(tries > 20 && tries < 45);
	check_counts(1, 0, 0, 0);
	hub_get_counts(f.hub, &counts);
	CHECK_INT(counts.given_up, 1);
	pass(DAY);
	CHECK_INT(got("http://s/fail", NULL), tries);
	publish("<b/>");
	settle();
	CHECK_INT(got("http://s/fail", "<b/>"), 1);
	end();
}

TEST(slow_one_leaves_the_chunk_and_settles_its_task)
{
	begin();
	subscribe("http://s/slow");
	publish("<a/>");
	settle();
	check_counts(1, 0, 0, 1);
	give(f.held[0], TRANSFER_OK, 200, true);
	settle();
	check_counts(1, 0, 0, 0);
	pass(HOUR);
	CHECK_INT(got("http://s/slow", NULL), 1);
	end();
}

TEST(slow_one_that_fails_is_retried)
{
	begin();
	subscribe("http://s/slow");
	publish("<a/>");
	settle();
	give(f.held[0], TRANSFER_FAILED, 0, true);
	settle();
	check_counts(1, 0, 0, 1);
	pass(11000);
	CHECK_INT(got("http://s/slow", NULL), 2);
	give(f.held[1], TRANSFER_OK, 200, true);
	settle();
	check_counts(1, 0, 0, 0);
	end();
}

TEST(slow_one_that_ends_before_the_commit)
{
	begin();
	subscribe("http://s/slow");
	subscribe("http://s/hold");
	subscribe("http://t/slow/2");
	publish("<a/>");
	settle();
	for (int i = 0; i < 3; i++) {
		const char *url = f.sent[f.held[i]].url;

		if (strcmp(url, "http://s/slow") == 0)
			give(f.held[i], TRANSFER_OK, 200, true);
		else if (strcmp(url, "http://t/slow/2") == 0)
			give(f.held[i], TRANSFER_GONE, 410, true);
	}
	settle();
	check_counts(3, 0, 1, 0);
	for (int i = 0; i < 3; i++)
		if (strcmp(f.sent[f.held[i]].url, "http://s/hold") == 0)
			give(f.held[i], TRANSFER_OK, 200, false);
	settle();
	check_counts(2, 0, 0, 0);
	end();
}

TEST(slow_one_that_is_never_heard_of_again)
{
	begin();
	subscribe("http://s/slow");
	publish("<a/>");
	settle();
	hub_destroy(f.hub);
	start_hub();
	settle();
	CHECK_INT(got("http://s/slow", NULL), 1);
	pass(26 * 1000);
	CHECK_INT(got("http://s/slow", NULL), 2);
	end();
}

/* ---- the end ---- */

static void on_idle(void *context)
{
	CHECK(context == &f);
	f.is_idle = true;
}

TEST(drain_waits_for_what_is_on_the_way)
{
	begin();
	subscribe("http://s/hold");
	publish("<a/>");
	settle();
	hub_drain(f.hub, on_idle, &f);
	CHECK(!f.is_idle);
	CHECK_INT(subscribe("http://s/other"), 503);
	CHECK(f.retry_after_s > 0);
	give(f.held[0], TRANSFER_OK, 200, false);
	settle();
	CHECK(f.is_idle);
	check_counts(1, 0, 0, 0);
	end();
}

TEST(readers_behind_subscribers_are_counted)
{
	struct readers_count count;

	begin();
	subscribe("http://s/many");
	subscribe("http://t/many");
	subscribe("http://u/ok");
	publish("<a/>");
	settle();
	publish("<b/>");
	settle();
	hub_polled(f.hub, "/feed.atom", "Fetcher - 3 subscribers");
	hub_readers(f.hub, "/feed.atom", &count);
	CHECK_INT(count.pushed, 84);
	CHECK_INT(count.polled, 3);
	hub_readers(f.hub, "/feed.rss", &count);
	CHECK_INT(count.pushed, 0);
	end();
}

/* ---- changes only ---- */

TEST(changes_since_what_arrived_last)
{
	begin();
	publish("<1/>");
	subscribe("http://s/ok&hub.payload=changes");
	subscribe("http://t/ok");
	/* the first brings everything: who subscribes may have missed something already */
	publish("<2/>");
	settle();
	CHECK_INT(got("http://s/ok", "<2/>"), 1);
	CHECK_INT(f.changes_asked, 0);
	publish("<3/>");
	settle();
	CHECK_INT(got("http://s/ok", "2..3 of /feed.atom"), 1);
	publish("<4/>");
	settle();
	CHECK_INT(got("http://s/ok", "3..4 of /feed.atom"), 1);
	CHECK_INT(got("http://s/ok", NULL), 3);
	CHECK_INT(got("http://t/ok", NULL), 3);
	CHECK_INT(got("http://t/ok", "<4/>"), 1);
	check_counts(2, 0, 0, 0);
	end();
}

TEST(changes_of_a_long_absence_come_in_pieces)
{
	begin();
	publish("<1/>");
	subscribe("http://s/deaf&hub.payload=changes");
	publish("<2/>");
	settle();
	CHECK_INT(got("http://s/deaf", "<2/>"), 1);
	f.is_away = true;
	for (int i = 3; i <= 27; i++) {
		publish("<x/>");
		pass(10 * MINUTE);
	}
	check_counts(1, 0, 0, 1);
	f.is_away = false;
	forget_sent();
	for (int i = 0; i < 70; i++)
		pass(MINUTE);
	CHECK_INT(got("http://s/deaf", "2..12 of /feed.atom"), 1);
	CHECK_INT(got("http://s/deaf", "12..22 of /feed.atom"), 1);
	CHECK_INT(got("http://s/deaf", "22..27 of /feed.atom"), 1);
	CHECK_INT(f.count, 3);
	check_counts(1, 0, 0, 0);
	end();
}

TEST(changes_given_up_are_part_of_the_next)
{
	begin();
	publish("<1/>");
	subscribe("http://s/deaf&hub.payload=changes");
	publish("<2/>");
	settle();
	f.is_away = true;
	publish("<3/>");
	for (int i = 0; i < 25; i++)
		pass(HOUR);
	check_counts(1, 0, 0, 0);
	f.is_away = false;
	forget_sent();
	publish("<4/>");
	settle();
	CHECK_INT(got("http://s/deaf", "2..4 of /feed.atom"), 1);
	end();
}

TEST(changes_are_shared_by_those_who_lack_the_same)
{
	char callback[64];

	begin();
	publish("<1/>");
	for (int i = 0; i < 35; i++) {
		snprintf(callback, sizeof(callback), "http://h%d/ok&hub.payload=changes", i);
		subscribe(callback);
	}
	publish("<2/>");
	for (int i = 0; i < 5; i++)
		settle();
	forget_sent();
	publish("<3/>");
	for (int i = 0; i < 10; i++)
		settle();
	CHECK_INT(f.count, 35);
	for (int i = 0; i < f.count; i++)
		CHECK_STR(f.sent[i].body, "2..3 of /feed.atom");
	CHECK(f.changes_asked < 20);
	check_counts(35, 0, 0, 0);
	/* who renews without it gets everything again */
	subscribe("http://h0/ok");
	publish("<4/>");
	for (int i = 0; i < 10; i++)
		settle();
	CHECK_INT(got("http://h0/ok", "<4/>"), 1);
	CHECK_INT(got("http://h1/ok", "3..4 of /feed.atom"), 1);
	end();
}

TEST(changes_survive_a_restart)
{
	begin();
	publish("<1/>");
	subscribe("http://s/hold&hub.payload=changes");
	publish("<2/>");
	settle();
	give(f.held[0], TRANSFER_OK, 200, false);
	settle();
	publish("<3/>");
	settle();
	CHECK_INT(got("http://s/hold", "2..3 of /feed.atom"), 1);
	hub_destroy(f.hub);
	now_ms += 2 * MINUTE;
	forget_sent();
	start_hub();
	settle();
	CHECK_INT(got("http://s/hold", "2..3 of /feed.atom"), 1);
	end();
}

/* ---- other hubs ---- */

static const char *const others[] = {"https://hub.example/ping?key=1", "http://hub-down.example/"};

static void begin_with_others(void)
{
	struct hub_policy policy = usual_policy();

	begin();
	publish("<known/>");
	settle();
	hub_destroy(f.hub);
	policy.external = (struct hub_list){others, 2};
	f.hub = hub_create(f.loop, f.store, &policy, &events, &f);
	hub_set_clock(f.hub, test_clock);
	settle();
}

TEST(other_hubs_are_told_once_for_each_change)
{
	struct hub_counts counts;

	begin_with_others();
	CHECK_INT(f.count, 0); /* what is known needs no telling */
	publish("<a/>");
	settle();
	CHECK_INT(f.count, 2);
	CHECK_STR(f.sent[0].url, others[0]);
	CHECK_STR(f.sent[0].type, "Content-Type: application/x-www-form-urlencoded");
	CHECK_STR(f.sent[0].body, "hub.mode=publish&hub.url=http%3A%2F%2Fnews.example%2Ffeed.atom");
	CHECK_STR(f.sent[0].link, "");
	CHECK(f.sent[0].is_trusted);
	pass(DAY);
	CHECK_INT(f.count, 2);
	publish("<b/>");
	publish("<c/>");
	settle();
	pass(MINUTE);
	/* the second of two that come at once may find the first on its way */
	CHECK(got(others[0], NULL) >= 2 && got(others[0], NULL) <= 3);
	hub_get_counts(f.hub, &counts);
	CHECK_INT(counts.pings, f.count);
	end();
}

TEST(other_hubs_are_told_what_they_missed)
{
	int tries;

	begin_with_others();
	f.is_away = true;
	publish("<a/>");
	settle();
	CHECK_INT(got(others[0], NULL), 1);
	CHECK_INT(got(others[1], NULL), 1);
	for (int i = 0; i < 2 * 24 * 60; i++)
		pass(MINUTE);
	tries = got(others[1], NULL);
	CHECK(tries > 48 && tries < 75);
	publish_at("/feed.rss", "<b/>");
	settle();
	f.is_away = false;
	hub_destroy(f.hub);
	forget_sent();
	f.hub = NULL;
	settle();
	{
		struct hub_policy policy = usual_policy();

		policy.external = (struct hub_list){others, 2};
		f.hub = hub_create(f.loop, f.store, &policy, &events, &f);
		hub_set_clock(f.hub, test_clock);
	}
	settle();
	CHECK_INT(f.count, 1);
	CHECK_STR(f.sent[0].url, others[1]);
	CHECK_STR(f.sent[0].body, "hub.mode=publish"
		"&hub.url=http%3A%2F%2Fnews.example%2Ffeed.atom"
		"&hub.url=http%3A%2F%2Fnews.example%2Ffeed.rss");
	end();
}

TEST(other_hubs_do_not_hear_of_partners)
{
	char path[32];

	begin_with_others();
	for (int i = 0; i < 12; i++) {
		snprintf(path, sizeof(path), "/p/partner%d/feed.atom", i);
		publish_at(path, "<a/>");
	}
	settle();
	CHECK_INT(f.count, 0);
	publish("<b/>");
	settle();
	CHECK_INT(got(others[0], NULL), 1);
	CHECK(!strstr(f.sent[0].body, "partner"));
	end();
}

TEST(many_changes_are_told_in_pieces)
{
	char path[32];
	int urls = 0;

	begin_with_others();
	for (int i = 0; i < 25; i++) {
		snprintf(path, sizeof(path), "/tag/%d/feed.atom", i);
		publish_at(path, "<a/>");
	}
	for (int i = 0; i < 5; i++)
		settle();
	for (int i = 0; i < f.count; i++) {
		int here = 0;

		if (strcmp(f.sent[i].url, others[0]) != 0)
			continue;
		for (const char *at = f.sent[i].body; (at = strstr(at, "hub.url=")); at++)
			here++;
		CHECK(here <= 10);
		urls += here;
	}
	CHECK_INT(urls, 25);
	end();
}

TEST(publisher_without_a_hub_of_its_own)
{
	struct hub_policy policy = usual_policy();

	begin();
	subscribe("http://s/ok");
	hub_destroy(f.hub);
	policy.hub_url = NULL;
	policy.external = (struct hub_list){others, 1};
	f.hub = hub_create(f.loop, f.store, &policy, &events, &f);
	hub_set_clock(f.hub, test_clock);
	forget_sent();
	publish("<a/>");
	settle();
	pass(DAY / 2);
	CHECK_INT(f.count, 1);
	CHECK_STR(f.sent[0].url, others[0]);
	end();
}

TEST(drain_without_work)
{
	begin();
	hub_drain(f.hub, on_idle, &f);
	CHECK(f.is_idle);
	end();
}

TEST(destroy_in_the_middle)
{
	begin();
	subscribe("http://s/hold");
	publish("<a/>");
	ev_run(loop_ev(f.loop), EVRUN_NOWAIT);
	end();
}

/* ---- private topics ---- */

#define PRIVATE "hub.mode=subscribe&hub.topic=http://news.example/p/county/feed.atom"
#define LONG_SECRET "&hub.secret=0123456789abcdef"

/* The request BODY is refused, and its callback told REASON (as in a query). */
static void check_refused(const char *body, const char *reason)
{
	forget_sent();
	CHECK_INT(post(body), 202);
	CHECK_STR(f.text, "Refused. The callback is told why.\n");
	CHECK_INT(f.count, 1);
	CHECK(strstr(f.sent[0].url, "hub.mode=denied"));
	CHECK(strstr(f.sent[0].url, reason));
	CHECK(!strstr(f.sent[0].url, "right"));
	check_counts(0, 0, 0, 0);
}

TEST(a_private_topic_is_refused_with_a_reason)
{
	begin();
	check_refused(PRIVATE "&hub.callback=http://s/ok" LONG_SECRET,
		"hub.reason=This%20topic%20needs%20a%20token.");
	check_refused(PRIVATE "%3Ftoken%3Dwrong&hub.callback=http://s/ok" LONG_SECRET,
		"hub.reason=This%20topic%20needs%20a%20token.");
	check_refused(PRIVATE "%3Ftoken%3Dright&hub.callback=http://s/ok&hub.secret=short",
		"hub.reason=The%20secret%20is%20too%20short.");
	check_refused(PRIVATE "%3Ftoken%3Dright&hub.callback=http://t/ok" LONG_SECRET,
		"hub.reason=Not%20that%20host.");
	check_refused(PRIVATE "%3Ftoken%3Dright&hub.callback=http://s/ok" LONG_SECRET
		"&hub.signature_algorithm=sha1", "hub.reason=Only%20sha256.");
	/* what does not exist is refused in the same way */
	check_refused("hub.mode=subscribe&hub.topic=http://news.example/p/nobody/feed.atom"
		"&hub.callback=http://s/ok" LONG_SECRET,
		"hub.reason=This%20topic%20needs%20a%20token.");
	check_refused("hub.mode=subscribe&hub.topic=http://news.example/p/nobody/feed.atom"
		"%3Ftoken%3Dright&hub.callback=http://s/ok" LONG_SECRET,
		"hub.reason=There%20is%20no%20such%20topic.");
	end();
}

TEST(a_private_topic_is_delivered_and_reported)
{
	uint8_t digest[HUB_DIGEST];

	begin();
	f.authorization = "Bearer right";
	publish_at("/p/county/feed.atom", "<a/>");
	CHECK_INT(post(PRIVATE "&hub.callback=http://s/ok" LONG_SECRET), 202);
	CHECK(strstr(f.sent[0].url, "hub.lease_seconds=200000"));
	check_counts(1, 0, 0, 0);
	f.authorization = NULL;
	CHECK_INT(post(PRIVATE "%3Ftoken%3Dright&hub.callback=http://s/fail" LONG_SECRET), 202);
	CHECK(strstr(f.sent[1].url, "hub.topic=http%3A%2F%2Fnews.example%2Fp%2Fcounty%2F"
				    "feed.atom%3Ftoken%3Dright"));
	check_counts(2, 0, 0, 0);
	forget_sent();
	publish_at("/p/county/feed.atom", "<b/>");
	settle();
	CHECK_INT(f.delivered, 2);
	private_hash("<b/>", 4, digest);
	CHECK(memcmp(f.last.digest, digest, HUB_DIGEST) == 0);
	CHECK_INT(f.last.attempt, 1);
	CHECK(f.last.status == 200 || f.last.status == 500);
	pass(15 * 1000);
	CHECK_INT(f.delivered, 3);
	CHECK_INT(f.last.attempt, 2);
	CHECK_INT(f.last.status, 500);
	publish("<public/>");
	settle();
	CHECK_INT(f.delivered, 3);
	end();
}

TEST(to_end_a_private_subscription_needs_no_token)
{
	begin();
	f.authorization = "Bearer right";
	publish_at("/p/county/feed.atom", "<a/>");
	CHECK_INT(post(PRIVATE "&hub.callback=http://s/ok" LONG_SECRET), 202);
	check_counts(1, 0, 0, 0);
	f.authorization = NULL;
	CHECK_INT(post("hub.mode=unsubscribe&hub.topic=http://news.example/p/county/feed.atom"
		       "&hub.callback=http://s/ok"), 202);
	check_counts(0, 0, 0, 0);
	end();
}
