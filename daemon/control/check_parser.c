/* check_parser.c: see check_parser.h. A deadline covers the writing too: the child may stop
 * reading in the middle of a file. */
#include "daemon/control/check_parser.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "daemon/site/parser_frame.h"
#include "daemon/site/parser_process.h"
#include "feeds/base/arena.h"
#include "feeds/flat.h"

enum { DEADLINE_MS = 2000, ATTEMPTS = 2 };

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void stop(struct check_parser *parser)
{
	if (!parser->pid)
		return;
	close(parser->fd);
	kill(parser->pid, SIGKILL);
	while (waitpid(parser->pid, NULL, 0) < 0 && errno == EINTR)
		;
	parser->pid = 0;
}

static bool start(struct check_parser *parser)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return false;
	parser->pid = fork();
	if (parser->pid == 0) {
		dup2(pair[1], STDIN_FILENO);
		close(pair[0]);
		close(pair[1]);
		_exit(parser_process_main());
	}
	close(pair[1]);
	parser->fd = pair[0];
	if (parser->pid < 0) {
		close(pair[0]);
		parser->pid = 0;
		return false;
	}
	fcntl(parser->fd, F_SETFL, O_NONBLOCK);
	return true;
}

/* Until the socket is ready for EVENTS; false at the deadline. */
static bool wait_for(const struct check_parser *parser, short events, int64_t until)
{
	struct pollfd poll_fd = {.fd = parser->fd, .events = events};
	int64_t left = until - now_ms();

	return left > 0 && (poll(&poll_fd, 1, (int)left) > 0 || errno == EINTR);
}

static bool send_frame(const struct check_parser *parser, const struct buf *frame, int64_t until)
{
	for (size_t at = 0; at < frame->len;) {
		ssize_t put = send(parser->fd, frame->bytes + at, frame->len - at, MSG_NOSIGNAL);

		if (put > 0)
			at += (size_t)put;
		else if (errno != EAGAIN && errno != EINTR)
			return false;
		else if (!wait_for(parser, POLLOUT, until))
			return false;
	}
	return true;
}

/* Reads until IN holds WANTED bytes. */
static bool receive(const struct check_parser *parser, struct buf *in, size_t wanted,
	int64_t until)
{
	while (in->len < wanted) {
		ssize_t got = read(parser->fd, buf_reserve(in, wanted - in->len),
			wanted - in->len);

		if (got > 0)
			in->len += (size_t)got;
		else if (got == 0 || (errno != EAGAIN && errno != EINTR))
			return false;
		else if (!wait_for(parser, POLLIN, until))
			return false;
	}
	return true;
}

static bool receive_frame(const struct check_parser *parser, struct buf *in, int64_t until)
{
	uint32_t len;

	if (!receive(parser, in, sizeof(len), until))
		return false;
	memcpy(&len, in->bytes, sizeof(len));
	return len <= PARSER_FRAME_MAX && receive(parser, in, sizeof(len) + len, until);
}

static bool converse(struct check_parser *parser, const struct buf *job, struct buf *answer)
{
	int64_t until = now_ms() + DEADLINE_MS;
	bool is_new = !parser->pid;

	return (!is_new || (start(parser) && send_frame(parser, &parser->setup, until))) &&
		send_frame(parser, job, until) && receive_frame(parser, answer, until);
}

static bool read_answer(struct arena *arena, const struct buf *answer, struct article **out,
	struct diagnosis *why)
{
	size_t len = answer->len - sizeof(uint32_t);
	char *bytes = arena_alloc(arena, len + 1);
	const char *flat;
	size_t flat_len;

	/* the article and the diagnosis borrow from it */
	memcpy(bytes, answer->bytes + sizeof(uint32_t), len);
	if (parser_frame_read_answer(bytes, len, &flat, &flat_len, why) && !flat)
		return false;
	if (flat && flat_decode(arena, flat, flat_len, out))
		return true;
	*why = parser_killed;
	return false;
}

void check_parser_init(struct check_parser *parser, const struct parser_setup *setup)
{
	*parser = (struct check_parser){0};
	parser_frame_setup(&parser->setup, setup);
}

void check_parser_finish(struct check_parser *parser)
{
	stop(parser);
	buf_finish(&parser->setup);
}

bool check_parser_run(struct check_parser *parser, struct arena *arena,
	const struct parser_job *job, struct article **out, struct diagnosis *why)
{
	struct buf frame = {0}, answer = {0};
	bool is_answered = false, is_good = false;

	parser_frame_job(&frame, job);
	for (int i = 0; i < ATTEMPTS && !is_answered; i++) {
		buf_clear(&answer);
		is_answered = converse(parser, &frame, &answer);
		if (!is_answered)
			stop(parser);
	}
	if (is_answered)
		is_good = read_answer(arena, &answer, out, why);
	else
		*why = parser_killed;
	buf_finish(&frame);
	buf_finish(&answer);
	return is_good;
}
