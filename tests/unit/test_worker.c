/*
 * test_worker.c: the main loop on this thread, a worker on its own, and a client on a
 * third, while documents are replaced under it.
 */
#include "daemon/worker.h"

#include <arpa/inet.h>
#include <ev.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/http/body.h"
#include "daemon/http/listener.h"
#include "daemon/http/snapshot.h"
#include "daemon/loop/loop.h"
#include "feeds/base/error.h"
#include "tests/unit/harness.h"

enum { ROUNDS = 100, LARGE = BODY_PAGES_MIN + 5 };

struct rig {
	struct message done;       /* from the client to the main loop; first */
	struct loop *main;
	struct worker *worker;
	struct listener listener;
	ev_timer replace;
	int version, calls;
	bool is_drained;
};

static const struct http_route routes[] = {{.path = "/hub", .methods = HTTP_POST},
	{.path = "/a/", .methods = HTTP_GET}};

/* All bytes of a document are its version: a mixture would show. */
static struct snapshot *make(const char *path, int version, size_t len)
{
	static char bytes[LARGE];

	memset(bytes, 'a' + version % 26, len);
	return snapshot_create(&(struct snapshot_spec){.path = path, .status = 200,
		.content_type = "text/plain", .max_age_s = 1, .body = bytes, .len = len});
}

static void replace(struct rig *rig)
{
	rig->version++;
	worker_put(rig->worker, make("/small", rig->version, 3000));
	worker_put(rig->worker, make("/large", rig->version, LARGE));
}

static void on_replace(struct ev_loop *ev, ev_timer *timer, int events)
{
	(void)ev, (void)events;
	replace(timer->data);
}

static void on_call(void *context, struct worker_call *call)
{
	struct rig *rig = context;
	struct snapshot *page;

	rig->calls++;
	if (strcmp(call->call.path, "/a/none") == 0) {
		worker_answer_page(call, NULL);
	} else if (strcmp(call->call.method, "GET") == 0) {
		page = make("/a/page", 1, 500);
		worker_answer_page(call, page);
		snapshot_unref(page);
	} else {
		worker_answer(call, 202, call->call.body, "X-Len: 3\r\n");
	}
}

static void on_transferred(void *context, struct transfer_result *result)
{
	(void)context, (void)result;
	harness_fail(__FILE__, __LINE__, "nothing was sent");
}

static void on_drained(void *context)
{
	struct rig *rig = context;

	rig->is_drained = true;
	loop_stop(rig->main);
}

/* ---- the client ---- */

static int dial(const struct rig *rig)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)},
		.sin_port = htons((uint16_t)atoi(strrchr(rig->listener.address, ':') + 1))};
	struct timeval patience = {.tv_sec = 20};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	CHECK(connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0);
	return fd;
}

/* Asks on FD; the body is checked to be of one kind. The answer's status. */
static int ask(int fd, const char *request, size_t *len_out)
{
	static char answer[LARGE + 2000];
	const char *body, *field;
	size_t have = 0, want = 0;

	CHECK_INT(send(fd, request, strlen(request), MSG_NOSIGNAL), strlen(request));
	for (body = NULL; !body || have < want;) {
		ssize_t got = recv(fd, answer + have, sizeof(answer) - 1 - have, 0);

		CHECK(got > 0);
		have += (size_t)got;
		answer[have] = '\0';
		if (body || !(body = strstr(answer, "\r\n\r\n")))
			continue;
		body += 4;
		field = strstr(answer, "Content-Length: ");
		CHECK(field);
		*len_out = (size_t)atol(field + 16);
		want = (size_t)(body - answer) + *len_out;
	}
	CHECK(atoi(answer + 9) != 200 || memcmp(body, body + 1, *len_out - 1) == 0);
	return atoi(answer + 9);
}

static void run_done(struct message *message)
{
	struct rig *rig = (struct rig *)message;

	ev_timer_stop(loop_ev(rig->main), &rig->replace);
	worker_drain(rig->worker);
}

static void *run_client(void *argument)
{
	struct rig *rig = argument;
	int fd = dial(rig);
	size_t len;

	for (int i = 0; i < ROUNDS; i++) {
		CHECK_INT(ask(fd, "GET /large HTTP/1.1\r\nHost: x\r\n\r\n", &len), 200);
		CHECK_INT(len, LARGE);
		CHECK_INT(ask(fd, "GET /small HTTP/1.1\r\nHost: x\r\n\r\n", &len), 200);
		CHECK_INT(len, 3000);
		CHECK_INT(ask(fd, "POST /hub HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc",
			&len), 202);
		CHECK_INT(ask(fd, "GET /a/page HTTP/1.1\r\nHost: x\r\n\r\n", &len), 200);
		CHECK_INT(len, 500);
		CHECK_INT(ask(fd, "GET /a/none HTTP/1.1\r\nHost: x\r\n\r\n", &len), 404);
	}
	close(fd);
	rig->done.run = run_done;
	loop_post(rig->main, &rig->done);
	return NULL;
}

/* ---- the test ---- */

TEST(documents_are_replaced_under_a_reader)
{
	static const struct worker_events events = {.call = on_call,
		.transferred = on_transferred, .drained = on_drained};
	struct http_limits limits = {.idle_ms = 60000, .header_ms = 60000, .body_ms = 60000,
		.send_ms = 60000, .max_connections = 10, .max_body = 100};
	struct transfer_policy policy = {.user_agent = "test", .in_flight = 8, .per_host = 2};
	struct rig rig = {.version = 0};
	struct error err;
	pthread_t client;

	rig.main = loop_create("main");
	rig.worker = worker_start(rig.main, "worker", &limits, routes, 2, &policy, &events, &rig);
	CHECK(listener_open("127.0.0.1:0", 1, &rig.listener, &err));
	replace(&rig);
	worker_listen(rig.worker, rig.listener.fds[0]);
	ev_timer_init(&rig.replace, on_replace, 0.0005, 0.0005);
	rig.replace.data = &rig;
	ev_timer_start(loop_ev(rig.main), &rig.replace);
	CHECK(pthread_create(&client, NULL, run_client, &rig) == 0);
	loop_run(rig.main);
	pthread_join(client, NULL);
	CHECK(rig.is_drained);
	CHECK_INT(rig.calls, 3 * ROUNDS);
	CHECK(rig.version > 3);
	worker_put(rig.worker, make("/late", 1, 10)); /* dropped with the worker */
	worker_stop(rig.worker);
	ev_run(loop_ev(rig.main), EVRUN_NOWAIT);
	worker_destroy(rig.worker);
	loop_destroy(rig.main);
}
