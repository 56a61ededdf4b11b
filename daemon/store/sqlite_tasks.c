/*
 * sqlite_tasks.c: retry tasks, at most one per subscription, always for the newest content.
 * A claimed task is pushed into the future and marked as taken, so that a kill shows it
 * again and "all now" does not touch what is in flight.
 */
#include "daemon/store/calls_jobs.h"
#include "daemon/store/sqlite.h"
#include "daemon/store/sqlite_calls.h"

/* Takes what STMT finds, out of the way of the next. */
static void take(struct store *store, struct tasks_op *op, sqlite3_stmt *stmt,
	int64_t hidden_until_ms)
{
	size_t from = op->count;

	for (; sqlite_row(store, stmt); op->count++)
		sqlite_sub_columns(op->op.arena, stmt, &op->rows[op->count]);
	for (size_t i = from; i < op->count; i++)
		sqlite_run(store, SQL_TASK_HIDE,
			VALUES(value_int(op->rows[i].id), value_int(hidden_until_ms)));
}

void sqlite_claim_tasks(struct store *store, struct tasks_op *op, size_t max,
	int64_t visibility_ms)
{
	int64_t now = sqlite_now(store), until = now + visibility_ms;

	sqlite_begin(store);
	for (int priority = PRIORITY_KILL; priority > PRIORITY_REST && op->count < max; priority--)
		take(store, op, sqlite_start(store, SQL_TASK_URGENT,
			VALUES(value_int(now), value_int((int64_t)(max - op->count)),
				value_int(priority))), until);
	if (op->count < max)
		take(store, op, sqlite_start(store, SQL_TASK_DUE,
			VALUES(value_int(now), value_int((int64_t)(max - op->count)))), until);
	sqlite_finish_progress(store, &op->op, STORE_OK);
}

void sqlite_end_task(struct store *store, int64_t sub_id, int64_t seq)
{
	int64_t newest;

	sqlite_begin(store);
	newest = sqlite_number(store, SQL_TASK_NEWEST, VALUES(value_int(sub_id)), 0);
	if (newest > seq)
		sqlite_run(store, SQL_TASK_AGAIN,
			VALUES(value_int(sub_id), value_int(sqlite_now(store))));
	else
		sqlite_run(store, SQL_TASK_DELETE, VALUES(value_int(sub_id)));
	sqlite_run(store, SQL_SUB_DELIVERED, VALUES(value_int(sub_id), value_int(seq)));
	sqlite_finish_progress(store, NULL, STORE_OK);
}

void sqlite_retry_task(struct store *store, int64_t sub_id, int64_t delay_ms, const char *why)
{
	sqlite_begin(store);
	if (delay_ms < 0)
		sqlite_run(store, SQL_TASK_DELETE, VALUES(value_int(sub_id)));
	else
		sqlite_run(store, SQL_TASK_RETRY,
			VALUES(value_int(sub_id), value_int(sqlite_now(store) + delay_ms),
				value_text(why)));
	sqlite_finish_progress(store, NULL, STORE_OK);
}

void sqlite_hurry_tasks(struct store *store)
{
	sqlite_begin(store);
	sqlite_run(store, SQL_TASK_HURRY, VALUES(value_int(sqlite_now(store))));
	sqlite_finish_progress(store, NULL, STORE_OK);
}

void sqlite_clock_set(struct store *store, int64_t jump_ms)
{
	sqlite_begin(store);
	sqlite_run(store, SQL_CLOCK_TASKS,
		VALUES(value_int(jump_ms), value_int(sqlite_now(store))));
	sqlite_run(store, SQL_CLOCK_INTENTS, VALUES(value_int(jump_ms)));
	sqlite_run(store, SQL_CLOCK_JOBS, VALUES(value_int(jump_ms)));
	sqlite_finish_progress(store, NULL, STORE_OK);
}
