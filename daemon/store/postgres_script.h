/*
 * postgres_script.h: a call as it goes to the server: statements with their parameters, sent
 * together, and TAKE, which reads each result into the op. Whatever was sent and not answered
 * may be sent again, so TAKE must be able to start anew.
 */
#ifndef DAEMON_STORE_POSTGRES_SCRIPT_H
#define DAEMON_STORE_POSTGRES_SCRIPT_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/store/op.h"
#include "daemon/store/store_subs.h"
#include "daemon/store/value.h"

struct arena;
struct store;

enum pg_sql {
	PG_BEGIN, PG_HURRY, PG_COMMIT, PG_ROLLBACK, PG_NOTIFY, PG_POLL, PG_COUNT_SEQ,
	PG_ARTICLE_MAKE_ROOM, PG_ARTICLE_MOVE, PG_ARTICLE_CLEAR_NAMES, PG_ARTICLE_PUT,
	PG_ARTICLE_PUT_FLAT, PG_ARTICLE_DELETE, PG_ARTICLE_LIST, PG_ARTICLE_CHANGED,
	PG_ARTICLE_GET, PG_DOC_PUT, PG_DOC_LIST, PG_DOC_SINCE, PG_DOC_GET, PG_JOB_PUT,
	PG_JOB_DROP_TOPIC, PG_TASK_RAISE, PG_TASK_RECALL, PG_TASK_DROP_TOPIC,
	PG_INTENT_PUT, PG_INTENT_CLAIM,
	PG_INTENT_DELETE, PG_INTENT_RETRY, PG_TOPIC_PUT, PG_HOST_PUT, PG_SUB_INSERT,
	PG_SUB_RENEW, PG_SUB_OWE_AGAIN, PG_SUB_LEAVE, PG_SUB_DELETE, PG_SUB_DENY,
	PG_SUB_DENY_TOPIC, PG_SUB_DENY_WITHDRAWN, PG_SUB_LIST, PG_SUB_TOPICS, PG_SUB_SWEEP,
	PG_JOB_CLAIM, PG_JOB_LOCK, PG_JOB_PAGE, PG_JOB_GONE, PG_JOB_FAILED, PG_JOB_MOVE,
	PG_JOB_END, PG_JOB_SEQ, PG_JOB_MARK, PG_TASK_CLAIM, PG_TASK_LOCK, PG_TASK_AGAIN,
	PG_TASK_END, PG_SUB_DELIVERED, PG_TASK_DELETE, PG_TASK_RETRY, PG_TASK_HURRY,
	PG_EXTERNAL_ADD, PG_EXTERNAL_DUE, PG_EXTERNAL_SET, PG_NEXT_DUE, PG_COUNTS,
	PG_TOPIC_LIST, PG_LEDGER_LOCK, PG_LEDGER_HEAD, PG_LEDGER_PUT, PG_LEDGER_COUNT,
	PG_LEDGER_DAY_PUT, PG_LEDGER_DAY_BEFORE, PG_LEDGER_CUT, PG_ROLE_TAKE, PG_ROLE_CHECK,
	PG_ROLE_DROP, PG_NODE_BEAT, PG_NODE_LIST, PG_INTENT_RELEASE, PG_TASK_RELEASE,
	PG_JOB_RELEASE, PG_ROLE_RELEASE,
	PG_COUNT
};
extern const char *const pg_statements[PG_COUNT];

struct pg_statement {
	struct pg_statement *next; /* of the script */
	struct pg_statement *next_sent;
	struct op *op;             /* NULL: of the engine itself */
	enum pg_sql sql;
	bool is_guard;             /* no row: the rest is not sent */
	int tag;                   /* what the call calls it: pg_tag */
	int count;                 /* of the parameters */
	const char **values;       /* NULL = NULL */
	int *lengths, *formats;
};

/* What becomes of a call while the engine is away. */
enum pg_patience {
	PG_KEPT,     /* sent when it is back, however long that takes */
	PG_HASTY,    /* somebody waits: STORE_BUSY when it is known to be away */
	PG_CLAIM,    /* the same, and not sent twice: what it took shows up again */
};

typedef void pg_take(struct store *store, struct op *op, const struct pg_statement *statement,
	const PGresult *result);

struct pg_script {
	struct pg_statement *first, **last, *newest;
	int count;
	int at_first;              /* statements that NEXT has not added */
	enum pg_patience patience;
	bool wakes;                /* other nodes, when it is committed */
	bool is_progress;          /* pg_progress */
	pg_take *take;             /* or NULL */
	/* Adds statements when all so far are answered, in the same transaction; or NULL */
	void (*next)(struct store *store, struct op *op);
	struct pg_statement *rest; /* that NEXT may add */
};

/* A script for OP, a write; it is queued by pg_queue. TAKE may be NULL. */
void pg_write(struct op *op, enum pg_patience patience, pg_take *take);
/* The same for a read, from its op_exec. */
void pg_read(struct op *op, pg_take *take);
/* One statement more; the values are copied. */
void pg_add(struct op *op, enum pg_sql sql, const struct value *values, size_t count);
/* A name for the statement that was added last. */
void pg_tag(struct op *op, int tag);
/* The write may be lost by a server that dies, though it was answered: then something that was
 * delivered is delivered once more, and nothing else. Not for what a later write relies on
 * (a claim's epoch, a retry task, how far a page went). */
void pg_progress(struct op *op);
/* From the second statement on, the script is sent only if the first found a row; if not,
 * the call's answer is STORE_LOST. */
void pg_guard(struct op *op);
void pg_queue(struct store *store, struct op *op);
/* An op without `done`, to be given a script. */
struct op *pg_op(void);

/* ---- values (postgres_values.c) ---- */

/* What stands for the time in a statement: the clock of a test, or NULL. */
struct value pg_now(const struct store *store);
/* Arrays; ARENA has the bytes. NULL texts are NULL. */
struct value pg_ints(struct arena *arena, const int64_t *numbers, size_t count);
struct value pg_texts(struct arena *arena, const char *const *texts, size_t count);

/* Columns of a result, copied; NULL is 0 or NULL. */
int64_t pg_int(const PGresult *result, int row, int column);
const char *pg_text(struct arena *arena, const PGresult *result, int row, int column);
const void *pg_blob(struct arena *arena, const PGresult *result, int row, int column,
	size_t *len);
/* The same for a secret, opened. */
const void *pg_secret(struct store *store, struct arena *arena, const PGresult *result,
	int row, int column, const char *topic, const char *callback, size_t *len);
/* A time of the engine's clock as this node's clock has it; 0 stays 0. */
int64_t pg_time(const struct store *store, const PGresult *result, int row, int column);

/* The columns that begin every row of subscriptions. */
enum { PG_SUB_PART = 12, PG_SUB_HOST = 13, PG_SUB_TOPIC = 14, PG_SUB_LAP = 18 };
void pg_sub_columns(struct store *store, struct arena *arena, const PGresult *result, int row,
	struct store_sub *out);

#endif
