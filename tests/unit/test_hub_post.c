/* test_hub_post.c: requests to the endpoint, from the POST to the subscription. */
#include <string.h>

#include "tests/unit/hub_stage.h"

TEST(subscribe_verify_deliver)
{
	struct hub_counts counts;

	stage_begin();
	publish("<old/>");
	settle();
	CHECK_INT(subscribe("http://s.example/ok?a=%2526b&hub.secret=s3&hub.verify_token=t+1&"
		"hub.lease_seconds=60"), 202);
	CHECK_INT(stage.count, 1);
	CHECK(strncmp(stage.sent[0].url, "http://s.example/ok?a=%26b&hub.mode=subscribe&"
		"hub.topic=http%3A%2F%2Fnews.example%2Ffeed.atom&hub.challenge=", 107) == 0);
	CHECK(strstr(stage.sent[0].url, "&hub.lease_seconds=86400&hub.verify_token=t%201"));
	CHECK_INT(strlen(stage.sent[0].expect), 43);
	CHECK_INT(strspn(stage.sent[0].expect, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"abcdefghijklmnopqrstuvwxyz0123456789-_"), 43);
	CHECK(strstr(stage.sent[0].url, stage.sent[0].expect));
	check_counts(1, 0, 0, 0);
	forget_sent();
	publish("<new/>");
	settle();
	CHECK_INT(stage.count, 1);
	CHECK_STR(stage.sent[0].url, "http://s.example/ok?a=%26b");
	CHECK_STR(stage.sent[0].body, "<new/>");
	CHECK_STR(stage.sent[0].type, "Content-Type: application/atom+xml; charset=utf-8");
	CHECK_STR(stage.sent[0].link, "Link: <http://news.example/hub>; rel=\"hub\", "
		"<http://news.example/feed.atom>; rel=\"self\"");
	CHECK_STR(stage.sent[0].secret, "s3");
	check_counts(1, 0, 0, 0);
	hub_get_counts(stage.hub, &counts);
	CHECK_INT(counts.delivered, 1);
	CHECK_INT(counts.verified, 1);
	CHECK_INT(counts.in_flight, 0);
	stage_end();
}

TEST(requests_that_are_refused)
{
	static const struct {
		const char *body;
		int status;
		const char *word;
	} cases[] = {
		{"", 400, "hub.mode"},
		{"hub.mode=subscribe&hub.topic=http://news.example/nope"
		 "&hub.callback=http://s/", 404,
			"You may only subscribe to URL http://news.example/feed.atom\n"},
		{"hub.mode=subscribe&hub.topic=http://other/feed.atom&hub.callback=http://s/", 404,
			"You may only subscribe to URL http://news.example/feed.atom\n"},
		{SUBSCRIBE "ftp://s/", 400, "http or https"},
		{SUBSCRIBE "http://u:p@s/", 400, "user name"},
		{SUBSCRIBE "http://s/%23x", 400, "fragment"},
		{"hub.mode=publish&hub.url=http://other/feed.atom", 404, "own publisher"},
	};

	stage_begin();
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		CHECK_INT(post(cases[i].body), cases[i].status);
		CHECK(strstr(stage.text, cases[i].word));
	}
	CHECK_INT(stage.count, 0);
	check_counts(0, 0, 0, 0);
	stage_end();
}

TEST(callback_ports)
{
	static const int ports[] = {80, 443};
	struct hub_policy policy = usual_policy();

	stage_begin();
	policy.ports = ports;
	policy.port_count = 2;
	hub_set_policy(stage.hub, &policy);
	CHECK_INT(subscribe("http://s:81/"), 400);
	CHECK_INT(subscribe("https://s/"), 202);
	stage_end();
}

TEST(publish_pings)
{
	stage_begin();
	CHECK_INT(post("hub.mode=publish&hub.url=http://x/"
			"&hub.topic=https://News.Example/feed.rss"),
		204);
	CHECK_STR(stage.text, "");
	stage_end();
}

TEST(aliases_are_echoed_as_asked)
{
	stage_begin();
	CHECK_INT(post("hub.mode=subscribe&hub.topic=https://news.example/feed.atom/&"
		"hub.callback=http://s/ok"), 202);
	CHECK(strstr(stage.sent[0].url,
		"&hub.topic=https%3A%2F%2Fnews.example%2Ffeed.atom%2F&"));
	publish("<a/>");
	settle();
	CHECK_INT(got("http://s/ok", "<a/>"), 1);
	CHECK(strstr(stage.sent[1].link, "<http://news.example/feed.atom>; rel=\"self\""));
	stage_end();
}

TEST(aliases_are_subscriptions_of_their_own)
{
	stage_begin();
	subscribe("http://s/ok");
	CHECK_INT(post("hub.mode=subscribe&hub.topic=https://news.example/feed.atom&"
		"hub.callback=http://s/ok"), 202);
	check_counts(2, 0, 0, 0);
	CHECK_INT(post("hub.mode=unsubscribe&hub.topic=https://news.example/feed.atom&"
		"hub.callback=http://s/ok"), 202);
	check_counts(1, 0, 0, 0);
	publish("<a/>");
	settle();
	CHECK_INT(got("http://s/ok", "<a/>"), 1);
	stage_end();
}

TEST(signature_by_request_or_by_host)
{
	static const char *const old[] = {"sha1.example", "*.old.example"};
	static const struct {
		const char *callback;
		enum sign_method method;
	} cases[] = {
		{"http://new.example/", SIGN_SHA256},
		{"http://Sha1.example/", SIGN_SHA1},
		{"https://a.b.old.example:8443/", SIGN_SHA1},
		{"http://old.example/", SIGN_SHA256},
		{"http://notold.example/", SIGN_SHA256},
		{"http://sha1.example/2&hub.signature_algorithm=sha512", SIGN_SHA512},
		{"http://new.example/2&hub.signature_algorithm=SHA384", SIGN_SHA384},
	};
	struct hub_policy policy = usual_policy();

	stage_begin();
	policy.signed_by[SIGN_SHA1] = (struct hub_list){old, 2};
	hub_set_policy(stage.hub, &policy);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		CHECK_INT(subscribe(cases[i].callback), 202);
		forget_sent();
		publish(cases[i].callback);
		settle();
		for (int k = 0; k < stage.count; k++)
			if (strlen(stage.sent[k].url) == strcspn(cases[i].callback, "&") &&
				strncmp(cases[i].callback, stage.sent[k].url,
					strlen(stage.sent[k].url)) == 0)
				CHECK_INT(stage.sent[k].method, cases[i].method);
	}
	stage_end();
}

TEST(req_40_requests_of_one_client_are_limited)
{
	struct hub_policy policy = usual_policy();
	int accepted = 0;

	stage_begin();
	policy.verify_client = (struct flood_rate){200, 20};
	hub_set_policy(stage.hub, &policy);
	for (int i = 0; i < 50; i++)
		accepted += subscribe("http://s/refuse") == 202;
	CHECK_INT(accepted, 20);
	CHECK_INT(stage.status, 429);
	CHECK_INT(stage.retry_after_s, 1);
	CHECK_STR(stage.text, "Too many requests from your address.\n");
	now_ms += 1000;
	for (int i = 0; i < 50; i++)
		accepted += subscribe("http://s/refuse") == 202;
	CHECK_INT(accepted, 25);
	stage_end();
}

TEST(req_30_a_feed_that_moved_keeps_its_subscribers)
{
	struct hub_policy policy = usual_policy();

	stage_begin();
	subscribe("http://s/ok&hub.secret=s3");
	policy.base_url = "https://daily.example/";
	policy.hub_url = "https://daily.example/hub";
	hub_set_policy(stage.hub, &policy);
	forget_sent();
	publish("<a/>");
	settle();
	/* nobody is asked anything; what is self now is said in the header */
	CHECK_INT(stage.count, 1);
	CHECK_INT(got("http://s/ok", "<a/>"), 1);
	CHECK_STR(stage.sent[0].link, "Link: <https://daily.example/hub>; rel=\"hub\", "
		"<https://daily.example/feed.atom>; rel=\"self\"");
	CHECK_STR(stage.sent[0].secret, "s3");
	/* the old subscription ends with its lease; a new one is for the new URL */
	CHECK_INT(subscribe("http://s/ok"), 404);
	now_ms += 11 * (int64_t)DAY;
	publish("<b/>");
	settle();
	CHECK_INT(got("http://s/ok", "<b/>"), 0);
	stage_end();
}
