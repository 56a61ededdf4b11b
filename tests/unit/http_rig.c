/* http_rig.c: see http_rig.h. */
#include "tests/unit/http_rig.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/http/limiter.h"
#include "daemon/http/snapshot.h"
#include "daemon/loop/loop.h"
#include "feeds/base/error.h"
#include "feeds/base/mem.h"
#include "tests/unit/harness.h"

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

static void wait_for(sem_t *semaphore)
{
	while (sem_wait(semaphore) < 0)
		;
}

void rig_on_loop(struct rig *rig, void (*run)(struct rig *, void *), void *argument)
{
	struct errand errand = {.message = {.run = run_errand}, .run = run, .rig = rig,
		.argument = argument};

	sem_init(&errand.done, 0, 0);
	loop_post(rig->loop, &errand.message);
	wait_for(&errand.done);
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

void rig_answer(struct rig *rig)
{
	rig_on_loop(rig, answer_call, NULL);
}

void rig_wait_call(struct rig *rig)
{
	wait_for(&rig->called);
}

static const char *or_dash(const char *text)
{
	return text ? text : "-";
}

static void on_call(void *context, struct http_ticket ticket, const struct http_call *call)
{
	struct rig *rig = context;

	rig->ticket = ticket;
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

struct snapshot *rig_document(const char *path, const char *body, size_t len)
{
	return snapshot_create(&(struct snapshot_spec){.path = path, .status = 200,
		.content_type = "application/atom+xml", .browser_type = "text/xml",
		.link = "<http://x/hub>; rel=\"hub\"", .modified_s = 1700000000,
		.max_age_s = 300, .compress = true, .body = body, .len = len});
}

struct snapshot *rig_public(const char *path)
{
	return snapshot_create(&(struct snapshot_spec){.path = path, .status = 200,
		.content_type = "text/plain", .is_public_api = true, .body = "a", .len = 1});
}

char *rig_text(size_t len)
{
	char *text = mem_alloc(len + 1);

	for (size_t i = 0; i < len; i++)
		text[i] = "abcdefghijklmnopqrstuvwxyz\n"[(i * i / 7 + i) % 27];
	return text;
}

static void fill_limits(struct http_limits *limits)
{
	int64_t *const times[] = {&limits->idle_ms, &limits->header_ms, &limits->body_ms,
		&limits->send_ms};

	for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++)
		*times[i] = *times[i] ? *times[i] : 60000;
	limits->max_connections = limits->max_connections ? limits->max_connections : 100;
	limits->max_body = limits->max_body ? limits->max_body : MAX_BODY;
	limits->limiter = limits->rate ? limiter_create() : NULL;
}

void rig_start(struct rig *rig)
{
	char *text = rig_text(LARGE);
	struct error err;

	fill_limits(&rig->limits);
	sem_init(&rig->called, 0, 0);
	sem_init(&rig->drained, 0, 0);
	rig->fd = -1;
	rig->loop = loop_create("http");
	rig->server = http_server_create(rig->loop, &rig->limits, routes,
		sizeof(routes) / sizeof(*routes), &events, rig);
	CHECK(listener_open("127.0.0.1:0", 1, &rig->listener, &err));
	rig->port = atoi(strrchr(rig->listener.address, ':') + 1);
	http_server_listen(rig->server, rig->listener.fds[0]);
	http_server_put(rig->server, rig_document("/feed.atom", text, 20000));
	http_server_put(rig->server, rig_document("/small", "small\n", 6));
	http_server_put(rig->server, rig_document("/large", text, LARGE));
	http_server_put(rig->server, snapshot_create(&(struct snapshot_spec){.path = "/old",
		.status = 301, .location = "http://x/new", .max_age_s = 60, .body = "", .len = 0}));
	rig->page = rig_document("/a/page", text, 9000);
	free(text);
	loop_start(rig->loop);
}

static void stop_loop(struct rig *rig, void *argument)
{
	(void)argument;
	loop_stop(rig->loop);
}

void rig_stop(struct rig *rig)
{
	if (rig->fd >= 0)
		close(rig->fd);
	rig_on_loop(rig, stop_loop, NULL);
	loop_join(rig->loop);
	http_server_destroy(rig->server);
	loop_destroy(rig->loop);
	limiter_destroy(rig->limits.limiter);
	snapshot_unref(rig->page);
	sem_destroy(&rig->called);
	sem_destroy(&rig->drained);
	buf_finish(&rig->answer);
}

static void read_counts(struct rig *rig, void *argument)
{
	http_server_counts(rig->server, argument);
}

struct http_counts rig_counts(struct rig *rig)
{
	struct http_counts counts;

	rig_on_loop(rig, read_counts, &counts);
	return counts;
}

static void on_drained(void *context)
{
	sem_post(&((struct rig *)context)->drained);
}

static void drain(struct rig *rig, void *argument)
{
	(void)argument;
	http_server_drain(rig->server, on_drained, rig);
}

void rig_drain(struct rig *rig)
{
	rig_on_loop(rig, drain, NULL);
}

void rig_wait_drained(struct rig *rig)
{
	wait_for(&rig->drained);
}

/* ---- the client's side ---- */

int dial(const struct rig *rig)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)rig->port),
		.sin_addr = {htonl(INADDR_LOOPBACK)}};
	struct timeval patience = {.tv_sec = 20};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	CHECK(connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return fd;
}

void say(int fd, const char *bytes, size_t len)
{
	CHECK_INT(send(fd, bytes, len, MSG_NOSIGNAL), len);
}

void say_text(int fd, const char *text)
{
	say(fd, text, strlen(text));
}

int hear_all(int fd, struct buf *out)
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
	return out->len ? status_of(out) : 0;
}

int hear(int fd, struct buf *out, bool has_body)
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
	return status_of(out);
}

const char *body_of(const struct buf *answer)
{
	return strstr(answer->bytes, "\r\n\r\n") + 4;
}

size_t body_len(const struct buf *answer)
{
	return answer->len - (size_t)(body_of(answer) - answer->bytes);
}

bool has(const struct buf *answer, const char *text)
{
	return strstr(buf_text(answer), text) != NULL;
}

int status_of(const struct buf *answer)
{
	CHECK(answer->len > 12 && strncmp(answer->bytes, "HTTP/1.1 ", 9) == 0);
	return atoi(answer->bytes + 9);
}

int ask(int fd, struct buf *out, const char *method, const char *target, const char *fields)
{
	struct buf request = {0};

	buf_printf(&request, "%s %s HTTP/1.1\r\nHost: x\r\n%s\r\n", method, target, fields);
	say(fd, request.bytes, request.len);
	buf_finish(&request);
	return hear(fd, out, strcmp(method, "HEAD") != 0);
}

int request(struct rig *rig, const char *method, const char *target, const char *fields)
{
	if (rig->fd < 0)
		rig->fd = dial(rig);
	return ask(rig->fd, &rig->answer, method, target, fields);
}

int get(struct rig *rig, const char *target, const char *fields)
{
	return request(rig, "GET", target, fields);
}

int end_with(struct rig *rig, const char *request, size_t len)
{
	int fd = dial(rig), status;

	say(fd, request, len);
	status = hear_all(fd, &rig->answer);
	close(fd);
	CHECK(!status || has(&rig->answer, "Connection: close\r\n"));
	return status;
}
