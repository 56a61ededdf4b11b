/*
 * store.h: the facts that must survive: identity and versions of articles, documents,
 * subscriptions, and what is still owed to subscribers. One interface for every engine; its
 * calls by concept: store_articles.h, store_subs.h, store_jobs.h, store_evidence.h,
 * store_nodes.h.
 *
 * Asynchronous: a call returns at once; its `done` runs later from the loop, never from
 * inside the call, and only after what it reports is durable. Calls made in one turn of
 * the loop share one commit. Results are borrowed for the duration of `done`. Every call
 * may be repeated. Times are relative and counted by the engine's clock (wall clock, ms).
 *
 * While the engine is away (STORE_DOWN) reads wait, claims find nothing, and writes that
 * somebody waits for (sub_request, store_publish, store_role_take) answer STORE_BUSY. What
 * came of deliveries and verifications is kept and written when the engine is back.
 */
#ifndef DAEMON_STORE_H
#define DAEMON_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/store/store_answer.h"
#include "daemon/store/store_articles.h"
#include "daemon/store/store_evidence.h"
#include "daemon/store/store_jobs.h"
#include "daemon/store/store_nodes.h"
#include "daemon/store/store_subs.h"

struct buf;
struct error;
struct loop;
struct seal;
struct store;

/* What the engine says by itself, from the loop and never from inside a call. Events only
 * wake: whoever missed one finds the same by asking again later. */
enum store_event {
	STORE_UP,   /* it answers (again): ask for what changed meanwhile, then claim at WORK */
	STORE_DOWN, /* it does not answer */
	STORE_WORK, /* something may be due: claim */
	STORE_DOCS, /* a publication was committed, maybe another node's: store_doc_since */
};

struct store_settings {
	/* "sqlite:FILE" (relative to DIRECTORY, created if missing), "sqlite::memory:", or
	 * "postgresql://USER@HOST[,HOST...]/DATABASE" (made by `gazetted --store-init`) */
	const char *uri, *directory;
	const char *node;          /* this node's name among others; NULL = the host's name */
	struct seal *seal;         /* borrows; for secrets in a shared database, or NULL */
	int64_t (*clock)(void);    /* for tests; NULL = the system's wall clock in ms */
	void (*on_event)(void *context, enum store_event event); /* or NULL */
	void *context;
};

/* Fails with one clear line when the file cannot be made or is not ours. SETTINGS and its
 * texts are copied. */
bool store_open(struct loop *loop, const struct store_settings *settings,
	struct store **out, struct error *err);

/* Makes the tables in the database of URI, or brings them up to date; blocks. What was done is
 * appended to SAID, as lines for people. Not for SQLite, which is made when it is opened. */
bool store_init(const char *uri, struct buf *said, struct error *err);

/* The file that URI names; false when it names none (":memory:", another engine). */
bool store_path(const char *uri, const char *directory, char *out, size_t size);

/* Commits what is pending and closes; outstanding `done` calls are dropped. */
void store_close(struct store *store);

/* Commits now and runs the `done` calls that are due: for shutdown and tests. */
void store_flush(struct store *store);

/* The clock jumped by JUMP_MS: backwards, what waits becomes due that much earlier; forwards,
 * what failed has failed that much later. */
void store_clock_set(struct store *store, int64_t jump_ms);

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
