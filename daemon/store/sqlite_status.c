/* sqlite_status.c: how much there is, for the operator. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/store/calls_nodes.h"
#include "daemon/store/sqlite.h"
#include "daemon/store/sqlite_calls.h"
#include "feeds/base/arena.h"

enum { TOPICS_AT_FIRST = 64 };

void sqlite_read_counts(struct store *store, struct op *op)
{
	struct store_counts *counts = &((struct count_op *)op)->counts;
	sqlite3_stmt *stmt =
		sqlite_start(store, SQL_COUNTS, VALUES(value_int(sqlite_now(store))));

	while (sqlite_row(store, stmt)) {
		counts->subscriptions = sqlite3_column_int64(stmt, 0);
		counts->intents = sqlite3_column_int64(stmt, 1);
		counts->jobs = sqlite3_column_int64(stmt, 2);
		counts->tasks = sqlite3_column_int64(stmt, 3);
		counts->articles = sqlite3_column_int64(stmt, 4);
	}
}

void sqlite_read_topic_counts(struct store *store, struct op *op)
{
	struct topic_counts_op *self = (struct topic_counts_op *)op;
	sqlite3_stmt *stmt =
		sqlite_start(store, SQL_TOPIC_LIST, VALUES(value_int(sqlite_now(store))));
	size_t cap = 0;

	for (self->count = 0; sqlite_row(store, stmt); self->count++) {
		if (self->count == cap) {
			size_t next = cap ? cap * 2 : TOPICS_AT_FIRST;
			struct store_topic *rows =
				arena_alloc(op->arena, next * sizeof(*self->rows));

			if (cap)
				memcpy(rows, self->rows, cap * sizeof(*rows));
			self->rows = rows;
			cap = next;
		}
		self->rows[self->count] = (struct store_topic){
			.path = column_text(op->arena, stmt, 0),
			.subscriptions = sqlite3_column_int64(stmt, 1),
			.tasks = sqlite3_column_int64(stmt, 2),
		};
	}
}

static int64_t size_of(const char *file, const char *suffix)
{
	char path[4096];
	struct stat status;

	if (snprintf(path, sizeof(path), "%s%s", file, suffix) >= (int)sizeof(path) ||
		stat(path, &status) < 0)
		return -1;
	return status.st_size;
}

void sqlite_get(const struct store *store, struct store_engine *out)
{
	*out = (struct store_engine){
		.name = store->file,
		.size = size_of(store->file, ""),
		.wal_size = size_of(store->file, "-wal"),
		.is_failing = store->is_complaining,
		.commits = &store->commits,
	};
}

bool store_path(const char *uri, const char *directory, char *out, size_t size)
{
	int written;

	if (strncmp(uri, "sqlite:", 7) != 0 || !uri[7] || strcmp(uri + 7, ":memory:") == 0)
		return false;
	written = uri[7] == '/' || !directory ? snprintf(out, size, "%s", uri + 7) :
						snprintf(out, size, "%s/%s", directory, uri + 7);
	return written > 0 && (size_t)written < size;
}
