/*
 * limiter.c: see limiter.h. Two clients that share a slot share a limit; with 65,536 slots
 * that is rarer than two behind one address.
 */
#include "daemon/http/limiter.h"

#include <stdlib.h>

#include "daemon/net/cidr.h"
#include "feeds/base/map.h"
#include "feeds/base/mem.h"

enum { SLOTS = 65536 };

struct limiter {
	int64_t due_us[SLOTS]; /* theoretical arrival time of the next request */
};

struct limiter *limiter_create(void)
{
	return mem_alloc(sizeof(struct limiter));
}

void limiter_destroy(struct limiter *limiter)
{
	free(limiter);
}

bool limiter_allow(struct limiter *limiter, const struct address *client, int rate,
	int64_t now_ms, int *wait_s)
{
	int64_t *due = &limiter->due_us[map_hash(client->bytes, client->is_v4 ? 16 : 8) % SLOTS];
	int64_t now_us = now_ms * 1000, early;

	if (rate <= 0)
		return true;
	if (*due < now_us)
		*due = now_us;
	early = *due - now_us - LIMITER_BURST_S * INT64_C(1000000);
	if (early > 0) {
		*wait_s = (int)(early / 1000000) + 1;
		return false;
	}
	*due += 1000000 / rate;
	return true;
}
