/* test_http_limiter.c: a simulated clock. */
#include "daemon/http/limiter.h"

#include "daemon/net/cidr.h"
#include "tests/unit/harness.h"

static struct address address(const char *text)
{
	struct address out;

	CHECK(address_from_text(text, &out));
	return out;
}

TEST(a_burst_and_then_the_rate)
{
	struct limiter *limiter = limiter_create();
	struct address a = address("192.0.2.1"), b = address("192.0.2.2");
	int allowed = 0, wait_s = 0;

	for (int i = 0; i < 1000; i++)
		allowed += limiter_allow(limiter, &a, 10, 5000, &wait_s);
	CHECK_INT(allowed, 10 * LIMITER_BURST_S);
	CHECK_INT(wait_s, 1);
	CHECK(limiter_allow(limiter, &b, 10, 5000, &wait_s));
	for (int ms = 5000; ms < 15000; ms++)
		allowed += limiter_allow(limiter, &a, 10, ms, &wait_s);
	CHECK(allowed >= 149 && allowed <= 150);
	CHECK(limiter_allow(limiter, &a, 0, 15000, &wait_s));
	limiter_destroy(limiter);
}

TEST(one_v6_network_is_one_client)
{
	struct limiter *limiter = limiter_create();
	struct address a = address("2001:db8::1"), b = address("2001:db8::2"),
		       other = address("2001:db8:0:1::1");
	int wait_s;

	while (limiter_allow(limiter, &a, 1, 1000, &wait_s))
		;
	CHECK(!limiter_allow(limiter, &b, 1, 1000, &wait_s));
	CHECK(limiter_allow(limiter, &other, 1, 1000, &wait_s));
	limiter_destroy(limiter);
}
