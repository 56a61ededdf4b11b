/* server_internal.h: what server.c, conn.c, timers.c, route.c and answer.c share. */
#ifndef DAEMON_HTTP_SERVER_INTERNAL_H
#define DAEMON_HTTP_SERVER_INTERNAL_H

#include <ev.h>

#include "daemon/http/limiter.h"
#include "daemon/http/page_pipe.h"
#include "daemon/http/parse.h"
#include "daemon/http/server.h"
#include "daemon/net/cidr.h"
#include "feeds/base/buf.h"
#include "feeds/base/map.h"

struct sockaddr;
struct body;

enum {
	LISTENERS_MAX = 64,
	INPUT_MAX = 64 * 1024,  /* read at once */
	OUTPUT_MAX = 48 * 1024, /* put together before it is sent */
};

/* What a connection waits for; each state has its queue and its time. */
enum conn_state {
	CONN_IDLE,    /* for a request */
	CONN_HEAD,    /* for the rest of a head */
	CONN_BODY,    /* for the rest of a body */
	CONN_CALL,    /* for the main loop's answer; for ever */
	CONN_SEND,    /* for the client to read */
	CONN_LINGER,  /* refused: reads and drops until the client closes */
	CONN_STATES,
};

/* A call that waits for its answer; its head outlives the input it was read from. */
struct pending {
	struct http_head head;
	char bytes[];
};

/* What a connection has only while something is unfinished. */
struct unfinished {
	struct buf in;              /* input that was not used yet */
	size_t seen;                /* of in: looked through for the end of a head */
	size_t need;                /* of in: fewer bytes are not worth a look */
	struct chunked *chunked;    /* owns; while a chunked body comes in, or NULL */
	struct buf out;             /* what the client has not taken yet */
};

/* Small, because most wait for the next poll: 10,000 of them are a hub at night. */
struct conn {
	ev_io io;                   /* fd -1 = the slot is free */
	struct http_server *server; /* borrows */
	struct conn *prev, *next;   /* in the queue of its state; next: of the free slots */
	int64_t base_ms, due_ms;    /* see timers.c */
	uint32_t moved;             /* bytes since base_ms, of a body or an answer */
	uint32_t slot, generation;
	enum conn_state state;
	struct address client;
	bool keep_alive;            /* after the answer that is being made or sent */
	bool is_head, is_old, was_continued; /* HEAD; HTTP/1.0; 100 was sent */
	bool is_refused;            /* there may be input that nobody will read */
	bool is_running;            /* its requests are being answered right now */
	bool is_broken;             /* sending failed */
	bool is_local;              /* on a unix socket: client is no address */
	bool awaits_proxy;          /* the header of a trusted proxy comes first */
	bool holds_snapshot;        /* a reference, taken when not all went out at once */
	struct unfinished *unfinished; /* owns; or NULL */
	struct pending *pending;    /* owns; while in CONN_CALL, or NULL */
	struct snapshot *snapshot;  /* whose body goes out, or NULL; see holds_snapshot */
	const struct body *body;    /* in it */
	size_t body_at, body_end;
};

/* The connections in one state, the one that is due first at the front. */
struct conn_queue {
	struct conn *first, *last;
	int count;
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
	bool is_paused;             /* not accepting for the moment */
	ev_timer resume;            /* ends a pause for want of descriptors */
	struct map table;           /* path -> struct snapshot, a reference each */
	struct conn **slots;        /* owns */
	uint32_t slot_count, slot_cap;
	struct conn *free;          /* slots, by next */
	int connections;
	struct conn_queue queues[CONN_STATES];
	ev_timer tick, end;
	ev_check turn;
	char date[64];              /* "Date: ...\r\n\r\n": the end of a head */
	size_t date_len;
	int64_t date_s;             /* what DATE says */
	int64_t now_ms;             /* monotonic, of this turn */
	int64_t date_due_ms;        /* when the next second of the wall clock begins */
	char *input;                /* INPUT_MAX bytes, shared by all connections */
	struct page_pipe pages;
	struct buf output;          /* what is being put together for one connection */
	struct conn *calling;       /* whose call is being handed up right now, or NULL */
	bool is_ready, is_draining;
	void (*drained)(void *context);
	void *drained_context;
	struct http_counts counts;
};

/* server.c: a connection has ended. */
void server_closed(struct http_server *server);

/* timers.c: CONN moves to the queue of STATE; its time starts anew. */
void timers_enter(struct conn *conn, enum conn_state state);
void timers_leave(struct conn *conn);
/* Expires what is due. */
void timers_run(struct http_server *server);
/* The one that is idle for longest; or NULL. */
struct conn *timers_oldest_idle(struct http_server *server);
/* The limits have changed. */
void timers_reset(struct http_server *server);

/* conn.c */
void conn_open(struct http_server *server, int fd, const struct sockaddr *peer);
void conn_close(struct conn *conn);
/* Its time has passed. */
void conn_expire(struct conn *conn);
/* No new request after the one that is there, or that comes within a moment of the last. */
void conn_drain(struct conn *conn);
/* The answer to its call was put into server->output. */
void conn_answered(struct conn *conn);

/* route.c */
struct http_target {
	char path[HTTP_TARGET_MAX + 2];
	struct slice query;
	struct snapshot *snapshot;      /* borrows; or NULL */
	const struct http_route *route; /* or NULL */
};
/* Whether HEAD's target can be answered: 0, or the status to answer instead (then EXTRA is
 * the further header lines of a 405 and of a 204 for OPTIONS, else NULL). */
int route_find(const struct http_server *server, const struct http_head *head,
	struct http_target *out, const char **extra);

/* answer.c: each appends one answer to server->output. */
/* Answers, or hands up (then CONN has a pending call): LEN bytes of BODY; the head is of
 * HEAD_LEN bytes at HEAD_BYTES. */
void answer_request(struct conn *conn, const struct http_head *head, const char *head_bytes,
	size_t head_len, const void *body, size_t len);
/* If the request will be refused, does that and returns true. */
bool answer_refusal(struct conn *conn, const struct http_head *head);
/* Answers STATUS with its page and the lines of EXTRA (or NULL) in its head, if there is one
 * and the client is a person's. */
bool answer_page(struct conn *conn, const struct http_head *head, int status,
	const char *extra);
/* A request that cannot be understood: the connection ends. */
void answer_error(struct conn *conn, int status);
void answer_text(struct conn *conn, int status, const char *type, const char *extra,
	const void *body, size_t len);
int answer_snapshot(struct conn *conn, const struct http_head *head,
	struct snapshot *snapshot);

#endif
