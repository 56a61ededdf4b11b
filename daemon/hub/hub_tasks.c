/*
 * hub_tasks.c: retries. Each attempt brings the newest content of its topic; a task
 * ends when that has arrived, when the subscriber says 410, or when it has failed for
 * too long. The subscription itself stays until its lease ends (W3C WebSub 7).
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/control/log.h"
#include "daemon/hub/hub_internal.h"
#include "feeds/base/mem.h"

enum { GRACE_MS = 60 * 1000 };

/* For the metrics; what was never sent has taken no time. */
static void measure(struct hub *hub, const struct hub_batch *batch,
	const struct batch_item *item, const struct transfer_result *result)
{
	int64_t age = publications_age_ms(&hub->publications, batch->seq, hub_mono_ms(hub));

	if (!result->is_untried)
		histogram_add(&hub->counts.attempts, (double)result->latency_ms / 1000.);
	if (item->state == ITEM_OK && age >= 0)
		histogram_add(&hub->counts.lateness, (double)age / 1000.);
}

static void record(const struct hub_batch *batch, const struct batch_item *item,
	const struct transfer_result *result)
{
	static const enum delivery_outcome outcomes[] = {
		[ITEM_OK] = DELIVERY_OK,
		[ITEM_FAILED] = DELIVERY_FAILED,
		[ITEM_GIVEN_UP] = DELIVERY_GIVEN_UP,
		[ITEM_GONE] = DELIVERY_GONE,
	};

	deliveries_add(batch->hub->deliveries, &(struct delivery){
		.sub_id = item->id,
		.at_ms = hub_wall_ms(batch->hub),
		.seq = batch->seq,
		.latency_ms = result->latency_ms,
		.outcome = outcomes[item->state],
		.status = result->status,
		.attempt = item->attempts + 1,
		.why = item->state == ITEM_OK ? NULL : result->why,
	});
	measure(batch->hub, batch, item, result);
	private_report(batch, item, result);
}

/* Until the attempt after RESULT; -1 = it is given up. */
static int64_t again_in(struct hub *hub, const struct batch_item *item,
	const struct transfer_result *result)
{
	const struct retry_policy policy = {hub->policy.retry_first_ms,
		hub->policy.retry_max_ms, hub->policy.retry_give_up_ms};
	int64_t age = item->first_failed_ms ? hub_wall_ms(hub) - item->first_failed_ms : 0;

	if (age < 0)
		age = 0;
	if (result->is_untried)
		return retry_untried_ms(&policy, age, result->retry_after_ms, hub_random(hub));
	return retry_delay_ms(&policy, item->attempts + 1, age, result->retry_after_ms,
		hub_random(hub));
}

static void fail(struct hub_batch *batch, struct batch_item *item,
	const struct transfer_result *result)
{
	struct hub *hub = batch->hub;

	hub->counts.failed++;
	item->why = mem_strdup(result->why);
	item->delay_ms = again_in(hub, item, result);
	item->state = item->delay_ms < 0 ? ITEM_GIVEN_UP : ITEM_FAILED;
	log_debug("hub: delivery failed subscription=%lld topic=%s why=\"%s\"",
		(long long)item->id, batch->topic, item->why);
	if (item->state == ITEM_GIVEN_UP) {
		hub->counts.given_up++;
		log_warn("hub: delivery given up subscription=%lld topic=%s why=\"%s\"",
			(long long)item->id, batch->topic, item->why);
	}
}

void tasks_judge(struct hub_batch *batch, struct batch_item *item,
	const struct transfer_result *result)
{
	struct hub *hub = batch->hub;

	free(item->why);
	item->why = NULL;
	if (result->outcome == TRANSFER_SUPERSEDED) {
		item->state = ITEM_OK; /* its successor has its own item */
		return;
	}
	if (result->outcome == TRANSFER_OK) {
		item->state = ITEM_OK;
		hub->counts.delivered++;
		readers_pushed(hub->readers, item->id, batch->topic, result->on_behalf_of,
			hub_wall_ms(hub));
	} else if (result->outcome == TRANSFER_GONE) {
		item->state = ITEM_GONE;
		hub->counts.gone++;
		log_info("hub: gone subscription=%lld topic=%s", (long long)item->id,
			batch->topic);
	} else {
		fail(batch, item, result);
	}
	record(batch, item, result);
}

void tasks_settle(struct hub_batch *batch, const struct batch_item *item)
{
	struct store *store = batch->hub->store;

	switch (item->state) {
	case ITEM_OPEN:
		break;
	case ITEM_OK:
		task_done(store, item->id, batch->seq);
		break;
	case ITEM_FAILED:
		task_retry(store, item->id, item->delay_ms, item->why);
		break;
	case ITEM_GIVEN_UP:
		task_retry(store, item->id, -1, item->why);
		break;
	case ITEM_GONE:
		sub_remove(store, item->id);
		break;
	}
}

void tasks_result(struct hub_batch *batch, const struct transfer_result *result)
{
	struct batch_item *item = batch_find(batch, result->sub_id);

	if (result->was_slow)
		batch->slow--;
	else
		batch->open--;
	if (result->outcome == TRANSFER_SLOW) {
		batch->slow++; /* it stays claimed until the second result */
	} else if (item) {
		tasks_judge(batch, item, result);
		tasks_settle(batch, item);
	}
	if (batch->open + batch->slow == 0) {
		hub_arm(batch->hub);
		batch_destroy(batch);
	}
}

static void on_body(struct hub_batch *batch)
{
	static const struct transfer_result unmade = {
		.retry_after_ms = -1, .why = "its content could not be made"};
	struct hub *hub = batch->hub;
	bool is_gone;

	if (batch->body) {
		batch_send(batch);
		return;
	}
	/* where the document is gone, so is what was owed */
	is_gone = !hub->events->is_topic(hub->context, batch->topic);
	if (is_gone)
		batch_tell_withdrawn(batch);
	for (size_t i = 0; i < batch->count; i++)
		task_retry(hub->store, batch->items[i].id,
			is_gone ? -1 : again_in(hub, &batch->items[i], &unmade),
			is_gone ? "withdrawn" : unmade.why);
	hub_arm(hub);
	batch_destroy(batch);
}

static size_t task_max(const struct hub *hub)
{
	size_t room = batch_room(hub, hub->is_urgent ? PRIORITY_KILL : PRIORITY_REST);
	size_t chunk = (size_t)hub->policy.chunk;

	return room < chunk ? room : chunk;
}

/* Where the body of a task's delivery begins. */
static int64_t since_of(const struct store_sub *row)
{
	return row->wants_changes ? row->delivered_seq : 0;
}

static bool may_share(const struct store_sub *a, const struct store_sub *b)
{
	return since_of(a) == since_of(b) && strcmp(a->topic, b->topic) == 0;
}

static void start(struct hub *hub, const struct store_sub *const *rows, size_t count)
{
	struct hub_batch *batch = batch_of_subs(hub, BATCH_TASKS, rows, count);

	batch->since = since_of(rows[0]);
	batch_fetch(batch, INT64_MAX, on_body);
}

static void on_tasks(void *context, const struct store_sub *rows, size_t count)
{
	struct hub *hub = context;
	const struct store_sub **same = mem_alloc((count + 1) * sizeof(*same));
	bool *is_taken = mem_alloc(count + 1);

	hub->is_claiming_tasks = false;
	hub->had_nothing = count == 0;
	hub->tasks_due = count > 0;
	/* they come in the order of their priorities */
	hub->is_urgent = count > 0 && rows[count - 1].priority >= PRIORITY_CORRECTION;
	for (size_t i = 0; i < count; i++) {
		size_t n = 0;

		if (is_taken[i])
			continue;
		for (size_t k = i; k < count; k++) {
			if (is_taken[k] || !may_share(&rows[k], &rows[i]))
				continue;
			is_taken[k] = true;
			same[n++] = &rows[k];
		}
		start(hub, same, n);
	}
	free(is_taken);
	free(same);
	if (count == 0)
		hub_arm(hub);
	hub_pump(hub);
}

void tasks_pump(struct hub *hub)
{
	size_t max = task_max(hub);

	if (!hub->tasks_due || hub->is_claiming_tasks || hub->is_draining || hub->is_held ||
		max == 0)
		return;
	hub->is_claiming_tasks = true;
	task_claim(hub->store, max, 2 * hub->policy.total_ms + GRACE_MS, on_tasks, hub);
}
