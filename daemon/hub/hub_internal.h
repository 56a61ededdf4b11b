/*
 * hub_internal.h: what the files of the hub share: hub.c (timers), hub_post.c (requests),
 * hub_verify.c (intents), hub_fanout.c (jobs and their chunks), hub_tasks.c (retries),
 * hub_batch.c (subscribers into transfers, and the bodies).
 */
#ifndef DAEMON_HUB_INTERNAL_H
#define DAEMON_HUB_INTERNAL_H

#include <ev.h>

#include "daemon/hub/hub.h"
#include "daemon/hub/publications.h"
#include "daemon/hub/retry.h"
#include "daemon/hub/transfer.h"
#include "daemon/store/store.h"
#include "feeds/base/map.h"

struct external;
struct buf;
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

/* A claimed job and its chunks in order. */
struct hub_job {
	struct hub_job *next;
	struct hub *hub;
	struct store_job job;      /* topic owned */
	struct store_cursor paged, stepped;
	struct hub_batch *first, *last; /* chunks whose step is not committed */
	bool is_paging, at_end, is_stepping, steps_last, is_lost, is_paused;
	int64_t renew_at;          /* monotonic */
	int64_t now_seq;           /* of the document, as of the last page */
};

/* The last body of a topic, or of what changed in it since some publication. */
struct hub_doc {
	char *key;                 /* owns */
	int64_t seq;
	struct transfer_body *body; /* holds a reference */
	uint8_t digest[HUB_DIGEST]; /* of a private topic's body */
};

/* A POST that waits for the store. */
struct hub_post {
	struct hub_post *prev, *next;
	struct hub *hub;
	void (*answer)(void *context, int status, const char *text, int retry_after_s);
	void *context;
	bool is_denial;            /* nothing waits to be verified */
	const char *authorization; /* borrows; while the request is read */
};

struct hub {
	struct loop *loop;
	struct store *store;
	struct hub_policy policy;  /* texts and ports owned */
	const struct hub_events *events;
	void *context;
	int64_t (*clock)(void);    /* wall clock in ms for tests, or NULL */
	struct hub_counts counts;
	uint64_t random;
	struct hub_batch *batches;
	struct hub_post *posts;
	struct map docs;           /* topic -> struct hub_doc, owns */
	struct deliveries *deliveries; /* owns */
	struct publications publications;
	ev_timer due, poll;
	bool is_asking, asks_again, had_nothing;
	bool intents_due, tasks_due, jobs_due;
	/* verification */
	struct flood *hosts, *clients; /* own */
	struct map postponed;
	int64_t pending;           /* intents, about */
	int verifying;
	bool is_claiming_intents, is_denying;
	/* fan-out */
	struct hub_job *jobs;
	size_t job_count, pages;
	bool is_claiming_jobs, is_claiming_tasks;
	ev_timer marks;            /* while there are jobs */
	bool is_urgent;            /* tasks may be due that are worth more room */
	bool may_go_on;            /* a publication may have made open jobs longer */
	/* hub_clock.c */
	int64_t clock_offset;      /* wall minus monotonic */
	int64_t distrust_until;    /* monotonic */
	bool has_clock_offset;
	struct readers *readers;   /* owns */
	struct external *externals; /* owns */
	size_t external_count;
	/* the end */
	bool is_draining;
	void (*idle)(void *context);
	void *idle_context;
};

/* ---- hub.c ---- */
int64_t hub_wall_ms(const struct hub *hub);
int64_t hub_mono_ms(const struct hub *hub);
uint32_t hub_random(struct hub *hub);
/* Starts what may start: pages, retries, verifications. */
void hub_pump(struct hub *hub);
/* Asks the store for the next due intent and task and sets the timer. */
void hub_arm(struct hub *hub);
/* For tests: CLOCK instead of the loop's clocks. */
void hub_set_clock(struct hub *hub, int64_t (*clock)(void));

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

/* ---- hub_batch.c ---- */
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
/* The item of a subscription, or NULL. */
struct batch_item *batch_find(struct hub_batch *batch, int64_t id);
void docs_finish(struct hub *hub);
/* How many more deliveries of that priority may be handed out. */
size_t batch_room(const struct hub *hub, enum store_priority priority);

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
