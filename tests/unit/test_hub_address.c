/* test_hub_address.c: special-purpose addresses in all the forms they come in. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

#include "daemon/hub/address.h"
#include "tests/unit/harness.h"

static const char *judge(const char *text, const struct address_policy *policy)
{
	struct sockaddr_storage any = {0};
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};

	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
		memcpy(&any, &v4, sizeof(v4));
	else if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1)
		memcpy(&any, &v6, sizeof(v6));
	else
		harness_fail(__FILE__, __LINE__, "no address: %s", text);
	return address_why_refused((const struct sockaddr *)&any, policy);
}

static const struct address_policy strict = {.deny_private = true};

TEST(refused)
{
	static const char *const cases[] = {"0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1",
		"100.127.255.255", "127.0.0.1", "127.255.255.255", "169.254.169.254",
		"172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1",
		"192.168.1.1", "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.9",
		"224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1",
		"::ffff:127.0.0.1", "::ffff:10.1.1.1", "::127.0.0.1", "64:ff9b::7f00:1",
		"64:ff9b::a00:1", "64:ff9b:1::1", "100::1", "2001::1", "2001:0:1:2::3",
		"2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::1",
		"2002:a00:1::", "2002:c0a8:101::1", "3fff::1", "5f00::1", "fc00::1", "fd12::1",
		"fe80::1", "fec0::1", "ff02::1", "4000::1", "::ffff:0:127.0.0.1"};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (!judge(cases[i], &strict))
			harness_fail(__FILE__, __LINE__, "allowed: %s", cases[i]);
}

TEST(allowed)
{
	static const char *const cases[] = {"1.1.1.1", "9.255.255.255", "11.0.0.0",
		"100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.1", "172.15.0.1",
		"172.32.0.1", "192.0.1.1", "192.167.1.1", "198.17.0.1", "198.20.0.1",
		"223.255.255.255", "::ffff:8.8.8.8", "64:ff9b::808:808", "2001:4860:4860::8888",
		"2002:808:808::1", "2606:4700::1111", "2400:cb00::1"};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		CHECK_STR(judge(cases[i], &strict), NULL);
}

TEST(allow_list)
{
	static const char *const allow[] = {"10.1.0.0/16", "127.0.0.1", "fd00:1::/32", "junk"};
	const struct address_policy policy = {true, allow, 4};

	CHECK_STR(judge("10.1.255.1", &policy), NULL);
	CHECK_STR(judge("::ffff:10.1.2.3", &policy), NULL);
	CHECK_STR(judge("127.0.0.1", &policy), NULL);
	CHECK_STR(judge("fd00:1::5", &policy), NULL);
	CHECK_STR(judge("10.2.0.1", &policy), "private");
	CHECK_STR(judge("127.0.0.2", &policy), "loopback");
	CHECK_STR(judge("fd00:2::5", &policy), "private");
}

TEST(open_policy_and_other_families)
{
	const struct address_policy open = {.deny_private = false};
	struct sockaddr_un local = {.sun_family = AF_UNIX};

	CHECK_STR(judge("127.0.0.1", &open), NULL);
	CHECK(address_why_refused((const struct sockaddr *)&local, &open));
}
