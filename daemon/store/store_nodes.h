/*
 * store_nodes.h: what several nodes on one store need (see store.h for the rules of every
 * call): roles that one of them has, and who is there.
 *
 * A role ("publisher") is taken for a time and kept by taking it again. Each new owner has
 * a higher epoch. A publication that names a role and the epoch it was taken with is refused
 * (STORE_LOST) once another node has taken the role since, so a node that was frozen past
 * its time changes nothing. SQLite has one node, which has every role for good.
 */
#ifndef DAEMON_STORE_STORE_NODES_H
#define DAEMON_STORE_STORE_NODES_H

#include <stddef.h>
#include <stdint.h>

#include "daemon/store/store_answer.h"

struct store;

/* STORE_OK: the role NAME is this node's for TTL_MS from the moment of the call at least, and
 * EPOCH (> 0) is the same as long as nobody else had it. STORE_LOST: another node has it.
 * STORE_BUSY: not known, what was taken before runs out when it runs out. */
void store_role_take(struct store *store, const char *name, int64_t ttl_ms,
	void (*done)(void *context, enum store_status status, int64_t epoch), void *context);

/* Gives the role up at once, for a node that goes in peace; nothing if it is not ours. */
void store_role_drop(struct store *store, const char *name);

struct store_node {
	const char *name;          /* the store's own, store_settings.node */
	const char *address;       /* where it serves: "host:port"; for people */
	const char *roles;         /* names separated by commas, set by the engine; "" = none */
	int64_t age_ms;            /* since it was heard of, by the engine's clock */
};

/* This node is there, and serves at ADDRESS. Not repeated when it fails: the next one comes. */
void store_node_beat(struct store *store, const char *address);

/* Every node that was heard of in the last day, by name. */
void store_node_list(struct store *store,
	void (*done)(void *context, const struct store_node *rows, size_t count),
	void *context);

#endif
