/*
 * test_transfer.c: the transfer engine on a thread of its own against a scripted server
 * on the loopback: one thread per connection, the path says how it behaves.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/hub/transfer.h"
#include "daemon/hub/transfer_internal.h"
#include "feeds/base/buf.h"
#include "feeds/base/mem.h"
#include "tests/unit/harness.h"

enum { MAX_CONNECTIONS = 256 };

/* ---- the server ---- */

struct server {
	int fd, port;
	pthread_t thread, threads[MAX_CONNECTIONS];
	int fds[MAX_CONNECTIONS];
	atomic_int count;
	pthread_mutex_t lock;      /* guards what follows */
	pthread_cond_t released;
	bool is_released;          /* "/wait" may answer */
	int requests, now, most;   /* at the same time */
	char *last;                /* owns; the last request in full */
};

struct visit {
	struct server *server;
	int fd;
};

static void say(int fd, const char *text)
{
	size_t len = strlen(text);

	if (send(fd, text, len, MSG_NOSIGNAL) != (ssize_t)len)
		return;
}

static bool read_request(int fd, struct buf *in)
{
	const char *end, *length;
	size_t want = SIZE_MAX;

	buf_clear(in);
	while (in->len < want) {
		ssize_t n = recv(fd, buf_reserve(in, 4096), 4095, 0);

		if (n <= 0)
			return false;
		in->len += (size_t)n;
		in->bytes[in->len] = '\0';
		end = strstr(buf_text(in), "\r\n\r\n");
		if (!end || want != SIZE_MAX)
			continue;
		length = strstr(buf_text(in), "Content-Length: ");
		want = (size_t)(end - in->bytes) + 4 +
			(length ? strtoul(length + 16, NULL, 10) : 0);
	}
	return true;
}

static bool starts(const char *request, const char *path)
{
	const char *at = strchr(request, ' ');

	return at && strncmp(at + 1, path, strlen(path)) == 0;
}

static void answer_challenge(int fd, const char *request, const char *more)
{
	const char *from = strstr(request, "hub.challenge=");
	char text[512];
	int len = from ? (int)strcspn(from + 14, "& ") : 0;

	snprintf(text, sizeof(text), "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%.*s%s",
		len + (int)strlen(more), len, from ? from + 14 : "", more);
	say(fd, text);
}

static void stream(int fd, size_t limit)
{
	static const char chunk[] = "400\r\n";
	char bytes[1026];

	memset(bytes, 'x', sizeof(bytes));
	memcpy(bytes + 1024, "\r\n", 2);
	say(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
	for (size_t sent = 0; sent < limit; sent += 1024)
		if (send(fd, chunk, 5, MSG_NOSIGNAL) < 0 ||
			send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL) < 0)
			return;
}

static void wait_for_release(struct server *server)
{
	pthread_mutex_lock(&server->lock);
	while (!server->is_released)
		pthread_cond_wait(&server->released, &server->lock);
	pthread_mutex_unlock(&server->lock);
}

/* False: the connection is at its end. */
static bool respond(struct server *server, int fd, const char *request)
{
	char byte;

	if (starts(request, "/wait"))
		wait_for_release(server);
	if (starts(request, "/ok") || starts(request, "/wait"))
		say(fd, "HTTP/1.1 204 No Content\r\n\r\n");
	else if (starts(request, "/many"))
		say(fd, "HTTP/1.1 204 No Content\r\nx-hub-on-behalf-of: 42\r\n\r\n");
	else if (starts(request, "/redirect"))
		say(fd, "HTTP/1.1 302 Found\r\nLocation: /ok\r\nContent-Length: 0\r\n\r\n");
	else if (starts(request, "/gone"))
		say(fd, "HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n");
	else if (starts(request, "/busy"))
		say(fd, "HTTP/1.1 429 Later\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n");
	else if (starts(request, "/challenge"))
		answer_challenge(fd, request, "");
	else if (starts(request, "/more"))
		answer_challenge(fd, request, "\n");
	else if (starts(request, "/long"))
		stream(fd, 100 * 1024);
	else if (starts(request, "/endless"))
		stream(fd, SIZE_MAX);
	else if (starts(request, "/drip"))
		say(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n");
	else if (starts(request, "/close"))
		return false;
	if (starts(request, "/hang") || starts(request, "/drip"))
		return recv(fd, &byte, 1, 0) > 0;
	return true;
}

static void note(struct server *server, const char *request, int change)
{
	pthread_mutex_lock(&server->lock);
	server->now += change;
	if (server->now > server->most)
		server->most = server->now;
	if (request) {
		server->requests++;
		free(server->last);
		server->last = mem_strdup(request);
	}
	pthread_mutex_unlock(&server->lock);
}

static void *serve(void *context)
{
	struct visit *visit = context;
	struct buf in = {0};
	bool goes_on = true;

	while (goes_on && read_request(visit->fd, &in)) {
		note(visit->server, in.bytes, 1);
		goes_on = respond(visit->server, visit->fd, in.bytes);
		note(visit->server, NULL, -1);
	}
	shutdown(visit->fd, SHUT_RDWR);
	buf_finish(&in);
	free(visit);
	return NULL;
}

static void *accept_all(void *context)
{
	struct server *server = context;

	for (int i = 0; i < MAX_CONNECTIONS; i++) {
		int fd = accept4(server->fd, NULL, NULL, SOCK_CLOEXEC);
		struct visit *visit;

		if (fd < 0)
			break;
		visit = mem_alloc(sizeof(*visit));
		visit->server = server;
		visit->fd = fd;
		server->fds[i] = fd;
		CHECK_INT(pthread_create(&server->threads[i], NULL, serve, visit), 0);
		atomic_store(&server->count, i + 1);
	}
	return NULL;
}

static int listen_somewhere(int *port_out)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	CHECK_INT(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	CHECK_INT(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	*port_out = ntohs(address.sin_port);
	return fd;
}

static struct server *server_start(void)
{
	struct server *server = mem_alloc(sizeof(*server));

	server->fd = listen_somewhere(&server->port);
	CHECK_INT(listen(server->fd, 128), 0);
	pthread_mutex_init(&server->lock, NULL);
	pthread_cond_init(&server->released, NULL);
	CHECK_INT(pthread_create(&server->thread, NULL, accept_all, server), 0);
	return server;
}

static void server_release(struct server *server)
{
	pthread_mutex_lock(&server->lock);
	server->is_released = true;
	pthread_cond_broadcast(&server->released);
	pthread_mutex_unlock(&server->lock);
}

static void server_stop(struct server *server)
{
	server_release(server);
	shutdown(server->fd, SHUT_RDWR);
	pthread_join(server->thread, NULL);
	for (int i = 0; i < atomic_load(&server->count); i++) {
		shutdown(server->fds[i], SHUT_RDWR);
		pthread_join(server->threads[i], NULL);
		close(server->fds[i]);
	}
	close(server->fd);
	pthread_mutex_destroy(&server->lock);
	pthread_cond_destroy(&server->released);
	free(server->last);
	free(server);
}

/* ---- the engine on its thread ---- */

struct order {
	struct message message;
	struct transfer_engine *engine; /* NULL = stop the loop */
	struct loop *loop;
	struct transfer_request *request;
	int stall_ms;              /* the loop stands still after the start */
};

static struct fixture {
	struct server *server;
	struct loop *main, *worker;
	struct transfer_engine *engine;
	struct transfer_result *results[512]; /* own */
	int count, want;
	bool is_stopped;
	bool wants_slow;           /* otherwise nobody is told who was slow */
} f;

static void receive(struct message *message)
{
	struct transfer_result *result = (struct transfer_result *)message;

	CHECK(result->context == &f);
	if (result->outcome == TRANSFER_SLOW && !f.wants_slow) {
		free(result);
		return;
	}
	f.results[f.count++] = result;
	if (f.count == f.want)
		loop_stop(f.main);
}

static void run_order(struct message *message)
{
	struct order *order = (struct order *)message;

	if (order->engine)
		transfer_start(order->engine, order->request);
	else
		loop_stop(order->loop);
	usleep((useconds_t)order->stall_ms * 1000);
	free(order);
}

static const char *const loopback[] = {"127.0.0.0/8"};

static void begin(const struct transfer_policy *policy)
{
	static const struct transfer_policy usual = {.deny_private = true, .allow = loopback,
		.allow_count = 1, .user_agent = "gazetted-test", .in_flight = 64, .per_host = 8};

	f.server = server_start();
	f.main = loop_create("main");
	f.worker = loop_create("worker");
	f.engine = transfer_engine_create(f.worker, f.main, receive, &f,
		policy ? policy : &usual);
	loop_start(f.worker);
}

static void give_and_stall(struct transfer_request *request, int stall_ms)
{
	struct order *order = mem_alloc(sizeof(*order));

	order->message.run = run_order;
	order->engine = request ? f.engine : NULL;
	order->loop = f.worker;
	order->request = request;
	order->stall_ms = stall_ms;
	loop_post(f.worker, &order->message);
}

static void give(struct transfer_request *request)
{
	give_and_stall(request, 0);
}

static void stop_worker(void)
{
	if (f.is_stopped)
		return;
	f.is_stopped = true;
	give(NULL);
	loop_join(f.worker);
}

static void end(void)
{
	stop_worker();
	transfer_engine_destroy(f.engine);
	loop_destroy(f.worker);
	loop_destroy(f.main);
	for (int i = 0; i < f.count; i++)
		free(f.results[i]);
	server_stop(f.server);
}

/* COUNT results, or more when several came at once. */
static void wait_least(int count)
{
	f.want = count;
	if (f.count < count)
		loop_run(f.main);
	CHECK(f.count >= count);
}

static void wait_results(int count)
{
	wait_least(count);
	CHECK_INT(f.count, count);
}

static void set_item(struct transfer_item *item, int64_t id, int port, const char *path)
{
	char text[256];

	snprintf(text, sizeof(text), "http://127.0.0.1:%d%s", port, path);
	item->url = mem_strdup(text);
	snprintf(text, sizeof(text), "http://127.0.0.1:%d", port);
	item->host_key = mem_strdup(text);
	item->sub_id = id;
}

static struct transfer_request *make_posts(const char *const *paths, size_t count)
{
	struct transfer_request *request = transfer_request_create(count);

	request->body = transfer_body_create("<feed/>", 7, "application/atom+xml; charset=utf-8",
		"<http://h/hub>; rel=\"hub\", <http://h/f>; rel=\"self\"");
	request->connect_ms = 5000;
	request->soft_ms = 5000;
	request->total_ms = 10000;
	request->batch = &f;
	for (size_t i = 0; i < count; i++)
		set_item(&request->items[i], (int64_t)i + 1, f.server->port, paths[i]);
	return request;
}

static struct transfer_request *make_post(const char *path)
{
	return make_posts(&path, 1);
}

static struct transfer_request *make_get(const char *path, const char *challenge)
{
	struct transfer_request *request = make_post(path);

	transfer_body_unref(request->body);
	request->body = NULL;
	request->expect = mem_strdup(challenge);
	return request;
}

static char *last_request(void)
{
	char *copy;

	pthread_mutex_lock(&f.server->lock);
	copy = mem_strdup(f.server->last);
	pthread_mutex_unlock(&f.server->lock);
	return copy;
}

static int count_requests(void)
{
	int count;

	pthread_mutex_lock(&f.server->lock);
	count = f.server->requests;
	pthread_mutex_unlock(&f.server->lock);
	return count;
}

/* ---- tests ---- */

TEST(delivery_is_signed_and_complete)
{
	struct transfer_request *request;
	char *text;

	begin(NULL);
	request = make_post("/ok/../ok?b=%7e&a");
	request->items[0].secret = mem_strndup("Jefe", 4);
	request->items[0].secret_len = 4;
	give(request);
	wait_results(1);
	CHECK_INT(f.results[0]->outcome, TRANSFER_OK);
	CHECK_INT(f.results[0]->status, 204);
	CHECK_INT(f.results[0]->sub_id, 1);
	CHECK_INT(f.results[0]->retry_after_ms, -1);
	CHECK(f.results[0]->batch == &f);
	text = last_request();
	CHECK(strncmp(text, "POST /ok/../ok?b=%7e&a HTTP/1.1\r\n", 33) == 0);
	CHECK(strstr(text, "\r\nContent-Type: application/atom+xml; charset=utf-8\r\n"));
	CHECK(strstr(text, "\r\nLink: <http://h/hub>; rel=\"hub\", "
		"<http://h/f>; rel=\"self\"\r\n"));
	CHECK(strstr(text, "\r\nUser-Agent: gazetted-test\r\n"));
	CHECK(strstr(text, "\r\nX-Hub-Signature: sha256="
		"576fd90baf4e16c81d9c0469ea5c63e6ad3f619cc506666bdd578bacfbd96c35\r\n"));
	CHECK(!strstr(text, "Expect"));
	CHECK(strstr(text, "\r\n\r\n<feed/>"));
	free(text);
	end();
}

TEST(readers_behind_a_subscriber)
{
	begin(NULL);
	give(make_post("/many"));
	wait_results(1);
	CHECK_INT(f.results[0]->outcome, TRANSFER_OK);
	CHECK_INT(f.results[0]->on_behalf_of, 42);
	give(make_post("/ok"));
	wait_results(2);
	CHECK_INT(f.results[1]->on_behalf_of, 0);
	end();
}

TEST(without_secret_there_is_no_signature)
{
	char *text;

	begin(NULL);
	give(make_post("/ok"));
	wait_results(1);
	text = last_request();
	CHECK(!strstr(text, "X-Hub-Signature"));
	free(text);
	end();
}

TEST(outcomes_of_deliveries)
{
	static const struct {
		const char *path;
		enum transfer_outcome outcome;
		int status;
	} cases[] = {
		{"/redirect", TRANSFER_FAILED, 302},
		{"/gone", TRANSFER_GONE, 410},
		{"/busy", TRANSFER_FAILED, 429},
		{"/ok", TRANSFER_OK, 204},
		{"/close", TRANSFER_FAILED, 0},
		{"/endless", TRANSFER_OK, 200},
		{"/long", TRANSFER_OK, 200},
	};
	int count = sizeof(cases) / sizeof(*cases);

	begin(NULL);
	for (int i = 0; i < count; i++) {
		give(make_post(cases[i].path));
		wait_results(i + 1);
		CHECK_INT(f.results[i]->outcome, cases[i].outcome);
		CHECK_INT(f.results[i]->status, cases[i].status);
		CHECK_INT(f.results[i]->retry_after_ms, cases[i].status == 429 ? 7000 : -1);
	}
	end();
}

TEST(verification_wants_exactly_the_challenge)
{
	static const struct {
		const char *path;
		enum transfer_outcome outcome;
	} cases[] = {
		{"/challenge?hub.challenge=abc", TRANSFER_OK},
		{"/challenge?hub.challenge=abcd", TRANSFER_FAILED},
		{"/challenge?hub.challenge=ab", TRANSFER_FAILED},
		{"/more?hub.challenge=abc", TRANSFER_FAILED},
		{"/ok", TRANSFER_FAILED},
		{"/long", TRANSFER_FAILED},
		{"/redirect?hub.challenge=abc", TRANSFER_FAILED},
		{"/gone", TRANSFER_GONE},
	};
	int count = sizeof(cases) / sizeof(*cases);
	char *text;

	begin(NULL);
	for (int i = 0; i < count; i++) {
		give(make_get(cases[i].path, "abc"));
		wait_results(i + 1);
		CHECK_INT(f.results[i]->outcome, cases[i].outcome);
	}
	text = last_request();
	CHECK(strncmp(text, "GET /gone HTTP/1.1\r\n", 20) == 0);
	CHECK(!strstr(text, "Content-"));
	free(text);
	end();
}

TEST(refused_connection)
{
	struct transfer_request *request;
	int port, fd;

	begin(NULL);
	fd = listen_somewhere(&port); /* bound, but nobody listens */
	request = make_post("/ok");
	free(request->items[0].url);
	free(request->items[0].host_key);
	set_item(&request->items[0], 5, port, "/ok");
	give(request);
	wait_results(1);
	CHECK_INT(f.results[0]->outcome, TRANSFER_FAILED);
	CHECK_INT(f.results[0]->status, 0);
	CHECK(f.results[0]->why[0]);
	close(fd);
	end();
}

TEST(private_address_is_refused_by_any_name)
{
	static const char *const hosts[] = {"127.0.0.1", "localhost", "[::1]", "0x7f.1",
		"2130706433", "[::ffff:127.0.0.1]", "0.0.0.0"};
	const struct transfer_policy strict = {.deny_private = true, .user_agent = "t",
		.in_flight = 8, .per_host = 8};
	int count = sizeof(hosts) / sizeof(*hosts);

	begin(&strict);
	for (int i = 0; i < count; i++) {
		struct transfer_request *request = make_post("/ok");
		char url[128];

		snprintf(url, sizeof(url), "http://%s:%d/ok", hosts[i], f.server->port);
		free(request->items[0].url);
		request->items[0].url = mem_strdup(url);
		give(request);
		wait_results(i + 1);
		CHECK_INT(f.results[i]->outcome, TRANSFER_FORBIDDEN);
		CHECK(strncmp(f.results[i]->why, "address refused: ", 17) == 0);
	}
	CHECK_INT(count_requests(), 0);
	end();
}

TEST(slow_one_is_reported_twice)
{
	struct transfer_request *request;

	f.wants_slow = true;
	begin(NULL);
	request = make_post("/wait");
	request->soft_ms = 50;
	give(request);
	wait_results(1);
	CHECK_INT(f.results[0]->outcome, TRANSFER_SLOW);
	CHECK(!f.results[0]->was_slow);
	CHECK(f.results[0]->latency_ms >= 50);
	server_release(f.server);
	wait_results(2);
	CHECK_INT(f.results[1]->outcome, TRANSFER_OK);
	CHECK(f.results[1]->was_slow);
	end();
}

TEST(slow_is_what_is_far_beyond_the_usual)
{
	const char *paths[10];
	struct transfer_request *request;

	for (int i = 0; i < 10; i++)
		paths[i] = "/ok";
	f.wants_slow = true;
	begin(NULL);
	give(make_posts(paths, 10));
	wait_results(10);
	request = make_post("/wait");
	request->soft_ms = 60000;
	request->total_ms = 90000;
	give(request);
	wait_results(11);
	CHECK_INT(f.results[10]->outcome, TRANSFER_SLOW);
	CHECK(f.results[10]->latency_ms >= 100 && f.results[10]->latency_ms < 60000);
	server_release(f.server);
	wait_results(12);
	CHECK_INT(f.results[11]->outcome, TRANSFER_OK);
	end();
}

TEST(hanging_one_times_out)
{
	struct transfer_request *request;

	f.wants_slow = true;
	begin(NULL);
	request = make_post("/hang");
	request->soft_ms = 50;
	request->total_ms = 2000;
	give(request);
	wait_results(2);
	CHECK_INT(f.results[0]->outcome, TRANSFER_SLOW);
	CHECK_INT(f.results[1]->outcome, TRANSFER_FAILED);
	CHECK(f.results[1]->was_slow);
	CHECK_STR(f.results[1]->why, "timed out");
	end();
}

TEST(status_is_enough_when_the_body_drips)
{
	struct transfer_request *request;

	begin(NULL);
	request = make_post("/drip");
	request->soft_ms = 1500; /* the status must have come by then */
	give(request);
	wait_results(1);
	CHECK_INT(f.results[0]->outcome, TRANSFER_OK);
	CHECK_INT(f.results[0]->status, 200);
	end();
}

TEST(window_bounds_a_host_and_connections_are_reused)
{
	const char *paths[200];

	for (int i = 0; i < 200; i++)
		paths[i] = "/ok";
	begin(NULL);
	give(make_posts(paths, 200));
	wait_results(200);
	for (int i = 0; i < 200; i++)
		CHECK_INT(f.results[i]->outcome, TRANSFER_OK);
	CHECK_INT(count_requests(), 200);
	pthread_mutex_lock(&f.server->lock);
	CHECK(f.server->most <= 8);
	pthread_mutex_unlock(&f.server->lock);
	CHECK(atomic_load(&f.server->count) <= 8);
	end();
}

/* libcurl's handles are used again, and remember the answer before. */
TEST(an_answer_is_not_taken_for_the_next_transfers)
{
	struct transfer_request *request;

	begin(NULL);
	give(make_post("/busy"));
	wait_results(1);
	CHECK_INT(f.results[0]->retry_after_ms, 7000);
	request = make_post("/");
	free(request->items[0].url);
	request->items[0].url = mem_strdup("http://127.0.0.1:1/refused");
	give(request);
	wait_results(2);
	CHECK_INT(f.results[1]->outcome, TRANSFER_FAILED);
	CHECK_INT(f.results[1]->status, 0);
	CHECK_INT(f.results[1]->retry_after_ms, -1);
	give(make_post("/ok"));
	wait_results(3);
	CHECK_INT(f.results[2]->outcome, TRANSFER_OK);
	end();
}

/* The loop stands still so long that the soft deadline has passed before libcurl has even
 * begun: nothing was answered then, whatever the handle remembers. */
TEST(a_stalled_loop_invents_no_answers)
{
	struct transfer_request *request;

	f.wants_slow = true;
	begin(NULL);
	give(make_post("/ok"));
	wait_results(1);
	request = make_post("/hang"); /* keeps the tick going */
	request->soft_ms = 300000;
	request->total_ms = 300000;
	give(request);
	while (count_requests() < 2)
		usleep(1000);
	for (int i = 0; i < 4; i++) {
		int had = f.count;

		give_and_stall(transfer_request_create(0), 60);
		usleep(20 * 1000);
		request = make_post("/ok");
		request->soft_ms = 10;
		give_and_stall(request, 60);
		wait_least(had + 1);
		if (f.results[f.count - 1]->outcome == TRANSFER_SLOW)
			wait_least(f.count + 1);
		CHECK_INT(f.results[f.count - 1]->outcome, TRANSFER_OK);
		CHECK_INT(count_requests(), 3 + i);
	}
	end();
}

static void renew_names(int64_t now)
{
	for (size_t i = 0; i < CURL_SHARDS; i++)
		shard_renew_names(&f.engine->shards[i], now);
}

TEST(names_are_forgotten_now_and_then)
{
	int64_t now;

	begin(NULL);
	now = loop_mono_ms(f.main);
	give(make_post("/ok"));
	wait_results(1);
	stop_worker();
	for (size_t i = 0; i < CURL_SHARDS; i++)
		CHECK(!f.engine->shards[i].old_names);
	renew_names(now + 200 * 1000);
	CHECK(!f.engine->shards[0].old_names);
	renew_names(now + 400 * 1000);
	for (size_t i = 0; i < CURL_SHARDS; i++) {
		CHECK(f.engine->shards[i].old_names);
		if (f.engine->shards[i].pool)
			CHECK(f.engine->shards[i].pool->names == f.engine->shards[i].names);
	}
	/* nothing uses the first ones any more */
	renew_names(now + 800 * 1000);
	CHECK_INT(f.engine->shards[0].names_since, now + 800 * 1000);
	end();
}

TEST(limits_may_change)
{
	const char *paths[40];

	for (int i = 0; i < 40; i++)
		paths[i] = "/ok";
	begin(NULL);
	transfer_engine_set_limits(f.engine, 64, 2);
	give(make_posts(paths, 40));
	wait_results(40);
	CHECK(f.server->most <= 2);
	end();
}

TEST(one_is_the_least_limit)
{
	const char *paths[10];

	for (int i = 0; i < 10; i++)
		paths[i] = "/ok";
	begin(NULL);
	transfer_engine_set_limits(f.engine, 0, -1);
	give(make_posts(paths, 10));
	wait_results(10);
	CHECK_INT(f.server->most, 1);
	end();
}

/* With as many hosts as connections can be kept, one of them gets a few; but one that has
 * most of the work gets what it may have. */
TEST(many_hosts_share_the_connections)
{
	struct transfer_policy policy = {.allow = loopback, .allow_count = 1,
		.user_agent = "gazetted-test", .in_flight = 200, .per_host = 64};
	const char *paths[240];
	struct transfer_request *request;
	int most;

	for (int i = 0; i < 240; i++)
		paths[i] = "/ok";
	begin(&policy);
	request = make_posts(paths, 240);
	for (int i = 0; i < 200; i++) {
		char key[32];

		snprintf(key, sizeof(key), "http://h%d:80", i);
		free(request->items[i].host_key);
		request->items[i].host_key = mem_strdup(key);
		free(request->items[i].url);
		request->items[i].url = mem_strdup("http://127.0.0.1:1/refused");
	}
	give(request);
	wait_results(240);
	pthread_mutex_lock(&f.server->lock);
	most = f.server->most;
	pthread_mutex_unlock(&f.server->lock);
	CHECK(most <= 15); /* 4096 * 3 / 4 / 202 */
	for (int i = 0; i < 40; i++)
		paths[i] = "/wait";
	give(make_posts(paths, 40));
	while (most <= 15) { /* ends, or the test's time does */
		pthread_mutex_lock(&f.server->lock);
		most = f.server->most;
		pthread_mutex_unlock(&f.server->lock);
		usleep(1000);
	}
	server_release(f.server);
	wait_results(280);
	end();
}

/* A host that never answers must not keep its 60 items, nor those of others, waiting. */
TEST(hanging_host_lets_the_others_pass)
{
	const char *paths[60];
	struct transfer_request *request;
	struct server *other = server_start();
	int done = 0, slow = 0;

	for (int i = 0; i < 60; i++)
		paths[i] = i < 50 ? "/hang" : "/ok";
	f.wants_slow = true;
	begin(NULL);
	request = make_posts(paths, 60);
	request->soft_ms = 3000;
	request->total_ms = 4000;
	for (int i = 50; i < 60; i++) {
		free(request->items[i].url);
		free(request->items[i].host_key);
		set_item(&request->items[i], i + 1, other->port, "/ok");
	}
	give(request);
	wait_least(10);
	for (int i = 0; i < 10; i++)
		done += f.results[i]->outcome == TRANSFER_OK;
	CHECK_INT(done, 10);
	/* each of the 50 fails, or is slow first and fails then */
	for (int want = 60; f.count < want; want = 60 + slow) {
		wait_least(want);
		slow = 0;
		for (int i = 0; i < f.count; i++)
			slow += f.results[i]->outcome == TRANSFER_SLOW;
	}
	for (int i = 10; i < f.count; i++)
		CHECK(f.results[i]->outcome == TRANSFER_SLOW ||
			f.results[i]->outcome == TRANSFER_FAILED);
	CHECK(count_requests() < 20);
	server_stop(other);
	end();
}

TEST(hosts_in_trouble_are_told)
{
	const char *paths[8] = {"/ok", "/ok", "/ok", "/ok", "/ok", "/ok", "/ok", "/ok"};
	struct transfer_request *request;
	struct transfer_host *hosts;
	size_t count;
	int untried = 0;

	begin(NULL);
	request = make_posts(paths, 8);
	for (int i = 0; i < 6; i++) {
		free(request->items[i].url);
		free(request->items[i].host_key);
		set_item(&request->items[i], i + 1, 1, "/refused");
	}
	give(request);
	wait_results(8);
	stop_worker();
	hosts = transfer_engine_hosts(f.engine, 0, &count);
	CHECK_INT(count, 0);
	transfer_hosts_destroy(hosts, count);
	hosts = transfer_engine_hosts(f.engine, 10, &count);
	CHECK_INT(count, 1);
	CHECK_STR(hosts[0].key, "http://127.0.0.1:1");
	CHECK(hosts[0].failures >= 3);
	CHECK(hosts[0].probe_in_ms > 0 && hosts[0].probe_in_ms <= 2000);
	CHECK_INT(hosts[0].in_flight + hosts[0].queued, 0);
	for (int i = 0; i < 8; i++)
		if (f.results[i]->is_untried) {
			CHECK(f.results[i]->retry_after_ms > 0);
			CHECK_INT(f.results[i]->outcome, TRANSFER_FAILED);
			untried++;
		}
	CHECK(untried >= 1 && untried <= 3);
	transfer_hosts_destroy(hosts, count);
	end();
}

struct sync {
	struct message message;
	sem_t done;
};

static void run_sync(struct message *message)
{
	sem_post(&((struct sync *)message)->done);
}

/* Everything given before has been taken. */
static void sync_worker(void)
{
	struct sync sync = {.message.run = run_sync};

	sem_init(&sync.done, 0, 0);
	loop_post(f.worker, &sync.message);
	sem_wait(&sync.done);
	sem_destroy(&sync.done);
}

static struct transfer_request *make_urgent(int64_t first_id, enum store_priority priority)
{
	static const char *const paths[] = {"/ok", "/ok", "/ok"};
	struct transfer_request *request = make_posts(paths, 3);

	for (size_t i = 0; i < 3; i++)
		request->items[i].sub_id = first_id + (int64_t)i;
	request->priority = priority;
	return request;
}

/* In a host's queue, whatever the order in which they came. */
TEST(what_is_urgent_goes_first)
{
	const struct transfer_policy one = {.deny_private = true, .allow = loopback,
		.allow_count = 1, .user_agent = "t", .in_flight = 1, .per_host = 1};
	static const int64_t order[] = {1, 40, 41, 42, 30, 31, 32, 20, 21, 22, 10, 11, 12};

	begin(&one);
	give(make_post("/wait"));
	give(make_urgent(10, PRIORITY_REST));
	give(make_urgent(20, PRIORITY_URGENT));
	give(make_urgent(30, PRIORITY_CORRECTION));
	give(make_urgent(40, PRIORITY_KILL));
	sync_worker();
	server_release(f.server);
	wait_results(13);
	for (int i = 0; i < 13; i++)
		CHECK_INT(f.results[i]->sub_id, order[i]);
	end();
}

TEST(what_is_older_is_not_sent_behind_what_is_urgent)
{
	const struct transfer_policy one = {.deny_private = true, .allow = loopback,
		.allow_count = 1, .user_agent = "t", .in_flight = 1, .per_host = 1};

	begin(&one);
	give(make_post("/wait"));
	give(make_urgent(10, PRIORITY_REST));
	give(make_urgent(11, PRIORITY_KILL)); /* 11, 12, 13 */
	sync_worker();
	server_release(f.server);
	wait_results(7);
	for (int i = 0; i < 2; i++) {
		CHECK_INT(f.results[i]->sub_id, 11 + i);
		CHECK_INT(f.results[i]->outcome, TRANSFER_SUPERSEDED);
	}
	CHECK_INT(f.results[2]->sub_id, 1);
	for (int i = 3; i < 6; i++)
		CHECK_INT(f.results[i]->sub_id, 11 + i - 3);
	CHECK_INT(f.results[6]->sub_id, 10);
	for (int i = 2; i < 7; i++)
		CHECK_INT(f.results[i]->outcome, TRANSFER_OK);
	end();
}

/* The loop stops in the turn in which there is a result. */
static void stop_with_a_result(void)
{
	const struct transfer_policy one = {.deny_private = true, .user_agent = "t",
		.in_flight = 1, .per_host = 1};

	begin(&one);
	stop_worker();
	transfer_start(f.engine, make_urgent(10, PRIORITY_REST));
	transfer_start(f.engine, make_urgent(11, PRIORITY_KILL));
	loop_flush(f.main);
	CHECK_INT(f.count, 0);
}

TEST(results_of_the_last_turn_are_told)
{
	stop_with_a_result();
	transfer_engine_tell(f.engine);
	loop_flush(f.main);
	CHECK(f.count > 0);
	end();
}

TEST(results_that_nobody_asked_for_any_more_are_dropped)
{
	stop_with_a_result();
	transfer_engine_destroy(f.engine);
	f.engine = NULL;
	loop_flush(f.main);
	CHECK_INT(f.count, 0);
	end();
}

TEST(destroyed_in_the_middle)
{
	const char *paths[30];

	for (int i = 0; i < 30; i++)
		paths[i] = i % 2 ? "/hang" : "/ok";
	begin(NULL);
	give(make_posts(paths, 30));
	wait_least(1);
	end();
}

TEST(shards_are_stable)
{
	size_t seen = 0;

	for (int i = 0; i < 200; i++) {
		char key[32];

		snprintf(key, sizeof(key), "https://h%d:443", i);
		CHECK(transfer_shard(key) < TRANSFER_SHARDS);
		CHECK_INT(transfer_shard(key), transfer_shard(key));
		seen |= (size_t)1 << transfer_shard(key);
	}
	CHECK_INT(seen, 0xffff);
}
