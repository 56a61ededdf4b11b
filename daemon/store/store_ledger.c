/*
 * store_ledger.c: rows of evidence into the chain. Each is hashed onto the head that is
 * kept in memory and forgotten with a rollback; the day's head is signed by the first row
 * of a later day, in the same commit. See ledger.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/control/log.h"
#include "daemon/store/sqlite.h"
#include "feeds/base/arena.h"

enum { UNSAVED_MOST = 1000 }; /* calls whose rows wait for a store that can be written */

void store_ledger_set_key(struct store *store, struct ledger_key *key)
{
	ledger_key_destroy(store->ledger_key);
	store->ledger_key = key;
}

static void load_head(struct store *store)
{
	struct ledger_head *head = &store->ledger;
	sqlite3_stmt *stmt;

	if (head->is_loaded)
		return;
	*head = (struct ledger_head){0};
	stmt = sqlite_start(store, SQL_LEDGER_HEAD, NULL, 0);
	while (sqlite_row(store, stmt)) {
		head->seq = sqlite3_column_int64(stmt, 0);
		head->time_ms = sqlite3_column_int64(stmt, 1);
		if (sqlite3_column_bytes(stmt, 2) == LEDGER_HASH)
			memcpy(head->hash, sqlite3_column_blob(stmt, 2), LEDGER_HASH);
	}
	head->is_loaded = !store->is_failed;
}

/* The head belongs to a day that is over. */
static void sign_head(struct store *store)
{
	struct ledger_day day = {.day = ledger_day_of(store->ledger.time_ms),
		.seq = store->ledger.seq};

	if (!store->ledger_key || !day.seq)
		return;
	memcpy(day.hash, store->ledger.hash, LEDGER_HASH);
	ledger_sign_day(store->ledger_key, &day);
	sqlite_run(store, SQL_LEDGER_DAY_PUT,
		VALUES(value_int(day.day), value_int(day.seq),
			value_blob(day.hash, LEDGER_HASH),
			value_blob(day.signature, LEDGER_SIGNATURE)));
}

static void put_row(struct store *store, const struct ledger_row *row)
{
	struct ledger_head *head = &store->ledger;
	struct ledger_row next = *row;

	if (next.time_ms < head->time_ms)
		next.time_ms = head->time_ms;
	if (ledger_day_of(next.time_ms) > ledger_day_of(head->time_ms))
		sign_head(store);
	next.seq = head->seq + 1;
	ledger_hash_row(head->hash, &next, next.hash);
	sqlite_run(store, SQL_LEDGER_PUT,
		VALUES(value_int(next.seq), value_int(next.time_ms), value_int(next.kind),
			value_text(next.partner), value_text(next.topic),
			value_text(next.peer), value_text(next.contents),
			value_blob(next.body, LEDGER_HASH), value_int(next.status),
			value_int(next.attempt), value_int(next.latency_ms),
			value_blob(next.hash, LEDGER_HASH)));
	head->seq = next.seq;
	head->time_ms = next.time_ms;
	memcpy(head->hash, next.hash, LEDGER_HASH);
}

struct append_op {
	struct op op;
	struct ledger_row *rows; /* in the arena, with their texts */
	size_t count;
};

static bool run_append(struct store *store, struct op *op);

/* A new op with copies of ROWS, since the one before ends with its turn. */
static struct append_op *copy_rows(const struct ledger_row *rows, size_t count)
{
	struct append_op *op = op_create(sizeof(*op), run_append);
	struct arena *arena = op->op.arena;

	op->count = count;
	op->rows = arena_alloc(arena, (count + 1) * sizeof(*rows));
	for (size_t i = 0; i < count; i++) {
		op->rows[i] = rows[i];
		op->rows[i].partner = arena_strdup(arena, rows[i].partner);
		op->rows[i].topic = arena_strdup(arena, rows[i].topic);
		op->rows[i].peer = arena_strdup(arena, rows[i].peer);
		op->rows[i].contents = arena_strdup(arena, rows[i].contents);
	}
	return op;
}

static bool run_append(struct store *store, struct op *op)
{
	const struct append_op *self = (const struct append_op *)op;
	size_t waiting = 0;

	if (op->status == STORE_OK)
		return false;
	for (const struct op *at = store->unsaved.first; at; at = at->next)
		waiting++;
	if (waiting >= UNSAVED_MOST)
		log_error("ledger: %zu rows are lost, the store cannot be written", self->count);
	else
		op_list_add(&store->unsaved, &copy_rows(self->rows, self->count)->op);
	return false;
}

static void put_rows(struct store *store, struct append_op *op)
{
	for (size_t i = 0; i < op->count; i++)
		put_row(store, &op->rows[i]);
	sqlite_run(store, SQL_LEDGER_COUNT, VALUES(value_int(store->ledger.seq)));
	if (store->is_failed)
		store->ledger.is_loaded = false; /* it went ahead of the table */
	sqlite_finish_write(store, &op->op, STORE_OK);
}

/* Those that could not be written before come first. */
static void put_unsaved(struct store *store)
{
	struct op *op = op_list_take(&store->unsaved);

	for (struct op *next; op; op = next) {
		next = op->next;
		put_rows(store, (struct append_op *)op);
	}
}

void store_ledger_append(struct store *store, const struct ledger_row *rows, size_t count)
{
	if (!count)
		return;
	sqlite_begin(store);
	load_head(store);
	put_unsaved(store);
	put_rows(store, copy_rows(rows, count));
}

void store_ledger_cut(struct store *store, int64_t day)
{
	struct ledger_row row = {.kind = LEDGER_RETENTION, .time_ms = sqlite_now(store)};
	char contents[32];
	int64_t until;

	sqlite_begin(store);
	until = sqlite_number(store, SQL_LEDGER_DAY_BEFORE, VALUES(value_int(day)), 0);
	sqlite_finish_write(store, NULL, STORE_OK);
	if (until <= 0)
		return;
	snprintf(contents, sizeof(contents), "%lld", (long long)until);
	row.contents = contents;
	/* one transaction: neither the row without the cut nor the cut without the row */
	store_ledger_append(store, &row, 1);
	sqlite_run(store, SQL_LEDGER_CUT, VALUES(value_int(until)));
	log_info("ledger: rows removed by rule until=%lld", (long long)until);
}

void sqlite_ledger_finish(struct store *store)
{
	struct op *op = op_list_take(&store->unsaved);

	for (struct op *next; op; op = next) {
		next = op->next;
		op_destroy(op);
	}
	ledger_key_destroy(store->ledger_key);
	store->ledger_key = NULL;
}
