/*
 * bare.c: the limit that `make bench-http` compares with: a libev loop that reads
 * whatever comes and writes fixed bytes, with no parsing, no table and no timers.
 *
 * bare [-s] PORT_FILE FILE...
 *
 * The answers in the FILEs are sent in turn. -s sends what is behind the head from its pages,
 * without copying it. The port is written to PORT_FILE.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <ev.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/http/body.h"
#include "daemon/http/page_pipe.h"

enum { ANSWERS_MAX = 1024, INPUT_MAX = 64 * 1024, BACKLOG = 4096 };

struct answer {
	char *bytes;
	size_t len, head_len; /* head_len < len: the rest is in BODY */
	struct body body;
};

struct conn {
	ev_io io;
	const struct answer *answer; /* that is being sent, or NULL */
	size_t sent;
};

static struct answer answers[ANSWERS_MAX];
static size_t answer_count, answer_next;
static char input[INPUT_MAX];
static struct page_pipe pages;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void drop(struct ev_loop *ev, struct conn *conn)
{
	ev_io_stop(ev, &conn->io);
	close(conn->io.fd);
	free(conn);
}

static void watch(struct ev_loop *ev, struct conn *conn, int events)
{
	ev_io_stop(ev, &conn->io);
	ev_io_set(&conn->io, conn->io.fd, events);
	ev_io_start(ev, &conn->io);
}

/* How much of the answer went out, or -1. */
static ssize_t put(struct conn *conn)
{
	const struct answer *answer = conn->answer;
	ssize_t head, body;

	if (conn->sent >= answer->head_len)
		return page_pipe_send(&pages, conn->io.fd,
			answer->body.bytes + (conn->sent - answer->head_len),
			answer->len - conn->sent);
	head = send(conn->io.fd, answer->bytes + conn->sent, answer->head_len - conn->sent,
		MSG_NOSIGNAL | (answer->head_len < answer->len ? MSG_MORE : 0));
	if (head < 0 || conn->sent + (size_t)head < answer->head_len ||
		answer->head_len == answer->len)
		return head;
	body = page_pipe_send(&pages, conn->io.fd, answer->body.bytes, answer->body.len);
	return head + (body > 0 ? body : 0);
}

static void send_answer(struct ev_loop *ev, struct conn *conn)
{
	ssize_t sent = put(conn);

	if (sent < 0 && errno != EAGAIN) {
		drop(ev, conn);
		return;
	}
	conn->sent += sent > 0 ? (size_t)sent : 0;
	if (conn->sent < conn->answer->len) {
		if (!(conn->io.events & EV_WRITE))
			watch(ev, conn, EV_WRITE);
		return;
	}
	conn->answer = NULL;
	if (conn->io.events & EV_WRITE)
		watch(ev, conn, EV_READ);
}

static void on_io(struct ev_loop *ev, ev_io *io, int events)
{
	struct conn *conn = (struct conn *)io;
	ssize_t got;

	if (events & EV_WRITE) {
		send_answer(ev, conn);
		return;
	}
	got = recv(io->fd, input, INPUT_MAX, 0);
	if (got <= 0) {
		if (got == 0 || errno != EAGAIN)
			drop(ev, conn);
		return;
	}
	conn->answer = &answers[answer_next++ % answer_count];
	conn->sent = 0;
	send_answer(ev, conn);
}

static void on_accept(struct ev_loop *ev, ev_io *io, int events)
{
	int fd;

	(void)events;
	while ((fd = accept4(io->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		struct conn *conn = calloc(1, sizeof(*conn));

		if (!conn)
			die("calloc");
		ev_io_init(&conn->io, on_io, fd, EV_READ);
		ev_io_start(ev, &conn->io);
	}
}

static void load(const char *path, bool is_split)
{
	struct answer *answer = &answers[answer_count++];
	FILE *file = fopen(path, "r");
	const char *end;
	long len;

	if (!file || fseek(file, 0, SEEK_END) < 0 || (len = ftell(file)) <= 0)
		die(path);
	rewind(file);
	answer->len = answer->head_len = (size_t)len;
	answer->bytes = malloc(answer->len);
	if (!answer->bytes || fread(answer->bytes, 1, answer->len, file) != answer->len)
		die(path);
	fclose(file);
	end = is_split ? memmem(answer->bytes, answer->len, "\r\n\r\n", 4) : NULL;
	if (!end || end + 4 == answer->bytes + answer->len)
		return;
	answer->head_len = (size_t)(end + 4 - answer->bytes);
	body_init(&answer->body, end + 4, answer->len - answer->head_len);
}

static int listen_anywhere(const char *port_file)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
	FILE *file;

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, len) < 0 ||
		listen(fd, BACKLOG) < 0 ||
		getsockname(fd, (struct sockaddr *)&address, &len) < 0)
		die("listen");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	file = fopen(port_file, "w");
	if (!file || fprintf(file, "%d\n", ntohs(address.sin_port)) < 0 || fclose(file) != 0)
		die(port_file);
	return fd;
}

int main(int argc, char **argv)
{
	struct ev_loop *ev = ev_default_loop(EVBACKEND_EPOLL | EVFLAG_NOENV);
	bool is_split = false;
	ev_io listener;

	for (int letter; (letter = getopt(argc, argv, "s")) != -1;) {
		if (letter != 's')
			return 2;
		is_split = true;
	}
	if (argc - optind < 2 || argc - optind > ANSWERS_MAX)
		return 2;
	signal(SIGPIPE, SIG_IGN); /* splice has no MSG_NOSIGNAL */
	page_pipe_init(&pages);
	for (int i = optind + 1; i < argc; i++)
		load(argv[i], is_split);
	ev_io_init(&listener, on_accept, listen_anywhere(argv[optind]), EV_READ);
	ev_io_start(ev, &listener);
	ev_run(ev, 0);
	return 0;
}
