/* store_evidence.c: the calls about evidence and numbers, for every engine. */
#include "daemon/store/store_evidence.h"

#include "daemon/store/calls_nodes.h"
#include "daemon/store/engine.h"

static bool run_count(struct store *store, struct op *op)
{
	struct count_op *self = (struct count_op *)op;

	(void)store;
	self->done(self->context, &self->counts);
	return false;
}

void store_count(struct store *store,
	void (*done)(void *context, const struct store_counts *counts), void *context)
{
	struct count_op *op = op_create(sizeof(*op), run_count);

	op->done = done;
	op->context = context;
	engine_queue_read(store, &op->op, engine_of(store)->read_counts);
}

static bool run_topic_counts(struct store *store, struct op *op)
{
	struct topic_counts_op *self = (struct topic_counts_op *)op;

	(void)store;
	self->done(self->context, self->rows, self->count);
	return false;
}

void store_topic_list(struct store *store,
	void (*done)(void *context, const struct store_topic *rows, size_t count),
	void *context)
{
	struct topic_counts_op *op = op_create(sizeof(*op), run_topic_counts);

	op->done = done;
	op->context = context;
	engine_queue_read(store, &op->op, engine_of(store)->read_topic_counts);
}

void store_ledger_set_key(struct store *store, struct ledger_key *key)
{
	engine_of(store)->ledger_set_key(store, key);
}

void store_ledger_append(struct store *store, const struct ledger_row *rows, size_t count)
{
	engine_of(store)->ledger_append(store, rows, count);
}

void store_ledger_cut(struct store *store, int64_t day)
{
	engine_of(store)->ledger_cut(store, day);
}
