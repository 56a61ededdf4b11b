/*
 * recall_bell.h: recalls that stay open, to the log and to the operator's command, at the ages
 * that recalls.escalate gives. What was told is a row of the ledger. Who has not confirmed is
 * read from there too (recall_watch.h), no more often than the steps need it.
 */
#ifndef DAEMON_RECALL_BELL_H
#define DAEMON_RECALL_BELL_H

struct config;
struct loop;
struct recall_bell;
struct recall_watch;
struct store;

/* Reads the ledger of PATH, the database file; CONFIG is borrowed and looked at each time, so
 * that a reload applies. All must outlive it but STORE (recall_bell_stop). */
struct recall_bell *recall_bell_create(struct loop *loop, struct store *store,
	const struct config *config, const char *path);
/* Something in the configuration may be otherwise. NULL is accepted. */
void recall_bell_reload(struct recall_bell *bell);
/* Nothing is told any more; before the store is closed. NULL is accepted. */
void recall_bell_stop(struct recall_bell *bell);
void recall_bell_destroy(struct recall_bell *bell); /* NULL is accepted */

/* For the operator's page and the metrics. */
struct recall_watch *recall_bell_watch(struct recall_bell *bell);

#endif
