/*
 * worker.h: one worker: an event loop with an HTTP server on it and one with a transfer
 * engine, each in a thread, and the messages between them and the main loop.
 */
#ifndef DAEMON_WORKER_H
#define DAEMON_WORKER_H

#include <stddef.h>

#include "daemon/http/server.h"
#include "daemon/hub/transfer.h"

struct loop;
struct snapshot;
struct worker;

/* A request that a worker could not answer from its table, on the main loop. Everything is
 * the call's own copy; it must be ended with worker_answer or worker_answer_page. */
struct worker_call {
	struct message message;
	struct worker *worker;     /* borrows */
	struct http_ticket ticket;
	struct http_call call;     /* its fields are owned copies */
};

struct worker_events {
	/* All on the main loop. */
	void (*call)(void *context, struct worker_call *call);
	void (*transferred)(void *context, struct transfer_result *result);
	void (*drained)(void *context);
	/* A feed was fetched by an agent that speaks for subscribers. */
	void (*polled)(void *context, const char *path, const char *agent);
};

/* Starts the threads; its server is not ready. ROUTES, EVENTS and CONTEXT are borrowed for
 * the worker's life. */
struct worker *worker_start(struct loop *main, const char *name,
	const struct http_limits *limits, const struct http_route *routes, size_t route_count,
	const struct transfer_policy *transfers, const struct worker_events *events,
	void *context);

/* From the main loop: each is one message. */
void worker_listen(struct worker *worker, int fd);
void worker_set_ready(struct worker *worker);
void worker_put(struct worker *worker, struct snapshot *snapshot /* reference moves */);
void worker_send(struct worker *worker, struct transfer_request *request);
void worker_set_limits(struct worker *worker, const struct http_limits *limits);
void worker_set_transfers(struct worker *worker, int in_flight, int per_host);
void worker_drain(struct worker *worker);

/* The hosts that deliveries go to and that are busy or in trouble, at most MAX; `done`
 * later on the main loop with borrowed rows. Not called any more once the worker is
 * destroyed. */
void worker_ask_hosts(struct worker *worker, size_t max,
	void (*done)(void *context, const struct transfer_host *hosts, size_t count),
	void *context);

/* A sign of life of both of a worker's threads: asked on the main loop, passed on from one
 * to the other. */
struct worker_beat {
	struct message message;
	struct worker *worker;     /* set by worker_ask_beat */
	/* On the main loop again; the caller sets both. */
	void (*done)(void *context, struct worker_beat *beat);
	void *context;
	int64_t asked_us, passed_us; /* monotonic */
	int64_t lag_us;            /* how long the slower of the two did not come to it */
	struct http_counts http;
};
/* BEAT must stay until `done`, or until the main loop has been destroyed. */
void worker_ask_beat(struct worker *worker, struct worker_beat *beat);

/* Ends CALL with a plain answer, or with a snapshot (borrowed; NULL = 404). */
void worker_answer(struct worker_call *call, int status, const char *text,
	const char *extra);
void worker_answer_page(struct worker_call *call, struct snapshot *snapshot);
/* The same with a snapshot; TOLD learns later, on the main loop, the status of the answer (304
 * when the client's copy was good); 0 when the client had gone. */
void worker_answer_page_then(struct worker_call *call, struct snapshot *snapshot,
	void (*told)(void *context, int status), void *context);

/* Stops and joins the threads; messages that they sent may still wait in the main loop's
 * mailbox and point at WORKER. */
void worker_stop(struct worker *worker);

/* Frees a stopped worker, once those messages have been run. NULL is accepted. */
void worker_destroy(struct worker *worker);

#endif
