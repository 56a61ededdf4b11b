/*
 * server.c: the server's life, its table and its listeners; see server.h. One timer a
 * second looks at every connection's deadline, so a request costs no timer of its own.
 */
#include "daemon/http/server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/http/server_internal.h"
#include "daemon/http/snapshot.h"
#include "daemon/http/snapshot_internal.h"
#include "daemon/loop/loop.h"
#include "feeds/base/mem.h"

enum { ACCEPT_BATCH = 64 };
static const double accept_pause_s = 0.1;

void server_refresh_clock(struct http_server *server)
{
	int64_t wall_ms;
	char date[32];

	server->now_ms = loop_mono_ms(server->loop);
	if (server->now_ms < server->date_due_ms)
		return;
	/* Date must not be older than a Last-Modified that was set in this very second */
	wall_ms = loop_wall_ms(server->loop);
	http_date(wall_ms / 1000, date);
	snprintf(server->date, sizeof(server->date), "Date: %s\r\n", date);
	server->date_due_ms = server->now_ms + 1000 - wall_ms % 1000;
}

static void pause_accepting(struct http_server *server, bool is_paused)
{
	for (size_t i = 0; i < server->listener_count; i++) {
		if (is_paused)
			ev_io_stop(server->ev, &server->listeners[i]);
		else
			ev_io_start(server->ev, &server->listeners[i]);
	}
}

/* Out of descriptors: drop an idle connection and let the next tick accept again, or the
 * loop would spin on the listener. */
static void make_room(struct http_server *server)
{
	struct conn *oldest = NULL;

	for (uint32_t i = 0; i < server->slot_count; i++) {
		struct conn *conn = server->slots[i];

		if (conn->fd >= 0 && conn->state == CONN_IDLE &&
			(!oldest || conn->due_ms < oldest->due_ms))
			oldest = conn;
	}
	if (oldest)
		conn_close(oldest);
	pause_accepting(server, true);
}

static void on_accept(struct ev_loop *ev, ev_io *io, int events)
{
	struct http_server *server = io->data;

	(void)ev, (void)events;
	for (int i = 0; i < ACCEPT_BATCH; i++) {
		int fd;

		if (server->connections >= server->limits.max_connections) {
			server->counts.rejected_full++;
			make_room(server);
			return;
		}
		fd = accept4(io->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0) {
			if (errno == EMFILE || errno == ENFILE)
				make_room(server);
			return;
		}
		server->counts.accepted++;
		conn_open(server, fd);
	}
}

static void finish_drain(struct http_server *server)
{
	void (*drained)(void *) = server->drained;

	if (!server->is_draining || server->connections || !drained)
		return;
	server->drained = NULL;
	drained(server->drained_context);
}

static void on_tick(struct ev_loop *ev, ev_timer *timer, int events)
{
	struct http_server *server = timer->data;

	(void)ev, (void)events;
	server_refresh_clock(server);
	for (uint32_t i = 0; i < server->slot_count; i++) {
		struct conn *conn = server->slots[i];

		if (conn->fd >= 0 && conn->due_ms <= server->now_ms)
			conn_expire(conn);
	}
	if (!server->is_draining)
		pause_accepting(server, false);
	finish_drain(server);
}

static void copy_limits(struct http_server *server, const struct http_limits *limits)
{
	const char **copies = mem_alloc((limits->trusted_count + 1) * sizeof(*copies));

	for (size_t i = 0; i < limits->trusted_count; i++)
		copies[i] = mem_strdup(limits->trusted_proxies[i]);
	server->limits = *limits;
	server->limits.trusted_proxies = copies;
}

static void free_limits(struct http_server *server)
{
	const char *const *proxies = server->limits.trusted_proxies;

	for (size_t i = 0; i < server->limits.trusted_count; i++)
		free((void *)(uintptr_t)proxies[i]);
	free((void *)(uintptr_t)proxies);
}

struct http_server *http_server_create(struct loop *loop, const struct http_limits *limits,
	const struct http_route *routes, size_t route_count,
	const struct http_events *events, void *context)
{
	struct http_server *server = mem_alloc(sizeof(*server));

	server->loop = loop;
	server->ev = loop_ev(loop);
	copy_limits(server, limits);
	server->routes = routes;
	server->route_count = route_count;
	server->events = events;
	server->context = context;
	server->limiter = limiter_create();
	server->input = mem_resize(NULL, READ_MAX, 1);
	ev_timer_init(&server->tick, on_tick, accept_pause_s, 1.);
	server->tick.data = server;
	ev_timer_start(server->ev, &server->tick);
	server_refresh_clock(server);
	return server;
}

void http_server_destroy(struct http_server *server)
{
	struct map_entry entry;
	size_t cursor = 0;

	if (!server)
		return;
	ev_timer_stop(server->ev, &server->tick);
	for (size_t i = 0; i < server->listener_count; i++) {
		ev_io_stop(server->ev, &server->listeners[i]);
		close(server->listeners[i].fd);
	}
	for (uint32_t i = 0; i < server->slot_count; i++) {
		if (server->slots[i]->fd >= 0)
			conn_close(server->slots[i]);
		free(server->slots[i]);
	}
	while (map_next(&server->table, &cursor, &entry))
		snapshot_unref(entry.value);
	map_finish(&server->table);
	free(server->slots);
	free(server->free_slots);
	limiter_destroy(server->limiter);
	free_limits(server);
	free(server->input);
	buf_finish(&server->output);
	free(server);
}

void http_server_listen(struct http_server *server, int fd)
{
	ev_io *io;

	if (server->listener_count == LISTENERS_MAX || server->is_draining) {
		close(fd);
		return;
	}
	io = &server->listeners[server->listener_count++];
	ev_io_init(io, on_accept, fd, EV_READ);
	io->data = server;
	ev_io_start(server->ev, io);
}

void http_server_put(struct http_server *server, struct snapshot *snapshot)
{
	const char *path = snapshot_path(snapshot);

	/* the key is in the new snapshot, so the old one may go */
	snapshot_unref(map_put(&server->table, path, strlen(path), snapshot));
}

void http_server_remove(struct http_server *server, const char *path)
{
	snapshot_unref(map_remove(&server->table, path, strlen(path)));
}

static struct conn *conn_of(struct http_server *server, struct http_ticket ticket)
{
	struct conn *conn = ticket.slot < server->slot_count ? server->slots[ticket.slot] : NULL;

	if (!conn || conn->fd < 0 || conn->generation != ticket.generation ||
		conn->state != CONN_CALL)
		return NULL;
	return conn;
}

void http_answer(struct http_server *server, struct http_ticket ticket,
	const struct http_answer *answer)
{
	struct conn *conn = conn_of(server, ticket);

	server_refresh_clock(server);
	if (!conn)
		return; /* the client left meanwhile */
	answer_text(conn, answer->status, answer->content_type, answer->extra, answer->body,
		answer->len);
	conn_resume(conn);
}

void http_answer_snapshot(struct http_server *server, struct http_ticket ticket,
	struct snapshot *snapshot)
{
	struct conn *conn = conn_of(server, ticket);

	server_refresh_clock(server);
	if (!conn)
		return;
	answer_snapshot(conn, &conn->head, snapshot);
	conn_resume(conn);
}

void http_server_drain(struct http_server *server, void (*drained)(void *context),
	void *context)
{
	server->is_draining = true;
	server->drained = drained;
	server->drained_context = context;
	for (size_t i = 0; i < server->listener_count; i++) {
		ev_io_stop(server->ev, &server->listeners[i]);
		close(server->listeners[i].fd);
	}
	server->listener_count = 0;
	for (uint32_t i = 0; i < server->slot_count; i++) {
		struct conn *conn = server->slots[i];

		if (conn->fd >= 0 && (conn->state == CONN_IDLE || conn->state == CONN_HEAD))
			conn_close(conn);
	}
	/* told from the loop, never from inside this call */
	ev_timer_stop(server->ev, &server->tick);
	ev_timer_set(&server->tick, 0., 0.05);
	ev_timer_start(server->ev, &server->tick);
}

void http_server_set_limits(struct http_server *server, const struct http_limits *limits)
{
	free_limits(server);
	copy_limits(server, limits);
}

void http_server_counts(const struct http_server *server, struct http_counts *out)
{
	*out = server->counts;
	out->connections = server->connections;
	out->idle = 0;
	for (uint32_t i = 0; i < server->slot_count; i++)
		out->idle += server->slots[i]->fd >= 0 && server->slots[i]->state == CONN_IDLE;
}
