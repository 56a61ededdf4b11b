/*
 * partner_rate.h: how often each partner may ask: one time per partner (GCRA), kept by name, so
 * that it outlives a reload. Pure: the caller says what time it is.
 */
#ifndef DAEMON_HUB_PARTNER_RATE_H
#define DAEMON_HUB_PARTNER_RATE_H

#include <stdbool.h>
#include <stdint.h>

#include "feeds/base/map.h"

enum { PARTNER_BURST_S = 5 }; /* so many seconds' worth may come at once */

struct partner_rates {
	struct map due;            /* name -> the next request's time; owns */
};

/* A zeroed struct partner_rates is empty. */
void partner_rates_finish(struct partner_rates *rates);

/* Whether a request of the partner NAME is within RATE a second (0 = no limit) at NOW_MS; if
 * not, *WAIT_S is when to come back. */
bool partner_rates_allow(struct partner_rates *rates, const char *name, int rate,
	int64_t now_ms, int *wait_s);

#endif
