/* test_http_limiter.c: a simulated clock. */
#include "daemon/http/limiter.h"

#include <pthread.h>

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

TEST(what_is_returned_does_not_count)
{
	struct limiter *limiter = limiter_create();
	struct address a = address("192.0.2.1"), unknown = address("192.0.2.3");
	int allowed = 0, wait_s;

	for (int i = 0; i < 1000; i++) {
		CHECK(limiter_allow(limiter, &a, 10, 1000, &wait_s));
		limiter_return(limiter, &a, 10);
	}
	limiter_return(limiter, &unknown, 10);
	for (int i = 0; i < 1000; i++)
		allowed += limiter_allow(limiter, &a, 10, 1000, &wait_s);
	CHECK_INT(allowed, 10 * LIMITER_BURST_S);
	limiter_destroy(limiter);
}

struct asker {
	pthread_t thread;
	struct limiter *limiter;
	int allowed;
};

static void *ask(void *argument)
{
	struct asker *asker = argument;
	struct address a = address("192.0.2.1");
	int wait_s;

	for (int i = 0; i < 200000; i++)
		asker->allowed += limiter_allow(asker->limiter, &a, 1000, 1000, &wait_s);
	return NULL;
}

/* Each worker asks on its own thread: together they get what one would. */
TEST(one_budget_for_all_threads)
{
	struct asker askers[4] = {{.limiter = limiter_create()}};
	struct address first = address("192.0.2.1");
	int allowed = 1, wait_s;

	CHECK(limiter_allow(askers[0].limiter, &first, 1000, 1000, &wait_s));
	for (int i = 0; i < 4; i++) {
		askers[i].limiter = askers[0].limiter;
		CHECK_INT(pthread_create(&askers[i].thread, NULL, ask, &askers[i]), 0);
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(askers[i].thread, NULL);
		allowed += askers[i].allowed;
	}
	CHECK_INT(allowed, 1000 * LIMITER_BURST_S);
	limiter_destroy(askers[0].limiter);
}
