/* test_histogram.c */
#include "daemon/loop/histogram.h"
#include "tests/unit/harness.h"

TEST(values_go_to_the_bucket_that_holds_them)
{
	struct histogram h = {0};

	CHECK(histogram_quantile(&h, .5) == 0);
	histogram_add(&h, 0.0005);  /* a bound belongs to its own bucket */
	histogram_add(&h, 0.00051);
	histogram_add(&h, -3);
	histogram_add(&h, 1e9);
	CHECK_INT(h.buckets[0], 2);
	CHECK_INT(h.buckets[1], 1);
	CHECK_INT(h.count, 4);
	for (int i = 2; i < HISTOGRAM_BOUNDS; i++)
		CHECK_INT(h.buckets[i], 0);
	CHECK(h.sum > 1e9);
}

TEST(a_quantile_is_a_bound)
{
	struct histogram h = {0};

	for (int i = 0; i < 99; i++)
		histogram_add(&h, 0.004);
	histogram_add(&h, 3);
	CHECK(histogram_quantile(&h, .5) == 0.005);
	CHECK(histogram_quantile(&h, .99) == 0.005);
	CHECK(histogram_quantile(&h, 1) == 5);
	histogram_add(&h, 100);
	CHECK(histogram_quantile(&h, 1) == 60);
}
