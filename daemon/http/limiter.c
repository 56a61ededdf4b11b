/*
 * limiter.c: see limiter.h. A client's key picks a set of four places; a new client takes
 * the place whose limit is furthest in the past, so that one busy client cannot be pushed
 * out by many quiet ones, and nobody pays for another's requests.
 */
#include "daemon/http/limiter.h"

#include <stdlib.h>

#include "daemon/net/cidr.h"
#include "feeds/base/map.h"
#include "feeds/base/mem.h"

enum { SETS = 8192, WAYS = 4 };

struct place {
	uint64_t key;
	int64_t due_us; /* theoretical arrival time of the next request */
};

struct limiter {
	struct place places[SETS][WAYS];
};

struct limiter *limiter_create(void)
{
	return mem_alloc(sizeof(struct limiter));
}

void limiter_destroy(struct limiter *limiter)
{
	free(limiter);
}

static struct place *find_place(struct limiter *limiter, const struct address *client)
{
	uint64_t key = map_hash(client->bytes, client->is_v4 ? 16 : 8);
	struct place *set = limiter->places[key % SETS], *oldest = set;

	for (int i = 0; i < WAYS; i++) {
		if (set[i].key == key)
			return &set[i];
		if (set[i].due_us < oldest->due_us)
			oldest = &set[i];
	}
	*oldest = (struct place){.key = key};
	return oldest;
}

bool limiter_allow(struct limiter *limiter, const struct address *client, int rate,
	int64_t now_ms, int *wait_s)
{
	int64_t now_us = now_ms * 1000, early;
	struct place *place;

	if (rate <= 0)
		return true;
	place = find_place(limiter, client);
	if (place->due_us < now_us)
		place->due_us = now_us;
	/* the next one would come so much before its time */
	early = place->due_us + 1000000 / rate - now_us - LIMITER_BURST_S * INT64_C(1000000);
	if (early > 0) {
		*wait_s = (int)((early + 999999) / 1000000);
		return false;
	}
	place->due_us += 1000000 / rate;
	return true;
}
