/*
 * deliveries.h: the last attempts to deliver, for the operator: what happened to this
 * subscriber, and when; and likewise whom the hub told that a subscription ended, and
 * which other hubs that something changed. Pure: time is in what is added. Bounded:
 * successes and failures each have a ring of their own, so that one fan-out to many does
 * not push out the few that failed. In memory only: it begins with the daemon. What is
 * owed across a restart, with its last error, is the store's (`due_ms`, `why` of struct
 * store_sub).
 */
#ifndef DAEMON_HUB_DELIVERIES_H
#define DAEMON_HUB_DELIVERIES_H

#include <stddef.h>
#include <stdint.h>

enum delivery_what {
	DELIVERY_CONTENT,
	DELIVERY_DENIAL,           /* W3C WebSub 5.2 */
	DELIVERY_PING,             /* to another hub */
};

enum delivery_outcome {
	DELIVERY_OK,
	DELIVERY_FAILED,           /* will be tried again */
	DELIVERY_GIVEN_UP,         /* this notification is dropped, the subscription stays */
	DELIVERY_GONE,             /* 410: the subscription ended */
};

struct delivery {
	enum delivery_what what;
	int64_t sub_id;            /* of content, else 0 */
	const char *host;          /* of a denial or ping, else NULL; as `why` */
	int64_t at_ms;             /* wall clock: when the attempt ended */
	int64_t seq;               /* of the content that was tried */
	int64_t latency_ms;
	enum delivery_outcome outcome;
	int status;                /* HTTP; 0 = no answer */
	int attempt;               /* 1 = the first for this content */
	const char *why;           /* short, "" for DELIVERY_OK; copied by deliveries_add */
};

struct deliveries;

/* Keeps the last MAX successes and the last MAX failures. */
struct deliveries *deliveries_create(size_t max);
/* NULL is accepted. */
void deliveries_destroy(struct deliveries *log);

void deliveries_add(struct deliveries *log, const struct delivery *delivery);

/* Copies up to MAX attempts of the subscription (0 = of all) to OUT, the newest first, and
 * returns how many. `why` and `host` are borrowed until the log is destroyed. */
size_t deliveries_get(const struct deliveries *log, int64_t sub_id, struct delivery *out,
	size_t max);

/* "content", "denial", "ping". */
const char *delivery_what_name(enum delivery_what what);
/* "delivered", "failed", "given up", "gone". */
const char *delivery_outcome_name(enum delivery_outcome outcome);

#endif
