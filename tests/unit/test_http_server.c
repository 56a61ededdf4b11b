/* test_http_server.c: answers, connections and calls. */
#include "daemon/http/server.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include "daemon/http/snapshot.h"
#include "tests/unit/harness.h"
#include "tests/unit/http_rig.h"

/* ---- answers ---- */

TEST(get_head_and_validators)
{
	static const char *const lines[] = {"Content-Type: application/atom+xml\r\n",
		"\r\nETag: W/\"", "Last-Modified: Tue, 14 Nov 2023 22:13:20 GMT\r\n",
		"Cache-Control: public, max-age=300, stale-if-error=86400\r\n",
		"Vary: Accept-Encoding, Sec-Fetch-Dest\r\n", "\r\nDate: ",
		"X-Content-Type-Options: nosniff\r\n", "Link: <http://x/hub>; rel=\"hub\"\r\n"};
	struct rig rig = {0};
	struct buf full = {0};
	size_t same;

	rig_start(&rig);
	CHECK_INT(get(&rig, "/feed.atom?utm=1", ""), 200);
	CHECK_INT(body_len(&rig.answer), 20000);
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		CHECK(has(&rig.answer, lines[i]));
	CHECK(!has(&rig.answer, "Connection:"));
	buf_add(&full, rig.answer.bytes, rig.answer.len);
	CHECK_INT(request(&rig, "HEAD", "/feed.atom?utm=1", ""), 200);
	CHECK_INT(body_len(&rig.answer), 0);
	same = (size_t)(strstr(full.bytes, "Date: ") - full.bytes);
	CHECK(memcmp(rig.answer.bytes, full.bytes, same + strlen("Date: ")) == 0);
	CHECK_INT(get(&rig, "/old", ""), 301);
	CHECK(has(&rig.answer, "Location: http://x/new\r\n"));
	CHECK_INT(get(&rig, "/%66eed.atom", ""), 200);
	CHECK_INT(get(&rig, "http://x/a/../feed.atom?q", ""), 200);
	rig_stop(&rig);
	buf_finish(&full);
}

TEST(conditional_and_encodings)
{
	struct rig rig = {0};
	char fields[256], etag[64];
	unsigned char plain[20001];

	rig_start(&rig);
	get(&rig, "/feed.atom", "Accept-Encoding: gzip\r\n");
	CHECK(has(&rig.answer, "Content-Encoding: gzip\r\n"));
	CHECK(body_len(&rig.answer) < 20000);
	sscanf(strstr(rig.answer.bytes, "ETag: "), "ETag: %63s", etag);
	{
		z_stream z = {.next_in = (Bytef *)(uintptr_t)body_of(&rig.answer),
			.avail_in = (uInt)body_len(&rig.answer), .next_out = plain,
			.avail_out = sizeof(plain)};

		CHECK_INT(inflateInit2(&z, 15 + 16), Z_OK);
		CHECK_INT(inflate(&z, Z_FINISH), Z_STREAM_END);
		CHECK_INT(z.total_out, 20000);
		inflateEnd(&z);
	}
	get(&rig, "/feed.atom", "Accept-Encoding: gzip;q=0.5, br\r\n");
	CHECK(has(&rig.answer, "Content-Encoding: br\r\n"));
	CHECK(has(&rig.answer, etag));
	snprintf(fields, sizeof(fields), "If-None-Match: \"a\", %s\r\nAccept-Encoding: br\r\n",
		etag);
	CHECK_INT(get(&rig, "/feed.atom", fields), 304);
	CHECK(has(&rig.answer, etag));
	CHECK(has(&rig.answer, "Last-Modified: ") && has(&rig.answer, "Cache-Control: ") &&
		has(&rig.answer, "Vary: ") && has(&rig.answer, "Link: ") &&
		has(&rig.answer, "Date: "));
	CHECK(!has(&rig.answer, "Content-Length"));
	CHECK_INT(get(&rig, "/feed.atom", "If-None-Match: \"a\"\r\n"
		"If-Modified-Since: Tue, 14 Nov 2023 22:13:20 GMT\r\n"), 200);
	CHECK_INT(get(&rig, "/feed.atom",
		"If-Modified-Since: Tue, 14 Nov 2023 22:13:20 GMT\r\n"), 304);
	CHECK_INT(request(&rig, "HEAD", "/feed.atom", "If-None-Match: *\r\n"), 304);
	get(&rig, "/feed.atom", "Sec-Fetch-Dest: document\r\n");
	CHECK(has(&rig.answer, "Content-Type: text/xml\r\n"));
	rig_stop(&rig);
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

	rig_start(&rig);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		CHECK_INT(request(&rig, cases[i].method, cases[i].target, ""), cases[i].status);
		CHECK(!cases[i].allow || has(&rig.answer, cases[i].allow));
		CHECK(has(&rig.answer, "Content-Type: text/plain; charset=utf-8\r\n"));
		CHECK(strchr(body_of(&rig.answer), '\n') == rig.answer.bytes + rig.answer.len - 1);
	}
	rig_stop(&rig);
}

TEST(options_and_preflight)
{
	struct rig rig = {0};

	rig_start(&rig);
	http_server_put(rig.server, snapshot_create(&(struct snapshot_spec){.path = "/public",
		.status = 200, .content_type = "text/plain", .is_public_api = true, .body = "a",
		.len = 1}));
	CHECK_INT(request(&rig, "OPTIONS", "/public", "Origin: http://reader.example\r\n"
		"Access-Control-Request-Method: GET\r\n"
		"Access-Control-Request-Headers: if-none-match\r\n"), 204);
	CHECK(has(&rig.answer, "Allow: GET, HEAD, OPTIONS\r\n"));
	CHECK(has(&rig.answer, "Access-Control-Allow-Origin: *\r\n"));
	CHECK(has(&rig.answer,
		"Access-Control-Allow-Headers: If-None-Match, If-Modified-Since\r\n"));
	CHECK(!has(&rig.answer, "Content-Length"));
	get(&rig, "/public", "");
	CHECK(has(&rig.answer, "Access-Control-Allow-Origin: *\r\n"));
	CHECK(has(&rig.answer, "Access-Control-Expose-Headers: ETag, Link\r\n"));
	CHECK_INT(request(&rig, "OPTIONS", "/small", ""), 204);
	CHECK(!has(&rig.answer, "Access-Control"));
	CHECK_INT(request(&rig, "OPTIONS", "*", ""), 204);
	CHECK(has(&rig.answer, "Allow: GET, HEAD, POST, OPTIONS\r\n"));
	rig_stop(&rig);
}

TEST(agents_that_speak_for_subscribers)
{
	static const char many[] = "User-Agent: Fetcher - 12 subscribers\r\n";
	struct rig rig = {0};

	rig_start(&rig);
	http_server_put(rig.server, snapshot_create(&(struct snapshot_spec){.path = "/public",
		.status = 200, .content_type = "text/plain", .is_public_api = true, .body = "a",
		.len = 1}));
	get(&rig, "/public", "");
	get(&rig, "/public", "User-Agent: Firefox\r\n");
	get(&rig, "/public", "User-Agent:\r\n");
	CHECK_INT(get(&rig, "/small", many), 200);
	get(&rig, "/public", many);
	rig_stop(&rig); /* its loop has ended: what it wrote may be read */
	CHECK_INT(rig.polls, 1);
	CHECK_STR(rig.seen, "/public Fetcher - 12 subscribers");
}

/* What is refused, and with what status, is in the corpus; here, that it ends. */
TEST(malformed_requests_end_the_connection)
{
	static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
	static const char nul[] = "GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n";
	static const char tls[] = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";
	struct rig rig = {0};
	int fd;

	rig_start(&rig);
	CHECK_INT(end_with(&rig, nul, sizeof(nul) - 1), 400);
	CHECK_INT(end_with(&rig, tls, sizeof(tls) - 1), 400);
	CHECK_INT(end_with(&rig, preface, sizeof(preface) - 1), 505);
	fd = dial(&rig);
	say_text(fd, preface);
	hear_all(fd, &rig.answer);
	CHECK(has(&rig.answer, "this server speaks HTTP/1.1"));
	close(fd);
	rig_stop(&rig);
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

	rig_start(&rig);
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
	rig_stop(&rig);
	buf_finish(&whole);
	buf_finish(&bits);
}

TEST(pipelined_in_order)
{
	struct rig rig = {0};
	struct buf request = {0}, answer = {0};
	int fd;

	rig_start(&rig);
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
	rig_stop(&rig);
	buf_finish(&request);
	buf_finish(&answer);
}

TEST(versions_and_keep_alive)
{
	struct rig rig = {0};
	int fd;

	rig_start(&rig);
	CHECK_INT(end_with(&rig, "GET /small HTTP/1.0\r\n\r\n", 23), 200);
	fd = dial(&rig);
	say_text(fd, "GET /small HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
	CHECK_INT(hear(fd, &rig.answer, true), 200);
	CHECK(has(&rig.answer, "Connection: keep-alive\r\n"));
	say_text(fd, "GET /small HTTP/1.1\r\nHost: x\r\n"
		"Connection: Keep-Alive, Close\r\n\r\n");
	CHECK_INT(hear_all(fd, &rig.answer), 200);
	close(fd);
	rig_stop(&rig);
}

TEST(slow_reader_gets_all_of_a_large_body)
{
	struct rig rig = {0};
	char *text = rig_text(LARGE);
	int fd, small = 64 * 1024;

	rig_start(&rig);
	fd = dial(&rig);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	say_text(fd, "GET /large HTTP/1.1\r\nHost: x\r\n\r\n"
		"GET /small HTTP/1.1\r\nHost: x\r\n\r\n");
	hear(fd, &rig.answer, true);
	CHECK_INT(body_len(&rig.answer), LARGE);
	CHECK(memcmp(body_of(&rig.answer), text, LARGE) == 0);
	hear(fd, &rig.answer, true);
	CHECK_STR(body_of(&rig.answer), "small\n");
	close(fd);
	free(text);
	rig_stop(&rig);
}

/* Requests behind an answer that the client does not take are not looked at. */
TEST(backpressure)
{
	struct rig rig = {0};
	struct buf request = {0};
	struct http_counts counts = {.requests = 0}, later;
	int fd;

	rig_start(&rig);
	fd = dial(&rig);
	for (int i = 0; i < 12; i++)
		buf_add_str(&request, "GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
	say(fd, request.bytes, request.len);
	CHECK(recv(fd, &(char){0}, 1, MSG_PEEK) == 1);
	do {
		later = counts;
		poll(NULL, 0, 50);
		counts = rig_counts(&rig);
	} while (counts.bytes_sent != later.bytes_sent);
	CHECK(counts.requests < 6);
	for (int i = 0; i < 12; i++) {
		hear(fd, &rig.answer, true);
		CHECK_INT(body_len(&rig.answer), LARGE);
	}
	counts = rig_counts(&rig);
	CHECK_INT(counts.requests, 12);
	close(fd);
	rig_stop(&rig);
	buf_finish(&request);
}

TEST(a_client_that_leaves_in_the_middle_of_a_large_body)
{
	struct rig rig = {0};
	struct linger reset = {1, 0};
	int fd;

	rig_start(&rig);
	for (int i = 0; i < 20; i++) {
		fd = dial(&rig);
		say_text(fd, "GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
		CHECK(recv(fd, &(char){0}, 1, MSG_PEEK) == 1);
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		close(fd);
	}
	get(&rig, "/small", "");
	CHECK_STR(body_of(&rig.answer), "small\n");
	rig_stop(&rig);
}

static void replace_large(struct rig *rig, void *argument)
{
	(void)argument;
	http_server_put(rig->server, rig_document("/large", "new", 3));
	http_server_remove(rig->server, "/small");
}

TEST(a_replaced_snapshot_lives_until_it_is_sent)
{
	struct rig rig = {0};
	char *text = rig_text(LARGE);
	int fd;

	rig_start(&rig);
	fd = dial(&rig);
	say_text(fd, "GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
	CHECK(recv(fd, &(char){0}, 1, MSG_PEEK) == 1);
	rig_on_loop(&rig, replace_large, NULL);
	hear(fd, &rig.answer, true);
	CHECK(body_len(&rig.answer) == LARGE && memcmp(body_of(&rig.answer), text, LARGE) == 0);
	ask(fd, &rig.answer, "GET", "/large", "");
	CHECK_STR(body_of(&rig.answer), "new");
	CHECK_INT(ask(fd, &rig.answer, "GET", "/small", ""), 404);
	close(fd);
	free(text);
	rig_stop(&rig);
}

/* ---- calls ---- */

TEST(calls_and_their_answers)
{
	struct rig rig = {0};
	int fd;

	rig_start(&rig);
	fd = dial(&rig);
	say_text(fd, "POST /hub?a=b HTTP/1.1\r\nHost: x:1\r\nContent-Type: a/b\r\n"
		"Authorization: B c\r\nContent-Length: 3\r\n\r\nxyz");
	CHECK_INT(hear(fd, &rig.answer, true), 202);
	CHECK(has(&rig.answer, "X-Extra: 1\r\n"));
	CHECK_STR(body_of(&rig.answer), "POST /hub?a=b 127.0.0.1 x:1 a/b B c 3 xyz");
	ask(fd, &rig.answer, "GET", "/hub", "");
	CHECK_STR(body_of(&rig.answer), "GET /hub?- 127.0.0.1 x - - 0 ");
	ask(fd, &rig.answer, "HEAD", "/hub", "");
	CHECK_INT(body_len(&rig.answer), 0);
	ask(fd, &rig.answer, "GET", "/a/page", "Accept-Encoding: gzip\r\n");
	CHECK(has(&rig.answer, "Content-Encoding: gzip\r\n"));
	CHECK_INT(ask(fd, &rig.answer, "GET", "/a/page", "If-None-Match: *\r\n"), 304);
	close(fd);
	CHECK_INT(end_with(&rig, "POST /hub HTTP/1.0\r\nContent-Length: 1\r\n\r\na", 42), 202);
	rig_stop(&rig);
}

TEST(late_answers)
{
	struct rig rig = {.holds_calls = true};
	int fd;

	rig_start(&rig);
	fd = dial(&rig);
	say_text(fd, "GET /small HTTP/1.1\r\nHost: x\r\n\r\n"
		"POST /hub HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na"
		"GET /small HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	rig_wait_call(&rig);
	hear(fd, &rig.answer, true); /* what comes before the call does not wait for it */
	CHECK_INT(status_of(&rig.answer), 200);
	rig_answer(&rig);
	CHECK_INT(hear(fd, &rig.answer, true), 202);
	hear_all(fd, &rig.answer);
	CHECK_STR(body_of(&rig.answer), "small\n");
	close(fd);

	fd = dial(&rig); /* the last request of its connection */
	say_text(fd, "POST /hub HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n"
		"Connection: close\r\n\r\na");
	rig_wait_call(&rig);
	rig_answer(&rig);
	CHECK_INT(hear_all(fd, &rig.answer), 202);
	CHECK(has(&rig.answer, "Connection: close\r\n"));
	rig_answer(&rig); /* a second answer goes nowhere */
	close(fd);
	rig_stop(&rig);
}

TEST(a_page_that_comes_late_and_large)
{
	struct rig rig = {.holds_calls = true};
	int fd;

	rig_start(&rig);
	fd = dial(&rig);
	say_text(fd, "GET /a/page HTTP/1.1\r\nHost: x\r\nAccept-Encoding: br\r\n\r\n");
	rig_wait_call(&rig);
	rig_answer(&rig);
	hear(fd, &rig.answer, true);
	CHECK(has(&rig.answer, "Content-Encoding: br\r\n"));
	close(fd);
	rig_stop(&rig);
}

TEST(the_client_of_a_call_leaves)
{
	struct rig rig = {.holds_calls = true};
	struct linger reset = {1, 0};
	int fd;

	rig_start(&rig);
	fd = dial(&rig);
	say_text(fd, "POST /hub HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na");
	rig_wait_call(&rig);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(fd);
	rig_answer(&rig);
	rig_answer(&rig); /* stale by now */
	fd = dial(&rig);
	ask(fd, &rig.answer, "GET", "/small", "");
	rig_answer(&rig); /* the slot is another's now */
	ask(fd, &rig.answer, "GET", "/small", "");
	CHECK_STR(body_of(&rig.answer), "small\n");
	close(fd);
	rig_stop(&rig);
}

TEST(bodies_and_continue)
{
	struct rig rig = {0};
	struct buf request = {0};
	int fd;

	rig_start(&rig);
	fd = dial(&rig);
	say_text(fd, "POST /hub HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
		"Content-Length: 3\r\n\r\n");
	hear(fd, &rig.answer, false);
	CHECK_STR(rig.answer.bytes, "HTTP/1.1 100 Continue\r\n\r\n");
	say_text(fd, "abc");
	hear(fd, &rig.answer, true);
	CHECK(has(&rig.answer, " 3 abc"));
	for (int chunked = 0; chunked < 2; chunked++) {
		buf_clear(&request);
		buf_printf(&request, "POST /hub HTTP/1.1\r\nHost: x\r\n%s: %s\r\n\r\n",
			chunked ? "Transfer-Encoding" : "Content-Length",
			chunked ? "chunked" : "20000");
		for (int i = 0; i < 2000; i++)
			buf_add_str(&request, chunked ? "A\r\n0123456789\r\n" : "0123456789");
		buf_add_str(&request, chunked ? "0\r\n\r\n" : "");
		say(fd, request.bytes, request.len);
		hear(fd, &rig.answer, true);
		CHECK(has(&rig.answer, " 20000 0123456789012"));
	}
	say_text(fd, "PUT /feed.atom HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
		"Content-Length: 3\r\n\r\n");
	CHECK_INT(hear_all(fd, &rig.answer), 405); /* rather than "go on" */
	close(fd);
	rig_stop(&rig);
	buf_finish(&request);
}

/* ---- parts ---- */

TEST(parts_of_a_file)
{
	struct rig rig = {0};
	char *text = rig_text(LARGE);
	char fields[128];

	rig_start(&rig);
	http_server_put(rig.server, snapshot_create(&(struct snapshot_spec){
		.path = "/film.mp4", .status = 200, .content_type = "video/mp4",
		.modified_s = 1700000000, .has_ranges = true, .body = text, .len = LARGE}));
	CHECK_INT(get(&rig, "/film.mp4", ""), 200);
	CHECK(has(&rig.answer, "Accept-Ranges: bytes\r\n"));
	CHECK(has(&rig.answer, "\r\nETag: \""));
	for (size_t first = 0; first < LARGE; first = first * 7 + 1000) {
		size_t len = first / 2 + 1, there = LARGE - first < len ? LARGE - first : len;

		snprintf(fields, sizeof(fields), "Range: bytes=%zu-%zu\r\n", first,
			first + len - 1);
		CHECK_INT(get(&rig, "/film.mp4", fields), 206);
		CHECK_INT(body_len(&rig.answer), there);
		CHECK(memcmp(body_of(&rig.answer), text + first, there) == 0);
		snprintf(fields, sizeof(fields), "\r\nContent-Range: bytes %zu-%zu/%d\r\n", first,
			first + there - 1, LARGE);
		CHECK(has(&rig.answer, fields));
		CHECK(has(&rig.answer, "Content-Type: video/mp4\r\n"));
		CHECK(has(&rig.answer, "\r\nLast-Modified: Tue, 14 Nov 2023 22:13:20 GMT\r\n"));
	}
	CHECK_INT(get(&rig, "/film.mp4", "Range: bytes=3145728-\r\n"), 416);
	CHECK(has(&rig.answer, "Content-Range: bytes */3145728\r\n"));
	CHECK_INT(get(&rig, "/film.mp4", "Range: bytes=0-1\r\nIf-None-Match: *\r\n"), 304);
	CHECK_INT(request(&rig, "HEAD", "/film.mp4", "Range: bytes=0-1\r\n"), 200);
	/* no part of what is sent in several encodings */
	CHECK_INT(get(&rig, "/feed.atom", "Range: bytes=0-1\r\n"), 200);
	CHECK(!has(&rig.answer, "Accept-Ranges"));
	CHECK_INT(body_len(&rig.answer), 20000);
	free(text);
	rig_stop(&rig);
}
