/* transfer_hosts.c: what the engine knows of its destinations, and the ring of those that
 * may start something. */
#include <stdlib.h>
#include <string.h>

#include "daemon/hub/transfer_internal.h"
#include "feeds/base/map.h"
#include "feeds/base/mem.h"

enum { HOSTS_KEPT = 20000 };       /* beyond it, idle hosts are forgotten */

struct host *hosts_find(struct transfer_engine *engine, const char *key)
{
	struct host *host = map_get(engine->hosts, key, strlen(key));

	if (host)
		return host;
	host = mem_alloc(sizeof(*host));
	host->key = mem_strdup(key);
	window_init(&host->window);
	host->usual_ms = -1;
	map_put(engine->hosts, host->key, strlen(key), host);
	return host;
}

static void host_destroy(struct host *host)
{
	free(host->key);
	free(host);
}

static bool is_forgettable(const struct host *host, int64_t now)
{
	const struct window *window = &host->window;

	return window->in_flight == 0 && host->slow == 0 && host->queued == 0 &&
		host->waiting == 0 &&
		!host->is_ready[RING_URGENT] && !host->is_ready[RING_REST] &&
		(!window_is_dead(window) || now > window->dead_until_ms);
}

void hosts_sweep(struct transfer_engine *engine, int64_t now)
{
	struct map *old = engine->hosts, *kept;
	struct map_entry entry;
	size_t cursor = 0;

	if (old->count < engine->sweep_at)
		return;
	kept = mem_alloc(sizeof(*kept));
	while (map_next(old, &cursor, &entry)) {
		struct host *host = entry.value;

		if (is_forgettable(host, now))
			host_destroy(host);
		else
			map_put(kept, host->key, strlen(host->key), host);
	}
	map_finish(old);
	free(old);
	engine->hosts = kept;
	engine->sweep_at = kept->count * 2 > HOSTS_KEPT ? kept->count * 2 : HOSTS_KEPT;
}

void hosts_make_ready(struct transfer_engine *engine, struct host *host)
{
	bool is_urgent = host->queued > host->queues[PRIORITY_REST].count;
	enum ring ring = is_urgent ? RING_URGENT : RING_REST;

	if (host->is_ready[ring])
		return;
	host->is_ready[ring] = true;
	host->next_ready[ring] = NULL;
	if (engine->ready_last[ring])
		engine->ready_last[ring]->next_ready[ring] = host;
	else
		engine->ready_first[ring] = host;
	engine->ready_last[ring] = host;
}

struct host *hosts_take_ready(struct transfer_engine *engine)
{
	enum ring ring = engine->ready_first[RING_URGENT] ? RING_URGENT : RING_REST;
	struct host *host = engine->ready_first[ring];

	if (!host)
		return NULL;
	engine->ready_first[ring] = host->next_ready[ring];
	if (!engine->ready_first[ring])
		engine->ready_last[ring] = NULL;
	host->is_ready[ring] = false;
	return host;
}

/* ---- for the operator ---- */

static bool is_worth_telling(const struct host *host)
{
	return host->window.in_flight || host->slow || host->queued || host->waiting ||
		host->window.failures || window_is_dead(&host->window);
}

struct transfer_host *transfer_engine_hosts(const struct transfer_engine *engine, size_t max,
	size_t *count_out)
{
	struct transfer_host *hosts = mem_alloc((max + 1) * sizeof(*hosts));
	int64_t now = loop_mono_ms(engine->loop);
	struct map_entry entry;
	size_t cursor = 0, count = 0;

	while (count < max && map_next(engine->hosts, &cursor, &entry)) {
		const struct host *host = entry.value;
		int64_t left = host->window.dead_until_ms - now;

		if (!is_worth_telling(host))
			continue;
		hosts[count++] = (struct transfer_host){
			.key = mem_strdup(host->key),
			.in_flight = host->window.in_flight,
			.slow = host->slow,
			.queued = host->queued + host->waiting,
			.window = host->window.cap_x16 / 16,
			.failures = host->window.failures,
			.probe_in_ms = !window_is_dead(&host->window) ? -1 :
				left > 0 ? left : 0,
		};
	}
	*count_out = count;
	return hosts;
}

void transfer_hosts_destroy(struct transfer_host *hosts, size_t count)
{
	for (size_t i = 0; hosts && i < count; i++)
		free(hosts[i].key);
	free(hosts);
}

/* ---- life ---- */

void hosts_init(struct transfer_engine *engine)
{
	engine->hosts = mem_alloc(sizeof(*engine->hosts));
	engine->sweep_at = HOSTS_KEPT;
}

void hosts_finish(struct transfer_engine *engine)
{
	struct map_entry entry;
	size_t cursor = 0;

	while (map_next(engine->hosts, &cursor, &entry))
		host_destroy(entry.value);
	map_finish(engine->hosts);
	free(engine->hosts);
}
