/* sqlite_calls.h: the calls of the engine (engine.h), for its table only. */
#ifndef DAEMON_STORE_SQLITE_CALLS_H
#define DAEMON_STORE_SQLITE_CALLS_H

#include "daemon/store/engine.h"

bool sqlite_open(struct loop *loop, const struct store_settings *settings, struct store
	**out, struct error *err);
void sqlite_close(struct store *store);
void sqlite_flush(struct store *store);
void sqlite_clock_set(struct store *store, int64_t jump_ms);
void sqlite_get(const struct store *store, struct store_engine *out);
void sqlite_publish(struct store *store, struct publish_op *op, const struct
	store_publication *publication);
void sqlite_request(struct store *store, struct request_op *op, const struct store_intent
	*intent);
void sqlite_claim_intents(struct store *store, struct intents_op *op, size_t max, int64_t
	visibility_ms);
void sqlite_fail_intent(struct store *store, int64_t intent_id, int64_t retry_ms);
void sqlite_confirm(struct store *store, struct confirm_op *op, int64_t intent_id);
void sqlite_remove(struct store *store, int64_t sub_id);
void sqlite_deny(struct store *store, int64_t sub_id, const char *reason);
void sqlite_deny_topic(struct store *store, struct sweep_op *op, const char *topic, size_t
	max, const char *reason);
void sqlite_sweep(struct store *store, struct sweep_op *op, size_t max);
void sqlite_claim_jobs(struct store *store, struct claim_op *op, size_t max, int64_t
	lease_ms);
void sqlite_page(struct store *store, struct page_op *op, const struct store_job *job,
	struct store_cursor after);
void sqlite_step(struct store *store, struct step_op *op, const struct store_step *step);
void sqlite_mark(struct store *store, const struct store_job *job, int64_t seq, const
	int64_t *ids, size_t count);
void sqlite_claim_tasks(struct store *store, struct tasks_op *op, size_t max, int64_t
	visibility_ms);
void sqlite_end_task(struct store *store, int64_t sub_id, int64_t seq);
void sqlite_retry_task(struct store *store, int64_t sub_id, int64_t delay_ms, const char
	*why);
void sqlite_hurry_tasks(struct store *store);
void sqlite_external_due(struct store *store, struct external_op *op, const char *url,
	size_t max);
void sqlite_external_told(struct store *store, const char *url, int64_t seq);
void sqlite_ledger_set_key(struct store *store, struct ledger_key *key);
void sqlite_ledger_append(struct store *store, const struct ledger_row *rows, size_t
	count);
void sqlite_ledger_cut(struct store *store, int64_t day);
void sqlite_role_take(struct store *store, struct role_op *op, const char *name, int64_t
	ttl_ms);
void sqlite_role_drop(struct store *store, const char *name);
void sqlite_node_beat(struct store *store, const char *address);
op_exec sqlite_read_articles, sqlite_read_article, sqlite_read_changed, sqlite_read_docs,
	sqlite_read_doc;
op_exec sqlite_read_subs, sqlite_read_topics;
op_exec sqlite_read_due;
op_exec sqlite_read_counts, sqlite_read_topic_counts;
op_exec sqlite_read_nodes;

#endif
