/*
 * load.c: a light HTTP/1.1 load generator for `make bench-http`. One thread, epoll, no
 * parsing beyond status, end of head and Content-Length; bodies are dropped in the kernel
 * (MSG_TRUNC), so that the server and not the client is what is measured.
 *
 * load [-c CONNECTIONS] [-d SECONDS | -n REQUESTS] [-p DEPTH] [-r RATE] [-s STATUS]
 *      [-k] [-i] PORT FILE
 *
 * FILE holds whole request heads, one behind the other, which are sent in turn. -p asks DEPTH
 * times before it reads, -k makes a new connection for each request, -r asks at that rate
 * whatever the answers do, and counts a latency from when the request was due. -i asks
 * once on each connection, prints, and keeps all open until standard input ends. The
 * result is one line of JSON; an answer of another STATUS is an error.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	REQUESTS_MAX = 4096,
	INPUT_MAX = 64 * 1024,
	HEAD_MAX = 4096,
	EVENTS = 256,
	BATCH_MAX = 64 * 1024,
	BUCKETS = 64 * 32,     /* 32 for each power of two of nanoseconds */
};

struct options {
	int connections, depth, status, port;
	double seconds, rate;
	uint64_t requests;
	bool is_new_each, is_idle;
};

struct conn {
	int fd;
	int owed;              /* answers that are to come */
	bool is_waiting;       /* for EPOLLOUT */
	size_t head_len;       /* of the head that came in part */
	size_t body_left;
	int64_t due_ns;        /* when the request that is out should have been sent */
	char head[HEAD_MAX];
};

static struct options options = {.connections = 64, .depth = 1, .status = 200, .seconds = 1};
static struct {
	const char *at;
	size_t len;
} requests[REQUESTS_MAX];
static size_t request_count, request_next;
static struct conn *conns;
static int poller;
static uint64_t answers, errors, bytes_in, asked, histogram[BUCKETS];
static int64_t worst_ns;
static char input[INPUT_MAX + 1];

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* ---- latencies ---- */

static void note_latency(int64_t ns)
{
	unsigned power;

	if (ns < 32)
		ns = 32;
	if (ns > worst_ns)
		worst_ns = ns;
	power = 63 - (unsigned)__builtin_clzll((uint64_t)ns);
	histogram[power * 32 + ((ns >> (power - 5)) & 31)]++;
}

static double quantile_us(double share)
{
	uint64_t total = 0, seen = 0;

	for (int i = 0; i < BUCKETS; i++)
		total += histogram[i];
	for (int i = 0; i < BUCKETS; i++) {
		seen += histogram[i];
		if (total && (double)seen >= share * (double)total)
			return (double)((int64_t)(32 + i % 32 + 1) << (i / 32)) / 32 / 1000;
	}
	return 0;
}

/* ---- connections ---- */

static void wait_for(struct conn *conn, uint32_t events, int operation)
{
	struct epoll_event event = {.events = events, .data.ptr = conn};

	if (epoll_ctl(poller, operation, conn->fd, &event) < 0)
		die("epoll_ctl");
}

static void dial(struct conn *conn)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)options.port),
		.sin_addr = {htonl(INADDR_LOOPBACK)}};
	int on = 1;

	conn->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (conn->fd < 0)
		die("socket");
	setsockopt(conn->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(conn->fd, (struct sockaddr *)&to, sizeof(to)) < 0 && errno != EINPROGRESS)
		die("connect");
	conn->owed = 0;
	conn->head_len = conn->body_left = 0;
	conn->is_waiting = false;
	wait_for(conn, EPOLLIN, EPOLL_CTL_ADD);
}

/* Sends DEPTH requests, in one call; they are small enough to go out whole. */
static void ask(struct conn *conn)
{
	static char batch[BATCH_MAX];
	const char *bytes = requests[request_next].at;
	size_t len = requests[request_next].len;
	ssize_t put;

	if (options.depth > 1) {
		len = 0;
		for (int i = 0; i < options.depth; i++) {
			size_t at = (request_next + (size_t)i) % request_count;

			memcpy(batch + len, requests[at].at, requests[at].len);
			len += requests[at].len;
		}
		bytes = batch;
	}
	put = send(conn->fd, bytes, len, MSG_NOSIGNAL);
	if (put < 0 && (errno == EAGAIN || errno == ENOTCONN)) {
		conn->is_waiting = true;
		wait_for(conn, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
		return;
	}
	if (put != (ssize_t)len)
		die("send");
	request_next = (request_next + (size_t)options.depth) % request_count;
	conn->owed = options.depth;
	asked += (uint64_t)options.depth;
}

/* ---- answers ---- */

static bool is_done(void)
{
	return options.requests && asked >= options.requests;
}

static void next(struct conn *conn)
{
	if (options.is_new_each) {
		close(conn->fd);
		dial(conn);
	}
	if (!options.is_idle && options.rate <= 0 && !is_done())
		ask(conn);
}

static void answered(struct conn *conn)
{
	answers++;
	if (options.rate > 0)
		note_latency(now_ns() - conn->due_ns);
	if (--conn->owed == 0 && !options.is_new_each)
		next(conn);
}

/* Length of the body behind the head in TEXT, which is NUL-terminated behind it. */
static size_t body_of(const char *text)
{
	const char *field;
	int status = atoi(text + 9);

	if (status != options.status)
		errors++;
	if (status == 304)
		return 0;
	field = strcasestr(text, "\r\nContent-Length:");
	return field ? (size_t)atoll(field + 17) : 0;
}

static char *head_end(char *at, size_t len)
{
	char *end = len < 4 ? NULL : memmem(at, len, "\r\n\r\n", 4);

	return end ? end + 4 : NULL;
}

/* Takes what is in INPUT; heads may be cut anywhere. */
static void take(struct conn *conn, char *at, size_t len)
{
	while (len) {
		size_t part = conn->body_left < len ? conn->body_left : len, head_len;
		char *end, saved;

		if (conn->body_left) {
			conn->body_left -= part;
			at += part;
			len -= part;
			if (!conn->body_left)
				answered(conn);
			continue;
		}
		end = conn->head_len ? NULL : head_end(at, len);
		if (!end) {
			/* rare: byte by byte into the connection's own room */
			conn->head[conn->head_len++] = *at++;
			len--;
			if (conn->head_len == HEAD_MAX - 1)
				die("head too long");
			conn->head[conn->head_len] = '\0';
			if (!head_end(conn->head, conn->head_len))
				continue;
			conn->body_left = body_of(conn->head);
			conn->head_len = 0;
		} else {
			head_len = (size_t)(end - at);
			saved = *end;
			*end = '\0';
			conn->body_left = body_of(at);
			*end = saved;
			at = end;
			len -= head_len;
		}
		if (!conn->body_left)
			answered(conn);
	}
}

static void on_input(struct conn *conn)
{
	/* a body is dropped where it is; only what may hold a head is copied */
	bool drops = conn->body_left > 0 && options.depth == 1;
	size_t room = drops ? conn->body_left : INPUT_MAX;
	ssize_t got = recv(conn->fd, drops ? NULL : input, room, drops ? MSG_TRUNC : 0);

	if (got < 0 && errno == EAGAIN)
		return;
	if (got <= 0) {
		if (!options.is_new_each || conn->owed)
			errors++; /* nobody asked it to close */
		if (errors > 1000)
			exit(1);
		if (!options.is_new_each)
			close(conn->fd), dial(conn);
		next(conn);
		return;
	}
	bytes_in += (uint64_t)got;
	if (!drops) {
		take(conn, input, (size_t)got);
		return;
	}
	conn->body_left -= (size_t)got;
	if (!conn->body_left)
		answered(conn);
}

static void on_event(const struct epoll_event *event)
{
	struct conn *conn = event->data.ptr;

	if (conn->is_waiting && event->events & EPOLLOUT) {
		conn->is_waiting = false;
		wait_for(conn, EPOLLIN, EPOLL_CTL_MOD);
		ask(conn);
	}
	if (event->events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		on_input(conn);
}

/* ---- the run ---- */

static void poll_for(int64_t ns)
{
	struct epoll_event events[EVENTS];
	struct timespec patience = {ns / 1000000000, ns % 1000000000};
	int count = epoll_pwait2(poller, events, EVENTS, &patience, NULL);

	if (count < 0 && errno != EINTR)
		die("epoll_wait");
	for (int i = 0; i < count; i++)
		on_event(&events[i]);
}

/* Each connection asks in its turn; one whose answer is late asks late, and its latency
 * counts from when it should have asked. */
static void run_at_rate(int64_t end)
{
	int64_t step = (int64_t)(1e9 / options.rate), due = now_ns();
	int turn = 0;

	while (now_ns() < end) {
		struct conn *conn = &conns[turn];
		int64_t left = due - now_ns();

		if (left > 0 || conn->owed) {
			poll_for(left > 0 ? left : 1000000);
			continue;
		}
		conn->due_ns = due;
		ask(conn);
		due += step;
		turn = (turn + 1) % options.connections;
	}
}

static void run(void)
{
	int64_t end = now_ns() + (int64_t)(options.seconds * 1e9);

	if (options.rate > 0) {
		run_at_rate(end);
		return;
	}
	for (int i = 0; i < options.connections; i++)
		ask(&conns[i]);
	while (options.requests ? answers < options.requests : now_ns() < end)
		poll_for(100000000);
}

/* Everything is open, and has been used once; nothing moves until the bench says so. */
static void run_idle(void)
{
	for (int i = 0; i < options.connections; i++) {
		ask(&conns[i]);
		while (answers <= (uint64_t)i)
			poll_for(100000000);
	}
	printf("{\"requests\": %llu, \"errors\": %llu}\n", (unsigned long long)answers,
		(unsigned long long)errors);
	fflush(stdout);
	while (read(STDIN_FILENO, input, INPUT_MAX) > 0)
		;
}

static void read_requests(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = NULL, *at, *end;
	size_t cap = 0;
	ssize_t len = file ? getdelim(&text, &cap, '\0', file) : -1;

	if (len <= 0)
		die(path);
	fclose(file);
	for (at = text; (end = strstr(at, "\r\n\r\n")); at = end + 4) {
		if (request_count == REQUESTS_MAX)
			die("too many requests");
		requests[request_count].at = at;
		requests[request_count++].len = (size_t)(end + 4 - at);
	}
	if (!request_count)
		die("no whole request");
}

static void parse(int argc, char **argv)
{
	for (int letter; (letter = getopt(argc, argv, "c:d:n:p:r:s:ki")) != -1;) {
		switch (letter) {
		case 'c': options.connections = atoi(optarg); break;
		case 'd': options.seconds = atof(optarg); break;
		case 'n': options.requests = (uint64_t)atoll(optarg); break;
		case 'p': options.depth = atoi(optarg); break;
		case 'r': options.rate = atof(optarg); break;
		case 's': options.status = atoi(optarg); break;
		case 'k': options.is_new_each = true; break;
		case 'i': options.is_idle = true; break;
		default: exit(2);
		}
	}
	if (argc - optind != 2)
		exit(2);
	options.port = atoi(argv[optind]);
	read_requests(argv[optind + 1]);
}

int main(int argc, char **argv)
{
	int64_t began, took;

	parse(argc, argv);
	poller = epoll_create1(EPOLL_CLOEXEC);
	conns = calloc((size_t)options.connections, sizeof(*conns));
	if (poller < 0 || !conns)
		die("start");
	for (int i = 0; i < options.connections; i++)
		dial(&conns[i]);
	if (options.is_idle) {
		run_idle();
		return errors != 0;
	}
	began = now_ns();
	run();
	took = now_ns() - began;
	printf("{\"requests\": %llu, \"errors\": %llu, \"bytes\": %llu, \"seconds\": %.6f, "
	       "\"p50_us\": %.1f, \"p99_us\": %.1f, \"p999_us\": %.1f, \"worst_us\": %.1f}\n",
		(unsigned long long)answers, (unsigned long long)errors,
		(unsigned long long)bytes_in, (double)took / 1e9, quantile_us(.5),
		quantile_us(.99), quantile_us(.999), (double)worst_ns / 1e3);
	return 0;
}
