/* test_hub_window.c: a host's window through good and bad days. */
#include "daemon/hub/window.h"
#include "tests/unit/harness.h"

static void start_all(struct window *window, int count)
{
	while (count-- > 0)
		window_start(window);
}

TEST(slow_start_grows_by_one_per_success)
{
	struct window window;
	int64_t now = 0;

	window_init(&window);
	CHECK_INT(window_room(&window, 64, now), 2);
	for (int round = 0; round < 4; round++) {
		int room = window_room(&window, 64, now);

		CHECK_INT(room, 2 << round);
		start_all(&window, room);
		CHECK_INT(window_room(&window, 64, now), 0);
		for (int i = 0; i < room; i++)
			window_success(&window, 64, now);
	}
	for (int i = 0; i < 100; i++) {
		window_start(&window);
		window_success(&window, 64, now);
	}
	CHECK_INT(window_room(&window, 64, now), 64);
	CHECK_INT(window_room(&window, 5, now), 5);
}

TEST(failure_shrinks_and_growth_is_slow_afterwards)
{
	struct window window;

	window_init(&window);
	for (int i = 0; i < 14; i++) {
		window_start(&window);
		window_success(&window, 64, 1);
	}
	CHECK_INT(window_room(&window, 64, 2), 16);
	window_start(&window);
	window_failure(&window, 2, 3);
	CHECK_INT(window_room(&window, 64, 3), 8);
	for (int i = 0; i < 4; i++) {
		window_start(&window);
		window_success(&window, 64, 4);
	}
	CHECK_INT(window_room(&window, 64, 4), 8);
	for (int i = 0; i < 8; i++) {
		window_start(&window);
		window_success(&window, 64, 4);
	}
	CHECK_INT(window_room(&window, 64, 4), 9);
}

TEST(a_failure_beside_successes_does_not_count)
{
	struct window window;

	window_init(&window);
	for (int i = 0; i < 100; i++) {
		start_all(&window, 2);
		window_success(&window, 64, 10 * i + 5);
		window_failure(&window, 10 * i, 10 * i + 9);
	}
	CHECK(!window_is_dead(&window));
	CHECK_INT(window.failures, 0);
}

TEST(a_failure_beside_successes_does_not_end_the_slow_start)
{
	struct window window;

	window_init(&window);
	start_all(&window, 2);
	window_success(&window, 64, 5);
	window_failure(&window, 1, 6);
	for (int i = 0; i < 29; i++) {
		window_start(&window);
		window_success(&window, 64, 7);
	}
	CHECK_INT(window_room(&window, 64, 8), 32);
}

TEST(dead_host_is_probed_ever_more_rarely)
{
	struct window window;
	int64_t now = 100, last = 0;
	int probes = 0;

	window_init(&window);
	for (int i = 0; i < 3; i++) {
		CHECK(!window_is_dead(&window));
		window_start(&window);
		window_failure(&window, now, now);
	}
	CHECK(window_is_dead(&window));
	CHECK_INT(window_room(&window, 64, now + 1999), 0);
	for (; now < 3600 * 1000; now += 100) {
		int room = window_room(&window, 64, now);

		CHECK(room <= 1);
		if (!room)
			continue;
		window_start(&window);
		CHECK_INT(window_room(&window, 64, now), 0);
		window_failure(&window, now, now);
		CHECK(now - last <= 600 * 1000 + 100);
		last = now;
		probes++;
	}
	CHECK_INT(probes, 13);
	now = last + 600 * 1000;
	CHECK_INT(window_room(&window, 64, now), 1);
	window_start(&window);
	window_success(&window, 64, now);
	CHECK(!window_is_dead(&window));
	CHECK_INT(window_room(&window, 64, now), 2);
}

TEST(what_is_urgent_brings_the_next_probe_forward)
{
	const int64_t hour = 3600 * 1000;
	struct window window;
	int64_t now = 0;
	int probes = 0;

	window_init(&window);
	window_hurry(&window, now); /* nothing to a host that is alive */
	CHECK(!window_is_dead(&window));
	while (now < hour) {
		if (window_room(&window, 64, now)) {
			window_start(&window);
			window_failure(&window, now, now);
		}
		now += 1000;
	}
	now = window.probed_ms + 60 * 1000;
	CHECK_INT(window_room(&window, 64, now), 0);
	window_hurry(&window, now);
	CHECK_INT(window_room(&window, 64, now), 1);
	window_start(&window);
	window_hurry(&window, now);
	CHECK_INT(window_room(&window, 64, now), 0);
	window_failure(&window, now, now);
	/* however much is urgent, no more than two a minute */
	for (int64_t until = now + 10 * 60 * 1000; now < until; now += 100) {
		window_hurry(&window, now);
		if (!window_room(&window, 64, now))
			continue;
		window_start(&window);
		window_failure(&window, now, now);
		probes++;
	}
	CHECK(probes >= 15 && probes <= 20);
}

TEST(transfers_under_way_at_death_are_no_probes)
{
	struct window window;

	window_init(&window);
	start_all(&window, 6);
	for (int i = 0; i < 5; i++)
		window_failure(&window, 10, 20);
	CHECK(window_is_dead(&window));
	CHECK_INT(window.dead_for_ms, 2000);
	window_failure(&window, 10, 30);
	CHECK_INT(window.dead_for_ms, 2000);
}

TEST(late_success_revives)
{
	struct window window;

	window_init(&window);
	for (int i = 0; i < 3; i++) {
		window_start(&window);
		window_failure(&window, 10, 20);
	}
	window_late_success(&window, 30);
	CHECK(!window_is_dead(&window));
	CHECK_INT(window_room(&window, 64, 30), 2);
	CHECK_INT(window.in_flight, 0);
}
