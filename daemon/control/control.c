/*
 * control.c: see control.h. A request outlives its connection: a verb that is still at work
 * when the client has gone goes on into nothing and ends as usual.
 */
#include "daemon/control/control.h"

#include <assert.h>
#include <errno.h>
#include <ev.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/control/control_line.h"
#include "daemon/control/local.h"
#include "daemon/control/log.h"
#include "daemon/loop/loop.h"
#include "feeds/base/arena.h"
#include "feeds/base/buf.h"
#include "feeds/base/error.h"
#include "feeds/base/mem.h"

enum {
	CONNECTIONS_MAX = 32,
	WAITING_HIGH = 256 * 1024, /* bytes to be sent: no more rows, please */
	WAITING_LOW = 64 * 1024,
	GROUPS_MAX = 256,
};
static const double request_s = 10., progress_s = 60.;

struct connection {
	struct connection *prev, *next;
	struct control *control;   /* borrows */
	struct control_request *request; /* borrows; NULL before it is read and at the end */
	int fd;
	ev_io io;
	ev_timer limit;
	struct buf in, out;        /* own */
	size_t sent;               /* of out */
	bool is_ended;             /* nothing more will be added to out */
};

struct control_request {
	struct control_request *prev, *next;
	struct control *control;   /* borrows */
	struct connection *connection; /* borrows; NULL = the client has gone */
	struct arena *arena;       /* owns */
	json_t *line;              /* holds a reference; what follows lives in it */
	const char *verb;
	const json_t *arguments;
	void *state;               /* the verb's */
	void (*resume)(struct control_request *request);
};

struct control {
	struct ev_loop *ev;
	char *path;                /* owns */
	const struct control_verb *verbs;
	void *context;
	int fd;
	ev_io listener;
	struct connection *connections;
	int count;
	struct control_request *requests;
};

/* ---- connections ---- */

static void watch(struct connection *connection, int events)
{
	struct ev_loop *ev = connection->control->ev;

	ev_io_stop(ev, &connection->io);
	ev_io_set(&connection->io, connection->fd, events);
	ev_io_start(ev, &connection->io);
}

static void close_connection(struct connection *connection)
{
	struct control *control = connection->control;
	struct control_request *request = connection->request;

	ev_io_stop(control->ev, &connection->io);
	ev_timer_stop(control->ev, &connection->limit);
	close(connection->fd);
	if (connection->prev)
		connection->prev->next = connection->next;
	else
		control->connections = connection->next;
	if (connection->next)
		connection->next->prev = connection->prev;
	if (control->count-- == CONNECTIONS_MAX)
		ev_io_start(control->ev, &control->listener);
	buf_finish(&connection->in);
	buf_finish(&connection->out);
	free(connection);
	if (!request)
		return;
	request->connection = NULL;
	if (request->resume) {
		void (*resume)(struct control_request *) = request->resume;

		request->resume = NULL;
		resume(request);
	}
}

static size_t waiting(const struct connection *connection)
{
	return connection->out.len - connection->sent;
}

static void send_some(struct connection *connection)
{
	struct control_request *request = connection->request;
	ssize_t sent = send(connection->fd, connection->out.bytes + connection->sent,
		waiting(connection), MSG_NOSIGNAL);

	if (sent < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (sent < 0) {
		close_connection(connection);
		return;
	}
	connection->sent += (size_t)sent;
	ev_timer_again(connection->control->ev, &connection->limit);
	if (!waiting(connection)) {
		buf_clear(&connection->out);
		connection->sent = 0;
		if (connection->is_ended) {
			close_connection(connection);
			return;
		}
		watch(connection, EV_READ); /* to see the client go */
	}
	if (request && request->resume && waiting(connection) < WAITING_LOW) {
		void (*resume)(struct control_request *) = request->resume;

		request->resume = NULL;
		resume(request);
	}
}

static void add_line(struct connection *connection, json_t *line)
{
	char *text = json_dumps(line, JSON_COMPACT | JSON_ENCODE_ANY);

	json_decref(line);
	if (!text)
		return;
	if (!waiting(connection)) {
		watch(connection, EV_WRITE);
		ev_timer_again(connection->control->ev, &connection->limit);
	}
	if (connection->sent > WAITING_HIGH) {
		memmove(connection->out.bytes, connection->out.bytes + connection->sent,
			waiting(connection));
		connection->out.len -= connection->sent;
		connection->sent = 0;
	}
	buf_add_str(&connection->out, text);
	buf_add_char(&connection->out, '\n');
	free(text);
}

static void end_connection(struct connection *connection, int status, const char *error)
{
	json_t *line = json_pack("{s:i}", "end", status);

	if (error)
		json_object_set_new(line, "error", json_string(error));
	connection->is_ended = true;
	add_line(connection, line);
}

/* ---- requests ---- */

static void request_free(struct control_request *request)
{
	struct control *control = request->control;

	if (request->prev)
		request->prev->next = request->next;
	else
		control->requests = request->next;
	if (request->next)
		request->next->prev = request->prev;
	json_decref(request->line);
	arena_destroy(request->arena);
	free(request);
}

static const struct control_verb *find_verb(const struct control *control, const char *name)
{
	for (const struct control_verb *verb = control->verbs; verb->name; verb++) {
		if (strcmp(verb->name, name) == 0)
			return verb;
	}
	return NULL;
}

static void run_request(struct connection *connection, size_t len)
{
	struct control *control = connection->control;
	struct control_request *request = mem_alloc(sizeof(*request));
	const struct control_verb *verb;
	struct error err;

	request->control = control;
	if (!control_line_parse(connection->in.bytes, len, &request->line, &request->verb,
		    &request->arguments, &err)) {
		free(request);
		end_connection(connection, 2, err.text);
		return;
	}
	request->arena = arena_create();
	request->connection = connection;
	connection->request = request;
	request->next = control->requests;
	if (request->next)
		request->next->prev = request;
	control->requests = request;
	verb = find_verb(control, request->verb);
	if (!verb)
		control_fail(request, 2, "this daemon does not know %.40s", request->verb);
	else if (json_array_size(request->arguments) < verb->least ||
		json_array_size(request->arguments) > verb->most)
		control_fail(request, 2, "%s: expected %zu to %zu arguments", verb->name,
			verb->least, verb->most);
	else
		verb->run(control->context, request);
}

static void read_some(struct connection *connection)
{
	char *end;
	ssize_t got = recv(connection->fd, buf_reserve(&connection->in, 4096), 4096, 0);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		close_connection(connection);
		return;
	}
	if (connection->request || connection->is_ended)
		return; /* one request; what follows is not looked at */
	connection->in.len += (size_t)got;
	end = memchr(connection->in.bytes, '\n', connection->in.len);
	if (end) {
		connection->limit.repeat = progress_s;
		ev_timer_stop(connection->control->ev, &connection->limit);
		run_request(connection, (size_t)(end - connection->in.bytes));
	} else if (connection->in.len > CONTROL_LINE_MAX) {
		end_connection(connection, 2, "the request is too long");
	}
}

static void on_io(struct ev_loop *ev, ev_io *io, int events)
{
	struct connection *connection = io->data;

	(void)ev;
	if (events & EV_WRITE)
		send_some(connection);
	else
		read_some(connection);
}

/* The request does not come, or the client does not read. Work in silence may take long. */
static void on_limit(struct ev_loop *ev, ev_timer *timer, int events)
{
	struct connection *connection = timer->data;

	(void)events;
	if (connection->request && !waiting(connection))
		ev_timer_stop(ev, timer);
	else
		close_connection(connection);
}

/* ---- who ---- */

static bool is_member(int fd, gid_t primary, gid_t group)
{
	gid_t groups[GROUPS_MAX];
	socklen_t len = sizeof(groups);

	if (primary == group)
		return true;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len) < 0)
		return false;
	for (size_t i = 0; i < len / sizeof(*groups); i++) {
		if (groups[i] == group)
			return true;
	}
	return false;
}

static bool may_ask(const struct control *control, int fd, struct ucred *peer)
{
	socklen_t len = sizeof(*peer);
	struct stat status;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, peer, &len) < 0)
		return false;
	return peer->uid == 0 || peer->uid == geteuid() ||
		(stat(control->path, &status) == 0 &&
			is_member(fd, peer->gid, status.st_gid));
}

static void open_connection(struct control *control, int fd)
{
	struct connection *connection = mem_alloc(sizeof(*connection));
	struct ucred peer = {0};

	connection->control = control;
	connection->fd = fd;
	connection->next = control->connections;
	if (connection->next)
		connection->next->prev = connection;
	control->connections = connection;
	ev_io_init(&connection->io, on_io, fd, EV_READ);
	ev_timer_init(&connection->limit, on_limit, 0., request_s);
	connection->io.data = connection->limit.data = connection;
	ev_io_start(control->ev, &connection->io);
	ev_timer_again(control->ev, &connection->limit);
	if (++control->count == CONNECTIONS_MAX)
		ev_io_stop(control->ev, &control->listener);
	if (may_ask(control, fd, &peer))
		return;
	log_warn("control: refused uid=%u pid=%d", (unsigned)peer.uid, (int)peer.pid);
	end_connection(connection, 1, "not allowed: expected root, the daemon's user or a "
		"member of the socket's group");
}

static void on_accept(struct ev_loop *ev, ev_io *io, int events)
{
	struct control *control = io->data;
	int fd;

	(void)ev, (void)events;
	while (control->count < CONNECTIONS_MAX &&
		(fd = accept4(control->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0)
		open_connection(control, fd);
}

/* ---- for the verbs ---- */

const char *control_argument(const struct control_request *request, size_t index)
{
	return json_string_value(json_array_get(request->arguments, index));
}

void *control_alloc(struct control_request *request, size_t size)
{
	return arena_alloc(request->arena, size);
}

void control_set_state(struct control_request *request, void *state)
{
	request->state = state;
}

void *control_state(const struct control_request *request)
{
	return request->state;
}

void *control_context(const struct control_request *request)
{
	return request->control->context;
}

bool control_is_gone(const struct control_request *request)
{
	return !request->connection;
}

void control_row(struct control_request *request, json_t *row)
{
	if (request->connection)
		add_line(request->connection, json_pack("{s:o}", "row", row));
	else
		json_decref(row);
}

void control_progress(struct control_request *request, int64_t done, int64_t total)
{
	if (request->connection)
		add_line(request->connection, json_pack("{s:[I,I]}", "progress",
			(json_int_t)done, (json_int_t)total));
}

void control_when_room(struct control_request *request,
	void (*resume)(struct control_request *request))
{
	assert(!request->resume);
	if (request->connection && waiting(request->connection) > WAITING_HIGH)
		request->resume = resume;
	else
		resume(request);
}

static void end_request(struct control_request *request, int status, const char *error)
{
	struct connection *connection = request->connection;

	if (connection) {
		connection->request = NULL;
		end_connection(connection, status, error);
	}
	request_free(request);
}

void control_end(struct control_request *request)
{
	end_request(request, 0, NULL);
}

void control_fail(struct control_request *request, int status, const char *format, ...)
{
	struct error err;
	va_list args;

	va_start(args, format);
	vsnprintf(err.text, sizeof(err.text), format, args);
	va_end(args);
	end_request(request, status, err.text);
}

/* ---- life ---- */

bool control_create(struct loop *loop, const char *path, const struct control_verb *verbs,
	void *context, struct control **out, struct error *err)
{
	int fd = local_listen(path, err);
	struct control *control;

	if (fd < 0)
		return error_prefix(err, "control socket");
	control = mem_alloc(sizeof(*control));
	control->ev = loop_ev(loop);
	control->path = mem_strdup(path);
	control->verbs = verbs;
	control->context = context;
	control->fd = fd;
	ev_io_init(&control->listener, on_accept, fd, EV_READ);
	control->listener.data = control;
	ev_io_start(control->ev, &control->listener);
	*out = control;
	return true;
}

void control_destroy(struct control *control)
{
	if (!control)
		return;
	for (struct control_request *request = control->requests; request; request = request->next)
		request->resume = NULL; /* nobody is there any more to go on */
	while (control->connections)
		close_connection(control->connections);
	while (control->requests)
		request_free(control->requests);
	ev_io_stop(control->ev, &control->listener);
	close(control->fd);
	unlink(control->path);
	free(control->path);
	free(control);
}
