/* test_hub_private.c: topics for which somebody else decides who may have them. */
#include <string.h>

#include "tests/unit/hub_stage.h"

#define PRIVATE "hub.mode=subscribe&hub.topic=http://news.example/p/county/feed.atom"
#define LONG_SECRET "&hub.secret=0123456789abcdef"

/* The request BODY is refused, and its callback told REASON (as in a query). */
static void check_refused(const char *body, const char *reason)
{
	forget_sent();
	CHECK_INT(post(body), 202);
	CHECK_STR(stage.text, "Refused. The callback is told why.\n");
	CHECK_INT(stage.count, 1);
	CHECK(strstr(stage.sent[0].url, "hub.mode=denied"));
	CHECK(strstr(stage.sent[0].url, reason));
	CHECK(!strstr(stage.sent[0].url, "right"));
	check_counts(0, 0, 0, 0);
}

TEST(a_private_topic_is_refused_with_a_reason)
{
	stage_begin();
	check_refused(PRIVATE "&hub.callback=http://s/ok" LONG_SECRET,
		"hub.reason=This%20topic%20needs%20a%20token.");
	check_refused(PRIVATE "%3Ftoken%3Dwrong&hub.callback=http://s/ok" LONG_SECRET,
		"hub.reason=This%20topic%20needs%20a%20token.");
	check_refused(PRIVATE "%3Ftoken%3Dright&hub.callback=http://s/ok&hub.secret=short",
		"hub.reason=The%20secret%20is%20too%20short.");
	check_refused(PRIVATE "%3Ftoken%3Dright&hub.callback=http://t/ok" LONG_SECRET,
		"hub.reason=Not%20that%20host.");
	check_refused(PRIVATE "%3Ftoken%3Dright&hub.callback=http://s/ok" LONG_SECRET
		"&hub.signature_algorithm=sha1", "hub.reason=Only%20sha256.");
	/* what does not exist is refused in the same way */
	check_refused("hub.mode=subscribe&hub.topic=http://news.example/p/nobody/feed.atom"
		"&hub.callback=http://s/ok" LONG_SECRET,
		"hub.reason=This%20topic%20needs%20a%20token.");
	check_refused("hub.mode=subscribe&hub.topic=http://news.example/p/nobody/feed.atom"
		"%3Ftoken%3Dright&hub.callback=http://s/ok" LONG_SECRET,
		"hub.reason=There%20is%20no%20such%20topic.");
	stage_end();
}

TEST(a_private_topic_is_delivered_and_reported)
{
	uint8_t digest[HUB_DIGEST];

	stage_begin();
	stage.authorization = "Bearer right";
	publish_at("/p/county/feed.atom", "<a/>");
	CHECK_INT(post(PRIVATE "&hub.callback=http://s/ok" LONG_SECRET), 202);
	CHECK(strstr(stage.sent[0].url, "hub.lease_seconds=200000"));
	check_counts(1, 0, 0, 0);
	stage.authorization = NULL;
	CHECK_INT(post(PRIVATE "%3Ftoken%3Dright&hub.callback=http://s/fail" LONG_SECRET),
		202);
	CHECK(strstr(stage.sent[1].url, "hub.topic=http%3A%2F%2Fnews.example%2Fp%2Fcounty%2F"
				    "feed.atom%3Ftoken%3Dright"));
	check_counts(2, 0, 0, 0);
	forget_sent();
	publish_at("/p/county/feed.atom", "<b/>");
	settle();
	CHECK_INT(stage.delivered, 2);
	private_hash("<b/>", 4, digest);
	CHECK(memcmp(stage.last.digest, digest, HUB_DIGEST) == 0);
	CHECK_INT(stage.last.attempt, 1);
	CHECK(stage.last.status == 200 || stage.last.status == 500);
	pass_time(15 * 1000);
	CHECK_INT(stage.delivered, 3);
	CHECK_INT(stage.last.attempt, 2);
	CHECK_INT(stage.last.status, 500);
	publish("<public/>");
	settle();
	CHECK_INT(stage.delivered, 3);
	stage_end();
}

TEST(to_end_a_private_subscription_needs_no_token)
{
	stage_begin();
	stage.authorization = "Bearer right";
	publish_at("/p/county/feed.atom", "<a/>");
	CHECK_INT(post(PRIVATE "&hub.callback=http://s/ok" LONG_SECRET), 202);
	check_counts(1, 0, 0, 0);
	stage.authorization = NULL;
	CHECK_INT(post("hub.mode=unsubscribe&hub.topic=http://news.example/p/county/feed.atom"
		       "&hub.callback=http://s/ok"), 202);
	check_counts(0, 0, 0, 0);
	stage_end();
}
