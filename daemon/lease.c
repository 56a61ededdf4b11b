/* lease.c: see lease.h. */
#include "daemon/lease.h"

/* Four questions in a lease: three may fail before it is lost. */
static int64_t interval_of(const struct lease *lease)
{
	return lease->ttl_ms / 4;
}

/* How much earlier than the engine the holder takes its lease to end: two clocks that run
 * apart by a tenth of a second in a second would still be safe. */
static int64_t margin_of(const struct lease *lease)
{
	return lease->ttl_ms / 8;
}

void lease_init(struct lease *lease, int64_t ttl_ms, int64_t now_ms)
{
	*lease = (struct lease){.ttl_ms = ttl_ms, .ask_at_ms = now_ms};
}

static int64_t sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

enum lease_do lease_step(struct lease *lease, int64_t now_ms, int64_t *wake_at)
{
	if (lease->is_held && now_ms >= lease->until_ms) {
		lease->is_held = false;
		*wake_at = now_ms;
		return LEASE_LET_GO;
	}
	if (!lease->is_asking && now_ms >= lease->ask_at_ms) {
		lease->is_asking = true;
		lease->asked_ms = now_ms;
		*wake_at = lease->is_held ? lease->until_ms : INT64_MAX;
		return LEASE_ASK;
	}
	*wake_at = lease->is_asking ? INT64_MAX : lease->ask_at_ms;
	if (lease->is_held)
		*wake_at = sooner(*wake_at, lease->until_ms);
	return LEASE_WAIT;
}

static enum lease_news let_go(struct lease *lease, int64_t ask_at_ms)
{
	bool was_held = lease->is_held;

	lease->is_held = false;
	lease->ask_at_ms = ask_at_ms;
	return was_held ? LEASE_GONE : LEASE_AS_BEFORE;
}

enum lease_news lease_answer(struct lease *lease, int64_t now_ms, enum lease_said said,
	int64_t epoch)
{
	int64_t until_ms = lease->asked_ms + lease->ttl_ms - margin_of(lease);
	bool was_held = lease->is_held;

	lease->is_asking = false;
	switch (said) {
	case LEASE_SAID_NOTHING:
		/* what is held runs out when it runs out */
		lease->ask_at_ms = now_ms + margin_of(lease);
		return LEASE_AS_BEFORE;
	case LEASE_SAID_NO:
		return let_go(lease, now_ms + interval_of(lease));
	case LEASE_SAID_YES:
		break;
	}
	/* too old to be relied on, or another had it in between, whose work is not known here */
	if (now_ms >= until_ms || (was_held && epoch != lease->epoch))
		return let_go(lease, now_ms);
	lease->is_held = true;
	lease->epoch = epoch;
	lease->until_ms = until_ms;
	lease->ask_at_ms = lease->asked_ms + interval_of(lease);
	return was_held ? LEASE_AS_BEFORE : LEASE_GAINED;
}

void lease_lose(struct lease *lease, int64_t now_ms)
{
	let_go(lease, now_ms + interval_of(lease));
}
