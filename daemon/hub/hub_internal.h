/*
 * hub_internal.h: what the files of the hub share: hub.c (timers), hub_post.c (requests),
 * hub_verify.c (intents), hub_fanout.c (jobs and their chunks), hub_tasks.c (retries),
 * hub_external.c (pings), hub_batch.c (subscribers into transfers, and the bodies).
 */
#ifndef DAEMON_HUB_INTERNAL_H
#define DAEMON_HUB_INTERNAL_H

#include <ev.h>

#include "daemon/hub/hub.h"
#include "daemon/hub/hub_batch.h"
#include "daemon/hub/hub_parts.h"
#include "daemon/hub/publications.h"
#include "daemon/hub/retry.h"
#include "feeds/base/map.h"

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
	bool is_draining, is_held;
	bool is_quiet;             /* other hubs are told by another node */
	void (*idle)(void *context);
	void *idle_context;
};

int64_t hub_wall_ms(const struct hub *hub);
int64_t hub_mono_ms(const struct hub *hub);
uint32_t hub_random(struct hub *hub);
/* Starts what may start: pages, retries, verifications. */
void hub_pump(struct hub *hub);
/* Asks the store for the next due intent and task and sets the timer. */
void hub_arm(struct hub *hub);
/* For tests: CLOCK instead of the loop's clocks. */
void hub_set_clock(struct hub *hub, int64_t (*clock)(void));

#endif
