/*
 * retry.h: when a delivery that failed is tried again. Pure: the random number is an
 * argument.
 */
#ifndef DAEMON_HUB_RETRY_H
#define DAEMON_HUB_RETRY_H

#include <stdint.h>

struct retry_policy {
	int64_t first_ms, max_ms, give_up_ms;
};

/* Milliseconds until the next attempt after ATTEMPTS (1 and more) have failed, the
 * first of them AGE_MS ago: first_ms doubled each time up to max_ms, of which RANDOM
 * takes up to a quarter off. RETRY_AFTER_MS (-1 = none) is what the other side asked
 * for at least, up to a day. -1 = give up: it would be later than give_up_ms. */
int64_t retry_delay_ms(const struct retry_policy *policy, int attempts, int64_t age_ms,
	int64_t retry_after_ms, uint32_t random);

/* The same for a delivery that was not even tried, because its host is dead until a probe
 * in PROBE_MS: behind that probe, spread by RANDOM over as long again (at least first_ms),
 * so that thousands do not come back at once, and none waits long for a host that does. */
int64_t retry_untried_ms(const struct retry_policy *policy, int64_t age_ms, int64_t probe_ms,
	uint32_t random);

#endif
