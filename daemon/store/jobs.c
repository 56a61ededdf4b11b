/* jobs.c: what is owed: jobs of a publication and retry tasks; sweeping and counting. */
#include <stdint.h>

#include "daemon/store/sqlite.h"
#include "feeds/base/arena.h"

static void run_jobs(struct completion *completion, enum store_status status)
{
	((void (*)(void *, const struct store_job *, size_t))completion->done)(
		completion->context, completion->rows, status == STORE_OK ? completion->count : 0);
}

void job_claim(struct store *store, size_t max, int64_t lease_ms,
	void (*done)(void *context, const struct store_job *jobs, size_t count), void *context)
{
	struct completion *completion = store_complete(store, run_jobs,
		(void (*)(void))done, context);
	struct store_job *jobs = arena_alloc(completion->arena, (max + 1) * sizeof(*jobs));
	int64_t now = store->clock();
	sqlite3_stmt *s;

	completion->rows = jobs;
	if (!store_begin(store))
		return;
	s = store_statement(store, JOB_CLAIM);
	sqlite3_bind_int64(s, 1, now + lease_ms);
	sqlite3_bind_int64(s, 2, now);
	sqlite3_bind_int64(s, 3, (int64_t)max);
	while (completion->count < max && store_row(store, s))
		jobs[completion->count++] = (struct store_job){
			.id = sqlite3_column_int64(s, 0), .epoch = sqlite3_column_int64(s, 1),
			.seq = sqlite3_column_int64(s, 2),
			.topic = column_text(completion->arena, s, 3)};
	sqlite3_reset(s);
}

/* What a job's row says; false when it is not ours any more. */
struct job_row {
	int64_t seq, lo, hi;
	bool again;            /* go round once more, up to `stop` */
	bool is_second_lap;    /* that is being done */
	struct store_cursor stop;
};

static bool get_job(struct store *store, const struct store_job *job, struct job_row *out)
{
	sqlite3_stmt *s = store_statement(store, JOB_GET);
	bool is_there;

	sqlite3_bind_int64(s, 1, job->id);
	sqlite3_bind_int64(s, 2, job->epoch);
	is_there = store_row(store, s);
	if (is_there)
		*out = (struct job_row){sqlite3_column_int64(s, 0), sqlite3_column_int64(s, 1),
			sqlite3_column_int64(s, 2), sqlite3_column_int(s, 3),
			!sqlite3_column_int(s, 3) && sqlite3_column_type(s, 4) != SQLITE_NULL,
			{sqlite3_column_int64(s, 4), sqlite3_column_int64(s, 5),
				sqlite3_column_int64(s, 6)}};
	sqlite3_reset(s);
	return is_there;
}

/* What a page gives, kept until its completion. */
struct page {
	struct store_sub *subs;
	struct store_cursor *cursors;
	size_t count;
	int64_t seq;
	bool at_end;
};

static void run_page(struct completion *completion, enum store_status status)
{
	const struct page *page = completion->rows;

	((void (*)(void *, enum store_status, int64_t, const struct store_sub *,
		const struct store_cursor *, size_t, bool))completion->done)(completion->context,
		status, page->seq, page->subs, page->cursors, page->count, page->at_end);
}

/* What was handed out with the content of now: a later publication goes round up to here. */
static void note_ahead(struct store *store, const struct store_job *job,
	const struct store_cursor *cursor)
{
	sqlite3_stmt *s = store_statement(store, JOB_AHEAD);

	sqlite3_bind_int64(s, 1, job->id);
	sqlite3_bind_int64(s, 2, cursor->part);
	sqlite3_bind_int64(s, 3, cursor->host);
	sqlite3_bind_int64(s, 4, cursor->id);
	store_run(store, s);
}

void job_page(struct store *store, const struct store_job *job, struct store_cursor after,
	size_t max,
	void (*done)(void *context, enum store_status status, int64_t seq,
		const struct store_sub *rows, const struct store_cursor *cursors,
		size_t count, bool at_end), void *context)
{
	struct completion *completion = store_complete(store, run_page,
		(void (*)(void))done, context);
	struct page *page = arena_alloc(completion->arena, sizeof(*page));
	struct job_row row;
	sqlite3_stmt *s;

	completion->rows = page;
	if (!store_begin(store))
		return;
	page->subs = arena_alloc(completion->arena, (max + 1) * sizeof(*page->subs));
	page->cursors = arena_alloc(completion->arena, (max + 1) * sizeof(*page->cursors));
	if (!get_job(store, job, &row)) {
		completion->status = STORE_LOST;
		return;
	}
	page->seq = row.seq;
	if (after.part < row.lo)
		after = (struct store_cursor){row.lo, 0, 0};
	s = store_statement(store, JOB_PAGE);
	bind_text(s, 1, job->topic);
	sqlite3_bind_int64(s, 2, row.hi);
	sqlite3_bind_int64(s, 3, after.part);
	sqlite3_bind_int64(s, 4, after.host);
	sqlite3_bind_int64(s, 5, after.id);
	sqlite3_bind_int64(s, 6, store->clock());
	sqlite3_bind_int64(s, 7, (int64_t)max);
	if (row.is_second_lap) {
		sqlite3_bind_int64(s, 8, row.stop.part);
		sqlite3_bind_int64(s, 9, row.stop.host);
		sqlite3_bind_int64(s, 10, row.stop.id);
	}
	while (page->count < max && store_row(store, s)) {
		sub_from_row(completion->arena, s, &page->subs[page->count]);
		page->cursors[page->count] = (struct store_cursor){sqlite3_column_int64(s, 9),
			sqlite3_column_int64(s, 10), page->subs[page->count].id};
		page->count++;
	}
	sqlite3_reset(s);
	page->at_end = page->count < max;
	if (page->count)
		note_ahead(store, job, &page->cursors[page->count - 1]);
}

static void put_task(struct store *store, const struct store_failure *failure)
{
	int64_t now = store->clock();
	sqlite3_stmt *s = store_statement(store, TASK_PUT);

	sqlite3_bind_int64(s, 1, failure->sub_id);
	sqlite3_bind_int64(s, 2, now + failure->delay_ms);
	sqlite3_bind_int64(s, 3, now);
	sqlite3_bind_int64(s, 4, failure->seq);
	bind_text(s, 5, failure->why);
	store_run(store, s);
}

static bool has_sub(struct store *store, int64_t id)
{
	sqlite3_stmt *s = NULL;
	bool is_there = false;

	if (sqlite3_prepare_v2(store->db, "SELECT 1 FROM sub WHERE id=?1", -1, &s, NULL) ==
		SQLITE_OK) {
		sqlite3_bind_int64(s, 1, id);
		is_there = store_row(store, s);
	}
	sqlite3_finalize(s);
	return is_there;
}

static void run_step(struct completion *completion, enum store_status status)
{
	((void (*)(void *, enum store_status, bool))completion->done)(completion->context,
		status, completion->flag);
}

/* The end of a range: once more from its beginning when a publication came meanwhile. */
static bool end_job(struct store *store, const struct store_step *step,
	const struct job_row *row)
{
	sqlite3_stmt *s = store_statement(store, row->again ? JOB_WRAP : JOB_END);

	sqlite3_bind_int64(s, 1, step->job.id);
	sqlite3_bind_int64(s, 2, step->job.epoch);
	if (row->again)
		sqlite3_bind_int64(s, 3, store->clock() + step->lease_ms);
	store_run(store, s);
	return row->again;
}

void job_step(struct store *store, const struct store_step *step,
	void (*done)(void *context, enum store_status status, bool more), void *context)
{
	struct completion *completion = store_complete(store, run_step,
		(void (*)(void))done, context);
	struct job_row row;
	sqlite3_stmt *s;

	if (!store_begin(store))
		return;
	if (!get_job(store, &step->job, &row)) {
		completion->status = STORE_LOST;
		return;
	}
	for (size_t i = 0; i < step->failure_count; i++) {
		if (has_sub(store, step->failures[i].sub_id))
			put_task(store, &step->failures[i]);
	}
	for (size_t i = 0; i < step->gone_count; i++) {
		s = store_statement(store, SUB_DELETE);
		sqlite3_bind_int64(s, 1, step->gone[i]);
		store_run(store, s);
	}
	if (step->is_last) {
		completion->flag = end_job(store, step, &row);
		return;
	}
	s = store_statement(store, JOB_STEP);
	sqlite3_bind_int64(s, 1, step->job.id);
	sqlite3_bind_int64(s, 2, step->job.epoch);
	sqlite3_bind_int64(s, 3, step->cursor.part);
	sqlite3_bind_int64(s, 4, step->cursor.host);
	sqlite3_bind_int64(s, 5, step->cursor.id);
	sqlite3_bind_int64(s, 6, store->clock() + step->lease_ms);
	store_run(store, s);
	completion->flag = row.again;
}

void task_done(struct store *store, int64_t sub_id, int64_t seq)
{
	sqlite3_stmt *s;

	store_complete(store, NULL, NULL, NULL);
	if (!store_begin(store))
		return;
	s = store_statement(store, TASK_END);
	sqlite3_bind_int64(s, 1, sub_id);
	sqlite3_bind_int64(s, 2, seq);
	store_run(store, s);
	if (sqlite3_changes(store->db))
		return;
	s = store_statement(store, TASK_AGAIN);
	sqlite3_bind_int64(s, 1, sub_id);
	sqlite3_bind_int64(s, 2, store->clock());
	store_run(store, s);
}

void task_retry(struct store *store, int64_t sub_id, int64_t delay_ms, const char *why)
{
	sqlite3_stmt *s;

	store_complete(store, NULL, NULL, NULL);
	if (!store_begin(store))
		return;
	if (delay_ms < 0) {
		/* given up: whatever the newest content is */
		s = store_statement(store, TASK_END);
		sqlite3_bind_int64(s, 1, sub_id);
		sqlite3_bind_int64(s, 2, INT64_MAX);
	} else {
		s = store_statement(store, TASK_RETRY);
		sqlite3_bind_int64(s, 1, sub_id);
		sqlite3_bind_int64(s, 2, store->clock() + delay_ms);
		bind_text(s, 3, why);
	}
	store_run(store, s);
}

void task_hurry(struct store *store)
{
	sqlite3_stmt *s;

	store_complete(store, NULL, NULL, NULL);
	if (!store_begin(store))
		return;
	s = store_statement(store, TASK_HURRY);
	sqlite3_bind_int64(s, 1, store->clock());
	store_run(store, s);
}

static void run_next_due(struct completion *completion, enum store_status status)
{
	(void)status;
	((void (*)(void *, int64_t, int64_t))completion->done)(completion->context,
		completion->number, completion->other);
}

static int64_t minimum(struct store *store, enum statement which)
{
	sqlite3_stmt *s = store_statement(store, which);
	int64_t value = INT64_MAX;

	if (store_row(store, s) && sqlite3_column_type(s, 0) != SQLITE_NULL)
		value = sqlite3_column_int64(s, 0);
	sqlite3_reset(s);
	return value;
}

void store_next_due(struct store *store,
	void (*done)(void *context, int64_t intent_ms, int64_t task_ms), void *context)
{
	struct completion *completion = store_complete(store, run_next_due,
		(void (*)(void))done, context);

	completion->is_read = true;
	completion->number = minimum(store, NEXT_INTENT);
	completion->other = minimum(store, NEXT_TASK);
}

static void run_sweep(struct completion *completion, enum store_status status)
{
	((void (*)(void *, size_t))completion->done)(completion->context,
		status == STORE_OK ? completion->count : 0);
}

void store_sweep(struct store *store, size_t max,
	void (*done)(void *context, size_t removed), void *context)
{
	struct completion *completion = store_complete(store, run_sweep,
		(void (*)(void))done, context);
	sqlite3_stmt *s;

	if (!store_begin(store))
		return;
	s = store_statement(store, SWEEP_SUBS);
	sqlite3_bind_int64(s, 1, store->clock());
	sqlite3_bind_int64(s, 2, (int64_t)max);
	store_run(store, s);
	completion->count = (size_t)sqlite3_changes(store->db);
}

static void run_count(struct completion *completion, enum store_status status)
{
	(void)status;
	((void (*)(void *, const struct store_counts *))completion->done)(completion->context,
		completion->rows);
}

void store_count(struct store *store,
	void (*done)(void *context, const struct store_counts *counts), void *context)
{
	struct completion *completion = store_complete(store, run_count,
		(void (*)(void))done, context);
	struct store_counts *counts = arena_alloc(completion->arena, sizeof(*counts));
	sqlite3_stmt *s = store_statement(store, COUNTS);

	completion->is_read = true;
	completion->rows = counts;
	if (store_row(store, s))
		*counts = (struct store_counts){sqlite3_column_int64(s, 0),
			sqlite3_column_int64(s, 1), sqlite3_column_int64(s, 2),
			sqlite3_column_int64(s, 3), sqlite3_column_int64(s, 4)};
	sqlite3_reset(s);
}
