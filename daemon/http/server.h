/*
 * server.h: HTTP/1.1 for one worker loop: its listeners, its connections and its own
 * table from path to snapshot. GET and HEAD of a path in the table are answered here,
 * with no lock and no system call but the socket's; what needs the main loop is handed up
 * as a call and answered later. Everything here belongs to the loop's thread.
 */
#ifndef DAEMON_HTTP_SERVER_H
#define DAEMON_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http_server;
struct limiter;
struct loop;
struct snapshot;

struct http_limits {
	int64_t idle_ms, header_ms, body_ms, send_ms;
	int max_connections;       /* of this worker */
	int rate;                  /* requests a second per client that are no 304; 0 = none */
	struct limiter *limiter;   /* borrows; counts for all workers; NULL when rate is 0 */
	size_t max_body;           /* of a POST */
	const char *const *trusted_proxies; /* addresses or CIDR; see RFC 7239 */
	size_t trusted_count;
	bool proxy_protocol;       /* their connections begin with a header, see proxy.h */
};

/* Names the connection that waits for an answer; stale once it is closed. */
struct http_ticket {
	uint32_t slot, generation;
};

/* A request handed up. Everything is borrowed for the duration of the event. */
struct http_call {
	const char *method;        /* "GET", "HEAD" or "POST" */
	const char *path;          /* normalised and decoded */
	const char *query;         /* raw, without '?'; or NULL */
	const char *client;        /* numeric address */
	const char *content_type, *authorization, *host, *user_agent; /* or NULL */
	const void *body;
	size_t len;
};

struct http_events {
	/* Exactly one http_answer or http_answer_snapshot must follow for TICKET, unless the
	 * server is destroyed first. */
	void (*call)(void *context, struct http_ticket ticket, const struct http_call *call);
	/* A feed was sent in full to an agent (LEN bytes) that speaks for subscribers. May be
	 * NULL. */
	void (*polled)(void *context, const char *path, const char *agent, size_t len);
};

/* Which paths are handed up, longest prefix first; POST anywhere else is 405 or 404.
 * "/hub" means exactly that; a prefix ends in '/'. */
struct http_route {
	const char *path;
	unsigned methods; /* HTTP_GET | HTTP_POST; HEAD goes with GET */
	/* Whether it is for the whole PATH of a request; NULL = always. Called on the server's
	 * thread, so that it must know nothing but PATH. */
	bool (*wants)(const char *path);
};
enum { HTTP_GET = 1, HTTP_POST = 2 };

/* ROUTES and EVENTS are borrowed and must outlive the server; LIMITS is copied (deeply). */
struct http_server *http_server_create(struct loop *loop, const struct http_limits *limits,
	const struct http_route *routes, size_t route_count,
	const struct http_events *events, void *context);

/* Closes every connection at once. NULL is accepted. */
void http_server_destroy(struct http_server *server);

/* Starts accepting from FD (a listening, non-blocking socket; owned from now on). */
void http_server_listen(struct http_server *server, int fd);

/* While it is not ready, what is not in the table is answered 503, for it may only not be
 * there yet. A new server is ready. */
void http_server_set_ready(struct http_server *server, bool is_ready);

/* Puts SNAPSHOT (the reference moves) at its path; replaces what was there. One at
 * "404", which no request can name, is shown to people instead of the short text of that
 * status; so with the others of 4xx and 5xx. */
void http_server_put(struct http_server *server, struct snapshot *snapshot);
/* Takes a path away: 404 from now on (or its route). */
void http_server_remove(struct http_server *server, const char *path);

/* Answers a call. Text and body are copied; CONTENT_TYPE NULL = text/plain; EXTRA is
 * further header lines, each ending in CRLF, or NULL. */
struct http_answer {
	int status;
	const char *content_type, *extra;
	const void *body;
	size_t len;
};
void http_answer(struct http_server *server, struct http_ticket ticket,
	const struct http_answer *answer);
/* The same with a snapshot, conditional headers and encodings honoured (borrowed). Returns the
 * status, 304 among others; 0 when the client has gone. */
int http_answer_snapshot(struct http_server *server, struct http_ticket ticket,
	struct snapshot *snapshot);

/* Graceful end: stops accepting, closes idle connections (those that were busy a moment ago
 * get a moment for one more request), lets answers in flight finish; `drained` (called once,
 * from the loop) when the last is gone. */
void http_server_drain(struct http_server *server, void (*drained)(void *context),
	void *context);

/* Applies new limits to new and present connections. */
void http_server_set_limits(struct http_server *server, const struct http_limits *limits);

struct http_counts {
	uint64_t requests, answers_2xx, answers_304, answers_3xx, answers_4xx, answers_5xx;
	uint64_t bytes_sent, accepted, rejected_rate, rejected_full;
	int connections, idle;
};
void http_server_counts(const struct http_server *server, struct http_counts *out);

#endif
