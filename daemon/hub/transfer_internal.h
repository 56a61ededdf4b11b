/*
 * transfer_internal.h: between transfer.c (queues, windows, lanes), transfer_result.c,
 * transfer_hosts.c (destinations) and transfer_curl.c (libcurl on libev).
 */
#ifndef DAEMON_HUB_TRANSFER_INTERNAL_H
#define DAEMON_HUB_TRANSFER_INTERNAL_H

#include <curl/curl.h>
#include <ev.h>
#include <stdatomic.h>

#include "daemon/hub/address.h"
#include "daemon/hub/sign.h"
#include "daemon/hub/transfer.h"
#include "daemon/hub/window.h"

enum {
	ANSWER_MAX = 4096,         /* of a verification's body */
	DISCARD_MAX = 64 * 1024,   /* of a delivery's answer, then the connection is cut */
	TLS_SHARDS = 16,           /* each holds the certificates that are trusted */
	PLAIN_SHARDS = 64,
	CURL_SHARDS = TLS_SHARDS + PLAIN_SHARDS,
	CONNECTIONS = 4096,        /* kept open, of either kind */
};

/* Hosts that may start something: those with something urgent come first. */
enum ring { RING_URGENT, RING_REST, RINGS };

struct transfer_body {
	atomic_size_t refs;
	uint64_t id;               /* unique: what signatures are remembered by */
	char *bytes;               /* owns */
	size_t len;
	char *type_line, *link_line; /* own; complete header lines, or NULL */
};

struct sender;
struct shard;

/* A request while items of it are unsettled. */
struct batch {
	struct transfer_request *request; /* owns */
	size_t left;
};

/* One item, queued or in flight. */
struct transfer {
	struct transfer *prev, *next; /* in its host's queue or in its lane */
	struct batch *batch;
	struct transfer_item *item;   /* borrows from the request */
	struct host *host;
	struct sender *sender;        /* while in flight */
	int64_t started_ms;           /* or when it began to wait for the slow lane */
	bool is_slow;
};

struct transfer_list {
	struct transfer *first, *last;
	int count;
};

struct host {
	char *key;                 /* owns */
	struct window window;
	struct transfer_list queues[PRIORITY_KILL + 1];
	int queued;                /* in all of them */
	int slow, waiting;         /* in the slow lane; for it */
	int64_t usual_ms;          /* its answers take, a moving mean; -1 = none yet */
	bool is_ready[RINGS];
	struct host *next_ready[RINGS];
};

/* An easy handle with what it points at; pooled, options set once. */
struct sender {
	struct sender *next;       /* in the pool */
	struct shard *shard;
	CURL *easy;                /* owns */
	struct transfer *transfer; /* NULL in the pool */
	CURLSH *names;             /* borrows: the shard's, or its old ones */
	struct curl_slist lines[5]; /* header lines; linked per transfer, ours to change */
	char signature[32 + SIGN_TEXT_MAX];
	const char *refused;       /* why an address was, or NULL */
	bool is_open;              /* another one was not */
	int64_t later_ms;          /* its network has had enough verifications: when then */
	int status;                /* of this transfer's answer, not an interim one; 0 = none */
	bool has_retry_after;
	size_t got;                /* bytes of the answer's body */
	char answer[ANSWER_MAX];
};

/* One multi handle: libcurl 7.88 walks all its connections for each transfer, so they are
 * many and small. */
struct shard {
	struct transfer_engine *engine;
	CURLM *multi;              /* owns */
	ev_timer timer;
	struct sender *pool;       /* owns */
	CURLSH *names;             /* owns; addresses of names, good for some minutes */
	CURLSH *old_names;         /* owns; those before, which may be in use; or NULL */
	int64_t names_since;
};

struct transfer_engine {
	struct loop *loop, *to;
	void (*receive)(struct message *result);
	void *context;
	struct transfer_policy policy; /* texts owned */
	struct address_policy addresses;
	struct sign_cache *signs;
	struct flood *networks;    /* owns; where verifications went */
	struct shard shards[CURL_SHARDS];
	struct map *hosts;         /* key -> struct host, owns */
	size_t sweep_at;
	struct host *ready_first[RINGS], *ready_last[RINGS];
	int queued;                /* in all hosts' queues */
	struct transfer_list fast, slow;
	struct transfer_list waiting; /* reported as SLOW, not started yet */
	ev_timer tick;
	double turn;               /* of the loop, by its time */
	int starts;                /* in that turn */
	struct message *results, *results_last; /* of that turn, own */
	ev_prepare prepare;        /* hands them over */
	ev_timer more;             /* starts what had to wait for the next one */
};

/* ---- transfer_hosts.c ---- */
void hosts_init(struct transfer_engine *engine);
/* Their queues must be empty. */
void hosts_finish(struct transfer_engine *engine);
/* The host of a key; made when it is new. */
struct host *hosts_find(struct transfer_engine *engine, const char *key);
/* What is learnt of a host is worth keeping, but not without end. */
void hosts_sweep(struct transfer_engine *engine, int64_t now);
/* To the end of its ring, unless it is in there. */
void hosts_make_ready(struct transfer_engine *engine, struct host *host);
/* The first of the first ring that is not empty, NULL = none. */
struct host *hosts_take_ready(struct transfer_engine *engine);

/* ---- transfer_curl.c ---- */
/* Keeps at most CONNECTIONS open. */
void shard_init(struct shard *shard, struct transfer_engine *engine, int connections);
void shard_finish(struct shard *shard);
/* Forgets the addresses of names when it is time; see transfer_curl.c. */
void shard_renew_names(struct shard *shard, int64_t now);

/* Hands TRANSFER to libcurl. */
void sender_start(struct shard *shard, struct transfer *transfer);

/* The number in X-Hub-On-Behalf-Of of the answer; 0 when there is none. */
int sender_on_behalf_of(const struct sender *sender);

/* Takes it back, finished or not; its sender returns to the pool. */
void sender_stop(struct transfer *transfer);

/* ---- transfer_result.c ---- */
void results_init(struct transfer_engine *engine);
/* Hands over what is left. */
void results_finish(struct transfer_engine *engine);
/* A result that says WHY, for result_give. */
struct transfer_result *result_create(struct transfer_engine *engine,
	const struct transfer *transfer, enum transfer_outcome outcome, const char *why);
/* What libcurl's CODE and the answer of a transfer mean. */
struct transfer_result *result_judge(struct transfer_engine *engine,
	const struct transfer *transfer, CURLcode code);
/* To the hub, at the end of this turn of the loop; takes RESULT. */
void result_give(struct transfer_engine *engine, struct transfer_result *result);

/* ---- transfer.c ---- (bodies and requests are in transfer_request.c) */
/* libcurl is done with TRANSFER: CODE says how, its sender has the rest. */
void transfer_finished(struct transfer_engine *engine, struct transfer *transfer,
	CURLcode code);

#endif
