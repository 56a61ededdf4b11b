/* postgres_calls.h: the calls of the engine (engine.h), for its table only. */
#ifndef DAEMON_STORE_POSTGRES_CALLS_H
#define DAEMON_STORE_POSTGRES_CALLS_H

#include "daemon/store/engine.h"

bool postgres_open(struct loop *loop, const struct store_settings *settings, struct store
	**out, struct error *err);
void postgres_close(struct store *store);
void postgres_flush(struct store *store);
void postgres_clock_set(struct store *store, int64_t jump_ms);
void postgres_get(const struct store *store, struct store_engine *out);
void postgres_publish(struct store *store, struct publish_op *op, const struct
	store_publication *publication);
void postgres_request(struct store *store, struct request_op *op, const struct
	store_intent *intent);
void postgres_claim_intents(struct store *store, struct intents_op *op, size_t max,
	int64_t visibility_ms);
void postgres_fail_intent(struct store *store, int64_t intent_id, int64_t retry_ms);
void postgres_confirm(struct store *store, struct confirm_op *op, int64_t intent_id);
void postgres_remove(struct store *store, int64_t sub_id);
void postgres_deny(struct store *store, int64_t sub_id, const char *reason);
void postgres_deny_topic(struct store *store, struct sweep_op *op, const char *topic,
	size_t max, const char *reason);
void postgres_sweep(struct store *store, struct sweep_op *op, size_t max);
void postgres_claim_jobs(struct store *store, struct claim_op *op, size_t max, int64_t
	lease_ms);
void postgres_page(struct store *store, struct page_op *op, const struct store_job *job,
	struct store_cursor after);
void postgres_step(struct store *store, struct step_op *op, const struct store_step
	*step);
void postgres_mark(struct store *store, const struct store_job *job, int64_t seq, const
	int64_t *ids, size_t count);
void postgres_claim_tasks(struct store *store, struct tasks_op *op, size_t max, int64_t
	visibility_ms);
void postgres_end_task(struct store *store, int64_t sub_id, int64_t seq);
void postgres_retry_task(struct store *store, int64_t sub_id, int64_t delay_ms, const char
	*why);
void postgres_hurry_tasks(struct store *store);
void postgres_external_due(struct store *store, struct external_op *op, const char *url,
	size_t max);
void postgres_external_told(struct store *store, const char *url, int64_t seq);
void postgres_ledger_set_key(struct store *store, struct ledger_key *key);
void postgres_ledger_append(struct store *store, const struct ledger_row *rows, size_t
	count);
void postgres_ledger_cut(struct store *store, int64_t day);
void postgres_role_take(struct store *store, struct role_op *op, const char *name, int64_t
	ttl_ms);
void postgres_role_drop(struct store *store, const char *name);
void postgres_node_beat(struct store *store, const char *address);
op_exec postgres_read_articles, postgres_read_article, postgres_read_changed,
	postgres_read_docs, postgres_read_doc;
op_exec postgres_read_subs, postgres_read_topics;
op_exec postgres_read_due;
op_exec postgres_read_counts, postgres_read_topic_counts;
op_exec postgres_read_nodes;

#endif
