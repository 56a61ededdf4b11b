/*
 * sqlite_nodes.c: the one node of a SQLite file. It has every role that it asks for, so
 * nothing of this is in the database.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/store/calls_nodes.h"
#include "daemon/store/sqlite.h"
#include "daemon/store/sqlite_calls.h"
#include "feeds/base/arena.h"
#include "feeds/base/buf.h"
#include "feeds/base/mem.h"

/* ---- roles ---- */

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

void sqlite_role_take(struct store *store, struct role_op *op, const char *name, int64_t ttl_ms)
{
	(void)ttl_ms;
	op->epoch = SQLITE_EPOCH;
	set_role(store, name, true);
	engine_queue_read(store, &op->op, read_nothing);
}

void sqlite_role_drop(struct store *store, const char *name)
{
	set_role(store, name, false);
}

/* ---- nodes ---- */

void sqlite_node_beat(struct store *store, const char *address)
{
	free(store->address);
	store->address = mem_strdup(address);
}

void sqlite_read_nodes(struct store *store, struct op *op)
{
	struct nodes_op *self = (struct nodes_op *)op;
	char host[256] = "";

	gethostname(host, sizeof(host) - 1);
	self->rows = arena_alloc(op->arena, sizeof(*self->rows));
	self->rows[0] = (struct store_node){
		.name = arena_strdup(op->arena, store->node ? store->node : host),
		.address = store->address ? store->address : "",
		.roles = store->roles ? store->roles : "",
	};
	self->count = store->address ? 1 : 0;
}
