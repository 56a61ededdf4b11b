/*
 * lease.h: when a node asks for a role that one node of several has, when it keeps it, and
 * when it must let go of it. Pure: `now` is passed in, milliseconds of a clock that runs on
 * while the machine or the process sleeps.
 *
 * The engine counts a lease from a moment between the question and its answer. The holder
 * counts from the question and takes a margin off, so it lets go before another can have the
 * role, whether the engine answers, is silent, or the process was stopped in between.
 */
#ifndef DAEMON_LEASE_H
#define DAEMON_LEASE_H

#include <stdbool.h>
#include <stdint.h>

struct lease {
	int64_t ttl_ms;
	int64_t epoch;             /* of the holder; counts while is_held */
	int64_t asked_ms;          /* when the last question was put */
	int64_t ask_at_ms;         /* when the next is due */
	int64_t until_ms;          /* what is held ends then, by our clock */
	bool is_held, is_asking;
};

enum lease_do {
	LEASE_WAIT,                /* nothing until *wake_at */
	LEASE_ASK,                 /* put the question now; lease_answer follows */
	LEASE_LET_GO,              /* it is not held any more: stop what belongs to it at once */
};

enum lease_said { LEASE_SAID_YES, LEASE_SAID_NO, LEASE_SAID_NOTHING };
enum lease_news { LEASE_AS_BEFORE, LEASE_GAINED, LEASE_GONE };

/* The first question is due at once. */
void lease_init(struct lease *lease, int64_t ttl_ms, int64_t now_ms);

/* What to do at NOW; called at *wake_at at the latest, and again after each action. */
enum lease_do lease_step(struct lease *lease, int64_t now_ms, int64_t *wake_at);

/* The engine's answer to the last question: it is ours under EPOCH, it is another's, or it
 * is not known (the engine is away). After LEASE_GONE the next question is due at once. */
enum lease_news lease_answer(struct lease *lease, int64_t now_ms, enum lease_said said,
	int64_t epoch);

/* Something that was written under it was refused: another has it. */
void lease_lose(struct lease *lease, int64_t now_ms);

#endif
