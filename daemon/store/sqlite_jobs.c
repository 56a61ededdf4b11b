/*
 * sqlite_jobs.c: fan-out jobs. A job covers a range of partitions, and its subscribers lie
 * on a circle in (partition, host, id) order. Positions count on from lap to lap: the
 * partition of lap L is kept as L * 64 + partition, so "before" is plain comparison. A job
 * is done when its cursor has reached `stop`, at first one lap ahead. Pages run ahead of the
 * cursor, up to `ahead`; what was handed out before a publication may carry the older
 * content. So a publication sets `stop` one lap past `ahead`: the scan goes on from where
 * it stands, which starves nobody, and ends where the new content began.
 */
#include "daemon/store/calls_jobs.h"
#include "daemon/store/sqlite.h"
#include "daemon/store/sqlite_calls.h"

enum {
	FEW_SUBSCRIBERS = 5000, /* below: one range */
	RANGES = 8,
};

struct job_row {
	int64_t id, topic, lo, hi, seq;
	struct store_cursor cursor, stop, ahead;
	enum store_priority priority;
};

static bool is_before(struct store_cursor a, struct store_cursor b)
{
	if (a.part != b.part)
		return a.part < b.part;
	return a.host != b.host ? a.host < b.host : a.id < b.id;
}

static bool is_zero(struct store_cursor at)
{
	return at.part == 0 && at.host == 0 && at.id == 0;
}

/* ---- publishing ---- */

static int64_t count_live(struct store *store, int64_t topic, int64_t most)
{
	return sqlite_number(store, SQL_SUB_LIVE_COUNT,
		VALUES(value_int(topic), value_int(sqlite_now(store)), value_int(most)), 0);
}

/* Open jobs keep their ranges: others would overlap them. */
static int64_t range_width(struct store *store, int64_t topic)
{
	int64_t width = sqlite_number(store, SQL_JOB_WIDTH, VALUES(value_int(topic)), 0);

	if (width)
		return width;
	return count_live(store, topic, FEW_SUBSCRIBERS) < FEW_SUBSCRIBERS
		? STORE_PARTITIONS
		: STORE_PARTITIONS / RANGES;
}

void sqlite_publish_jobs(struct store *store, const struct store_doc *doc, int64_t seq)
{
	int64_t topic = sqlite_find_topic(store, doc->path), width;

	if (!topic)
		return;
	if (doc->is_deleted) {
		sqlite_run(store, SQL_JOB_DROP_TOPIC, VALUES(value_int(topic)));
		engine_tell_dropped(doc->path,
			sqlite_run(store, SQL_TASK_DROP_TOPIC, VALUES(value_int(topic))));
		return;
	}
	if (!count_live(store, topic, 1))
		return;
	if (doc->priority > PRIORITY_REST)
		sqlite_run(store, SQL_TASK_RAISE,
			VALUES(value_int(topic), value_int(doc->priority)));
	if (doc->priority >= PRIORITY_CORRECTION)
		sqlite_run(store, SQL_TASK_RECALL,
			VALUES(value_int(topic), value_int(sqlite_now(store))));
	width = range_width(store, topic);
	for (int64_t lo = 0; lo < STORE_PARTITIONS && !store->is_failed; lo += width)
		sqlite_run(store, SQL_JOB_PUT,
			VALUES(value_int(sqlite_count_up(store, "job")), value_int(topic),
				value_int(lo), value_int(lo + width - 1), value_int(seq),
				value_int(lo + STORE_PARTITIONS),
				value_int(doc->priority)));
}

/* ---- claiming ---- */

void sqlite_claim_jobs(struct store *store, struct claim_op *op, size_t max,
	int64_t lease_ms)
{
	int64_t now = sqlite_now(store);
	sqlite3_stmt *stmt;

	sqlite_begin(store);
	stmt = sqlite_start(store, SQL_JOB_FREE,
		VALUES(value_int(now), value_int((int64_t)max)));
	for (op->count = 0; sqlite_row(store, stmt); op->count++)
		op->jobs[op->count] = (struct store_job){
			.id = sqlite3_column_int64(stmt, 0),
			.epoch = sqlite3_column_int64(stmt, 1) + 1,
			.seq = sqlite3_column_int64(stmt, 2),
			.topic = column_text(op->op.arena, stmt, 3),
			.priority = (enum store_priority)sqlite3_column_int(stmt, 4),
		};
	for (size_t i = 0; i < op->count; i++)
		sqlite_run(store, SQL_JOB_TAKE,
			VALUES(value_int(op->jobs[i].id), value_int(now + lease_ms)));
	sqlite_finish_progress(store, &op->op, STORE_OK);
}

/* ---- reading pages ---- */

/* The job as it is now, if EPOCH still holds it. */
static bool get_job(struct store *store, int64_t id, int64_t epoch, struct job_row *out)
{
	sqlite3_stmt *stmt =
		sqlite_start(store, SQL_JOB_GET, VALUES(value_int(id), value_int(epoch)));
	bool is_found = false;

	while (sqlite_row(store, stmt)) {
		is_found = true;
		*out = (struct job_row){
			.id = id,
			.topic = sqlite3_column_int64(stmt, 0),
			.lo = sqlite3_column_int64(stmt, 1),
			.hi = sqlite3_column_int64(stmt, 2),
			.seq = sqlite3_column_int64(stmt, 3),
			.cursor = {sqlite3_column_int64(stmt, 4), sqlite3_column_int64(stmt, 5),
				sqlite3_column_int64(stmt, 6)},
			.stop = {sqlite3_column_int64(stmt, 7), sqlite3_column_int64(stmt, 8),
				sqlite3_column_int64(stmt, 9)},
			.ahead = {sqlite3_column_int64(stmt, 10),
				sqlite3_column_int64(stmt, 11), sqlite3_column_int64(stmt, 12)},
			.priority = (enum store_priority)sqlite3_column_int(stmt, 13),
		};
	}
	return is_found;
}

/* Adds what lies behind AFTER in its lap, up to STOP. */
static void read_lap(struct store *store, const struct job_row *job,
	struct store_cursor after, struct page_rows *out)
{
	int64_t lap = after.part - after.part % STORE_PARTITIONS;
	struct store_cursor end = {lap + job->hi, INT64_MAX, INT64_MAX};
	sqlite3_stmt *stmt;

	if (is_before(job->stop, end))
		end = job->stop;
	stmt = sqlite_start(store, SQL_SUB_PAGE,
		VALUES(value_int(job->topic), value_int(after.part - lap), value_int(after.host),
			value_int(after.id), value_int(end.part - lap), value_int(end.host),
			value_int(end.id), value_int(sqlite_now(store)),
			value_int((int64_t)(out->max - out->count)), value_int(job->seq)));
	for (; sqlite_row(store, stmt); out->count++) {
		struct store_sub *row = &out->rows[out->count];

		sqlite_sub_columns(out->arena, stmt, row);
		out->cursors[out->count] = (struct store_cursor){
			sqlite3_column_int64(stmt, SUB_COLUMN_PART) + lap,
			sqlite3_column_int64(stmt, SUB_COLUMN_HOST), row->id};
	}
}

static void read_rows(struct store *store, const struct job_row *job,
	struct store_cursor after, struct page_rows *out)
{
	while (out->count < out->max && is_before(after, job->stop) && !store->is_failed) {
		read_lap(store, job, after, out);
		after.part += STORE_PARTITIONS - after.part % STORE_PARTITIONS + job->lo;
		after.host = after.id = 0;
	}
}

void sqlite_page(struct store *store, struct page_op *op, const struct store_job *job,
	struct store_cursor after)
{
	struct job_row row;
	struct store_cursor last = {0};
	size_t count;

	sqlite_begin(store);
	if (!get_job(store, job->id, job->epoch, &row)) {
		sqlite_finish_progress(store, &op->op, STORE_LOST);
		return;
	}
	/* every publication of the topic sets its seq */
	op->now = (struct store_job){job->id, job->epoch, row.seq, NULL, row.priority};
	read_rows(store, &row, is_zero(after) ? row.cursor : after, &op->page);
	count = op->page.count < op->max ? op->page.count : op->max;
	if (count)
		last = op->page.cursors[count - 1];
	if (is_before(row.ahead, last))
		sqlite_run(store, SQL_JOB_AHEAD,
			VALUES(value_int(row.id), value_int(last.part), value_int(last.host),
				value_int(last.id)));
	sqlite_finish_progress(store, &op->op, STORE_OK);
}

/* ---- stepping ---- */

static void settle_chunk(struct store *store, const struct store_step *step,
	enum store_priority priority)
{
	int64_t now = sqlite_now(store);

	for (size_t i = 0; i < step->gone_count; i++)
		sqlite_run(store, SQL_SUB_DELETE, VALUES(value_int(step->gone[i])));
	for (size_t i = 0; i < step->failure_count; i++) {
		const struct store_failure *failure = &step->failures[i];

		if (failure->is_owed) {
			sqlite_run(store, SQL_TASK_OWE,
				VALUES(value_int(failure->sub_id), value_int(now),
					value_int(priority)));
			continue;
		}
		sqlite_run(store, SQL_TASK_PUT,
			VALUES(value_int(failure->sub_id), value_int(now + failure->delay_ms),
				value_int(now), value_int(failure->seq),
				value_text(failure->why), value_int(priority)));
	}
}

void sqlite_mark(struct store *store, const struct store_job *job, int64_t seq,
	const int64_t *ids, size_t count)
{
	struct job_row row;

	sqlite_begin(store);
	if (get_job(store, job->id, job->epoch, &row))
		for (size_t i = 0; i < count; i++)
			sqlite_run(store, SQL_SUB_DELIVERED,
				VALUES(value_int(ids[i]), value_int(seq)));
	sqlite_finish_progress(store, NULL, STORE_OK);
}

static bool has_more(struct store *store, const struct job_row *job, struct arena *arena)
{
	struct store_sub row;
	struct store_cursor at;
	struct page_rows page = {.arena = arena, .rows = &row, .cursors = &at, .max = 1};

	read_rows(store, job, job->cursor, &page);
	return page.count > 0;
}

/* Moves the job; false when it is done. */
static bool move_job(struct store *store, const struct store_step *step,
	struct job_row *job, struct arena *arena)
{
	if (is_before(job->cursor, step->cursor))
		job->cursor = step->cursor;
	/* the last step settles whatever is out */
	if (step->is_last && is_before(job->cursor, job->ahead))
		job->cursor = job->ahead;
	if (step->is_last && !has_more(store, job, arena))
		return false;
	sqlite_run(store, SQL_JOB_MOVE,
		VALUES(value_int(job->id), value_int(job->cursor.part),
			value_int(job->cursor.host), value_int(job->cursor.id),
			value_int(sqlite_now(store) + step->lease_ms)));
	return true;
}

void sqlite_step(struct store *store, struct step_op *op, const struct store_step *step)
{
	struct job_row job;

	sqlite_begin(store);
	if (!get_job(store, step->job.id, step->job.epoch, &job)) {
		sqlite_finish_progress(store, &op->op, STORE_LOST);
		return;
	}
	settle_chunk(store, step, job.priority);
	op->more = move_job(store, step, &job, op->op.arena);
	if (!op->more)
		sqlite_run(store, SQL_JOB_DELETE, VALUES(value_int(job.id)));
	op->more = op->more && (step->is_last || step->job.seq < job.seq);
	sqlite_finish_progress(store, &op->op, STORE_OK);
}
