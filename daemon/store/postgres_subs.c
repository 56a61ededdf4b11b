/* postgres_subs.c: intents and subscriptions: see sqlite_subs.c. */
#include <stdlib.h>
#include <string.h>

#include "daemon/store/calls_jobs.h"
#include "daemon/store/calls_subs.h"
#include "daemon/store/postgres.h"
#include "daemon/store/postgres_calls.h"
#include "daemon/store/seal.h"
#include "feeds/base/arena.h"
#include "feeds/base/buf.h"
#include "feeds/base/map.h"

enum { PAGE_ROWS = 500 };

/* ---- intents ---- */

static void take_request(struct store *store, struct op *op, const struct pg_statement *statement,
	const PGresult *result)
{
	(void)store, (void)statement;
	((struct request_op *)op)->id = pg_int(result, 0, 0);
}

static struct value seal_secret(struct store *store, const struct store_intent *intent,
	struct buf *sealed)
{
	if (!intent->secret || !store->seal)
		return value_blob(intent->secret, intent->secret_len);
	seal_close(store->seal, intent->topic_asked ? intent->topic_asked : "", intent->callback,
		intent->secret, intent->secret_len, sealed);
	return value_blob(sealed->bytes, sealed->len);
}

void postgres_request(struct store *store, struct request_op *op,
	const struct store_intent *intent)
{
	unsigned char key[SUBSCRIPTION_KEY];
	struct buf sealed = {0};
	uint64_t part = map_hash(intent->host_key, strlen(intent->host_key)) % STORE_PARTITIONS;

	subscription_key(intent->topic_asked ? intent->topic_asked : "", intent->callback, key);
	pg_write(&op->op, PG_HASTY, take_request);
	pg_add(&op->op, PG_INTENT_PUT,
		VALUES(pg_now(store), value_int(intent->mode), value_text(intent->topic),
			value_text(intent->topic_asked), value_text(intent->callback),
			value_text(intent->host_key), value_int(intent->lease_s),
			seal_secret(store, intent, &sealed), value_int(intent->method),
			value_text(intent->verify_token), value_int(intent->wants_changes),
			value_text(intent->reason), value_int(intent->initial),
			value_blob(key, sizeof(key)), value_int((int64_t)part)));
	buf_finish(&sealed);
	pg_queue(store, &op->op);
}

static void take_intents(struct store *store, struct op *op, const struct pg_statement *statement,
	const PGresult *result)
{
	struct intents_op *self = (struct intents_op *)op;

	(void)statement;
	self->count = (size_t)PQntuples(result);
	for (int i = 0; i < PQntuples(result); i++) {
		struct store_intent *out = &self->rows[i];

		out->id = pg_int(result, i, 0);
		out->mode = (enum sub_mode)pg_int(result, i, 1);
		out->topic = pg_text(op->arena, result, i, 2);
		out->topic_asked = pg_text(op->arena, result, i, 3);
		out->callback = pg_text(op->arena, result, i, 4);
		out->host_key = pg_text(op->arena, result, i, 5);
		out->lease_s = pg_int(result, i, 6);
		out->secret = pg_secret(store, op->arena, result, i, 7, out->topic_asked,
			out->callback, &out->secret_len);
		out->method = (enum sign_method)pg_int(result, i, 8);
		out->verify_token = pg_text(op->arena, result, i, 9);
		out->wants_changes = pg_int(result, i, 10) != 0;
		out->tries = (int)pg_int(result, i, 11);
		out->reason = pg_text(op->arena, result, i, 12);
		out->initial = (enum sub_initial)pg_int(result, i, 13);
	}
}

void postgres_claim_intents(struct store *store, struct intents_op *op, size_t max,
	int64_t visibility_ms)
{
	pg_write(&op->op, PG_CLAIM, take_intents);
	pg_add(&op->op, PG_INTENT_CLAIM,
		VALUES(pg_now(store), value_int((int64_t)max), value_int(visibility_ms),
			value_text(store->owner)));
	pg_queue(store, &op->op);
}

void postgres_fail_intent(struct store *store, int64_t intent_id, int64_t retry_ms)
{
	struct op *op = pg_op();

	pg_write(op, PG_KEPT, NULL);
	if (retry_ms < 0)
		pg_add(op, PG_INTENT_DELETE, VALUES(value_int(intent_id)));
	else
		pg_add(op, PG_INTENT_RETRY,
			VALUES(pg_now(store), value_int(intent_id), value_int(retry_ms)));
	pg_queue(store, op);
}

/* ---- confirmation ---- */

static void take_confirm(struct store *store, struct op *op, const struct pg_statement *statement,
	const PGresult *result)
{
	(void)store;
	if (statement->sql == PG_INTENT_DELETE && strcmp(PQcmdTuples((PGresult *)(uintptr_t)result),
		    "0") == 0)
		op->status = STORE_LOST;
}

void postgres_confirm(struct store *store, struct confirm_op *op, int64_t intent_id)
{
	struct value id = value_int(intent_id);

	pg_write(&op->op, PG_KEPT, take_confirm);
	pg_add(&op->op, PG_TOPIC_PUT, VALUES(id));
	pg_add(&op->op, PG_HOST_PUT, VALUES(id));
	pg_add(&op->op, PG_SUB_RENEW, VALUES(pg_now(store), id));
	pg_add(&op->op, PG_SUB_INSERT, VALUES(pg_now(store), id));
	pg_add(&op->op, PG_SUB_OWE_AGAIN, VALUES(pg_now(store), id));
	pg_add(&op->op, PG_SUB_LEAVE, VALUES(id));
	pg_add(&op->op, PG_INTENT_DELETE, VALUES(id));
	pg_queue(store, &op->op);
}

void postgres_remove(struct store *store, int64_t sub_id)
{
	struct op *op = pg_op();

	pg_write(op, PG_KEPT, NULL);
	pg_add(op, PG_SUB_DELETE, VALUES(value_int(sub_id)));
	pg_queue(store, op);
}

/* ---- denial and sweeping ---- */

void postgres_deny(struct store *store, int64_t sub_id, const char *reason)
{
	struct op *op = pg_op();

	pg_write(op, PG_KEPT, NULL);
	pg_add(op, PG_SUB_DENY, VALUES(pg_now(store), value_text(reason), value_int(sub_id)));
	pg_queue(store, op);
}

static void take_count(struct store *store, struct op *op, const struct pg_statement *statement,
	const PGresult *result)
{
	const char *count = PQcmdTuples((PGresult *)(uintptr_t)result);

	(void)store, (void)statement;
	((struct sweep_op *)op)->count = strtoul(count, NULL, 10);
}

void postgres_deny_topic(struct store *store, struct sweep_op *op, const char *topic, size_t max,
	const char *reason)
{
	struct value now = pg_now(store), why = value_text(reason), most = value_int((int64_t)max);

	pg_write(&op->op, PG_HASTY, take_count);
	if (topic)
		pg_add(&op->op, PG_SUB_DENY_TOPIC, VALUES(now, why, value_text(topic), most));
	else
		pg_add(&op->op, PG_SUB_DENY_WITHDRAWN, VALUES(now, why, most));
	pg_queue(store, &op->op);
}

void postgres_sweep(struct store *store, struct sweep_op *op, size_t max)
{
	pg_write(&op->op, PG_HASTY, take_count);
	pg_add(&op->op, PG_SUB_SWEEP, VALUES(pg_now(store), value_int((int64_t)max)));
	pg_queue(store, &op->op);
}

/* ---- listing ---- */

static void take_topics(struct store *store, struct op *op, const struct pg_statement *statement,
	const PGresult *result)
{
	struct topics_op *self = (struct topics_op *)op;

	(void)store, (void)statement;
	self->count = (size_t)PQntuples(result);
	self->topics = arena_alloc(op->arena, (self->count + 1) * sizeof(*self->topics));
	for (size_t i = 0; i < self->count; i++)
		self->topics[i] = pg_text(op->arena, result, (int)i, 0);
}

void postgres_read_topics(struct store *store, struct op *op)
{
	(void)store;
	pg_read(op, take_topics);
	pg_add(op, PG_SUB_TOPICS, NULL, 0);
}

static void take_subs(struct store *store, struct op *op, const struct pg_statement *statement,
	const PGresult *result)
{
	struct subs_op *self = (struct subs_op *)op;
	struct arena *arena = arena_create();

	(void)statement;
	self->count = (size_t)PQntuples(result);
	self->rows = arena_alloc(arena, (self->count + 1) * sizeof(*self->rows));
	for (int i = 0; i < PQntuples(result); i++) {
		pg_sub_columns(store, arena, result, i, &self->rows[i]);
		self->after[0] = pg_int(result, i, PG_SUB_TOPIC);
		self->after[1] = pg_int(result, i, PG_SUB_PART);
		self->after[2] = pg_int(result, i, PG_SUB_HOST);
		self->after[3] = self->rows[i].id;
	}
	op_set_page(op, arena);
}

void postgres_read_subs(struct store *store, struct op *op)
{
	struct subs_op *self = (struct subs_op *)op;
	const int64_t *after = self->after;

	pg_read(op, take_subs);
	pg_add(op, PG_SUB_LIST,
		VALUES(pg_now(store), value_int(after[0]), value_int(after[1]),
			value_int(after[2]), value_int(after[3]), value_text(self->topic),
			value_int(PAGE_ROWS)));
}

static int64_t due_column(const struct store *store, const PGresult *result, int column)
{
	return PQgetisnull(result, 0, column) ? INT64_MAX : pg_time(store, result, 0, column);
}

static void take_due(struct store *store, struct op *op, const struct pg_statement *statement,
	const PGresult *result)
{
	struct due_op *self = (struct due_op *)op;

	(void)statement;
	self->intent_ms = due_column(store, result, 0);
	self->task_ms = due_column(store, result, 1);
}

void postgres_read_due(struct store *store, struct op *op)
{
	pg_read(op, take_due);
	pg_add(op, PG_NEXT_DUE, VALUES(pg_now(store)));
}
