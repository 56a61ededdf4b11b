/*
 * op.h: a call that waits for the engine. The public functions (store_*.c) make an op of the
 * call's own struct (calls_*.h), which has its `done` and, later, its results; the engine
 * executes it and runs it, so that engines differ only in how an op comes by its results.
 */
#ifndef DAEMON_STORE_OP_H
#define DAEMON_STORE_OP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/store/store_answer.h"

struct arena;
struct op;
struct pg_script;
struct store;

/* Reads into the op's results; a call with many pages is executed once for each. */
typedef void op_exec(struct store *store, struct op *op);

/* Embed it first. Made by op_create in an arena of its own, where its results go too. */
struct op {
	struct op *next;
	struct arena *arena;       /* owns; holds this op */
	struct arena *page;        /* owns; results of a call with many pages, or NULL */
	enum store_status status;
	bool is_write;
	op_exec *read;             /* NULL for writes */
	/* Calls `done`; true if the op goes on (to be queued again for its next page). */
	bool (*run)(struct store *store, struct op *op);
	struct pg_script *script;  /* postgres.c; in the arena */
};

struct op_list {
	struct op *first, **last;
};

/* SIZE bytes, zeroed; becomes the engine's when it is queued. */
void *op_create(size_t size, bool (*run)(struct store *, struct op *));
void op_destroy(struct op *op);
/* Puts the arena of the newest page in the place of the one before. */
void op_set_page(struct op *op, struct arena *page);

void op_list_init(struct op_list *list);
void op_list_add(struct op_list *list, struct op *op);
/* All of it; the list is empty afterwards. */
struct op *op_list_take(struct op_list *list);
/* OP and all that follow. */
void op_destroy_all(struct op *op);

#endif
