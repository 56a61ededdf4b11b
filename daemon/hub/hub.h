/*
 * hub.h: the WebSub hub on the main loop: subscription requests, verification of intent,
 * and fan-out of changed documents. It decides; the transfers themselves run on the
 * worker loops (transfer.h), reached through `send`.
 */
#ifndef DAEMON_HUB_H
#define DAEMON_HUB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/hub/deliveries.h"
#include "daemon/hub/flood.h"
#include "daemon/hub/readers.h"
#include "daemon/loop/histogram.h"
#include "daemon/store/store.h"

struct hub;
struct loop;
struct store;
struct store_doc;
struct transfer_request;
struct transfer_result;

struct hub_list {
	const char *const *items;
	size_t count;
};

struct hub_policy {
	const char *base_url;      /* "http://127.0.0.1:8080/": topics are below it */
	const char *hub_url;       /* NULL: not a hub, only a publisher that has external ones */
	struct hub_list external;  /* URLs of other hubs, which are told what changed */
	int64_t lease_default_s, lease_min_s, lease_max_s;
	int64_t retry_first_ms, retry_max_ms, retry_give_up_ms;
	int64_t connect_ms, soft_ms, total_ms; /* of one transfer */
	int chunk, in_flight, per_host;
	const int *ports;          /* allowed callback ports; count 0 = any */
	size_t port_count;
	/* hosts whose deliveries are signed with what, where they do not ask for it themselves;
	 * "*.example" is everything below "example" */
	struct hub_list signed_by[SIGN_METHODS];
	struct flood_rate verify_host, verify_client;
	bool gives_initial;        /* the present content to a new subscriber */
	bool is_held;              /* from hub_create to hub_release nothing is delivered: what
				    * the site does not know yet would pass for withdrawn */
};

enum { HUB_DIGEST = 32 };

/* Somebody asks for a private topic (topic_is_private). */
struct hub_question {
	const char *path;          /* of the topic, without query */
	const char *query;         /* of the topic as it was asked for; or NULL */
	const char *authorization; /* of the POST; or NULL */
	const char *host_key;      /* "https://host:443" of the callback */
	size_t secret_len;
	bool is_sha256;            /* how deliveries would be signed */
};

struct hub_verdict {
	const char *refusal;       /* for hub.reason; NULL: it may be */
	int64_t lease_most_s;      /* 0 = the policy's */
	bool prefers_changes;      /* hub.payload, where none is asked for */
};

/* An attempt to deliver a private topic ended. */
struct hub_delivery {
	const char *topic, *host_key;
	int64_t at_ms, latency_ms;
	int status, attempt;       /* status 0 = no answer */
	uint8_t digest[HUB_DIGEST]; /* SHA-256 of the body */
};

struct hub_events {
	/* Carry REQUEST (a heap object, ownership moves) to a worker; its transfer_result
	 * comes back through hub_transferred. */
	void (*send)(void *context, struct transfer_request *request);
	/* Whether a document path is a topic that exists. */
	bool (*is_topic)(void *context, const char *path);
	/* The document at TOPIC, not older than the publication SEQ: DONE is called once, with
	 * NULL when it is no more. */
	void (*content)(void *context, const char *topic, int64_t seq,
		void (*done)(void *done_context, const struct store_doc *doc),
		void *done_context);
	/* The document at TOPIC with only what changed after the publication SINCE (more than
	 * 0), or all of it where its format allows nothing else. DONE is called once, with
	 * NULL when it is no more; the seq of the document says up to where it tells, which
	 * may be before the newest publication when that is too much for one delivery. */
	void (*changes)(void *context, const char *topic, int64_t since,
		void (*done)(void *done_context, const struct store_doc *doc),
		void *done_context);
	/* Of private topics; both NULL: there are none. */
	void (*judge)(void *context, const struct hub_question *question,
		struct hub_verdict *verdict);
	void (*delivered)(void *context, const struct hub_delivery *delivery);
};

/* STORE, EVENTS and CONTEXT are borrowed and must outlive the hub; POLICY is copied. */
struct hub *hub_create(struct loop *loop, struct store *store,
	const struct hub_policy *policy, const struct hub_events *events, void *context);

/* NULL is accepted. Transfers in flight are forgotten; the store owes them still. */
void hub_destroy(struct hub *hub);

void hub_set_policy(struct hub *hub, const struct hub_policy *policy);

/* A POST to the endpoint. `answer` is called exactly once, later from the loop: 202 for
 * subscribe and unsubscribe (after the commit), 204 for publish pings, 4xx with a line of
 * explanation, 503 when it could not be stored. W3C WebSub 5.1. */
struct hub_call {
	const char *content_type;
	const void *body;
	size_t len;
	const char *client;        /* numeric address, for limits */
	const char *authorization; /* or NULL */
};
void hub_post(struct hub *hub, const struct hub_call *call,
	void (*answer)(void *context, int status, const char *text, int retry_after_s),
	void *context);

/* A publication was committed, with documents up to SEQ (0 = none): look for jobs now. */
void hub_published(struct hub *hub, int64_t seq);
/* Whether other hubs are left to another node, the one that publishes; at first they are not. */
void hub_set_quiet(struct hub *hub, bool is_quiet);
/* Looks for what is due now. */
void hub_wake(struct hub *hub);

/* Ends a subscription by decision of ours; its callback is told REASON (W3C WebSub 5.2). */
void hub_deny(struct hub *hub, int64_t sub_id, const char *reason);

/* Ends what policy.is_held began. */
void hub_release(struct hub *hub);

/* The site knows its topics now: what is subscribed to any other is ended, as hub_deny. */
void hub_review_topics(struct hub *hub);

/* The result of a transfer (ownership moves to the hub). Called on the main loop. */
void hub_transferred(struct hub *hub, struct transfer_result *result);

/* False for an hour after the wall clock jumped: no lease should be ended then. */
bool hub_trusts_clock(const struct hub *hub);

/* Graceful end: starts nothing new; `idle` once nothing is in flight. */
void hub_drain(struct hub *hub, void (*idle)(void *context), void *context);

struct hub_counts {
	uint64_t requests, verified, refused, denied, delivered, failed, gone, given_up, pings;
	int in_flight;
	struct histogram attempts; /* how long an attempt to deliver took */
	struct histogram lateness; /* from a publication since the start to its arrival */
};
void hub_get_counts(const struct hub *hub, struct hub_counts *out);

/* The last attempts for a subscription (0 = for all) since the start, see deliveries.h. */
size_t hub_deliveries(const struct hub *hub, int64_t sub_id, struct delivery *out, size_t max);

/* TOPIC (a path) was fetched by AGENT, a User-Agent that may say for how many. */
void hub_polled(struct hub *hub, const char *topic, const char *agent);
/* How many people read TOPIC (NULL = any) through others, see readers.h. */
void hub_readers(const struct hub *hub, const char *topic, struct readers_count *out);
/* The same of one subscription to TOPIC. */
int64_t hub_readers_behind(const struct hub *hub, int64_t sub_id, const char *topic);

#endif
