/*
 * sqlite.h: what the files of the SQLite engine share: statements with sticky errors, the
 * transaction of the turn, and the queue of calls that wait for it.
 *
 * A write call is sqlite_begin, statements, sqlite_finish_write. Its statements need no
 * checks: after the first failure the rest do nothing, the transaction is rolled back and
 * all writes of the turn report STORE_BUSY.
 */
#ifndef DAEMON_STORE_SQLITE_H
#define DAEMON_STORE_SQLITE_H

#include <ev.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/loop/histogram.h"
#include "daemon/store/engine.h"
#include "daemon/store/ledger.h"
#include "daemon/store/op.h"
#include "daemon/store/value.h"

struct arena;
struct checkpoint;
struct error;

enum sql {
	SQL_BEGIN, SQL_COMMIT, SQL_ROLLBACK, SQL_COUNTER,
	SQL_ARTICLE_MOVE, SQL_ARTICLE_CLEAR_NAMES, SQL_ARTICLE_PUT, SQL_ARTICLE_PUT_FLAT,
	SQL_ARTICLE_DELETE, SQL_ARTICLE_LIST, SQL_ARTICLE_GET, SQL_ARTICLE_CHANGED,
	SQL_DOC_PUT, SQL_DOC_LIST, SQL_DOC_SINCE, SQL_DOC_GET, SQL_DOC_CHANGED,
	SQL_TOPIC_PUT, SQL_TOPIC_FIND, SQL_HOST_PUT, SQL_HOST_FIND,
	SQL_INTENT_DROP_KEY, SQL_INTENT_PUT, SQL_INTENT_DUE, SQL_INTENT_HIDE, SQL_INTENT_GET,
	SQL_INTENT_DELETE, SQL_INTENT_RETRY,
	SQL_SUB_FIND, SQL_SUB_INSERT, SQL_SUB_RENEW, SQL_SUB_DELETE_KEY, SQL_SUB_DELETE,
	SQL_SUB_LIST, SQL_SUB_GET, SQL_SUB_WITHDRAWN, SQL_SUB_OF_TOPIC, SQL_SUB_TOPICS,
	SQL_SUB_LIVE_COUNT, SQL_SUB_PAGE,
	SQL_SUB_SWEEP, SQL_SUB_DELIVERED,
	SQL_JOB_WIDTH, SQL_JOB_PUT, SQL_JOB_FREE, SQL_JOB_TAKE, SQL_JOB_GET, SQL_JOB_MOVE,
	SQL_JOB_AHEAD, SQL_JOB_DELETE, SQL_JOB_DROP_TOPIC,
	SQL_TASK_PUT, SQL_TASK_OWE, SQL_TASK_URGENT, SQL_TASK_DUE, SQL_TASK_HIDE,
	SQL_TASK_NEWEST, SQL_TASK_RAISE, SQL_TASK_RECALL, SQL_TASK_DELETE,
	SQL_TASK_AGAIN, SQL_TASK_RETRY, SQL_TASK_HURRY, SQL_TASK_DROP_TOPIC,
	SQL_EXTERNAL_ADD, SQL_EXTERNAL_TOLD, SQL_EXTERNAL_SET,
	SQL_INTENT_RELEASE, SQL_JOB_RELEASE, SQL_TASK_RELEASE, SQL_NEXT_DUE, SQL_COUNTS,
	SQL_CLOCK_TASKS, SQL_CLOCK_INTENTS, SQL_CLOCK_JOBS,
	SQL_LEDGER_HEAD, SQL_LEDGER_PUT, SQL_LEDGER_COUNT, SQL_LEDGER_DAY_PUT,
	SQL_LEDGER_DAY_BEFORE, SQL_LEDGER_CUT,
	SQL_TOPIC_LIST,
	SQL_COUNT
};
extern const char *const sqlite_statements[SQL_COUNT];

/* The chain's end, as it will be when the turn is committed (sqlite_ledger.c). */
struct ledger_head {
	int64_t seq, time_ms;
	uint8_t hash[LEDGER_HASH];
	bool is_loaded;            /* false after a rollback too */
};

struct store {
	struct store_base base;
	struct loop *loop;         /* borrows */
	int64_t (*clock)(void);    /* or NULL */
	char *file;                /* owns; or ":memory:" */
	sqlite3 *db;               /* owns; NULL while it could not be opened again */
	sqlite3_stmt *prepared[SQL_COUNT]; /* owns */
	ev_prepare prepare;        /* commits before the loop sleeps */
	ev_timer retry;            /* brings `held` back */
	struct op_list held;       /* reads that failed, for later */
	struct op_list unsaved;    /* ledger rows that wait for the next commit */
	struct op *ledger_last;    /* borrows: the last of them, or NULL */
	ev_timer ledger_due;       /* when they wait no longer */
	struct ledger_head ledger;
	struct ledger_key *ledger_key; /* owns; NULL: days are not signed */
	bool is_open_tx;           /* BEGIN was done */
	bool must_sync;            /* a call of the turn made a fact */
	bool is_failed;            /* a statement of the current call failed */
	bool must_reopen;          /* the connection is not to be trusted any more */
	bool is_running;           /* inside `done` calls */
	bool is_complaining;       /* the failure was logged already */
	bool is_closed;
	struct histogram commits;
	char *node, *address, *roles; /* own; NULL = none yet */
	size_t log_pages;          /* after the last commit */
	struct checkpoint *checkpoint; /* owns; NULL for a database in memory */
};

/* Starts a write call: opens the turn's transaction if need be. */
void sqlite_begin(struct store *store);
/* Ends it; OP (NULL for calls without `done`) gets STATUS, or STORE_BUSY if it failed. */
void sqlite_finish_write(struct store *store, struct op *op, enum store_status status);
/* The same for what may be repeated after a power failure: claims and progress. */
void sqlite_finish_progress(struct store *store, struct op *op, enum store_status status);

/* Binds VALUES to the statement; NULL after a failure. Rows are read by sqlite_row until
 * it returns false, or the statement is ended early by sqlite_end. */
sqlite3_stmt *sqlite_start(struct store *store, enum sql sql, const struct value *values,
	size_t count);
bool sqlite_row(struct store *store, sqlite3_stmt *stmt);
void sqlite_end(sqlite3_stmt *stmt);

/* A statement without rows; returns the number of changed rows. */
int sqlite_run(struct store *store, enum sql sql, const struct value *values, size_t count);

/* A statement of one integer; DEFAULT if there is no row. */
int64_t sqlite_number(struct store *store, enum sql sql, const struct value *values,
	size_t count, int64_t otherwise);

/* The next value of a counter ("seq", "sub", "intent", "job"): never given out twice. */
int64_t sqlite_count_up(struct store *store, const char *counter);

int64_t sqlite_now(struct store *store);

/* Column copies in ARENA; NULL stays NULL. */
const char *column_text(struct arena *arena, sqlite3_stmt *stmt, int column);
const void *column_blob(struct arena *arena, sqlite3_stmt *stmt, int column, size_t *len);

/* The columns of SQL_SUB_LIST, SQL_SUB_PAGE and SQL_TASK_DUE (SUB_COLUMNS). */
enum { SUB_COLUMN_PART = 12, SUB_COLUMN_HOST = 13, SUB_COLUMN_TOPIC = 14 };
void sqlite_sub_columns(struct arena *arena, sqlite3_stmt *stmt, struct store_sub *out);

/* The number of the topic, 0 if nothing ever subscribed to it. */
int64_t sqlite_find_topic(struct store *store, const char *path);

/* sqlite_ledger.c. The rows that wait go into the turn's transaction (put, by the commit),
 * or are given one (flush). */
void sqlite_ledger_init(struct store *store);
void sqlite_ledger_put(struct store *store);
void sqlite_ledger_flush(struct store *store);
void sqlite_ledger_finish(struct store *store);

/* sqlite_nodes.c: the epoch of every role, since nobody else can have one. */
enum { SQLITE_EPOCH = 1 };

/* Opens, changes or drops the jobs of a document that was just put with SEQ. */
void sqlite_publish_jobs(struct store *store, const struct store_doc *doc, int64_t seq);

/* sqlite_file.c: creates the file and the directories above it; only its owner may read it,
 * also when it was there before. */
bool sqlite_make_file(const char *path, struct error *err);

/* schema.c: brings DB to the newest schema; refuses what is newer or not ours. */
bool schema_migrate(sqlite3 *db, const char *file, struct error *err)
	__attribute__((warn_unused_result));

#endif
