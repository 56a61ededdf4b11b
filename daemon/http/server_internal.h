/* server_internal.h: what server.c, conn.c and answer.c share. */
#ifndef DAEMON_HTTP_SERVER_INTERNAL_H
#define DAEMON_HTTP_SERVER_INTERNAL_H

#include <ev.h>

#include "daemon/http/limiter.h"
#include "daemon/http/parse.h"
#include "daemon/http/server.h"
#include "daemon/net/cidr.h"
#include "feeds/base/buf.h"
#include "feeds/base/map.h"

enum {
	LISTENERS_MAX = 16,
	READ_MAX = 64 * 1024,
};

/* What a connection is waiting for; its deadline depends on it. */
enum conn_state {
	CONN_IDLE,    /* for a request */
	CONN_HEAD,    /* for the rest of a head */
	CONN_BODY,    /* for the rest of a body */
	CONN_CALL,    /* for the main loop's answer */
	CONN_SEND,    /* for the client to read */
	CONN_LINGER,  /* refused: reads and drops until the client closes */
	CONN_STATES,
};

struct conn {
	ev_io io;
	struct http_server *server; /* borrows */
	uint32_t slot, generation;
	int fd;                     /* -1 = the slot is free */
	enum conn_state state;
	int64_t due_ms;             /* monotonic deadline of the state; INT64_MAX = none */
	bool keep_alive, is_head, was_continued, at_eof;
	struct address client;
	struct buf in, out;         /* own; only while something is unfinished */
	size_t out_at;
	struct snapshot *snapshot;  /* holds a reference while its body is being sent */
	const char *body;           /* in it */
	size_t body_len, body_at;
	struct http_head head;      /* of a call: what the answer depends on... */
	char *head_text;            /* owns; ...and the bytes it points into */
};

struct http_server {
	struct loop *loop;
	struct ev_loop *ev;
	struct http_limits limits;  /* trusted_proxies owned */
	const struct http_route *routes;
	size_t route_count;
	const struct http_events *events;
	void *context;

	ev_io listeners[LISTENERS_MAX];
	size_t listener_count;
	struct map table;           /* path -> struct snapshot, a reference each */
	struct conn **slots;        /* owns */
	uint32_t slot_count, *free_slots, free_count;
	int connections;
	ev_timer tick;
	char date[64];              /* "Date: ...\r\n" */
	int64_t now_ms;             /* monotonic, of this turn */
	int64_t date_due_ms;        /* when `date` is to be made anew */
	struct limiter *limiter;
	char *input;                /* READ_MAX bytes, shared by all connections */
	struct buf output;          /* what is being put together for one connection */
	bool is_draining;
	void (*drained)(void *context);
	void *drained_context;
	struct http_counts counts;
};

/* server.c: now_ms and date, once per event. */
void server_refresh_clock(struct http_server *server);

/* conn.c */
void conn_open(struct http_server *server, int fd);
void conn_close(struct conn *conn);
void conn_set_state(struct conn *conn, enum conn_state state);
/* Sends what is put together; true when all is out (the connection may be gone if not). */
bool conn_flush(struct conn *conn);
/* Goes on with the requests that are in CONN's input. */
void conn_resume(struct conn *conn);
/* The deadline of the state has passed. */
void conn_expire(struct conn *conn);

/* answer.c: each appends one answer to server->output (or conn's). */
void answer_request(struct conn *conn, const struct http_head *head, const void *body,
	size_t len);
void answer_error(struct conn *conn, int status);
void answer_text(struct conn *conn, int status, const char *type, const char *extra,
	const void *body, size_t len);
void answer_snapshot(struct conn *conn, const struct http_head *head,
	struct snapshot *snapshot);

#endif
