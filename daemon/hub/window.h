/*
 * window.h: how many transfers one destination host gets at the same time. Starts at 2,
 * grows by one with each success until the first failure and slowly afterwards, shrinks
 * on failure. A failure counts only when nothing from that host has succeeded since the
 * transfer began: one broken tenant of a big host is not a broken host. After a run of
 * failures the host is dead and gets one probe at a time, ever more rarely. Pure: time
 * is an argument (milliseconds of one monotonic clock).
 */
#ifndef DAEMON_HUB_WINDOW_H
#define DAEMON_HUB_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

struct window {
	int cap_x16;               /* sixteenths of a transfer */
	int in_flight;             /* those that hold a place */
	int failures;              /* in a row */
	bool has_failed;           /* slow start is over */
	int64_t last_success_ms;   /* INT64_MIN = never */
	int64_t dead_until_ms, dead_for_ms; /* dead_for_ms 0 = alive */
	int64_t probed_ms;         /* when it was last found dead */
};

void window_init(struct window *window);

/* How many may start now, with MAX as the upper bound of the window. */
int window_room(const struct window *window, int max, int64_t now);

/* A transfer takes a place; it gives it back by exactly one of the two below. */
void window_start(struct window *window);
void window_success(struct window *window, int max, int64_t now);
void window_failure(struct window *window, int64_t started_ms, int64_t now);

/* How a transfer ended that gave its place back as slow (a failure) before. */
void window_late_success(struct window *window, int64_t now);
void window_late_failure(struct window *window, int64_t started_ms, int64_t now);

/* What is urgent does not wait for the next probe of a dead host, unless the last was just
 * now: the next one is brought forward. */
void window_hurry(struct window *window, int64_t now);

/* Dead: nothing but a probe may start. */
bool window_is_dead(const struct window *window);

#endif
