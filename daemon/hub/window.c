/* window.c: see window.h. */
#include "daemon/hub/window.h"

#include <assert.h>

enum {
	START = 2 * 16,
	PROBE_FIRST_MS = 2000,
	PROBE_MAX_MS = 600 * 1000,
	PROBE_URGENT_MS = 30 * 1000, /* between two, at least */
};

void window_init(struct window *window)
{
	*window = (struct window){.cap_x16 = START, .last_success_ms = INT64_MIN};
}

bool window_is_dead(const struct window *window)
{
	return window->dead_for_ms > 0;
}

int window_room(const struct window *window, int max, int64_t now)
{
	int cap = window->cap_x16 / 16;

	if (window_is_dead(window))
		return now >= window->dead_until_ms && window->in_flight == 0 ? 1 : 0;
	if (cap > max)
		cap = max;
	return cap > window->in_flight ? cap - window->in_flight : 0;
}

void window_start(struct window *window)
{
	window->in_flight++;
}

void window_late_success(struct window *window, int64_t now)
{
	window->last_success_ms = now;
	window->failures = 0;
	if (window_is_dead(window)) {
		window->dead_for_ms = 0;
		window->cap_x16 = START;
	}
}

void window_success(struct window *window, int max, int64_t now)
{
	assert(window->in_flight > 0);
	window->in_flight--;
	window_late_success(window, now);
	/* rounded up: it must never stop growing */
	window->cap_x16 += window->has_failed ?
		(16 * 16 + window->cap_x16 - 1) / window->cap_x16 : 16;
	if (window->cap_x16 > max * 16)
		window->cap_x16 = max * 16;
	if (window->cap_x16 < 16)
		window->cap_x16 = 16;
}

static void mark_dead(struct window *window, int64_t now)
{
	window->dead_for_ms = window->dead_for_ms ? window->dead_for_ms * 2 : PROBE_FIRST_MS;
	if (window->dead_for_ms > PROBE_MAX_MS)
		window->dead_for_ms = PROBE_MAX_MS;
	window->dead_until_ms = now + window->dead_for_ms;
	window->probed_ms = now;
}

void window_hurry(struct window *window, int64_t now)
{
	int64_t earliest = window->probed_ms + PROBE_URGENT_MS;

	if (earliest < now)
		earliest = now;
	/* what is in flight is a probe already */
	if (window_is_dead(window) && !window->in_flight && window->dead_until_ms > earliest)
		window->dead_until_ms = earliest;
}

void window_late_failure(struct window *window, int64_t started_ms, int64_t now)
{
	int limit = window->cap_x16 / 16;

	if (window->last_success_ms >= started_ms)
		return;
	window->has_failed = true;
	window->failures++;
	window->cap_x16 -= window->cap_x16 > 4 * 16 ? window->cap_x16 / 2 : 16;
	if (window->cap_x16 < 16)
		window->cap_x16 = 16;
	if (window_is_dead(window)) {
		/* those that were under way when it died are not probes */
		if (started_ms >= window->dead_until_ms)
			mark_dead(window, now);
		return;
	}
	limit = limit < 3 ? 3 : limit > 8 ? 8 : limit;
	if (window->failures >= limit)
		mark_dead(window, now);
}

void window_failure(struct window *window, int64_t started_ms, int64_t now)
{
	assert(window->in_flight > 0);
	window->in_flight--;
	window_late_failure(window, started_ms, now);
}
