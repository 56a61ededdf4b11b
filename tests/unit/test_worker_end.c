/* test_worker_end.c: a stopped worker sends nothing up any more, whatever still arrives. */
#include <ev.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/loop/loop.h"
#include "daemon/worker.h"
#include "feeds/base/mem.h"
#include "tests/unit/harness.h"

static int transferred;

static void on_call(void *context, struct worker_call *call)
{
	(void)context, (void)call;
	harness_fail(__FILE__, __LINE__, "nobody called");
}

static void on_transferred(void *context, struct transfer_result *result)
{
	(void)context;
	transferred++;
	free(result);
}

static void on_drained(void *context)
{
	(void)context;
	harness_fail(__FILE__, __LINE__, "nobody drained");
}

static int listen_somewhere(int *port_out)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	CHECK_INT(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	CHECK_INT(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	CHECK_INT(listen(fd, 8), 0);
	*port_out = ntohs(address.sin_port);
	return fd;
}

static struct transfer_request *make_request(int port)
{
	struct transfer_request *request = transfer_request_create(1);
	char url[64];

	snprintf(url, sizeof(url), "http://127.0.0.1:%d/", port);
	request->body = transfer_body_create("x", 1, "text/plain", NULL);
	request->connect_ms = request->soft_ms = request->total_ms = 10000;
	request->items[0].url = mem_strdup(url);
	request->items[0].host_key = mem_strdup(url);
	return request;
}

TEST(what_comes_too_late_is_dropped)
{
	static const struct worker_events events = {.call = on_call,
		.transferred = on_transferred, .drained = on_drained};
	static const char answer[] = "HTTP/1.1 204 No Content\r\n\r\n";
	const struct http_limits limits = {.idle_ms = 1000, .header_ms = 1000,
		.body_ms = 1000, .send_ms = 1000, .max_connections = 10, .max_body = 100};
	const struct transfer_policy policy = {.user_agent = "t", .in_flight = 4, .per_host = 4};
	struct loop *main = loop_create("main");
	struct worker *worker = worker_start(main, "worker", &limits, NULL, 0, &policy, &events,
		NULL);
	int port, listener = listen_somewhere(&port), fd;
	char bytes[1024];

	worker_send(worker, make_request(port));
	fd = accept(listener, NULL, NULL);
	CHECK(recv(fd, bytes, sizeof(bytes), 0) > 0);
	worker_stop(worker);
	/* now the answer comes, and the main loop still gives orders */
	CHECK_INT(send(fd, answer, sizeof(answer) - 1, 0), (int)sizeof(answer) - 1);
	worker_send(worker, make_request(port));
	worker_drain(worker);
	ev_run(loop_ev(main), EVRUN_NOWAIT);
	worker_destroy(worker);
	loop_destroy(main);
	CHECK_INT(transferred, 0);
	close(fd);
	close(listener);
}
