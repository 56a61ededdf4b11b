/*
 * hub_verify.c: verification of intent (W3C WebSub 5.3), a GET to the callback with a fresh
 * challenge, which it must echo exactly; and denial (5.2), a GET that asks nothing.
 *
 * Anybody can make the hub verify anybody, so that is bounded per callback host here, and
 * per network that its name leads to in transfer_curl.c. An intent that must wait gets a
 * reserved time and goes back to the store until then.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "daemon/control/log.h"
#include "daemon/hub/callback.h"
#include "daemon/hub/hub_internal.h"
#include "feeds/base/buf.h"
#include "feeds/base/mem.h"

enum {
	AT_ONCE = 64,
	GRACE_MS = 30 * 1000,
	POSTPONED_KEPT = 20000,
	TRIES = 3,
	CHALLENGE_BYTES = 32,
	RETRY_AFTER_MAX_MS = 3600 * 1000,
	DENY_AT_ONCE = 1000,
};

static const char withdrawn[] = "The feed was withdrawn.";

/* Until the second and third try: about five minutes in all. */
static const int64_t try_again_ms[TRIES - 1] = {30 * 1000, 240 * 1000};

/* An intent that was put back; in memory only: after a restart it queues again. */
struct postponed {
	int64_t id;
	int times;                 /* the store counted each as a try, which it was not */
	bool is_reserved;          /* when it comes back it may go at once */
};

static void forget_postponed(struct hub *hub, int64_t id)
{
	free(map_remove(&hub->postponed, (const char *)&id, sizeof(id)));
}

static void finish_postponed(struct hub *hub)
{
	struct map_entry entry;
	size_t cursor = 0;

	while (map_next(&hub->postponed, &cursor, &entry))
		free(entry.value);
	map_finish(&hub->postponed);
}

void verify_init(struct hub *hub)
{
	hub->hosts = flood_create();
	hub->clients = flood_create();
}

void verify_finish(struct hub *hub)
{
	flood_destroy(hub->hosts);
	flood_destroy(hub->clients);
	finish_postponed(hub);
}

static struct postponed *find_postponed(struct hub *hub, int64_t id)
{
	struct postponed *entry = map_get(&hub->postponed, (const char *)&id, sizeof(id));

	if (entry)
		return entry;
	/* those whose intent was replaced are never asked for again */
	if (hub->postponed.count >= POSTPONED_KEPT)
		finish_postponed(hub);
	entry = mem_alloc(sizeof(*entry));
	entry->id = id;
	map_put(&hub->postponed, (const char *)&entry->id, sizeof(entry->id), entry);
	return entry;
}

static void put_back(struct hub *hub, int64_t id, int64_t wait_ms)
{
	struct postponed *entry = find_postponed(hub, id);

	entry->times++;
	intent_fail(hub->store, id, wait_ms);
}

/* True if INTENT has to wait and was put back; else *TRIES_OUT counts its tries with this
 * one. */
static bool postpone(struct hub *hub, const struct store_intent *intent, int *tries_out)
{
	struct postponed *entry = map_get(&hub->postponed, (const char *)&intent->id,
		sizeof(intent->id));
	int64_t wait = 0;

	*tries_out = intent->tries - (entry ? entry->times : 0);
	if (entry && entry->is_reserved)
		entry->is_reserved = false;
	else if (intent->mode != SUB_DENIED) /* they had agreed to hear from us */
		wait = flood_reserve(hub->hosts, intent->host_key, hub->policy.verify_host,
			hub_mono_ms(hub));
	if (wait == 0)
		return false;
	put_back(hub, intent->id, wait);
	find_postponed(hub, intent->id)->is_reserved = true;
	return true;
}

/* 64 characters that nothing between here and there escapes. */
static char *make_challenge(void)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	unsigned char bytes[CHALLENGE_BYTES];
	char *text = mem_alloc(CHALLENGE_BYTES * 4 / 3 + 2);
	unsigned bits = 0, held = 0;
	size_t len = 0;

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		abort();
	for (size_t i = 0; i < sizeof(bytes); i++) {
		held = held << 8 | bytes[i];
		for (bits += 8; bits >= 6; bits -= 6)
			text[len++] = alphabet[held >> (bits - 6) & 63];
	}
	text[len++] = alphabet[held << (6 - bits) & 63];
	return text;
}

static void add_verification(struct buf *url, const struct store_intent *intent,
	const char *challenge)
{
	char lease[24];

	callback_add_parameter(url, "hub.challenge", challenge);
	if (intent->mode == SUB_SUBSCRIBE) {
		snprintf(lease, sizeof(lease), "%lld", (long long)intent->lease_s);
		callback_add_parameter(url, "hub.lease_seconds", lease);
	}
	if (intent->verify_token)
		callback_add_parameter(url, "hub.verify_token", intent->verify_token);
}

/* CHALLENGE is NULL for a denial. */
static char *make_url(const struct store_intent *intent, const char *challenge)
{
	static const char *const modes[] = {
		[SUB_SUBSCRIBE] = "subscribe",
		[SUB_UNSUBSCRIBE] = "unsubscribe",
		[SUB_DENIED] = "denied",
	};
	struct buf url = {0};

	buf_add_str(&url, intent->callback);
	callback_add_parameter(&url, "hub.mode", modes[intent->mode]);
	callback_add_parameter(&url, "hub.topic", intent->topic_asked);
	if (challenge)
		add_verification(&url, intent, challenge);
	else if (intent->reason)
		callback_add_parameter(&url, "hub.reason", intent->reason);
	return buf_take(&url, NULL);
}

static void start(struct hub *hub, const struct store_intent *intent, int tries)
{
	struct hub_batch *batch = batch_create(hub, BATCH_VERIFY, 1);
	struct transfer_request *request = transfer_request_create(1);

	batch->items[0].id = intent->id;
	batch->tries = tries;
	batch->is_denial = intent->mode == SUB_DENIED;
	batch->owes_initial = intent->initial != INITIAL_NO;
	batch->topic = mem_strdup(intent->topic);
	batch->host_key = mem_strdup(intent->host_key);
	batch->requests[0] = request;
	if (!batch->is_denial)
		request->expect = make_challenge();
	request->items[0].sub_id = intent->id;
	request->items[0].url = make_url(intent, request->expect);
	request->items[0].host_key = mem_strdup(intent->host_key);
	hub->verifying++;
	batch_send(batch);
}

static void on_intents(void *context, const struct store_intent *rows, size_t count)
{
	struct hub *hub = context;

	hub->is_claiming_intents = false;
	hub->had_nothing = count == 0;
	hub->intents_due = count > 0;
	for (size_t i = 0; i < count; i++) {
		int tries;

		if (!postpone(hub, &rows[i], &tries))
			start(hub, &rows[i], tries);
	}
	if (count == 0)
		hub_arm(hub);
	hub_pump(hub);
}

void verify_pump(struct hub *hub)
{
	if (!hub->intents_due || hub->is_claiming_intents || hub->is_draining ||
		hub->verifying >= AT_ONCE)
		return;
	hub->is_claiming_intents = true;
	intent_claim(hub->store, (size_t)(AT_ONCE - hub->verifying),
		2 * hub->policy.total_ms + GRACE_MS, on_intents, hub);
}

/* ---- the end of one ---- */

static void on_confirmed(void *context, enum store_status status)
{
	struct hub_batch *batch = context;
	struct hub *hub = batch->hub;

	if (status == STORE_OK) {
		hub->counts.verified++;
		hub->pending--;
		log_info("hub: verified topic=%s host=%s", batch->topic, batch->host_key);
		hub->tasks_due = hub->tasks_due || batch->owes_initial;
	}
	/* BUSY: it becomes due again by itself; LOST: a newer request took its place */
	batch_destroy(batch);
	hub_arm(hub);
	hub_pump(hub);
}

static bool may_try_again(const struct hub_batch *batch,
	const struct transfer_result *result)
{
	if (result->outcome != TRANSFER_FAILED || batch->tries >= TRIES)
		return false;
	return result->status == 0 || result->status >= 500 || result->status == 429;
}

static int64_t again_in(const struct hub_batch *batch, const struct transfer_result *result)
{
	int64_t wait = try_again_ms[batch->tries > 1 ? 1 : 0];

	if (wait >= result->retry_after_ms)
		return wait;
	return result->retry_after_ms < RETRY_AFTER_MAX_MS ? result->retry_after_ms :
		RETRY_AFTER_MAX_MS;
}

static void end_intent(struct hub_batch *batch, int64_t id, int64_t again_ms)
{
	struct hub *hub = batch->hub;

	if (again_ms < 0)
		forget_postponed(hub, id);
	intent_fail(hub->store, id, again_ms);
	batch_destroy(batch);
	hub_arm(hub);
}

/* W3C WebSub 5.2: what is answered to a denial does not matter. */
static void denied(struct hub_batch *batch, const struct transfer_result *result)
{
	bool is_heard = result->status > 0;
	int64_t again = !is_heard && may_try_again(batch, result) ? again_in(batch, result) : -1;

	deliveries_add(batch->hub->deliveries, &(struct delivery){
		.what = DELIVERY_DENIAL,
		.host = batch->host_key,
		.at_ms = hub_wall_ms(batch->hub),
		.latency_ms = result->latency_ms,
		.outcome = is_heard ? DELIVERY_OK : again < 0 ? DELIVERY_GIVEN_UP : DELIVERY_FAILED,
		.status = result->status,
		.attempt = batch->tries,
		.why = is_heard ? "" : result->why,
	});
	if (again < 0)
		log_info("hub: denied topic=%s host=%s heard=%s", batch->topic, batch->host_key,
			is_heard ? "yes" : "no");
	end_intent(batch, result->sub_id, again);
}

static void refused(struct hub_batch *batch, const struct transfer_result *result)
{
	struct hub *hub = batch->hub;
	int64_t again = may_try_again(batch, result) ? again_in(batch, result) : -1;

	if (again < 0) {
		hub->counts.refused++;
		hub->pending--;
	}
	log_info("hub: verification failed topic=%s host=%s why=\"%s\" %s", batch->topic,
		batch->host_key, result->why, again < 0 ? "final" : "retry");
	end_intent(batch, result->sub_id, again);
}

void verify_result(struct hub_batch *batch, const struct transfer_result *result)
{
	struct hub *hub = batch->hub;

	if (result->outcome == TRANSFER_SLOW)
		return;
	hub->verifying--;
	if (batch->is_denial) {
		denied(batch, result);
	} else if (result->outcome == TRANSFER_OK) {
		forget_postponed(hub, result->sub_id);
		sub_confirm(hub->store, result->sub_id, on_confirmed, batch);
	} else if (result->outcome == TRANSFER_LATER) {
		put_back(hub, result->sub_id, result->retry_after_ms);
		batch_destroy(batch);
		hub_arm(hub);
	} else {
		refused(batch, result);
	}
}

/* ---- denial ---- */

struct denial {
	struct hub *hub;
	char *topic;               /* owns; NULL = what was deleted */
};

static void deny_topic(struct denial *denial);

static void on_denied(void *context, size_t count)
{
	struct denial *denial = context;
	struct hub *hub = denial->hub;

	if (count) {
		log_info("hub: subscriptions ended count=%zu why=\"%s\"", count, withdrawn);
		hub->counts.denied += count;
		hub->intents_due = true;
		hub_pump(hub);
	}
	if (count == DENY_AT_ONCE) {
		deny_topic(denial);
		return;
	}
	hub->is_denying = hub->is_denying && denial->topic;
	free(denial->topic);
	free(denial);
}

static void deny_topic(struct denial *denial)
{
	sub_deny_topic(denial->hub->store, denial->topic, DENY_AT_ONCE, withdrawn, on_denied,
		denial);
}

static void begin_denial(struct hub *hub, const char *topic)
{
	struct denial *denial = mem_alloc(sizeof(*denial));

	denial->hub = hub;
	denial->topic = mem_strdup(topic);
	deny_topic(denial);
}

void verify_deny_withdrawn(struct hub *hub)
{
	if (hub->is_denying || hub->is_draining)
		return;
	hub->is_denying = true;
	begin_denial(hub, NULL);
}

static void on_topics(void *context, const char *const *topics, size_t count)
{
	struct hub *hub = context;

	for (size_t i = 0; i < count; i++)
		if (!hub->events->is_topic(hub->context, topics[i]))
			begin_denial(hub, topics[i]);
}

void hub_review_topics(struct hub *hub)
{
	sub_topics(hub->store, on_topics, hub);
}

void hub_deny(struct hub *hub, int64_t sub_id, const char *reason)
{
	hub->counts.denied++;
	log_info("hub: subscription ended id=%lld why=\"%s\"", (long long)sub_id, reason);
	sub_deny(hub->store, sub_id, reason);
	hub->intents_due = true;
	hub_pump(hub);
}
