/*
 * limiter.h: how many requests a client may make: one time stamp per client (GCRA) in a
 * table of fixed size, shared by all workers without a lock. The caller says what time it is.
 */
#ifndef DAEMON_HTTP_LIMITER_H
#define DAEMON_HTTP_LIMITER_H

#include <stdbool.h>
#include <stdint.h>

struct address;
struct limiter;

enum { LIMITER_BURST_S = 5 }; /* so many seconds' worth may come at once */

struct limiter *limiter_create(void);
void limiter_destroy(struct limiter *limiter); /* NULL is accepted */

/* Whether a request from CLIENT (IPv6 by its /64) is within RATE a second (0 = no limit) at
 * NOW_MS; if not, *WAIT_S is when to come back. From any thread. */
bool limiter_allow(struct limiter *limiter, const struct address *client, int rate,
	int64_t now_ms, int *wait_s);

/* A request that was allowed turned out to be none that counts. From any thread. */
void limiter_return(struct limiter *limiter, const struct address *client, int rate);

#endif
