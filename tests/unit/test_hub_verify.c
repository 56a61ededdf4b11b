/* test_hub_verify.c: verification of intent, leases, denials, the first content. */
#include <stdio.h>
#include <string.h>

#include "tests/unit/hub_stage.h"

TEST(challenges_differ)
{
	stage_begin();
	subscribe("http://s.example/1");
	subscribe("http://s.example/2");
	CHECK_INT(stage.count, 2);
	CHECK(strcmp(stage.sent[0].expect, stage.sent[1].expect) != 0);
	stage_end();
}

TEST(req_24_refused_verification_is_final)
{
	struct hub_counts counts;

	stage_begin();
	CHECK_INT(subscribe("http://s/refuse"), 202);
	check_counts(0, 0, 0, 0);
	pass_time(HOUR);
	CHECK_INT(stage.count, 1);
	hub_get_counts(stage.hub, &counts);
	CHECK_INT(counts.refused, 1);
	stage_end();
}

TEST(req_24_verification_without_answer_is_tried_three_times)
{
	stage_begin();
	CHECK_INT(subscribe("http://s/flaky"), 202);
	CHECK_INT(stage.count, 1);
	check_counts(0, 1, 0, 0);
	for (int i = 0; i < 30; i++)
		pass_time(10 * 1000);
	CHECK_INT(stage.count, 3);
	CHECK(strcmp(stage.sent[0].expect, stage.sent[1].expect) != 0);
	check_counts(0, 0, 0, 0);
	pass_time(DAY);
	CHECK_INT(stage.count, 3);
	stage_end();
}

TEST(renewal_replaces_the_secret_only_when_verified)
{
	stage_begin();
	subscribe("http://s/ok&hub.secret=one");
	subscribe("http://s/ok&hub.secret=two");
	publish("<a/>");
	settle();
	CHECK_INT(got("http://s/ok", "<a/>"), 1);
	CHECK_STR(stage.sent[2].secret, "two");
	subscribe("http://s/ok");
	forget_sent();
	publish("<b/>");
	settle();
	CHECK_INT(stage.count, 1);
	CHECK_STR(stage.sent[0].secret, "");
	stage_end();
}

TEST(unsubscribe)
{
	stage_begin();
	subscribe("http://s/ok");
	CHECK_INT(post("hub.mode=unsubscribe&hub.topic=http://news.example/feed.atom&"
		"hub.callback=http://s/ok"), 202);
	CHECK(strstr(stage.sent[1].url, "hub.mode=unsubscribe"));
	CHECK(!strstr(stage.sent[1].url, "lease"));
	check_counts(0, 0, 0, 0);
	publish("<a/>");
	settle();
	CHECK_INT(got("http://s/ok", NULL), 0);
	stage_end();
}

TEST(verifications_of_one_host_are_spread)
{
	char callback[64];
	int before;

	stage_begin();
	for (int i = 0; i < 30; i++) {
		snprintf(callback, sizeof(callback), "http://s/flaky%d", i);
		CHECK_INT(subscribe(callback), 202);
	}
	CHECK_INT(stage.count, 10);
	CHECK_INT(subscribe("http://other/ok"), 202);
	CHECK_INT(stage.count, 11);
	for (int i = 0; i < 19; i++) {
		before = stage.count;
		pass_time(1000);
		CHECK(stage.count - before <= 2);
	}
	pass_time(2000);
	CHECK(stage.count >= 31);
	/* each of them has its three tries, however often it was put back */
	for (int i = 0; i < 100; i++)
		pass_time(10 * 1000);
	CHECK_INT(stage.count, 91);
	stage_end();
}

TEST(a_verification_that_must_wait_for_its_network_is_no_try)
{
	stage_begin();
	stage.retry_after_ms = 1000;
	subscribe("http://s/crowd");
	for (int i = 0; i < 20; i++)
		pass_time(1000);
	check_counts(0, 1, 0, 0);
	CHECK(stage.count >= 20);
	stage.is_crowd_over = true;
	pass_time(1000);
	check_counts(1, 0, 0, 0);
	stage_end();
}

TEST(req_05_lease_is_enforced)
{
	stage_begin();
	subscribe("http://s/ok&hub.lease_seconds=86400");
	now_ms += DAY - 1000;
	publish("<a/>");
	settle();
	CHECK_INT(got("http://s/ok", "<a/>"), 1);
	now_ms += 2000;
	publish("<b/>");
	settle();
	CHECK_INT(got("http://s/ok", "<b/>"), 0);
	stage_end();
}

TEST(req_25_nobody_is_asked_again_while_the_lease_runs)
{
	stage_begin();
	subscribe("http://s/ok&hub.lease_seconds=864000");
	CHECK_INT(stage.count, 1);
	for (int i = 0; i < 10 * 24 - 1; i++)
		pass_time(HOUR);
	CHECK_INT(stage.count, 1);
	check_counts(1, 0, 0, 0);
	publish("<a/>");
	settle();
	CHECK_INT(got("http://s/ok", "<a/>"), 1);
	CHECK_INT(stage.count, 2);
	stage_end();
}

/* ---- what ends by our decision ---- */

static void withdraw(void)
{
	const struct store_doc doc = {.path = "/feed.atom", .content_type = "t", .etag = "e",
		.is_topic = true, .is_deleted = true};
	const struct store_publication publication = {.docs = &doc, .doc_count = 1};

	store_publish(stage.store, &publication, NULL, NULL);
	store_flush(stage.store);
	hub_wake(stage.hub);
	verify_deny_withdrawn(stage.hub);
	settle();
}

TEST(req_20_withdrawn_topic_is_denied)
{
	struct hub_counts counts;

	stage_begin();
	publish("<a/>");
	subscribe("http://s/ok?x=1&hub.verify_token=t");
	subscribe("http://t/deaf");
	settle();
	forget_sent();
	withdraw();
	check_counts(0, 0, 0, 0);
	CHECK_INT(stage.count, 2);
	CHECK_STR(stage.sent[0].url, "http://s/ok?x=1&hub.mode=denied&hub.topic="
		"http%3A%2F%2Fnews.example%2Ffeed.atom&hub.reason=The%20feed%20was%20withdrawn.");
	CHECK_STR(stage.sent[0].expect, "");
	CHECK_STR(stage.sent[0].body, "");
	/* who could not be reached is told again, but not for ever */
	for (int i = 0; i < 60; i++)
		pass_time(10 * 1000);
	CHECK_INT(stage.count, 4);
	hub_get_counts(stage.hub, &counts);
	CHECK_INT(counts.denied, 2);
	/* and who subscribes when it is back is a subscriber again */
	publish("<b/>");
	CHECK_INT(subscribe("http://s/ok?x=1"), 202);
	check_counts(1, 0, 0, 0);
	verify_deny_withdrawn(stage.hub);
	settle();
	check_counts(1, 0, 0, 0);
	stage_end();
}

TEST(req_20_topics_that_are_no_more_are_denied)
{
	stage_begin();
	stage.has_tag = true;
	publish("<a/>");
	publish_at("/tag/t/feed.atom", "<a/>");
	subscribe("http://s/ok");
	CHECK_INT(post("hub.mode=subscribe&hub.topic=http://news.example/tag/t/feed.atom"
		"&hub.callback=http://s/ok"), 202);
	hub_review_topics(stage.hub);
	settle();
	check_counts(2, 0, 0, 0);
	stage.has_tag = false;
	forget_sent();
	hub_review_topics(stage.hub);
	settle();
	check_counts(1, 0, 0, 0);
	CHECK_INT(stage.count, 1);
	CHECK(strstr(stage.sent[0].url, "hub.mode=denied&hub.topic="
		"http%3A%2F%2Fnews.example%2Ftag%2Ft%2Ffeed.atom&"));
	stage_end();
}

TEST(req_20_denied_by_decision)
{
	stage_begin();
	publish("<a/>");
	subscribe("http://s/ok");
	subscribe("http://t/ok");
	forget_sent();
	hub_deny(stage.hub, 1, "Not you & not now");
	settle();
	check_counts(1, 0, 0, 0);
	CHECK_INT(stage.count, 1);
	CHECK(strstr(stage.sent[0].url, "http://s/ok?hub.mode=denied&"));
	CHECK(strstr(stage.sent[0].url, "&hub.reason=Not%20you%20%26%20not%20now"));
	stage_end();
}

TEST(withdrawn_while_many_are_subscribed)
{
	stage_begin();
	publish("<a/>");
	for (int i = 0; i < 30; i++) {
		char callback[64];

		snprintf(callback, sizeof(callback), "http://s%d/ok", i);
		subscribe(callback);
	}
	forget_sent();
	withdraw();
	for (int i = 0; i < 5; i++)
		settle();
	CHECK_INT(stage.count, 30);
	check_counts(0, 0, 0, 0);
	stage_end();
}

/* ---- the present content to the new ---- */

TEST(initial_content_on_demand)
{
	stage_begin();
	publish("<a/>");
	subscribe("http://s/ok");
	CHECK_INT(got("http://s/ok", NULL), 0);
	subscribe("http://t/ok&hub.initial=true");
	CHECK_INT(got("http://t/ok", "<a/>"), 1);
	CHECK_INT(subscribe("http://t/ok&hub.initial=perhaps"), 400);
	publish("<b/>");
	settle();
	CHECK_INT(got("http://s/ok", "<b/>"), 1);
	CHECK_INT(got("http://t/ok", "<b/>"), 1);
	check_counts(2, 0, 0, 0);
	stage_end();
}

TEST(initial_content_by_policy_for_the_new_only)
{
	struct hub_policy policy = usual_policy();

	stage_begin();
	publish("<a/>");
	policy.gives_initial = true;
	hub_set_policy(stage.hub, &policy);
	subscribe("http://s/ok");
	CHECK_INT(got("http://s/ok", "<a/>"), 1);
	subscribe("http://s/ok");
	CHECK_INT(got("http://s/ok", NULL), 1);
	subscribe("http://t/ok&hub.initial=false");
	CHECK_INT(got("http://t/ok", NULL), 0);
	subscribe("http://u/fail");
	check_counts(3, 0, 0, 1);
	stage_end();
}

TEST(initial_content_where_there_is_none_yet)
{
	stage_begin();
	subscribe("http://s/ok&hub.initial=true");
	check_counts(1, 0, 0, 1);
	CHECK_INT(got("http://s/ok", NULL), 0);
	publish("<a/>");
	settle();
	pass_time(MINUTE);
	CHECK(got("http://s/ok", "<a/>") >= 1);
	check_counts(1, 0, 0, 0);
	stage_end();
}
