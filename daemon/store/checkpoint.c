/*
 * checkpoint.c: see checkpoint.h. A round is a passive checkpoint: it takes no lock that a
 * writer or a reader needs. SQLite starts the log anew with the first write after everything
 * in it was moved, so a round is repeated as long as commits came in during it, or as it left
 * something: no page is moved that is newer than the oldest reader, and a commit is a reader
 * of what was before it until it ends.
 *
 * What was not moved is no loss: it is in the log, which the next start reads. A reader of
 * long ago (a backup), which keeps two rounds at one page, and a disk that refuses stop the
 * rounds until the log has grown by another step; the log may grow past its bound then, and
 * nobody waits.
 */
#include "daemon/store/checkpoint.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "daemon/control/log.h"
#include "daemon/loop/loop.h"
#include "feeds/base/mem.h"

enum {
	STEP = 4000,  /* pages: the log is worth a round */
	MOST = 16000, /* from here on the writers wait */
	NICE = 5,     /* readers come first */
};

/* Goes to the thread and comes back. */
struct round {
	struct message message;
	struct checkpoint *checkpoint;
	int code, log, moved;      /* pages; -1 = unknown */
};

struct checkpoint {
	struct loop *main;         /* borrows */
	struct loop *thread;       /* owns */
	char *file;                /* owns */
	void (*rested)(void *context);
	void *context;
	sqlite3 *db;               /* owns; the thread's; NULL = open it first */
	struct round round;
	struct message stop;
	size_t pages;              /* of the log, at the last commit */
	size_t next;               /* no round before it has so many */
	int moved;                 /* by the last round; -1 = none since the log began */
	bool is_moving;            /* a round is going on */
	bool is_stuck;             /* the last round could not go on */
	bool is_complaining;
	bool is_over;              /* the thread has ended; freed with the round */
};

/* ---- the thread ---- */

static int open_database(struct checkpoint *checkpoint)
{
	int code = sqlite3_open_v2(checkpoint->file, &checkpoint->db,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);

	/* the log is found with the first read */
	return code != SQLITE_OK ? code :
		sqlite3_exec(checkpoint->db, "PRAGMA wal_autocheckpoint=0;"
			"SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL);
}

static void run_back(struct message *message);

static void run_round(struct message *message)
{
	struct round *round = (struct round *)message;
	struct checkpoint *checkpoint = round->checkpoint;

	round->log = round->moved = -1;
	round->code = checkpoint->db ? SQLITE_OK : open_database(checkpoint);
	if (round->code == SQLITE_OK)
		round->code = sqlite3_wal_checkpoint_v2(checkpoint->db, NULL,
			SQLITE_CHECKPOINT_PASSIVE, &round->log, &round->moved);
	if (round->code != SQLITE_OK && round->code != SQLITE_BUSY) {
		/* what fsync refused is not to be trusted */
		sqlite3_close(checkpoint->db);
		checkpoint->db = NULL;
	}
	message->run = run_back;
	loop_post(checkpoint->main, message);
}

static void run_start(struct message *message)
{
	setpriority(PRIO_PROCESS, 0, NICE);
	free(message);
}

static void run_stop(struct message *message)
{
	struct checkpoint *checkpoint = (struct checkpoint *)
		((char *)message - offsetof(struct checkpoint, stop));

	loop_stop(checkpoint->thread);
}

/* ---- the loop of the store ---- */

static void start_round(struct checkpoint *checkpoint)
{
	checkpoint->is_moving = true;
	checkpoint->round.message.run = run_round;
	loop_post(checkpoint->thread, &checkpoint->round.message);
}

static void judge(struct checkpoint *checkpoint, const struct round *round)
{
	bool is_failed = round->code != SQLITE_OK && round->code != SQLITE_BUSY;

	if (is_failed && !checkpoint->is_complaining)
		log_error("store: the log could not be moved into %s: %s", checkpoint->file,
			sqlite3_errstr(round->code));
	if (checkpoint->is_complaining && round->code == SQLITE_OK)
		log_info("store: the log is moved again");
	checkpoint->is_complaining = is_failed ||
		(checkpoint->is_complaining && round->code != SQLITE_OK);
	checkpoint->is_stuck = round->code != SQLITE_OK ||
		(round->moved < round->log && round->moved == checkpoint->moved);
	checkpoint->moved = round->moved;
	checkpoint->next = checkpoint->is_stuck ? checkpoint->pages + STEP : STEP;
}

static void run_back(struct message *message)
{
	struct round *round = (struct round *)message;
	struct checkpoint *checkpoint = round->checkpoint;

	checkpoint->is_moving = false;
	if (checkpoint->is_over) {
		free(checkpoint);
		return;
	}
	judge(checkpoint, round);
	if (checkpoint->pages >= checkpoint->next && (size_t)round->moved < checkpoint->pages)
		start_round(checkpoint);
	if (!checkpoint_is_behind(checkpoint))
		checkpoint->rested(checkpoint->context);
}

void checkpoint_note(struct checkpoint *checkpoint, size_t pages)
{
	if (pages < checkpoint->pages) { /* it began anew */
		checkpoint->next = STEP;
		checkpoint->moved = -1;
		checkpoint->is_stuck = false;
	}
	checkpoint->pages = pages;
	if (pages >= checkpoint->next && !checkpoint->is_moving)
		start_round(checkpoint);
}

bool checkpoint_is_behind(const struct checkpoint *checkpoint)
{
	return checkpoint->pages >= MOST && checkpoint->is_moving && !checkpoint->is_stuck;
}

struct checkpoint *checkpoint_create(struct loop *main, const char *file,
	void (*rested)(void *context), void *context)
{
	struct checkpoint *checkpoint = mem_alloc(sizeof(*checkpoint));
	struct message *start = mem_alloc(sizeof(*start));

	checkpoint->main = main;
	checkpoint->file = mem_strdup(file);
	checkpoint->rested = rested;
	checkpoint->context = context;
	checkpoint->next = STEP;
	checkpoint->moved = -1;
	checkpoint->round.checkpoint = checkpoint;
	checkpoint->thread = loop_create("checkpoint");
	start->run = run_start;
	loop_post(checkpoint->thread, start);
	loop_start(checkpoint->thread);
	return checkpoint;
}

void checkpoint_destroy(struct checkpoint *checkpoint)
{
	if (!checkpoint)
		return;
	checkpoint->stop.run = run_stop;
	loop_post(checkpoint->thread, &checkpoint->stop);
	loop_join(checkpoint->thread);
	loop_destroy(checkpoint->thread);
	sqlite3_close(checkpoint->db);
	free(checkpoint->file);
	checkpoint->is_over = true;
	if (!checkpoint->is_moving)
		free(checkpoint); /* otherwise the round is in the mailbox */
}
