/*
 * hub_batch.h: what was handed to the workers together: deliveries to subscribers, or a
 * single verification or ping. Results come back one by one and end its items.
 */
#ifndef DAEMON_HUB_BATCH_H
#define DAEMON_HUB_BATCH_H

#include "daemon/hub/hub.h"
#include "daemon/hub/transfer.h"
#include "daemon/store/store.h"

struct external;
struct hub_job;

enum batch_kind { BATCH_VERIFY, BATCH_CHUNK, BATCH_TASKS, BATCH_PING };

enum item_state { ITEM_OPEN, ITEM_OK, ITEM_FAILED, ITEM_GIVEN_UP, ITEM_GONE };

struct batch_item {
	int64_t id;                /* of the subscription or intent */
	enum item_state state;
	bool is_slow;              /* a second result will come */
	bool is_marked;            /* ITEM_OK, and the store knows it before the step */
	bool is_owed;              /* ITEM_FAILED, but nothing was tried: left to a task */
	int64_t delay_ms;          /* ITEM_FAILED: until the next attempt */
	int attempts;              /* that failed before this one */
	int64_t first_failed_ms;
	char *why;                 /* owns; or NULL */
	char *host_key;            /* owns; of private topics, else NULL */
};

/* What was handed to the workers together. */
struct hub_batch {
	struct hub *hub;
	struct hub_batch *prev, *next; /* all batches of the hub */
	enum batch_kind kind;
	struct batch_item *items;  /* owns */
	size_t count, hint;        /* hint: where the last result was found */
	size_t open, slow;         /* first results and second results to come */
	enum store_priority priority;
	struct transfer_request *requests[TRANSFER_SHARDS]; /* own, until sent */
	char *topic;               /* owns */
	int64_t seq;               /* of the body that was sent */
	int64_t since;             /* the body has what changed after that; 0 = everything */
	void (*ready)(struct hub_batch *batch); /* when the body is there, see batch_fetch */
	struct transfer_body *body; /* holds a reference while ready runs; NULL = none */
	uint8_t digest[HUB_DIGEST]; /* of the body, for private topics */
	/* BATCH_CHUNK */
	struct hub_job *job;       /* NULL once its step is committed */
	struct hub_batch *next_chunk;
	struct store_cursor end;
	bool is_stepping, has_owed;
	bool is_old;               /* by a tick of hub->marks */
	/* BATCH_VERIFY */
	bool is_denial, owes_initial;
	int tries;
	char *host_key;            /* owns */
	/* BATCH_PING */
	struct external *external; /* borrows */
};

struct hub_batch *batch_create(struct hub *hub, enum batch_kind kind, size_t count);
void batch_destroy(struct hub_batch *batch);
/* Makes items and transfers of the rows (copied). In a chunk, who wants changes only is
 * left to a task: what each of them lacks is its own. */
struct hub_batch *batch_of_subs(struct hub *hub, enum batch_kind kind,
	const struct store_sub *const *rows, size_t count);
/* Calls batch->ready with the topic's body, which is at least as new as SEQ (INT64_MAX =
 * as new as there is), or with what changed after batch->since; at once or later. */
void batch_fetch(struct hub_batch *batch, int64_t seq, void (*ready)(struct hub_batch *));
void batch_send(struct hub_batch *batch);
/* Logs that nothing is sent: the topic is gone. */
void batch_tell_withdrawn(const struct hub_batch *batch);
/* The item of a subscription, or NULL. */
struct batch_item *batch_find(struct hub_batch *batch, int64_t id);
void docs_finish(struct hub *hub);
/* How many more deliveries of that priority may be handed out. */
size_t batch_room(const struct hub *hub, enum store_priority priority);

#endif
