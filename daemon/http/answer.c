/* answer.c: which answer a request gets, and its bytes. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/http/conditional.h"
#include "daemon/http/server_internal.h"
#include "daemon/http/snapshot_internal.h"
#include "feeds/base/mem.h"

enum { COPY_MAX = 16 * 1024 }; /* bodies up to that leave together with their head */

static const struct {
	int status;
	const char *reason;
} reasons[] = {
	{200, "OK"}, {202, "Accepted"}, {204, "No Content"}, {301, "Moved Permanently"},
	{400, "Bad Request"}, {401, "Unauthorized"}, {403, "Forbidden"}, {404, "Not Found"},
	{405, "Method Not Allowed"}, {408, "Request Timeout"}, {410, "Gone"},
	{413, "Content Too Large"}, {414, "URI Too Long"}, {415, "Unsupported Media Type"},
	{417, "Expectation Failed"}, {422, "Unprocessable Content"}, {429, "Too Many Requests"},
	{431, "Request Header Fields Too Large"}, {500, "Internal Server Error"},
	{501, "Not Implemented"}, {503, "Service Unavailable"},
	{505, "HTTP Version Not Supported"},
};

static const char *reason_of(int status)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++) {
		if (reasons[i].status == status)
			return reasons[i].reason;
	}
	return "Unknown";
}

static void count(struct http_server *server, int status)
{
	struct http_counts *counts = &server->counts;
	uint64_t *classes[] = {&counts->answers_2xx, &counts->answers_3xx, &counts->answers_4xx,
		&counts->answers_5xx};

	counts->requests++;
	if (status == 304)
		counts->answers_304++;
	else
		++*classes[status / 100 - 2];
}

static void end_head(struct conn *conn)
{
	struct http_server *server = conn->server;

	buf_add_str(&server->output, server->date);
	if (!conn->keep_alive)
		buf_add_str(&server->output, "Connection: close\r\n");
	buf_add(&server->output, "\r\n", 2);
}

void answer_text(struct conn *conn, int status, const char *type, const char *extra,
	const void *body, size_t len)
{
	struct buf *out = &conn->server->output;

	count(conn->server, status);
	buf_printf(out, "HTTP/1.1 %d %s\r\n", status, reason_of(status));
	if (status != 204)
		buf_printf(out, "Content-Type: %s\r\nContent-Length: %zu\r\n",
			type ? type : "text/plain; charset=utf-8", len);
	buf_add_str(out, "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n");
	if (extra)
		buf_add_str(out, extra);
	end_head(conn);
	if (!conn->is_head && status != 204)
		buf_add(out, body ? body : "", len);
}

static void answer_line(struct conn *conn, int status, const char *extra)
{
	char line[64];
	int len = snprintf(line, sizeof(line), "%d %s\n", status, reason_of(status));

	answer_text(conn, status, NULL, extra, line, (size_t)len);
}

/* A request that cannot be understood: what follows cannot be either, so it ends. */
void answer_error(struct conn *conn, int status)
{
	conn->keep_alive = false;
	conn->is_head = false;
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

void answer_snapshot(struct conn *conn, const struct http_head *head,
	struct snapshot *snapshot)
{
	struct buf *out = &conn->server->output;
	bool has[ENCODING_COUNT], is_browser;
	const struct variant *variant;

	if (snapshot->status == 200 &&
		is_not_modified(head, snapshot->etag, snapshot->modified_s)) {
		count(conn->server, 304);
		buf_add(out, snapshot->head304, snapshot->head304_len);
		end_head(conn);
		return;
	}
	for (int e = 0; e < ENCODING_COUNT; e++)
		has[e] = snapshot->variants[e].body != NULL;
	variant = &snapshot->variants[choose_encoding(head->accept_encoding, has)];
	is_browser = variant->browser_head && is_navigation(head);
	count(conn->server, snapshot->status);
	buf_add(out, is_browser ? variant->browser_head : variant->head,
		is_browser ? variant->browser_head_len : variant->head_len);
	end_head(conn);
	if (conn->is_head)
		return;
	if (variant->len <= COPY_MAX) {
		buf_add(out, variant->body, variant->len);
		return;
	}
	conn->snapshot = snapshot_ref(snapshot);
	conn->body = variant->body;
	conn->body_len = variant->len;
	conn->body_at = 0;
}

/* ---- routing ---- */

static const struct http_route *find_route(const struct http_server *server,
	const char *path)
{
	for (size_t i = 0; i < server->route_count; i++) {
		const struct http_route *route = &server->routes[i];
		size_t len = strlen(route->path);

		if (route->path[len - 1] == '/' ? strncmp(path, route->path, len) == 0 :
						  strcmp(path, route->path) == 0)
			return route;
	}
	return NULL;
}

static bool is_trusted(const struct http_server *server, const struct address *address)
{
	for (size_t i = 0; i < server->limits.trusted_count; i++) {
		if (cidr_contains(server->limits.trusted_proxies[i], address))
			return true;
	}
	return false;
}

/* The client behind trusted proxies: the rightmost address of X-Forwarded-For that is not
 * one of them. */
static struct address client_of(const struct conn *conn, const struct http_head *head)
{
	struct address client = conn->client;
	struct slice list = head->forwarded_for;

	while (list.len && is_trusted(conn->server, &client)) {
		const char *comma = memrchr(list.at, ',', list.len);
		const char *start = comma ? comma + 1 : list.at;
		size_t len = list.len - (size_t)(start - list.at);
		struct address next;
		char text[64];

		while (len && *start == ' ')
			start++, len--;
		while (len && start[len - 1] == ' ')
			len--;
		if (len >= sizeof(text))
			break;
		memcpy(text, start, len);
		text[len] = '\0';
		if (!address_from_text(text, &next))
			break;
		client = next;
		list.len = comma ? (size_t)(comma - list.at) : 0;
	}
	return client;
}

static bool is_within_rate(struct conn *conn, const struct http_head *head)
{
	struct http_server *server = conn->server;
	struct address client;
	char extra[48];
	int wait_s;

	/* a reader that asks conditionally does as it should */
	if (head->if_none_match.at || head->if_modified_since.at || server->limits.rate <= 0)
		return true;
	client = client_of(conn, head);
	if (limiter_allow(server->limiter, &client, server->limits.rate, server->now_ms,
		    &wait_s))
		return true;
	server->counts.rejected_rate++;
	snprintf(extra, sizeof(extra), "Retry-After: %d\r\n", wait_s);
	answer_line(conn, 429, extra);
	return false;
}

static char *copy_slice(struct slice s)
{
	return s.at ? mem_strndup(s.at, s.len) : NULL;
}

/* What a page's answer depends on outlives the input it was read from. */
static void keep_head(struct conn *conn, const struct http_head *head)
{
	const struct slice *const from[] = {&head->if_none_match, &head->if_modified_since,
		&head->accept_encoding};
	struct slice *const to[] = {&conn->head.if_none_match, &conn->head.if_modified_since,
		&conn->head.accept_encoding};
	char *at = mem_resize(NULL, from[0]->len + from[1]->len + from[2]->len, 1);

	free(conn->head_text);
	conn->head_text = at;
	conn->head = (struct http_head){0};
	for (int i = 0; i < 3; i++) {
		if (!from[i]->at)
			continue;
		memcpy(at, from[i]->at, from[i]->len);
		*to[i] = (struct slice){at, from[i]->len};
		at += from[i]->len;
	}
}

static void hand_up(struct conn *conn, const struct http_head *head, const char *path,
	struct slice query, const void *body, size_t len)
{
	struct http_server *server = conn->server;
	struct address client = client_of(conn, head);
	char numeric[INET6_ADDRSTRLEN] = "";
	char *method = copy_slice(head->method), *raw_query = copy_slice(query);
	char *type = copy_slice(head->content_type), *host = copy_slice(head->host);
	char *authorization = copy_slice(head->authorization);
	char *agent = copy_slice(head->user_agent);
	struct http_call call = {
		.method = method, .path = path, .query = raw_query, .client = numeric,
		.content_type = type, .authorization = authorization, .host = host,
		.user_agent = agent, .body = body, .len = len,
	};

	inet_ntop(client.is_v4 ? AF_INET : AF_INET6, client.bytes + (client.is_v4 ? 12 : 0),
		numeric, sizeof(numeric));
	keep_head(conn, head);
	conn->state = CONN_CALL;
	server->events->call(server->context,
		(struct http_ticket){conn->slot, conn->generation}, &call);
	free(method);
	free(raw_query);
	free(type);
	free(host);
	free(authorization);
	free(agent);
}

void answer_request(struct conn *conn, const struct http_head *head, const void *body,
	size_t len)
{
	bool is_get = slice_is(head->method, "GET") || conn->is_head;
	bool is_post = slice_is(head->method, "POST");
	char path[HTTP_TARGET_MAX + 1];
	const struct http_route *route;
	struct snapshot *snapshot;
	struct slice query;

	if (http_normalise(head->target, head->host, path, &query)) {
		answer_error(conn, 400);
		return;
	}
	snapshot = map_get(&conn->server->table, path, strlen(path));
	route = snapshot ? NULL : find_route(conn->server, path);
	if (!is_get && !is_post && (slice_is(head->method, "CONNECT") ||
			slice_is(head->method, "TRACE"))) {
		answer_error(conn, 501);
		return;
	}
	if (snapshot && !is_get) {
		answer_line(conn, 405, "Allow: GET, HEAD\r\n");
		return;
	}
	if (!snapshot && !route) {
		answer_line(conn, 404, NULL);
		return;
	}
	if (route && ((is_get && !(route->methods & HTTP_GET)) ||
			(is_post && !(route->methods & HTTP_POST)) || (!is_get && !is_post))) {
		answer_line(conn, 405, route->methods & HTTP_POST ?
			"Allow: GET, HEAD, POST\r\n" : "Allow: GET, HEAD\r\n");
		return;
	}
	if (is_get && !is_within_rate(conn, head))
		return;
	if (snapshot)
		answer_snapshot(conn, head, snapshot);
	else
		hand_up(conn, head, path, query, body, len);
}
