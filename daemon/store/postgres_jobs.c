/*
 * postgres_jobs.c: fan-out jobs and retry tasks: see sqlite_jobs.c for positions and laps.
 * The job's row is locked first: a publication then comes before all of the call, or after.
 */
#include <string.h>

#include "daemon/store/calls_jobs.h"
#include "daemon/store/postgres.h"
#include "daemon/store/postgres_calls.h"
#include "feeds/base/arena.h"

/* ---- jobs ---- */

static void take_claim(struct store *store, struct op *op, const struct pg_statement *statement,
	const PGresult *result)
{
	struct claim_op *self = (struct claim_op *)op;

	(void)store, (void)statement;
	self->count = (size_t)PQntuples(result);
	for (int i = 0; i < PQntuples(result); i++)
		self->jobs[i] = (struct store_job){
			.id = pg_int(result, i, 0),
			.epoch = pg_int(result, i, 1),
			.seq = pg_int(result, i, 2),
			.topic = pg_text(op->arena, result, i, 3),
			.priority = (enum store_priority)pg_int(result, i, 4),
		};
}

void postgres_claim_jobs(struct store *store, struct claim_op *op, size_t max, int64_t lease_ms)
{
	pg_write(&op->op, PG_CLAIM, take_claim);
	pg_add(&op->op, PG_JOB_CLAIM,
		VALUES(pg_now(store), value_int((int64_t)max), value_int(lease_ms),
			value_text(store->owner)));
	pg_queue(store, &op->op);
}

static void take_page(struct store *store, struct op *op, const struct pg_statement *statement,
	const PGresult *result)
{
	struct page_op *self = (struct page_op *)op;

	if (statement->sql == PG_JOB_LOCK) {
		self->page.count = 0;
		if (PQntuples(result) == 0)
			op->status = STORE_LOST;
		else
			self->now = (struct store_job){self->now.id, self->now.epoch,
				pg_int(result, 0, 0), NULL,
				(enum store_priority)pg_int(result, 0, 1)};
		return;
	}
	self->page.count = (size_t)PQntuples(result);
	for (int i = 0; i < PQntuples(result); i++) {
		struct store_sub *row = &self->page.rows[i];

		pg_sub_columns(store, op->arena, result, i, row);
		self->page.cursors[i] = (struct store_cursor){
			pg_int(result, i, PG_SUB_PART) + pg_int(result, i, PG_SUB_LAP),
			pg_int(result, i, PG_SUB_HOST), row->id};
	}
}

void postgres_page(struct store *store, struct page_op *op, const struct store_job *job,
	struct store_cursor after)
{
	struct value id = value_int(job->id), epoch = value_int(job->epoch);

	op->now = (struct store_job){.id = job->id, .epoch = job->epoch};
	pg_write(&op->op, PG_HASTY, take_page);
	pg_add(&op->op, PG_JOB_LOCK, VALUES(id, epoch));
	pg_add(&op->op, PG_JOB_PAGE,
		VALUES(pg_now(store), id, epoch, value_int(after.part), value_int(after.host),
			value_int(after.id), value_int((int64_t)op->max)));
	pg_queue(store, &op->op);
}

static void take_step(struct store *store, struct op *op, const struct pg_statement *statement,
	const PGresult *result)
{
	struct step_op *self = (struct step_op *)op;

	(void)store;
	if (statement->sql == PG_JOB_MOVE && PQntuples(result) == 0)
		op->status = STORE_LOST;
	if (statement->sql != (self->is_last ? PG_JOB_SEQ : PG_JOB_MOVE))
		return;
	self->more = PQntuples(result) > 0 &&
		(self->is_last || self->known_seq < pg_int(result, 0, 0));
}

static void add_failures(struct store *store, struct op *op, const struct store_step *step,
	struct value id, struct value epoch)
{
	size_t count = step->failure_count;
	int64_t *numbers = arena_alloc(op->arena, count * 4 * sizeof(*numbers));
	const char **why = arena_alloc(op->arena, count * sizeof(*why));

	for (size_t i = 0; i < count; i++) {
		const struct store_failure *failure = &step->failures[i];

		numbers[i] = failure->sub_id;
		numbers[count + i] = failure->is_owed ? 0 : failure->delay_ms;
		numbers[2 * count + i] = failure->is_owed ? 0 : failure->seq;
		numbers[3 * count + i] = failure->is_owed;
		why[i] = failure->is_owed ? NULL : failure->why;
	}
	pg_add(op, PG_JOB_FAILED,
		VALUES(pg_now(store), id, epoch, pg_ints(op->arena, numbers, count),
			pg_ints(op->arena, numbers + count, count),
			pg_ints(op->arena, numbers + 2 * count, count),
			pg_ints(op->arena, numbers + 3 * count, count),
			pg_texts(op->arena, why, count)));
}

void postgres_step(struct store *store, struct step_op *op, const struct store_step *step)
{
	struct value id = value_int(step->job.id), epoch = value_int(step->job.epoch);

	op->is_last = step->is_last;
	op->known_seq = step->job.seq;
	pg_write(&op->op, PG_KEPT, take_step);
	/* the failures of a step that is lost would be forgotten by the one after it; after the
	 * last there is none that would make good for it */
	if (step->gone_count + step->failure_count)
		pg_add(&op->op, PG_JOB_LOCK, VALUES(id, epoch));
	else if (!step->is_last)
		pg_progress(&op->op);
	if (step->gone_count)
		pg_add(&op->op, PG_JOB_GONE,
			VALUES(pg_ints(op->op.arena, step->gone, step->gone_count), id, epoch));
	if (step->failure_count)
		add_failures(store, &op->op, step, id, epoch);
	pg_add(&op->op, PG_JOB_MOVE,
		VALUES(pg_now(store), id, epoch, value_int(step->cursor.part),
			value_int(step->cursor.host), value_int(step->cursor.id),
			value_int(step->lease_ms), value_int(step->is_last)));
	if (step->is_last) {
		pg_add(&op->op, PG_JOB_END, VALUES(pg_now(store), id, epoch));
		pg_add(&op->op, PG_JOB_SEQ, VALUES(id, epoch));
	}
	pg_queue(store, &op->op);
}

void postgres_mark(struct store *store, const struct store_job *job, int64_t seq,
	const int64_t *ids, size_t count)
{
	struct op *op = pg_op();

	pg_write(op, PG_KEPT, NULL);
	pg_progress(op);
	pg_add(op, PG_JOB_MARK,
		VALUES(value_int(seq), value_int(job->id), value_int(job->epoch),
			pg_ints(op->arena, ids, count)));
	pg_queue(store, op);
}

/* ---- tasks ---- */

static void take_tasks(struct store *store, struct op *op, const struct pg_statement *statement,
	const PGresult *result)
{
	struct tasks_op *self = (struct tasks_op *)op;

	(void)statement;
	self->count = (size_t)PQntuples(result);
	for (int i = 0; i < PQntuples(result); i++)
		pg_sub_columns(store, op->arena, result, i, &self->rows[i]);
}

void postgres_claim_tasks(struct store *store, struct tasks_op *op, size_t max,
	int64_t visibility_ms)
{
	pg_write(&op->op, PG_CLAIM, take_tasks);
	pg_progress(&op->op);
	pg_add(&op->op, PG_TASK_CLAIM,
		VALUES(pg_now(store), value_int((int64_t)max), value_int(visibility_ms),
			value_text(store->owner)));
	pg_queue(store, &op->op);
}

void postgres_end_task(struct store *store, int64_t sub_id, int64_t seq)
{
	struct op *op = pg_op();
	struct value id = value_int(sub_id), number = value_int(seq);

	pg_write(op, PG_KEPT, NULL);
	pg_progress(op);
	pg_add(op, PG_TASK_LOCK, VALUES(id));
	pg_add(op, PG_TASK_AGAIN, VALUES(pg_now(store), id, number));
	pg_add(op, PG_TASK_END, VALUES(number, id));
	pg_add(op, PG_SUB_DELIVERED, VALUES(id, number));
	pg_queue(store, op);
}

void postgres_retry_task(struct store *store, int64_t sub_id, int64_t delay_ms, const char *why)
{
	struct op *op = pg_op();
	struct value id = value_int(sub_id);

	pg_write(op, PG_KEPT, NULL);
	if (delay_ms < 0)
		pg_add(op, PG_TASK_DELETE, VALUES(id));
	else
		pg_add(op, PG_TASK_RETRY,
			VALUES(pg_now(store), id, value_int(delay_ms), value_text(why)));
	pg_queue(store, op);
}

void postgres_hurry_tasks(struct store *store)
{
	struct op *op = pg_op();

	pg_write(op, PG_KEPT, NULL);
	pg_add(op, PG_TASK_HURRY, VALUES(pg_now(store)));
	pg_queue(store, op);
}

/* ---- external hubs ---- */

static void take_external(struct store *store, struct op *op,
	const struct pg_statement *statement, const PGresult *result)
{
	struct external_op *self = (struct external_op *)op;

	(void)store;
	if (statement->sql != PG_EXTERNAL_DUE)
		return;
	self->count = (size_t)PQntuples(result);
	for (int i = 0; i < PQntuples(result); i++)
		self->changes[i] = (struct store_change){pg_text(op->arena, result, i, 0),
			pg_int(result, i, 1)};
}

void postgres_external_due(struct store *store, struct external_op *op, const char *url,
	size_t max)
{
	pg_write(&op->op, PG_HASTY, take_external);
	pg_add(&op->op, PG_EXTERNAL_ADD, VALUES(value_text(url)));
	pg_add(&op->op, PG_EXTERNAL_DUE, VALUES(value_text(url), value_int((int64_t)max)));
	pg_queue(store, &op->op);
}

void postgres_external_told(struct store *store, const char *url, int64_t seq)
{
	struct op *op = pg_op();

	pg_write(op, PG_KEPT, NULL);
	pg_add(op, PG_EXTERNAL_SET, VALUES(value_text(url), value_int(seq)));
	pg_queue(store, op);
}
