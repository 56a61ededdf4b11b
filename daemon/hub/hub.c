/*
 * hub.c: see hub.h. This file keeps the timers and hands results to those who wait for
 * them; hub_post.c answers requests, hub_verify.c, hub_fanout.c and hub_tasks.c do the
 * work. All state that matters is in the store: what is here can be lost.
 */
#include "daemon/hub/hub.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "daemon/hub/hub_internal.h"
#include "daemon/loop/loop.h"
#include "feeds/base/mem.h"

enum {
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
	if (!hub->policy.hub_url)
		return;
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
	if (hub->policy.hub_url) {
		fanout_poll(hub);
		verify_deny_withdrawn(hub);
	}
	hub_pump(hub);
}

void hub_wake(struct hub *hub)
{
	hub->jobs_due = hub->may_go_on = true;
	external_wake(hub);
	wake(hub);
}

void hub_set_quiet(struct hub *hub, bool is_quiet)
{
	hub->is_quiet = is_quiet;
	external_wake(hub);
}

void hub_published(struct hub *hub, int64_t seq)
{
	publications_note(&hub->publications, seq, hub_mono_ms(hub));
	hub_wake(hub);
}

void hub_release(struct hub *hub)
{
	hub->is_held = false;
	hub_wake(hub);
}

void hub_set_clock(struct hub *hub, int64_t (*clock)(void))
{
	hub->clock = clock;
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
	case BATCH_PING:
		external_result(batch, result);
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

void hub_polled(struct hub *hub, const char *topic, const char *agent)
{
	readers_polled(hub->readers, topic, agent, hub_wall_ms(hub));
}

void hub_readers(const struct hub *hub, const char *topic, struct readers_count *out)
{
	readers_count(hub->readers, topic, hub_wall_ms(hub), out);
}

int64_t hub_readers_behind(const struct hub *hub, int64_t sub_id, const char *topic)
{
	return readers_behind(hub->readers, sub_id, topic, hub_wall_ms(hub));
}

/* ---- life ---- */

static void free_const(const void *pointer)
{
	void *copy;

	memcpy(&copy, &pointer, sizeof(copy));
	free(copy);
}

static struct hub_list copy_list(const struct hub_list *from)
{
	char **items = mem_alloc((from->count + 1) * sizeof(*items));
	struct hub_list copy = {.count = from->count};

	for (size_t i = 0; i < from->count; i++)
		items[i] = mem_strdup(from->items[i]);
	memcpy(&copy.items, &items, sizeof(items));
	return copy;
}

static void free_list(const struct hub_list *hosts)
{
	for (size_t i = 0; i < hosts->count; i++)
		free_const(hosts->items[i]);
	free_const(hosts->items);
}

static void free_policy(struct hub *hub)
{
	for (size_t i = 0; i < SIGN_METHODS; i++)
		free_list(&hub->policy.signed_by[i]);
	free_list(&hub->policy.external);
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
	copy.external = copy_list(&policy->external);
	for (size_t i = 0; i < SIGN_METHODS; i++)
		copy.signed_by[i] = copy_list(&policy->signed_by[i]);
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
	hub->is_held = policy->is_held;
	hub->readers = readers_create();
	verify_init(hub);
	external_init(hub);
	ev_timer_init(&hub->due, on_due, 0.0, 0.0);
	ev_timer_init(&hub->poll, on_poll, poll_s, poll_s);
	hub->due.data = hub->poll.data = hub;
	fanout_init(hub);
	clock_check(hub, hub_wall_ms(hub), hub_mono_ms(hub));
	ev_timer_start(loop_ev(loop), &hub->poll);
	posts_count(hub);
	hub_wake(hub);
	return hub;
}

void hub_destroy(struct hub *hub)
{
	if (!hub)
		return;
	ev_timer_stop(loop_ev(hub->loop), &hub->due);
	ev_timer_stop(loop_ev(hub->loop), &hub->poll);
	posts_finish(hub);
	while (hub->batches)
		batch_destroy(hub->batches);
	fanout_finish(hub);
	verify_finish(hub);
	external_finish(hub);
	readers_destroy(hub->readers);
	docs_finish(hub);
	deliveries_destroy(hub->deliveries);
	free_policy(hub);
	free(hub);
}
