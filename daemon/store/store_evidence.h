/* store_evidence.h: evidence (ledger.h), and how much there is of everything. */
#ifndef DAEMON_STORE_STORE_EVIDENCE_H
#define DAEMON_STORE_STORE_EVIDENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/store/store_answer.h"

struct ledger_key;
struct ledger_row;
struct store;

/* From now on the head of each day is signed; KEY moves (NULL: not signed). */
void store_ledger_set_key(struct store *store, struct ledger_key *key);

/* Adds ROWS (copied) to the chain in the commit of this turn; the engine sets seq and hash,
 * and a time before that of the row before is set to that. Rows that could not be written
 * are kept and come before the next ones. */
void store_ledger_append(struct store *store, const struct ledger_row *rows, size_t count);

/* Removes the rows of the days before DAY (ledger_day_of) up to the last signed one, and
 * says so in a row. */
void store_ledger_cut(struct store *store, int64_t day);

/* Deletes at most MAX expired subscriptions and their tasks. */
void store_sweep(struct store *store, size_t max,
	void (*done)(void *context, size_t removed), void *context);

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

#endif
