/*
 * store.h: the facts that must survive: identity and versions of articles, documents,
 * subscriptions, and what is still owed to subscribers. One interface for every engine.
 *
 * Asynchronous: a call returns at once; its `done` runs later from the loop, never from
 * inside the call, and only after what it reports is durable. Calls made in one turn of
 * the loop share one commit. Results are borrowed for the duration of `done`. Every call
 * may be repeated. Times are relative and counted by the engine's clock (wall clock, ms).
 */
#ifndef DAEMON_STORE_H
#define DAEMON_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct ledger_key;
struct ledger_row;
struct loop;
struct store;

enum store_status {
	STORE_OK,
	STORE_LOST, /* another owner took the job: drop the work */
	STORE_BUSY, /* not written (disk full, engine away): answer 503, try again */
};

enum { STORE_PARTITIONS = 64 };

/* URI is "sqlite:FILE" (relative to DIRECTORY, created if missing) or "sqlite::memory:".
 * CLOCK (NULL = the system's wall clock in ms) is for tests. Fails with one clear line when
 * the file cannot be made or is not ours. */
bool store_open(struct loop *loop, const char *uri, const char *directory,
	int64_t (*clock)(void), struct store **out, struct error *err);

/* The file that URI names; false when it names none (":memory:", another engine). */
bool store_path(const char *uri, const char *directory, char *out, size_t size);

/* Commits what is pending and closes; outstanding `done` calls are dropped. */
void store_close(struct store *store);

/* Commits now and runs the `done` calls that are due: for shutdown and tests. */
void store_flush(struct store *store);

/* ---- articles ---- */

enum article_presence {
	PRESENT,
	GONE,      /* the file was deleted; identity is kept for a return */
	REJECTED,  /* the file is broken now; `flat` is the last good version, or empty */
};

/* What was decided about an article beside what its file says. */
enum store_decision { DECISION_NONE, DECISION_HELD, DECISION_KILLED };

struct store_article {
	const char *path;          /* key: below the article directory */
	const char *id;            /* permanent; unique; NULL for REJECTED never seen good */
	const char *slug;          /* unique; of the article page */
	uint64_t inode;
	int64_t mtime_ns, size;    /* of the file when it was read (0 = read again) */
	const char *hash;          /* hex SHA-256 of file and sidecar */
	const char *content_hash;  /* hex SHA-256 of `flat`: what makes a new version */
	int64_t first_seen_ms, visible_ms; /* 0 = not yet visible */
	int64_t surfaced_ms;       /* came to the top again; 0 = never */
	bool is_shown;             /* visible, and not taken back since */
	int64_t published_ms, updated_ms;
	int32_t published_offset_s, updated_offset_s;
	int32_t version;           /* 1 at first */
	int64_t rights;            /* what the site noted about its rights; 0 = nothing */
	enum article_presence presence;
	const char *channel;       /* directory path, "" at the top */
	const char *problem;       /* the diagnosis of a REJECTED file, else NULL */
	int64_t next_change_ms;    /* when its state changes by itself; 0 = not known */
	int32_t status;            /* enum article_status, when last looked at */
	const char *title;         /* plain text */
	const char *labels;        /* feeds beside the channel's, a line each; or NULL */
	const char *former_slugs;  /* a line each; or NULL */
	enum store_decision decision;
	int64_t decided_ms;
	const char *decision_note; /* or NULL */
	const void *flat;          /* feeds/flat.h; NULL in store_article_list */
	size_t flat_len;
};

/* A document as published; `body` NULL = unchanged check only (store_doc_list). */
struct store_doc {
	const char *path;          /* "/feed.atom": also the topic */
	const char *content_type, *etag;
	int64_t modified_s;        /* Last-Modified: never moves back */
	int64_t seq;               /* set by the engine: grows with every publication */
	bool is_topic;             /* subscribers are told */
	bool is_deleted;
	const void *body;
	size_t len;
};

/* One commit: article rows by path (put), paths to forget (removed: row deleted), renamed
 * rows (rename_from[i] -> articles[i].path when not NULL), and changed documents, each
 * with a job per range when it is a topic with subscribers. `seqs` has one per document. */
struct store_publication {
	const struct store_article *articles;
	const char *const *renamed_from; /* one per article, or NULL */
	size_t article_count;
	const char *const *removed;
	size_t removed_count;
	const struct store_doc *docs;
	size_t doc_count;
};
void store_publish(struct store *store, const struct store_publication *publication,
	void (*done)(void *context, enum store_status status, const int64_t *seqs,
		size_t count), void *context);

/* All rows in pages, in path order; the last call has count 0. `flat` is left out. */
void store_article_list(struct store *store,
	void (*page)(void *context, const struct store_article *rows, size_t count),
	void *context);

/* A path and the newest publication that changed what it names. */
struct store_change {
	const char *path;
	int64_t seq;
};

/* The articles whose appearance a publication after SINCE changed, in pages and in the order
 * of publication; the last call has count 0. */
void store_article_changed(struct store *store, int64_t since,
	void (*page)(void *context, const struct store_change *rows, size_t count),
	void *context);

/* One row with its flat, by path; ROW NULL if there is none. */
void store_article_get(struct store *store, const char *path,
	void (*done)(void *context, const struct store_article *row), void *context);

/* All documents without bodies (etag, modified, seq); one call. */
void store_doc_list(struct store *store,
	void (*done)(void *context, const struct store_doc *docs, size_t count),
	void *context);

/* One document with its body; DOC NULL if there is none. */
void store_doc_get(struct store *store, const char *path,
	void (*done)(void *context, const struct store_doc *doc), void *context);

/* ---- subscriptions ---- */

/* SUB_DENIED: not a request; the subscriber is to be told that it was ended. */
enum sub_mode { SUB_SUBSCRIBE, SUB_UNSUBSCRIBE, SUB_DENIED };
/* Whether the present content is owed as soon as the intent is confirmed. */
enum sub_initial { INITIAL_NO, INITIAL_IF_NEW, INITIAL_ALWAYS };
enum sign_method { SIGN_SHA256, SIGN_SHA1, SIGN_SHA384, SIGN_SHA512 };
enum { SIGN_METHODS = SIGN_SHA512 + 1 };

struct store_intent {
	int64_t id;                /* set by the engine */
	enum sub_mode mode;
	const char *topic;         /* document path: "/feed.atom" */
	const char *topic_asked;   /* the URL as the subscriber wrote it */
	const char *callback;
	const char *host_key;      /* "https://host:port" of the callback: partition key */
	int64_t lease_s;           /* granted when verified */
	const void *secret;        /* NULL = none */
	size_t secret_len;
	enum sign_method method;
	const char *verify_token;  /* PubSubHubbub 0.3; or NULL */
	bool wants_changes;        /* hub.payload=changes */
	enum sub_initial initial;
	const char *reason;        /* SUB_DENIED: for the subscriber */
	int tries;                 /* verifications made so far */
};

/* Stores the intent (one per topic as asked and callback, the last wins), its verification
 * due at once. The 202 is sent from `done` with STORE_OK. */
void sub_request(struct store *store, const struct store_intent *intent,
	void (*done)(void *context, enum store_status status, int64_t id), void *context);

/* Up to MAX intents whose verification is due, hidden for VISIBILITY_MS (a kill shows them
 * again) with tries already counted. */
void intent_claim(struct store *store, size_t max, int64_t visibility_ms,
	void (*done)(void *context, const struct store_intent *rows, size_t count),
	void *context);

/* The intent is confirmed: the subscription is put (same topic and callback keep their id)
 * with its lease counted from now, or removed (unsubscribe); a denial is done. STORE_LOST
 * if a newer intent took its place. */
void sub_confirm(struct store *store, int64_t intent_id,
	void (*done)(void *context, enum store_status status), void *context);

/* Not confirmed: again in RETRY_MS, or dropped for good when RETRY_MS < 0. What was active
 * stays as it was. */
void intent_fail(struct store *store, int64_t intent_id, int64_t retry_ms);

struct store_sub {
	int64_t id;
	const char *topic, *topic_asked, *callback, *host_key;
	const void *secret;
	size_t secret_len;
	enum sign_method method;
	bool wants_changes;
	int64_t expires_ms;        /* wall clock */
	/* of its retry task, where there is one */
	int attempts;
	int64_t first_failed_ms, due_ms; /* due_ms: of the next attempt; 0 = no task */
	const char *why;           /* how the last attempt failed; or NULL */
	int64_t delivered_seq;     /* the last that is known to have arrived; 0 = unknown */
};

/* Where a scan stands; zeroed = at the start. */
struct store_cursor {
	int64_t part, host, id;
};

/* For `gazettectl subscribers`: every live subscription, in pages; last has count 0. */
void sub_list(struct store *store, const char *topic /* NULL = all */,
	void (*page)(void *context, const struct store_sub *rows, size_t count),
	void *context);

/* Where a listing stands; zeroed = at the start. */
struct store_list_cursor {
	int64_t topic, part, host, id;
};

/* One page of it, of at most 500, from AFTER on: for whoever cannot take all at once. END
 * is where the next begins; COUNT 0 = there is no more. */
void sub_list_page(struct store *store, const char *topic,
	const struct store_list_cursor *after,
	void (*done)(void *context, const struct store_sub *rows, size_t count,
		const struct store_list_cursor *end),
	void *context);

/* Ends a subscription (410). */
void sub_remove(struct store *store, int64_t sub_id);

/* Ends a subscription and leaves an intent of the mode SUB_DENIED in its place. */
void sub_deny(struct store *store, int64_t sub_id, const char *reason);

/* Topics that have subscriptions, live or not. */
void sub_topics(struct store *store,
	void (*done)(void *context, const char *const *topics, size_t count), void *context);

/* The same for at most MAX subscriptions to TOPIC; NULL = to documents that were deleted. */
void sub_deny_topic(struct store *store, const char *topic, size_t max, const char *reason,
	void (*done)(void *context, size_t count), void *context);

/* ---- fan-out ---- */

/* A job: TOPIC's newest content is owed to the subscribers of a range of partitions that
 * the cursor has not passed. A publication while a job is open makes it go round from
 * where it stands, so that nobody starves. */
struct store_job {
	int64_t id, epoch, seq;
	const char *topic;
};

/* Takes up to MAX jobs that nobody holds for LEASE_MS. */
void job_claim(struct store *store, size_t max, int64_t lease_ms,
	void (*done)(void *context, const struct store_job *jobs, size_t count),
	void *context);

/* The next page of at most MAX live subscribers of a held job, in (partition, host, id)
 * order, from AFTER; subscribers with a retry task are left out (the task brings the
 * newest). SEQ is the document's now. AT_END: nothing is left behind this page. */
void job_page(struct store *store, const struct store_job *job, struct store_cursor after,
	size_t max,
	void (*done)(void *context, enum store_status status, int64_t seq,
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

/* Up to MAX retry tasks that are due, oldest first, hidden for VISIBILITY_MS. */
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

/* The clock jumped by JUMP_MS: backwards, what waits becomes due that much earlier; forwards,
 * what failed has failed that much later. */
void store_clock_set(struct store *store, int64_t jump_ms);

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

/* Deletes at most MAX expired subscriptions and their tasks. */
void store_sweep(struct store *store, size_t max,
	void (*done)(void *context, size_t removed), void *context);

/* ---- evidence (ledger.h) ---- */

/* From now on the head of each day is signed; KEY moves (NULL: not signed). */
void store_ledger_set_key(struct store *store, struct ledger_key *key);

/* Adds ROWS (copied) to the chain in the commit of this turn; the engine sets seq and hash,
 * and a time before that of the row before is set to that. Rows that could not be written
 * are kept and come before the next ones. */
void store_ledger_append(struct store *store, const struct ledger_row *rows, size_t count);

/* Removes the rows of the days before DAY (ledger_day_of) up to the last signed one, and
 * says so in a row. */
void store_ledger_cut(struct store *store, int64_t day);
/* Live subscriptions and retry tasks of each topic that ever had one, by path; one call. */
struct store_topic {
	const char *path;
	int64_t subscriptions, tasks;
};
void store_topic_list(struct store *store,
	void (*done)(void *context, const struct store_topic *rows, size_t count),
	void *context);

struct store_counts {
	int64_t subscriptions, intents, jobs, tasks, articles;
};
void store_count(struct store *store,
	void (*done)(void *context, const struct store_counts *counts), void *context);

/* The engine itself; all at once, without asking the database. */
struct histogram;
struct store_engine {
	const char *name;          /* the file, or ":memory:"; borrows */
	int64_t size, wal_size;    /* bytes on disk; -1 = not known */
	bool is_failing;           /* the last write was refused */
	const struct histogram *commits; /* how long they took; borrows */
};
void store_get_engine(const struct store *store, struct store_engine *out);

#endif
