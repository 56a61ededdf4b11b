/*
 * transfer.c: see transfer.h. Which item starts when:
 *
 * Each host has a queue, in which a kill goes before a correction and so on, and a window
 * (window.h). Hosts that may start something stand in a ring, those with something urgent
 * in one that comes before; the first one starts up to a quantum of its items, so that its
 * connections are used while they are warm, and goes to the end. At most `in_flight` items are in
 * the fast lane. One that has not answered within its soft deadline is reported as
 * SLOW, counts as a failure of its host, gives its place back and goes on in the slow
 * lane, which is as big again; when that is full its oldest item is cut off.
 *
 * Nothing in a batch waits for the dead. What is queued for a host that turns out to be
 * dead fails at once, with the time of the next probe as its Retry-After; or, while the
 * host may only be slow, is reported as SLOW at once and started in the slow lane, a
 * few at a time.
 *
 * libcurl's own MAX_HOST_CONNECTIONS is not used: its pending list is one FIFO for all.
 */
#include "daemon/hub/transfer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/hub/transfer_internal.h"
#include "feeds/base/map.h"
#include "feeds/base/mem.h"

enum {
	QUANTUM = 32,
	STARTS_PER_TURN = 64,      /* so that answers are not kept waiting */
	SLOW_PER_HOST = 8,         /* started in the slow lane */
	LARGE_PART = 8,            /* an eighth of what is queued */
	SOFT_LEAST_MS = 100,
};

static const double tick_s = 0.02;

/* ---- lists ---- */

static void list_add(struct transfer_list *list, struct transfer *transfer)
{
	transfer->prev = list->last;
	transfer->next = NULL;
	if (list->last)
		list->last->next = transfer;
	else
		list->first = transfer;
	list->last = transfer;
	list->count++;
}

static void list_remove(struct transfer_list *list, struct transfer *transfer)
{
	if (transfer->prev)
		transfer->prev->next = transfer->next;
	else
		list->first = transfer->next;
	if (transfer->next)
		transfer->next->prev = transfer->prev;
	else
		list->last = transfer->prev;
	list->count--;
}

static void release(struct transfer *transfer)
{
	struct batch *batch = transfer->batch;

	if (--batch->left == 0) {
		transfer_request_destroy(batch->request);
		free(batch);
	}
	free(transfer);
}

/* ---- start, slow, end ---- */

/* One that is in no list. */
static void fail_unstarted(struct transfer_engine *engine, struct transfer *transfer,
	int64_t now)
{
	const struct window *window = &transfer->host->window;
	struct transfer_result *result = result_create(engine, transfer, TRANSFER_FAILED,
		"host does not answer");

	result->is_untried = true;
	if (window->dead_until_ms > now)
		result->retry_after_ms = window->dead_until_ms - now;
	result_give(engine, result);
	release(transfer);
}

static void enqueue(struct transfer_engine *engine, struct transfer *transfer)
{
	struct host *host = transfer->host;

	list_add(&host->queues[transfer->batch->request->priority], transfer);
	host->queued++;
	engine->queued++;
}

/* What waits for the same subscription at a lower priority is older: sent behind this it would
 * bring back what a kill has taken away. */
static void supersede(struct transfer_engine *engine, const struct transfer *newer)
{
	struct host *host = newer->host;
	struct transfer *next;

	for (int i = 0; i < (int)newer->batch->request->priority; i++) {
		for (struct transfer *at = host->queues[i].first; at; at = next) {
			next = at->next;
			if (at->item->sub_id != newer->item->sub_id || !at->batch->request->body ||
				at->batch->request->is_trusted)
				continue;
			list_remove(&host->queues[i], at);
			host->queued--;
			engine->queued--;
			result_give(engine, result_create(engine, at, TRANSFER_SUPERSEDED,
				"superseded"));
			release(at);
		}
	}
}

/* Of a queue that is not empty. */
static struct transfer *dequeue(struct transfer_engine *engine, struct host *host)
{
	int priority = PRIORITY_KILL;
	struct transfer *transfer;

	while (!host->queues[priority].first)
		priority--;
	transfer = host->queues[priority].first;
	list_remove(&host->queues[priority], transfer);
	host->queued--;
	engine->queued--;
	return transfer;
}

/* Empties the queue of a dead host. */
static void drop_queue(struct transfer_engine *engine, struct host *host, int64_t now)
{
	while (host->queued) {
		struct transfer *transfer = dequeue(engine, host);

		if (host->slow == 0) {
			fail_unstarted(engine, transfer, now);
			continue;
		}
		list_add(&engine->waiting, transfer);
		host->waiting++;
		transfer->is_slow = true;
		result_give(engine, result_create(engine, transfer, TRANSFER_SLOW, "host is slow"));
		transfer->started_ms = now;
	}
}

static struct shard *shard_of(struct transfer_engine *engine, const struct host *host)
{
	/* other bits than transfer_shard: a worker sees only some of those */
	uint64_t hash = map_hash(host->key, strlen(host->key)) >> 32;

	if (strncmp(host->key, "https:", 6) == 0)
		return &engine->shards[hash % TLS_SHARDS];
	return &engine->shards[TLS_SHARDS + hash % PLAIN_SHARDS];
}

static void start_one(struct transfer_engine *engine, struct host *host, int64_t now)
{
	struct transfer *transfer = dequeue(engine, host);

	list_add(&engine->fast, transfer);
	window_start(&host->window);
	transfer->started_ms = now;
	sender_start(shard_of(engine, host), transfer);
}

/* How many connections a host gets at the most. All hosts' together should be no more than
 * are kept open: past that each publication would open all of them anew, which costs far
 * more than to wait for one that is open. Who has a large part of what is queued gets
 * more: nobody else's turn could be used for it. */
static int host_limit(const struct transfer_engine *engine, const struct host *host)
{
	int kept = CONNECTIONS * 3 / 4 / (int)(engine->hosts->count + 1);
	int most = engine->policy.per_host, queued = engine->queued;

	if (queued < engine->policy.in_flight)
		queued = engine->policy.in_flight;
	if (host->queued >= queued / LARGE_PART || kept >= most)
		return most;
	return kept > 1 ? kept : 1;
}

/* How many may still start in this turn of the loop. Most of what a start costs, libcurl
 * does at its next timer, for all of them at once: a thread for a name, a socket. */
static int starts_left(struct transfer_engine *engine)
{
	int places = engine->policy.in_flight - engine->fast.count;
	double turn = ev_now(loop_ev(engine->loop));

	if (engine->turn < turn || engine->turn > turn) {
		engine->turn = turn;
		engine->starts = 0;
	}
	if (places > STARTS_PER_TURN - engine->starts)
		places = STARTS_PER_TURN - engine->starts;
	return places > 0 ? places : 0;
}

static void start_some(struct transfer_engine *engine, struct host *host, int count, int64_t now)
{
	for (; count > 0 && host->queued; count--) {
		engine->starts++;
		start_one(engine, host, now);
	}
}

/* Starts what may start. */
static void pump(struct transfer_engine *engine)
{
	int64_t now = loop_mono_ms(engine->loop);
	struct host *host;
	int left;

	while ((left = starts_left(engine)) && (host = hosts_take_ready(engine))) {
		int room = window_room(&host->window, host_limit(engine, host), now);

		if (room > QUANTUM)
			room = QUANTUM;
		start_some(engine, host, room < left ? room : left, now);
		if (window_is_dead(&host->window) && host->window.in_flight == 0)
			drop_queue(engine, host, now);
		if (host->queued &&
			window_room(&host->window, host_limit(engine, host), now) > 0)
			hosts_make_ready(engine, host);
	}
	if ((engine->fast.count || engine->waiting.count) && !ev_is_active(&engine->tick))
		ev_timer_again(loop_ev(engine->loop), &engine->tick);
	if (engine->starts >= STARTS_PER_TURN && !ev_is_active(&engine->more)) {
		ev_timer_set(&engine->more, 0., 0.);
		ev_timer_start(loop_ev(engine->loop), &engine->more);
	}
}

static void on_more(struct ev_loop *ev, ev_timer *timer, int events)
{
	(void)ev, (void)events;
	pump(timer->data);
}

static void after_failure(struct transfer_engine *engine, struct host *host,
	int64_t started_ms, int64_t now)
{
	window_failure(&host->window, started_ms, now);
	if (window_is_dead(&host->window))
		drop_queue(engine, host, now);
}

/* Whether a result says nothing against the host, whatever it thinks of the delivery. */
static bool is_alive(const struct transfer_result *result)
{
	if (result->outcome == TRANSFER_FORBIDDEN || result->outcome == TRANSFER_LATER)
		return true;
	return result->status > 0 && result->status < 500 && result->status != 429;
}

static void learn(struct host *host, const struct transfer_result *result)
{
	if (result->status == 0)
		return;
	host->usual_ms = host->usual_ms < 0 ? result->latency_ms :
		(7 * host->usual_ms + result->latency_ms + 4) / 8;
}

/* How long a delivery may hold its place: what is well beyond the host's usual will take
 * long, and there are others who wait for the place. */
static int64_t soft_limit(const struct transfer *transfer)
{
	int64_t most = transfer->batch->request->soft_ms;
	int64_t usual = transfer->host->usual_ms, limit;

	if (usual < 0)
		return most;
	limit = 8 * usual + SOFT_LEAST_MS;
	return limit < most ? limit : most;
}

static void settle(struct transfer_engine *engine, struct transfer *transfer,
	struct transfer_result *result)
{
	struct host *host = transfer->host;
	int64_t now = loop_mono_ms(engine->loop);

	sender_stop(transfer);
	learn(host, result);
	if (transfer->is_slow) {
		list_remove(&engine->slow, transfer);
		host->slow--;
		if (is_alive(result))
			window_late_success(&host->window, now);
		else
			window_late_failure(&host->window, transfer->started_ms, now);
	} else {
		list_remove(&engine->fast, transfer);
		if (is_alive(result))
			window_success(&host->window, engine->policy.per_host, now);
		else
			after_failure(engine, host, transfer->started_ms, now);
	}
	result_give(engine, result);
	release(transfer);
	if (host->queued)
		hosts_make_ready(engine, host);
}

void transfer_finished(struct transfer_engine *engine, struct transfer *transfer,
	CURLcode code)
{
	settle(engine, transfer, result_judge(engine, transfer, code));
	pump(engine);
}

static void make_slow(struct transfer_engine *engine, struct transfer *transfer, int64_t now)
{
	struct host *host = transfer->host;

	if (engine->slow.count >= engine->policy.in_flight) {
		struct transfer *oldest = engine->slow.first;

		settle(engine, oldest, result_create(engine, oldest, TRANSFER_FAILED,
			"timed out (too many slow ones)"));
	}
	list_remove(&engine->fast, transfer);
	transfer->is_slow = true;
	list_add(&engine->slow, transfer);
	host->slow++;
	result_give(engine, result_create(engine, transfer, TRANSFER_SLOW, "slow"));
	after_failure(engine, host, transfer->started_ms, now);
	if (host->queued)
		hosts_make_ready(engine, host);
}

/* A delivery whose status has come needs nothing more. */
static bool has_status(const struct transfer *transfer)
{
	return transfer->batch->request->body && transfer->sender->status;
}

static void check_soft(struct transfer_engine *engine, int64_t now)
{
	struct transfer *next;

	for (struct transfer *transfer = engine->fast.first; transfer; transfer = next) {
		next = transfer->next;
		if (now - transfer->started_ms < soft_limit(transfer))
			continue;
		if (has_status(transfer))
			settle(engine, transfer, result_judge(engine, transfer, CURLE_OK));
		else
			make_slow(engine, transfer, now);
	}
}

/* Half of the slow lane is left to those that become slow under way. */
static void pump_waiting(struct transfer_engine *engine, int64_t now)
{
	struct transfer *next;

	for (struct transfer *transfer = engine->waiting.first; transfer; transfer = next) {
		struct host *host = transfer->host;
		bool is_late = now - transfer->started_ms > transfer->batch->request->total_ms;

		next = transfer->next;
		if (is_late || (window_is_dead(&host->window) && host->slow == 0)) {
			list_remove(&engine->waiting, transfer);
			host->waiting--;
			fail_unstarted(engine, transfer, now);
		} else if (host->slow < SLOW_PER_HOST &&
			engine->slow.count <= engine->policy.in_flight / 2) {
			list_remove(&engine->waiting, transfer);
			host->waiting--;
			list_add(&engine->slow, transfer);
			host->slow++;
			transfer->started_ms = now;
			sender_start(shard_of(engine, host), transfer);
		}
	}
}

static void on_tick(struct ev_loop *ev, ev_timer *timer, int events)
{
	struct transfer_engine *engine = timer->data;
	int64_t now = loop_mono_ms(engine->loop);

	(void)events;
	check_soft(engine, now);
	pump_waiting(engine, now);
	pump(engine);
	if (!engine->fast.count && !engine->waiting.count)
		ev_timer_stop(ev, timer);
}

void transfer_start(struct transfer_engine *engine, struct transfer_request *request)
{
	struct batch *batch;

	if (request->count == 0) {
		transfer_request_destroy(request);
		return;
	}
	hosts_sweep(engine, loop_mono_ms(engine->loop));
	batch = mem_alloc(sizeof(*batch));
	batch->request = request;
	batch->left = request->count;
	for (size_t i = 0; i < request->count; i++) {
		struct transfer *transfer = mem_alloc(sizeof(*transfer));

		transfer->batch = batch;
		transfer->item = &request->items[i];
		transfer->host = hosts_find(engine, request->items[i].host_key);
		supersede(engine, transfer);
		if (request->priority >= PRIORITY_CORRECTION)
			window_hurry(&transfer->host->window, loop_mono_ms(engine->loop));
		enqueue(engine, transfer);
		hosts_make_ready(engine, transfer->host);
	}
	pump(engine);
}

/* ---- the engine ---- */

static void free_text(const char *text)
{
	void *copy;

	memcpy(&copy, &text, sizeof(copy));
	free(copy);
}

static void free_policy(struct transfer_engine *engine)
{
	char **list;

	for (size_t i = 0; i < engine->policy.allow_count; i++)
		free_text(engine->policy.allow[i]);
	memcpy(&list, &engine->policy.allow, sizeof(list));
	free(list);
	free_text(engine->policy.user_agent);
	free_text(engine->policy.ca_file);
}

void transfer_engine_set_limits(struct transfer_engine *engine, int in_flight, int per_host)
{
	engine->policy.in_flight = in_flight < 1 ? 1 : in_flight;
	engine->policy.per_host = per_host < 1 ? 1 : per_host;
}

void transfer_engine_set_policy(struct transfer_engine *engine,
	const struct transfer_policy *policy)
{
	char **allow = mem_alloc((policy->allow_count + 1) * sizeof(*allow));

	for (size_t i = 0; i < policy->allow_count; i++)
		allow[i] = mem_strdup(policy->allow[i]);
	free_policy(engine);
	engine->policy = *policy;
	memcpy(&engine->policy.allow, &allow, sizeof(allow));
	engine->policy.user_agent = mem_strdup(policy->user_agent);
	engine->policy.ca_file = mem_strdup(policy->ca_file);
	transfer_engine_set_limits(engine, policy->in_flight, policy->per_host);
	engine->addresses = (struct address_policy){
		.deny_private = policy->deny_private,
		.allow = engine->policy.allow,
		.allow_count = policy->allow_count,
	};
}

struct transfer_engine *transfer_engine_create(struct loop *loop, struct loop *to,
	void (*receive)(struct message *result), void *context,
	const struct transfer_policy *policy)
{
	struct transfer_engine *engine = mem_alloc(sizeof(*engine));

	if (curl_global_init(CURL_GLOBAL_ALL) != CURLE_OK)
		abort();
	engine->loop = loop;
	engine->to = to;
	engine->receive = receive;
	engine->context = context;
	engine->signs = sign_cache_create();
	engine->networks = flood_create();
	hosts_init(engine);
	ev_init(&engine->tick, on_tick);
	ev_init(&engine->more, on_more);
	engine->more.data = engine;
	results_init(engine);
	engine->tick.repeat = tick_s;
	engine->tick.data = engine;
	transfer_engine_set_policy(engine, policy);
	for (size_t i = 0; i < CURL_SHARDS; i++)
		shard_init(&engine->shards[i], engine,
			CONNECTIONS / (i < TLS_SHARDS ? TLS_SHARDS : PLAIN_SHARDS));
	return engine;
}

static void drop_list(struct transfer_list *list)
{
	struct transfer *transfer;

	while ((transfer = list->first)) {
		list_remove(list, transfer);
		if (transfer->sender)
			sender_stop(transfer);
		release(transfer);
	}
}

void transfer_engine_destroy(struct transfer_engine *engine)
{
	struct map_entry entry;
	size_t cursor = 0;

	if (!engine)
		return;
	drop_list(&engine->fast);
	drop_list(&engine->slow);
	drop_list(&engine->waiting);
	while (map_next(engine->hosts, &cursor, &entry)) {
		struct host *host = entry.value;

		for (int i = 0; i <= PRIORITY_KILL; i++)
			drop_list(&host->queues[i]);
	}
	hosts_finish(engine);
	for (size_t i = 0; i < CURL_SHARDS; i++)
		shard_finish(&engine->shards[i]);
	ev_timer_stop(loop_ev(engine->loop), &engine->tick);
	ev_timer_stop(loop_ev(engine->loop), &engine->more);
	results_finish(engine);
	sign_cache_destroy(engine->signs);
	flood_destroy(engine->networks);
	free_policy(engine);
	free(engine);
	curl_global_cleanup();
}
