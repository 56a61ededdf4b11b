/*
 * limiter.c: see limiter.h. A client's key picks a set of four places; a new client takes
 * the place whose limit is furthest in the past, so that one busy client cannot be pushed
 * out by many quiet ones, and nobody pays for another's requests. Two workers that give the
 * same place away at once may let a client begin anew; what they count is never lost.
 */
#include "daemon/http/limiter.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "daemon/net/cidr.h"
#include "feeds/base/map.h"
#include "feeds/base/mem.h"

enum { SETS = 8192, WAYS = 4, SECOND_US = 1000000 };

struct place {
	_Atomic uint64_t key;
	_Atomic int64_t due_us; /* theoretical arrival time of the next request */
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

static uint64_t key_of(const struct address *client)
{
	return map_hash(client->bytes, client->is_v4 ? 16 : 8);
}

static struct place *find(struct place *set, uint64_t key)
{
	for (int i = 0; i < WAYS; i++) {
		if (atomic_load_explicit(&set[i].key, memory_order_relaxed) == key)
			return &set[i];
	}
	return NULL;
}

static int64_t due_of(struct place *place)
{
	return atomic_load_explicit(&place->due_us, memory_order_relaxed);
}

static struct place *add(struct place *set, uint64_t key)
{
	struct place *oldest = set;

	for (int i = 1; i < WAYS; i++) {
		if (due_of(&set[i]) < due_of(oldest))
			oldest = &set[i];
	}
	atomic_store_explicit(&oldest->due_us, 0, memory_order_relaxed);
	atomic_store_explicit(&oldest->key, key, memory_order_relaxed);
	return oldest;
}

bool limiter_allow(struct limiter *limiter, const struct address *client, int rate,
	int64_t now_ms, int *wait_s)
{
	uint64_t key = key_of(client);
	struct place *set = limiter->places[key % SETS], *place = find(set, key);
	int64_t now_us = now_ms * 1000, due, next;

	if (rate <= 0)
		return true;
	if (!place)
		place = add(set, key);
	due = due_of(place);
	do {
		int64_t early;

		next = (due > now_us ? due : now_us) + SECOND_US / rate;
		/* it would come so much before its time */
		early = next - now_us - LIMITER_BURST_S * (int64_t)SECOND_US;
		if (early > 0) {
			*wait_s = (int)((early + SECOND_US - 1) / SECOND_US);
			return false;
		}
	} while (!atomic_compare_exchange_weak_explicit(&place->due_us, &due, next,
		memory_order_relaxed, memory_order_relaxed));
	return true;
}

void limiter_return(struct limiter *limiter, const struct address *client, int rate)
{
	uint64_t key = key_of(client);
	struct place *place = find(limiter->places[key % SETS], key);

	if (place && rate > 0)
		atomic_fetch_sub_explicit(&place->due_us, SECOND_US / rate,
			memory_order_relaxed);
}
