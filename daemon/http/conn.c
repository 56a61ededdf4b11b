/*
 * conn.c: one connection: reads into the server's shared buffer, answers every whole
 * request in it, and keeps a buffer of its own only for what is unfinished. While output
 * waits for the client or the main loop, nothing is read.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "daemon/http/server_internal.h"
#include "daemon/http/snapshot.h"
#include "feeds/base/mem.h"

enum { LINGER_MS = 2000 };

static void on_io(struct ev_loop *ev, ev_io *io, int events);

static struct conn *slot_take(struct http_server *server)
{
	struct conn *conn;

	if (server->free_count)
		return server->slots[server->free_slots[--server->free_count]];
	server->slots = mem_resize(server->slots, server->slot_count + 1,
		sizeof(*server->slots));
	server->free_slots = mem_resize(server->free_slots, server->slot_count + 1,
		sizeof(*server->free_slots));
	conn = mem_alloc(sizeof(*conn));
	conn->slot = server->slot_count;
	conn->server = server;
	server->slots[server->slot_count++] = conn;
	return conn;
}

void conn_set_state(struct conn *conn, enum conn_state state)
{
	const struct http_limits *limits = &conn->server->limits;
	const int64_t spans[CONN_STATES] = {
		[CONN_IDLE] = limits->idle_ms,
		[CONN_HEAD] = limits->header_ms,
		[CONN_BODY] = limits->body_ms,
		[CONN_CALL] = INT64_MAX / 2,
		[CONN_SEND] = limits->send_ms,
		[CONN_LINGER] = LINGER_MS,
	};
	bool writes = state == CONN_SEND, reads = state != CONN_SEND && state != CONN_CALL;
	int wanted = writes ? EV_WRITE : reads ? EV_READ : 0;

	/* bytes that drip in do not move the deadline of a head or a body */
	if (state != conn->state || state == CONN_IDLE || state == CONN_SEND)
		conn->due_ms = conn->server->now_ms + spans[state];
	conn->state = state;
	if (ev_is_active(&conn->io) && (conn->io.events & (EV_READ | EV_WRITE)) == wanted)
		return;
	ev_io_stop(conn->server->ev, &conn->io);
	if (!wanted)
		return;
	ev_io_set(&conn->io, conn->fd, wanted);
	ev_io_start(conn->server->ev, &conn->io);
}

void conn_open(struct http_server *server, int fd)
{
	struct conn *conn = slot_take(server);
	struct sockaddr_storage peer;
	socklen_t len = sizeof(peer);

	conn->fd = fd;
	conn->generation++;
	conn->keep_alive = true;
	conn->at_eof = conn->was_continued = false;
	conn->client = (struct address){.is_v4 = true};
	if (getpeername(fd, (struct sockaddr *)&peer, &len) == 0)
		address_from_sockaddr((struct sockaddr *)&peer, &conn->client);
	server->connections++;
	ev_io_init(&conn->io, on_io, fd, EV_READ);
	conn->io.data = conn;
	/* the header deadline runs from the first byte, the idle one until then */
	conn->state = CONN_STATES;
	conn_set_state(conn, CONN_IDLE);
}

void conn_close(struct conn *conn)
{
	struct http_server *server = conn->server;

	ev_io_stop(server->ev, &conn->io);
	close(conn->fd);
	conn->fd = -1;
	snapshot_unref(conn->snapshot);
	conn->snapshot = NULL;
	conn->body = NULL;
	conn->body_len = conn->body_at = conn->out_at = 0;
	buf_finish(&conn->in);
	buf_finish(&conn->out);
	free(conn->head_text);
	conn->head_text = NULL;
	server->connections--;
	server->free_slots[server->free_count++] = conn->slot;
}

void conn_expire(struct conn *conn)
{
	if (conn->state == CONN_HEAD || conn->state == CONN_BODY) {
		answer_error(conn, 408);
		conn_flush(conn);
		return;
	}
	conn_close(conn);
}

/* ---- sending ---- */

/* Keeps what could not be sent yet in CONN's own buffer. */
static void keep_rest(struct conn *conn, struct buf *from, size_t sent)
{
	if (from != &conn->out) {
		buf_add(&conn->out, from->bytes + sent, from->len - sent);
		conn->out_at = 0;
		return;
	}
	conn->out_at = sent;
}

/* After everything is out. */
static void sent_all(struct conn *conn)
{
	snapshot_unref(conn->snapshot);
	conn->snapshot = NULL;
	conn->body = NULL;
	conn->body_len = conn->body_at = conn->out_at = 0;
	buf_finish(&conn->out);
	if (conn->keep_alive)
		return;
	/* closing with unread input would reset the connection under our answer */
	shutdown(conn->fd, SHUT_WR);
	buf_finish(&conn->in);
	if (conn->at_eof)
		conn_close(conn);
	else
		conn_set_state(conn, CONN_LINGER);
}

bool conn_flush(struct conn *conn)
{
	struct buf *from = conn->out.len ? &conn->out : &conn->server->output;
	size_t head_at = from == &conn->out ? conn->out_at : 0;

	while (head_at < from->len || conn->body_at < conn->body_len) {
		struct iovec parts[2];
		struct msghdr message = {.msg_iov = parts};
		ssize_t put;

		if (head_at < from->len)
			parts[message.msg_iovlen++] = (struct iovec){from->bytes + head_at,
				from->len - head_at};
		if (conn->body_at < conn->body_len)
			parts[message.msg_iovlen++] = (struct iovec){
				(char *)(uintptr_t)conn->body + conn->body_at,
				conn->body_len - conn->body_at};
		put = sendmsg(conn->fd, &message, MSG_NOSIGNAL);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0 && errno == EAGAIN) {
			keep_rest(conn, from, head_at);
			buf_clear(&conn->server->output);
			conn_set_state(conn, CONN_SEND);
			return false;
		}
		if (put < 0) {
			buf_clear(&conn->server->output);
			conn_close(conn);
			return false;
		}
		conn->server->counts.bytes_sent += (uint64_t)put;
		if ((size_t)put <= from->len - head_at) {
			head_at += (size_t)put;
		} else {
			conn->body_at += (size_t)put - (from->len - head_at);
			head_at = from->len;
		}
	}
	buf_clear(&conn->server->output);
	sent_all(conn);
	return conn->fd >= 0 && conn->keep_alive;
}

/* ---- requests ---- */

/* The body of HEAD at BODY; 1 = whole (*USED input, *LEN content), 0 = more is needed,
 * else refused. */
static int take_body(struct conn *conn, const struct http_head *head, char *body,
	size_t there, size_t *used, size_t *len)
{
	size_t most = conn->server->limits.max_body;
	int result;

	*used = *len = 0;
	if (head->is_chunked) {
		result = http_decode_chunked(body, there, most, used, len);
		if (result == -2 || (result == 0 && there > 2 * most + HTTP_HEAD_MAX))
			answer_error(conn, 413);
		else if (result < 0)
			answer_error(conn, 400);
		return result < 0 || conn->keep_alive ? result : -1;
	}
	if (head->length > most) {
		answer_error(conn, 413);
		return -1;
	}
	*used = *len = head->length;
	return there >= head->length;
}

static void ask_for_body(struct conn *conn, const struct http_head *head, size_t there)
{
	if (!head->expects_continue || conn->was_continued || there)
		return;
	conn->was_continued = true;
	buf_add_str(&conn->server->output, "HTTP/1.1 100 Continue\r\n\r\n");
}

/* Answers the request at BYTES; how much of it was used, 0 = it is not all there. */
static size_t take_request(struct conn *conn, char *bytes, size_t len)
{
	size_t head_len = http_head_len(bytes, len), used, body_len;
	struct http_head head;
	int status;

	if (len >= 14 && memcmp(bytes, "PRI * HTTP/2.0", 14) == 0) {
		answer_error(conn, 505);
		return len;
	}
	if (!head_len) {
		if (len > HTTP_HEAD_MAX)
			answer_error(conn, memchr(bytes, '\n', len) ? 431 : 414);
		conn_set_state(conn, CONN_HEAD);
		return conn->keep_alive ? 0 : len;
	}
	status = http_parse_head(bytes, head_len, &head);
	if (status) {
		answer_error(conn, status);
		return len;
	}
	conn->is_head = head.method.len == 4 && memcmp(head.method.at, "HEAD", 4) == 0;
	status = take_body(conn, &head, bytes + head_len, len - head_len, &used, &body_len);
	if (status < 0)
		return len;
	if (status == 0) {
		ask_for_body(conn, &head, len - head_len);
		conn_set_state(conn, CONN_BODY);
		return 0;
	}
	conn->was_continued = false;
	conn->keep_alive = head.keep_alive && !conn->server->is_draining;
	conn->state = CONN_IDLE;
	answer_request(conn, &head, bytes + head_len, body_len);
	return head_len + used;
}

/* Takes requests until the input ends, a large body must go out first, or the main loop is
 * asked. */
static size_t take_requests(struct conn *conn, char *bytes, size_t len)
{
	size_t at = 0;

	while (at < len && conn->keep_alive && !conn->body) {
		size_t used = take_request(conn, bytes + at, len - at);

		at += used;
		if (!used || conn->state == CONN_CALL)
			break;
	}
	return at;
}

/* Keeps input that was not used: FROM is CONN's own buffer or the shared one. */
static void keep_input(struct conn *conn, const char *from, size_t used, size_t len)
{
	if (from == conn->in.bytes) {
		memmove(conn->in.bytes, conn->in.bytes + used, len - used);
		conn->in.len = len - used;
		if (!conn->in.len)
			buf_finish(&conn->in);
	} else if (used < len) {
		buf_add(&conn->in, from + used, len - used);
	}
}

/* Answers what is in BYTES and sends; CONN may be closed afterwards. */
static void work(struct conn *conn, char *bytes, size_t len)
{
	for (;;) {
		size_t used = take_requests(conn, bytes, len);

		keep_input(conn, bytes, used, len);
		if (!conn_flush(conn))
			return;
		if (conn->state == CONN_CALL || !used || !conn->in.len)
			break;
		bytes = conn->in.bytes;
		len = conn->in.len;
	}
	if (conn->state == CONN_CALL)
		conn_set_state(conn, CONN_CALL);
	else if (conn->at_eof)
		conn_close(conn);
	else if (!conn->in.len)
		conn_set_state(conn, CONN_IDLE);
	else
		conn_set_state(conn, conn->state);
}

void conn_resume(struct conn *conn)
{
	conn->state = CONN_IDLE;
	if (!conn_flush(conn))
		return;
	if (conn->in.len)
		work(conn, conn->in.bytes, conn->in.len);
	else if (conn->at_eof)
		conn_close(conn);
	else
		conn_set_state(conn, CONN_IDLE);
}

static void on_readable(struct conn *conn)
{
	struct http_server *server = conn->server;
	ssize_t got = recv(conn->fd, server->input, READ_MAX, 0);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		conn_close(conn);
		return;
	}
	if (conn->state == CONN_LINGER)
		return; /* dropped */
	if (!conn->in.len) {
		work(conn, server->input, (size_t)got);
		return;
	}
	buf_add(&conn->in, server->input, (size_t)got);
	work(conn, conn->in.bytes, conn->in.len);
}

static void on_io(struct ev_loop *ev, ev_io *io, int events)
{
	struct conn *conn = io->data;

	(void)ev;
	server_refresh_clock(conn->server);
	if (events & EV_WRITE)
		conn_resume(conn);
	else
		on_readable(conn);
}
