/*
 * store_nodes.c: the one node of a SQLite file. It has every role that it asks for, so
 * nothing of this is in the database.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/store/sqlite.h"
#include "feeds/base/buf.h"
#include "feeds/base/mem.h"

/* ---- roles ---- */

struct role_op {
	struct op op;
	void (*done)(void *context, enum store_status status, int64_t epoch);
	void *context;
};

static bool run_role(struct store *store, struct op *op)
{
	struct role_op *self = (struct role_op *)op;

	(void)store;
	if (self->done)
		self->done(self->context, STORE_OK, SQLITE_EPOCH);
	return false;
}

/* Sets the list of roles to what it is without NAME, and with it when IS_TAKEN. */
static void set_role(struct store *store, const char *name, bool is_taken)
{
	struct buf roles = {0};
	char *rest = store->roles, *role;

	while ((role = strsep(&rest, ",")) != NULL) {
		if (*role && strcmp(role, name) != 0)
			buf_printf(&roles, "%s%s", roles.len ? "," : "", role);
	}
	if (is_taken)
		buf_printf(&roles, "%s%s", roles.len ? "," : "", name);
	free(store->roles);
	store->roles = mem_strdup(roles.len ? roles.bytes : "");
	buf_finish(&roles);
}

static void read_nothing(struct store *store, struct op *op)
{
	(void)store, (void)op;
}

void store_role_take(struct store *store, const char *name, int64_t ttl_ms,
	void (*done)(void *context, enum store_status status, int64_t epoch), void *context)
{
	struct role_op *op = op_create(sizeof(*op), run_role);

	(void)ttl_ms;
	op->done = done;
	op->context = context;
	set_role(store, name, true);
	sqlite_queue_read(store, &op->op, read_nothing);
}

void store_role_drop(struct store *store, const char *name)
{
	set_role(store, name, false);
}

/* ---- nodes ---- */

void store_node_beat(struct store *store, const char *address)
{
	free(store->address);
	store->address = mem_strdup(address);
}

struct nodes_op {
	struct op op;
	void (*done)(void *context, const struct store_node *rows, size_t count);
	void *context;
};

static bool run_nodes(struct store *store, struct op *op)
{
	struct nodes_op *self = (struct nodes_op *)op;
	char host[256] = "";
	struct store_node row = {
		.name = store->node ? store->node : host,
		.address = store->address ? store->address : "",
		.roles = store->roles ? store->roles : "",
	};

	gethostname(host, sizeof(host) - 1);
	self->done(self->context, &row, store->address ? 1 : 0);
	return false;
}

void store_node_list(struct store *store,
	void (*done)(void *context, const struct store_node *rows, size_t count), void *context)
{
	struct nodes_op *op = op_create(sizeof(*op), run_nodes);

	op->done = done;
	op->context = context;
	sqlite_queue_read(store, &op->op, read_nothing);
}
