/* test_hub_flood.c: limits per name, with a clock of our own. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/hub/flood.h"
#include "tests/unit/harness.h"

static const struct flood_rate one_a_second = {1000, 10};

TEST(a_burst_and_then_so_many_a_second)
{
	struct flood *flood = flood_create();

	for (int i = 0; i < 10; i++)
		CHECK_INT(flood_reserve(flood, "a", one_a_second, 5000), 0);
	CHECK_INT(flood_reserve(flood, "a", one_a_second, 5000), 1000);
	CHECK_INT(flood_reserve(flood, "a", one_a_second, 5000), 2000);
	CHECK_INT(flood_reserve(flood, "b", one_a_second, 5000), 0);
	/* both places that were reserved are counted */
	CHECK_INT(flood_reserve(flood, "a", one_a_second, 7000), 1000);
	CHECK_INT(flood_reserve(flood, "a", one_a_second, 100000), 0);
	flood_destroy(flood);
}

TEST(trying_takes_nothing_that_must_wait)
{
	struct flood *flood = flood_create();

	for (int i = 0; i < 10; i++)
		CHECK_INT(flood_try(flood, "a", one_a_second, 0), 0);
	for (int i = 0; i < 100; i++)
		CHECK_INT(flood_try(flood, "a", one_a_second, 0), 1000);
	CHECK_INT(flood_try(flood, "a", one_a_second, 1000), 0);
	CHECK_INT(flood_try(flood, "a", one_a_second, 1000), 1000);
	flood_destroy(flood);
}

TEST(no_limit)
{
	struct flood *flood = flood_create();

	for (int i = 0; i < 1000; i++)
		CHECK_INT(flood_reserve(flood, "a", (struct flood_rate){0, 0}, 0), 0);
	flood_destroy(flood);
}

TEST(many_names_are_forgotten_when_they_owe_nothing)
{
	struct flood *flood = flood_create();
	char key[32];

	for (int i = 0; i < 10; i++)
		flood_reserve(flood, "kept", (struct flood_rate){INT32_MAX, 1}, 0);
	for (int i = 0; i < 100000; i++) {
		snprintf(key, sizeof(key), "%d", i);
		CHECK_INT(flood_reserve(flood, key, one_a_second, i), 0);
	}
	CHECK(flood_try(flood, "kept", (struct flood_rate){INT32_MAX, 1}, 100000) > 0);
	flood_destroy(flood);
}

static void network(const char *text, char out[FLOOD_KEY_MAX])
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};

	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
		flood_network((const struct sockaddr *)&v4, out);
		return;
	}
	CHECK_INT(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
	flood_network((const struct sockaddr *)&v6, out);
}

static bool same_network(const char *a, const char *b)
{
	char one[FLOOD_KEY_MAX], two[FLOOD_KEY_MAX];

	network(a, one);
	network(b, two);
	CHECK(*one && *two);
	return strcmp(one, two) == 0;
}

TEST(networks)
{
	CHECK(same_network("192.0.2.1", "192.0.2.254"));
	CHECK(!same_network("192.0.2.1", "192.0.3.1"));
	CHECK(same_network("2001:db8:1:2::1", "2001:db8:1:ff::2"));
	CHECK(!same_network("2001:db8:1:2::1", "2001:db8:1:100::1"));
	CHECK(same_network("::ffff:192.0.2.1", "192.0.2.9"));
}

TEST(clients)
{
	char one[FLOOD_KEY_MAX], two[FLOOD_KEY_MAX];

	flood_client("192.0.2.1", one);
	flood_client("192.0.2.2", two);
	CHECK(strcmp(one, two) != 0);
	flood_client("2001:db8::1", one);
	flood_client("2001:db8::ffff:1", two);
	CHECK_STR(one, two);
	flood_client("2001:db8:0:1::1", two);
	CHECK(strcmp(one, two) != 0);
	flood_client(NULL, one);
	CHECK_STR(one, "");
	flood_client("unix", one);
	CHECK_STR(one, "");
}
