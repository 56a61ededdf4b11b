/*
 * sqlite_ledger.c: rows of evidence into the chain. They wait for the next commit, whatever
 * makes it, and go into it first: a fan-out pays no sync of its own for them, and no step of
 * it is committed without the rows that came before. Without any other write they wait a
 * moment. Each row is hashed onto the head that is kept in memory and forgotten with a
 * rollback; the day's head is signed by the first row of a later day. See ledger.h.
 */
#include <stdio.h>
#include <string.h>

#include "daemon/control/log.h"
#include "daemon/store/columns.h"
#include "daemon/store/ledger_rows.h"
#include "daemon/store/sqlite.h"
#include "daemon/store/sqlite_calls.h"

enum {
	AT_ONCE = 500,             /* rows of one op */
	UNSAVED_MOST = 200,        /* ops that wait for a store that can be written */
};
static const double wait_s = 0.05;

void sqlite_ledger_set_key(struct store *store, struct ledger_key *key)
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
	struct value values[LEDGER_VALUES];

	if (next.time_ms < head->time_ms)
		next.time_ms = head->time_ms;
	if (ledger_day_of(next.time_ms) > ledger_day_of(head->time_ms))
		sign_head(store);
	next.seq = head->seq + 1;
	ledger_hash_row(head->hash, &next, next.hash);
	ledger_values(&next, values);
	sqlite_run(store, SQL_LEDGER_PUT, values, LEDGER_VALUES);
	head->seq = next.seq;
	head->time_ms = next.time_ms;
	memcpy(head->hash, next.hash, LEDGER_HASH);
}

/* Rows that go into one transaction, in the order in which they came. */
struct append_op {
	struct op op;
	struct ledger_rows rows; /* in the op's arena */
};

static bool run_append(struct store *store, struct op *op);

static void wait_for_commit(struct store *store)
{
	if (ev_is_active(&store->ledger_due))
		return;
	ev_timer_set(&store->ledger_due, wait_s, 0.);
	ev_timer_start(store->base.ev, &store->ledger_due);
}

/* The last op that waits, if it has room, or a new one. */
static struct append_op *gather(struct store *store)
{
	struct append_op *last = (struct append_op *)store->ledger_last;

	if (last && last->rows.count < AT_ONCE)
		return last;
	last = op_create(sizeof(*last), run_append);
	op_list_add(&store->unsaved, &last->op);
	store->ledger_last = &last->op;
	return last;
}

static void add_row(struct store *store, const struct ledger_row *row)
{
	struct append_op *op = gather(store);

	ledger_rows_add(&op->rows, op->op.arena, row);
}

static size_t count_waiting(const struct store *store)
{
	size_t count = 0;

	for (const struct op *at = store->unsaved.first; at; at = at->next)
		count++;
	return count;
}

/* Written, or to be written again: the op ends with its turn, so its rows move. */
static bool run_append(struct store *store, struct op *op)
{
	struct append_op *self = (struct append_op *)op;

	if (op->status != STORE_OK && count_waiting(store) >= UNSAVED_MOST) {
		log_error("ledger: %zu rows are lost, the store cannot be written",
			self->rows.count);
	} else if (op->status != STORE_OK) {
		for (size_t i = 0; i < self->rows.count; i++)
			add_row(store, &self->rows.items[i]);
		wait_for_commit(store);
	}
	return false;
}

void sqlite_ledger_append(struct store *store, const struct ledger_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		add_row(store, &rows[i]);
	if (count)
		wait_for_commit(store);
}

void sqlite_ledger_put(struct store *store)
{
	struct op *op = op_list_take(&store->unsaved);

	if (!op)
		return;
	store->ledger_last = NULL;
	ev_timer_stop(store->base.ev, &store->ledger_due);
	load_head(store);
	for (struct op *next; op; op = next) {
		struct append_op *self = (struct append_op *)op;

		next = op->next;
		for (size_t i = 0; i < self->rows.count; i++)
			put_row(store, &self->rows.items[i]);
		sqlite_finish_write(store, op, STORE_OK);
	}
	sqlite_run(store, SQL_LEDGER_COUNT, VALUES(value_int(store->ledger.seq)));
	if (store->is_failed)
		store->ledger.is_loaded = false; /* it went ahead of the table */
}

static void on_due(struct ev_loop *ev, ev_timer *timer, int events)
{
	(void)ev, (void)events;
	sqlite_ledger_flush(timer->data);
}

void sqlite_ledger_flush(struct store *store)
{
	if (store->unsaved.first)
		sqlite_begin(store); /* its commit brings them along */
}

void sqlite_ledger_init(struct store *store)
{
	op_list_init(&store->unsaved);
	ev_timer_init(&store->ledger_due, on_due, wait_s, 0.);
	store->ledger_due.data = store;
}

void sqlite_ledger_cut(struct store *store, int64_t day)
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
	sqlite_ledger_append(store, &row, 1);
	sqlite_begin(store);
	sqlite_ledger_put(store);
	sqlite_run(store, SQL_LEDGER_CUT, VALUES(value_int(until)));
	sqlite_finish_write(store, NULL, STORE_OK);
	log_info("ledger: rows removed by rule until=%lld", (long long)until);
}

void sqlite_ledger_finish(struct store *store)
{
	struct op *op = op_list_take(&store->unsaved);

	for (struct op *next; op; op = next) {
		next = op->next;
		op_destroy(op);
	}
	ev_timer_stop(store->base.ev, &store->ledger_due);
	ledger_key_destroy(store->ledger_key);
	store->ledger_key = NULL;
}
