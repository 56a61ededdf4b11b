/*
 * server.c: the server's life, its table, its listeners and the answers to its calls; see
 * server.h.
 */
#include "daemon/http/server.h"

#include <assert.h>
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

enum { ACCEPT_BATCH = 64, DAWDLE_MS = 1000 };
static const double tick_s = 1., drain_tick_s = 0.1, accept_pause_s = 0.5;

/* What time it is; the Date line follows the second, so that it is never older than a
 * Last-Modified that was set in this very second. */
static void refresh_clock(struct http_server *server)
{
	int64_t wall_ms;
	char date[32];

	server->now_ms = loop_mono_ms(server->loop);
	if (server->now_ms < server->date_due_ms)
		return;
	wall_ms = loop_wall_ms(server->loop);
	server->date_s = wall_ms / 1000;
	http_date(server->date_s, date);
	server->date_len = (size_t)snprintf(server->date, sizeof(server->date),
		"Date: %s\r\n\r\n", date);
	server->date_due_ms = server->now_ms + 1000 - wall_ms % 1000;
}

/* ---- accepting ---- */

static void pause_accepting(struct http_server *server)
{
	server->is_paused = true;
	for (size_t i = 0; i < server->listener_count; i++)
		ev_io_stop(server->ev, &server->listeners[i]);
}

static void resume(struct http_server *server)
{
	ev_timer_stop(server->ev, &server->resume);
	server->is_paused = false;
	for (size_t i = 0; i < server->listener_count; i++)
		ev_io_start(server->ev, &server->listeners[i]);
}

static void on_resume(struct ev_loop *ev, ev_timer *timer, int events)
{
	(void)ev, (void)events;
	resume(timer->data);
}

static bool close_oldest_idle(struct http_server *server)
{
	struct conn *oldest = timers_oldest_idle(server);

	if (oldest)
		conn_close(oldest);
	return oldest != NULL;
}

/* Who dawdles over a request makes room too: others send theirs at once. */
static bool close_dawdler(struct http_server *server)
{
	struct conn *oldest = server->queues[CONN_HEAD].first;

	if (!oldest || server->now_ms - oldest->base_ms < DAWDLE_MS)
		return false;
	conn_close(oldest);
	return true;
}

void server_closed(struct http_server *server)
{
	/* full, and now there is room; a pause for want of descriptors has its timer */
	if (server->is_paused && !ev_is_active(&server->resume))
		resume(server);
	if (server->is_draining && !server->connections && server->drained)
		ev_timer_start(server->ev, &server->end);
}

/* Out of descriptors: the listener would stay readable and the loop would spin. */
static void rest(struct http_server *server)
{
	close_oldest_idle(server);
	pause_accepting(server);
	ev_timer_set(&server->resume, accept_pause_s, 0.);
	ev_timer_start(server->ev, &server->resume);
}

static bool has_room(struct http_server *server)
{
	if (server->connections < server->limits.max_connections)
		return true;
	if (close_oldest_idle(server) || close_dawdler(server))
		return true;
	server->counts.rejected_full++;
	pause_accepting(server);
	return false;
}

static void on_accept(struct ev_loop *ev, ev_io *io, int events)
{
	struct http_server *server = io->data;

	(void)ev, (void)events;
	if (!has_room(server))
		return;
	/* a full server comes back here only if one more is waiting */
	for (int i = 0; i < ACCEPT_BATCH &&
		server->connections < server->limits.max_connections; i++) {
		struct sockaddr_storage peer = {.ss_family = AF_UNSPEC};
		socklen_t len = sizeof(peer);
		int fd = accept4(io->fd, (struct sockaddr *)&peer, &len,
			SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			server->counts.accepted++;
			conn_open(server, fd, (struct sockaddr *)&peer);
			continue;
		}
		if (errno == EAGAIN)
			return;
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
			rest(server);
			return;
		}
	}
}

/* ---- time ---- */

/* Once a turn, before the other watchers: what time this turn has. */
static void on_turn(struct ev_loop *ev, ev_check *turn, int events)
{
	(void)ev, (void)events;
	refresh_clock(turn->data);
}

static void drain_connections(struct http_server *server)
{
	for (uint32_t i = 0; i < server->slot_count; i++) {
		if (server->slots[i]->io.fd >= 0)
			conn_drain(server->slots[i]);
	}
}

static void on_tick(struct ev_loop *ev, ev_timer *timer, int events)
{
	struct http_server *server = timer->data;

	(void)ev, (void)events;
	timers_run(server);
	if (server->is_paused && !ev_is_active(&server->resume))
		close_dawdler(server); /* which lets the next one in */
	if (server->is_draining)
		drain_connections(server);
}

static void on_end(struct ev_loop *ev, ev_timer *timer, int events)
{
	struct http_server *server = timer->data;
	void (*drained)(void *) = server->drained;

	(void)ev, (void)events;
	server->drained = NULL;
	drained(server->drained_context);
}

/* ---- life ---- */

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
	server->is_ready = true;
	server->input = mem_resize(NULL, INPUT_MAX, 1);
	page_pipe_init(&server->pages);
	server->tick.data = server->resume.data = server->end.data = server->turn.data = server;
	ev_timer_init(&server->tick, on_tick, tick_s, tick_s);
	ev_timer_init(&server->resume, on_resume, accept_pause_s, 0.);
	ev_timer_init(&server->end, on_end, 0., 0.);
	ev_check_init(&server->turn, on_turn);
	ev_set_priority(&server->turn, EV_MAXPRI);
	ev_timer_start(server->ev, &server->tick);
	ev_check_start(server->ev, &server->turn);
	refresh_clock(server);
	return server;
}

static void close_listeners(struct http_server *server)
{
	ev_timer_stop(server->ev, &server->resume);
	for (size_t i = 0; i < server->listener_count; i++) {
		ev_io_stop(server->ev, &server->listeners[i]);
		close(server->listeners[i].fd);
	}
	server->listener_count = 0;
	server->is_paused = false;
}

void http_server_destroy(struct http_server *server)
{
	struct map_entry entry;
	size_t cursor = 0;

	if (!server)
		return;
	close_listeners(server);
	server->is_draining = true;
	server->drained = NULL;
	for (uint32_t i = 0; i < server->slot_count; i++) {
		if (server->slots[i]->io.fd >= 0)
			conn_close(server->slots[i]);
		free(server->slots[i]);
	}
	ev_timer_stop(server->ev, &server->tick);
	ev_timer_stop(server->ev, &server->end);
	ev_check_stop(server->ev, &server->turn);
	while (map_next(&server->table, &cursor, &entry))
		snapshot_unref(entry.value);
	map_finish(&server->table);
	free(server->slots);
	free_limits(server);
	page_pipe_finish(&server->pages);
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
	if (!server->is_paused)
		ev_io_start(server->ev, io);
}

void http_server_set_ready(struct http_server *server, bool is_ready)
{
	server->is_ready = is_ready;
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

/* ---- answers to calls ---- */

/* The connection that waits with TICKET, or NULL: its client left meanwhile. While a call is
 * being handed up only that one can be answered: there is one output buffer. */
static struct conn *conn_of(struct http_server *server, struct http_ticket ticket)
{
	struct conn *conn = ticket.slot < server->slot_count ? server->slots[ticket.slot] : NULL;

	if (!conn || conn->io.fd < 0 || conn->generation != ticket.generation || !conn->pending)
		return NULL;
	assert(!server->calling || server->calling == conn);
	if (server->is_draining)
		conn->keep_alive = false;
	return conn;
}

static void end_call(struct conn *conn)
{
	free(conn->pending);
	conn->pending = NULL;
	conn_answered(conn);
}

void http_answer(struct http_server *server, struct http_ticket ticket,
	const struct http_answer *from)
{
	struct conn *conn = conn_of(server, ticket);

	if (!conn)
		return;
	/* a text that does not say when to come again says more than the page would */
	if ((from->status == 503 && !from->extra) ||
		!answer_page(conn, &conn->pending->head, from->status, from->extra))
		answer_text(conn, from->status, from->content_type, from->extra, from->body,
			from->len);
	end_call(conn);
}

int http_answer_snapshot(struct http_server *server, struct http_ticket ticket,
	struct snapshot *snapshot)
{
	struct conn *conn = conn_of(server, ticket);
	int status;

	if (!conn)
		return 0;
	status = answer_snapshot(conn, &conn->pending->head, snapshot);
	if (conn->body && !conn->holds_snapshot) { /* borrowed only for this call */
		snapshot_ref(snapshot);
		conn->holds_snapshot = true;
	}
	end_call(conn);
	return status;
}

void http_server_drain(struct http_server *server, void (*drained)(void *context),
	void *context)
{
	server->is_draining = true;
	server->drained = drained;
	server->drained_context = context;
	refresh_clock(server);
	close_listeners(server);
	drain_connections(server);
	ev_timer_stop(server->ev, &server->tick);
	ev_timer_set(&server->tick, drain_tick_s, drain_tick_s);
	ev_timer_start(server->ev, &server->tick);
	/* told from the loop, never from inside this call */
	if (!server->connections)
		ev_timer_start(server->ev, &server->end);
}

void http_server_set_limits(struct http_server *server, const struct http_limits *limits)
{
	free_limits(server);
	copy_limits(server, limits);
	timers_reset(server);
	if (server->is_paused && server->connections < limits->max_connections)
		resume(server);
}

void http_server_counts(const struct http_server *server, struct http_counts *out)
{
	*out = server->counts;
	out->connections = server->connections;
	out->idle = server->queues[CONN_IDLE].count;
}
