/*
 * hub_parts.h: what the parts of the hub do for each other. The state that they share is
 * in hub_internal.h.
 */
#ifndef DAEMON_HUB_PARTS_H
#define DAEMON_HUB_PARTS_H

#include "daemon/hub/hub.h"
#include "daemon/hub/transfer.h"

struct batch_item;
struct buf;
struct hub_batch;

/* ---- hub_post.c ---- */
/* Asks the store how many requests wait to be verified. */
void posts_count(struct hub *hub);
/* Answers those that wait for the store. */
void posts_finish(struct hub *hub);

/* ---- hub_private.c ---- */
/* Whether URL is of a private topic, existing or not: its path to PATH (empty before), and
 * where its query is. */
bool private_find(const struct hub *hub, const char *url, struct buf *path,
	const char **query_out);
/* The reason to refuse, or NULL. */
const char *private_judge(const struct hub *hub, const struct hub_question *question,
	struct hub_verdict *verdict);
void private_hash(const void *bytes, size_t len, uint8_t out[HUB_DIGEST]);
/* Reports the end of an attempt, if its topic is private. */
void private_report(const struct hub_batch *batch, const struct batch_item *item,
	const struct transfer_result *result);

/* ---- hub_verify.c ---- */
void verify_init(struct hub *hub);
void verify_pump(struct hub *hub);
void verify_result(struct hub_batch *batch, const struct transfer_result *result);
/* Ends what is subscribed to documents that are no more. */
void verify_deny_withdrawn(struct hub *hub);
void verify_finish(struct hub *hub);

/* ---- hub_fanout.c ---- */
void fanout_init(struct hub *hub);
/* Tells the store who has the content of chunks that stay open; see hub_fanout.c. */
void fanout_mark(struct hub *hub);
void fanout_pump(struct hub *hub);
/* Renews leases and goes on with what the store could not write; every few seconds. */
void fanout_poll(struct hub *hub);
void fanout_result(struct hub_batch *batch, const struct transfer_result *result);
void fanout_finish(struct hub *hub);

/* ---- hub_clock.c ---- */
/* To be called every few seconds with both clocks. */
void clock_check(struct hub *hub, int64_t wall_ms, int64_t mono_ms);

/* ---- hub_external.c ---- */
void external_init(struct hub *hub);
void external_finish(struct hub *hub);
/* Tells the other hubs what they do not know. */
void external_wake(struct hub *hub);
void external_result(struct hub_batch *batch, const struct transfer_result *result);

/* ---- hub_tasks.c ---- */
void tasks_pump(struct hub *hub);
void tasks_result(struct hub_batch *batch, const struct transfer_result *result);
/* Tells the store how the attempt of ITEM (now in its final state) ended. */
void tasks_settle(struct hub_batch *batch, const struct batch_item *item);
/* Sets ITEM's state from a result that is not TRANSFER_SLOW, and counts. */
void tasks_judge(struct hub_batch *batch, struct batch_item *item,
	const struct transfer_result *result);

#endif
