/*
 * worker.c: see worker.h. All of a worker's parts are created before its threads start and
 * destroyed after they have ended; in between they are touched by messages only. Transfers
 * have a loop of their own: starting a batch of them takes milliseconds in which a reader
 * would wait.
 */
#include "daemon/worker.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "daemon/http/snapshot.h"
#include "daemon/loop/loop.h"
#include "feeds/base/mem.h"

/* A reader waits for microseconds of work; who is told of a change, for milliseconds. With
 * less between them the kernel may leave a reader to wait for its next tick; with more, a
 * client or proxy on this machine is interrupted for every answer. */
enum { SLICE_NS = 100 * 1000, SERVING_NICE = -5, SENDING_NICE = 5 };

struct worker {
	struct loop *main;         /* borrows */
	struct loop *serving, *sending; /* own, with a thread each */
	struct http_server *server;
	struct transfer_engine *transfers;
	const struct worker_events *events;
	void *context;
	bool is_over;              /* its threads have ended: nothing goes up any more */
};

/* An order from the main loop to the worker. */
struct order {
	struct message message;
	struct worker *worker;
	struct loop *loop;         /* that it runs on */
	struct snapshot *snapshot; /* holds a reference */
	char *text;                /* owns */
	struct transfer_request *request;
	struct http_limits limits;
	struct http_ticket ticket;
	int number, per_host;
	char *extra;               /* owns */
	struct outcome *outcome;   /* owns, until it is posted */
};

/* Of an answer that somebody wants to know about. */
struct outcome {
	struct message message;
	void (*told)(void *context, int status);
	void *context;
	int status;
};

static struct order *order_create(struct worker *worker, void (*run)(struct message *))
{
	struct order *order = mem_alloc(sizeof(*order));

	order->message.run = run;
	order->worker = worker;
	order->loop = worker->serving;
	return order;
}

static void order_end(struct order *order)
{
	snapshot_unref(order->snapshot);
	free(order->text);
	free(order->extra);
	free(order);
}

static void give(struct order *order)
{
	loop_post(order->loop, &order->message);
}

/* ---- up: from the worker's thread ---- */

static void run_call(struct message *message)
{
	struct worker_call *call = (struct worker_call *)message;

	call->worker->events->call(call->worker->context, call);
}

static void on_call(void *context, struct http_ticket ticket, const struct http_call *from)
{
	struct worker *worker = context;
	struct worker_call *call = mem_alloc(sizeof(*call));

	call->message.run = run_call;
	call->worker = worker;
	call->ticket = ticket;
	call->call = (struct http_call){
		.method = mem_strdup(from->method),
		.path = mem_strdup(from->path),
		.query = mem_strdup(from->query),
		.client = mem_strdup(from->client),
		.content_type = mem_strdup(from->content_type),
		.authorization = mem_strdup(from->authorization),
		.host = mem_strdup(from->host),
		.user_agent = mem_strdup(from->user_agent),
		.body = mem_strndup(from->body ? from->body : "", from->len),
		.len = from->len,
	};
	loop_post(worker->main, &call->message);
}

struct poll {
	struct message message;
	struct worker *worker;
	char *path, *agent;        /* own */
};

static void run_polled(struct message *message)
{
	struct poll *poll = (struct poll *)message;

	poll->worker->events->polled(poll->worker->context, poll->path, poll->agent);
	free(poll->path);
	free(poll->agent);
	free(poll);
}

static void on_polled(void *context, const char *path, const char *agent, size_t len)
{
	struct worker *worker = context;
	struct poll *poll = mem_alloc(sizeof(*poll));

	poll->message.run = run_polled;
	poll->worker = worker;
	poll->path = mem_strdup(path);
	poll->agent = mem_strndup(agent, len);
	loop_post(worker->main, &poll->message);
}

static void call_destroy(struct worker_call *call)
{
	const struct http_call *http = &call->call;
	const void *const owned[] = {http->method, http->path, http->query, http->client,
		http->content_type, http->authorization, http->host, http->user_agent, http->body};

	for (size_t i = 0; i < sizeof(owned) / sizeof(*owned); i++) {
		void *copy;

		memcpy(&copy, &owned[i], sizeof(copy));
		free(copy);
	}
	free(call);
}

static void run_result(struct message *message)
{
	struct transfer_result *result = (struct transfer_result *)message;
	struct worker *worker = result->context;

	worker->events->transferred(worker->context, result);
}

static void run_drained(struct message *message)
{
	struct order *order = (struct order *)message;

	order->worker->events->drained(order->worker->context);
	order_end(order);
}

static void on_drained(void *context)
{
	struct order *order = order_create(context, run_drained);

	loop_post(order->worker->main, &order->message);
}

/* ---- down: run on the worker's thread ---- */

static void run_listen(struct message *message)
{
	struct order *order = (struct order *)message;

	http_server_listen(order->worker->server, order->number);
	order_end(order);
}

static void run_set_ready(struct message *message)
{
	struct order *order = (struct order *)message;

	http_server_set_ready(order->worker->server, true);
	order_end(order);
}

static void run_put(struct message *message)
{
	struct order *order = (struct order *)message;

	http_server_put(order->worker->server, snapshot_ref(order->snapshot));
	order_end(order);
}

static void run_send(struct message *message)
{
	struct order *order = (struct order *)message;

	if (order->worker->is_over)
		transfer_request_destroy(order->request);
	else
		transfer_start(order->worker->transfers, order->request);
	order_end(order);
}

static void run_transfers(struct message *message)
{
	struct order *order = (struct order *)message;

	transfer_engine_set_limits(order->worker->transfers, order->number, order->per_host);
	order_end(order);
}

static void run_limits(struct message *message)
{
	struct order *order = (struct order *)message;

	http_server_set_limits(order->worker->server, &order->limits);
	order_end(order);
}

/* A question and its answer: down to the worker, up to the main loop. */
struct hosts_order {
	struct message message;
	struct worker *worker;
	size_t max;
	void (*done)(void *context, const struct transfer_host *hosts, size_t count);
	void *context;
	struct transfer_host *hosts; /* owns */
	size_t count;
};

static void run_hosts_answer(struct message *message)
{
	struct hosts_order *order = (struct hosts_order *)message;

	order->done(order->context, order->hosts, order->count);
	transfer_hosts_destroy(order->hosts, order->count);
	free(order);
}

static void run_hosts(struct message *message)
{
	struct hosts_order *order = (struct hosts_order *)message;

	if (order->worker->is_over) {
		free(order);
		return;
	}
	order->hosts = transfer_engine_hosts(order->worker->transfers, order->max,
		&order->count);
	message->run = run_hosts_answer;
	loop_post(order->worker->main, message);
}

static int64_t mono_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void run_beat_answer(struct message *message)
{
	struct worker_beat *beat = (struct worker_beat *)message;

	beat->done(beat->context, beat);
}

static void run_beat_sending(struct message *message)
{
	struct worker_beat *beat = (struct worker_beat *)message;
	int64_t lag_us = mono_us() - beat->passed_us;

	if (lag_us > beat->lag_us)
		beat->lag_us = lag_us;
	message->run = run_beat_answer;
	loop_post(beat->worker->main, message);
}

static void run_beat_serving(struct message *message)
{
	struct worker_beat *beat = (struct worker_beat *)message;

	http_server_counts(beat->worker->server, &beat->http);
	beat->passed_us = mono_us();
	beat->lag_us = beat->passed_us - beat->asked_us;
	message->run = run_beat_sending;
	loop_post(beat->worker->sending, message);
}

static void run_drain(struct message *message)
{
	struct order *order = (struct order *)message;

	if (!order->worker->is_over)
		http_server_drain(order->worker->server, on_drained, order->worker);
	order_end(order);
}

/* Asks for short turns rather than long ones: what a reader waits for is done in much less,
 * and the kernel lets it go first then (Linux 6.12 and later; ignored or refused before). */
static void run_prefer(struct message *message)
{
	struct {
		uint32_t size, policy;
		uint64_t flags;
		int32_t nice;
		uint32_t priority;
		uint64_t slice_ns, deadline, period;
	} attributes = {.size = sizeof(attributes), .policy = SCHED_OTHER,
		.nice = getpriority(PRIO_PROCESS, 0), .slice_ns = SLICE_NS};

	if (sched_getscheduler(0) == SCHED_OTHER)
		syscall(SYS_sched_setattr, 0, &attributes, 0);
	order_end((struct order *)message);
}

static void run_stop(struct message *message)
{
	struct order *order = (struct order *)message;

	loop_stop(order->loop);
	order_end(order);
}

static void run_answer(struct message *message)
{
	struct order *order = (struct order *)message;

	http_answer(order->worker->server, order->ticket, &(struct http_answer){
		.status = order->number,
		.extra = order->extra,
		.body = order->text,
		.len = order->text ? strlen(order->text) : 0,
	});
	order_end(order);
}

static void run_answer_page(struct message *message)
{
	struct order *order = (struct order *)message;

	int status = http_answer_snapshot(order->worker->server, order->ticket, order->snapshot);

	if (order->outcome) {
		order->outcome->status = status;
		loop_post(order->worker->main, &order->outcome->message);
	}
	order_end(order);
}

void worker_listen(struct worker *worker, int fd)
{
	struct order *order = order_create(worker, run_listen);

	order->number = fd;
	give(order);
}

void worker_set_ready(struct worker *worker)
{
	give(order_create(worker, run_set_ready));
}

void worker_put(struct worker *worker, struct snapshot *snapshot)
{
	struct order *order = order_create(worker, run_put);

	order->snapshot = snapshot;
	give(order);
}

void worker_send(struct worker *worker, struct transfer_request *request)
{
	struct order *order = order_create(worker, run_send);

	order->loop = worker->sending;
	order->request = request;
	give(order);
}

void worker_set_limits(struct worker *worker, const struct http_limits *limits)
{
	struct order *order = order_create(worker, run_limits);

	order->limits = *limits;
	give(order);
}

void worker_set_transfers(struct worker *worker, int in_flight, int per_host)
{
	struct order *order = order_create(worker, run_transfers);

	order->number = in_flight;
	order->per_host = per_host;
	give(order);
}

void worker_ask_hosts(struct worker *worker, size_t max,
	void (*done)(void *context, const struct transfer_host *hosts, size_t count),
	void *context)
{
	struct hosts_order *order = mem_alloc(sizeof(*order));

	order->message.run = run_hosts;
	order->worker = worker;
	order->max = max;
	order->done = done;
	order->context = context;
	loop_post(worker->sending, &order->message);
}

void worker_ask_beat(struct worker *worker, struct worker_beat *beat)
{
	beat->message.run = run_beat_serving;
	beat->worker = worker;
	beat->asked_us = mono_us();
	loop_post(worker->serving, &beat->message);
}

void worker_drain(struct worker *worker)
{
	give(order_create(worker, run_drain));
}

void worker_answer(struct worker_call *call, int status, const char *text,
	const char *extra)
{
	struct order *order = order_create(call->worker, run_answer);

	order->ticket = call->ticket;
	order->number = status;
	order->text = mem_strdup(text);
	order->extra = mem_strdup(extra);
	give(order);
	call_destroy(call);
}

static void answer_page(struct worker_call *call, struct snapshot *snapshot,
	struct outcome *outcome)
{
	struct order *order = order_create(call->worker, run_answer_page);

	order->ticket = call->ticket;
	order->snapshot = snapshot_ref(snapshot);
	order->outcome = outcome;
	give(order);
	call_destroy(call);
}

void worker_answer_page(struct worker_call *call, struct snapshot *snapshot)
{
	if (!snapshot) {
		worker_answer(call, 404, "There is nothing here.\n", NULL);
		return;
	}
	answer_page(call, snapshot, NULL);
}

static void run_outcome(struct message *message)
{
	struct outcome *outcome = (struct outcome *)message;

	outcome->told(outcome->context, outcome->status);
	free(outcome);
}

void worker_answer_page_then(struct worker_call *call, struct snapshot *snapshot,
	void (*told)(void *context, int status), void *context)
{
	struct outcome *outcome = mem_alloc(sizeof(*outcome));

	*outcome = (struct outcome){.message.run = run_outcome, .told = told,
		.context = context};
	answer_page(call, snapshot, outcome);
}

struct worker *worker_start(struct loop *main, const char *name,
	const struct http_limits *limits, const struct http_route *routes, size_t route_count,
	const struct transfer_policy *transfers, const struct worker_events *events,
	void *context)
{
	static const struct http_events server_events = {.call = on_call, .polled = on_polled};
	struct worker *worker = mem_alloc(sizeof(*worker));
	char sending_name[16];

	worker->main = main;
	worker->events = events;
	worker->context = context;
	snprintf(sending_name, sizeof(sending_name), "%.11s-out", name);
	worker->serving = loop_create(name);
	worker->sending = loop_create(sending_name);
	worker->server = http_server_create(worker->serving, limits, routes, route_count,
		&server_events, worker);
	http_server_set_ready(worker->server, false);
	worker->transfers = transfer_engine_create(worker->sending, main, run_result, worker,
		transfers);
	give(order_create(worker, run_prefer));
	loop_set_nice(worker->serving, SERVING_NICE);
	loop_set_nice(worker->sending, SENDING_NICE);
	loop_start(worker->serving);
	loop_start(worker->sending);
	return worker;
}

void worker_stop(struct worker *worker)
{
	struct order *order = order_create(worker, run_stop);

	order->loop = worker->sending;
	give(order);
	give(order_create(worker, run_stop));
	loop_join(worker->sending);
	loop_join(worker->serving);
	transfer_engine_tell(worker->transfers);
}

void worker_destroy(struct worker *worker)
{
	if (!worker)
		return;
	/* orders that came after the end still hold references; but the connections are left
	 * alone: what they would send up comes too late */
	worker->is_over = true;
	loop_flush(worker->serving);
	loop_flush(worker->sending);
	transfer_engine_destroy(worker->transfers);
	http_server_destroy(worker->server);
	loop_destroy(worker->serving);
	loop_destroy(worker->sending);
	free(worker);
}
