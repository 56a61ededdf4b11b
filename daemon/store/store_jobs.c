/* store_jobs.c: the calls about what is owed, for every engine. */
#include "daemon/store/store_jobs.h"

#include <assert.h>

#include "daemon/store/calls_jobs.h"
#include "daemon/store/engine.h"
#include "feeds/base/arena.h"

static bool run_claim(struct store *store, struct op *op)
{
	struct claim_op *self = (struct claim_op *)op;

	(void)store;
	self->done(self->context, self->jobs, op->status == STORE_OK ? self->count : 0);
	return false;
}

void job_claim(struct store *store, size_t max, int64_t lease_ms,
	void (*done)(void *context, const struct store_job *jobs, size_t count), void *context)
{
	struct claim_op *op = op_create(sizeof(*op), run_claim);

	op->done = done;
	op->context = context;
	op->jobs = arena_alloc(op->op.arena, (max + 1) * sizeof(*op->jobs));
	engine_of(store)->claim_jobs(store, op, max, lease_ms);
}

static bool run_page(struct store *store, struct op *op)
{
	struct page_op *self = (struct page_op *)op;
	bool at_end = self->page.count <= self->max;
	size_t count = at_end ? self->page.count : self->max;

	(void)store;
	if (op->status == STORE_OK)
		self->done(self->context, STORE_OK, &self->now, self->page.rows,
			self->page.cursors, count, at_end);
	else
		self->done(self->context, op->status, NULL, NULL, NULL, 0, false);
	return false;
}

/* One row more than asked for is read: is this the end? */
void job_page(struct store *store, const struct store_job *job, struct store_cursor after,
	size_t max,
	void (*done)(void *context, enum store_status status, const struct store_job *now,
		const struct store_sub *rows, const struct store_cursor *cursors, size_t count,
		bool at_end), void *context)
{
	struct page_op *op = op_create(sizeof(*op), run_page);

	assert(max > 0);
	op->done = done;
	op->context = context;
	op->max = max;
	op->page.arena = op->op.arena;
	op->page.max = max + 1;
	op->page.rows = arena_alloc(op->op.arena, (max + 2) * sizeof(*op->page.rows));
	op->page.cursors = arena_alloc(op->op.arena, (max + 2) * sizeof(*op->page.cursors));
	engine_of(store)->page(store, op, job, after);
}

static bool run_step(struct store *store, struct op *op)
{
	struct step_op *self = (struct step_op *)op;

	(void)store;
	if (self->done)
		self->done(self->context, op->status, op->status == STORE_OK && self->more);
	return false;
}

void job_step(struct store *store, const struct store_step *step,
	void (*done)(void *context, enum store_status status, bool more), void *context)
{
	struct step_op *op = op_create(sizeof(*op), run_step);

	op->done = done;
	op->context = context;
	engine_of(store)->step(store, op, step);
}

void job_mark(struct store *store, const struct store_job *job, int64_t seq, const int64_t *ids,
	size_t count)
{
	engine_of(store)->mark(store, job, seq, ids, count);
}

static bool run_tasks(struct store *store, struct op *op)
{
	struct tasks_op *self = (struct tasks_op *)op;

	(void)store;
	self->done(self->context, self->rows, op->status == STORE_OK ? self->count : 0);
	return false;
}

void task_claim(struct store *store, size_t max, int64_t visibility_ms,
	void (*done)(void *context, const struct store_sub *rows, size_t count), void *context)
{
	struct tasks_op *op = op_create(sizeof(*op), run_tasks);

	op->done = done;
	op->context = context;
	op->rows = arena_alloc(op->op.arena, (max + 1) * sizeof(*op->rows));
	engine_of(store)->claim_tasks(store, op, max, visibility_ms);
}

void task_done(struct store *store, int64_t sub_id, int64_t seq)
{
	engine_of(store)->end_task(store, sub_id, seq);
}

void task_retry(struct store *store, int64_t sub_id, int64_t delay_ms, const char *why)
{
	engine_of(store)->retry_task(store, sub_id, delay_ms, why);
}

void task_hurry(struct store *store)
{
	engine_of(store)->hurry_tasks(store);
}

static bool run_external(struct store *store, struct op *op)
{
	struct external_op *self = (struct external_op *)op;

	(void)store;
	self->done(self->context, self->changes, op->status == STORE_OK ? self->count : 0);
	return false;
}

void external_due(struct store *store, const char *url, size_t max,
	void (*done)(void *context, const struct store_change *changes, size_t count),
	void *context)
{
	struct external_op *op = op_create(sizeof(*op), run_external);

	op->done = done;
	op->context = context;
	op->changes = arena_alloc(op->op.arena, (max + 1) * sizeof(*op->changes));
	engine_of(store)->external_due(store, op, url, max);
}

void external_told(struct store *store, const char *url, int64_t seq)
{
	engine_of(store)->external_told(store, url, seq);
}

static bool run_due(struct store *store, struct op *op)
{
	struct due_op *self = (struct due_op *)op;

	(void)store;
	self->done(self->context, self->intent_ms, self->task_ms);
	return false;
}

void store_next_due(struct store *store,
	void (*done)(void *context, int64_t intent_ms, int64_t task_ms), void *context)
{
	struct due_op *op = op_create(sizeof(*op), run_due);

	op->done = done;
	op->context = context;
	engine_queue_read(store, &op->op, engine_of(store)->read_due);
}
