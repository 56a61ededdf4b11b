/*
 * test_parser.c: the parent's side of the parser process, with programs in its place that
 * die, hang, talk nonsense, or do so once only; and with the real one.
 */
#include <ev.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/loop/loop.h"
#include "daemon/site/parser.h"
#include "feeds/base/error.h"
#include "tests/unit/harness.h"

enum { MOST_ANSWERS = 8 };

static struct {
	struct loop *loop;
	struct parser *parser;
	size_t count, wanted;
	char classes[MOST_ANSWERS][40]; /* "" = an article */
	ev_timer deadline;
} room;

static void on_deadline(struct ev_loop *ev, ev_timer *timer, int events)
{
	(void)ev, (void)timer, (void)events;
	harness_fail(__FILE__, __LINE__, "%zu answers instead of %zu", room.count, room.wanted);
}

static void on_done(void *context, const void *flat, size_t len, const struct diagnosis *why)
{
	char *class = room.classes[room.count];

	CHECK(context == &room);
	CHECK(room.count < MOST_ANSWERS && (flat ? len > 0 : why != NULL));
	snprintf(class, sizeof(room.classes[0]), "%s", flat ? "" : why->class);
	if (++room.count == room.wanted)
		loop_stop(room.loop);
}

static void open_room(const char *program, int64_t deadline_ms)
{
	const struct parser_config config = {.program = program, .deadline_ms = deadline_ms};
	struct error err;

	room.loop = loop_create("test");
	if (!parser_create(room.loop, &config, &room.parser, &err))
		harness_fail(__FILE__, __LINE__, "%s", err.text);
}

static void close_room(void)
{
	CHECK_INT(parser_backlog(room.parser), 0);
	parser_destroy(room.parser);
	loop_destroy(room.loop);
}

static void submit(const char *text)
{
	const struct parser_job job = {.path = "a.md",
		.input = {.bytes = text, .len = strlen(text)}};

	parser_submit(room.parser, &job, on_done, &room);
}

static void wait_for(size_t wanted)
{
	struct ev_loop *ev = loop_ev(room.loop);

	room.wanted = wanted;
	ev_timer_init(&room.deadline, on_deadline, 120., 0.);
	ev_timer_start(ev, &room.deadline);
	if (room.count < wanted)
		loop_run(room.loop);
	ev_timer_stop(ev, &room.deadline);
}

/* A program of LINES for /bin/sh; its path. */
static const char *script(const char *lines)
{
	static const char name[] = "./program";
	FILE *file = fopen(name, "w");

	CHECK(file != NULL);
	fprintf(file, "#!/bin/sh\n%s\n", lines);
	fclose(file);
	CHECK(chmod(name, 0700) == 0);
	return name;
}

static void check_all_killed(const char *program)
{
	open_room(program, 300);
	submit("---\ntitle: a\n");
	submit("---\ntitle: b\n");
	wait_for(2);
	CHECK_STR(room.classes[0], "parser-killed");
	CHECK_STR(room.classes[1], "parser-killed");
	close_room();
}

TEST(one_that_dies)
{
	check_all_killed(script("exit 1"));
}

TEST(one_that_hangs)
{
	check_all_killed(script("exec sleep 60"));
}

TEST(one_that_talks_nonsense)
{
	check_all_killed(script("printf 'nonsense, and more of it' >&0; exec sleep 60"));
}

TEST(one_that_answers_unasked)
{
	check_all_killed(script("printf '\\004\\000\\000\\000\\000\\000\\000\\000' >&0"));
}

static const char good[] = "---\ntitle: a\ndate: 2026-05-01\n---\nb\n";

/* Each start leaves a mark; the first two end with STATUS, then the real program runs. False
 * if nobody said where that is. */
static bool open_with_two_bad_starts(int status)
{
	const char *build = getenv("GAZETTED_BUILD");
	char lines[1000];

	if (!build)
		return false;
	snprintf(lines, sizeof(lines), "echo >>starts\n"
		"[ $(wc -l <starts) -gt 2 ] || exit %d\nexec %s%s%s/gazetted --parser-process",
		status, *build == '/' ? "" : harness_top(), *build == '/' ? "" : "/", build);
	open_room(script(lines), 5000);
	return true;
}

TEST(one_that_cannot_start_is_no_fault_of_the_article)
{
	if (!open_with_two_bad_starts(3))
		return;
	submit(good);
	wait_for(1);
	CHECK_STR(room.classes[0], "");
	close_room();
}

/* Its answer lies there when the deadline has passed and somebody looks. */
TEST(a_loop_that_stood_still_blames_nobody)
{
	const char *build = getenv("GAZETTED_BUILD");
	char lines[1000];
	struct stat starts;

	if (!build)
		return;
	snprintf(lines, sizeof(lines), "echo >>starts\nexec %s%s%s/gazetted --parser-process",
		*build == '/' ? "" : harness_top(), *build == '/' ? "" : "/", build);
	open_room(script(lines), 1000);
	submit(good);
	wait_for(1);
	for (size_t i = 0; i < 3; i++) {
		submit(good);
		usleep(1200 * 1000); /* before it has been sent */
		for (int turn = 0; turn < 3; turn++)
			ev_run(loop_ev(room.loop), EVRUN_NOWAIT);
		usleep(1200 * 1000); /* and before the answer has been read */
		wait_for(i + 2);
		CHECK_STR(room.classes[i + 1], "");
	}
	CHECK(stat("starts", &starts) == 0);
	CHECK_INT(starts.st_size, 1);
	close_room();
}

TEST(the_rest_goes_on_after_the_first_is_given_up)
{
	if (!open_with_two_bad_starts(1))
		return;
	submit("---\ntitle: poison\n");
	submit(good);
	submit("no title");
	wait_for(3);
	CHECK_STR(room.classes[0], "parser-killed");
	CHECK_STR(room.classes[1], "");
	CHECK_STR(room.classes[2], "title-missing");
	close_room();
}
