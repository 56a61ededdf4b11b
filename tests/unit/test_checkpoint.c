/*
 * test_checkpoint.c: the log is moved into the database while the store is open, stays within
 * its bound, and nothing that was committed is lost when the mover is stopped, blocked by a
 * reader, or refused by the disk.
 */
#include "daemon/store/checkpoint.h"

#include <errno.h>
#include <ev.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/loop/loop.h"
#include "daemon/store/store.h"
#include "daemon/store/store_articles.h"
#include "feeds/base/error.h"
#include "tests/unit/harness.h"

enum { BODY = 256 * 1024, PAGE = 4096, BOUND = 16000 * PAGE };

static atomic_bool is_broken, is_held;
static atomic_int refused, waiting;

/* In the place of the C library's, also for libsqlite3. */
int fdatasync(int fd)
{
	for (waiting++; is_held && gettid() != getpid();)
		usleep(1000);
	waiting--;
	if (!is_broken) {
		usleep(5000); /* a disk that takes its time */
		return fsync(fd);
	}
	refused++;
	errno = EIO;
	return -1;
}

static struct loop *loop;
static ev_timer tick; /* the loop is never asleep for long */
static struct store *store;
static char body[BODY];
static size_t stored, failed;

static void on_tick(struct ev_loop *ev, ev_timer *timer, int events)
{
	(void)ev, (void)timer, (void)events;
}

static void begin(void)
{
	struct error err;

	loop = loop_create("main");
	CHECK(store_open(loop, &(struct store_settings){.uri = "sqlite:test.db",
		.directory = "."}, &store, &err));
	ev_timer_init(&tick, on_tick, 0.01, 0.01);
	ev_timer_start(loop_ev(loop), &tick);
}

static void end(void)
{
	ev_timer_stop(loop_ev(loop), &tick);
	store_close(store);
	loop_destroy(loop);
}

static void on_published(void *context, enum store_status status, const int64_t *seqs,
	size_t count)
{
	(void)context, (void)seqs, (void)count;
	stored += status == STORE_OK;
	failed += status != STORE_OK;
}

/* An article's text of 256 KiB under a path of its own. */
static void publish(int number)
{
	char path[32];
	struct store_article row = {.path = path, .hash = "h", .content_hash = "c",
		.flat = body, .flat_len = sizeof(body)};

	snprintf(path, sizeof(path), "a%06d.md", number);
	memset(body, (int)stored, sizeof(body)); /* the same again would not be written */
	store_publish(store, &(struct store_publication){.articles = &row, .article_count = 1},
		on_published, NULL);
}

static void publish_and_wait(int number)
{
	size_t before = stored + failed;

	publish(number);
	while (stored + failed == before)
		ev_run(loop_ev(loop), EVRUN_ONCE);
}

static long long size_of(const char *file)
{
	struct stat status;

	return stat(file, &status) == 0 ? (long long)status.st_size : -1;
}

/* Lets the loop run until the database has BYTES bytes. */
static bool grows_to(long long bytes)
{
	for (int i = 0; i < 3000 && size_of("test.db") < bytes; i++)
		ev_run(loop_ev(loop), EVRUN_ONCE);
	return size_of("test.db") >= bytes;
}

static int64_t number_of(const char *sql)
{
	sqlite3 *db;
	sqlite3_stmt *stmt;
	int64_t number = -1;

	CHECK(sqlite3_open("test.db", &db) == SQLITE_OK);
	CHECK(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK);
	if (sqlite3_step(stmt) == SQLITE_ROW)
		number = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return number;
}

TEST(the_log_is_moved_while_the_store_is_open)
{
	begin();
	for (int i = 0; i < 100; i++)
		publish_and_wait(i);
	CHECK(grows_to(60LL * BODY)); /* a round takes what there was when it began */
	end();
	CHECK_INT(size_of("test.db-wal"), -1);
	CHECK_INT(number_of("SELECT count(*) FROM flat WHERE length(bytes) = 262144"), 100);
}

/* 100 MiB through a log of 63, in one go. */
TEST(the_log_stays_within_its_bound)
{
	long long most = 0;

	begin();
	for (int i = 0; i < 400; i++) {
		publish_and_wait(i % 50);
		if (size_of("test.db-wal") > most)
			most = size_of("test.db-wal");
	}
	CHECK_INT(failed, 0);
	CHECK(most < BOUND + 8LL * 1024 * 1024);
	end();
	CHECK_INT(number_of("SELECT count(*) FROM flat"), 50);
}

/* A commit is a reader of what was before it, and a round may begin before it has ended: here
 * another connection stands for it. */
TEST(what_a_reader_kept_is_moved_when_it_has_gone)
{
	sqlite3 *reader;
	int count = 0;

	begin();
	while (count < 50)
		publish_and_wait(count++);
	CHECK(sqlite3_open("test.db", &reader) == SQLITE_OK);
	CHECK(sqlite3_exec(reader, "BEGIN; SELECT count(*) FROM article", NULL, NULL, NULL) ==
		SQLITE_OK);
	is_held = true;
	while (count < 70)
		publish_and_wait(count++);
	while (!waiting) /* the round knows how far it may go */
		ev_run(loop_ev(loop), EVRUN_ONCE);
	sqlite3_close(reader);
	is_held = false;
	CHECK(grows_to(70LL * BODY));
	end();
}

TEST(a_reader_of_long_ago_holds_nobody_up)
{
	sqlite3 *reader;

	begin();
	publish_and_wait(0);
	CHECK(sqlite3_open("test.db", &reader) == SQLITE_OK);
	CHECK(sqlite3_exec(reader, "BEGIN; SELECT count(*) FROM article", NULL, NULL, NULL) ==
		SQLITE_OK);
	for (int i = 1; i < 280; i++)
		publish_and_wait(i);
	CHECK_INT(failed, 0);
	CHECK(size_of("test.db-wal") > BOUND);
	CHECK(size_of("test.db") < 10LL * BODY);
	sqlite3_close(reader);
	/* with the next step it goes on */
	for (int i = 0; i < 100; i++)
		publish_and_wait(i);
	CHECK(grows_to(280LL * BODY));
	end();
	CHECK_INT(number_of("SELECT count(*) FROM flat"), 280);
}

TEST(a_disk_that_refuses_loses_nothing)
{
	begin();
	publish_and_wait(0);
	is_broken = true;
	for (int i = 1; i < 200; i++)
		publish_and_wait(i); /* rows alone are not synced: only the mover is refused */
	CHECK_INT(failed, 0);
	while (!refused)
		ev_run(loop_ev(loop), EVRUN_NOWAIT);
	is_broken = false;
	for (int i = 200; i < 400; i++)
		publish_and_wait(i);
	CHECK(grows_to(300LL * BODY));
	end();
	CHECK_INT(number_of("SELECT count(*) FROM flat"), 400);
}

/* Ended while the mover is at work, with what it has not moved in the log. */
TEST(a_kill_loses_nothing)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		begin();
		for (int i = 0; i < 70; i++)
			publish_and_wait(i);
		_exit(failed ? 1 : 0);
	}
	CHECK(waitpid(child, &status, 0) == child && status == 0);
	CHECK(size_of("test.db-wal") > 0);
	begin();
	end();
	CHECK_INT(number_of("SELECT count(*) FROM flat"), 70);
	CHECK_INT(number_of("SELECT count(*) FROM pragma_integrity_check "
		"WHERE integrity_check = 'ok'"), 1);
}

/* The message of a round may come back when nobody is there any more. */
TEST(a_close_in_the_middle_of_a_round)
{
	for (int turn = 0; turn < 5; turn++) {
		begin();
		for (int i = 0; i < 70; i++)
			publish(i);
		store_flush(store);
		end();
		CHECK_INT(size_of("test.db-wal"), -1);
		CHECK_INT(number_of("SELECT count(*) FROM flat"), 70);
	}
}
