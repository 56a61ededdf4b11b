/*
 * hub.c: see hub.h. This file answers requests, keeps the timers and hands results to
 * those who wait for them; hub_verify.c, hub_fanout.c and hub_tasks.c do the work. All
 * state that matters is in the store: what is here can be lost.
 */
#include "daemon/hub/hub.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "daemon/control/log.h"
#include "daemon/hub/callback.h"
#include "daemon/hub/hub_internal.h"
#include "daemon/hub/request.h"
#include "daemon/hub/topic.h"
#include "daemon/loop/loop.h"
#include "feeds/base/arena.h"
#include "feeds/base/buf.h"
#include "feeds/base/mem.h"

enum {
	PENDING_MAX = 10000,       /* unverified requests at the same time */
	BUSY_RETRY_S = 30,
	EMPTY_WAIT_MS = 1000,      /* after a claim that gave nothing though due */
	DELIVERIES_KEPT = 16384,   /* of each kind, for the operator */
};

static const double poll_s = 5.0;

int64_t hub_wall_ms(const struct hub *hub)
{
	return hub->clock ? hub->clock() : loop_wall_ms(hub->loop);
}

int64_t hub_mono_ms(const struct hub *hub)
{
	return hub->clock ? hub->clock() : loop_mono_ms(hub->loop);
}

/* xorshift64*: for jitter only. */
uint32_t hub_random(struct hub *hub)
{
	hub->random ^= hub->random >> 12;
	hub->random ^= hub->random << 25;
	hub->random ^= hub->random >> 27;
	return (uint32_t)((hub->random * UINT64_C(2685821657736338717)) >> 32);
}

/* ---- timers ---- */

static void tell_idle(struct hub *hub)
{
	void (*idle)(void *context) = hub->idle;

	if (!idle || hub->counts.in_flight > 0)
		return;
	hub->idle = NULL;
	idle(hub->idle_context);
}

void hub_pump(struct hub *hub)
{
	fanout_pump(hub);
	tasks_pump(hub);
	verify_pump(hub);
}

static void on_next_due(void *context, int64_t intent_ms, int64_t task_ms)
{
	struct hub *hub = context;
	int64_t due = intent_ms < task_ms ? intent_ms : task_ms;
	int64_t wait = due - hub_wall_ms(hub);

	hub->is_asking = false;
	if (hub->asks_again) {
		hub->asks_again = false;
		hub_arm(hub);
		return;
	}
	ev_timer_stop(loop_ev(hub->loop), &hub->due);
	if (due == INT64_MAX || hub->is_draining)
		return;
	if (wait < 0)
		wait = 0;
	if (hub->had_nothing && wait < EMPTY_WAIT_MS)
		wait = EMPTY_WAIT_MS;
	if (wait > INT32_MAX)
		wait = INT32_MAX;
	ev_timer_set(&hub->due, (double)wait / 1000.0, 0.0);
	ev_timer_start(loop_ev(hub->loop), &hub->due);
}

void hub_arm(struct hub *hub)
{
	if (hub->is_asking) {
		hub->asks_again = true;
		return;
	}
	hub->is_asking = true;
	store_next_due(hub->store, on_next_due, hub);
}

static void wake(struct hub *hub)
{
	hub->intents_due = true;
	hub->tasks_due = true;
	hub_pump(hub);
}

static void on_due(struct ev_loop *ev, ev_timer *timer, int events)
{
	(void)ev, (void)events;
	wake(timer->data);
}

static void on_poll(struct ev_loop *ev, ev_timer *timer, int events)
{
	struct hub *hub = timer->data;

	(void)ev, (void)events;
	fanout_poll(hub);
	hub_pump(hub);
}

void hub_wake(struct hub *hub)
{
	hub->jobs_due = true;
	wake(hub);
}

void hub_set_clock(struct hub *hub, int64_t (*clock)(void))
{
	hub->clock = clock;
}

/* ---- answers ---- */

/* An answer that is known at once, but is given from the loop like the others. */
struct late_answer {
	struct message message;
	void (*answer)(void *context, int status, const char *text, int retry_after_s);
	void *context;
	int status, retry_after_s;
	char *text;                /* owns */
};

static void run_answer(struct message *message)
{
	struct late_answer *late = (struct late_answer *)message;

	late->answer(late->context, late->status, late->text, late->retry_after_s);
	free(late->text);
	free(late);
}

static void answer_later(const struct hub_post *post, int status, const char *text,
	int retry_after_s)
{
	struct late_answer *late = mem_alloc(sizeof(*late));

	late->message.run = run_answer;
	late->answer = post->answer;
	late->context = post->context;
	late->status = status;
	late->retry_after_s = retry_after_s;
	late->text = mem_strdup(text);
	loop_post(post->hub->loop, &late->message);
}

static void refuse(const struct hub_post *post, int status, const char *why)
{
	struct buf text = {0};

	buf_printf(&text, "%s\n", why);
	log_info("hub: request refused status=%d why=\"%s\"", status, why);
	answer_later(post, status, buf_text(&text), 0);
	buf_finish(&text);
}

static void post_end(struct hub_post *post)
{
	if (post->prev)
		post->prev->next = post->next;
	else
		post->hub->posts = post->next;
	if (post->next)
		post->next->prev = post->prev;
	free(post);
}

static void on_stored(void *context, enum store_status status, int64_t id)
{
	struct hub_post *post = context;
	struct hub *hub = post->hub;

	(void)id;
	if (status == STORE_OK) {
		post->answer(post->context, 202,
			"Accepted. The callback is asked to confirm now.\n", 0);
		hub->pending++;
		hub->intents_due = true;
	} else {
		post->answer(post->context, 503, "The request could not be stored.\n",
			BUSY_RETRY_S);
	}
	post_end(post);
	hub_pump(hub);
}

/* ---- requests ---- */

static bool is_any(void *context, const char *path)
{
	(void)context, (void)path;
	return true;
}

/* NewsBlur takes the right topic from the first line. */
static void refuse_topic(const struct hub_post *post)
{
	static const char *const usual[] = {"/feed.atom", "/feed.rss", "/feed.json"};
	const struct hub *hub = post->hub;
	const char *path = usual[0];
	struct buf text = {0};

	for (size_t i = sizeof(usual) / sizeof(*usual); i-- > 0;)
		if (hub->events->is_topic(hub->context, usual[i]))
			path = usual[i];
	buf_add_str(&text, "hub.topic names no feed of ours. You may only subscribe to URL ");
	topic_add_url(hub->policy.base_url, path, &text);
	buf_printf(&text, "\nor to another feed that is listed at %s", hub->policy.base_url);
	refuse(post, 404, buf_text(&text));
	buf_finish(&text);
}

static int64_t grant(const struct hub_policy *policy, int64_t asked)
{
	if (asked == 0)
		asked = policy->lease_default_s;
	if (asked < policy->lease_min_s)
		asked = policy->lease_min_s;
	return asked > policy->lease_max_s ? policy->lease_max_s : asked;
}

static void on_counts(void *context, const struct store_counts *counts)
{
	((struct hub *)context)->pending = counts->intents;
}

static void store_request(const struct hub_post *post, const struct request *request,
	const char *topic, const char *host_key)
{
	struct hub *hub = post->hub;
	struct hub_post *kept = mem_alloc(sizeof(*kept));
	struct store_intent intent = {
		.mode = request->kind == REQUEST_SUBSCRIBE ? SUB_SUBSCRIBE : SUB_UNSUBSCRIBE,
		.topic = topic,
		.topic_asked = request->topic,
		.callback = request->callback,
		.host_key = host_key,
		.lease_s = grant(&hub->policy, request->lease_s),
		.secret = request->secret,
		.secret_len = request->secret_len,
		.method = request->method,
		.verify_token = request->verify_token,
		.wants_changes = request->wants_changes,
	};

	*kept = *post;
	kept->next = hub->posts;
	if (kept->next)
		kept->next->prev = kept;
	hub->posts = kept;
	log_info("hub: %s topic=%s host=%s", intent.mode == SUB_SUBSCRIBE ? "subscribe" :
		"unsubscribe", topic, host_key);
	sub_request(hub->store, &intent, on_stored, kept);
}

static void subscribe(const struct hub_post *post, const struct request *request)
{
	struct hub *hub = post->hub;
	const struct hub_policy *policy = &hub->policy;
	struct buf topic = {0}, host_key = {0};
	const char *why;
	/* who unsubscribes may mean a feed that is no more */
	bool is_ours = topic_find(policy->base_url, request->topic, hub->events->is_topic,
			hub->context, &topic) ||
		(request->kind == REQUEST_UNSUBSCRIBE && topic_find(policy->base_url,
			request->topic, is_any, NULL, &topic));

	if (!is_ours) {
		refuse_topic(post);
	} else if (!callback_check(request->callback, policy->ports, policy->port_count,
		&host_key, &why)) {
		refuse(post, 400, why);
	} else if (hub->pending >= PENDING_MAX) {
		store_count(hub->store, on_counts, hub);
		answer_later(post, 503, "Too many requests wait to be verified.\n",
			BUSY_RETRY_S);
	} else {
		store_request(post, request, buf_text(&topic), buf_text(&host_key));
	}
	buf_finish(&topic);
	buf_finish(&host_key);
}

/* What we publish is delivered without being asked; a ping is only agreed to. */
static void ping(const struct hub_post *post, const struct request *request)
{
	struct hub *hub = post->hub;
	bool is_ours = false;

	for (size_t i = 0; i < request->ping_count && !is_ours; i++) {
		struct buf topic = {0};

		is_ours = topic_find(hub->policy.base_url, request->pings[i],
			hub->events->is_topic, hub->context, &topic);
		buf_finish(&topic);
	}
	if (is_ours)
		answer_later(post, 204, NULL, 0);
	else
		refuse(post, 404, "This hub serves only the feeds of its own publisher.");
}

void hub_post(struct hub *hub, const struct hub_call *call,
	void (*answer)(void *context, int status, const char *text, int retry_after_s),
	void *context)
{
	struct hub_post post = {.hub = hub, .answer = answer, .context = context};
	struct arena *arena = arena_create();
	struct request request;
	const char *why;
	int status;

	hub->counts.requests++;
	if (hub->is_draining)
		answer_later(&post, 503, "The hub is shutting down.\n", BUSY_RETRY_S);
	else if (!request_parse(arena, call->content_type, call->body, call->len, &request,
		&status, &why))
		refuse(&post, status, why);
	else if (request.kind == REQUEST_PUBLISH)
		ping(&post, &request);
	else
		subscribe(&post, &request);
	arena_destroy(arena);
}

/* ---- results ---- */

void hub_transferred(struct hub *hub, struct transfer_result *result)
{
	struct hub_batch *batch = result->batch;

	if (!hub) {
		free(result);
		return;
	}
	if (!result->was_slow)
		hub->counts.in_flight--;
	switch (batch->kind) {
	case BATCH_VERIFY:
		verify_result(batch, result);
		break;
	case BATCH_CHUNK:
		fanout_result(batch, result);
		break;
	case BATCH_TASKS:
		tasks_result(batch, result);
		break;
	}
	free(result);
	hub_pump(hub);
	tell_idle(hub);
}

void hub_drain(struct hub *hub, void (*idle)(void *context), void *context)
{
	hub->is_draining = true;
	hub->idle = idle;
	hub->idle_context = context;
	ev_timer_stop(loop_ev(hub->loop), &hub->due);
	tell_idle(hub);
}

void hub_get_counts(const struct hub *hub, struct hub_counts *out)
{
	*out = hub->counts;
}

size_t hub_deliveries(const struct hub *hub, int64_t sub_id, struct delivery *out, size_t max)
{
	return deliveries_get(hub->deliveries, sub_id, out, max);
}

/* ---- life ---- */

static void free_const(const void *pointer)
{
	void *copy;

	memcpy(&copy, &pointer, sizeof(copy));
	free(copy);
}

static void free_policy(struct hub *hub)
{
	free_const(hub->policy.base_url);
	free_const(hub->policy.hub_url);
	free_const(hub->policy.ports);
}

void hub_set_policy(struct hub *hub, const struct hub_policy *policy)
{
	int *ports = mem_alloc((policy->port_count + 1) * sizeof(*ports));
	struct hub_policy copy = *policy;

	for (size_t i = 0; i < policy->port_count; i++)
		ports[i] = policy->ports[i];
	copy.ports = ports;
	copy.base_url = mem_strdup(policy->base_url);
	copy.hub_url = mem_strdup(policy->hub_url);
	if (copy.chunk < 1)
		copy.chunk = 1;
	if (copy.in_flight < 1)
		copy.in_flight = 1;
	free_policy(hub);
	hub->policy = copy;
	/* their Link header may have changed */
	docs_finish(hub);
}

struct hub *hub_create(struct loop *loop, struct store *store,
	const struct hub_policy *policy, const struct hub_events *events, void *context)
{
	struct hub *hub = mem_alloc(sizeof(*hub));

	hub->loop = loop;
	hub->store = store;
	hub->events = events;
	hub->context = context;
	if (getrandom(&hub->random, sizeof(hub->random), 0) != (ssize_t)sizeof(hub->random))
		abort();
	hub->random |= 1;
	hub->deliveries = deliveries_create(DELIVERIES_KEPT);
	hub_set_policy(hub, policy);
	ev_timer_init(&hub->due, on_due, 0.0, 0.0);
	ev_timer_init(&hub->poll, on_poll, poll_s, poll_s);
	hub->due.data = hub->poll.data = hub;
	ev_timer_start(loop_ev(loop), &hub->poll);
	store_count(store, on_counts, hub);
	hub_wake(hub);
	return hub;
}

void hub_destroy(struct hub *hub)
{
	if (!hub)
		return;
	ev_timer_stop(loop_ev(hub->loop), &hub->due);
	ev_timer_stop(loop_ev(hub->loop), &hub->poll);
	while (hub->posts) {
		answer_later(hub->posts, 503, "The hub is shutting down.\n", BUSY_RETRY_S);
		post_end(hub->posts);
	}
	while (hub->batches)
		batch_destroy(hub->batches);
	fanout_finish(hub);
	verify_finish(hub);
	docs_finish(hub);
	deliveries_destroy(hub->deliveries);
	free_policy(hub);
	free(hub);
}
