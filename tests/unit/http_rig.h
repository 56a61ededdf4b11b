/*
 * http_rig.h: an HTTP server on a loop of its own, with a few documents and routes, and a
 * client with blocking sockets. Every wait has an end: a client's patience is 20 s.
 */
#ifndef TESTS_HTTP_RIG_H
#define TESTS_HTTP_RIG_H

#include <semaphore.h>
#include <stdbool.h>
#include <stddef.h>

#include "daemon/http/listener.h"
#include "daemon/http/server.h"
#include "feeds/base/buf.h"

enum { LARGE = 3 * 1024 * 1024, MAX_BODY = 20000 };

/* Starts zeroed; `limits` and `holds_calls` may be set before the start. */
struct rig {
	struct loop *loop;
	struct http_server *server;
	struct listener listener;
	struct http_limits limits; /* what is 0 is generous */
	int port;
	int fd;                    /* of get() */
	struct buf answer;         /* the last one heard by get() and its like */
	bool holds_calls;          /* answered by rig_answer(), not at once */
	struct http_ticket ticket;
	sem_t called, drained;
	char seen[512];            /* the last call, in one line */
	struct snapshot *page;     /* what /a/ answers */
	int polls;
};

/* "/feed.atom" (20,000 bytes), "/small" ("small\n"), "/large" (LARGE), "/old" (301). */
void rig_start(struct rig *rig);
void rig_stop(struct rig *rig);

/* Runs RUN on the server's loop and waits for it. */
void rig_on_loop(struct rig *rig, void (*run)(struct rig *rig, void *argument),
	void *argument);
struct http_counts rig_counts(struct rig *rig);

struct snapshot *rig_document(const char *path, const char *body, size_t len);
/* Of a public document with the body "a". */
struct snapshot *rig_public(const char *path);
char *rig_text(size_t len); /* the caller frees */

/* A call has come. */
void rig_wait_call(struct rig *rig);
/* Answers the last call. */
void rig_answer(struct rig *rig);
/* Begins to drain; the semaphore `drained` tells when it is done. */
void rig_drain(struct rig *rig);
void rig_wait_drained(struct rig *rig);

/* A connection to RIG's server. */
int dial(const struct rig *rig);
void say(int fd, const char *bytes, size_t len);
void say_text(int fd, const char *text);
/* Everything until the server closes; the status, or 0 for nothing at all. */
int hear_all(int fd, struct buf *out);
/* One answer: its head, and as much body as Content-Length says (none of HEAD and
 * 304); its status. */
int hear(int fd, struct buf *out, bool has_body);
/* Asks on FD with FIELDS (each with CRLF) and hears the answer; its status. */
int ask(int fd, struct buf *out, const char *method, const char *target,
	const char *fields);
/* The same on RIG's own connection. */
int request(struct rig *rig, const char *method, const char *target, const char *fields);
int get(struct rig *rig, const char *target, const char *fields);
/* Sends REQUEST alone, on a new connection that must end; the answer's status. */
int end_with(struct rig *rig, const char *request, size_t len);

const char *body_of(const struct buf *answer);
size_t body_len(const struct buf *answer);
bool has(const struct buf *answer, const char *text);
int status_of(const struct buf *answer);

#endif
