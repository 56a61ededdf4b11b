/*
 * checkpoint.h: moves what is committed from SQLite's write-ahead log into the database
 * file, on a thread and a connection of its own: it waits for the disk, and a commit should
 * not wait for it.
 */
#ifndef DAEMON_STORE_CHECKPOINT_H
#define DAEMON_STORE_CHECKPOINT_H

#include <stdbool.h>
#include <stddef.h>

struct checkpoint;
struct loop;

/* FILE is open in the write-ahead mode elsewhere. RESTED is called on MAIN, its loop, when
 * checkpoint_is_behind may have ended. */
struct checkpoint *checkpoint_create(struct loop *main, const char *file,
	void (*rested)(void *context), void *context);

/* Waits for the round that is going on; the log may be left with what is not moved yet.
 * NULL is accepted. */
void checkpoint_destroy(struct checkpoint *checkpoint);

/* The log had PAGES pages after a commit: a round starts when they are many. */
void checkpoint_note(struct checkpoint *checkpoint, size_t pages);

/* The log grows faster than it is moved: whoever writes much should wait. False when waiting
 * would not help, because a reader needs the log or the disk refuses. */
bool checkpoint_is_behind(const struct checkpoint *checkpoint);

#endif
