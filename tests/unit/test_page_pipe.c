/* test_page_pipe.c: pages to a socket, whole, in pieces, and without a pipe. */
#include "daemon/http/page_pipe.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/http/body.h"
#include "tests/unit/harness.h"

enum { LEN = 1500 * 1000 };

struct scene {
	struct page_pipe pipe;
	struct body body;
	char *expected, *got;
	int ends[2]; /* we send to the first */
	size_t sent, heard;
};

static void start(struct scene *scene)
{
	*scene = (struct scene){.expected = malloc(LEN), .got = malloc(LEN)};
	CHECK(scene->expected && scene->got);
	for (size_t i = 0; i < LEN; i++)
		scene->expected[i] = (char)(i * 31 + i / 251);
	body_init(&scene->body, scene->expected, LEN);
	CHECK(scene->body.has_pages);
	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, scene->ends) == 0);
}

static void hear(struct scene *scene)
{
	ssize_t got;

	while ((got = recv(scene->ends[1], scene->got + scene->heard, LEN - scene->heard, 0)) > 0)
		scene->heard += (size_t)got;
}

/* Sends from anywhere in the body, as after a short write, until all is heard. */
static void exchange(struct scene *scene)
{
	bool was_full = false;

	while (scene->sent < LEN) {
		ssize_t put = page_pipe_send(&scene->pipe, scene->ends[0],
			scene->body.bytes + scene->sent, LEN - scene->sent);

		CHECK(put > 0 || (put < 0 && errno == EAGAIN));
		was_full |= put < 0 || (size_t)put < LEN - scene->sent;
		scene->sent += put > 0 ? (size_t)put : 0;
		if (put < 0)
			hear(scene);
	}
	hear(scene);
	CHECK(was_full); /* the socket holds less, so that the pipe had to be emptied */
	CHECK_INT(scene->heard, LEN);
	CHECK(memcmp(scene->got, scene->expected, LEN) == 0);
}

static void end(struct scene *scene)
{
	close(scene->ends[0]);
	close(scene->ends[1]);
	page_pipe_finish(&scene->pipe);
	body_finish(&scene->body);
	free(scene->expected);
	free(scene->got);
}

TEST(all_arrives_in_order)
{
	struct scene scene;

	start(&scene);
	page_pipe_init(&scene.pipe);
	CHECK(scene.pipe.ends[0] >= 0);
	exchange(&scene);
	CHECK(scene.pipe.ends[0] >= 0); /* it is used, and goes on to be */
	end(&scene);
}

TEST(without_a_pipe_too)
{
	struct scene scene;
	struct rlimit limit;

	start(&scene);
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = 3;
	setrlimit(RLIMIT_NOFILE, &limit);
	page_pipe_init(&scene.pipe);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	CHECK(scene.pipe.ends[0] < 0);
	exchange(&scene);
	end(&scene);
}

TEST(a_closed_socket_is_an_error)
{
	struct scene scene;

	start(&scene);
	page_pipe_init(&scene.pipe);
	close(scene.ends[1]);
	signal(SIGPIPE, SIG_IGN);
	CHECK(page_pipe_send(&scene.pipe, scene.ends[0], scene.body.bytes, LEN) < 0);
	CHECK_INT(errno, EPIPE);
	/* and nothing of it is left in the pipe */
	close(scene.ends[0]);
	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, scene.ends) == 0);
	exchange(&scene);
	end(&scene);
}

TEST(what_is_on_its_way_outlives_the_body)
{
	struct scene scene;
	ssize_t put;

	start(&scene);
	page_pipe_init(&scene.pipe);
	put = page_pipe_send(&scene.pipe, scene.ends[0], scene.body.bytes, LEN);
	CHECK(put > BODY_PAGES_MIN);
	body_finish(&scene.body);
	for (int i = 0; i < 8; i++) { /* who takes the memory next */
		struct body other;
		char *zeros = calloc(1, LEN);

		body_init(&other, zeros, LEN);
		body_finish(&other);
		free(zeros);
	}
	hear(&scene);
	CHECK_INT(scene.heard, put);
	CHECK(memcmp(scene.got, scene.expected, scene.heard) == 0);
	end(&scene);
}
