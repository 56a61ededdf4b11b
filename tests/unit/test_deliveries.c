/* test_deliveries.c: the log of deliveries: order, bounds, reasons. */
#include "daemon/hub/deliveries.h"

#include <stdio.h>

#include "tests/unit/harness.h"

static void add(struct deliveries *log, int64_t sub, int64_t at, enum delivery_outcome outcome,
	const char *why)
{
	deliveries_add(log, &(struct delivery){.sub_id = sub, .at_ms = at, .outcome = outcome,
		.why = why, .status = outcome == DELIVERY_OK ? 204 : 0, .attempt = 1});
}

TEST(newest_first_and_both_kinds_in_order)
{
	struct deliveries *log = deliveries_create(8);
	struct delivery got[8];

	CHECK_INT(deliveries_get(log, 0, got, 8), 0);
	add(log, 1, 10, DELIVERY_OK, NULL);
	add(log, 2, 20, DELIVERY_FAILED, "timed out");
	add(log, 1, 30, DELIVERY_FAILED, "HTTP status 503");
	add(log, 1, 40, DELIVERY_OK, "");
	CHECK_INT(deliveries_get(log, 0, got, 8), 4);
	for (int i = 0; i < 4; i++)
		CHECK_INT(got[i].at_ms, 40 - 10 * i);
	CHECK_INT(deliveries_get(log, 1, got, 8), 3);
	CHECK_INT(got[0].status, 204);
	CHECK_STR(got[0].why, "");
	CHECK_STR(got[1].why, "HTTP status 503");
	CHECK_INT(got[2].at_ms, 10);
	CHECK_INT(deliveries_get(log, 1, got, 2), 2);
	CHECK_INT(got[1].at_ms, 30);
	CHECK_INT(deliveries_get(log, 3, got, 8), 0);
	deliveries_destroy(log);
	deliveries_destroy(NULL);
}

TEST(successes_do_not_push_out_failures)
{
	struct deliveries *log = deliveries_create(4);
	struct delivery got[16];

	add(log, 7, 1, DELIVERY_GIVEN_UP, "timed out");
	for (int i = 0; i < 1000; i++)
		add(log, 100 + i, 2 + i, DELIVERY_OK, NULL);
	CHECK_INT(deliveries_get(log, 0, got, 16), 5);
	CHECK_INT(got[0].sub_id, 1099);
	CHECK_INT(got[3].sub_id, 1096);
	CHECK_INT(got[4].sub_id, 7);
	CHECK_STR(delivery_outcome_name(got[4].outcome), "given up");
	for (int i = 0; i < 5; i++)
		add(log, 8, 2000 + i, DELIVERY_FAILED, "timed out");
	CHECK_INT(deliveries_get(log, 7, got, 16), 0);
	CHECK_INT(deliveries_get(log, 8, got, 16), 4);
	deliveries_destroy(log);
}

TEST(reasons_are_copied_and_bounded)
{
	struct deliveries *log = deliveries_create(4);
	struct delivery got[4];
	char why[32];

	for (int i = 0; i < 1200; i++) {
		snprintf(why, sizeof(why), "reason %d", i % 1100);
		add(log, 1, i, DELIVERY_FAILED, why);
	}
	CHECK_INT(deliveries_get(log, 1, got, 4), 4);
	CHECK_STR(got[0].why, "reason 99");
	add(log, 1, 5000, DELIVERY_FAILED, "reason 1099");
	CHECK_INT(deliveries_get(log, 1, got, 1), 1);
	CHECK_STR(got[0].why, "another error");
	deliveries_destroy(log);
}
