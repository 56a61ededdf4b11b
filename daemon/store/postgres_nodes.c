/* postgres_nodes.c: roles, nodes, and how much there is. */
#include "daemon/store/calls_nodes.h"
#include "daemon/store/postgres.h"
#include "daemon/store/postgres_calls.h"
#include "feeds/base/arena.h"

static void take_role(struct store *store, struct op *op, const struct pg_statement *statement,
	const PGresult *result)
{
	(void)store, (void)statement;
	if (PQntuples(result) == 0)
		op->status = STORE_LOST;
	else
		((struct role_op *)op)->epoch = pg_int(result, 0, 0);
}

void postgres_role_take(struct store *store, struct role_op *op, const char *name, int64_t ttl_ms)
{
	pg_write(&op->op, PG_HASTY, take_role);
	pg_add(&op->op, PG_ROLE_TAKE,
		VALUES(pg_now(store), value_text(name), value_text(store->owner),
			value_int(ttl_ms)));
	pg_queue(store, &op->op);
}

void postgres_role_drop(struct store *store, const char *name)
{
	struct op *op = pg_op();

	pg_write(op, PG_HASTY, NULL);
	pg_add(op, PG_ROLE_DROP, VALUES(value_text(name), value_text(store->owner)));
	pg_queue(store, op);
}

void postgres_node_beat(struct store *store, const char *address)
{
	struct op *op = pg_op();

	pg_write(op, PG_HASTY, NULL);
	pg_progress(op);
	pg_add(op, PG_NODE_BEAT,
		VALUES(pg_now(store), value_text(store->node), value_text(address)));
	pg_queue(store, op);
}

static void take_nodes(struct store *store, struct op *op, const struct pg_statement *statement,
	const PGresult *result)
{
	struct nodes_op *self = (struct nodes_op *)op;

	(void)store, (void)statement;
	self->count = (size_t)PQntuples(result);
	self->rows = arena_alloc(op->arena, (self->count + 1) * sizeof(*self->rows));
	for (int i = 0; i < PQntuples(result); i++)
		self->rows[i] = (struct store_node){
			.name = pg_text(op->arena, result, i, 0),
			.address = pg_text(op->arena, result, i, 1),
			.roles = pg_text(op->arena, result, i, 2),
			.age_ms = pg_int(result, i, 3),
		};
}

void postgres_read_nodes(struct store *store, struct op *op)
{
	pg_read(op, take_nodes);
	pg_add(op, PG_NODE_LIST, VALUES(pg_now(store)));
}

/* ---- numbers ---- */

static void take_counts(struct store *store, struct op *op, const struct pg_statement *statement,
	const PGresult *result)
{
	(void)store, (void)statement;
	((struct count_op *)op)->counts = (struct store_counts){
		.subscriptions = pg_int(result, 0, 0),
		.intents = pg_int(result, 0, 1),
		.jobs = pg_int(result, 0, 2),
		.tasks = pg_int(result, 0, 3),
		.articles = pg_int(result, 0, 4),
	};
}

void postgres_read_counts(struct store *store, struct op *op)
{
	pg_read(op, take_counts);
	pg_add(op, PG_COUNTS, VALUES(pg_now(store)));
}

static void take_topic_counts(struct store *store, struct op *op,
	const struct pg_statement *statement, const PGresult *result)
{
	struct topic_counts_op *self = (struct topic_counts_op *)op;

	(void)store, (void)statement;
	self->count = (size_t)PQntuples(result);
	self->rows = arena_alloc(op->arena, (self->count + 1) * sizeof(*self->rows));
	for (int i = 0; i < PQntuples(result); i++)
		self->rows[i] = (struct store_topic){
			.path = pg_text(op->arena, result, i, 0),
			.subscriptions = pg_int(result, i, 1),
			.tasks = pg_int(result, i, 2),
		};
}

void postgres_read_topic_counts(struct store *store, struct op *op)
{
	pg_read(op, take_topic_counts);
	pg_add(op, PG_TOPIC_LIST, VALUES(pg_now(store)));
}
