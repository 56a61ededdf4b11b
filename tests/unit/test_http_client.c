/* test_http_client.c: who asks, through proxies that are trusted and others. */
#include "daemon/http/client.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "daemon/http/parse.h"
#include "daemon/net/cidr.h"
#include "tests/unit/harness.h"

static const char *const trusted[] = {"127.0.0.0/8", "10.0.0.0/8", "2001:db8:f::/48"};

/* Who asks by FIELDS on a connection from PEER ("" = a local socket); "-" = nobody knows. */
static const char *find(const char *peer, const char *fields)
{
	static char text[INET6_ADDRSTRLEN];
	struct address from = {.is_v4 = false}, client;
	struct http_head head;
	char request[1024];
	int len = snprintf(request, sizeof(request), "GET / HTTP/1.1\r\nHost: a\r\n%s\r\n", fields);

	CHECK(!*peer || address_from_text(peer, &from));
	CHECK_INT(http_parse_head(request, (size_t)len, &head), 0);
	if (!client_find(&from, !*peer, &head, trusted, 3, &client))
		return "-";
	inet_ntop(client.is_v4 ? AF_INET : AF_INET6, client.bytes + (client.is_v4 ? 12 : 0), text,
		sizeof(text));
	return text;
}

TEST(only_trusted_proxies_are_believed)
{
	CHECK_STR(find("192.0.2.1", ""), "192.0.2.1");
	CHECK_STR(find("192.0.2.1", "X-Forwarded-For: 192.0.2.7\r\n"), "192.0.2.1");
	CHECK_STR(find("127.0.0.1", ""), "127.0.0.1");
	CHECK_STR(find("127.0.0.1", "X-Forwarded-For: 192.0.2.7\r\n"), "192.0.2.7");
	CHECK_STR(find("2001:db8:f::1", "X-Forwarded-For: 2001:db8::7\r\n"), "2001:db8::7");
	CHECK_STR(find("2001:db8:e::1", "X-Forwarded-For: 2001:db8::7\r\n"), "2001:db8:e::1");
}

TEST(the_rightmost_that_is_not_trusted)
{
	CHECK_STR(find("127.0.0.1", "X-Forwarded-For: 198.51.100.1, 192.0.2.7, 10.1.2.3\r\n"),
		"192.0.2.7");
	CHECK_STR(find("127.0.0.1", "X-Forwarded-For: 10.0.0.1, 10.1.2.3\r\n"), "10.0.0.1");
	/* what follows something that cannot be read could be anybody's */
	CHECK_STR(find("127.0.0.1", "X-Forwarded-For: 192.0.2.7, unknown, 10.1.2.3\r\n"),
		"10.1.2.3");
	CHECK_STR(find("127.0.0.1", "X-Forwarded-For: 192.0.2.7,\r\n"), "127.0.0.1");
}

TEST(a_list_in_several_lines)
{
	CHECK_STR(find("127.0.0.1", "X-Forwarded-For: 198.51.100.1\r\n"
		"X-Forwarded-For: 192.0.2.7\r\n"), "192.0.2.7");
	CHECK_STR(find("127.0.0.1", "X-Forwarded-For: 192.0.2.7\r\nX: y\r\n"
		"X-Forwarded-For: 10.1.1.1\r\n"
		"X-Forwarded-For: 10.1.1.2, 10.1.1.3\r\n"), "192.0.2.7");
}

TEST(notations)
{
	CHECK_STR(find("127.0.0.1", "X-Forwarded-For: 192.0.2.7:4711\r\n"), "192.0.2.7");
	CHECK_STR(find("127.0.0.1", "X-Forwarded-For: [2001:db8::7]:4711\r\n"), "2001:db8::7");
	CHECK_STR(find("127.0.0.1", "X-Forwarded-For: ::ffff:192.0.2.7\r\n"), "192.0.2.7");
	CHECK_STR(find("127.0.0.1", "Forwarded: for=192.0.2.7\r\n"), "192.0.2.7");
	CHECK_STR(find("127.0.0.1", "Forwarded: proto=http;For=\"[2001:db8::7]:80\";"
		"by=10.0.0.1\r\n"), "2001:db8::7");
	CHECK_STR(find("127.0.0.1", "Forwarded: for=192.0.2.7, for=10.0.0.9;proto=https\r\n"),
		"192.0.2.7");
	CHECK_STR(find("127.0.0.1", "Forwarded: for=_hidden\r\n"), "127.0.0.1");
	CHECK_STR(find("127.0.0.1", "Forwarded: for=192.0.2.8\r\nX-Forwarded-For: 192.0.2.7\r\n"),
		"192.0.2.7");
}

TEST(a_local_socket_is_a_proxy)
{
	CHECK_STR(find("", ""), "-");
	CHECK_STR(find("", "X-Forwarded-For: 192.0.2.7\r\n"), "192.0.2.7");
	CHECK_STR(find("", "X-Forwarded-For: 198.51.100.1, 192.0.2.7, 127.0.0.1\r\n"), "192.0.2.7");
}
