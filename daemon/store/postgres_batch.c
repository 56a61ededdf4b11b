/*
 * postgres_batch.c: calls sent as one pipeline, and their answers: see postgres.c.
 */
#include <stdio.h>
#include <string.h>

#include "daemon/control/log.h"
#include "daemon/store/postgres.h"
#include "feeds/base/arena.h"

enum {
	AGAIN_MS = 200,
	BATCH_MOST = 2000,         /* calls */
};

/* ---- sending ---- */

static void send_statement(struct store *store, struct pg_statement *statement)
{
	char name[16];

	snprintf(name, sizeof(name), "s%d", (int)statement->sql);
	/* what cannot be sent is noticed by the next read of the socket */
	PQsendQueryPrepared(store->conn, name, statement->count, statement->values,
		statement->lengths, statement->formats, 1);
	statement->next_sent = NULL;
	*store->sent_last = statement;
	store->sent_last = &statement->next_sent;
}

static void send_own(struct store *store, enum pg_sql sql)
{
	struct pg_statement *own = arena_alloc(store->batch_arena, sizeof(*own));

	own->sql = sql;
	send_statement(store, own);
}

static void send_from(struct store *store, struct pg_statement *statement)
{
	for (; statement; statement = statement->next)
		send_statement(store, statement);
}

/* What NEXT added to the script when it was sent before is forgotten. */
static void send_first(struct store *store, struct op *op)
{
	struct pg_script *script = op->script;
	struct pg_statement **at = &script->first;

	op->status = STORE_OK;
	for (int i = 0; i < script->at_first; i++)
		at = &(*at)->next;
	*at = NULL;
	script->last = at;
	script->count = script->at_first;
	send_from(store, script->first);
}

static bool is_settling(const struct store *store, const struct op *op)
{
	return store->settle_ms && op->script && op->is_write &&
		op->script->patience == PG_CLAIM;
}

/* Moves what can be sent from the queue to the batch: everything, or one write when the bad
 * one is looked for. Claims that must wait are answered in ANSWERED. */
static void fill_batch(struct store *store, struct op_list *answered)
{
	struct op *op = op_list_take(&store->base.queue);
	size_t writes = 0, count = 0;
	bool is_alone = store->alone > 0;

	store->ledger_last = NULL;
	for (struct op *next; op; op = next) {
		next = op->next;
		if (is_settling(store, op)) {
			op->status = STORE_BUSY;
			op_list_add(answered, op);
		} else if (count >= BATCH_MOST || (is_alone && op->is_write && writes == 1)) {
			op_list_add(&store->base.queue, op);
		} else {
			writes += op->is_write;
			count++;
			op_list_add(&store->batch, op);
		}
	}
	if (is_alone)
		store->alone -= writes ? 1 : 0;
}

bool pg_has_writes(const struct op *op)
{
	for (; op; op = op->next) {
		if (op->is_write)
			return true;
	}
	return false;
}

/* Every page is committed for good, and with it all that came before: so what can be lost of
 * the progress after it is no more than what was out then. */
static bool is_progress(const struct op *op)
{
	for (; op; op = op->next) {
		if (op->is_write && !op->script->is_progress)
			return false;
	}
	return true;
}

static void send_rest(struct store *store)
{
	bool is_notice = false;

	if (pg_has_writes(store->batch.first)) {
		for (struct op *op = store->batch.first; op; op = op->next)
			is_notice = is_notice || (op->is_write && op->script->wakes &&
					op->status == STORE_OK);
		send_own(store, PG_COMMIT);
		if (is_notice)
			send_own(store, PG_NOTIFY);
	}
	for (struct op *op = store->batch.first; op; op = op->next) {
		if (op->is_write)
			continue;
		op->read(store, op);
		op->script->at_first = op->script->count;
		send_from(store, op->script->first);
	}
	PQpipelineSync(store->conn);
	store->is_synced = true;
}

static bool has_next(const struct op *op)
{
	for (; op; op = op->next) {
		if (op->is_write && op->script->next)
			return true;
	}
	return false;
}

void pg_start_batch(struct store *store, struct op_list *answered)
{
	fill_batch(store, answered);
	if (!store->batch.first)
		return;
	store->is_batch = true;
	store->is_synced = store->is_committed = store->has_failed = false;
	store->failed_op = NULL;
	store->batch_arena = arena_create();
	store->batch_began_us = pg_mono_us();
	store->sent = NULL;
	store->sent_last = &store->sent;
	if (PQtransactionStatus(store->conn) == PQTRANS_INERROR)
		send_own(store, PG_ROLLBACK);
	if (pg_has_writes(store->batch.first)) {
		send_own(store, PG_BEGIN);
		if (is_progress(store->batch.first))
			send_own(store, PG_HURRY);
	}
	for (struct op *op = store->batch.first; op; op = op->next) {
		if (op->is_write)
			send_first(store, op);
	}
	if (has_next(store->batch.first))
		PQsendFlushRequest(store->conn);
	else
		send_rest(store);
	store->deadline_ms = INT64_MAX; /* set anew by pg_watch */
	pg_io(store);
}

/* ---- answers ---- */

static void send_second(struct store *store)
{
	for (struct op *op = store->batch.first; op && !store->has_failed; op = op->next) {
		struct pg_statement **end;

		if (!op->is_write || !op->script->next)
			continue;
		end = op->script->last;
		op->script->next(store, op);
		send_from(store, *end);
	}
	send_rest(store);
}

/* A transaction that failed is rolled back by it, and that is no error. */
static bool is_commit(const PGresult *result)
{
	return strcmp(PQcmdStatus((PGresult *)(uintptr_t)result), "COMMIT") == 0;
}

static void note_failure(struct store *store, const PGresult *result)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	if (store->has_failed)
		return;
	store->has_failed = true;
	snprintf(store->sqlstate, sizeof(store->sqlstate), "%s", state ? state : "");
	store->failed_op = store->sent->op;
	state = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	error_set(&store->last_error, "%s (%s)", state ? state : "the connection broke",
		store->sqlstate);
}

static void finish_batch(struct store *store);

void pg_on_result(struct store *store, const PGresult *result)
{
	struct pg_statement *sent = store->sent;
	ExecStatusType status;

	if (!result) {
		if (sent)
			store->sent = sent->next_sent;
		if (store->sent)
			return;
		store->sent_last = &store->sent;
		if (!store->is_synced && store->has_failed) {
			PQpipelineSync(store->conn);
			store->is_synced = true;
		} else if (!store->is_synced) {
			send_second(store);
		}
		return;
	}
	status = PQresultStatus(result);
	if (status == PGRES_PIPELINE_SYNC) {
		finish_batch(store);
	} else if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) {
		if (sent && sent->is_guard && PQntuples(result) == 0)
			sent->op->status = STORE_LOST;
		else if (sent && sent->op && sent->op->script->take)
			sent->op->script->take(store, sent->op, sent, result);
		if (sent && !sent->op && sent->sql == PG_COMMIT)
			store->is_committed = is_commit(result);
	} else if (status != PGRES_PIPELINE_ABORTED && sent) {
		note_failure(store, result);
	}
}

void pg_run_all(struct store *store, struct op *op)
{
	bool was_running = store->is_running;

	store->is_running = true;
	engine_answer(store, op);
	store->is_running = was_running;
}

void pg_queue_again(struct store *store, struct op *ops)
{
	struct op *later = op_list_take(&store->base.queue);

	store->ledger_last = NULL;
	for (int i = 0; i < 2; i++, ops = later) {
		for (struct op *next; ops; ops = next) {
			next = ops->next;
			op_list_add(&store->base.queue, ops);
		}
	}
}

static bool starts(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static bool is_passing(const char *state)
{
	return starts(state, "40") || strcmp(state, "55P03") == 0;
}

/* The server as a whole cannot: another one may, or the same one later. */
static bool is_of_server(const char *state)
{
	return strcmp(state, "25006") == 0 || starts(state, "08") || starts(state, "53") ||
		starts(state, "57") || starts(state, "58") || !*state;
}

/* Of the batch's calls, FAILED alone is answered, as not done; the others go again. */
static void answer_one(struct store *store, struct op *op, struct op *failed)
{
	struct op_list again;

	op_list_init(&again);
	for (struct op *next; op; op = next) {
		next = op->next;
		if (op != failed) {
			op_list_add(&again, op);
			continue;
		}
		op->status = STORE_BUSY;
		op->next = NULL;
		pg_run_all(store, op);
	}
	pg_queue_again(store, op_list_take(&again));
}

static size_t count_writes(const struct op *op)
{
	size_t count = 0;

	for (; op; op = op->next)
		count += op->is_write;
	return count;
}

static void fail_batch(struct store *store, struct op *ops)
{
	size_t writes = count_writes(ops);

	if (is_passing(store->sqlstate)) {
		pg_queue_again(store, ops);
		store->pause_ms = pg_mono_ms() + 5;
		return;
	}
	log_error("store: %s", store->last_error.text);
	if (writes > 1) {
		store->alone = writes;
		pg_queue_again(store, ops);
	} else {
		answer_one(store, ops, store->failed_op);
	}
}

/* The writes are there, a read failed: it goes again, and again, since "there is none"
 * would be a lie. */
static void answer_writes(struct store *store, struct op *op)
{
	struct op_list done, again;

	op_list_init(&done);
	op_list_init(&again);
	for (struct op *next; op; op = next) {
		next = op->next;
		op_list_add(op->is_write ? &done : &again, op);
	}
	log_error("store: %s", store->last_error.text);
	pg_queue_again(store, op_list_take(&again));
	store->pause_ms = pg_mono_ms() + AGAIN_MS;
	pg_run_all(store, op_list_take(&done));
}

static void finish_batch(struct store *store)
{
	struct op *ops = op_list_take(&store->batch);

	store->is_batch = false;
	arena_destroy(store->batch_arena);
	store->batch_arena = NULL;
	if (store->is_committed)
		histogram_add(&store->commits,
			(double)(pg_mono_us() - store->batch_began_us) / 1e6);
	if (!store->has_failed && (store->is_committed || !pg_has_writes(ops))) {
		pg_run_all(store, ops);
	} else if (store->has_failed && is_of_server(store->sqlstate)) {
		pg_queue_again(store, ops);
		pg_lose(store, store->last_error.text);
	} else if (store->is_committed) {
		answer_writes(store, ops);
	} else {
		fail_batch(store, ops);
	}
}
