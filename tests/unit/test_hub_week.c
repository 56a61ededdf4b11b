/*
 * test_hub_week.c: a host that dies and comes back, for a week, in milliseconds: the window
 * and the retries together, as the engine uses them. One second is one step.
 */
#include <stdint.h>
#include <stdlib.h>

#include "daemon/hub/retry.h"
#include "daemon/hub/window.h"
#include "tests/unit/harness.h"

enum { SUBS = 500, SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, MAX = 64 };

static const struct retry_policy policy = {10 * SECOND, HOUR, 24 * HOUR};

struct sub {
	int64_t due;               /* -1 = nothing is owed */
	int64_t first_failed;
	int attempts;
	int64_t got_at;            /* when the last publication came; -1 = not yet */
};

static struct world {
	struct window window;
	struct sub subs[SUBS];
	int64_t now, published_at;
	uint64_t random;
	bool (*is_up)(int64_t now);
	int tries, failures, given_up, most_at_once, late;
	int64_t last_try;          /* while the host was down */
} w;

static uint32_t next_random(void)
{
	w.random ^= w.random >> 12;
	w.random ^= w.random << 25;
	w.random ^= w.random >> 27;
	return (uint32_t)((w.random * UINT64_C(2685821657736338717)) >> 32);
}

static void begin(bool (*is_up)(int64_t now))
{
	w.is_up = is_up;
	w.random = 88172645463325252;
	window_init(&w.window);
	for (int i = 0; i < SUBS; i++)
		w.subs[i].due = w.subs[i].got_at = -1;
}

static void publish(void)
{
	w.published_at = w.now;
	for (int i = 0; i < SUBS; i++) {
		w.subs[i].got_at = -1;
		/* a task that waits brings the newest by itself */
		if (w.subs[i].due < 0) {
			w.subs[i].due = w.now;
			w.subs[i].attempts = 0;
			w.subs[i].first_failed = 0;
		}
	}
}

/* PROBE_MS: until the next probe of a host that was not tried; -1 = it was. */
static void fail(struct sub *sub, int64_t probe_ms)
{
	int64_t age, delay;

	if (sub->attempts++ == 0)
		sub->first_failed = w.now;
	age = w.now - sub->first_failed;
	if (probe_ms >= 0)
		delay = retry_untried_ms(&policy, age, probe_ms, next_random());
	else
		delay = retry_delay_ms(&policy, sub->attempts, age, -1, next_random());
	sub->due = delay < 0 ? -1 : w.now + delay;
	w.given_up += delay < 0;
	CHECK(delay < 0 || delay <= 24 * HOUR);
}

static void attempt(struct sub *sub)
{
	window_start(&w.window);
	w.tries++;
	if (w.is_up(w.now)) {
		window_success(&w.window, MAX, w.now);
		sub->due = -1;
		sub->got_at = w.now;
		return;
	}
	w.failures++;
	w.last_try = w.now;
	window_failure(&w.window, w.now, w.now);
	fail(sub, -1);
}

/* What is due is tried while there is room; for a dead host it fails untried, to come back
 * with the next probe. */
static void step(void)
{
	int started = 0, room = window_room(&w.window, MAX, w.now);

	for (int i = 0; i < SUBS; i++) {
		struct sub *sub = &w.subs[i];

		if (sub->due < 0 || sub->due > w.now)
			continue;
		if (window_is_dead(&w.window) && room == 0) {
			fail(sub, w.window.dead_until_ms - w.now);
		} else if (started < room) {
			attempt(sub);
			started++;
			if (window_is_dead(&w.window))
				room = window_room(&w.window, MAX, w.now);
		}
	}
	if (started > w.most_at_once)
		w.most_at_once = started;
	w.now += SECOND;
}

static void live_until(int64_t end)
{
	while (w.now < end)
		step();
}

static int count_arrived(void)
{
	int count = 0;

	for (int i = 0; i < SUBS; i++)
		count += w.subs[i].got_at >= 0;
	return count;
}

static bool is_up_by_day(int64_t now)
{
	return now / HOUR % 24 >= 8;       /* down from midnight until eight */
}

/* Hourly publications; each night the host is away. */
TEST(a_week_of_nights)
{
	int64_t worst = 0;

	begin(is_up_by_day);
	w.now = 8 * HOUR;
	for (int hour = 8; hour < 7 * 24; hour++) {
		publish();
		live_until((int64_t)(hour + 1) * HOUR);
		if (hour % 24 == 8 && hour > 8) {
			for (int i = 0; i < SUBS; i++) {
				CHECK(w.subs[i].got_at >= 0);
				w.late += w.subs[i].got_at > w.published_at + 20 * MINUTE;
				if (w.subs[i].got_at - w.published_at > worst)
					worst = w.subs[i].got_at - w.published_at;
			}
		} else if (hour % 24 > 8) {
			CHECK_INT(count_arrived(), SUBS);
		}
	}
	CHECK_INT(w.given_up, 0);
	/* who waits for the probe and a turn behind it, or for its own retry */
	CHECK(worst <= HOUR);
	CHECK(w.late < SUBS / 20);
	/* six nights of eight hours: probes, not a hammer */
	CHECK(w.failures < 6 * 100);
	CHECK(w.failures > 6 * 20);
	CHECK(w.most_at_once <= MAX);
}

static bool is_never_up(int64_t now)
{
	return now > 100 * (int64_t)HOUR;
}

TEST(a_dead_host_is_given_up_after_a_day_and_served_when_it_is_back)
{
	int tries;

	begin(is_never_up);
	publish();
	live_until(23 * (int64_t)HOUR - MINUTE);
	CHECK_INT(w.given_up, 0);
	live_until(25 * (int64_t)HOUR);
	CHECK_INT(w.given_up, SUBS);
	tries = w.tries;
	live_until(99 * (int64_t)HOUR);
	CHECK_INT(w.tries, tries);
	/* 500 subscribers for a day: what one would have cost, not 500 times that */
	CHECK(tries < 24 * 6 + 40);
	live_until(101 * (int64_t)HOUR);
	publish();
	live_until(101 * (int64_t)HOUR + 11 * MINUTE);
	CHECK_INT(count_arrived(), SUBS);
	CHECK(!window_is_dead(&w.window));
}

static bool is_up_every_other_minute(int64_t now)
{
	return now / MINUTE % 2 == 0;
}

TEST(a_host_that_comes_and_goes_gets_everything)
{
	begin(is_up_every_other_minute);
	for (int hour = 0; hour < 7 * 24; hour++) {
		publish();
		live_until((int64_t)(hour + 1) * HOUR);
		CHECK_INT(count_arrived(), SUBS);
	}
	CHECK_INT(w.given_up, 0);
	CHECK(w.failures < w.tries / 4);
}

static bool is_up_from_ten_on(int64_t now)
{
	return now >= 10 * SECOND;
}

/* Failures at the same moment must not come back at the same moment. */
TEST(retries_are_spread)
{
	int per_second[4000] = {0}, most = 0;

	begin(is_up_from_ten_on);
	for (int i = 0; i < SUBS; i++) {
		struct sub sub = {.attempts = 7};

		fail(&sub, -1);
		CHECK(sub.due >= 960 * SECOND && sub.due <= 1280 * SECOND);
		per_second[sub.due / SECOND]++;
	}
	for (int i = 0; i < 4000; i++)
		most = per_second[i] > most ? per_second[i] : most;
	CHECK(most <= 10); /* of 500 over 320 s */
}
