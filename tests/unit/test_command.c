/* test_command.c: programs that end well, badly, never, or cannot be started. */
#include "daemon/command.h"

#include <ev.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/control/log.h"
#include "daemon/loop/loop.h"
#include "tests/unit/harness.h"

static struct loop *loop;
static struct commands *commands;
static int turns;

static void begin(void)
{
	loop = loop_create("main");
	commands = commands_create(loop);
}

static void end(void)
{
	commands_destroy(commands);
	loop_destroy(loop);
}

/* Runs the loop until the file is there. */
static void wait_for(const char *path)
{
	struct stat status;

	while (stat(path, &status) != 0) {
		ev_run(loop_ev(loop), EVRUN_ONCE);
		turns++;
	}
}

/* The newest warning or error. */
static const char *complaint(void)
{
	static struct log_recent recent;

	return log_get_recent(&recent, 1) ? recent.text : "";
}

static void wait_for_complaint(const char *part)
{
	while (!strstr(complaint(), part))
		ev_run(loop_ev(loop), EVRUN_ONCE);
}

static void run(const char *script, int64_t limit_ms)
{
	const char *const words[] = {"/bin/sh", "-c", script, "name", "an argument"};
	const char *const facts[] = {"GAZETTED_ARTICLE=tag:a b", "GAZETTED_STEP=1"};

	commands_run(commands, &(struct command){.label = "article=x", .words = words,
		.word_count = 5, .facts = facts, .fact_count = 2, .limit_ms = limit_ms});
}

static void check_file(const char *path, const char *want)
{
	char text[400] = "";
	FILE *file = fopen(path, "r");

	CHECK(file && fread(text, 1, sizeof(text) - 1, file) < sizeof(text));
	fclose(file);
	CHECK_STR(text, want);
}

TEST(gets_its_words_and_facts_and_nothing_else)
{
	int open_fd;

	setenv("CREDENTIALS_DIRECTORY", "/secret", 1);
	setenv("HOME", "/h", 1);
	begin();
	open_fd = open("/dev/null", O_RDONLY); /* without O_CLOEXEC */
	CHECK(open_fd > STDERR_FILENO);
	run("{ echo \"$1|$GAZETTED_ARTICLE|$GAZETTED_STEP|$HOME|$CREDENTIALS_DIRECTORY\";"
	    "cat; ls /proc/self/fd | tr '\\n' ' '; } > a; mv a seen", 10000);
	wait_for("seen");
	/* 0 to 2, and that of ls itself */
	check_file("seen", "an argument|tag:a b|1|/h|\n0 1 2 3 ");
	close(open_fd);
	end();
}

TEST(one_after_the_other_and_failure_is_said)
{
	begin();
	run("echo one > first; exit 3", 10000);
	run("cat first > second.new; mv second.new second", 10000);
	wait_for("second");
	check_file("second", "one\n");
	CHECK_STR(complaint(), "command: exit status 3 article=x program=/bin/sh");
	run("kill -TERM $$", 10000);
	wait_for_complaint("ended by signal 15 article=x");
	end();
}

TEST(killed_after_its_time_with_all_it_started)
{
	begin();
	/* the child ignores the end of its parent and would go on for an hour */
	run("sleep 3600 & echo $! > child.new; mv child.new child; wait", 300);
	wait_for("child");
	wait_for_complaint("command: killed after ");
	CHECK(turns < 1000); /* the loop was not held up, and did not spin */
	{
		char text[20] = "";
		FILE *file = fopen("child", "r");
		pid_t child;

		CHECK(file && fgets(text, sizeof(text), file));
		fclose(file);
		child = (pid_t)atoi(text);
		/* gone, or waiting to be reaped by whoever inherited it */
		for (int i = 0; i < 1000 && kill(child, 0) == 0; i++) {
			char path[40], state[200] = "";

			snprintf(path, sizeof(path), "/proc/%d/stat", (int)child);
			file = fopen(path, "r");
			if (!file)
				break;
			CHECK(fgets(state, sizeof(state), file) != NULL);
			fclose(file);
			if (strstr(state, ") Z "))
				break;
			usleep(10000);
			CHECK(i < 999);
		}
	}
	run("echo > after", 10000);
	wait_for("after");
	end();
}

TEST(what_cannot_be_started_does_not_stop_the_next)
{
	const char *const words[] = {"/nowhere/at/all"};

	begin();
	commands_run(commands, &(struct command){.label = "article=y", .words = words,
		.word_count = 1, .limit_ms = 1000});
	CHECK_STR(complaint(), "command: start /nowhere/at/all: No such file or directory "
		"article=y");
	run("echo > after", 10000);
	wait_for("after");
	end();
}

TEST(the_end_waits_for_nobody)
{
	begin();
	run("echo > began; sleep 3600", 3600 * 1000);
	run("echo > never", 1000);
	wait_for("began");
	end();
	CHECK(access("never", F_OK) != 0);
	commands_destroy(NULL);
}
