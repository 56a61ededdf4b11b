/*
 * test_http_server.c: the server on a loop of its own, the client here with blocking sockets.
 */
#include "daemon/http/server.h"

#include <arpa/inet.h>
#include <ev.h>
#include <poll.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "daemon/http/listener.h"
#include "daemon/http/snapshot.h"
#include "daemon/loop/loop.h"
#include "feeds/base/buf.h"
#include "feeds/base/error.h"
#include "feeds/base/mem.h"
#include "tests/unit/harness.h"

enum { LARGE = 3 * 1024 * 1024, MAX_BODY = 20000 };

struct rig {
	struct loop *loop;
	struct http_server *server;
	struct listener listener;
	struct http_limits limits;
	int port;
	bool holds_calls;         /* answered by release(), not at once */
	struct http_ticket ticket;
	sem_t called, drained;
	char seen[512];           /* the last call, in one line */
	size_t seen_len;
	struct snapshot *page;    /* what /a/ answers */
	int polls;
};

/* ---- the server's side ---- */

struct errand {
	struct message message;
	void (*run)(struct rig *rig, void *argument);
	struct rig *rig;
	void *argument;
	sem_t done;
};

static void run_errand(struct message *message)
{
	struct errand *errand = (struct errand *)message;

	errand->run(errand->rig, errand->argument);
	sem_post(&errand->done);
}

/* Runs RUN on the server's loop and waits for it. */
static void on_loop(struct rig *rig, void (*run)(struct rig *, void *), void *argument)
{
	struct errand errand = {.message = {.run = run_errand}, .run = run, .rig = rig,
		.argument = argument};

	sem_init(&errand.done, 0, 0);
	loop_post(rig->loop, &errand.message);
	while (sem_wait(&errand.done) < 0)
		;
	sem_destroy(&errand.done);
}

static void answer_call(struct rig *rig, void *argument)
{
	(void)argument;
	if (strncmp(rig->seen, "GET /a/", 7) == 0)
		http_answer_snapshot(rig->server, rig->ticket, rig->page);
	else
		http_answer(rig->server, rig->ticket, &(struct http_answer){.status = 202,
			.extra = "X-Extra: 1\r\n", .body = rig->seen, .len = strlen(rig->seen)});
}

static const char *or_dash(const char *text)
{
	return text ? text : "-";
}

static void on_call(void *context, struct http_ticket ticket, const struct http_call *call)
{
	struct rig *rig = context;

	rig->ticket = ticket;
	rig->seen_len = call->len;
	snprintf(rig->seen, sizeof(rig->seen), "%s %s?%s %s %s %s %s %zu %.*s", call->method,
		call->path, or_dash(call->query), call->client, or_dash(call->host),
		or_dash(call->content_type), or_dash(call->authorization), call->len,
		(int)(call->len < 40 ? call->len : 40), (const char *)call->body);
	if (!rig->holds_calls)
		answer_call(rig, NULL);
	sem_post(&rig->called);
}

static bool is_picture(const char *path)
{
	return strstr(path, ".png") != NULL;
}

static void on_polled(void *context, const char *path, const char *agent, size_t len)
{
	struct rig *rig = context;

	rig->polls++;
	snprintf(rig->seen, sizeof(rig->seen), "%s %.*s", path, (int)len, agent);
}

static const struct http_events events = {on_call, on_polled};
static const struct http_route routes[] = {
	{"/hub", HTTP_GET | HTTP_POST, NULL}, {"/a/", HTTP_GET, NULL},
	{"/a/only-post", HTTP_POST, NULL}, {"/", HTTP_GET, is_picture},
};

static struct snapshot *make(const char *path, const char *body, size_t len)
{
	return snapshot_create(&(struct snapshot_spec){.path = path, .status = 200,
		.content_type = "application/atom+xml", .browser_type = "text/xml",
		.link = "<http://x/hub>; rel=\"hub\"", .modified_s = 1700000000,
		.max_age_s = 300, .compress = true, .body = body, .len = len});
}

static char *make_text(size_t len)
{
	char *text = mem_alloc(len + 1);

	for (size_t i = 0; i < len; i++)
		text[i] = "abcdefghijklmnopqrstuvwxyz\n"[(i * i / 7 + i) % 27];
	return text;
}

static void start(struct rig *rig)
{
	char *text = make_text(LARGE);
	struct http_limits limits = {.idle_ms = 60000, .header_ms = 60000, .body_ms = 60000,
		.send_ms = 60000, .max_connections = 100, .max_body = MAX_BODY};
	struct error err;

	if (!rig->limits.idle_ms)
		rig->limits = limits;
	sem_init(&rig->called, 0, 0);
	sem_init(&rig->drained, 0, 0);
	rig->loop = loop_create("http");
	rig->server = http_server_create(rig->loop, &rig->limits, routes,
		sizeof(routes) / sizeof(*routes), &events, rig);
	CHECK(listener_open("127.0.0.1:0", 1, &rig->listener, &err));
	rig->port = atoi(strrchr(rig->listener.address, ':') + 1);
	http_server_listen(rig->server, rig->listener.fds[0]);
	http_server_put(rig->server, make("/feed.atom", text, 20000));
	http_server_put(rig->server, make("/small", "small\n", 6));
	http_server_put(rig->server, make("/large", text, LARGE));
	http_server_put(rig->server, snapshot_create(&(struct snapshot_spec){.path = "/old",
		.status = 301, .location = "http://x/new", .max_age_s = 60, .body = "", .len = 0}));
	rig->page = make("/a/page", text, 9000);
	free(text);
	loop_start(rig->loop);
}

static void stop_loop(struct rig *rig, void *argument)
{
	(void)argument;
	loop_stop(rig->loop);
}

static void stop(struct rig *rig)
{
	on_loop(rig, stop_loop, NULL);
	loop_join(rig->loop);
	http_server_destroy(rig->server);
	loop_destroy(rig->loop);
	snapshot_unref(rig->page);
	sem_destroy(&rig->called);
	sem_destroy(&rig->drained);
}

static void read_counts(struct rig *rig, void *argument)
{
	http_server_counts(rig->server, argument);
}

/* ---- the client's side ---- */

static int dial(const struct rig *rig)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)rig->port),
		.sin_addr = {htonl(INADDR_LOOPBACK)}};
	struct timeval patience = {.tv_sec = 20};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	CHECK(connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return fd;
}

static void say(int fd, const char *bytes, size_t len)
{
	CHECK_INT(send(fd, bytes, len, MSG_NOSIGNAL), len);
}

static void say_text(int fd, const char *text)
{
	say(fd, text, strlen(text));
}

/* Everything until the server closes. */
static void hear_all(int fd, struct buf *out)
{
	ssize_t got;

	buf_clear(out);
	for (;;) {
		got = recv(fd, buf_reserve(out, 65536), 65536, 0);
		if (got <= 0)
			break;
		out->len += (size_t)got;
		out->bytes[out->len] = '\0';
	}
	CHECK_INT(got, 0); /* closed, not reset and not silent */
}

/* One answer: its head, and as much body as Content-Length says (none of HEAD and 304). */
static const char *hear(int fd, struct buf *out, bool has_body)
{
	const char *end = NULL, *field;
	size_t want = 0;

	buf_clear(out);
	buf_add_str(out, "");
	while (!end || out->len < want) {
		size_t room = end ? want - out->len : 1;
		ssize_t got = recv(fd, buf_reserve(out, room), room, 0);

		if (got <= 0)
			harness_fail(__FILE__, __LINE__, "no whole answer: %s", out->bytes);
		out->len += (size_t)got;
		out->bytes[out->len] = '\0';
		if (end || !(end = strstr(out->bytes, "\r\n\r\n")))
			continue;
		field = strstr(out->bytes, "Content-Length: ");
		want = out->len;
		if (field && has_body && !strstr(out->bytes, " 304 "))
			want += (size_t)atol(field + 16);
	}
	return out->bytes;
}

static const char *body_of(const struct buf *answer)
{
	return strstr(answer->bytes, "\r\n\r\n") + 4;
}

static size_t body_len(const struct buf *answer)
{
	return answer->len - (size_t)(body_of(answer) - answer->bytes);
}

static bool has(const struct buf *answer, const char *text)
{
	return strstr(buf_text(answer), text) != NULL;
}

static int status_of(const struct buf *answer)
{
	CHECK(answer->len > 12 && strncmp(answer->bytes, "HTTP/1.1 ", 9) == 0);
	return atoi(answer->bytes + 9);
}

/* Asks on FD with FIELDS (each with CRLF) and hears the answer. */
static void ask(int fd, struct buf *out, const char *method, const char *target,
	const char *fields)
{
	struct buf request = {0};

	buf_printf(&request, "%s %s HTTP/1.1\r\nHost: x\r\n%s\r\n", method, target, fields);
	say(fd, request.bytes, request.len);
	buf_finish(&request);
	hear(fd, out, strcmp(method, "HEAD") != 0);
}

/* Sends REQUEST alone, on a new connection that must end; the answer's status. */
static int end_with(const struct rig *rig, const char *request, size_t len)
{
	struct buf answer = {0};
	int fd = dial(rig), status;

	say(fd, request, len);
	hear_all(fd, &answer);
	status = answer.len ? status_of(&answer) : 0;
	CHECK(!answer.len || has(&answer, "Connection: close\r\n"));
	close(fd);
	buf_finish(&answer);
	return status;
}

/* ---- answers ---- */

TEST(get_head_and_validators)
{
	struct rig rig = {0};
	struct buf get = {0}, head = {0};
	ptrdiff_t same;
	int fd;

	start(&rig);
	fd = dial(&rig);
	ask(fd, &get, "GET", "/feed.atom?utm=1", "");
	CHECK_INT(status_of(&get), 200);
	CHECK_INT(body_len(&get), 20000);
	CHECK(has(&get, "Content-Type: application/atom+xml\r\n"));
	CHECK(has(&get, "\r\nETag: W/\""));
	CHECK(has(&get, "Last-Modified: Tue, 14 Nov 2023 22:13:20 GMT\r\n"));
	CHECK(has(&get, "Cache-Control: public, max-age=300, stale-if-error=86400\r\n"));
	CHECK(has(&get, "Vary: Accept-Encoding, Sec-Fetch-Dest\r\n"));
	CHECK(has(&get, "X-Content-Type-Options: nosniff\r\n"));
	CHECK(has(&get, "Link: <http://x/hub>; rel=\"hub\"\r\n"));
	CHECK(has(&get, "\r\nDate: "));
	CHECK(!has(&get, "Connection:"));
	ask(fd, &head, "HEAD", "/feed.atom?utm=1", "");
	CHECK_INT(body_len(&head), 0);
	same = strstr(get.bytes, "Date: ") - get.bytes;
	CHECK_INT(strstr(head.bytes, "Date: ") - head.bytes, same);
	CHECK(memcmp(head.bytes, get.bytes, (size_t)same) == 0);
	ask(fd, &get, "GET", "/old", "");
	CHECK_INT(status_of(&get), 301);
	CHECK(has(&get, "Location: http://x/new\r\n"));
	ask(fd, &get, "GET", "/%66eed.atom", "");
	CHECK_INT(status_of(&get), 200);
	ask(fd, &get, "GET", "http://x/a/../feed.atom?q", "");
	CHECK_INT(status_of(&get), 200);
	close(fd);
	stop(&rig);
	buf_finish(&get);
	buf_finish(&head);
}

TEST(conditional_and_encodings)
{
	struct rig rig = {0};
	struct buf answer = {0};
	char fields[256], etag[64];
	unsigned char plain[20001];
	int fd;

	start(&rig);
	fd = dial(&rig);
	ask(fd, &answer, "GET", "/feed.atom", "Accept-Encoding: gzip\r\n");
	CHECK(has(&answer, "Content-Encoding: gzip\r\n"));
	CHECK(body_len(&answer) < 20000);
	sscanf(strstr(answer.bytes, "ETag: "), "ETag: %63s", etag);
	{
		z_stream z = {.next_in = (Bytef *)(uintptr_t)body_of(&answer),
			.avail_in = (uInt)body_len(&answer), .next_out = plain,
			.avail_out = sizeof(plain)};

		CHECK_INT(inflateInit2(&z, 15 + 16), Z_OK);
		CHECK_INT(inflate(&z, Z_FINISH), Z_STREAM_END);
		CHECK_INT(z.total_out, 20000);
		inflateEnd(&z);
	}
	ask(fd, &answer, "GET", "/feed.atom", "Accept-Encoding: gzip;q=0.5, br\r\n");
	CHECK(has(&answer, "Content-Encoding: br\r\n"));
	CHECK(has(&answer, etag));
	snprintf(fields, sizeof(fields), "If-None-Match: \"a\", %s\r\nAccept-Encoding: br\r\n",
		etag);
	ask(fd, &answer, "GET", "/feed.atom", fields);
	CHECK_INT(status_of(&answer), 304);
	CHECK(has(&answer, etag));
	CHECK(has(&answer, "Last-Modified: ") && has(&answer, "Cache-Control: ") &&
		has(&answer, "Vary: ") && has(&answer, "Link: ") && has(&answer, "Date: "));
	CHECK(!has(&answer, "Content-Length"));
	ask(fd, &answer, "GET", "/feed.atom", "If-None-Match: \"a\"\r\n"
		"If-Modified-Since: Tue, 14 Nov 2023 22:13:20 GMT\r\n");
	CHECK_INT(status_of(&answer), 200);
	ask(fd, &answer, "GET", "/feed.atom",
		"If-Modified-Since: Tue, 14 Nov 2023 22:13:20 GMT\r\n");
	CHECK_INT(status_of(&answer), 304);
	ask(fd, &answer, "HEAD", "/feed.atom", "If-None-Match: *\r\n");
	CHECK_INT(status_of(&answer), 304);
	ask(fd, &answer, "GET", "/feed.atom", "Sec-Fetch-Dest: document\r\n");
	CHECK(has(&answer, "Content-Type: text/xml\r\n"));
	close(fd);
	stop(&rig);
	buf_finish(&answer);
}

TEST(refusals_keep_the_connection)
{
	static const struct {
		const char *method, *target;
		int status;
		const char *allow;
	} cases[] = {
		{"GET", "/none", 404, NULL}, {"GET", "/../../etc/passwd", 404, NULL},
		{"GET", "/feed.atom/", 404, NULL}, {"PUT", "/none", 404, NULL},
		{"PUT", "/feed.atom", 405, "Allow: GET, HEAD, OPTIONS\r\n"},
		{"POST", "/feed.atom", 405, "Allow: GET, HEAD, OPTIONS\r\n"},
		{"DELETE", "/hub", 405, "Allow: GET, HEAD, POST, OPTIONS\r\n"},
		{"GET", "/a/only-post", 405, "Allow: POST, OPTIONS\r\n"},
		{"POST", "/a/x", 405, "Allow: GET, HEAD, OPTIONS\r\n"},
		{"POST", "/x/p.png", 405, "Allow: GET, HEAD, OPTIONS\r\n"},
		{"POST", "/x/p.gif", 404, NULL}, {"GET", "/x/p.gif", 404, NULL},
		{"GET", "/hub/x", 404, NULL}, {"OPTIONS", "/none", 404, NULL},
		{"TRACE", "/feed.atom", 501, NULL}, {"BREW", "/feed.atom", 501, NULL},
	};
	struct rig rig = {0};
	struct buf answer = {0};
	int fd;

	start(&rig);
	fd = dial(&rig);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		ask(fd, &answer, cases[i].method, cases[i].target, "");
		CHECK_INT(status_of(&answer), cases[i].status);
		CHECK(!cases[i].allow || has(&answer, cases[i].allow));
		CHECK(has(&answer, "Content-Type: text/plain; charset=utf-8\r\n"));
		CHECK(strchr(body_of(&answer), '\n') == answer.bytes + answer.len - 1);
	}
	close(fd);
	stop(&rig);
	buf_finish(&answer);
}

TEST(options_and_preflight)
{
	struct rig rig = {0};
	struct buf answer = {0};
	int fd;

	start(&rig);
	http_server_put(rig.server, snapshot_create(&(struct snapshot_spec){.path = "/public",
		.status = 200, .content_type = "text/plain", .is_public_api = true, .body = "a",
		.len = 1}));
	fd = dial(&rig);
	ask(fd, &answer, "OPTIONS", "/public", "Origin: http://reader.example\r\n"
		"Access-Control-Request-Method: GET\r\n"
		"Access-Control-Request-Headers: if-none-match\r\n");
	CHECK_INT(status_of(&answer), 204);
	CHECK(has(&answer, "Allow: GET, HEAD, OPTIONS\r\n"));
	CHECK(has(&answer, "Access-Control-Allow-Origin: *\r\n"));
	CHECK(has(&answer, "Access-Control-Allow-Headers: If-None-Match, If-Modified-Since\r\n"));
	CHECK(!has(&answer, "Content-Length"));
	ask(fd, &answer, "GET", "/public", "");
	CHECK(has(&answer, "Access-Control-Allow-Origin: *\r\n"));
	CHECK(has(&answer, "Access-Control-Expose-Headers: ETag, Link\r\n"));
	ask(fd, &answer, "OPTIONS", "/small", "");
	CHECK_INT(status_of(&answer), 204);
	CHECK(!has(&answer, "Access-Control"));
	ask(fd, &answer, "OPTIONS", "*", "");
	CHECK_INT(status_of(&answer), 204);
	CHECK(has(&answer, "Allow: GET, HEAD, POST, OPTIONS\r\n"));
	close(fd);
	stop(&rig);
	buf_finish(&answer);
}

TEST(agents_that_speak_for_subscribers)
{
	static const char many[] = "User-Agent: Fetcher - 12 subscribers\r\n";
	struct rig rig = {0};
	struct buf answer = {0};
	int fd;

	start(&rig);
	http_server_put(rig.server, snapshot_create(&(struct snapshot_spec){.path = "/public",
		.status = 200, .content_type = "text/plain", .is_public_api = true, .body = "a",
		.len = 1}));
	fd = dial(&rig);
	ask(fd, &answer, "GET", "/public", "");
	ask(fd, &answer, "GET", "/public", "User-Agent: Firefox\r\n");
	ask(fd, &answer, "GET", "/public", "User-Agent:\r\n");
	ask(fd, &answer, "GET", "/small", many);
	CHECK_INT(status_of(&answer), 200);
	ask(fd, &answer, "GET", "/public", many);
	close(fd);
	stop(&rig); /* its loop has ended: what it wrote may be read */
	CHECK_INT(rig.polls, 1);
	CHECK_STR(rig.seen, "/public Fetcher - 12 subscribers");
	buf_finish(&answer);
}

/* What is refused, and with what status, is in the corpus; here, that it ends. */
TEST(malformed_requests_end_the_connection)
{
	static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
	static const char nul[] = "GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n";
	static const char tls[] = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";
	struct rig rig = {0};
	struct buf answer = {0};
	int fd;

	start(&rig);
	CHECK_INT(end_with(&rig, nul, sizeof(nul) - 1), 400);
	CHECK_INT(end_with(&rig, tls, sizeof(tls) - 1), 400);
	CHECK_INT(end_with(&rig, preface, sizeof(preface) - 1), 505);
	fd = dial(&rig);
	say_text(fd, preface);
	hear_all(fd, &answer);
	CHECK(has(&answer, "this server speaks HTTP/1.1"));
	close(fd);
	stop(&rig);
	buf_finish(&answer);
}

/* ---- connections ---- */

TEST(one_byte_at_a_time)
{
	static const char request[] = "\r\nGET /small HTTP/1.1\r\nHost: x\r\n\r\n"
		"POST /hub HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
		"3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: 1\r\n\r\n"
		"POST /hub HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nfghi"
		"GET /none HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
	struct rig rig = {0};
	struct buf whole = {0}, bits = {0};
	int fd;

	start(&rig);
	fd = dial(&rig);
	say_text(fd, request);
	hear_all(fd, &whole);
	close(fd);
	CHECK(has(&whole, " 5 abcde") && has(&whole, " 4 fghi") && has(&whole, " 404 "));
	fd = dial(&rig);
	for (size_t i = 0; i + 1 < sizeof(request); i++)
		say(fd, request + i, 1);
	hear_all(fd, &bits);
	close(fd);
	CHECK_INT(bits.len, whole.len);
	for (size_t cut = 1; cut + 1 < sizeof(request); cut++) {
		struct pollfd none = {.events = POLLIN};

		fd = none.fd = dial(&rig);
		say(fd, request, cut);
		poll(&none, 1, 1);
		say(fd, request + cut, sizeof(request) - 1 - cut);
		hear_all(fd, &bits);
		close(fd);
		CHECK_INT(bits.len, whole.len);
	}
	stop(&rig);
	buf_finish(&whole);
	buf_finish(&bits);
}

TEST(pipelined_in_order)
{
	struct rig rig = {0};
	struct buf request = {0}, answer = {0};
	int fd;

	start(&rig);
	fd = dial(&rig);
	for (int i = 0; i < 200; i++)
		buf_printf(&request, "GET /%s HTTP/1.1\r\nHost: x\r\n\r\n",
			i % 3 == 0 ? "small" : i % 3 == 1 ? "feed.atom" : "none");
	say(fd, request.bytes, request.len);
	for (int i = 0; i < 200; i++) {
		hear(fd, &answer, true);
		CHECK_INT(status_of(&answer), i % 3 == 2 ? 404 : 200);
		CHECK(i % 3 != 1 || body_len(&answer) == 20000);
	}
	close(fd);
	stop(&rig);
	buf_finish(&request);
	buf_finish(&answer);
}

TEST(versions_and_keep_alive)
{
	struct rig rig = {0};
	struct buf answer = {0};
	int fd;

	start(&rig);
	CHECK_INT(end_with(&rig, "GET /small HTTP/1.0\r\n\r\n", 23), 200);
	fd = dial(&rig);
	say_text(fd, "GET /small HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
	CHECK(strstr(hear(fd, &answer, true), "Connection: keep-alive\r\n"));
	say_text(fd, "GET /small HTTP/1.1\r\nHost: x\r\n"
		"Connection: Keep-Alive, Close\r\n\r\n");
	hear_all(fd, &answer);
	CHECK_INT(status_of(&answer), 200);
	close(fd);
	stop(&rig);
	buf_finish(&answer);
}

TEST(slow_reader_gets_all_of_a_large_body)
{
	struct rig rig = {0};
	char *text = make_text(LARGE);
	struct buf answer = {0};
	int fd, small = 64 * 1024;

	start(&rig);
	fd = dial(&rig);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	say_text(fd, "GET /large HTTP/1.1\r\nHost: x\r\n\r\n"
		"GET /small HTTP/1.1\r\nHost: x\r\n\r\n");
	hear(fd, &answer, true);
	CHECK_INT(body_len(&answer), LARGE);
	CHECK(memcmp(body_of(&answer), text, LARGE) == 0);
	hear(fd, &answer, true);
	CHECK_STR(body_of(&answer), "small\n");
	close(fd);
	free(text);
	stop(&rig);
	buf_finish(&answer);
}

/* Requests behind an answer that the client does not take are not looked at. */
TEST(backpressure)
{
	struct rig rig = {0};
	struct buf answer = {0}, request = {0};
	struct http_counts counts = {.requests = 0}, later;
	int fd;

	start(&rig);
	fd = dial(&rig);
	for (int i = 0; i < 12; i++)
		buf_add_str(&request, "GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
	say(fd, request.bytes, request.len);
	CHECK(recv(fd, &(char){0}, 1, MSG_PEEK) == 1);
	do {
		later = counts;
		poll(NULL, 0, 50);
		on_loop(&rig, read_counts, &counts);
	} while (counts.bytes_sent != later.bytes_sent);
	CHECK(counts.requests < 6);
	for (int i = 0; i < 12; i++) {
		hear(fd, &answer, true);
		CHECK_INT(body_len(&answer), LARGE);
	}
	on_loop(&rig, read_counts, &counts);
	CHECK_INT(counts.requests, 12);
	close(fd);
	stop(&rig);
	buf_finish(&answer);
	buf_finish(&request);
}

TEST(a_client_that_leaves_in_the_middle_of_a_large_body)
{
	struct rig rig = {0};
	struct buf answer = {0};
	struct linger reset = {1, 0};
	int fd;

	start(&rig);
	for (int i = 0; i < 20; i++) {
		fd = dial(&rig);
		say_text(fd, "GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
		CHECK(recv(fd, &(char){0}, 1, MSG_PEEK) == 1);
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		close(fd);
	}
	fd = dial(&rig);
	ask(fd, &answer, "GET", "/small", "");
	CHECK_STR(body_of(&answer), "small\n");
	close(fd);
	stop(&rig);
	buf_finish(&answer);
}

static void replace_large(struct rig *rig, void *argument)
{
	(void)argument;
	http_server_put(rig->server, make("/large", "new", 3));
	http_server_remove(rig->server, "/small");
}

TEST(a_replaced_snapshot_lives_until_it_is_sent)
{
	struct rig rig = {0};
	char *text = make_text(LARGE);
	struct buf answer = {0};
	int fd;

	start(&rig);
	fd = dial(&rig);
	say_text(fd, "GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
	CHECK(recv(fd, &(char){0}, 1, MSG_PEEK) == 1);
	on_loop(&rig, replace_large, NULL);
	hear(fd, &answer, true);
	CHECK(body_len(&answer) == LARGE && memcmp(body_of(&answer), text, LARGE) == 0);
	ask(fd, &answer, "GET", "/large", "");
	CHECK_STR(body_of(&answer), "new");
	ask(fd, &answer, "GET", "/small", "");
	CHECK_INT(status_of(&answer), 404);
	close(fd);
	free(text);
	stop(&rig);
	buf_finish(&answer);
}

/* ---- calls ---- */

TEST(calls_and_their_answers)
{
	struct rig rig = {0};
	struct buf answer = {0};
	int fd;

	start(&rig);
	fd = dial(&rig);
	say_text(fd, "POST /hub?a=b HTTP/1.1\r\nHost: x:1\r\nContent-Type: a/b\r\n"
		"Authorization: B c\r\nContent-Length: 3\r\n\r\nxyz");
	hear(fd, &answer, true);
	CHECK_INT(status_of(&answer), 202);
	CHECK(has(&answer, "X-Extra: 1\r\n"));
	CHECK_STR(body_of(&answer), "POST /hub?a=b 127.0.0.1 x:1 a/b B c 3 xyz");
	ask(fd, &answer, "GET", "/hub", "");
	CHECK_STR(body_of(&answer), "GET /hub?- 127.0.0.1 x - - 0 ");
	ask(fd, &answer, "HEAD", "/hub", "");
	CHECK_INT(body_len(&answer), 0);
	ask(fd, &answer, "GET", "/a/page", "Accept-Encoding: gzip\r\n");
	CHECK(has(&answer, "Content-Encoding: gzip\r\n"));
	ask(fd, &answer, "GET", "/a/page", "If-None-Match: *\r\n");
	CHECK_INT(status_of(&answer), 304);
	close(fd);
	CHECK_INT(end_with(&rig, "POST /hub HTTP/1.0\r\nContent-Length: 1\r\n\r\na", 42), 202);
	stop(&rig);
	buf_finish(&answer);
}

static void wait_call(struct rig *rig)
{
	while (sem_wait(&rig->called) < 0)
		;
}

TEST(late_answers)
{
	struct rig rig = {.holds_calls = true};
	struct buf answer = {0};
	int fd;

	start(&rig);
	fd = dial(&rig);
	say_text(fd, "GET /small HTTP/1.1\r\nHost: x\r\n\r\n"
		"POST /hub HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na"
		"GET /small HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	wait_call(&rig);
	hear(fd, &answer, true); /* what comes before the call does not wait for it */
	CHECK_INT(status_of(&answer), 200);
	on_loop(&rig, answer_call, NULL);
	hear(fd, &answer, true);
	CHECK_INT(status_of(&answer), 202);
	hear_all(fd, &answer);
	CHECK_STR(body_of(&answer), "small\n");
	close(fd);

	fd = dial(&rig); /* the last request of its connection */
	say_text(fd, "POST /hub HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n"
		"Connection: close\r\n\r\na");
	wait_call(&rig);
	on_loop(&rig, answer_call, NULL);
	hear_all(fd, &answer);
	CHECK_INT(status_of(&answer), 202);
	CHECK(has(&answer, "Connection: close\r\n"));
	on_loop(&rig, answer_call, NULL); /* a second answer goes nowhere */
	close(fd);
	stop(&rig);
	buf_finish(&answer);
}

TEST(a_page_that_comes_late_and_large)
{
	struct rig rig = {.holds_calls = true};
	struct buf answer = {0};
	int fd;

	start(&rig);
	fd = dial(&rig);
	say_text(fd, "GET /a/page HTTP/1.1\r\nHost: x\r\nAccept-Encoding: br\r\n\r\n");
	wait_call(&rig);
	on_loop(&rig, answer_call, NULL);
	hear(fd, &answer, true);
	CHECK(has(&answer, "Content-Encoding: br\r\n"));
	close(fd);
	stop(&rig);
	buf_finish(&answer);
}

TEST(the_client_of_a_call_leaves)
{
	struct rig rig = {.holds_calls = true};
	struct buf answer = {0};
	struct linger reset = {1, 0};
	int fd;

	start(&rig);
	fd = dial(&rig);
	say_text(fd, "POST /hub HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na");
	wait_call(&rig);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(fd);
	on_loop(&rig, answer_call, NULL);
	on_loop(&rig, answer_call, NULL); /* stale by now */
	fd = dial(&rig);
	ask(fd, &answer, "GET", "/small", "");
	on_loop(&rig, answer_call, NULL); /* the slot is another's now */
	ask(fd, &answer, "GET", "/small", "");
	CHECK_STR(body_of(&answer), "small\n");
	close(fd);
	stop(&rig);
	buf_finish(&answer);
}

TEST(bodies_and_continue)
{
	struct rig rig = {0};
	struct buf answer = {0}, request = {0};
	int fd;

	start(&rig);
	fd = dial(&rig);
	say_text(fd, "POST /hub HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
		"Content-Length: 3\r\n\r\n");
	CHECK_STR(hear(fd, &answer, false), "HTTP/1.1 100 Continue\r\n\r\n");
	say_text(fd, "abc");
	hear(fd, &answer, true);
	CHECK(has(&answer, " 3 abc"));
	for (int chunked = 0; chunked < 2; chunked++) {
		buf_clear(&request);
		buf_printf(&request, "POST /hub HTTP/1.1\r\nHost: x\r\n%s: %s\r\n\r\n",
			chunked ? "Transfer-Encoding" : "Content-Length",
			chunked ? "chunked" : "20000");
		for (int i = 0; i < 2000; i++)
			buf_add_str(&request, chunked ? "A\r\n0123456789\r\n" : "0123456789");
		buf_add_str(&request, chunked ? "0\r\n\r\n" : "");
		say(fd, request.bytes, request.len);
		hear(fd, &answer, true);
		CHECK(has(&answer, " 20000 0123456789012"));
	}
	say_text(fd, "PUT /feed.atom HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
		"Content-Length: 3\r\n\r\n");
	hear_all(fd, &answer);
	CHECK_INT(status_of(&answer), 405); /* rather than "go on" */
	close(fd);
	stop(&rig);
	buf_finish(&answer);
	buf_finish(&request);
}

/* ---- limits ---- */

TEST(the_limiter_spares_conditional_requests)
{
	struct rig rig = {.limits = {.idle_ms = 60000, .header_ms = 60000, .body_ms = 60000,
		.send_ms = 60000, .max_connections = 10, .rate = 1, .max_body = 100,
		.trusted_proxies = (const char *const[]){"127.0.0.0/8"}, .trusted_count = 1}};
	struct buf answer = {0};
	struct http_counts counts;
	int fd, allowed = 0;

	start(&rig);
	fd = dial(&rig);
	for (int i = 0; i < 50; i++) {
		ask(fd, &answer, "GET", "/small", "X-Forwarded-For: 192.0.2.7, 192.0.2.9\r\n");
		allowed += status_of(&answer) == 200;
	}
	CHECK(allowed >= 5 && allowed < 20);
	CHECK_INT(status_of(&answer), 429);
	CHECK(has(&answer, "\r\nRetry-After: "));
	ask(fd, &answer, "GET", "/small",
		"X-Forwarded-For: 192.0.2.9\r\nIf-None-Match: \"a\"\r\n");
	CHECK_INT(status_of(&answer), 200);
	ask(fd, &answer, "GET", "/small", "Forwarded: for=192.0.2.10, for=127.0.0.9\r\n");
	CHECK_INT(status_of(&answer), 200);
	on_loop(&rig, read_counts, &counts);
	CHECK_INT(counts.rejected_rate, 50 - allowed);
	CHECK_INT(counts.requests, 52);
	/* a method or a path does not get round it, nor does a condition where it means nothing */
	for (int i = 0; i < 40; i++) {
		ask(fd, &answer, i % 2 ? "POST" : "GET", i % 3 ? "/none" : "/hub",
			i % 2 ? "If-None-Match: \"a\"\r\n" : "");
		allowed = status_of(&answer) != 429;
	}
	CHECK(!allowed);
	CHECK_INT(counts.connections, 1);
	close(fd);
	stop(&rig);
	buf_finish(&answer);
}

TEST(time_outs)
{
	struct rig rig = {.limits = {.idle_ms = 300, .header_ms = 300, .body_ms = 300,
		.send_ms = 300, .max_connections = 10, .max_body = 100000}};
	struct buf answer = {0};
	int idle, head, body, slow, small = 2048;

	start(&rig);
	idle = dial(&rig);
	head = dial(&rig);
	body = dial(&rig);
	slow = dial(&rig);
	setsockopt(slow, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	say_text(idle, "GET /small HTTP/1.1\r\nHost: x\r\n\r\n");
	say_text(head, "GET /small HTT");
	say_text(body, "POST /hub HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\na");
	say_text(slow, "GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
	hear_all(idle, &answer);
	CHECK_INT(status_of(&answer), 200);
	hear_all(head, &answer);
	CHECK_INT(status_of(&answer), 408);
	hear_all(body, &answer);
	CHECK_INT(status_of(&answer), 408);
	for (int i = 0; i < 100; i++) { /* the server gives up; what was sent is there */
		struct http_counts counts;

		on_loop(&rig, read_counts, &counts);
		if (!counts.connections)
			break;
		poll(NULL, 0, 100);
		CHECK(i < 99);
	}
	close(idle);
	close(head);
	close(body);
	close(slow);
	stop(&rig);
	buf_finish(&answer);
}

TEST(a_dripping_head_is_cut_off)
{
	struct rig rig = {.limits = {.idle_ms = 60000, .header_ms = 500, .body_ms = 60000,
		.send_ms = 60000, .max_connections = 10, .max_body = 100}};
	struct pollfd heard = {.events = POLLIN};
	struct buf answer = {0};
	int drops = 0;

	start(&rig);
	heard.fd = dial(&rig);
	say_text(heard.fd, "GET / HTTP/1.1\r\nX: ");
	while (poll(&heard, 1, 50) == 0) {
		CHECK(++drops < 200);
		say_text(heard.fd, "a");
	}
	hear_all(heard.fd, &answer);
	CHECK_INT(status_of(&answer), 408);
	close(heard.fd);
	stop(&rig);
	buf_finish(&answer);
}

/* A body and a reader must keep up the least rate, however patiently they drip. */
TEST(a_dripping_body_is_cut_off)
{
	struct rig rig = {.limits = {.idle_ms = 60000, .header_ms = 60000, .body_ms = 500,
		.send_ms = 60000, .max_connections = 10, .max_body = 10000}};
	struct pollfd heard = {.events = POLLIN};
	struct buf answer = {0};
	int drops = 0;

	start(&rig);
	heard.fd = dial(&rig);
	say_text(heard.fd, "POST /hub HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\n");
	while (poll(&heard, 1, 50) == 0) {
		CHECK(++drops < 200);
		say_text(heard.fd, "a");
	}
	hear_all(heard.fd, &answer);
	CHECK_INT(status_of(&answer), 408);
	close(heard.fd);
	stop(&rig);
	buf_finish(&answer);
}

TEST(a_dripping_reader_is_cut_off)
{
	struct rig rig = {.limits = {.idle_ms = 60000, .header_ms = 60000, .body_ms = 60000,
		.send_ms = 500, .max_connections = 10, .max_body = 100}};
	struct http_counts counts;
	int fd, small = 2048, drops = 0;
	char byte;

	start(&rig);
	fd = dial(&rig);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	for (int i = 0; i < 5; i++)
		say_text(fd, "GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
	do {
		CHECK(++drops < 400 && recv(fd, &byte, 1, 0) == 1);
		poll(NULL, 0, 20);
		on_loop(&rig, read_counts, &counts);
	} while (counts.connections);
	close(fd);
	stop(&rig);
}

TEST(full_means_the_oldest_idle_one_goes)
{
	struct rig rig = {.limits = {.idle_ms = 60000, .header_ms = 60000, .body_ms = 60000,
		.send_ms = 60000, .max_connections = 2, .max_body = 100}};
	struct buf answer = {0};
	struct http_counts counts;
	int first, second, third, fourth;

	start(&rig);
	first = dial(&rig);
	ask(first, &answer, "GET", "/small", "");
	second = dial(&rig);
	ask(second, &answer, "GET", "/small", "");
	third = dial(&rig);
	ask(third, &answer, "GET", "/small", "");
	CHECK_INT(status_of(&answer), 200);
	hear_all(first, &answer);
	CHECK_INT(answer.len, 0);
	say_text(second, "GET /la"); /* none is idle: the fourth waits */
	say_text(third, "GET /la");
	do {
		on_loop(&rig, read_counts, &counts);
	} while (counts.idle);
	fourth = dial(&rig);
	say_text(fourth, "GET /small HTTP/1.1\r\nHost: x\r\n\r\n");
	do {
		on_loop(&rig, read_counts, &counts);
	} while (!counts.rejected_full);
	CHECK_INT(counts.connections, 2);
	close(second);
	hear(fourth, &answer, true);
	CHECK_INT(status_of(&answer), 200);
	close(first);
	close(third);
	close(fourth);
	stop(&rig);
	buf_finish(&answer);
}

static void set_descriptor_limit(struct rig *rig, void *argument)
{
	struct rlimit limit;

	(void)rig;
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = *(rlim_t *)argument;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static void read_cpu_ms(struct rig *rig, void *argument)
{
	struct timespec used;

	(void)rig;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
	*(int64_t *)argument = (int64_t)used.tv_sec * 1000 + used.tv_nsec / 1000000;
}

TEST(out_of_descriptors)
{
	struct rig rig = {0};
	struct buf answer = {0};
	rlim_t none = 3, many = 1024;
	int64_t before, after;
	int fd;

	start(&rig);
	fd = dial(&rig); /* before the limit: it counts for this thread too */
	on_loop(&rig, set_descriptor_limit, &none);
	on_loop(&rig, read_cpu_ms, &before);
	say_text(fd, "GET /small HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	poll(NULL, 0, 800);
	on_loop(&rig, read_cpu_ms, &after);
	CHECK(after - before < 100); /* it waits rather than to ask again and again */
	on_loop(&rig, set_descriptor_limit, &many);
	hear_all(fd, &answer);
	CHECK_INT(status_of(&answer), 200);
	close(fd);
	stop(&rig);
	buf_finish(&answer);
}

/* ---- the end ---- */

static void on_drained(void *context)
{
	sem_post(&((struct rig *)context)->drained);
}

static void drain(struct rig *rig, void *argument)
{
	(void)argument;
	http_server_drain(rig->server, on_drained, rig);
}

TEST(drain_finishes_what_is_in_flight)
{
	struct rig rig = {.holds_calls = true};
	struct buf answer = {0};
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	int idle, slow, call, late;

	start(&rig);
	idle = dial(&rig);
	ask(idle, &answer, "GET", "/small", "");
	slow = dial(&rig);
	say_text(slow, "GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
	CHECK(recv(slow, &(char){0}, 1, MSG_PEEK) == 1);
	call = dial(&rig);
	say_text(call, "POST /hub HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na");
	wait_call(&rig);
	on_loop(&rig, drain, NULL);
	hear_all(idle, &answer);
	CHECK_INT(answer.len, 0);
	late = socket(AF_INET, SOCK_STREAM, 0);
	to.sin_port = htons((uint16_t)rig.port);
	CHECK(connect(late, (struct sockaddr *)&to, sizeof(to)) < 0);
	CHECK(sem_trywait(&rig.drained) < 0);
	hear(slow, &answer, true);
	CHECK_INT(body_len(&answer), LARGE);
	on_loop(&rig, answer_call, NULL);
	hear_all(call, &answer);
	CHECK_INT(status_of(&answer), 202);
	CHECK(has(&answer, "Connection: close\r\n"));
	close(slow);
	while (sem_wait(&rig.drained) < 0)
		;
	close(idle);
	close(call);
	close(late);
	stop(&rig);
	buf_finish(&answer);
}

/* A client that is in the middle of its questions is told to go, not cut off. */
TEST(drain_lets_the_busy_ask_once_more)
{
	struct rig rig = {0};
	struct buf answer = {0};
	int busy;

	start(&rig);
	busy = dial(&rig);
	ask(busy, &answer, "GET", "/small", "");
	CHECK(!has(&answer, "Connection: close\r\n"));
	on_loop(&rig, drain, NULL);
	say_text(busy, "GET /small HTTP/1.1\r\nHost: x\r\n\r\n");
	hear_all(busy, &answer);
	CHECK_INT(status_of(&answer), 200);
	CHECK(has(&answer, "Connection: close\r\n"));
	while (sem_wait(&rig.drained) < 0)
		;
	close(busy);
	stop(&rig);
	buf_finish(&answer);
}

TEST(nothing_is_missing_before_all_is_there)
{
	struct rig rig = {0};
	struct buf answer = {0};
	int fd;

	start(&rig);
	http_server_set_ready(rig.server, false);
	fd = dial(&rig);
	ask(fd, &answer, "GET", "/none", "");
	CHECK_INT(status_of(&answer), 503);
	CHECK(has(&answer, "Retry-After: 5\r\n"));
	ask(fd, &answer, "GET", "/small", "");
	CHECK_INT(status_of(&answer), 200);
	close(fd);
	stop(&rig);
	buf_finish(&answer);
}

TEST(drain_of_an_empty_server_and_destroy_of_a_busy_one)
{
	struct rig rig = {.holds_calls = true}, busy = {.holds_calls = true};
	int fd, large;

	start(&rig);
	on_loop(&rig, drain, NULL);
	while (sem_wait(&rig.drained) < 0)
		;
	stop(&rig);
	start(&busy);
	fd = dial(&busy);
	say_text(fd, "GET /hub HTTP/1.1\r\nHost: x\r\n\r\nGET /sm");
	wait_call(&busy);
	large = dial(&busy);
	say_text(large, "GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
	CHECK(recv(large, &(char){0}, 1, MSG_PEEK) == 1);
	stop(&busy);
	close(fd);
	close(large);
}
