/* store_subs.c: the calls about intents and subscriptions, for every engine. */
#include "daemon/store/store_subs.h"

#include <openssl/sha.h>
#include <string.h>

#include "daemon/store/calls_subs.h"
#include "daemon/store/engine.h"
#include "feeds/base/arena.h"
#include "feeds/base/buf.h"

void subscription_key(const char *topic_asked, const char *callback,
	unsigned char out[SUBSCRIPTION_KEY])
{
	unsigned char hash[SHA256_DIGEST_LENGTH];
	struct buf both = {0};

	/* with the NUL between them, which no URL has */
	buf_add(&both, topic_asked, strlen(topic_asked) + 1);
	buf_add_str(&both, callback);
	SHA256((const unsigned char *)both.bytes, both.len, hash);
	memcpy(out, hash, SUBSCRIPTION_KEY);
	buf_finish(&both);
}
static bool run_request(struct store *store, struct op *op)
{
	struct request_op *self = (struct request_op *)op;

	(void)store;
	if (self->done)
		self->done(self->context, op->status, op->status == STORE_OK ? self->id : 0);
	return false;
}

void sub_request(struct store *store, const struct store_intent *intent,
	void (*done)(void *context, enum store_status status, int64_t id), void *context)
{
	struct request_op *op = op_create(sizeof(*op), run_request);

	op->done = done;
	op->context = context;
	engine_of(store)->request(store, op, intent);
}

static bool run_intents(struct store *store, struct op *op)
{
	struct intents_op *self = (struct intents_op *)op;

	(void)store;
	self->done(self->context, self->rows, op->status == STORE_OK ? self->count : 0);
	return false;
}

void intent_claim(struct store *store, size_t max, int64_t visibility_ms,
	void (*done)(void *context, const struct store_intent *rows, size_t count),
	void *context)
{
	struct intents_op *op = op_create(sizeof(*op), run_intents);

	op->done = done;
	op->context = context;
	op->rows = arena_alloc(op->op.arena, (max + 1) * sizeof(*op->rows));
	engine_of(store)->claim_intents(store, op, max, visibility_ms);
}

void intent_fail(struct store *store, int64_t intent_id, int64_t retry_ms)
{
	engine_of(store)->fail_intent(store, intent_id, retry_ms);
}

static bool run_confirm(struct store *store, struct op *op)
{
	struct confirm_op *self = (struct confirm_op *)op;

	(void)store;
	if (self->done)
		self->done(self->context, op->status);
	return false;
}

void sub_confirm(struct store *store, int64_t intent_id,
	void (*done)(void *context, enum store_status status), void *context)
{
	struct confirm_op *op = op_create(sizeof(*op), run_confirm);

	op->done = done;
	op->context = context;
	engine_of(store)->confirm(store, op, intent_id);
}

void sub_remove(struct store *store, int64_t sub_id)
{
	engine_of(store)->remove(store, sub_id);
}

void sub_deny(struct store *store, int64_t sub_id, const char *reason)
{
	engine_of(store)->deny(store, sub_id, reason);
}

static bool run_sweep(struct store *store, struct op *op)
{
	struct sweep_op *self = (struct sweep_op *)op;

	(void)store;
	if (self->done)
		self->done(self->context, op->status == STORE_OK ? self->count : 0);
	return false;
}

void sub_deny_topic(struct store *store, const char *topic, size_t max, const char *reason,
	void (*done)(void *context, size_t count), void *context)
{
	struct sweep_op *op = op_create(sizeof(*op), run_sweep);

	op->done = done;
	op->context = context;
	engine_of(store)->deny_topic(store, op, topic, max, reason);
}

void store_sweep(struct store *store, size_t max,
	void (*done)(void *context, size_t removed), void *context)
{
	struct sweep_op *op = op_create(sizeof(*op), run_sweep);

	op->done = done;
	op->context = context;
	engine_of(store)->sweep(store, op, max);
}

static bool run_topics(struct store *store, struct op *op)
{
	struct topics_op *self = (struct topics_op *)op;

	(void)store;
	self->done(self->context, self->topics, self->count);
	return false;
}

void sub_topics(struct store *store,
	void (*done)(void *context, const char *const *topics, size_t count), void *context)
{
	struct topics_op *op = op_create(sizeof(*op), run_topics);

	op->done = done;
	op->context = context;
	engine_queue_read(store, &op->op, engine_of(store)->read_topics);
}

static bool run_subs(struct store *store, struct op *op)
{
	struct subs_op *self = (struct subs_op *)op;
	bool is_end = self->count == 0;

	(void)store;
	if (self->done) {
		self->done(self->context, self->rows, self->count,
			&(struct store_list_cursor){self->after[0], self->after[1],
				self->after[2], self->after[3]});
		return false;
	}
	self->page(self->context, self->rows, self->count);
	return !is_end;
}

void sub_list(struct store *store, const char *topic,
	void (*page)(void *context, const struct store_sub *rows, size_t count), void *context)
{
	struct subs_op *op = op_create(sizeof(*op), run_subs);

	op->page = page;
	op->context = context;
	op->topic = arena_strdup(op->op.arena, topic);
	engine_queue_read(store, &op->op, engine_of(store)->read_subs);
}

void sub_list_page(struct store *store, const char *topic,
	const struct store_list_cursor *after,
	void (*done)(void *context, const struct store_sub *rows, size_t count,
		const struct store_list_cursor *end),
	void *context)
{
	struct subs_op *op = op_create(sizeof(*op), run_subs);

	op->done = done;
	op->context = context;
	op->topic = arena_strdup(op->op.arena, topic);
	op->after[0] = after->topic;
	op->after[1] = after->part;
	op->after[2] = after->host;
	op->after[3] = after->id;
	engine_queue_read(store, &op->op, engine_of(store)->read_subs);
}
