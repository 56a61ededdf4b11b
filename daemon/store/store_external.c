/*
 * store_external.c: what other hubs have been told. Publications are numbered, so one number
 * per hub says it all, however many topics there are and however long the hub was away.
 */
#include "daemon/store/sqlite.h"

#include "feeds/base/arena.h"

struct due_op {
	struct op op;
	void (*done)(void *context, const struct store_change *changes, size_t count);
	void *context;
	struct store_change *changes;
	size_t count;
};

static bool run_due(struct store *store, struct op *op)
{
	struct due_op *self = (struct due_op *)op;

	(void)store;
	self->done(self->context, self->changes, op->status == STORE_OK ? self->count : 0);
	return false;
}

void external_due(struct store *store, const char *hub, size_t max,
	void (*done)(void *context, const struct store_change *changes, size_t count),
	void *context)
{
	struct due_op *op = op_create(sizeof(*op), run_due);
	sqlite3_stmt *stmt;
	int64_t told;

	op->done = done;
	op->context = context;
	op->changes = arena_alloc(op->op.arena, (max + 1) * sizeof(*op->changes));
	sqlite_begin(store);
	sqlite_run(store, SQL_EXTERNAL_ADD, VALUES(value_text(hub)));
	told = sqlite_number(store, SQL_EXTERNAL_TOLD, VALUES(value_text(hub)), 0);
	stmt = sqlite_start(store, SQL_DOC_CHANGED,
		VALUES(value_int(told), value_int((int64_t)max)));
	for (op->count = 0; sqlite_row(store, stmt); op->count++)
		op->changes[op->count] = (struct store_change){
			.path = column_text(op->op.arena, stmt, 0),
			.seq = sqlite3_column_int64(stmt, 1),
		};
	sqlite_finish_progress(store, &op->op, STORE_OK);
}

void external_told(struct store *store, const char *hub, int64_t seq)
{
	sqlite_begin(store);
	sqlite_run(store, SQL_EXTERNAL_SET, VALUES(value_text(hub), value_int(seq)));
	sqlite_finish_progress(store, NULL, STORE_OK);
}
