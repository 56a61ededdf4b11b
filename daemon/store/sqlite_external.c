/*
 * sqlite_external.c: what other hubs have been told. Publications are numbered, so one number
 * per hub says it all, however many topics there are and however long the hub was away.
 */
#include "daemon/store/calls_jobs.h"
#include "daemon/store/sqlite.h"
#include "daemon/store/sqlite_calls.h"

void sqlite_external_due(struct store *store, struct external_op *op, const char *hub, size_t max)
{
	sqlite3_stmt *stmt;
	int64_t told;

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

void sqlite_external_told(struct store *store, const char *hub, int64_t seq)
{
	sqlite_begin(store);
	sqlite_run(store, SQL_EXTERNAL_SET, VALUES(value_text(hub), value_int(seq)));
	sqlite_finish_progress(store, NULL, STORE_OK);
}
