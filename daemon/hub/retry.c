/* retry.c: see retry.h. */
#include "daemon/hub/retry.h"

static const int64_t retry_after_limit_ms = INT64_C(24) * 3600 * 1000;

int64_t retry_delay_ms(const struct retry_policy *policy, int attempts, int64_t age_ms,
	int64_t retry_after_ms, uint32_t random)
{
	int64_t delay = policy->first_ms;

	for (int i = 1; i < attempts && delay < policy->max_ms; i++)
		delay *= 2;
	if (delay > policy->max_ms)
		delay = policy->max_ms;
	delay -= (int64_t)((double)delay / 4 * random / UINT32_MAX);
	if (retry_after_ms > retry_after_limit_ms)
		retry_after_ms = retry_after_limit_ms;
	if (delay < retry_after_ms)
		delay = retry_after_ms;
	return age_ms + delay > policy->give_up_ms ? -1 : delay;
}

int64_t retry_untried_ms(const struct retry_policy *policy, int64_t age_ms, int64_t probe_ms,
	uint32_t random)
{
	int64_t spread = probe_ms < policy->first_ms ? policy->first_ms : probe_ms;
	int64_t delay = probe_ms < 0 ? 0 : probe_ms;

	delay += (int64_t)((double)spread * random / UINT32_MAX);
	return age_ms + delay > policy->give_up_ms ? -1 : delay;
}
