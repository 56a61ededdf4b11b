/*
 * engine.h: what an engine is to the public functions: one table. A write gets its op (NULL
 * results so far) and its arguments, which it copies if it needs them longer; it ends by
 * queueing the op. A read is queued by its name in the table and executed later.
 *
 * Each engine completes `struct store` for itself, with a store_base first; nothing outside
 * an engine looks further.
 */
#ifndef DAEMON_STORE_ENGINE_H
#define DAEMON_STORE_ENGINE_H

#include <ev.h>

#include "daemon/store/op.h"
#include "daemon/store/store.h"

struct claim_op;
struct confirm_op;
struct external_op;
struct intents_op;
struct page_op;
struct publish_op;
struct request_op;
struct role_op;
struct step_op;
struct sweep_op;
struct tasks_op;

struct engine {
	const char *scheme;        /* of the URIs that it opens, with the colon */
	bool (*open)(struct loop *loop, const struct store_settings *settings,
		struct store **out, struct error *err);
	void (*close)(struct store *store);
	void (*flush)(struct store *store);
	void (*clock_set)(struct store *store, int64_t jump_ms);
	void (*get)(const struct store *store, struct store_engine *out);

	/* store_articles.h */
	void (*publish)(struct store *store, struct publish_op *op,
		const struct store_publication *publication);
	op_exec *read_articles, *read_article, *read_changed, *read_docs, *read_doc;

	/* store_subs.h */
	void (*request)(struct store *store, struct request_op *op,
		const struct store_intent *intent);
	void (*claim_intents)(struct store *store, struct intents_op *op, size_t max,
		int64_t visibility_ms);
	void (*fail_intent)(struct store *store, int64_t intent_id, int64_t retry_ms);
	void (*confirm)(struct store *store, struct confirm_op *op, int64_t intent_id);
	void (*remove)(struct store *store, int64_t sub_id);
	void (*deny)(struct store *store, int64_t sub_id, const char *reason);
	void (*deny_topic)(struct store *store, struct sweep_op *op, const char *topic,
		size_t max, const char *reason);
	void (*sweep)(struct store *store, struct sweep_op *op, size_t max);
	op_exec *read_subs, *read_topics;

	/* store_jobs.h */
	void (*claim_jobs)(struct store *store, struct claim_op *op, size_t max,
		int64_t lease_ms);
	void (*page)(struct store *store, struct page_op *op, const struct store_job *job,
		struct store_cursor after);
	void (*step)(struct store *store, struct step_op *op, const struct store_step *step);
	void (*mark)(struct store *store, const struct store_job *job, int64_t seq,
		const int64_t *ids, size_t count);
	void (*claim_tasks)(struct store *store, struct tasks_op *op, size_t max,
		int64_t visibility_ms);
	void (*end_task)(struct store *store, int64_t sub_id, int64_t seq);
	void (*retry_task)(struct store *store, int64_t sub_id, int64_t delay_ms,
		const char *why);
	void (*hurry_tasks)(struct store *store);
	void (*external_due)(struct store *store, struct external_op *op, const char *url,
		size_t max);
	void (*external_told)(struct store *store, const char *url, int64_t seq);
	op_exec *read_due;

	/* store_evidence.h */
	void (*ledger_set_key)(struct store *store, struct ledger_key *key);
	void (*ledger_append)(struct store *store, const struct ledger_row *rows,
		size_t count);
	void (*ledger_cut)(struct store *store, int64_t day);
	op_exec *read_counts, *read_topic_counts;

	/* store_nodes.h */
	void (*role_take)(struct store *store, struct role_op *op, const char *name,
		int64_t ttl_ms);
	void (*role_drop)(struct store *store, const char *name);
	void (*node_beat)(struct store *store, const char *address);
	op_exec *read_nodes;
};

extern const struct engine sqlite_engine, postgres_engine;

struct store_base {
	const struct engine *engine;
	struct ev_loop *ev;        /* borrows */
	struct op_list queue;      /* calls of the next batch */
	ev_idle awake;             /* active while something is to be done at once: no sleep */
	void (*on_event)(void *context, enum store_event event); /* or NULL */
	void *event_context;
	unsigned raised;           /* events to be told, bit by enum store_event */
};

static inline const struct engine *engine_of(const struct store *store)
{
	return ((const struct store_base *)store)->engine;
}

/* The base of a store with nothing queued, which is to tell events as SETTINGS say. */
void engine_init(struct store *store, const struct engine *engine, struct loop *loop,
	const struct store_settings *settings);
/* OP, which becomes the engine's, goes into the next batch; READ is executed in it. */
void engine_queue(struct store *store, struct op *op);
void engine_queue_read(struct store *store, struct op *op, op_exec *read);
/* Tells whoever called of the list from OP on, which ends here; a listing that is not at its
 * end is queued again. */
void engine_answer(struct store *store, struct op *op);
/* EVENT is told by engine_tell: once however often it was raised, documents before work.
 * Nothing is told while there is no on_event: when the store is opened or closed. */
void engine_raise(struct store *store, enum store_event event);
void engine_tell(struct store *store);
/* Logs that COUNT deliveries were owed of a topic which is withdrawn, unless there were none. */
void engine_tell_dropped(const char *topic, int64_t count);

/* What tells subscriptions apart: topic and callback exactly as they were asked for (W3C
 * WebSub 1), as the first bytes of a SHA-256. */
enum { SUBSCRIPTION_KEY = 16 };
void subscription_key(const char *topic_asked, const char *callback,
	unsigned char out[SUBSCRIPTION_KEY]);

#endif
