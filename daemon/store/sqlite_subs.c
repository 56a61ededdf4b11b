/*
 * sqlite_subs.c: intents and subscriptions. An intent is keyed by topic and callback, and a
 * newer one has a new id, so that the outcome of an older verification finds nothing.
 * Topics as asked and callbacks are compared by the first 16 bytes of their SHA-256: short
 * keys, and nobody outside can make two of them meet.
 */
#include <string.h>

#include "daemon/store/calls_jobs.h"
#include "daemon/store/calls_subs.h"
#include "daemon/store/sqlite.h"
#include "daemon/store/sqlite_calls.h"
#include "feeds/base/arena.h"
#include "feeds/base/map.h"

enum { PAGE_ROWS = 500 };

/* ---- intents ---- */

static struct value key_of(const struct store_intent *intent,
	unsigned char out[SUBSCRIPTION_KEY])
{
	subscription_key(intent->topic_asked ? intent->topic_asked : "",
		intent->callback, out);
	return value_blob(out, SUBSCRIPTION_KEY);
}

/* In the place of an older one; returns its id. */
static int64_t put_intent(struct store *store, const struct store_intent *intent)
{
	unsigned char bytes[SUBSCRIPTION_KEY];
	struct value key = key_of(intent, bytes);
	int64_t id;

	sqlite_run(store, SQL_INTENT_DROP_KEY, VALUES(value_text(intent->topic), key));
	id = sqlite_count_up(store, "intent");
	sqlite_run(store, SQL_INTENT_PUT,
		VALUES(value_int(id), value_int(intent->mode), value_text(intent->topic),
			value_text(intent->topic_asked), value_text(intent->callback),
			value_text(intent->host_key), value_int(intent->lease_s),
			value_blob(intent->secret, intent->secret_len),
			value_int(intent->method), value_text(intent->verify_token),
			value_int(intent->wants_changes), key, value_int(sqlite_now(store)),
			value_text(intent->reason), value_int(intent->initial)));
	return id;
}

void sqlite_request(struct store *store, struct request_op *op,
	const struct store_intent *intent)
{
	sqlite_begin(store);
	op->id = put_intent(store, intent);
	sqlite_finish_write(store, &op->op, STORE_OK);
}

static void intent_columns(struct arena *arena, sqlite3_stmt *stmt, struct store_intent *out)
{
	out->id = sqlite3_column_int64(stmt, 0);
	out->mode = (enum sub_mode)sqlite3_column_int(stmt, 1);
	out->topic = column_text(arena, stmt, 2);
	out->topic_asked = column_text(arena, stmt, 3);
	out->callback = column_text(arena, stmt, 4);
	out->host_key = column_text(arena, stmt, 5);
	out->lease_s = sqlite3_column_int64(stmt, 6);
	out->secret = column_blob(arena, stmt, 7, &out->secret_len);
	out->method = (enum sign_method)sqlite3_column_int(stmt, 8);
	out->verify_token = column_text(arena, stmt, 9);
	out->wants_changes = sqlite3_column_int(stmt, 10);
	out->tries = sqlite3_column_int(stmt, 11);
	out->reason = column_text(arena, stmt, 12);
	out->initial = (enum sub_initial)sqlite3_column_int(stmt, 13);
}

void sqlite_claim_intents(struct store *store, struct intents_op *op, size_t max,
	int64_t visibility_ms)
{
	int64_t now = sqlite_now(store);
	sqlite3_stmt *stmt;

	sqlite_begin(store);
	stmt = sqlite_start(store, SQL_INTENT_DUE,
		VALUES(value_int(now), value_int((int64_t)max)));
	for (op->count = 0; sqlite_row(store, stmt); op->count++)
		intent_columns(op->op.arena, stmt, &op->rows[op->count]);
	for (size_t i = 0; i < op->count; i++) {
		op->rows[i].tries++;
		sqlite_run(store, SQL_INTENT_HIDE,
			VALUES(value_int(op->rows[i].id), value_int(now + visibility_ms)));
	}
	sqlite_finish_progress(store, &op->op, STORE_OK);
}

void sqlite_fail_intent(struct store *store, int64_t intent_id, int64_t retry_ms)
{
	sqlite_begin(store);
	if (retry_ms < 0)
		sqlite_run(store, SQL_INTENT_DELETE, VALUES(value_int(intent_id)));
	else
		sqlite_run(store, SQL_INTENT_RETRY,
			VALUES(value_int(intent_id), value_int(sqlite_now(store) + retry_ms)));
	sqlite_finish_write(store, NULL, STORE_OK);
}

/* ---- confirmation ---- */

int64_t sqlite_find_topic(struct store *store, const char *path)
{
	return sqlite_number(store, SQL_TOPIC_FIND, VALUES(value_text(path)), 0);
}

static int64_t find_or_put(struct store *store, enum sql find, enum sql put, const char *key)
{
	int64_t num = sqlite_number(store, find, VALUES(value_text(key)), 0);

	return num ? num : sqlite_number(store, put, VALUES(value_text(key)), 0);
}

static void insert_sub(struct store *store, const struct store_intent *intent, int64_t topic,
	int64_t id, struct value key)
{
	int64_t host = find_or_put(store, SQL_HOST_FIND, SQL_HOST_PUT, intent->host_key);
	int64_t part = (int64_t)(map_hash(intent->host_key, strlen(intent->host_key)) %
		STORE_PARTITIONS);

	sqlite_run(store, SQL_SUB_INSERT,
		VALUES(value_int(topic), value_int(part), value_int(host), value_int(id),
			value_text(intent->callback), key, value_text(intent->topic_asked),
			value_blob(intent->secret, intent->secret_len),
			value_int(intent->method), value_int(intent->wants_changes),
			value_int(sqlite_now(store) + intent->lease_s * 1000)));
}

static void put_sub(struct store *store, const struct store_intent *intent)
{
	unsigned char bytes[SUBSCRIPTION_KEY];
	struct value key = key_of(intent, bytes);
	int64_t topic = find_or_put(store, SQL_TOPIC_FIND, SQL_TOPIC_PUT, intent->topic);
	int64_t id = sqlite_number(store, SQL_SUB_FIND, VALUES(value_int(topic), key), 0);
	bool is_new = id == 0;

	if (is_new) {
		id = sqlite_count_up(store, "sub");
		insert_sub(store, intent, topic, id, key);
	} else {
		sqlite_run(store, SQL_SUB_RENEW,
			VALUES(value_int(id), value_blob(intent->secret, intent->secret_len),
				value_int(intent->method), value_int(intent->wants_changes),
				value_int(sqlite_now(store) + intent->lease_s * 1000)));
	}
	if (intent->initial == INITIAL_ALWAYS || (is_new && intent->initial == INITIAL_IF_NEW))
		sqlite_run(store, SQL_TASK_OWE,
			VALUES(value_int(id), value_int(sqlite_now(store)),
				value_int(PRIORITY_REST)));
}

static void drop_sub(struct store *store, const struct store_intent *intent)
{
	unsigned char bytes[SUBSCRIPTION_KEY];
	struct value key = key_of(intent, bytes);
	int64_t topic = sqlite_find_topic(store, intent->topic);

	sqlite_run(store, SQL_SUB_DELETE_KEY, VALUES(value_int(topic), key));
}

void sqlite_confirm(struct store *store, struct confirm_op *op, int64_t intent_id)
{
	struct store_intent intent = {0};
	sqlite3_stmt *stmt;

	sqlite_begin(store);
	stmt = sqlite_start(store, SQL_INTENT_GET, VALUES(value_int(intent_id)));
	while (sqlite_row(store, stmt))
		intent_columns(op->op.arena, stmt, &intent);
	if (!intent.id) {
		sqlite_finish_write(store, &op->op, STORE_LOST);
		return;
	}
	switch (intent.mode) {
	case SUB_SUBSCRIBE:
		put_sub(store, &intent);
		break;
	case SUB_UNSUBSCRIBE:
		drop_sub(store, &intent);
		break;
	case SUB_DENIED:
		break;
	}
	sqlite_run(store, SQL_INTENT_DELETE, VALUES(value_int(intent_id)));
	sqlite_finish_write(store, &op->op, STORE_OK);
}

void sqlite_remove(struct store *store, int64_t sub_id)
{
	sqlite_begin(store);
	sqlite_run(store, SQL_SUB_DELETE, VALUES(value_int(sub_id)));
	sqlite_finish_write(store, NULL, STORE_OK);
}

/* ---- denial ---- */

static void deny_rows(struct store *store, const struct store_sub *rows, size_t count,
	const char *reason)
{
	for (size_t i = 0; i < count; i++) {
		put_intent(store, &(struct store_intent){.mode = SUB_DENIED,
			.topic = rows[i].topic, .topic_asked = rows[i].topic_asked,
			.callback = rows[i].callback, .host_key = rows[i].host_key,
			.reason = reason});
		sqlite_run(store, SQL_SUB_DELETE, VALUES(value_int(rows[i].id)));
	}
}

/* The rows of STMT, at most MAX. */
static size_t deny(struct store *store, sqlite3_stmt *stmt, size_t max, const char *reason)
{
	struct arena *arena = arena_create();
	struct store_sub *rows = arena_alloc(arena, (max + 1) * sizeof(*rows));
	size_t count;

	for (count = 0; sqlite_row(store, stmt); count++)
		sqlite_sub_columns(arena, stmt, &rows[count]);
	deny_rows(store, rows, count, reason);
	arena_destroy(arena);
	return count;
}

void sqlite_deny(struct store *store, int64_t sub_id, const char *reason)
{
	sqlite_begin(store);
	deny(store, sqlite_start(store, SQL_SUB_GET, VALUES(value_int(sub_id))), 1, reason);
	sqlite_finish_write(store, NULL, STORE_OK);
}

void sqlite_deny_topic(struct store *store, struct sweep_op *op, const char *topic, size_t max,
	const char *reason)
{
	struct value most = value_int((int64_t)max);

	sqlite_begin(store);
	op->count = deny(store, topic ?
		sqlite_start(store, SQL_SUB_OF_TOPIC, VALUES(value_text(topic), most)) :
		sqlite_start(store, SQL_SUB_WITHDRAWN, VALUES(most)), max, reason);
	sqlite_finish_write(store, &op->op, STORE_OK);
}

void sqlite_read_topics(struct store *store, struct op *op)
{
	struct topics_op *self = (struct topics_op *)op;
	sqlite3_stmt *stmt = sqlite_start(store, SQL_SUB_TOPICS, NULL, 0);
	size_t cap = 0;

	for (self->count = 0; sqlite_row(store, stmt); self->count++) {
		if (self->count == cap) {
			const char **more = arena_alloc(op->arena,
				(cap * 2 + 16) * sizeof(*more));

			if (cap)
				memcpy(more, self->topics, cap * sizeof(*more));
			cap = cap * 2 + 16;
			self->topics = more;
		}
		self->topics[self->count] = column_text(op->arena, stmt, 0);
	}
}

/* ---- listing ---- */

void sqlite_sub_columns(struct arena *arena, sqlite3_stmt *stmt, struct store_sub *out)
{
	out->id = sqlite3_column_int64(stmt, 0);
	out->topic = column_text(arena, stmt, 1);
	out->topic_asked = column_text(arena, stmt, 2);
	out->callback = column_text(arena, stmt, 3);
	out->host_key = column_text(arena, stmt, 4);
	out->secret = column_blob(arena, stmt, 5, &out->secret_len);
	out->method = (enum sign_method)sqlite3_column_int(stmt, 6);
	out->wants_changes = sqlite3_column_int(stmt, 7);
	out->expires_ms = sqlite3_column_int64(stmt, 8);
	out->attempts = sqlite3_column_int(stmt, 9);
	out->first_failed_ms = sqlite3_column_int64(stmt, 10);
	out->delivered_seq = sqlite3_column_int64(stmt, 11);
	out->due_ms = sqlite3_column_int64(stmt, 15);
	out->why = column_text(arena, stmt, 16);
	out->priority = (enum store_priority)sqlite3_column_int(stmt, 17);
}

void sqlite_read_subs(struct store *store, struct op *op)
{
	struct subs_op *self = (struct subs_op *)op;
	struct arena *arena = arena_create();
	int64_t topic = self->topic ? sqlite_find_topic(store, self->topic) : 0;
	const int64_t *after = self->after;
	sqlite3_stmt *stmt = sqlite_start(store, SQL_SUB_LIST,
		VALUES(value_int(after[0]), value_int(after[1]), value_int(after[2]),
			value_int(after[3]), value_int(topic),
			value_int(self->topic ? topic : INT64_MAX), value_int(sqlite_now(store)),
			value_int(PAGE_ROWS)));

	self->rows = arena_alloc(arena, PAGE_ROWS * sizeof(*self->rows));
	for (self->count = 0; sqlite_row(store, stmt); self->count++) {
		sqlite_sub_columns(arena, stmt, &self->rows[self->count]);
		self->after[0] = sqlite3_column_int64(stmt, SUB_COLUMN_TOPIC);
		self->after[1] = sqlite3_column_int64(stmt, SUB_COLUMN_PART);
		self->after[2] = sqlite3_column_int64(stmt, SUB_COLUMN_HOST);
		self->after[3] = self->rows[self->count].id;
	}
	op_set_page(op, arena);
}

/* ---- sweeping and counting ---- */

void sqlite_sweep(struct store *store, struct sweep_op *op, size_t max)
{
	sqlite_begin(store);
	op->count = (size_t)sqlite_run(store, SQL_SUB_SWEEP,
		VALUES(value_int(sqlite_now(store)), value_int((int64_t)max)));
	sqlite_finish_write(store, &op->op, STORE_OK);
}

static int64_t due_column(sqlite3_stmt *stmt, int column)
{
	return sqlite3_column_type(stmt, column) == SQLITE_NULL
		? INT64_MAX
		: sqlite3_column_int64(stmt, column);
}

void sqlite_read_due(struct store *store, struct op *op)
{
	struct due_op *self = (struct due_op *)op;
	sqlite3_stmt *stmt =
		sqlite_start(store, SQL_NEXT_DUE, VALUES(value_int(sqlite_now(store))));

	while (sqlite_row(store, stmt)) {
		self->intent_ms = due_column(stmt, 0);
		self->task_ms = due_column(stmt, 1);
	}
}

