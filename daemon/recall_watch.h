/*
 * recall_watch.h: who has an article that was taken back and has not heard of that, for the
 * operator. The whole ledger is read for it, which takes a while: on a thread of its own, with
 * a connection that only reads; the answer comes as a message. Only when somebody asks (the
 * operator, or recall_bell.c when it is time), and not more often than a fiftieth of the time.
 */
#ifndef DAEMON_RECALL_WATCH_H
#define DAEMON_RECALL_WATCH_H

#include <stddef.h>

struct loop;
struct recall;
struct recall_watch;

/* PATH is the database file; copied. LOOP must outlive it. READ is called with what each
 * reading found (borrowed), from the loop. */
struct recall_watch *recall_watch_create(struct loop *loop, const char *path,
	void (*read)(void *context, const struct recall *open, size_t count), void *context);
/* Before the loop is destroyed. NULL is accepted. */
void recall_watch_destroy(struct recall_watch *watch);

/* What was found last, borrowed until the loop's next turn; NULL: nothing was yet. Has the
 * ledger read again when that is some time ago. */
const struct recall *recall_watch_get(struct recall_watch *watch, size_t *count_out);

#endif
