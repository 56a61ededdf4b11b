/* partner_rate.c: see partner_rate.h. */
#include "daemon/hub/partner_rate.h"

#include <stdlib.h>
#include <string.h>

#include "feeds/base/mem.h"

enum { SECOND_US = 1000000 };

struct rate {
	char *name;                /* owns */
	int64_t due_us;            /* theoretical arrival time of the next request */
};

void partner_rates_finish(struct partner_rates *rates)
{
	struct map_entry slot;
	size_t cursor = 0;

	while (map_next(&rates->due, &cursor, &slot)) {
		struct rate *rate = slot.value;

		free(rate->name);
		free(rate);
	}
	map_finish(&rates->due);
}

static struct rate *rate_of(struct partner_rates *rates, const char *name)
{
	struct rate *rate = map_get(&rates->due, name, strlen(name));

	if (rate)
		return rate;
	rate = mem_alloc(sizeof(*rate));
	rate->name = mem_strdup(name);
	map_put(&rates->due, rate->name, strlen(name), rate);
	return rate;
}

bool partner_rates_allow(struct partner_rates *rates, const char *name, int rate,
	int64_t now_ms, int *wait_s)
{
	int64_t now_us = now_ms * 1000, next, early;
	struct rate *own;

	if (rate <= 0)
		return true;
	own = rate_of(rates, name);
	next = (own->due_us > now_us ? own->due_us : now_us) + SECOND_US / rate;
	/* it would come so much before its time */
	early = next - now_us - PARTNER_BURST_S * (int64_t)SECOND_US;
	if (early > 0) {
		*wait_s = (int)((early + SECOND_US - 1) / SECOND_US);
		return false;
	}
	own->due_us = next;
	return true;
}
