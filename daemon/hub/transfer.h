/*
 * transfer.h: outgoing HTTP for one worker loop: verification GETs and delivery POSTs by
 * libcurl's multi interface on libev. Judges every address at connect time, signs, never
 * follows a redirect, drops what the other side sends beyond a few KB.
 */
#ifndef DAEMON_HUB_TRANSFER_H
#define DAEMON_HUB_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/hub/flood.h"
#include "daemon/loop/loop.h"
#include "daemon/store/store.h"

struct transfer_engine;

/* A delivery's body: immutable, counted atomically, shared by all deliveries. */
struct transfer_body;
struct transfer_body *transfer_body_create(const void *bytes, size_t len,
	const char *content_type, const char *link);
struct transfer_body *transfer_body_ref(struct transfer_body *body);
void transfer_body_unref(struct transfer_body *body);

/* One batch: what the hub hands to a worker. Everything is owned by the request. */
struct transfer_item {
	int64_t sub_id;            /* or the intent's id */
	char *url;                 /* the callback, complete */
	char *host_key;
	void *secret;              /* wiped and freed */
	size_t secret_len;
	enum sign_method method;
};
struct transfer_request {
	struct message message;
	void *batch;               /* the hub's own; comes back in each result */
	struct transfer_body *body; /* NULL = a GET; else a POST of it */
	char *expect;              /* GET: the exact body that confirms (the challenge); NULL
				    * for a denial, which nothing confirms */
	enum store_priority priority; /* its items go before those of a lower one */
	bool is_trusted;           /* the operator chose where to: no address is refused */
	int64_t connect_ms, soft_ms, total_ms;
	struct transfer_item *items;
	size_t count;
};
struct transfer_request *transfer_request_create(size_t count);
void transfer_request_destroy(struct transfer_request *request);

/* A stable number for a host key. The hub puts items with the same number (modulo
 * TRANSFER_SHARDS) into one request; who carries requests to workers should pick the
 * worker by it, so that a host's window and connections are in one place. */
enum { TRANSFER_SHARDS = 16 };
size_t transfer_shard(const char *host_key);

enum transfer_outcome {
	TRANSFER_OK,       /* 2xx; for a GET also the expected body */
	TRANSFER_GONE,     /* 410 */
	TRANSFER_FAILED,   /* any other answer, refused, reset, timed out, wrong body */
	TRANSFER_FORBIDDEN,/* the address policy refuses it */
	TRANSFER_LATER,    /* a verification that was not tried: its network has had many */
	TRANSFER_SUPERSEDED, /* not sent: something more urgent for the same subscription came */
	TRANSFER_SLOW,     /* soft deadline passed; goes on, a second result will come */
};

/* One per item (two for a SLOW one), sent as a message to the hub's loop. */
struct transfer_result {
	struct message message;
	void *context;             /* what transfer_engine_create was given */
	void *batch;
	int64_t sub_id;
	enum transfer_outcome outcome;
	bool was_slow;             /* this is the second result of a slow one */
	bool is_untried;           /* the host is dead: retry_after_ms is its next probe */
	int status;                /* HTTP; 0 = none */
	int64_t retry_after_ms;    /* -1 = not given */
	int64_t latency_ms;
	int on_behalf_of;          /* people, X-Hub-On-Behalf-Of; 0 = not said */
	char why[96];              /* short, for the log and the task; no URL in it */
};

struct transfer_policy {
	bool deny_private;
	const char *const *allow;  /* CIDR or address: allowed although private */
	size_t allow_count;
	const char *user_agent;
	const char *ca_file;       /* PEM; NULL = the system's */
	struct flood_rate verify_network; /* verifications to one /24 or /56 */
	int in_flight;             /* at the same time, on this loop */
	int per_host;
};

/* Results go to TO (the main loop) as messages whose run is RECEIVE. POLICY is copied. */
struct transfer_engine *transfer_engine_create(struct loop *loop, struct loop *to,
	void (*receive)(struct message *result), void *context,
	const struct transfer_policy *policy);
/* Sends the results of a turn now, as the end of the turn does: when there is none any more,
 * because the loop has stopped. */
void transfer_engine_tell(struct transfer_engine *engine);
/* Aborts what is in flight without results, and drops those that were not sent. NULL is
 * accepted. */
void transfer_engine_destroy(struct transfer_engine *engine);
void transfer_engine_set_policy(struct transfer_engine *engine,
	const struct transfer_policy *policy);

/* The rest of the policy stays as it is. */
void transfer_engine_set_limits(struct transfer_engine *engine, int in_flight, int per_host);

/* On the engine's loop; takes the request. */
void transfer_start(struct transfer_engine *engine, struct transfer_request *request);

/* What the engine has learnt of a host, for the operator. */
struct transfer_host {
	char *key;                 /* owns: "https://host:port" */
	int in_flight, slow, queued; /* transfers now; queued: not started */
	int window;                /* how many may be in flight */
	int failures;              /* in a row */
	int64_t probe_in_ms;       /* dead: until the next attempt; -1 = alive */
};
/* On the engine's loop: the hosts that are busy or in trouble, at most MAX, as an array
 * that transfer_hosts_destroy frees. */
struct transfer_host *transfer_engine_hosts(const struct transfer_engine *engine, size_t max,
	size_t *count_out);
void transfer_hosts_destroy(struct transfer_host *hosts, size_t count);

#endif
