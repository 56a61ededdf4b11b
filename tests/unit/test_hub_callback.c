/* test_hub_callback.c: which callbacks are taken, their host key, added parameters. */
#include <string.h>

#include "daemon/hub/callback.h"
#include "feeds/base/buf.h"
#include "tests/unit/harness.h"

static const int ports[] = {80, 443, 8080};

static const char *why;

static const char *check(const char *url, size_t port_count)
{
	static struct buf key;

	buf_clear(&key);
	return callback_check(url, ports, port_count, &key, &why) ? buf_text(&key) : NULL;
}

TEST(host_keys)
{
	CHECK_STR(check("http://Sub.Example/cb?x=1", 3), "http://sub.example:80");
	CHECK_STR(check("HTTPS://sub.example", 3), "https://sub.example:443");
	CHECK_STR(check("https://sub.example:8080/a@b", 3), "https://sub.example:8080");
	CHECK_STR(check("http://sub.example?a:b", 3), "http://sub.example:80");
	CHECK_STR(check("http://[2001:DB8::1]:8080/", 3), "http://[2001:db8::1]:8080");
	CHECK_STR(check("http://127.0.0.1:1/", 0), "http://127.0.0.1:1");
}

TEST(refusals)
{
	static const struct {
		const char *url, *word;
	} cases[] = {
		{"ftp://a/", "http"},
		{"//a/", "http"},
		{"http://a/#x", "fragment"},
		{"http://a/b#", "fragment"},
		{"http://u@a/", "user name"},
		{"http://u:p@a/", "user name"},
		{"http://a\\@b/", "percent-encoded"},
		{"http://a/ b", "percent-encoded"},
		{"http://a/\r\nX: y", "percent-encoded"},
		{"http://a/\xe6\x96\xb0", "percent-encoded"},
		{"http://", "host"},
		{"http:///x", "host"},
		{"http://:80/", "host"},
		{"http://a%41/", "host"},
		{"http://[::1/", "host"},
		{"http://[]/", "host"},
		{"http://a:81/", "port"},
		{"http://a:/", "port"},
		{"http://a:0/", "port"},
		{"http://a:65536/", "port"},
		{"http://a:8080x/", "port"},
		{"http://a:99999999999/", "port"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		if (check(cases[i].url, 3))
			harness_fail(__FILE__, __LINE__, "accepted: %s", cases[i].url);
		if (!strstr(why, cases[i].word))
			harness_fail(__FILE__, __LINE__, "%s: %s", cases[i].url, why);
	}
}

static const char *added(const char *url, const char *value)
{
	static struct buf out;

	buf_clear(&out);
	buf_add_str(&out, url);
	callback_add_parameter(&out, "hub.mode", "subscribe");
	callback_add_parameter(&out, "hub.topic", value);
	return buf_text(&out);
}

TEST(parameters)
{
	CHECK_STR(added("http://a/b", "http://t/?x=1&y=\xe6"),
		"http://a/b?hub.mode=subscribe&hub.topic=http%3A%2F%2Ft%2F%3Fx%3D1%26y%3D%E6");
	CHECK_STR(added("http://a/b?", "a-._~Z"), "http://a/b?hub.mode=subscribe&hub.topic=a-._~Z");
	CHECK_STR(added("http://a/b?hub.mode=mine&c=%7e+%", "t"),
		"http://a/b?hub.mode=mine&c=%7e+%&hub.mode=subscribe&hub.topic=t");
}
