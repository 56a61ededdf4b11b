/*
 * conn.c: one connection: reads into the server's shared buffer, answers every whole
 * request in it, and keeps a buffer of its own only for what is unfinished. While output
 * waits for the client or a call for its answer, nothing is read.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "daemon/http/client.h"
#include "daemon/http/proxy.h"
#include "daemon/http/server_internal.h"
#include "daemon/http/snapshot_internal.h"
#include "feeds/base/mem.h"

enum { DRAIN_GRACE_MS = 300 };

/* A chunked body that is coming in: conn->in holds the head and then the content. */
struct chunked {
	struct chunk_decoder decoder;
	size_t content;
};

/* Input that is being worked through: conn->in or the shared buffer. */
struct cursor {
	char *bytes;
	size_t at, len;
	size_t seen, need;    /* see struct unfinished */
	enum conn_state wait; /* for what, when it is used up */
	bool has_answered;
};

static void on_io(struct ev_loop *ev, ev_io *io, int events);
static void read_input(struct conn *conn);

/* ---- life ---- */

static struct conn *slot_take(struct http_server *server)
{
	struct conn *conn = server->free;

	if (conn) {
		server->free = conn->next;
		return conn;
	}
	if (server->slot_count == server->slot_cap) {
		server->slot_cap = server->slot_cap ? server->slot_cap * 2 : 64;
		server->slots = mem_resize(server->slots, server->slot_cap,
			sizeof(*server->slots));
	}
	conn = mem_alloc(sizeof(*conn));
	conn->slot = server->slot_count;
	server->slots[server->slot_count++] = conn;
	return conn;
}

void conn_open(struct http_server *server, int fd, const struct sockaddr *peer)
{
	const struct http_limits *limits = &server->limits;
	struct conn *conn = slot_take(server);

	*conn = (struct conn){
		.server = server,
		.slot = conn->slot,
		.generation = conn->generation + 1,
		.state = CONN_STATES,
		.keep_alive = true,
	};
	conn->is_local = !address_from_sockaddr(peer, &conn->client);
	conn->awaits_proxy = limits->proxy_protocol && (conn->is_local ||
		client_is_trusted(&conn->client, limits->trusted_proxies, limits->trusted_count));
	server->connections++;
	ev_io_init(&conn->io, on_io, fd, EV_READ);
	conn->io.data = conn;
	read_input(conn); /* a client that connects has mostly asked already */
}

static struct unfinished *unfinished_of(struct conn *conn)
{
	if (!conn->unfinished)
		conn->unfinished = mem_alloc(sizeof(*conn->unfinished));
	return conn->unfinished;
}

static size_t input_len(const struct conn *conn)
{
	return conn->unfinished ? conn->unfinished->in.len : 0;
}

static size_t output_len(const struct conn *conn)
{
	return conn->unfinished ? conn->unfinished->out.len : 0;
}

/* Frees what holds nothing any more. */
static void tidy(struct conn *conn)
{
	struct unfinished *unfinished = conn->unfinished;

	if (!unfinished)
		return;
	if (!unfinished->in.len)
		buf_finish(&unfinished->in);
	if (!unfinished->out.len)
		buf_finish(&unfinished->out);
	if (unfinished->in.len || unfinished->out.len)
		return;
	free(unfinished->chunked);
	free(unfinished);
	conn->unfinished = NULL;
}

static void drop_input(struct conn *conn)
{
	if (!conn->unfinished)
		return;
	conn->unfinished->in.len = 0;
	tidy(conn);
}

static void drop_output(struct conn *conn)
{
	if (!conn->unfinished)
		return;
	conn->unfinished->out.len = 0;
	tidy(conn);
}

static void drop_body(struct conn *conn)
{
	if (conn->holds_snapshot)
		snapshot_unref(conn->snapshot);
	conn->snapshot = NULL;
	conn->body = NULL;
	conn->body_at = conn->body_end = 0;
	conn->holds_snapshot = false;
}

void conn_close(struct conn *conn)
{
	struct http_server *server = conn->server;

	timers_leave(conn);
	ev_io_stop(server->ev, &conn->io);
	close(conn->io.fd);
	conn->io.fd = -1;
	drop_body(conn);
	drop_output(conn);
	drop_input(conn);
	free(conn->pending);
	conn->pending = NULL;
	server->connections--;
	conn->next = server->free;
	server->free = conn;
	server_closed(server);
}

/* ---- sending ---- */

/* Keeps what did not go out: the rest of FROM (SENT bytes of it are gone) and the body. */
static void keep_output(struct conn *conn, const struct buf *from, size_t sent)
{
	if (sent < from->len || output_len(conn)) {
		struct buf *out = &unfinished_of(conn)->out;

		if (from == out) {
			memmove(out->bytes, out->bytes + sent, out->len - sent);
			out->len -= sent;
		} else {
			buf_add(out, from->bytes + sent, from->len - sent);
		}
		tidy(conn);
	}
	if (conn->body && !conn->holds_snapshot) {
		snapshot_ref(conn->snapshot);
		conn->holds_snapshot = true;
	}
}

/* The rest of FROM, held back for a moment, and of the body from where it lies. */
static ssize_t send_pages(struct conn *conn, const struct buf *from)
{
	ssize_t head = 0, put;

	if (from->len)
		head = send(conn->io.fd, from->bytes, from->len, MSG_NOSIGNAL | MSG_MORE);
	if (head < (ssize_t)from->len)
		return head;
	put = page_pipe_send(&conn->server->pages, conn->io.fd,
		conn->body->bytes + conn->body_at, conn->body_end - conn->body_at);
	return put >= 0 ? head + put : head ? head : put;
}

/* One call for the rest of FROM and of the body; how much went out, -1 = broken. What is
 * sent last waits for the end that follows at once, and leaves in one packet with it. */
static ssize_t send_once(struct conn *conn, const struct buf *from)
{
	struct iovec parts[2] = {{from->bytes, from->len}};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
	int flags = MSG_NOSIGNAL | (conn->keep_alive || conn->pending ? 0 : MSG_MORE);
	ssize_t put;

	do {
		if (!conn->body) {
			put = send(conn->io.fd, from->bytes, from->len, flags);
		} else if (conn->body->has_pages) {
			put = send_pages(conn, from);
		} else {
			parts[1].iov_base = (void *)(uintptr_t)(conn->body->bytes + conn->body_at);
			parts[1].iov_len = conn->body_end - conn->body_at;
			put = sendmsg(conn->io.fd, &message, flags);
		}
	} while (put < 0 && errno == EINTR);
	if (put < 0)
		return errno == EAGAIN ? 0 : -1;
	conn->server->counts.bytes_sent += (uint64_t)put;
	conn->moved += (uint32_t)put;
	return put;
}

/* Sends what was put together; whether all of it went out. A short write waits for the
 * client at once, without a second call that would only say so. */
static bool send_output(struct conn *conn)
{
	struct buf *output = &conn->server->output, *from = output;
	size_t sent, body_len = conn->body ? conn->body_end - conn->body_at : 0;
	ssize_t put;

	if (output_len(conn)) {
		from = &conn->unfinished->out;
		buf_add(from, output->bytes, output->len);
	}
	if (!from->len && !body_len)
		return true;
	put = send_once(conn, from);
	conn->is_broken = put < 0;
	sent = put < 0 ? 0 : (size_t)put;
	if (sent < from->len + body_len && !conn->is_broken) {
		size_t head = sent < from->len ? sent : from->len;

		conn->body_at += sent - head;
		keep_output(conn, from, head);
		output->len = 0;
		return false;
	}
	output->len = 0;
	drop_output(conn);
	drop_body(conn);
	return !conn->is_broken;
}

/* ---- what comes next ---- */

static void watch(struct conn *conn, int wanted)
{
	if (ev_is_active(&conn->io)) {
		if ((conn->io.events & (EV_READ | EV_WRITE)) == wanted)
			return;
		ev_io_stop(conn->server->ev, &conn->io);
	}
	if (!wanted)
		return;
	ev_io_set(&conn->io, conn->io.fd, wanted);
	ev_io_start(conn->server->ev, &conn->io);
}

static void wait_for(struct conn *conn, enum conn_state state, int events)
{
	timers_enter(conn, state);
	watch(conn, events);
}

/* After the last answer. Closing with unread input would reset the connection under it. */
static void end(struct conn *conn)
{
	if (!conn->is_refused && !input_len(conn)) {
		conn_close(conn);
		return;
	}
	shutdown(conn->io.fd, SHUT_WR);
	drop_input(conn);
	wait_for(conn, CONN_LINGER, EV_READ);
}

/* CONN has nothing to do now but to wait: for WAIT, if for nothing more urgent. */
static void settle(struct conn *conn, enum conn_state wait, bool is_new)
{
	if (conn->is_broken)
		conn_close(conn);
	else if (output_len(conn) || conn->body)
		wait_for(conn, CONN_SEND, EV_WRITE);
	else if (conn->pending)
		wait_for(conn, CONN_CALL, 0);
	else if (!conn->keep_alive)
		end(conn);
	else if (conn->state == wait && wait == CONN_IDLE)
		conn->base_ms = conn->server->now_ms;
	else if (conn->state != wait || is_new)
		wait_for(conn, wait, EV_READ);
}

/* ---- requests ---- */

/* CURSOR's request is refused: nothing behind it is looked at. */
static bool refuse(struct conn *conn, struct cursor *cursor, int status)
{
	answer_error(conn, status);
	cursor->at = cursor->len;
	return true;
}

static bool await_head(struct conn *conn, struct cursor *cursor)
{
	const char *bytes = cursor->bytes + cursor->at;
	size_t len = cursor->len - cursor->at;
	int status = http_judge_start(bytes, len);

	if (status)
		return refuse(conn, cursor, status);
	cursor->seen = len;
	cursor->wait = CONN_HEAD;
	return false;
}

/* More of the body is needed; THERE bytes of it are there. */
static bool await_body(struct conn *conn, struct cursor *cursor, const struct http_head *head,
	size_t there)
{
	cursor->wait = CONN_BODY;
	if (!head->expects_continue || conn->was_continued || there)
		return false;
	if (answer_refusal(conn, head)) {
		cursor->at = cursor->len;
		return true;
	}
	conn->was_continued = true;
	buf_add_str(&conn->server->output, "HTTP/1.1 100 Continue\r\n\r\n");
	return false;
}

static void answer(struct conn *conn, const struct http_head *head, const char *bytes,
	size_t head_len, size_t body_len)
{
	conn->was_continued = false;
	conn->is_old = head->minor == 0;
	conn->keep_alive = head->keep_alive && !conn->server->is_draining;
	answer_request(conn, head, bytes, head_len, bytes + head_len, body_len);
}

/* The content replaces the framing where it lies, behind the head. */
static bool take_chunked(struct conn *conn, struct cursor *cursor,
	const struct http_head *head, size_t head_len)
{
	struct chunked first = {.content = 0}, *chunked = &first;
	char *start = cursor->bytes + cursor->at, *framing;
	size_t used, content;

	if (conn->unfinished && conn->unfinished->chunked)
		chunked = conn->unfinished->chunked;
	framing = start + head_len + chunked->content;
	switch (chunk_decode(&chunked->decoder, framing,
		(size_t)(cursor->bytes + cursor->len - framing), framing,
		conn->server->limits.max_body, &used, &content)) {
	case CHUNK_MALFORMED:
		return refuse(conn, cursor, 400);
	case CHUNK_TOO_LARGE:
		return refuse(conn, cursor, 413);
	case CHUNK_DONE:
		content += chunked->content;
		cursor->at = (size_t)(framing - cursor->bytes) + used;
		if (chunked != &first) {
			free(chunked);
			conn->unfinished->chunked = NULL;
		}
		answer(conn, head, start, head_len, content);
		return true;
	case CHUNK_MORE:
		break;
	}
	chunked->content += content;
	cursor->len = (size_t)(framing - cursor->bytes) + content;
	if (chunked == &first) {
		chunked = unfinished_of(conn)->chunked = mem_alloc(sizeof(first));
		*chunked = first;
	}
	return await_body(conn, cursor, head, used);
}

/* The head at CURSOR: 0, or the status to refuse it with; *len is 0 if it is not all there. */
static int find_head(struct cursor *cursor, struct http_head *out, size_t *len)
{
	const char *bytes = cursor->bytes + cursor->at;
	size_t there = cursor->len - cursor->at, seen = cursor->seen;

	cursor->seen = 0;
	/* most come whole: they need no look for their end first */
	*len = seen ? 0 : http_take_head(bytes, there, out);
	if (*len)
		return 0;
	*len = http_head_len(bytes, there, seen);
	return *len ? http_parse_head(bytes, *len, out) : 0;
}

/* Whom the balancer speaks for; every request of the connection is theirs. */
static bool take_proxy_header(struct conn *conn, struct cursor *cursor)
{
	struct proxy_header header;

	switch (proxy_parse(cursor->bytes + cursor->at, cursor->len - cursor->at, &header)) {
	case PROXY_MALFORMED:
		return refuse(conn, cursor, 400);
	case PROXY_MORE:
		cursor->wait = CONN_HEAD;
		return false;
	case PROXY_DONE:
		break;
	}
	cursor->at += header.len;
	conn->awaits_proxy = false;
	if (header.has_client) {
		conn->client = header.client;
		conn->is_local = false;
	}
	return true;
}

/* Answers the request at CURSOR; false = it is not all there. */
static bool take_request(struct conn *conn, struct cursor *cursor)
{
	char *bytes = cursor->bytes + cursor->at;
	size_t len = cursor->len - cursor->at, head_len;
	struct http_head head;
	int status;

	if (conn->awaits_proxy)
		return take_proxy_header(conn, cursor);
	status = find_head(cursor, &head, &head_len);
	if (status)
		return refuse(conn, cursor, status);
	if (!head_len)
		return await_head(conn, cursor);
	conn->is_head = head.method.len == 4 && memcmp(head.method.at, "HEAD", 4) == 0;
	if (head.is_chunked)
		return take_chunked(conn, cursor, &head, head_len);
	if (head.length > conn->server->limits.max_body)
		return refuse(conn, cursor, 413);
	if (len - head_len < head.length) {
		cursor->need = head_len + head.length;
		return await_body(conn, cursor, &head, len - head_len);
	}
	cursor->at += head_len + head.length;
	answer(conn, &head, bytes, head_len, head.length);
	return true;
}

/* Keeps input that was not used. */
static void keep_input(struct conn *conn, const struct cursor *cursor)
{
	size_t rest = cursor->len - cursor->at;
	struct unfinished *unfinished;

	if (!rest) {
		drop_input(conn);
		return;
	}
	unfinished = unfinished_of(conn);
	if (cursor->bytes != unfinished->in.bytes) {
		buf_add(&unfinished->in, cursor->bytes + cursor->at, rest);
	} else {
		memmove(unfinished->in.bytes, cursor->bytes + cursor->at, rest);
		unfinished->in.len = rest;
	}
	unfinished->seen = cursor->seen;
	unfinished->need = cursor->need;
}

/* Answers what is in BYTES, sends, and waits for what comes next; CONN may be closed then.
 * Stops at a call, at the last request, and when the client does not read its answers. */
static void run(struct conn *conn, char *bytes, size_t len)
{
	struct http_server *server = conn->server;
	struct cursor cursor = {.bytes = bytes, .len = len, .wait = CONN_IDLE,
		.seen = input_len(conn) ? conn->unfinished->seen : 0};

	conn->is_running = true;
	while (cursor.at < cursor.len && conn->keep_alive && !conn->pending) {
		if (!take_request(conn, &cursor))
			break;
		cursor.has_answered = true;
		if ((conn->body || server->output.len >= OUTPUT_MAX) && !send_output(conn))
			break;
	}
	keep_input(conn, &cursor);
	conn->is_running = false;
	/* behind a break nothing new was put together, but for "100 Continue" */
	if (server->output.len || (conn->body && !conn->holds_snapshot))
		send_output(conn);
	settle(conn, cursor.wait, cursor.has_answered);
}

/* Sends; when all is out, goes on with the requests that are in already. */
static void resume(struct conn *conn)
{
	if (send_output(conn) && conn->keep_alive && !conn->pending && input_len(conn))
		run(conn, conn->unfinished->in.bytes, conn->unfinished->in.len);
	else if (conn->state == CONN_SEND && (output_len(conn) || conn->body) && !conn->is_broken)
		return; /* waits as before, and its time goes on */
	else
		settle(conn, CONN_IDLE, true);
}

void conn_answered(struct conn *conn)
{
	if (!conn->is_running)
		resume(conn);
}

/* Who does not read shall not keep the kernel's buffers full either. */
static void reset_on_close(struct conn *conn)
{
	struct linger none = {.l_onoff = 1};

	setsockopt(conn->io.fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
}

void conn_expire(struct conn *conn)
{
	if (conn->state == CONN_SEND)
		reset_on_close(conn);
	if (conn->state != CONN_HEAD && conn->state != CONN_BODY) {
		conn_close(conn);
		return;
	}
	answer_error(conn, 408);
	resume(conn);
}

static void read_input(struct conn *conn)
{
	struct http_server *server = conn->server;
	struct unfinished *unfinished;
	ssize_t got = recv(conn->io.fd, server->input, INPUT_MAX, 0);

	if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
		if (conn->state == CONN_STATES)
			settle(conn, CONN_IDLE, true);
		return;
	}
	if (got <= 0) {
		conn_close(conn);
		return;
	}
	if (conn->state == CONN_LINGER)
		return; /* dropped */
	conn->moved += (uint32_t)got;
	if (!input_len(conn)) {
		run(conn, server->input, (size_t)got);
		return;
	}
	unfinished = conn->unfinished;
	buf_add(&unfinished->in, server->input, (size_t)got);
	if (unfinished->in.len >= unfinished->need)
		run(conn, unfinished->in.bytes, unfinished->in.len);
}

void conn_drain(struct conn *conn)
{
	if (conn->state != CONN_IDLE)
		return;
	read_input(conn); /* a request may have come just now, or be on its way */
	if (conn->io.fd >= 0 && conn->state == CONN_IDLE &&
		conn->server->now_ms - conn->base_ms >= DRAIN_GRACE_MS)
		conn_close(conn);
}

static void on_io(struct ev_loop *ev, ev_io *io, int events)
{
	struct conn *conn = io->data;

	(void)ev;
	if (events & EV_WRITE)
		resume(conn);
	else
		read_input(conn);
}
