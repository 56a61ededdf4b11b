/*
 * hub_clock.c: a wall clock that is set while the hub runs. Leases are wall time, and so are
 * the times in the store, because they must outlive the process. When the clock jumps
 * against the monotonic one, what waits is moved along: nothing waits for a day that was
 * there already, and nothing is given up because of a day that never was. For some time
 * no lease is ended: the clock may be set right again.
 */
#include <stdlib.h>

#include "daemon/control/log.h"
#include "daemon/hub/hub_internal.h"

enum {
	JUMP_MS = 60 * 1000,       /* less is drift, or a correction that does no harm */
	DISTRUST_MS = 3600 * 1000,
};

void clock_check(struct hub *hub, int64_t wall_ms, int64_t mono_ms)
{
	int64_t offset = wall_ms - mono_ms, jump = offset - hub->clock_offset;

	if (hub->has_clock_offset && llabs(jump) > JUMP_MS) {
		log_warn("hub: the clock was set seconds=%lld", (long long)(jump / 1000));
		store_clock_set(hub->store, jump);
		hub->distrust_until = mono_ms + DISTRUST_MS;
		hub->tasks_due = hub->intents_due = true;
		hub_arm(hub);
	}
	hub->clock_offset = offset;
	hub->has_clock_offset = true;
}

bool hub_trusts_clock(const struct hub *hub)
{
	return hub_mono_ms(hub) >= hub->distrust_until;
}
