/*
 * sqlite.c: the engine's core. One connection, one writer, WAL.
 *
 * Group commit: a write runs at once inside the transaction of the loop's turn; a prepare
 * watcher commits before the loop sleeps and then runs the `done` calls in the order of the
 * calls. Reads are queued too and run just after the commit, so that nothing is reported
 * that a kill could take back. One batch a turn: what `done` calls start waits for the next
 * turn, and an idle watcher keeps the loop from sleeping until then.
 *
 * A turn is synced to the disk (as synchronous=FULL would) when a call of it made a fact.
 * Claims, leases and the progress of deliveries are only written: a kill does not take
 * them back, a power failure may, and then something is delivered twice. The next sync
 * covers them. So nothing between a publication and its first delivery waits for the disk.
 *
 * The log is moved into the database by a thread (checkpoint.h). When it grows faster than
 * that, the batch waits after its commit: who waits for `done` writes no more.
 *
 * A failed write or commit rolls the turn back and its writes report STORE_BUSY. After an
 * input/output error the connection is opened anew: what fsync refused is not to be
 * trusted. A failed read is held and tried again, because "there is none" would be a lie.
 */
#include "daemon/store/sqlite.h"
#include "daemon/store/sqlite_calls.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/control/log.h"
#include "daemon/loop/loop.h"
#include "daemon/store/checkpoint.h"
#include "feeds/base/arena.h"
#include "feeds/base/error.h"
#include "feeds/base/mem.h"

enum {
	BUSY_TIMEOUT_MS = 1000,
	FLUSH_ROUNDS_MOST = 1000, /* a caller that repeats at once must not hold a shutdown */
};
static const double retry_s = 1.0;

static const char pragmas[] =
	"PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;"
	"PRAGMA wal_autocheckpoint=0;"
	"PRAGMA temp_store=MEMORY; PRAGMA cache_size=-16000;"
	"PRAGMA journal_size_limit=67108864; PRAGMA trusted_schema=OFF;";

/* ---- the connection ---- */

static void close_connection(struct store *store)
{
	for (int i = 0; i < SQL_COUNT; i++) {
		sqlite3_finalize(store->prepared[i]);
		store->prepared[i] = NULL;
	}
	sqlite3_close(store->db);
	store->db = NULL;
}

static int on_log(void *context, sqlite3 *db, const char *name, int pages)
{
	struct store *store = context;

	(void)db, (void)name;
	store->log_pages = (size_t)pages;
	return SQLITE_OK;
}

static bool open_connection(struct store *store, struct error *err)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;

	if (sqlite3_open_v2(store->file, &store->db, flags, NULL) != SQLITE_OK)
		return error_set(err, "open %s: %s", store->file,
			store->db ? sqlite3_errmsg(store->db) : "out of memory");
	sqlite3_extended_result_codes(store->db, 1);
	sqlite3_busy_timeout(store->db, BUSY_TIMEOUT_MS);
	store->log_pages = 0;
	if (sqlite3_exec(store->db, pragmas, NULL, NULL, NULL) != SQLITE_OK)
		return error_set(err, "open %s: %s", store->file, sqlite3_errmsg(store->db));
	sqlite3_wal_hook(store->db, on_log, store); /* autocheckpoint would replace it */
	return schema_migrate(store->db, store->file, err);
}

/* A database in memory would be gone, so it is kept. */
static bool is_connected(struct store *store)
{
	struct error err;

	if (store->must_reopen && strcmp(store->file, ":memory:") != 0)
		close_connection(store);
	store->must_reopen = false;
	if (store->db)
		return true;
	if (open_connection(store, &err))
		return true;
	if (!store->is_complaining)
		log_error("store: %s", err.text);
	store->is_complaining = true;
	close_connection(store);
	return false;
}

/* ---- statements ---- */

static void rollback(struct store *store)
{
	if (!store->is_open_tx)
		return;
	store->is_open_tx = false;
	if (!sqlite3_get_autocommit(store->db))
		sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
	for (struct op *op = store->base.queue.first; op; op = op->next) {
		if (op->is_write)
			op->status = STORE_BUSY;
	}
}

static void fail_with(struct store *store, const char *what, const char *why, int code)
{
	store->is_failed = true;
	store->ledger.is_loaded = false;
	if (!store->is_complaining)
		log_error("store: %s failed: %s (%d)", what, why, code);
	store->is_complaining = true;
	store->must_reopen = (code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CORRUPT;
	rollback(store);
}

static void fail(struct store *store, const char *what)
{
	fail_with(store, what, sqlite3_errmsg(store->db),
		sqlite3_extended_errcode(store->db));
}

static void bind(sqlite3_stmt *stmt, int place, const struct value *value)
{
	switch (value->type) {
	case VALUE_INT:
		sqlite3_bind_int64(stmt, place, value->number);
		return;
	case VALUE_TEXT:
		sqlite3_bind_text(stmt, place, value->bytes, -1, SQLITE_STATIC);
		return;
	case VALUE_BLOB:
		sqlite3_bind_blob64(stmt, place, value->bytes, value->len, SQLITE_STATIC);
		return;
	}
}

sqlite3_stmt *sqlite_start(struct store *store, enum sql sql, const struct value *values,
	size_t count)
{
	sqlite3_stmt **stmt = &store->prepared[sql];

	if (store->is_failed)
		return NULL;
	if (!*stmt && sqlite3_prepare_v3(store->db, sqlite_statements[sql], -1,
			      SQLITE_PREPARE_PERSISTENT, stmt, NULL) != SQLITE_OK) {
		fail(store, sqlite_statements[sql]);
		return NULL;
	}
	assert(sqlite3_bind_parameter_count(*stmt) == (int)count);
	for (size_t i = 0; i < count; i++)
		bind(*stmt, (int)i + 1, &values[i]);
	return *stmt;
}

void sqlite_end(sqlite3_stmt *stmt)
{
	if (!stmt)
		return;
	sqlite3_reset(stmt);
	sqlite3_clear_bindings(stmt);
}

bool sqlite_row(struct store *store, sqlite3_stmt *stmt)
{
	int code;

	if (store->is_failed)
		sqlite_end(stmt);
	if (!stmt || store->is_failed)
		return false;
	code = sqlite3_step(stmt);
	if (code == SQLITE_ROW)
		return true;
	if (code != SQLITE_DONE)
		fail(store, sqlite3_sql(stmt)); /* the text with "?", never the values */
	sqlite_end(stmt);
	return false;
}

int sqlite_run(struct store *store, enum sql sql, const struct value *values, size_t count)
{
	sqlite3_stmt *stmt = sqlite_start(store, sql, values, count);

	while (sqlite_row(store, stmt))
		;
	return store->is_failed ? 0 : sqlite3_changes(store->db);
}

int64_t sqlite_number(struct store *store, enum sql sql, const struct value *values,
	size_t count, int64_t otherwise)
{
	sqlite3_stmt *stmt = sqlite_start(store, sql, values, count);
	int64_t number = otherwise;

	while (sqlite_row(store, stmt))
		number = sqlite3_column_int64(stmt, 0);
	return store->is_failed ? otherwise : number;
}

int64_t sqlite_count_up(struct store *store, const char *counter)
{
	return sqlite_number(store, SQL_COUNTER, VALUES(value_text(counter)), 0);
}

int64_t sqlite_now(struct store *store)
{
	return store->clock ? store->clock() : loop_wall_ms(store->loop);
}

const char *column_text(struct arena *arena, sqlite3_stmt *stmt, int column)
{
	return arena_strdup(arena, (const char *)sqlite3_column_text(stmt, column));
}

const void *column_blob(struct arena *arena, sqlite3_stmt *stmt, int column, size_t *len)
{
	const void *bytes = sqlite3_column_blob(stmt, column);
	void *copy;

	*len = (size_t)sqlite3_column_bytes(stmt, column);
	if (sqlite3_column_type(stmt, column) == SQLITE_NULL)
		return NULL;
	copy = arena_alloc(arena, *len + 1);
	if (*len)
		memcpy(copy, bytes, *len);
	return copy;
}

/* ---- the turn's transaction ---- */

void sqlite_begin(struct store *store)
{
	assert(!store->is_closed);
	store->is_failed = false;
	if (store->is_open_tx)
		return;
	if (!is_connected(store)) {
		store->is_failed = true;
		return;
	}
	sqlite_run(store, SQL_BEGIN, NULL, 0);
	store->is_open_tx = !store->is_failed;
	ev_idle_start(store->base.ev, &store->base.awake);
}

void sqlite_finish_progress(struct store *store, struct op *op, enum store_status status)
{
	if (!op)
		return;
	op->is_write = true;
	op->status = store->is_failed ? STORE_BUSY : status;
	engine_queue(store, op);
}

void sqlite_finish_write(struct store *store, struct op *op, enum store_status status)
{
	store->must_sync = true;
	sqlite_finish_progress(store, op, status);
}

/* What synchronous=FULL does after each commit. */
static int sync_log(struct store *store)
{
	sqlite3_file *log = NULL;

	if (sqlite3_file_control(store->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log) !=
			SQLITE_OK || !log || !log->pMethods)
		return SQLITE_OK; /* a database in memory */
	return log->pMethods->xSync(log, SQLITE_SYNC_NORMAL);
}

static int64_t mono_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void commit(struct store *store)
{
	int code;
	int64_t began;

	if (!store->is_open_tx)
		return;
	began = mono_us();
	store->is_failed = false;
	sqlite_ledger_put(store);
	if (store->is_failed)
		return;
	sqlite_run(store, SQL_COMMIT, NULL, 0);
	if (store->is_failed)
		return;
	code = store->must_sync ? sync_log(store) : SQLITE_OK;
	histogram_add(&store->commits, (double)(mono_us() - began) / 1e6);
	if (code != SQLITE_OK) {
		fail_with(store, "fsync", sqlite3_errstr(code), code);
		return;
	}
	store->must_sync = false;
	store->is_open_tx = false;
	if (store->checkpoint)
		checkpoint_note(store->checkpoint, store->log_pages);
	if (store->is_complaining)
		log_info("store: written again");
	store->is_complaining = false;
}

/* Runs the reads of a batch; those that fail are held. */
static struct op *read_all(struct store *store, struct op *op)
{
	struct op_list ready;

	op_list_init(&ready);
	for (struct op *next; op; op = next) {
		next = op->next;
		if (op->read) {
			store->is_failed = !is_connected(store);
			if (!store->is_failed)
				op->read(store, op);
		}
		if (op->read && store->is_failed) {
			op_list_add(&store->held, op);
			ev_timer_again(store->base.ev, &store->retry);
		} else {
			op_list_add(&ready, op);
		}
	}
	return ready.first;
}

/* One batch: commit, reads, `done` calls, events. */
static void run_batch(struct store *store)
{
	struct op *op;

	commit(store);
	op = read_all(store, op_list_take(&store->base.queue));
	store->is_running = true;
	engine_answer(store, op);
	engine_tell(store);
	store->is_running = false;
	if (!store->base.queue.first && !store->is_open_tx && !store->base.raised)
		ev_idle_stop(store->base.ev, &store->base.awake);
}

static void on_prepare(struct ev_loop *ev, ev_prepare *prepare, int events)
{
	struct store *store = prepare->data;

	(void)events;
	commit(store);
	if (store->checkpoint && checkpoint_is_behind(store->checkpoint))
		ev_idle_stop(ev, &store->base.awake);
	else
		run_batch(store);
}

static void on_rested(void *context)
{
	struct store *store = context;

	if (store->base.queue.first || store->base.raised)
		ev_idle_start(store->base.ev, &store->base.awake);
}

static void on_retry(struct ev_loop *ev, ev_timer *timer, int events)
{
	struct store *store = timer->data;
	struct op *op = op_list_take(&store->held);

	(void)events;
	ev_timer_stop(ev, timer);
	for (struct op *next; op; op = next) {
		next = op->next;
		engine_queue_read(store, op, op->read);
	}
}

/* ---- open and close ---- */

static char *file_of_uri(const char *uri, const char *directory)
{
	char *path;

	if (strncmp(uri, "sqlite:", 7) != 0 || uri[7] == '\0')
		return NULL;
	if (uri[7] == '/' || strcmp(uri + 7, ":memory:") == 0 || !directory)
		return mem_strdup(uri + 7);
	path = mem_alloc(strlen(directory) + strlen(uri) + 2);
	sprintf(path, "%s/%s", directory, uri + 7);
	return path;
}

static void destroy(struct store *store)
{
	close_connection(store);
	free(store->file);
	free(store->node);
	free(store->address);
	free(store->roles);
	free(store);
}

static void start_watchers(struct store *store)
{
	ev_prepare_init(&store->prepare, on_prepare);
	ev_timer_init(&store->retry, on_retry, 0., retry_s);
	store->prepare.data = store->retry.data = store;
	ev_prepare_start(store->base.ev, &store->prepare);
}

/* One process owns the file, so whatever was claimed before this moment was claimed by one
 * that is dead: nothing is gained by waiting for its leases to run out. */
static bool release_claims(struct store *store, struct error *err)
{
	int64_t now = sqlite_now(store);

	sqlite_begin(store);
	sqlite_run(store, SQL_INTENT_RELEASE, VALUES(value_int(now)));
	sqlite_run(store, SQL_JOB_RELEASE, NULL, 0);
	sqlite_run(store, SQL_TASK_RELEASE, VALUES(value_int(now)));
	if (!store->is_failed)
		commit(store);
	if (!store->is_failed)
		return true;
	return error_set(err, "open %s: cannot be written: %s", store->file,
		sqlite3_errmsg(store->db));
}

static struct store *create(struct loop *loop, const struct store_settings *settings, char *file)
{
	struct store *store = mem_alloc(sizeof(*store));

	engine_init(store, &sqlite_engine, loop, settings);
	store->loop = loop;
	store->clock = settings->clock;
	store->node = settings->node ? mem_strdup(settings->node) : NULL;
	store->file = file;
	op_list_init(&store->held);
	sqlite_ledger_init(store);
	return store;
}

bool sqlite_open(struct loop *loop, const struct store_settings *settings, struct store **out,
	struct error *err)
{
	struct store *store;
	char *file = file_of_uri(settings->uri, settings->directory);

	if (!file)
		return error_set(err, "store.uri: %s: expected sqlite:FILE", settings->uri);
	store = create(loop, settings, file);
	if ((strcmp(file, ":memory:") != 0 && !sqlite_make_file(file, err)) ||
		!open_connection(store, err)) {
		destroy(store);
		return false;
	}
	start_watchers(store);
	if (!release_claims(store, err)) {
		sqlite_close(store);
		return false;
	}
	engine_raise(store, STORE_UP);
	if (strcmp(file, ":memory:") != 0)
		store->checkpoint = checkpoint_create(loop, file, on_rested, store);
	*out = store;
	return true;
}

void sqlite_flush(struct store *store)
{
	assert(!store->is_running);
	sqlite_ledger_flush(store);
	for (int i = 0; i < FLUSH_ROUNDS_MOST; i++) {
		run_batch(store);
		if (!store->base.queue.first && !store->is_open_tx)
			return;
	}
}

void sqlite_close(struct store *store)
{
	if (!store)
		return;
	assert(!store->is_running);
	sqlite_ledger_flush(store);
	commit(store);
	sqlite_ledger_finish(store);
	store->is_closed = true;
	ev_prepare_stop(store->base.ev, &store->prepare);
	ev_idle_stop(store->base.ev, &store->base.awake);
	ev_timer_stop(store->base.ev, &store->retry);
	op_destroy_all(op_list_take(&store->base.queue));
	op_destroy_all(op_list_take(&store->held));
	checkpoint_destroy(store->checkpoint);
	destroy(store);
}
