/* postgres.h: the store of the PostgreSQL engine, for its own files: see postgres.c. */
#ifndef DAEMON_STORE_POSTGRES_H
#define DAEMON_STORE_POSTGRES_H

#include <ev.h>
#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/loop/histogram.h"
#include "daemon/store/engine.h"
#include "daemon/store/postgres_hosts.h"
#include "daemon/store/postgres_script.h"
#include "feeds/base/error.h"

struct arena;
struct ledger_key;
struct seal;

/* ---- the store ---- */

enum pg_state {
	PG_AWAY,       /* waits before it tries again */
	PG_CONNECTING,
	PG_CHECKING,   /* connected: is the schema ours? */
	PG_PREPARING,
	PG_READY,
};

struct store {
	struct store_base base;
	struct loop *loop;         /* borrows */
	int64_t (*clock)(void);    /* or NULL */
	char *node, *owner;        /* own; owner: "NODE#" and what no other process has */
	struct seal *seal;         /* borrows; NULL: secrets are kept as they are */

	struct pg_hosts *hosts;    /* owns */
	PGconn *conn;              /* owns; or NULL */
	enum pg_state state;
	int socket;                /* that `io` watches, or -1 */
	ev_io io;
	ev_timer timer;            /* the next deadline */
	ev_prepare prepare;
	int64_t deadline_ms;       /* of the state or of the batch; INT64_MAX = none */
	int64_t lost_ms;           /* since when there is no connection; 0 = there is */
	int64_t settle_ms;         /* until when nothing is claimed; 0 = past */
	int64_t pause_ms;          /* until when nothing is sent; 0 = past */
	int64_t poll_ms;           /* when the engine is asked what is new */
	bool is_down, was_up;      /* told so; connected before */
	bool is_refused;           /* LAST_ERROR will not go away by itself */
	struct error last_error;

	struct op_list batch;      /* sent */
	struct pg_statement *sent; /* not answered yet, oldest first */
	struct pg_statement **sent_last;
	struct arena *batch_arena; /* owns: of the engine's own statements */
	bool is_batch, is_synced;  /* a batch is out; so is its end */
	bool is_committed, has_failed;
	char sqlstate[6];          /* why */
	struct op *failed_op;      /* whose statement it was, or NULL */
	size_t alone;              /* so many writes go one by one, to find the bad one */
	int64_t batch_began_us;
	struct histogram commits;
	bool is_running, is_complaining;

	int64_t seq;               /* of the newest publication that was heard of */
	int64_t skew_ms;           /* the engine's clock less ours */
	struct ledger_key *ledger_key; /* owns; NULL: days are not signed */
	struct op *ledger_last;    /* borrows: queued and not sent, so it takes rows yet */
};

/* postgres_connection.c: every deadline, as of NOW (monotonic). */
void pg_tick(struct store *store, int64_t now_ms);
/* Reads and writes what the socket has. */
void pg_io(struct store *store);
/* Closes the connection, to be made anew; what was not answered is sent again. */
void pg_lose(struct store *store, const char *why);
void pg_watch(struct store *store);
int64_t pg_mono_us(void);
static inline int64_t pg_mono_ms(void)
{
	return pg_mono_us() / 1000;
}

/* postgres_batch.c: a batch out of what is queued, and what is answered. Claims that must
 * wait are put into ANSWERED. */
void pg_start_batch(struct store *store, struct op_list *answered);
void pg_on_result(struct store *store, const PGresult *result);
void pg_run_all(struct store *store, struct op *op);
bool pg_has_writes(const struct op *op);
/* Puts OPS before what is queued. */
void pg_queue_again(struct store *store, struct op *ops);

/* postgres.c, for the connection. */
void pg_on_ready(struct store *store);
void pg_on_lost(struct store *store);
void pg_turn(struct store *store);
void pg_poll(struct store *store);
bool pg_has_hasty(const struct store *store);

#endif
