/* test_control.c: the control socket: requests at every split, rows without bound, clients
 * that leave, and what is refused. */
#include <ev.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/control/control.h"
#include "daemon/control/control_line.h"
#include "daemon/control/local.h"
#include "daemon/loop/loop.h"
#include "feeds/base/buf.h"
#include "feeds/base/error.h"
#include "tests/unit/harness.h"

enum { ROWS = 200000 };

static struct fixture {
	struct loop *loop;
	struct control *control;
	struct control_request *kept; /* a request that waits */
	int rows;
	size_t paused;
} f;

static void run_echo(void *context, struct control_request *request)
{
	CHECK(context == &f);
	for (size_t i = 0; control_argument(request, i); i++)
		control_row(request, json_pack("{s:s}", "word", control_argument(request, i)));
	control_progress(request, 1, 2);
	control_end(request);
}

static void run_fail(void *context, struct control_request *request)
{
	(void)context;
	control_fail(request, 1, "no %s", "luck");
}

static void go_on(struct control_request *request)
{
	for (int i = 0; i < 500; i++, f.rows++)
		control_row(request, json_pack("{s:i}", "n", f.rows));
	if (f.rows >= ROWS || control_is_gone(request)) {
		control_end(request);
		return;
	}
	f.paused++;
	control_when_room(request, go_on);
}

static void run_many(void *context, struct control_request *request)
{
	(void)context;
	go_on(request);
}

static void run_keep(void *context, struct control_request *request)
{
	(void)context;
	strcpy(control_alloc(request, 8), "ours");
	f.kept = request;
}

static const struct control_verb verbs[] = {
	{"echo", run_echo, 0, 3},
	{"fail", run_fail, 0, 0},
	{"many", run_many, 0, 0},
	{"keep", run_keep, 0, 0},
	{NULL, NULL, 0, 0},
};

static void begin(void)
{
	struct error err;

	f.loop = loop_create("test");
	CHECK(control_create(f.loop, "sock", verbs, &f, &f.control, &err));
}

static void end(void)
{
	control_destroy(f.control);
	loop_destroy(f.loop);
	CHECK(access("sock", F_OK) < 0);
}

static int dial(void)
{
	struct error err;
	int fd = local_connect("sock", &err);

	CHECK(fd >= 0);
	return fd;
}

static void turn(void)
{
	for (int i = 0; i < 4; i++)
		ev_run(loop_ev(f.loop), EVRUN_NOWAIT);
}

/* Reads until the daemon closes. */
static void collect(int fd, struct buf *out)
{
	char chunk[4096];
	ssize_t got;

	for (int i = 0; i < 100000; i++) {
		turn();
		got = recv(fd, chunk, sizeof(chunk), MSG_DONTWAIT);
		if (got == 0)
			break;
		if (got > 0)
			buf_add(out, chunk, (size_t)got);
	}
	close(fd);
}

static void check_answer(const char *request, const char *want)
{
	struct buf got = {0};
	int fd = dial();

	CHECK_INT(send(fd, request, strlen(request), 0), strlen(request));
	collect(fd, &got);
	CHECK_STR(buf_text(&got), want);
	buf_finish(&got);
}

TEST(a_request_is_answered_at_every_split_point)
{
	const char *request = "{\"verb\":\"echo\",\"arguments\":[\"\xe4\xb8\xad\",\"b\"]}\n";

	begin();
	for (size_t at = 1; at < strlen(request); at++) {
		struct buf got = {0};
		int fd = dial();

		turn();
		CHECK_INT(send(fd, request, at, 0), at);
		turn();
		CHECK_INT(send(fd, request + at, strlen(request) - at, 0), strlen(request) - at);
		collect(fd, &got);
		CHECK_STR(buf_text(&got),
			"{\"row\":{\"word\":\"\xe4\xb8\xad\"}}\n{\"row\":{\"word\":\"b\"}}\n"
			"{\"progress\":[1,2]}\n{\"end\":0}\n");
		buf_finish(&got);
	}
	end();
}

TEST(what_is_wrong_is_said)
{
	begin();
	check_answer("{\"verb\":\"fail\"}\n", "{\"end\":1,\"error\":\"no luck\"}\n");
	check_answer("{\"verb\":\"none\"}\n",
		"{\"end\":2,\"error\":\"this daemon does not know none\"}\n");
	check_answer("{\"verb\":\"echo\",\"arguments\":[\"1\",\"2\",\"3\",\"4\"]}\n",
		"{\"end\":2,\"error\":\"echo: expected 0 to 3 arguments\"}\n");
	check_answer("{\"verb\":\"echo\",\"arguments\":[1]}\n",
		"{\"end\":2,\"error\":\"the request needs a verb and at most 16 arguments, all "
		"of them texts\"}\n");
	check_answer("{}\n", "{\"end\":2,\"error\":\"the request needs a verb and at most 16 "
			     "arguments, all of them texts\"}\n");
	end();
}

TEST(a_request_without_end_is_cut_off)
{
	struct buf got = {0};
	char chunk[4096];
	int fd;

	begin();
	fd = dial();
	memset(chunk, 'x', sizeof(chunk));
	for (int i = 0; i < 20; i++) {
		send(fd, chunk, sizeof(chunk), MSG_NOSIGNAL | MSG_DONTWAIT);
		turn();
	}
	collect(fd, &got);
	CHECK_STR(buf_text(&got), "{\"end\":2,\"error\":\"the request is too long\"}\n");
	buf_finish(&got);
	end();
}

TEST(many_rows_wait_for_the_reader)
{
	struct buf got = {0};
	size_t lines = 0;
	int fd;

	begin();
	fd = dial();
	CHECK(send(fd, "{\"verb\":\"many\"}\n", 16, 0) == 16);
	for (int i = 0; i < 50; i++)
		turn();
	/* nobody reads: what is made is bounded */
	CHECK(f.rows < ROWS / 2);
	collect(fd, &got);
	for (size_t i = 0; i < got.len; i++)
		lines += got.bytes[i] == '\n';
	CHECK_INT(lines, ROWS + 1);
	CHECK(strstr(got.bytes, "{\"row\":{\"n\":199999}}\n{\"end\":0}\n"));
	buf_finish(&got);
	end();
}

TEST(a_client_that_leaves_lets_the_verb_end)
{
	int fd;

	begin();
	fd = dial();
	CHECK(send(fd, "{\"verb\":\"many\"}\n", 16, 0) == 16);
	turn();
	close(fd);
	turn();
	CHECK(f.rows < ROWS);
	fd = dial();
	CHECK(send(fd, "{\"verb\":\"keep\"}\n", 16, 0) == 16);
	turn();
	CHECK(f.kept && !control_is_gone(f.kept));
	close(fd);
	turn();
	CHECK(control_is_gone(f.kept));
	control_row(f.kept, json_object());
	control_end(f.kept);
	end();
}

TEST(destroyed_with_a_request_open)
{
	int fd;

	begin();
	fd = dial();
	CHECK(send(fd, "{\"verb\":\"keep\"}\n", 16, 0) == 16);
	turn();
	CHECK(f.kept);
	end();
	close(fd);
}

TEST(more_clients_than_allowed_wait_their_turn)
{
	int fds[40];

	begin();
	for (int i = 0; i < 40; i++) {
		fds[i] = i < 38 ? dial() : -1;
		turn();
	}
	for (int i = 0; i < 38; i++)
		close(fds[i]);
	turn();
	check_answer("{\"verb\":\"echo\"}\n", "{\"progress\":[1,2]}\n{\"end\":0}\n");
	end();
}

TEST(a_socket_in_use_is_left_alone_and_a_dead_one_replaced)
{
	struct control *other;
	struct error err;
	struct stat status;
	int fd;

	begin();
	CHECK(stat("sock", &status) == 0);
	CHECK_INT(status.st_mode & 0777, 0660);
	CHECK(!control_create(f.loop, "sock", verbs, &f, &other, &err));
	CHECK_STR(err.text,
		"control socket: sock: another daemon answers there: it publishes this directory");
	end();
	fd = local_listen("sock", &err); /* as after a crash: bound, nobody listens */
	CHECK(fd >= 0);
	close(fd);
	begin();
	check_answer("{\"verb\":\"echo\"}\n", "{\"progress\":[1,2]}\n{\"end\":0}\n");
	end();
}

TEST(a_path_longer_than_an_address)
{
	char path[256];
	struct error err;
	int fd, other;

	memset(path, 'd', 150);
	path[150] = '\0';
	CHECK(mkdir(path, 0700) == 0);
	strcat(path, "/control.sock");
	fd = local_listen(path, &err);
	CHECK(fd >= 0);
	other = local_connect(path, &err);
	CHECK(other >= 0);
	close(other);
	close(fd);
}

TEST(a_line_is_made_and_read_back)
{
	const char *const words[] = {"a b", "\"\n"};
	char *line = control_line_make("explain", words, 2);
	const json_t *arguments;
	struct error err;
	const char *verb;
	json_t *object;

	CHECK_INT(strcspn(line, "\n"), strlen(line) - 1);
	CHECK(control_line_parse(line, strlen(line), &object, &verb, &arguments, &err));
	CHECK_STR(verb, "explain");
	CHECK_STR(json_string_value(json_array_get(arguments, 1)), "\"\n");
	json_decref(object);
	free(line);
}
