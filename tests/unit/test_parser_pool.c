/* test_parser_pool.c: a file's answers come in order, whichever process gives them. */
#include <ev.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/loop/loop.h"
#include "daemon/site/parser_pool.h"
#include "feeds/article.h"
#include "feeds/base/arena.h"
#include "feeds/base/error.h"
#include "feeds/flat.h"
#include "tests/unit/harness.h"

enum { PATHS = 10, VERSIONS = 20 };

struct seen {
	int next[PATHS], count;
};

struct one {
	struct seen *seen;
	int path, version;
};

static void on_parsed(void *context, const void *flat, size_t len,
	const struct diagnosis *why)
{
	struct one *one = context;
	struct arena *arena = arena_create();
	struct article *article;
	char title[32];

	CHECK(!why || flat);
	CHECK(flat_decode(arena, flat, len, &article));
	snprintf(title, sizeof(title), "Version %d", one->version);
	CHECK_STR(article->title, title);
	CHECK_INT(one->seen->next[one->path]++, one->version);
	one->seen->count++;
	arena_destroy(arena);
}

/* The program lies two directories above the tests: BUILD/tests/unit/test_parser_pool. */
static void find_program(char *out, size_t size)
{
	ssize_t len = readlink("/proc/self/exe", out, size - 20);

	CHECK(len > 0);
	out[len] = '\0';
	for (int i = 0; i < 3; i++)
		*strrchr(out, '/') = '\0';
	strcat(out, "/gazetted");
}

TEST(the_answers_about_a_file_come_in_order)
{
	enum { PROGRAM_MOST = 512 };
	static struct one ones[PATHS * VERSIONS];
	char program[PROGRAM_MOST];
	struct loop *loop = loop_create("test");
	struct parser_config config = {.base_url = "http://n.example/", .deadline_ms = 60000,
		.program = program};
	struct parser_pool *pool;
	struct seen seen = {0};
	struct error err;

	find_program(program, sizeof(program));
	CHECK(parser_pool_create(loop, &config, 3, &pool, &err));
	for (int i = 0; i < PATHS * VERSIONS; i++) {
		char path[32], text[128];

		ones[i] = (struct one){&seen, i % PATHS, i / PATHS};
		snprintf(path, sizeof(path), "%d.md", i % PATHS);
		snprintf(text, sizeof(text),
			"---\ntitle: Version %d\ndate: 2026-05-01T10:00:00Z\n---\nText.\n",
			i / PATHS);
		parser_pool_submit(pool, &(struct parser_job){.path = path,
			.input = {.bytes = text, .len = strlen(text)}}, on_parsed, &ones[i]);
	}
	CHECK(parser_pool_backlog(pool) >= VERSIONS * PATHS / 3);
	while (parser_pool_backlog(pool) > 0)
		ev_run(loop_ev(loop), EVRUN_ONCE);
	CHECK_INT(seen.count, PATHS * VERSIONS);
	parser_pool_destroy(pool);
	loop_destroy(loop);
}
