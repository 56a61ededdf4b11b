/*
 * store_jobs.h: what is owed to subscribers: fan-out jobs, retry tasks, and what other hubs
 * have been told (see store.h for the rules of every call).
 */
#ifndef DAEMON_STORE_STORE_JOBS_H
#define DAEMON_STORE_STORE_JOBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/store/store_answer.h"
#include "daemon/store/store_articles.h"
#include "daemon/store/store_subs.h"

struct store;

enum { STORE_PARTITIONS = 64 };

/* A job: TOPIC's newest content is owed to the subscribers of a range of partitions that
 * the cursor has not passed. A publication while a job is open makes it go round from
 * where it stands, so that nobody starves. */
struct store_job {
	int64_t id, epoch, seq;
	const char *topic;
	enum store_priority priority; /* the highest of all publications that it brings */
};

/* Takes up to MAX jobs that nobody holds for LEASE_MS, the highest priority first. */
void job_claim(struct store *store, size_t max, int64_t lease_ms,
	void (*done)(void *context, const struct store_job *jobs, size_t count),
	void *context);

/* The next page of at most MAX live subscribers of a held job, in (partition, host, id)
 * order, from AFTER; subscribers with a retry task are left out (the task brings the
 * newest). NOW is the job with the document's seq and priority as they are by now (its topic
 * is not set), NULL unless STORE_OK. AT_END: nothing is left behind this page. */
void job_page(struct store *store, const struct store_job *job, struct store_cursor after,
	size_t max,
	void (*done)(void *context, enum store_status status, const struct store_job *now,
		const struct store_sub *rows, const struct store_cursor *cursors,
		size_t count, bool at_end), void *context);

struct store_failure {
	int64_t sub_id;
	int64_t delay_ms;          /* until the next attempt */
	int64_t seq;               /* of the content that was tried */
	bool is_owed;              /* nothing was tried yet: no attempt, due at once */
	const char *why;           /* short; or NULL */
};

/* One commit: cursor forward, failures become retry tasks (attempts 1), GONE subscriptions
 * end, the lease is extended; IS_LAST ends the job unless a newer publication arrived. */
struct store_step {
	struct store_job job;
	struct store_cursor cursor;
	const struct store_failure *failures;
	size_t failure_count;
	const int64_t *gone;
	size_t gone_count;
	int64_t lease_ms;
	bool is_last;
};
/* MORE: a publication arrived meanwhile, go on from the cursor. */
void job_step(struct store *store, const struct store_step *step,
	void (*done)(void *context, enum store_status status, bool more), void *context);

/* COUNT subscribers of a held job have the content SEQ, though the cursor has not passed
 * them: they are left out should their page be read again. */
void job_mark(struct store *store, const struct store_job *job, int64_t seq, const int64_t *ids,
	size_t count);

/* Up to MAX retry tasks that are due, the highest priority first, then the oldest, hidden for
 * VISIBILITY_MS. A task has the priority of the publication that it came of, or of a later
 * one of its topic. */
void task_claim(struct store *store, size_t max, int64_t visibility_ms,
	void (*done)(void *context, const struct store_sub *rows, size_t count),
	void *context);

/* A task's attempt arrived with the content SEQ: the task ends, or is due at once when the
 * topic has newer content by now. */
void task_done(struct store *store, int64_t sub_id, int64_t seq);
/* It failed: again after DELAY_MS with one attempt more; DELAY_MS < 0 gives this
 * notification up (the subscription stays). */
void task_retry(struct store *store, int64_t sub_id, int64_t delay_ms, const char *why);
/* Makes all retry tasks due now (`gazettectl retry`). */
void task_hurry(struct store *store);

/* ---- external hubs ---- */

/* At most MAX topics that changed since the hub at URL was told, the oldest change first. A
 * hub that was never asked for is taken to know all there is. */
void external_due(struct store *store, const char *url, size_t max,
	void (*done)(void *context, const struct store_change *changes, size_t count),
	void *context);
/* It knows of everything up to SEQ. */
void external_told(struct store *store, const char *url, int64_t seq);

/* Wall clock (ms) of the next due intent and retry task; INT64_MAX = none. */
void store_next_due(struct store *store,
	void (*done)(void *context, int64_t intent_ms, int64_t task_ms), void *context);

#endif
