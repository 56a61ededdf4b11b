/*
 * loop.h: an event loop with a mailbox. A message is the only thing that crosses from one
 * thread to another; whatever it points at is either owned by it or an immutable snapshot
 * that it holds a reference to.
 */
#ifndef DAEMON_LOOP_H
#define DAEMON_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct ev_loop;
struct loop;

/* Embed this first in a message of your own. `run` is called once on the receiving loop's
 * thread and from then on owns the message. */
struct message {
	struct message *next;
	void (*run)(struct message *message);
};

/* A loop that runs on the calling thread (the main loop) or, after loop_start, on a thread
 * of its own. NAME is the thread's name (at most 15 bytes). */
struct loop *loop_create(const char *name);

/* Frees the loop; its thread must have ended (loop_join) and its watchers be stopped.
 * Messages still in the mailbox are run first. NULL is accepted. */
void loop_destroy(struct loop *loop);

/* The libev loop, for the loop's own thread only. */
struct ev_loop *loop_ev(struct loop *loop);

/* Queues MESSAGE; from any thread, never blocks, keeps the order per sender. */
void loop_post(struct loop *loop, struct message *message);

/* The same of a list, linked by `next` from FIRST to LAST, which then is in the mailbox in
 * one piece and wakes the receiver once. */
void loop_post_list(struct loop *loop, struct message *first, struct message *last);

/* Runs on the calling thread until loop_stop. */
void loop_run(struct loop *loop);

/* Starts a thread (all signals blocked) that runs the loop; loop_join waits for its end. */
void loop_start(struct loop *loop);

/* The thread that loop_start makes goes behind others by BY steps of niceness (setpriority
 * has 40), or before them if that is negative and permitted. */
void loop_set_nice(struct loop *loop, int by);
void loop_join(struct loop *loop);

/* Ends loop_run after the current turn; from the loop's own thread only (post a message
 * otherwise). */
void loop_stop(struct loop *loop);

/* Runs the messages that wait, and nothing else: for the end, when no thread runs LOOP. */
void loop_flush(struct loop *loop);

/* Wall clock and monotonic clock in milliseconds, as they are now. */
int64_t loop_wall_ms(struct loop *loop);
int64_t loop_mono_ms(struct loop *loop);

#endif
