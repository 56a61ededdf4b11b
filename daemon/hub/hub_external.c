/*
 * hub_external.c: tells other hubs that topics changed (PubSubHubbub 0.3 section 7.1: a POST
 * with hub.mode=publish and a hub.url for each). Each hub is told one thing at a time; what
 * changes meanwhile goes into the next ping, once per topic. What a hub has been told is in
 * the store, so that nothing is forgotten while it or we are away, and nothing repeated.
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/control/log.h"
#include "daemon/hub/callback.h"
#include "daemon/hub/hub_internal.h"
#include "daemon/hub/topic.h"
#include "daemon/loop/loop.h"
#include "feeds/base/buf.h"
#include "feeds/base/mem.h"

/* Some hubs drop what is beyond the tenth without a word. */
enum { URLS_AT_ONCE = 10 };

struct external {
	struct hub *hub;
	char *url, *host_key;      /* own */
	bool is_due;               /* there may be something to tell */
	bool is_busy;              /* asking the store, or telling */
	int failures;              /* in a row */
	int64_t not_before;        /* monotonic */
	int64_t seq;               /* of the newest change in the ping */
	ev_timer again;
};

/* URL=VALUE to a form. */
static void add_pair(struct buf *form, const char *name, const char *value)
{
	struct buf query = {0};

	/* a query is written like a form */
	buf_add_char(&query, '?');
	callback_add_parameter(&query, name, value);
	if (form->len)
		buf_add_char(form, '&');
	buf_add_str(form, query.bytes + 1);
	buf_finish(&query);
}

/* What partners have by their tokens is nobody else's business. */
static bool is_public(const char *path)
{
	return strncmp(path, "/p/", 3) != 0;
}

/* NULL when there is nothing to tell. */
static struct transfer_body *make_body(const struct hub *hub,
	const struct store_change *changes, size_t count)
{
	struct buf form = {0};
	struct transfer_body *body;
	size_t told = 0;

	add_pair(&form, "hub.mode", "publish");
	for (size_t i = 0; i < count; i++) {
		struct buf url = {0};

		if (!is_public(changes[i].path))
			continue;
		told++;
		topic_add_url(hub->policy.base_url, changes[i].path, &url);
		add_pair(&form, "hub.url", buf_text(&url));
		buf_finish(&url);
	}
	body = !told ? NULL : transfer_body_create(form.bytes, form.len,
		"application/x-www-form-urlencoded", NULL);
	buf_finish(&form);
	return body;
}

static void ask(struct external *external);

static void send_ping(struct external *external, struct transfer_body *body)
{
	struct hub_batch *batch = batch_create(external->hub, BATCH_PING, 1);
	struct transfer_request *request = transfer_request_create(1);

	batch->external = external;
	batch->body = body;
	batch->requests[0] = request;
	request->is_trusted = true;
	request->items[0].url = mem_strdup(external->url);
	request->items[0].host_key = mem_strdup(external->host_key);
	batch_send(batch);
}

static void on_due(void *context, const struct store_change *changes, size_t count)
{
	struct external *external = context;
	struct hub *hub = external->hub;
	struct transfer_body *body = count && !hub->is_draining ?
		make_body(hub, changes, count) : NULL;

	if (body) {
		external->seq = changes[count - 1].seq;
		send_ping(external, body);
		return;
	}
	external->is_busy = false;
	if (count && !hub->is_draining) {
		external_told(hub->store, external->url, changes[count - 1].seq);
		external->is_due = true;
	}
	ask(external);
}

static void ask(struct external *external)
{
	struct hub *hub = external->hub;

	if (!external->is_due || external->is_busy || hub->is_draining || hub->is_quiet ||
		hub_mono_ms(hub) < external->not_before)
		return;
	external->is_due = false;
	external->is_busy = true;
	external_due(hub->store, external->url, URLS_AT_ONCE, on_due, external);
}

static void on_again(struct ev_loop *ev, ev_timer *timer, int events)
{
	(void)ev, (void)events;
	ask(timer->data);
}

/* For as long as it takes: what is pending does not grow. */
static void fail(struct external *external, const struct transfer_result *result)
{
	struct hub *hub = external->hub;
	const struct retry_policy policy = {hub->policy.retry_first_ms,
		hub->policy.retry_max_ms, INT64_MAX};
	int64_t wait = retry_delay_ms(&policy, ++external->failures, 0, result->retry_after_ms,
		hub_random(hub));

	log_warn("hub: external hub not told host=%s why=\"%s\" retry_ms=%lld",
		external->host_key, result->why, (long long)wait);
	external->not_before = hub_mono_ms(hub) + wait;
	ev_timer_stop(loop_ev(hub->loop), &external->again);
	ev_timer_set(&external->again, (double)wait / 1000.0, 0.0);
	ev_timer_start(loop_ev(hub->loop), &external->again);
}

void external_result(struct hub_batch *batch, const struct transfer_result *result)
{
	struct external *external = batch->external;
	struct hub *hub = batch->hub;

	if (result->outcome == TRANSFER_SLOW)
		return;
	external->is_busy = false;
	external->is_due = true;
	deliveries_add(hub->deliveries, &(struct delivery){
		.what = DELIVERY_PING,
		.host = external->host_key,
		.at_ms = hub_wall_ms(hub),
		.seq = external->seq,
		.latency_ms = result->latency_ms,
		.outcome = result->outcome == TRANSFER_OK ? DELIVERY_OK : DELIVERY_FAILED,
		.status = result->status,
		.attempt = external->failures + 1,
		.why = result->why,
	});
	if (result->outcome == TRANSFER_OK) {
		external->failures = 0;
		hub->counts.pings++;
		external_told(hub->store, external->url, external->seq);
		log_info("hub: external hub told host=%s", external->host_key);
		ask(external);
	} else {
		fail(external, result);
	}
	batch_destroy(batch);
}

void external_wake(struct hub *hub)
{
	for (size_t i = 0; i < hub->external_count; i++) {
		hub->externals[i].is_due = true;
		ask(&hub->externals[i]);
	}
}

void external_init(struct hub *hub)
{
	const struct hub_list *list = &hub->policy.external;

	hub->externals = mem_alloc((list->count + 1) * sizeof(*hub->externals));
	for (size_t i = 0; i < list->count; i++) {
		struct external *external = &hub->externals[hub->external_count];
		struct buf host_key = {0};
		const char *why;

		if (!callback_check(list->items[i], NULL, 0, &host_key, &why)) {
			log_error("hub: external hub left out: %s", why);
			buf_finish(&host_key);
			continue;
		}
		external->hub = hub;
		external->url = mem_strdup(list->items[i]);
		external->host_key = buf_take(&host_key, NULL);
		ev_init(&external->again, on_again);
		external->again.data = external;
		hub->external_count++;
	}
}

void external_finish(struct hub *hub)
{
	for (size_t i = 0; i < hub->external_count; i++) {
		struct external *external = &hub->externals[i];

		ev_timer_stop(loop_ev(hub->loop), &external->again);
		free(external->url);
		free(external->host_key);
	}
	free(hub->externals);
}
