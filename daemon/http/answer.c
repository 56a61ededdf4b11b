/* answer.c: which answer a request gets, and its bytes. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/http/client.h"
#include "daemon/http/conditional.h"
#include "daemon/http/range.h"
#include "daemon/http/server_internal.h"
#include "daemon/http/snapshot_internal.h"
#include "feeds/base/mem.h"

enum {
	COPY_MAX = 4 * 1024, /* bodies up to that leave together with their head */
	CACHE_LINE = 64,
};

static void count(struct http_server *server, int status)
{
	struct http_counts *counts = &server->counts;
	uint64_t *classes[] = {&counts->answers_2xx, &counts->answers_3xx, &counts->answers_4xx,
		&counts->answers_5xx};

	counts->requests++;
	if (status == 304)
		counts->answers_304++;
	else if (status >= 200 && status < 600)
		++*classes[status / 100 - 2];
}

/* Ends the head that begins with these LEN bytes. */
static void add_head(struct conn *conn, const char *bytes, size_t len)
{
	struct http_server *server = conn->server;
	const char *extra = !conn->keep_alive ? "Connection: close\r\n" :
			    conn->is_old ? "Connection: keep-alive\r\n" : "";
	size_t extra_len = strlen(extra);
	char *to = buf_reserve(&server->output, len + extra_len + server->date_len);

	to = mempcpy(to, bytes, len);
	to = mempcpy(to, extra, extra_len);
	to = mempcpy(to, server->date, server->date_len);
	*to = '\0';
	server->output.len = (size_t)(to - server->output.bytes);
}

/* The head that was put out last, from START on, of SNAPSHOT: its Last-Modified is never
 * later than its Date (RFC 9110 section 8.8.2.1). Until that time has come no reader can
 * name it, so whoever has but the version before is given this one. */
static void limit_modified(struct http_server *server, size_t start,
	const struct snapshot *snapshot)
{
	static const char name[] = "\r\nLast-Modified: ", date[] = "Date: ";
	char *at;

	if (snapshot->modified_s <= server->date_s)
		return;
	at = strstr(server->output.bytes + start, name);
	if (at)
		memcpy(at + strlen(name), server->date + strlen(date), HTTP_DATE_LEN);
}

void answer_text(struct conn *conn, int status, const char *type, const char *extra,
	const void *body, size_t len)
{
	struct buf *out = &conn->server->output;

	count(conn->server, status);
	buf_printf(out, "HTTP/1.1 %d %s\r\n", status, http_reason(status));
	if (status != 204)
		buf_printf(out, "Content-Type: %s\r\nContent-Length: %zu\r\n",
			type ? type : "text/plain; charset=utf-8", len);
	buf_add_str(out, "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n");
	if (extra)
		buf_add_str(out, extra);
	add_head(conn, "", 0);
	if (!conn->is_head && status != 204)
		buf_add(out, body ? body : "", len);
}

static void answer_line(struct conn *conn, int status, const char *extra)
{
	char line[96];
	int len = snprintf(line, sizeof(line), "%d %s%s\n", status, http_reason(status),
		status == 505 ? ": this server speaks HTTP/1.1 and 1.0" : "");

	answer_text(conn, status, NULL, extra, line, (size_t)len);
}

/* A request that cannot be understood: what follows cannot be either, so it ends. */
void answer_error(struct conn *conn, int status)
{
	conn->keep_alive = false;
	conn->is_head = false;
	conn->is_refused = true;
	answer_line(conn, status, NULL);
}

static bool slice_is(struct slice s, const char *text)
{
	return s.len == strlen(text) && memcmp(s.at, text, s.len) == 0;
}

/* A person's browser navigates here. Sec-Fetch-Dest is not sent on plain http, so there the
 * habit of browsers decides; only the media type depends on it. */
static bool is_navigation(const struct http_head *head)
{
	if (head->sec_fetch_dest.at)
		return slice_is(head->sec_fetch_dest, "document");
	return head->accept.len > 9 && memcmp(head->accept.at, "text/html", 9) == 0 &&
	       head->user_agent.len > 7 && memcmp(head->user_agent.at, "Mozilla", 7) == 0;
}

/* Whom a page tells more than a line of text; readers do not look at what an error says. */
static bool is_for_person(const struct http_head *head)
{
	return is_navigation(head) || (!head->sec_fetch_dest.at && head->accept.len >= 9 &&
		memcmp(head->accept.at, "text/html", 9) == 0);
}

/* Readers mostly send back the very tag that they were given. */
static bool is_known(const struct http_head *head, const struct snapshot *snapshot)
{
	const struct slice *tag = &head->if_none_match;

	/* among many documents it is in no cache, and is sent next */
	for (size_t at = 0; at < snapshot->head304_len; at += CACHE_LINE)
		__builtin_prefetch(snapshot->head304 + at);
	if (tag->len == snapshot->etag_len &&
		memcmp(tag->at, snapshot->etag, snapshot->etag_len) == 0)
		return true;
	return is_not_modified(head, snapshot->etag, snapshot->modified_s);
}

/* "12 subscribers" of aggregators; looked for only where a feed is sent in full. */
static void note_agent(const struct conn *conn, struct slice agent,
	const struct snapshot *snapshot)
{
	const struct http_events *events = conn->server->events;

	if (snapshot->is_public_api && events->polled && agent.at &&
		memmem(agent.at, agent.len, "subscriber", strlen("subscriber")))
		events->polled(conn->server->context, snapshot->path, agent.at, agent.len);
}

/* Answers 304, if that is the answer. */
static bool answer_unchanged(struct conn *conn, const struct http_head *head,
	const struct snapshot *snapshot)
{
	size_t start = conn->server->output.len;

	if (snapshot->status != 200 || !is_known(head, snapshot))
		return false;
	count(conn->server, 304);
	add_head(conn, snapshot->head304, snapshot->head304_len);
	limit_modified(conn->server, start, snapshot);
	return true;
}

static void begin_body(struct conn *conn, struct snapshot *snapshot, const struct body *body,
	size_t first, size_t end)
{
	if (conn->is_head)
		return;
	if (end - first <= COPY_MAX) {
		buf_add(&conn->server->output, body->bytes + first, end - first);
		return;
	}
	conn->snapshot = snapshot;
	conn->body = body;
	conn->body_at = first;
	conn->body_end = end;
}

/* The head of the whole, with the lines that differ put in their places. */
static void add_part_head(struct conn *conn, const struct variant *variant, size_t first,
	size_t end)
{
	static const char name[] = "Content-Length: ";
	const char *lines = strstr(variant->head, "\r\n") + 2;
	const char *length = strstr(lines, name), *rest = strstr(length, "\r\n") + 2;
	struct buf head = {0};

	buf_printf(&head, "HTTP/1.1 206 %s\r\nContent-Range: bytes %zu-%zu/%zu\r\n"
		"%.*s%s%zu\r\n", http_reason(206), first, end - 1, variant->body.len,
		(int)(length - lines), lines, name, end - first);
	buf_add(&head, rest, variant->head_len - (size_t)(rest - variant->head));
	add_head(conn, head.bytes, head.len);
	buf_finish(&head);
}

/* Answers a request for a part of SNAPSHOT, if it is one. */
static bool answer_part(struct conn *conn, const struct http_head *head,
	struct snapshot *snapshot)
{
	const struct variant *whole = &snapshot->variants[ENCODING_IDENTITY];
	size_t first, end, start = conn->server->output.len;
	char extra[64];

	if (!snapshot->has_ranges || snapshot->status != 200 || conn->is_head)
		return false;
	switch (range_find(head, snapshot->etag, snapshot->modified_s, whole->body.len, &first,
		&end)) {
	case RANGE_WHOLE:
		return false;
	case RANGE_NOT_THERE:
		snprintf(extra, sizeof(extra), "Content-Range: bytes */%zu\r\n", whole->body.len);
		answer_line(conn, 416, extra);
		return true;
	case RANGE_PART:
		break;
	}
	count(conn->server, 206);
	add_part_head(conn, whole, first, end);
	limit_modified(conn->server, start, snapshot);
	begin_body(conn, snapshot, &whole->body, first, end);
	return true;
}

static const struct variant *variant_for(const struct http_head *head,
	const struct snapshot *snapshot)
{
	bool has[ENCODING_COUNT];

	for (int e = 0; e < ENCODING_COUNT; e++)
		has[e] = snapshot->variants[e].body.bytes != NULL;
	return &snapshot->variants[choose_encoding(head->accept_encoding, has)];
}

static void send_document(struct conn *conn, const struct http_head *head,
	struct snapshot *snapshot)
{
	bool is_browser;
	size_t start = conn->server->output.len;
	const struct variant *variant;

	if (answer_part(conn, head, snapshot))
		return;
	variant = variant_for(head, snapshot);
	is_browser = variant->browser_head && is_navigation(head);
	count(conn->server, snapshot->status);
	note_agent(conn, head->user_agent, snapshot);
	add_head(conn, is_browser ? variant->browser_head : variant->head,
		is_browser ? variant->browser_head_len : variant->head_len);
	limit_modified(conn->server, start, snapshot);
	begin_body(conn, snapshot, &variant->body, 0, variant->body.len);
}

/* ---- errors ---- */

/* SNAPSHOT, or the same in the language that the client prefers. */
static struct snapshot *in_language(const struct http_server *server,
	const struct http_head *head, struct snapshot *snapshot)
{
	struct snapshot *other;

	if (!snapshot->other_path ||
		!prefers_language(head, snapshot->language, snapshot->other_language))
		return snapshot;
	other = map_get(&server->table, snapshot->other_path, strlen(snapshot->other_path));
	return other ? other : snapshot;
}

bool answer_page(struct conn *conn, const struct http_head *head, int status,
	const char *extra)
{
	struct http_server *server = conn->server;
	const struct variant *variant;
	struct snapshot *page;
	char key[16];

	if (status < 400 || !is_for_person(head))
		return false;
	snprintf(key, sizeof(key), "%d", status);
	page = map_get(&server->table, key, strlen(key));
	if (!page)
		return false;
	page = in_language(server, head, page);
	variant = variant_for(head, page);
	count(server, status);
	buf_add(&server->output, variant->head, variant->head_len);
	buf_add_str(&server->output, extra ? extra : "");
	add_head(conn, "", 0);
	begin_body(conn, page, &variant->body, 0, variant->body.len);
	return true;
}

/* The short text of an error, or its page. */
static void answer_status(struct conn *conn, const struct http_head *head, int status,
	const char *extra)
{
	if (!answer_page(conn, head, status, extra))
		answer_line(conn, status, extra);
}

static void answer_document(struct conn *conn, const struct http_head *head,
	struct snapshot *snapshot)
{
	bool is_text = snapshot->content_type && memcmp(snapshot->content_type, "text/plain",
		strlen("text/plain")) == 0;

	if (!is_text || !answer_page(conn, head, snapshot->status, NULL))
		send_document(conn, head, snapshot);
}

/* ---- limits ---- */

static bool find_client(const struct conn *conn, const struct http_head *head,
	struct address *out)
{
	const struct http_limits *limits = &conn->server->limits;

	return client_find(&conn->client, conn->is_local, head, limits->trusted_proxies,
		limits->trusted_count, out);
}

/* A client behind a local proxy that does not name it cannot be told from others. */
static bool is_within_rate(struct conn *conn, const struct http_head *head)
{
	struct http_server *server = conn->server;
	const struct http_limits *limits = &server->limits;
	struct address client;
	char extra[48];
	int wait_s;

	if (limits->rate <= 0 || !find_client(conn, head, &client) ||
		limiter_allow(limits->limiter, &client, limits->rate, server->now_ms, &wait_s))
		return true;
	server->counts.rejected_rate++;
	snprintf(extra, sizeof(extra), "Retry-After: %d\r\n", wait_s);
	answer_status(conn, head, 429, extra);
	return false;
}

/* ---- calls ---- */

/* What came of a call; that it would be a 304 could not be known when it was counted. */
int answer_snapshot(struct conn *conn, const struct http_head *head,
	struct snapshot *snapshot)
{
	const struct http_limits *limits = &conn->server->limits;
	struct address client;

	if (!answer_unchanged(conn, head, snapshot)) {
		answer_document(conn, head, snapshot);
		return snapshot->status;
	}
	if (limits->rate > 0 && find_client(conn, head, &client))
		limiter_return(limits->limiter, &client, limits->rate);
	return 304;
}

/* PIECE of FROM's bytes, in TO's copy of them, as a string. */
static const char *text_of(struct slice piece, const char *from, struct pending *to)
{
	char *at;

	if (!piece.at)
		return NULL;
	at = to->bytes + (piece.at - from);
	at[piece.len] = '\0'; /* over the space, CR or blank behind it */
	return at;
}

/* The event may answer at once; the call's strings live until it returns nevertheless. */
static void hand_up(struct conn *conn, const struct http_head *head, const char *bytes,
	size_t head_len, const struct http_target *target, const void *body, size_t len)
{
	struct http_server *server = conn->server;
	struct pending *pending = mem_alloc(sizeof(*pending) + head_len), *text;
	char numeric[INET6_ADDRSTRLEN] = "unix";
	struct http_call call;
	struct address client;

	memcpy(pending->bytes, bytes, head_len);
	http_parse_head(pending->bytes, head_len, &pending->head);
	text = mem_alloc(sizeof(*text) + head_len);
	memcpy(text->bytes, bytes, head_len);
	if (find_client(conn, head, &client))
		inet_ntop(client.is_v4 ? AF_INET : AF_INET6,
			client.bytes + (client.is_v4 ? 12 : 0), numeric, sizeof(numeric));
	call = (struct http_call){
		.method = text_of(head->method, bytes, text),
		.path = target->path,
		.query = text_of(target->query, bytes, text),
		.client = numeric,
		.content_type = text_of(head->content_type, bytes, text),
		.authorization = text_of(head->authorization, bytes, text),
		.host = text_of(head->host, bytes, text),
		.user_agent = text_of(head->user_agent, bytes, text),
		.body = body,
		.len = len,
	};
	conn->pending = pending;
	server->calling = conn;
	server->events->call(server->context,
		(struct http_ticket){conn->slot, conn->generation}, &call);
	server->calling = NULL;
	free(text);
}

/* ---- requests ---- */

bool answer_refusal(struct conn *conn, const struct http_head *head)
{
	struct http_target target;
	const char *extra;
	int status = route_find(conn->server, head, &target, &extra);

	if (!status)
		return false;
	conn->keep_alive = false;
	conn->is_refused = true;
	answer_line(conn, status, extra);
	return true;
}

void answer_request(struct conn *conn, const struct http_head *head, const char *head_bytes,
	size_t head_len, const void *body, size_t len)
{
	struct http_target target;
	const char *extra;
	int status = route_find(conn->server, head, &target, &extra);

	if (status == 400) {
		answer_error(conn, 400);
		return;
	}
	if (target.snapshot) {
		target.snapshot = in_language(conn->server, head, target.snapshot);
		/* a reader that asks as it should is never told to wait */
		if (answer_unchanged(conn, head, target.snapshot))
			return;
	}
	if (!is_within_rate(conn, head))
		return;
	if (status == 404 && !conn->server->is_ready)
		answer_status(conn, head, 503, "Retry-After: 5\r\n");
	else if (status)
		answer_status(conn, head, status, extra);
	else if (target.snapshot)
		answer_document(conn, head, target.snapshot);
	else
		hand_up(conn, head, head_bytes, head_len, &target, body, len);
}
