/* store_nodes.c: the calls about roles and nodes, for every engine. */
#include "daemon/store/store_nodes.h"

#include "daemon/store/calls_nodes.h"
#include "daemon/store/engine.h"

static bool run_role(struct store *store, struct op *op)
{
	struct role_op *self = (struct role_op *)op;

	(void)store;
	if (self->done)
		self->done(self->context, op->status, op->status == STORE_OK ? self->epoch : 0);
	return false;
}

void store_role_take(struct store *store, const char *name, int64_t ttl_ms,
	void (*done)(void *context, enum store_status status, int64_t epoch), void *context)
{
	struct role_op *op = op_create(sizeof(*op), run_role);

	op->done = done;
	op->context = context;
	engine_of(store)->role_take(store, op, name, ttl_ms);
}

void store_role_drop(struct store *store, const char *name)
{
	engine_of(store)->role_drop(store, name);
}

void store_node_beat(struct store *store, const char *address)
{
	engine_of(store)->node_beat(store, address);
}

static bool run_nodes(struct store *store, struct op *op)
{
	struct nodes_op *self = (struct nodes_op *)op;

	(void)store;
	self->done(self->context, self->rows, self->count);
	return false;
}

void store_node_list(struct store *store,
	void (*done)(void *context, const struct store_node *rows, size_t count), void *context)
{
	struct nodes_op *op = op_create(sizeof(*op), run_nodes);

	op->done = done;
	op->context = context;
	engine_queue_read(store, &op->op, engine_of(store)->read_nodes);
}
