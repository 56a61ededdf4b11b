/*
 * control.h: the control socket, on the main loop: a unix socket on which gazettectl asks.
 *
 * A connection carries one request, one line of JSON, {"verb":"status","arguments":[]}, and
 * its answer, lines of JSON: {"row":{...}} for each thing found, {"progress":[DONE,TOTAL]}
 * now and then in long work, and last {"end":STATUS} with "error" when STATUS is not 0.
 * Everything is bounded: connections, the request, what waits to be sent, and time.
 *
 * Who may ask: root, the daemon's own user, and members of the socket's group (the file's
 * mode keeps others from connecting at all).
 */
#ifndef DAEMON_CONTROL_CONTROL_H
#define DAEMON_CONTROL_CONTROL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct control;
struct control_request;
struct error;
struct loop;

/* RUN must end the request, at once or later: control_end or control_fail, once. */
struct control_verb {
	const char *name;
	void (*run)(void *context, struct control_request *request);
	size_t least, most;        /* arguments */
};

/* Makes the socket at PATH (mode 0660); one that is left over from a crash is replaced.
 * VERBS (until one without a name) and CONTEXT are borrowed. False and ERR when it cannot
 * be made or another daemon answers there. */
bool control_create(struct loop *loop, const char *path, const struct control_verb *verbs,
	void *context, struct control **out, struct error *err) __attribute__((warn_unused_result));

/* Closes every connection, frees requests that were not ended and removes the socket. NULL
 * is accepted. */
void control_destroy(struct control *control);

/* The argument at INDEX, NULL when there are fewer. */
const char *control_argument(const struct control_request *request, size_t index);

/* Zeroed memory that lives as long as the request. */
void *control_alloc(struct control_request *request, size_t size);

/* What the verb keeps between its steps; borrowed. */
void control_set_state(struct control_request *request, void *state);
void *control_state(const struct control_request *request);

/* What CREATE's caller gave. */
void *control_context(const struct control_request *request);

/* Adds a row; the reference moves. Does nothing once the client has gone. */
void control_row(struct control_request *request, json_t *row);
void control_progress(struct control_request *request, int64_t done, int64_t total);

/* Ends the request, which is freed. STATUS is gazettectl's exit status: 1 = it could not be
 * done, 2 = it was asked wrongly. */
void control_end(struct control_request *request);
void control_fail(struct control_request *request, int status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The client has gone: long work may stop (and must still end the request). */
bool control_is_gone(const struct control_request *request);

/* Calls RESUME once there is room for more rows (or the client has gone): at once when
 * there is already. A verb of many rows asks after every few hundred. */
void control_when_room(struct control_request *request,
	void (*resume)(struct control_request *request));

#endif
