/*
 * postgres_ledger.c: rows of evidence into the chain (ledger.h). The chain has one end for
 * all nodes: a batch with rows locks it, reads it, and hashes its rows onto it in the same
 * transaction, which is one round trip more than other batches have. Rows go with the next
 * batch and are kept while the database is away.
 */
#include <stdio.h>
#include <string.h>

#include "daemon/control/log.h"
#include "daemon/loop/loop.h"
#include "daemon/store/columns.h"
#include "daemon/store/ledger.h"
#include "daemon/store/ledger_rows.h"
#include "daemon/store/postgres.h"
#include "daemon/store/postgres_calls.h"

enum { AT_ONCE = 500 };

struct ledger_op {
	struct op op;
	struct ledger_rows rows;   /* in the op's arena */
	/* the end of the chain, as it was read */
	int64_t seq, time_ms, until;
	uint8_t hash[LEDGER_HASH];
};

static bool run_ledger(struct store *store, struct op *op)
{
	struct ledger_op *self = (struct ledger_op *)op;

	(void)store;
	if (op->status != STORE_OK)
		log_error("ledger: %zu rows are lost, the store refuses them", self->rows.count);
	else if (self->until > 0)
		log_info("ledger: rows removed by rule until=%lld", (long long)self->until);
	return false;
}

void postgres_ledger_set_key(struct store *store, struct ledger_key *key)
{
	ledger_key_destroy(store->ledger_key);
	store->ledger_key = key;
}

static void take_ledger(struct store *store, struct op *op, const struct pg_statement *statement,
	const PGresult *result)
{
	struct ledger_op *self = (struct ledger_op *)op;

	(void)store;
	if (statement->sql == PG_LEDGER_LOCK) {
		self->seq = self->time_ms = self->until = 0;
		memset(self->hash, 0, sizeof(self->hash));
	} else if (statement->sql == PG_LEDGER_DAY_BEFORE) {
		self->until = pg_int(result, 0, 0);
	} else if (statement->sql == PG_LEDGER_HEAD && PQntuples(result) > 0) {
		self->seq = pg_int(result, 0, 0);
		self->time_ms = pg_int(result, 0, 1);
		if (PQgetlength(result, 0, 2) == LEDGER_HASH)
			memcpy(self->hash, PQgetvalue(result, 0, 2), LEDGER_HASH);
	}
}

/* The end belongs to a day that is over. */
static void sign_day(struct store *store, struct ledger_op *self)
{
	struct ledger_day day = {.day = ledger_day_of(self->time_ms), .seq = self->seq};

	if (!store->ledger_key || !day.seq)
		return;
	memcpy(day.hash, self->hash, LEDGER_HASH);
	ledger_sign_day(store->ledger_key, &day);
	pg_add(&self->op, PG_LEDGER_DAY_PUT,
		VALUES(value_int(day.day), value_int(day.seq), value_blob(day.hash, LEDGER_HASH),
			value_blob(day.signature, LEDGER_SIGNATURE)));
}

static void put_row(struct store *store, struct ledger_op *self, const struct ledger_row *row)
{
	struct ledger_row next = *row;
	struct value values[LEDGER_VALUES];

	if (next.time_ms < self->time_ms)
		next.time_ms = self->time_ms;
	if (ledger_day_of(next.time_ms) > ledger_day_of(self->time_ms))
		sign_day(store, self);
	next.seq = self->seq + 1;
	ledger_hash_row(self->hash, &next, next.hash);
	ledger_values(&next, values);
	pg_add(&self->op, PG_LEDGER_PUT, values, LEDGER_VALUES);
	self->seq = next.seq;
	self->time_ms = next.time_ms;
	memcpy(self->hash, next.hash, LEDGER_HASH);
}

/* Several calls of a batch go on from one another: the last one's end is the next one's. */
static void add_rows(struct store *store, struct op *op)
{
	struct ledger_op *self = (struct ledger_op *)op;
	char until[32];

	for (size_t i = 0; i < self->rows.count; i++)
		put_row(store, self, &self->rows.items[i]);
	if (self->until > 0) {
		snprintf(until, sizeof(until), "%lld", (long long)self->until);
		put_row(store, self, &(struct ledger_row){.kind = LEDGER_RETENTION,
			.time_ms = self->time_ms, .contents = until});
		pg_add(op, PG_LEDGER_CUT, VALUES(value_int(self->until)));
	}
	if (self->rows.count || self->until > 0)
		pg_add(op, PG_LEDGER_COUNT, VALUES(value_int(self->seq)));
	for (struct op *later = op->next; later; later = later->next) {
		struct ledger_op *follower = (struct ledger_op *)later;

		if (later->run != run_ledger)
			continue;
		follower->seq = self->seq;
		follower->time_ms = self->time_ms;
		memcpy(follower->hash, self->hash, LEDGER_HASH);
		return;
	}
}

static struct ledger_op *begin(void)
{
	struct ledger_op *self = op_create(sizeof(*self), run_ledger);

	pg_write(&self->op, PG_KEPT, take_ledger);
	self->op.script->next = add_rows;
	pg_add(&self->op, PG_LEDGER_LOCK, NULL, 0);
	pg_add(&self->op, PG_LEDGER_HEAD, NULL, 0);
	return self;
}

void postgres_ledger_append(struct store *store, const struct ledger_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct ledger_op *last = (struct ledger_op *)store->ledger_last;

		if (!last || last->rows.count >= AT_ONCE) {
			last = begin();
			pg_queue(store, &last->op);
			store->ledger_last = &last->op;
		}
		ledger_rows_add(&last->rows, last->op.arena, &rows[i]);
	}
}

void postgres_ledger_cut(struct store *store, int64_t day)
{
	struct ledger_op *self = begin();

	pg_add(&self->op, PG_LEDGER_DAY_BEFORE, VALUES(value_int(day)));
	pg_queue(store, &self->op);
}
