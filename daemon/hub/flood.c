/*
 * flood.c: see flood.h. Per name there is the time at which its debts are even again
 * (GCRA); who owes nothing is forgotten when the table has grown.
 */
#include "daemon/hub/flood.h"

#include <stdio.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/net/cidr.h"
#include "feeds/base/map.h"
#include "feeds/base/mem.h"

enum { SWEEP_AT = 10000 };

struct debt {
	char *key;                 /* owns */
	int64_t even_ms;
};

struct flood {
	struct map debts;          /* key -> struct debt, owns */
	size_t sweep_at;
};

struct flood *flood_create(void)
{
	struct flood *flood = mem_alloc(sizeof(*flood));

	flood->sweep_at = SWEEP_AT;
	return flood;
}

static void debt_destroy(struct debt *debt)
{
	free(debt->key);
	free(debt);
}

void flood_destroy(struct flood *flood)
{
	struct map_entry entry;
	size_t cursor = 0;

	if (!flood)
		return;
	while (map_next(&flood->debts, &cursor, &entry))
		debt_destroy(entry.value);
	map_finish(&flood->debts);
	free(flood);
}

static void sweep(struct flood *flood, int64_t now_ms)
{
	struct map kept = {0};
	struct map_entry entry;
	size_t cursor = 0;

	if (flood->debts.count < flood->sweep_at)
		return;
	while (map_next(&flood->debts, &cursor, &entry)) {
		struct debt *debt = entry.value;

		if (debt->even_ms <= now_ms)
			debt_destroy(debt);
		else
			map_put(&kept, debt->key, strlen(debt->key), debt);
	}
	map_finish(&flood->debts);
	flood->debts = kept;
	flood->sweep_at = kept.count * 2 > SWEEP_AT ? kept.count * 2 : SWEEP_AT;
}

static struct debt *find(struct flood *flood, const char *key, int64_t now_ms)
{
	struct debt *debt = map_get(&flood->debts, key, strlen(key));

	if (!debt) {
		sweep(flood, now_ms);
		debt = mem_alloc(sizeof(*debt));
		debt->key = mem_strdup(key);
		map_put(&flood->debts, debt->key, strlen(debt->key), debt);
	}
	if (debt->even_ms < now_ms)
		debt->even_ms = now_ms;
	return debt;
}

static int64_t wait_of(const struct debt *debt, struct flood_rate rate, int64_t now_ms)
{
	int64_t wait = debt->even_ms - now_ms - (rate.burst - 1) * rate.every_ms;

	return wait > 0 ? wait : 0;
}

/* The wait for a place; it is taken when there is none, or where MAY_WAIT. */
static int64_t take(struct flood *flood, const char *key, struct flood_rate rate,
	int64_t now_ms, bool may_wait)
{
	struct debt *debt;
	int64_t wait;

	if (rate.every_ms <= 0)
		return 0;
	debt = find(flood, key, now_ms);
	wait = wait_of(debt, rate, now_ms);
	if (wait == 0 || may_wait)
		debt->even_ms += rate.every_ms;
	return wait;
}

int64_t flood_reserve(struct flood *flood, const char *key, struct flood_rate rate,
	int64_t now_ms)
{
	return take(flood, key, rate, now_ms, true);
}

int64_t flood_try(struct flood *flood, const char *key, struct flood_rate rate,
	int64_t now_ms)
{
	return take(flood, key, rate, now_ms, false);
}

static void name(const struct address *address, size_t v4_bytes, size_t v6_bytes,
	char out[FLOOD_KEY_MAX])
{
	const unsigned char *bytes = address->bytes + (address->is_v4 ? 12 : 0);
	size_t count = address->is_v4 ? v4_bytes : v6_bytes;
	char *at = out;

	*at++ = address->is_v4 ? '4' : '6';
	for (size_t i = 0; i < count; i++)
		at += snprintf(at, (size_t)(out + FLOOD_KEY_MAX - at), ".%02x", bytes[i]);
}

void flood_network(const struct sockaddr *from, char out[FLOOD_KEY_MAX])
{
	struct address address;

	*out = '\0';
	if (address_from_sockaddr(from, &address))
		name(&address, 3, 7, out);
}

void flood_client(const char *numeric, char out[FLOOD_KEY_MAX])
{
	struct address address;

	*out = '\0';
	if (numeric && address_from_text(numeric, &address))
		name(&address, 4, 8, out);
}
