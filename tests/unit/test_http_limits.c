/* test_http_limits.c: what the server does to who asks too much, and how it ends. */
#include "daemon/http/server.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "daemon/http/snapshot.h"
#include "tests/unit/harness.h"
#include "tests/unit/http_rig.h"

/* ---- limits ---- */

TEST(the_limiter_spares_what_is_answered_304)
{
	struct rig rig = {.limits = {.rate = 1,
		.trusted_proxies = (const char *const[]){"127.0.0.0/8"}, .trusted_count = 1}};
	static const char who[] = "X-Forwarded-For: 192.0.2.7, 192.0.2.9\r\n",
		wrong[] = "X-Forwarded-For: 192.0.2.9\r\nIf-None-Match: \"a\"\r\n",
		known[] = "X-Forwarded-For: 192.0.2.9\r\nIf-None-Match: *\r\n";
	struct http_counts counts;
	int allowed = 0, asked = 0;

	rig_start(&rig);
	do /* a second brings one more, and may end before the last */
		allowed += get(&rig, "/small", asked++ % 2 ? wrong : who) == 200;
	while (asked < 50 || status_of(&rig.answer) != 429);
	CHECK(allowed >= 5 && allowed < asked / 2);
	CHECK(has(&rig.answer, "\r\nRetry-After: "));
	for (int i = 0; i < 50; i++)
		CHECK_INT(get(&rig, "/small", known), 304);
	CHECK_INT(get(&rig, "/small", "Forwarded: for=192.0.2.10, for=127.0.0.9\r\n"), 200);
	counts = rig_counts(&rig);
	CHECK_INT(counts.rejected_rate, asked - allowed);
	CHECK_INT(counts.requests, asked + 51);
	CHECK_INT(counts.connections, 1);
	/* a method or a path does not get round it */
	allowed = 0;
	for (int i = 0; i < 40; i++)
		allowed += request(&rig, i % 2 ? "POST" : "GET", i % 3 ? "/none" : "/hub",
			i % 2 ? "If-None-Match: \"a\"\r\n" : "") != 429;
	CHECK(allowed < 13); /* fewer than there are of any kind */
	rig_stop(&rig);
}

/* What the main loop must be asked for is counted first, and given back. */
TEST(the_limiter_gives_back_what_a_call_answers_304)
{
	struct rig rig = {.limits = {.rate = 1}};
	int refused = 0;

	rig_start(&rig);
	for (int i = 0; i < 50; i++)
		CHECK_INT(get(&rig, "/a/page", "If-None-Match: *\r\n"), 304);
	for (int i = 0; i < 20; i++)
		refused += get(&rig, "/a/page", "If-None-Match: \"a\"\r\n") == 429;
	CHECK(refused > 10);
	rig_stop(&rig);
}

TEST(time_outs)
{
	struct rig rig = {.limits = {.idle_ms = 1500, .header_ms = 1500, .body_ms = 1500,
		.send_ms = 1500}};
	int idle, head, body, slow, small = 2048;

	rig_start(&rig);
	idle = dial(&rig);
	head = dial(&rig);
	body = dial(&rig);
	slow = dial(&rig);
	setsockopt(slow, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	say_text(idle, "GET /small HTTP/1.1\r\nHost: x\r\n\r\n");
	say_text(head, "GET /small HTT");
	say_text(body, "POST /hub HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\na");
	say_text(slow, "GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
	CHECK_INT(hear_all(idle, &rig.answer), 200);
	CHECK_INT(hear_all(head, &rig.answer), 408);
	CHECK_INT(hear_all(body, &rig.answer), 408);
	for (int i = 0; i < 1000; i++) { /* the server gives up; what was sent is there */
		if (!rig_counts(&rig).connections)
			break;
		poll(NULL, 0, 100);
		CHECK(i < 999);
	}
	close(idle);
	close(head);
	close(body);
	close(slow);
	rig_stop(&rig);
}

/* However patiently they drip: a head has its time, a body and a reader their least rate. */
static void drip(struct rig *rig, const char *start)
{
	struct pollfd heard = {.events = POLLIN};
	int drops = 0;

	rig_start(rig);
	heard.fd = dial(rig);
	say_text(heard.fd, start);
	while (poll(&heard, 1, 50) == 0) {
		CHECK(++drops < 1200);
		say_text(heard.fd, "a");
	}
	CHECK_INT(hear_all(heard.fd, &rig->answer), 408);
	close(heard.fd);
	rig_stop(rig);
}

TEST(a_dripping_head_is_cut_off)
{
	drip(&(struct rig){.limits = {.header_ms = 500}}, "GET / HTTP/1.1\r\nX: ");
}

TEST(a_dripping_body_is_cut_off)
{
	drip(&(struct rig){.limits = {.body_ms = 500}},
		"POST /hub HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\n");
}

TEST(a_dripping_reader_is_cut_off)
{
	struct rig rig = {.limits = {.send_ms = 500}};
	int fd, small = 2048, drops = 0;
	char byte;

	rig_start(&rig);
	fd = dial(&rig);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	for (int i = 0; i < 5; i++)
		say_text(fd, "GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
	do {
		CHECK(++drops < 3000 && recv(fd, &byte, 1, 0) == 1);
		poll(NULL, 0, 20);
	} while (rig_counts(&rig).connections);
	close(fd);
	rig_stop(&rig);
}

TEST(full_means_the_oldest_idle_one_goes)
{
	struct rig rig = {.limits = {.max_connections = 2}};
	int first, second, third, fourth;

	rig_start(&rig);
	first = dial(&rig);
	ask(first, &rig.answer, "GET", "/small", "");
	second = dial(&rig);
	ask(second, &rig.answer, "GET", "/small", "");
	third = dial(&rig);
	CHECK_INT(ask(third, &rig.answer, "GET", "/small", ""), 200);
	hear_all(first, &rig.answer);
	CHECK_INT(rig.answer.len, 0);
	say_text(second, "GET /la"); /* none is idle: the fourth waits */
	say_text(third, "GET /la");
	while (rig_counts(&rig).idle)
		;
	fourth = dial(&rig);
	say_text(fourth, "GET /small HTTP/1.1\r\nHost: x\r\n\r\n");
	while (!rig_counts(&rig).rejected_full)
		;
	CHECK_INT(rig_counts(&rig).connections, 2);
	close(second);
	CHECK_INT(hear(fourth, &rig.answer, true), 200);
	close(first);
	close(third);
	close(fourth);
	rig_stop(&rig);
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
	rlim_t none = 3, many = 1024;
	int64_t before, after;
	int fd;

	rig_start(&rig);
	fd = dial(&rig); /* before the limit: it counts for this thread too */
	rig_on_loop(&rig, set_descriptor_limit, &none);
	rig_on_loop(&rig, read_cpu_ms, &before);
	say_text(fd, "GET /small HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	poll(NULL, 0, 800);
	rig_on_loop(&rig, read_cpu_ms, &after);
	CHECK(after - before < 100); /* it waits rather than to ask again and again */
	rig_on_loop(&rig, set_descriptor_limit, &many);
	CHECK_INT(hear_all(fd, &rig.answer), 200);
	close(fd);
	rig_stop(&rig);
}

/* ---- the end ---- */

TEST(drain_finishes_what_is_in_flight)
{
	struct rig rig = {.holds_calls = true};
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	int idle, slow, call, late;

	rig_start(&rig);
	idle = dial(&rig);
	ask(idle, &rig.answer, "GET", "/small", "");
	slow = dial(&rig);
	say_text(slow, "GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
	CHECK(recv(slow, &(char){0}, 1, MSG_PEEK) == 1);
	call = dial(&rig);
	say_text(call, "POST /hub HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na");
	rig_wait_call(&rig);
	rig_drain(&rig);
	hear_all(idle, &rig.answer);
	CHECK_INT(rig.answer.len, 0);
	late = socket(AF_INET, SOCK_STREAM, 0);
	to.sin_port = htons((uint16_t)rig.port);
	CHECK(connect(late, (struct sockaddr *)&to, sizeof(to)) < 0);
	CHECK(sem_trywait(&rig.drained) < 0);
	hear(slow, &rig.answer, true);
	CHECK_INT(body_len(&rig.answer), LARGE);
	rig_answer(&rig);
	CHECK_INT(hear_all(call, &rig.answer), 202);
	CHECK(has(&rig.answer, "Connection: close\r\n"));
	close(slow);
	rig_wait_drained(&rig);
	close(idle);
	close(call);
	close(late);
	rig_stop(&rig);
}

/* A client that is in the middle of its questions is told to go, not cut off. */
TEST(drain_lets_the_busy_ask_once_more)
{
	struct rig rig = {0};
	int busy;

	rig_start(&rig);
	busy = dial(&rig);
	ask(busy, &rig.answer, "GET", "/small", "");
	CHECK(!has(&rig.answer, "Connection: close\r\n"));
	rig_drain(&rig);
	say_text(busy, "GET /small HTTP/1.1\r\nHost: x\r\n\r\n");
	CHECK_INT(hear_all(busy, &rig.answer), 200);
	CHECK(has(&rig.answer, "Connection: close\r\n"));
	rig_wait_drained(&rig);
	close(busy);
	rig_stop(&rig);
}

static void put_error_page(struct rig *rig, void *argument)
{
	(void)argument;
	http_server_put(rig->server, snapshot_create(&(struct snapshot_spec){.path = "503",
		.status = 503, .content_type = "text/html", .max_age_s = -1, .body = "<p>Wait.",
		.len = 8}));
}

TEST(nothing_is_missing_before_all_is_there)
{
	struct rig rig = {0};

	rig_start(&rig);
	http_server_set_ready(rig.server, false);
	CHECK_INT(get(&rig, "/none", ""), 503);
	CHECK(has(&rig.answer, "Retry-After: 5\r\n"));
	CHECK_INT(get(&rig, "/small", ""), 200);
	rig_on_loop(&rig, put_error_page, NULL);
	CHECK_INT(get(&rig, "/none", "Accept: text/html\r\n"), 503);
	CHECK(has(&rig.answer, "Retry-After: 5\r\n") && has(&rig.answer, "text/html"));
	CHECK_STR(body_of(&rig.answer), "<p>Wait.");
	CHECK_INT(get(&rig, "/none", ""), 503);
	CHECK_STR(body_of(&rig.answer), "503 Service Unavailable\n");
	rig_stop(&rig);
}

TEST(drain_of_an_empty_server_and_destroy_of_a_busy_one)
{
	struct rig rig = {.holds_calls = true}, busy = {.holds_calls = true};
	int fd, large;

	rig_start(&rig);
	rig_drain(&rig);
	rig_wait_drained(&rig);
	rig_stop(&rig);
	rig_start(&busy);
	fd = dial(&busy);
	say_text(fd, "GET /hub HTTP/1.1\r\nHost: x\r\n\r\nGET /sm");
	rig_wait_call(&busy);
	large = dial(&busy);
	say_text(large, "GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
	CHECK(recv(large, &(char){0}, 1, MSG_PEEK) == 1);
	rig_stop(&busy);
	close(fd);
	close(large);
}
