/*
 * timers.c: time-outs, one queue per state. A request costs no more than a store of
 * base_ms; only when the front of a queue seems due is it looked at, and moved to the back
 * if it had progress. So an idle connection may live up to twice its time, while the time of
 * a head is exact: its base does not move with the bytes that drip in. A body or an answer
 * gets its time again as long as it moved at LEAST_RATE.
 */
#include "daemon/http/server_internal.h"

enum { LINGER_MS = 2000, LEAST_RATE = 512 /* bytes a second */ };

static int64_t span_of(const struct http_server *server, enum conn_state state)
{
	switch (state) {
	case CONN_IDLE:
		return server->limits.idle_ms;
	case CONN_HEAD:
		return server->limits.header_ms;
	case CONN_BODY:
		return server->limits.body_ms;
	case CONN_SEND:
		return server->limits.send_ms;
	case CONN_LINGER:
		return LINGER_MS;
	case CONN_CALL:
	case CONN_STATES:
		break;
	}
	return INT64_MAX / 2;
}

static void append(struct conn_queue *queue, struct conn *conn)
{
	conn->next = NULL;
	conn->prev = queue->last;
	if (queue->last)
		queue->last->next = conn;
	else
		queue->first = conn;
	queue->last = conn;
	queue->count++;
}

void timers_leave(struct conn *conn)
{
	struct conn_queue *queue = &conn->server->queues[conn->state];

	if (conn->state == CONN_STATES)
		return;
	if (conn->prev)
		conn->prev->next = conn->next;
	else
		queue->first = conn->next;
	if (conn->next)
		conn->next->prev = conn->prev;
	else
		queue->last = conn->prev;
	queue->count--;
	conn->prev = conn->next = NULL;
	conn->state = CONN_STATES;
}

void timers_enter(struct conn *conn, enum conn_state state)
{
	timers_leave(conn);
	conn->state = state;
	conn->base_ms = conn->server->now_ms;
	conn->due_ms = conn->base_ms + span_of(conn->server, state);
	conn->moved = 0;
	append(&conn->server->queues[state], conn);
}

/* Whether CONN, which seems due, gets more time. */
static bool has_progress(struct conn *conn, int64_t span)
{
	if (conn->state == CONN_BODY || conn->state == CONN_SEND) {
		if (conn->moved < span * LEAST_RATE / 1000)
			return false;
		conn->moved = 0;
		conn->base_ms = conn->server->now_ms;
	}
	return conn->base_ms + span > conn->server->now_ms;
}

/* To the back of its queue, due SPAN after what it did last. */
static void requeue(struct conn *conn, int64_t span)
{
	int64_t base_ms = conn->base_ms;
	uint32_t moved = conn->moved;

	timers_enter(conn, conn->state);
	conn->base_ms = base_ms;
	conn->due_ms = base_ms + span;
	conn->moved = moved;
}

struct conn *timers_oldest_idle(struct http_server *server)
{
	int64_t span = span_of(server, CONN_IDLE);
	struct conn *conn;

	/* who was busy since it was queued is behind the others; each request pays for one */
	while ((conn = server->queues[CONN_IDLE].first) && conn->due_ms < conn->base_ms + span)
		requeue(conn, span);
	return conn;
}

void timers_run(struct http_server *server)
{
	for (int state = 0; state < CONN_STATES; state++) {
		int64_t span = span_of(server, (enum conn_state)state);
		struct conn *conn;

		while ((conn = server->queues[state].first) && conn->due_ms <= server->now_ms) {
			if (has_progress(conn, span))
				requeue(conn, span);
			else
				conn_expire(conn);
		}
	}
}

void timers_reset(struct http_server *server)
{
	for (int state = 0; state < CONN_STATES; state++) {
		int64_t span = span_of(server, (enum conn_state)state);

		for (struct conn *c = server->queues[state].first; c; c = c->next)
			c->due_ms = c->base_ms + span;
	}
}
