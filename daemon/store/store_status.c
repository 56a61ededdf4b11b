/* store_status.c: how much there is, for the operator. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/store/sqlite.h"
#include "feeds/base/arena.h"

enum { TOPICS_AT_FIRST = 64 };

struct count_op {
	struct op op;
	void (*done)(void *context, const struct store_counts *counts);
	void *context;
	struct store_counts counts;
};

static void read_counts(struct store *store, struct op *op)
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
	sqlite_queue_read(store, &op->op, read_counts);
}

struct topics_op {
	struct op op;
	void (*done)(void *context, const struct store_topic *rows, size_t count);
	void *context;
	struct store_topic *rows;
	size_t count;
};

static void read_topics(struct store *store, struct op *op)
{
	struct topics_op *self = (struct topics_op *)op;
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

static bool run_topics(struct store *store, struct op *op)
{
	struct topics_op *self = (struct topics_op *)op;

	(void)store;
	self->done(self->context, self->rows, self->count);
	return false;
}

void store_topic_list(struct store *store,
	void (*done)(void *context, const struct store_topic *rows, size_t count),
	void *context)
{
	struct topics_op *op = op_create(sizeof(*op), run_topics);

	op->done = done;
	op->context = context;
	sqlite_queue_read(store, &op->op, read_topics);
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

void store_get_engine(const struct store *store, struct store_engine *out)
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
