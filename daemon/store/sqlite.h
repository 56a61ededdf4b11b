/*
 * sqlite.h: what the files of the SQLite engine share: sqlite.c (life, transactions,
 * completions), articles.c, subs.c, jobs.c.
 *
 * A call runs its statements at once, inside a transaction that is begun by the first
 * write of a loop turn and committed before the loop sleeps; its completion is queued
 * behind that commit.
 */
#ifndef DAEMON_STORE_SQLITE_H
#define DAEMON_STORE_SQLITE_H

#include <ev.h>
#include <sqlite3.h>

#include "daemon/store/store.h"

struct arena;

enum statement {
	STATEMENT_BEGIN, STATEMENT_COMMIT, STATEMENT_ROLLBACK,
	ARTICLE_RENAME, ARTICLE_CLEAR, ARTICLE_PUT, ARTICLE_REMOVE, ARTICLE_LIST, ARTICLE_GET,
	CLOCK_NEXT, DOC_PUT, DOC_LIST, DOC_GET, TOPIC_SUBS,
	JOB_PUT, JOB_CLAIM, JOB_PAGE, JOB_GET, JOB_STEP, JOB_WRAP, JOB_AHEAD, JOB_END,
	INTENT_PUT, INTENT_DUE, INTENT_HIDE, INTENT_GET, INTENT_DELETE, INTENT_RETRY,
	SUB_PUT, SUB_DELETE_KEY, SUB_DELETE, SUB_LIST, HOST_PUT, HOST_GET,
	TASK_PUT, TASK_DUE, TASK_HIDE, TASK_END, TASK_AGAIN, TASK_RETRY, TASK_HURRY,
	NEXT_INTENT, NEXT_TASK, SWEEP_SUBS, COUNTS,
	STATEMENT_COUNT
};

/* A completion that waits for the commit. `run` gets the outcome of the turn's writes. */
struct completion {
	struct completion *next;
	struct arena *arena;       /* owns what the result points at */
	void (*run)(struct completion *completion, enum store_status status);
	void (*done)(void);        /* the caller's, cast back by run */
	void *context;
	bool is_read;              /* does not depend on the commit */
	enum store_status status;  /* STORE_OK, or LOST decided by the statements */
	/* results, as the call needs them */
	void *rows;
	void *more_rows;
	size_t count;
	int64_t number, other;
	bool flag;
};

struct store {
	sqlite3 *db;               /* owns */
	char *path;                /* owns */
	sqlite3_stmt *statements[STATEMENT_COUNT]; /* own; prepared when first used */
	struct ev_loop *ev;
	ev_prepare before_sleep;
	ev_idle awake;             /* keeps the loop from sleeping while completions wait */
	struct completion *first, **last; /* own */
	int64_t (*clock)(void);
	bool in_transaction, has_failed; /* failed: this turn's writes cannot be committed */
};

/* A fresh, bound-to-nothing statement. */
sqlite3_stmt *store_statement(struct store *store, enum statement which);
/* Begins the turn's transaction; false (and has_failed) if that is not possible. */
bool store_begin(struct store *store);
/* Steps a statement that gives no row. */
bool store_run(struct store *store, sqlite3_stmt *statement);
/* Steps to the next row; false at the end or on a mistake (has_failed then). */
bool store_row(struct store *store, sqlite3_stmt *statement);

void bind_text(sqlite3_stmt *statement, int at, const char *text);
void bind_blob(sqlite3_stmt *statement, int at, const void *bytes, size_t len);
/* Copies of a column in ARENA; NULL for NULL. */
const char *column_text(struct arena *arena, sqlite3_stmt *statement, int at);
const void *column_blob(struct arena *arena, sqlite3_stmt *statement, int at, size_t *len);

/* Queues a completion with an arena of its own. */
struct completion *store_complete(struct store *store,
	void (*run)(struct completion *, enum store_status), void (*done)(void), void *context);

/* Columns of a subscription in the order of the statements that list them. */
void sub_from_row(struct arena *arena, sqlite3_stmt *statement, struct store_sub *out);
#define SUB_COLUMNS \
	"s.id, s.topic, s.topic_asked, s.callback, h.key, s.secret, s.method, s.changes, s.expires"

#endif
