/* test_hub_request.c: the form of WebSub 5.1, decoding, limits. */
#include <stdlib.h>
#include <string.h>

#include "daemon/hub/request.h"
#include "feeds/base/arena.h"
#include "feeds/base/buf.h"
#include "tests/unit/harness.h"

static const char form_type[] = "application/x-www-form-urlencoded";

static struct arena *arena;

static int parse(const char *type, const char *body, struct request *out, const char **why)
{
	int status = 0;

	if (!arena)
		arena = arena_create();
	return request_parse(arena, type, body, strlen(body), out, &status, why) ? 0 : status;
}

static int parse_form(const char *body, struct request *out)
{
	const char *why;

	return parse(form_type, body, out, &why);
}

#define BASE "hub.mode=subscribe&hub.topic=http%3A%2F%2Fa%2Ff&hub.callback=http%3A%2F%2Fb%2Fc"

TEST(decodes)
{
	char out[64];

	CHECK_INT(request_decode("a+b%20c%2", 9, out), 7);
	CHECK_STR(out, "a b c%2");
	CHECK_INT(request_decode("%zz%", 4, out), 4);
	CHECK_STR(out, "%zz%");
	CHECK_INT(request_decode("%e4%BD%a0", 9, out), 3);
	CHECK_STR(out, "\xe4\xbd\xa0");
}

TEST(reads_a_subscription)
{
	struct request request;

	CHECK_INT(parse_form(BASE "&hub.lease_seconds=86400&hub.secret=s%00t&foo=bar&"
		"hub.verify_token=x+y&hub.signature_algorithm=sha512&hub.payload=changes&&=",
		&request), 0);
	CHECK_INT(request.kind, REQUEST_SUBSCRIBE);
	CHECK_STR(request.topic, "http://a/f");
	CHECK_STR(request.callback, "http://b/c");
	CHECK_INT(request.lease_s, 86400);
	CHECK_INT(request.secret_len, 3);
	CHECK(memcmp(request.secret, "s\0t", 3) == 0);
	CHECK_STR(request.verify_token, "x y");
	CHECK_INT(request.method, SIGN_SHA512);
	CHECK(request.wants_changes);
	arena_destroy(arena);
}

TEST(defaults)
{
	struct request request;

	CHECK_INT(parse("Application/X-WWW-Form-urlencoded; charset=utf-8", BASE "&hub.secret=",
		&request, &(const char *){NULL}), 0);
	CHECK_INT(request.lease_s, 0);
	CHECK(!request.secret);
	CHECK_INT(request.method, SIGN_SHA256);
	CHECK(!request.verify_token);
	CHECK(!request.wants_changes);
	CHECK_INT(parse_form("hub.mode=UNSUBSCRIBE&hub.lease_seconds=junk&hub.topic=t&"
		"hub.callback=c", &request), 0);
	CHECK_INT(request.kind, REQUEST_UNSUBSCRIBE);
	arena_destroy(arena);
}

TEST(leases)
{
	struct request request;

	CHECK_INT(parse_form(BASE "&hub.lease_seconds=9223372036854775807", &request), 0);
	CHECK(request.lease_s == INT64_MAX);
	CHECK_INT(parse_form(BASE "&hub.lease_seconds=99999999999999999999999999", &request), 0);
	CHECK(request.lease_s == INT64_MAX);
	CHECK_INT(parse_form(BASE "&hub.lease_seconds=-1", &request), 400);
	CHECK_INT(parse_form(BASE "&hub.lease_seconds=1e9", &request), 400);
	CHECK_INT(parse_form(BASE "&hub.lease_seconds=99999999999999999999x", &request), 400);
	arena_destroy(arena);
}

TEST(secret_is_below_200_bytes)
{
	struct request request;
	struct buf body = {0};

	buf_add_str(&body, BASE "&hub.secret=");
	for (int i = 0; i < 199; i++)
		buf_add_str(&body, "%C3");
	CHECK_INT(parse_form(buf_text(&body), &request), 0);
	CHECK_INT(request.secret_len, 199);
	buf_add_char(&body, 'x');
	CHECK_INT(parse_form(buf_text(&body), &request), 400);
	buf_finish(&body);
	arena_destroy(arena);
}

TEST(refusals)
{
	static const struct {
		const char *type, *body;
		int status;
		const char *word;
	} cases[] = {
		{NULL, BASE, 415, "urlencoded"},
		{"application/json", "{}", 415, "urlencoded"},
		{"application/x-www-form-urlencodedx", BASE, 415, "urlencoded"},
		{form_type, "", 400, "hub.mode"},
		{form_type, "hub.mode=dance", 400, "hub.mode"},
		{form_type, "hub.mode=subscribe&hub.callback=x", 400, "hub.topic"},
		{form_type, "hub.mode=subscribe&hub.topic=x", 400, "hub.callback"},
		{form_type, "hub.mode=subscribe&hub.topic=&hub.callback=x", 400, "hub.topic"},
		{form_type, "hub.mode=subscribe&hub.topic=x%00y&hub.callback=x", 400, "NUL"},
		{form_type, BASE "&hub.signature_algorithm=md5", 400, "sha256"},
		{form_type, "hub.mode=publish", 400, "hub.url"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct request request;
		const char *why = "";

		CHECK_INT(parse(cases[i].type, cases[i].body, &request, &why), cases[i].status);
		CHECK(strstr(why, cases[i].word));
	}
	arena_destroy(arena);
}

TEST(pings)
{
	struct request request;

	CHECK_INT(parse_form("hub.mode=publish&hub.url=http://a/1&hub.url[]=http://a/2,3&"
		"hub.topic=http://a/4,https://a/5", &request), 0);
	CHECK_INT(request.kind, REQUEST_PUBLISH);
	CHECK_INT(request.ping_count, 4);
	CHECK_STR(request.pings[0], "http://a/1");
	CHECK_STR(request.pings[1], "http://a/2,3");
	CHECK_STR(request.pings[2], "http://a/4");
	CHECK_STR(request.pings[3], "https://a/5");
	/* once an endless loop */
	CHECK_INT(parse_form("hub.mode=publish&hub.url=,&hub.url=,,http://a/1,", &request), 0);
	CHECK_INT(request.ping_count, 3);
	CHECK_STR(request.pings[0], ",");
	CHECK_STR(request.pings[1], ",");
	CHECK_STR(request.pings[2], "http://a/1,");
	arena_destroy(arena);
}
