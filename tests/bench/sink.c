/*
 * sink.c: a subscriber of many hosts for the hub's benches and crash tests, fast enough
 * not to be what is measured: one epoll loop on every address of 127.0.0.0/8.
 *
 *   sink LOG     prints its port; appends to LOG what it takes; ends with its stdin
 *
 * The path of a callback says how it behaves: /ok/ID answers 204, /slow/ID after 50 ms,
 * /hang/ID never, /fail/ID 500, /gone/ID 410, /busy/ID 429 with Retry-After: 1, /close/ID
 * ends the connection. A GET with a challenge is confirmed. LOG gets a struct record for
 * each POST that has come in whole, flushed 50 times a second.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	HEAD_MAX = 4096,           /* head and the beginning of the body */
	CHUNK = 64 * 1024,
	EVENTS = 256,
	RECORDS = 8192,
	SLOW_MS = 50,
	TICK_MS = 20,
};

struct record {
	uint64_t at_ns;            /* monotonic clock: when the last byte had come */
	uint32_t id;               /* of the path */
	uint32_t mark;             /* the number after "bench-mark-" in the body; 0 = none */
};

struct connection {
	int fd;
	size_t len;                /* of head */
	bool has_head;
	uint64_t left;             /* of the body */
	uint64_t answer_at_ns;     /* slow ones; 0 = not waiting */
	struct connection *next_slow;
	char head[HEAD_MAX + 1];
};

static struct record records[RECORDS];
static size_t record_count;
static int log_fd, poll_fd;
static struct connection *slow_first, **slow_last = &slow_first;
static char chunk[CHUNK];

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void flush(void)
{
	size_t len = record_count * sizeof(*records);

	if (len && write(log_fd, records, len) != (ssize_t)len)
		die("write the log");
	record_count = 0;
}

static void record(const struct connection *connection)
{
	const char *path = strchr(connection->head, '/');
	const char *id = path ? strchr(path + 1, '/') : NULL;
	const char *body = strstr(connection->head, "\r\n\r\n");
	const char *mark = body ? strstr(body, "bench-mark-") : NULL;

	records[record_count++] = (struct record){
		.at_ns = now_ns(),
		.id = id ? (uint32_t)strtoul(id + 1, NULL, 10) : 0,
		.mark = mark ? (uint32_t)strtoul(mark + 11, NULL, 10) : 0,
	};
	if (record_count == RECORDS)
		flush();
}

static bool say(const struct connection *connection, const char *text)
{
	size_t len = strlen(text);

	return send(connection->fd, text, len, MSG_NOSIGNAL) == (ssize_t)len;
}

static bool confirm(const struct connection *connection, const char *challenge)
{
	int len = (int)strcspn(challenge, "& ");
	char text[512];

	if (len > 256)
		return false;
	snprintf(text, sizeof(text), "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%.*s", len,
		len, challenge);
	return say(connection, text);
}

static bool starts(const struct connection *connection, const char *path)
{
	const char *at = strchr(connection->head, '/');

	return at && strncmp(at, path, strlen(path)) == 0;
}

static void wait_slow(struct connection *connection)
{
	connection->answer_at_ns = now_ns() + (uint64_t)SLOW_MS * 1000000;
	connection->next_slow = NULL;
	*slow_last = connection;
	slow_last = &connection->next_slow;
}

/* False: close. */
static bool answer(struct connection *connection)
{
	const char *challenge = strstr(connection->head, "hub.challenge=");

	if (strncmp(connection->head, "GET ", 4) == 0 && challenge)
		return confirm(connection, challenge + 14);
	record(connection);
	if (starts(connection, "/slow/"))
		wait_slow(connection);
	else if (starts(connection, "/fail/"))
		return say(connection, "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n");
	else if (starts(connection, "/gone/"))
		return say(connection, "HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n");
	else if (starts(connection, "/busy/"))
		return say(connection, "HTTP/1.1 429 Busy\r\nRetry-After: 1\r\n"
			"Content-Length: 0\r\n\r\n");
	else if (starts(connection, "/close/"))
		return false;
	else if (!starts(connection, "/hang/"))
		return say(connection, "HTTP/1.1 204 No Content\r\n\r\n");
	return true;
}

static bool take_head(struct connection *connection)
{
	const char *end = strstr(connection->head, "\r\n\r\n");
	const char *length;
	uint64_t all, got;

	if (!end)
		return connection->len < HEAD_MAX;
	length = strcasestr(connection->head, "\r\nContent-Length:");
	all = length && length < end ? strtoull(length + 17, NULL, 10) : 0;
	got = connection->len - (size_t)(end + 4 - connection->head);
	if (got > all)
		return false; /* nobody pipelines here */
	connection->has_head = true;
	connection->left = all - got;
	return true;
}

/* False: close. */
static bool take(struct connection *connection, const char *bytes, size_t len)
{
	size_t room = HEAD_MAX - connection->len;
	bool had_head = connection->has_head;

	if (room > len)
		room = len;
	memcpy(connection->head + connection->len, bytes, room);
	connection->len += room;
	connection->head[connection->len] = '\0';
	if (!had_head && !take_head(connection))
		return false;
	if (!connection->has_head)
		return true;
	if (!had_head)
		len -= room;
	if (len > connection->left)
		return false;
	connection->left -= len;
	if (connection->left)
		return true;
	if (!answer(connection))
		return false;
	connection->len = 0;
	connection->has_head = false;
	return true;
}

static void destroy(struct connection *connection)
{
	close(connection->fd);
	connection->fd = -1;
	if (!connection->answer_at_ns)
		free(connection);
}

static void on_input(struct connection *connection)
{
	ssize_t n = recv(connection->fd, chunk, sizeof(chunk), 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0 || !take(connection, chunk, (size_t)n))
		destroy(connection);
}

static void accept_all(int listener)
{
	for (int i = 0; i < 64; i++) {
		struct epoll_event event = {.events = EPOLLIN};
		struct connection *connection;
		int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), one = 1;

		if (fd < 0)
			return;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		connection = malloc(sizeof(*connection));
		if (!connection)
			die("malloc");
		memset(connection, 0, offsetof(struct connection, head) + 1);
		connection->fd = fd;
		event.data.ptr = connection;
		if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
			die("epoll_ctl");
	}
}

static void answer_slow(void)
{
	struct connection *connection;
	uint64_t now = now_ns();

	while ((connection = slow_first) && connection->answer_at_ns <= now) {
		slow_first = connection->next_slow;
		if (!slow_first)
			slow_last = &slow_first;
		connection->answer_at_ns = 0;
		if (connection->fd < 0)
			free(connection);
		else if (!say(connection, "HTTP/1.1 204 No Content\r\n\r\n"))
			destroy(connection);
	}
}

/* Every address of the loopback, and nothing of the network. */
static int open_listener(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3) < 0 ||
		bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
		listen(fd, 4096) < 0 ||
		getsockname(fd, (struct sockaddr *)&address, &len) < 0)
		die("listen");
	printf("%d\n", ntohs(address.sin_port));
	fflush(stdout);
	return fd;
}

static void add_plain(int fd, void *mark)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = mark};

	if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
		die("epoll_ctl");
}

static void raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

int main(int argc, char **argv)
{
	struct epoll_event events[EVENTS];
	static char end_mark, listen_mark;
	int listener;

	if (argc != 2)
		return 2;
	raise_limit();
	log_fd = open(argv[1], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	poll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (log_fd < 0 || poll_fd < 0)
		die(argv[1]);
	listener = open_listener();
	add_plain(listener, &listen_mark);
	add_plain(0, &end_mark);
	for (;;) {
		int n = epoll_wait(poll_fd, events, EVENTS, TICK_MS);

		for (int i = 0; i < n; i++) {
			if (events[i].data.ptr == &end_mark)
				return 0;
			if (events[i].data.ptr == &listen_mark)
				accept_all(listener);
			else
				on_input(events[i].data.ptr);
		}
		answer_slow();
		if (n < EVENTS)
			flush();
	}
}
