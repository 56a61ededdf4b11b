/* test_hub_retry.c: the back-off. */
#include "daemon/hub/retry.h"
#include "tests/unit/harness.h"

static const struct retry_policy policy = {10000, 3600000, 86400000};

TEST(doubles_up_to_the_limit)
{
	CHECK_INT(retry_delay_ms(&policy, 1, 0, -1, 0), 10000);
	CHECK_INT(retry_delay_ms(&policy, 2, 0, -1, 0), 20000);
	CHECK_INT(retry_delay_ms(&policy, 9, 0, -1, 0), 2560000);
	CHECK_INT(retry_delay_ms(&policy, 10, 0, -1, 0), 3600000);
	CHECK_INT(retry_delay_ms(&policy, 2000000000, 0, -1, 0), 3600000);
}

TEST(jitter_takes_up_to_a_quarter)
{
	CHECK_INT(retry_delay_ms(&policy, 1, 0, -1, UINT32_MAX), 7500);
	CHECK_INT(retry_delay_ms(&policy, 1, 0, -1, UINT32_MAX / 2), 8751);
}

TEST(retry_after_is_heeded_up_to_a_day)
{
	const struct retry_policy patient = {10000, 3600000, INT64_C(10) * 86400000};

	CHECK_INT(retry_delay_ms(&policy, 1, 0, 120000, 0), 120000);
	CHECK_INT(retry_delay_ms(&policy, 5, 0, 1000, 0), 160000);
	CHECK_INT(retry_delay_ms(&patient, 1, 0, INT64_MAX, 0), 86400000);
}

TEST(untried_ones_come_back_behind_the_probe)
{
	CHECK_INT(retry_untried_ms(&policy, 0, 600000, 0), 600000);
	CHECK_INT(retry_untried_ms(&policy, 0, 600000, UINT32_MAX), 1200000);
	CHECK_INT(retry_untried_ms(&policy, 0, 1000, UINT32_MAX), 11000);
	CHECK_INT(retry_untried_ms(&policy, 0, -1, 0), 0);
	CHECK_INT(retry_untried_ms(&policy, 0, -1, UINT32_MAX), 10000);
	CHECK_INT(retry_untried_ms(&policy, 86000000, 600000, 0), -1);
}

TEST(gives_up)
{
	int64_t age = 0;
	int attempts = 1;

	CHECK_INT(retry_delay_ms(&policy, 40, 86400000, -1, 0), -1);
	for (;; attempts++) {
		int64_t delay = retry_delay_ms(&policy, attempts, age, -1, 0);

		if (delay < 0)
			break;
		age += delay;
	}
	CHECK(age > 82800000 && age <= 86400000);
	CHECK_INT(attempts, 32);
}
