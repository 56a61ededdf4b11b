/*
 * test_store_sync.c: what is on the disk before it is reported. SQLite's own fdatasync is
 * replaced, counted, and made to fail.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "daemon/loop/loop.h"
#include "daemon/store/store.h"
#include "feeds/base/error.h"
#include "tests/unit/harness.h"

static int syncs;
static bool is_broken;

/* In the place of the C library's, also for libsqlite3. */
int fdatasync(int fd)
{
	syncs++;
	if (is_broken) {
		errno = EIO;
		return -1;
	}
	return fsync(fd);
}

static struct loop *loop;
static struct store *store;
static enum store_status status;
static int64_t intent;
static struct store_job job;
static struct store_cursor cursor;
static size_t rows_seen;

static void begin(void)
{
	struct error err;

	loop = loop_create("main");
	CHECK(store_open(loop, &(struct store_settings){.uri = "sqlite:test.db",
		.directory = "."}, &store, &err));
	syncs = 0;
}

static void end(void)
{
	store_close(store);
	loop_destroy(loop);
}

static void on_stored(void *context, enum store_status got, int64_t id)
{
	(void)context;
	status = got;
	intent = id;
}

static void on_status(void *context, enum store_status got)
{
	(void)context;
	status = got;
}

static void on_published(void *context, enum store_status got, const int64_t *seqs,
	size_t count)
{
	(void)context, (void)seqs, (void)count;
	status = got;
}

static void on_jobs(void *context, const struct store_job *jobs, size_t count)
{
	(void)context;
	CHECK_INT(count, 1);
	job = jobs[0];
	job.topic = "/feed.atom";
}

static void on_page(void *context, enum store_status got, const struct store_job *now,
	const struct store_sub *rows, const struct store_cursor *cursors, size_t count,
	bool at_end)
{
	(void)context, (void)now, (void)rows, (void)at_end;
	status = got;
	rows_seen = count;
	if (count)
		cursor = cursors[count - 1];
}

static void on_step(void *context, enum store_status got, bool more)
{
	(void)context, (void)more;
	status = got;
}

static void request(void)
{
	const struct store_intent wish = {.mode = SUB_SUBSCRIBE, .topic = "/feed.atom",
		.topic_asked = "http://h/feed.atom", .callback = "http://s/cb",
		.host_key = "http://s:80", .lease_s = 864000};

	sub_request(store, &wish, on_stored, NULL);
	store_flush(store);
}

static void publish(void)
{
	const struct store_doc doc = {.path = "/feed.atom", .content_type = "text/plain",
		.etag = "e", .is_topic = true, .body = "x", .len = 1};

	store_publish(store, &(struct store_publication){.docs = &doc, .doc_count = 1},
		on_published, NULL);
	store_flush(store);
}

TEST(facts_are_synced_and_progress_is_not)
{
	int before;

	begin();
	request();
	CHECK_INT(status, STORE_OK);
	CHECK_INT(syncs, 1);
	sub_confirm(store, intent, on_status, NULL);
	store_flush(store);
	CHECK_INT(syncs, 2);
	publish();
	CHECK_INT(status, STORE_OK);
	CHECK_INT(syncs, 3);
	before = syncs;
	job_claim(store, 1, 30000, on_jobs, NULL);
	store_flush(store);
	job_page(store, &job, (struct store_cursor){0, 0, 0}, 10, on_page, NULL);
	store_flush(store);
	CHECK_INT(rows_seen, 1);
	job_step(store, &(struct store_step){.job = job, .cursor = cursor, .is_last = true,
		.lease_ms = 30000}, on_step, NULL);
	store_flush(store);
	CHECK_INT(status, STORE_OK);
	CHECK_INT(syncs, before);
	end();
}

TEST(what_could_not_be_synced_is_not_reported_as_stored)
{
	begin();
	is_broken = true;
	request();
	CHECK_INT(status, STORE_BUSY);
	CHECK(syncs >= 1);
	publish();
	CHECK_INT(status, STORE_BUSY);
	is_broken = false;
	request();
	CHECK_INT(status, STORE_OK);
	sub_confirm(store, intent, on_status, NULL);
	store_flush(store);
	CHECK_INT(status, STORE_OK);
	publish();
	CHECK_INT(status, STORE_OK);
	end();
}
