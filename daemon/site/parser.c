/*
 * parser.c: see parser.h. Frames go out in order and answers come back in order, so the
 * head of the queue is always the article being parsed; the deadline timer is its alone.
 * The deadline is for what the process does with its time: one that gets no processor, or
 * waits for us, is given more of it, for an article must not be refused because the machine
 * is busy.
 */
#include "daemon/site/parser.h"

#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "daemon/control/log.h"
#include "daemon/loop/loop.h"
#include "daemon/site/parser_process.h"
#include "feeds/base/buf.h"
#include "feeds/base/error.h"
#include "feeds/base/mem.h"

extern char **environ;

enum {
	PIPELINE = 64,              /* jobs written ahead of the one being parsed */
	WRITE_AT_ONCE = 16,
	SOCKET_BYTES = 1024 * 1024, /* so that neither side waits for the other */
	EXCUSES_MOST = 10,          /* for one article, a deadline each */
};
#define RESTART_S 0.1 /* before a new process; doubled while it cannot start */
#define RESTART_MAX_S 10.

struct job {
	struct job *next;
	char *frame;  /* owns */
	size_t len;
	int kills;
	parser_done *done;
	void *context;
};

struct parser {
	struct ev_loop *ev;
	char *program;
	double deadline_s;
	struct buf setup;         /* the configuration frame with its length */
	pid_t pid;                /* 0 = not running */
	int fd;
	ev_io readable, writable;
	ev_timer deadline, restart;
	double cpu_s;             /* the process had used it when the deadline began */
	int excuses;
	struct job *head, **tail; /* owns; head = being parsed */
	struct job *unsent;       /* first job not wholly written; NULL = all are */
	size_t backlog, written_ahead;
	size_t out_at;            /* bytes of setup or of `unsent` already written */
	bool is_set_up;
	struct buf in;
};

static bool spawn_child(struct parser *parser, struct error *err)
{
	char flag[] = "--parser-process", name[] = "gazetted";
	char *argv[] = {name, flag, NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;
	int pair[2], failed;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return error_set(err, "start the parser process: %s", strerror(errno));
	for (int i = 0; i < 2; i++)
		setsockopt(pair[i], SOL_SOCKET, SO_SNDBUF, &(int){SOCKET_BYTES}, sizeof(int));
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, pair[1], STDIN_FILENO);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawnattr_init(&attributes);
	sigemptyset(&none);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	failed = posix_spawn(&parser->pid, parser->program, &actions, &attributes, argv,
		environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	close(pair[1]);
	if (failed) {
		close(pair[0]);
		parser->pid = 0;
		return error_set(err, "start the parser process %s: %s", parser->program,
			strerror(failed));
	}
	parser->fd = pair[0];
	fcntl(parser->fd, F_SETFL, O_NONBLOCK);
	return true;
}

/* Ends the process; its wait status. */
static int forget_child(struct parser *parser)
{
	int status = 0;

	if (!parser->pid)
		return status;
	ev_io_stop(parser->ev, &parser->readable);
	ev_io_stop(parser->ev, &parser->writable);
	ev_timer_stop(parser->ev, &parser->deadline);
	close(parser->fd);
	kill(parser->pid, SIGKILL);
	while (waitpid(parser->pid, &status, 0) < 0 && errno == EINTR)
		;
	parser->pid = 0;
	parser->unsent = parser->head;
	parser->written_ahead = 0;
	parser->out_at = 0;
	parser->is_set_up = false;
	buf_clear(&parser->in);
	return status;
}

static bool start_child(struct parser *parser, struct error *err)
{
	if (!spawn_child(parser, err))
		return false;
	ev_io_set(&parser->readable, parser->fd, EV_READ);
	ev_io_set(&parser->writable, parser->fd, EV_WRITE);
	ev_io_start(parser->ev, &parser->readable);
	ev_io_start(parser->ev, &parser->writable);
	return true;
}

/* Processor time that the process has used. */
static double cpu_of(pid_t pid)
{
	struct timespec used = {0};
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) == 0)
		clock_gettime(clock, &used);
	return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

/* As proc(5) has it: 'R' wants to run, 'D' waits for a disk; '?' = not known. */
static char state_of(pid_t pid)
{
	char path[40], text[200] = "";
	const char *end;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "r");
	if (!file)
		return '?';
	if (!fgets(text, sizeof(text), file))
		text[0] = '\0';
	fclose(file);
	end = strrchr(text, ')');
	return end && end[1] == ' ' ? end[2] : '?';
}

static void arm_deadline(struct parser *parser)
{
	ev_timer_stop(parser->ev, &parser->deadline);
	if (!parser->head || !parser->pid)
		return;
	parser->cpu_s = cpu_of(parser->pid);
	parser->excuses = 0;
	ev_timer_set(&parser->deadline, parser->deadline_s, 0.);
	ev_timer_start(parser->ev, &parser->deadline);
}

static void finish_head(struct parser *parser, const void *flat, size_t len,
	const struct diagnosis *why)
{
	struct job *job = parser->head;

	parser->head = job->next;
	if (!parser->head)
		parser->tail = &parser->head;
	if (parser->unsent == job)
		parser->unsent = job->next;
	else if (parser->written_ahead)
		parser->written_ahead--;
	parser->backlog--;
	job->done(job->context, flat, len, why);
	free(job->frame);
	free(job);
}

/* The process died or hung over the head of the queue. */
static void blame_head(struct parser *parser, const char *how)
{
	int status = forget_child(parser);
	bool is_refused = false;

	if (WIFEXITED(status) && WEXITSTATUS(status) == PARSER_UNFIT) {
		/* no article's fault: it said why on stderr */
		log_error("parser: cannot start, tried again");
		parser->restart.repeat = parser->restart.repeat * 2 < RESTART_MAX_S
			? parser->restart.repeat * 2 : RESTART_MAX_S;
	} else if (parser->head) {
		log_warn("parser: %s, started again", how);
		is_refused = ++parser->head->kills >= 2;
	} else {
		log_warn("parser: ended while idle, started again");
	}
	if (is_refused)
		finish_head(parser, NULL, 0, &parser_killed);
	ev_timer_again(parser->ev, &parser->restart);
}

static void on_restart(struct ev_loop *ev, ev_timer *timer, int events)
{
	struct parser *parser = timer->data;
	struct error err;

	(void)events;
	ev_timer_stop(ev, timer);
	if (parser->pid)
		return;
	if (!start_child(parser, &err)) {
		log_error("parser: %s", err.text);
		ev_timer_again(ev, timer);
		return;
	}
	arm_deadline(parser);
}

/* Whether the process could do nothing about being late. */
static bool is_excused(const struct parser *parser)
{
	struct pollfd ends = {.fd = parser->fd, .events = POLLIN | POLLOUT};
	char state;

	/* this loop stood still: an answer is there, or there is room for the article */
	if (poll(&ends, 1, 0) > 0 && (ends.revents & POLLIN ||
			(ends.revents & POLLOUT && parser->unsent == parser->head)))
		return true;
	state = state_of(parser->pid);
	return (state == 'R' || state == 'D') &&
		cpu_of(parser->pid) - parser->cpu_s < parser->deadline_s * 0.9;
}

static void on_deadline(struct ev_loop *ev, ev_timer *timer, int events)
{
	struct parser *parser = timer->data;

	(void)events;
	if (parser->excuses >= EXCUSES_MOST || !is_excused(parser)) {
		blame_head(parser, "an article took too long");
		return;
	}
	parser->excuses++;
	ev_timer_set(timer, parser->deadline_s, 0.);
	ev_timer_start(ev, timer);
}

static bool answer_head(struct parser *parser, const char *bytes, size_t len)
{
	struct diagnosis why;
	const char *flat;
	size_t flat_len;

	if (!parser->head || !parser_frame_read_answer(bytes, len, &flat, &flat_len, &why))
		return false;
	finish_head(parser, flat, flat_len, flat ? NULL : &why);
	return true;
}

/* Writes one piece; true when it is wholly out. */
static bool write_piece(struct parser *parser, const char *bytes, size_t len)
{
	ssize_t put = send(parser->fd, bytes + parser->out_at, len - parser->out_at,
		MSG_NOSIGNAL);

	if (put > 0)
		parser->out_at += (size_t)put;
	if (parser->out_at < len)
		return false;
	parser->out_at = 0;
	return true;
}

/* The jobs that may be written now, as far as they fit into one call. */
static size_t gather(const struct parser *parser, struct iovec parts[WRITE_AT_ONCE])
{
	const struct job *job = parser->unsent;
	size_t most = PIPELINE - parser->written_ahead, count = 0;

	for (; job && count < most && count < WRITE_AT_ONCE; job = job->next)
		parts[count++] = (struct iovec){job->frame, job->len};
	if (count) {
		parts[0].iov_base = parser->unsent->frame + parser->out_at;
		parts[0].iov_len -= parser->out_at;
	}
	return count;
}

/* Another PUT bytes of the unsent jobs are out. */
static void advance(struct parser *parser, size_t put)
{
	parser->out_at += put;
	while (parser->unsent && parser->out_at >= parser->unsent->len) {
		parser->out_at -= parser->unsent->len;
		parser->unsent = parser->unsent->next;
		parser->written_ahead++;
	}
}

/* False when the socket takes no more for now. */
static bool write_jobs(struct parser *parser)
{
	struct iovec parts[WRITE_AT_ONCE];
	struct msghdr message = {.msg_iov = parts};

	if (!parser->is_set_up)
		parser->is_set_up = write_piece(parser, parser->setup.bytes, parser->setup.len);
	if (!parser->is_set_up)
		return false;
	while ((message.msg_iovlen = gather(parser, parts)) > 0) {
		ssize_t put = sendmsg(parser->fd, &message, MSG_NOSIGNAL);

		if (put <= 0)
			return false;
		advance(parser, (size_t)put);
	}
	return true;
}

static void on_writable(struct ev_loop *ev, ev_io *io, int events)
{
	(void)events;
	if (write_jobs(io->data))
		ev_io_stop(ev, io);
}

/* Takes whole frames out of `in`; false if the child talks nonsense. */
static bool take_answers(struct parser *parser)
{
	size_t at = 0;
	uint32_t len;

	while (parser->in.len - at >= sizeof(len)) {
		memcpy(&len, parser->in.bytes + at, sizeof(len));
		if (len > PARSER_FRAME_MAX)
			return false;
		if (parser->in.len - at - sizeof(len) < len)
			break;
		parser->restart.repeat = RESTART_S;
		if (!answer_head(parser, parser->in.bytes + at + sizeof(len), len))
			return false;
		at += sizeof(len) + len;
	}
	if (at) {
		memmove(parser->in.bytes, parser->in.bytes + at, parser->in.len - at);
		parser->in.len -= at;
		arm_deadline(parser);
		if (parser->unsent && !write_jobs(parser))
			ev_io_start(parser->ev, &parser->writable);
	}
	return true;
}

static void on_readable(struct ev_loop *ev, ev_io *io, int events)
{
	struct parser *parser = io->data;
	char *to = buf_reserve(&parser->in, 1 << 16);
	ssize_t got = read(parser->fd, to, 1 << 16);

	(void)ev, (void)events;
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got > 0)
		parser->in.len += (size_t)got;
	if (got <= 0 || !take_answers(parser))
		blame_head(parser, "it broke over an article");
}

static void make_setup(struct buf *out, const struct parser_config *config)
{
	const struct parser_setup setup = {
		.zone = config->zone,
		.zone_len = config->zone_len,
		.base_url = config->base_url,
		.language = config->language,
		.fallback_charset = config->fallback_charset,
		.body_selector = config->body_selector,
	};

	parser_frame_setup(out, &setup);
}

bool parser_create(struct loop *loop, const struct parser_config *config,
	struct parser **out, struct error *err)
{
	struct parser *parser = mem_alloc(sizeof(*parser));

	parser->ev = loop_ev(loop);
	parser->program = mem_strdup(config->program ? config->program : "/proc/self/exe");
	parser->deadline_s = (double)config->deadline_ms / 1000.;
	parser->tail = &parser->head;
	make_setup(&parser->setup, config);
	ev_init(&parser->readable, on_readable);
	ev_init(&parser->writable, on_writable);
	ev_init(&parser->deadline, on_deadline);
	ev_timer_init(&parser->restart, on_restart, 0., RESTART_S);
	parser->readable.data = parser->writable.data = parser;
	parser->deadline.data = parser->restart.data = parser;
	if (!start_child(parser, err)) {
		parser_destroy(parser);
		return false;
	}
	*out = parser;
	return true;
}

void parser_destroy(struct parser *parser)
{
	struct job *job;

	if (!parser)
		return;
	forget_child(parser);
	ev_timer_stop(parser->ev, &parser->restart);
	while ((job = parser->head)) {
		parser->head = job->next;
		free(job->frame);
		free(job);
	}
	buf_finish(&parser->setup);
	buf_finish(&parser->in);
	free(parser->program);
	free(parser);
}

void parser_submit(struct parser *parser, const struct parser_job *from, parser_done *done,
	void *context)
{
	struct job *job = mem_alloc(sizeof(*job));
	struct buf frame = {0};

	parser_frame_job(&frame, from);
	job->frame = buf_take(&frame, &job->len);
	job->done = done;
	job->context = context;
	*parser->tail = job;
	parser->tail = &job->next;
	parser->backlog++;
	if (!parser->unsent)
		parser->unsent = job;
	if (parser->head == job)
		arm_deadline(parser);
	/* ahead of it are enough: their answers bring it on its way */
	if (parser->pid && parser->written_ahead < PIPELINE)
		ev_io_start(parser->ev, &parser->writable);
}

size_t parser_backlog(const struct parser *parser)
{
	return parser->backlog;
}
