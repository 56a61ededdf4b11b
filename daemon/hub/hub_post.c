/*
 * hub_post.c: what is posted to the endpoint (W3C WebSub 5.1): read, judged by our policy,
 * stored, and only then answered. Nothing here waits for the callback: the answer does not
 * depend on it.
 */
#include <stdlib.h>
#include <string.h>

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
};

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
		post->answer(post->context, 202, post->is_denial ?
			"Refused. The callback is told why.\n" :
			"Accepted. The callback is asked to confirm now.\n", 0);
		hub->pending += !post->is_denial;
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

/* It is taken (W3C WebSub 5.1 asks subscribers for https, no more), but the operator should
 * know what its deliveries are worth to them; the secret itself is written nowhere. */
static void note_open_secret(const struct hub *hub, const struct store_intent *intent)
{
	bool is_open = strncmp(hub->policy.hub_url, "http:", 5) == 0;

	if (intent->secret_len && is_open)
		log_info("hub: secret without TLS topic=%s host=%s", intent->topic,
			intent->host_key);
}

/* As it was asked for, or as the operator knows the host to want it. */
static enum sign_method choose_method(const struct hub_policy *policy,
	const struct request *request, const char *host_key)
{
	if (request->has_method)
		return request->method;
	for (size_t method = 0; method < SIGN_METHODS; method++) {
		const struct hub_list *hosts = &policy->signed_by[method];

		for (size_t i = 0; i < hosts->count; i++)
			if (callback_is_host(host_key, hosts->items[i]))
				return (enum sign_method)method;
	}
	return SIGN_SHA256;
}

static enum sub_initial choose_initial(const struct hub_policy *policy,
	const struct request *request)
{
	if (request->has_initial)
		return request->wants_initial ? INITIAL_ALWAYS : INITIAL_NO;
	return policy->gives_initial ? INITIAL_IF_NEW : INITIAL_NO;
}

static void on_counts(void *context, const struct store_counts *counts)
{
	((struct hub *)context)->pending = counts->intents;
}

static void store_intent(const struct hub_post *post, const struct store_intent *intent)
{
	struct hub *hub = post->hub;
	struct hub_post *kept = mem_alloc(sizeof(*kept));

	*kept = *post;
	kept->authorization = NULL;
	kept->is_denial = intent->mode == SUB_DENIED;
	kept->next = hub->posts;
	if (kept->next)
		kept->next->prev = kept;
	hub->posts = kept;
	sub_request(hub->store, intent, on_stored, kept);
}

static void store_request(const struct hub_post *post, const struct request *request,
	const char *topic, const char *host_key, const struct hub_verdict *verdict)
{
	struct hub *hub = post->hub;
	struct store_intent intent = {
		.mode = request->kind == REQUEST_SUBSCRIBE ? SUB_SUBSCRIBE : SUB_UNSUBSCRIBE,
		.topic = topic,
		.topic_asked = request->topic,
		.callback = request->callback,
		.host_key = host_key,
		.lease_s = grant(&hub->policy, request->lease_s),
		.secret = request->secret,
		.secret_len = request->secret_len,
		.method = choose_method(&hub->policy, request, host_key),
		.verify_token = request->verify_token,
		.wants_changes = request->has_payload ? request->wants_changes :
			verdict->prefers_changes,
		.initial = choose_initial(&hub->policy, request),
	};

	if (verdict->lease_most_s && intent.lease_s > verdict->lease_most_s)
		intent.lease_s = verdict->lease_most_s;
	log_info("hub: %s topic=%s host=%s", intent.mode == SUB_SUBSCRIBE ? "subscribe" :
		"unsubscribe", topic, host_key);
	note_open_secret(hub, &intent);
	store_intent(post, &intent);
}

/* The topic is repeated as it was asked for, but not the token in it: the callback may be
 * somebody else's. */
static void store_denial(const struct hub_post *post, const struct request *request,
	const char *topic, const char *host_key, const char *reason)
{
	size_t len = strcspn(request->topic, "?");
	char *asked = mem_strndup(request->topic, len);
	struct store_intent intent = {
		.mode = SUB_DENIED,
		.topic = topic,
		.topic_asked = asked,
		.callback = request->callback,
		.host_key = host_key,
		.reason = reason,
	};

	log_info("hub: subscription refused topic=%s host=%s why=\"%s\"", topic, host_key,
		reason);
	store_intent(post, &intent);
	free(asked);
}

/* To end one needs nobody's leave: the callback confirms it. */
static void subscribe_private(const struct hub_post *post, const struct request *request,
	const char *topic, const char *query)
{
	struct hub *hub = post->hub;
	struct buf host_key = {0};
	struct hub_verdict verdict = {0};
	const char *why;

	if (!callback_check(request->callback, hub->policy.ports, hub->policy.port_count,
		    &host_key, &why)) {
		refuse(post, 400, why);
	} else if (request->kind == REQUEST_SUBSCRIBE &&
		private_judge(hub, &(struct hub_question){topic, query, post->authorization,
			buf_text(&host_key), request->secret_len,
			!request->has_method || request->method == SIGN_SHA256}, &verdict)) {
		store_denial(post, request, topic, buf_text(&host_key), verdict.refusal);
	} else if (request->kind == REQUEST_SUBSCRIBE &&
		!hub->events->is_topic(hub->context, topic)) {
		store_denial(post, request, topic, buf_text(&host_key),
			"There is no such topic.");
	} else {
		store_request(post, request, topic, buf_text(&host_key), &verdict);
	}
	buf_finish(&host_key);
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

	if (!is_ours || topic_is_private(buf_text(&topic))) {
		refuse_topic(post);
	} else if (!callback_check(request->callback, policy->ports, policy->port_count,
		&host_key, &why)) {
		refuse(post, 400, why);
	} else if (hub->pending >= PENDING_MAX) {
		store_count(hub->store, on_counts, hub);
		answer_later(post, 503, "Too many requests wait to be verified.\n",
			BUSY_RETRY_S);
	} else {
		store_request(post, request, buf_text(&topic), buf_text(&host_key),
			&(struct hub_verdict){0});
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
	struct hub_post post = {.hub = hub, .answer = answer, .context = context,
		.authorization = call->authorization};
	struct buf path = {0};
	const char *query;
	struct arena *arena = arena_create();
	struct request request;
	char client[FLOOD_KEY_MAX];
	int64_t wait_ms;
	const char *why;
	int status;

	hub->counts.requests++;
	flood_client(call->client, client);
	wait_ms = *client ? flood_try(hub->clients, client, hub->policy.verify_client,
		hub_mono_ms(hub)) : 0;
	if (wait_ms > 0)
		answer_later(&post, 429, "Too many requests from your address.\n",
			(int)(wait_ms / 1000) + 1);
	else if (hub->is_draining)
		answer_later(&post, 503, "The hub is shutting down.\n", BUSY_RETRY_S);
	else if (!request_parse(arena, call->content_type, call->body, call->len, &request,
		&status, &why))
		refuse(&post, status, why);
	else if (request.kind == REQUEST_PUBLISH)
		ping(&post, &request);
	else if (private_find(hub, request.topic, &path, &query))
		subscribe_private(&post, &request, buf_text(&path), query);
	else
		subscribe(&post, &request);
	buf_finish(&path);
	arena_destroy(arena);
}

void posts_count(struct hub *hub)
{
	store_count(hub->store, on_counts, hub);
}

void posts_finish(struct hub *hub)
{
	while (hub->posts) {
		answer_later(hub->posts, 503, "The hub is shutting down.\n", BUSY_RETRY_S);
		post_end(hub->posts);
	}
}
