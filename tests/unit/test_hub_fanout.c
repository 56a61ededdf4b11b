/* test_hub_fanout.c: one publication to many, by jobs and their chunks. */
#include <ev.h>
#include <stdio.h>
#include <string.h>

#include "daemon/loop/loop.h"
#include "tests/unit/hub_stage.h"

TEST(many_subscribers_get_it_once_each_with_bounded_transfers)
{
	stage_begin();
	subscribe_many(437, 60, "ok");
	check_counts(437, 0, 0, 0);
	stage.most = 0;
	publish("<a/>");
	for (int i = 0; i < 20; i++)
		settle();
	CHECK_INT(stage.count, 437);
	for (int i = 0; i < 437; i++) {
		char url[64];

		snprintf(url, sizeof(url), "http://h%d/ok%d", i % 60, i);
		CHECK_INT(got(url, "<a/>"), 1);
	}
	CHECK(stage.most <= 8 * 40 + 10);
	CHECK(stage.most > 40);
	check_counts(437, 0, 0, 0);
	stage_end();
}

TEST(one_that_holds_its_chunk_does_not_hold_the_others)
{
	stage_begin();
	subscribe("http://h0/hold");
	subscribe_many(60, 10, "ok");
	publish("<a/>");
	settle();
	CHECK_INT(stage.count, 61);
	check_counts(61, 0, 1, 0);
	give_result(stage.held[0], TRANSFER_OK, 200, false);
	settle();
	check_counts(61, 0, 0, 0);
	stage_end();
}

TEST(one_that_holds_its_chunk_does_not_hold_the_next_publication)
{
	stage_begin();
	subscribe("http://h0/hold");
	subscribe_many(60, 10, "ok");
	publish("<a/>");
	settle();
	CHECK_INT(stage.count, 61);
	forget_sent();
	publish("<b/>");
	settle();
	for (int i = 0; i < 60; i++) {
		char url[64];

		snprintf(url, sizeof(url), "http://h%d/ok%d", i % 10, i);
		CHECK_INT(got(url, "<b/>"), 1);
	}
	CHECK_INT(got("http://h0/hold", "<b/>"), 1);
	check_counts(61, 0, 1, 0);
	stage_end();
}

TEST(publications_during_fan_out_reach_everybody)
{
	stage_begin();
	subscribe_many(100, 20, "ok");
	for (int i = 0; i < 5; i++) {
		char body[16];

		snprintf(body, sizeof(body), "<%d/>", i);
		publish(body);
		ev_run(loop_ev(stage.loop), EVRUN_NOWAIT);
	}
	for (int i = 0; i < 10; i++)
		settle();
	for (int i = 0; i < 100; i++) {
		char url[64];

		snprintf(url, sizeof(url), "http://h%d/ok%d", i % 20, i);
		CHECK(got(url, "<4/>") >= 1);
	}
	check_counts(100, 0, 0, 0);
	stage_end();
}

TEST(restart_repeats_only_what_was_on_the_way)
{
	struct hub_policy policy = usual_policy();

	stage_begin();
	policy.in_flight = 10;
	hub_set_policy(stage.hub, &policy);
	subscribe("http://h0/hold");
	subscribe_many(200, 20, "ok");
	publish("<a/>");
	ev_run(loop_ev(stage.loop), EVRUN_NOWAIT);
	store_flush(stage.store);
	CHECK(stage.count < 201);
	hub_destroy(stage.hub);
	stage.hub = NULL;
	stage.held_count = 0;
	settle();
	now_ms += 2 * MINUTE; /* the old owner's lease */
	start_hub();
	for (int i = 0; i < 10; i++)
		settle();
	for (int i = 0; i < 200; i++) {
		char url[64];

		snprintf(url, sizeof(url), "http://h%d/ok%d", i % 20, i);
		CHECK(got(url, "<a/>") >= 1);
	}
	CHECK(stage.held_count >= 1);
	give_result(stage.held[0], TRANSFER_OK, 200, false);
	for (int i = 0; i < 10; i++)
		settle();
	check_counts(201, 0, 0, 0);
	/* nothing is owed: another start sends nothing */
	forget_sent();
	hub_destroy(stage.hub);
	now_ms += 2 * MINUTE;
	start_hub();
	settle();
	CHECK_INT(stage.count, 0);
	stage_end();
}

TEST(who_has_it_is_marked_while_the_chunk_is_open)
{
	stage_begin();
	subscribe("http://h0/hold");
	subscribe_many(60, 10, "ok");
	publish("<a/>");
	settle();
	CHECK_INT(stage.count, 61);
	fanout_mark(stage.hub); /* the chunks are young */
	fanout_mark(stage.hub);
	settle();
	hub_destroy(stage.hub);
	forget_sent();
	stage.held_count = 0;
	now_ms += 2 * MINUTE;
	start_hub();
	settle();
	CHECK_INT(stage.count, 1);
	CHECK_INT(got("http://h0/hold", "<a/>"), 1);
	publish("<b/>");
	settle();
	CHECK_INT(stage.count, 62);
	give_result(stage.held[0], TRANSFER_OK, 200, false);
	give_result(stage.held[1], TRANSFER_OK, 200, false);
	settle();
	check_counts(61, 0, 0, 0);
	stage_end();
}

TEST(gone_ends_the_subscription)
{
	struct hub_counts counts;

	stage_begin();
	subscribe("http://s/gone");
	subscribe("http://s/ok");
	publish("<a/>");
	settle();
	check_counts(1, 0, 0, 0);
	hub_get_counts(stage.hub, &counts);
	CHECK_INT(counts.gone, 1);
	stage_end();
}

TEST(readers_behind_subscribers_are_counted)
{
	struct readers_count count;

	stage_begin();
	subscribe("http://s/many");
	subscribe("http://t/many");
	subscribe("http://u/ok");
	publish("<a/>");
	settle();
	publish("<b/>");
	settle();
	hub_polled(stage.hub, "/feed.atom", "Fetcher - 3 subscribers");
	hub_readers(stage.hub, "/feed.atom", &count);
	CHECK_INT(count.pushed, 84);
	CHECK_INT(count.polled, 3);
	hub_readers(stage.hub, "/feed.rss", &count);
	CHECK_INT(count.pushed, 0);
	stage_end();
}

/* ---- slow ones ---- */

TEST(slow_one_leaves_the_chunk_and_settles_its_task)
{
	stage_begin();
	subscribe("http://s/slow");
	publish("<a/>");
	settle();
	check_counts(1, 0, 0, 1);
	give_result(stage.held[0], TRANSFER_OK, 200, true);
	settle();
	check_counts(1, 0, 0, 0);
	pass_time(HOUR);
	CHECK_INT(got("http://s/slow", NULL), 1);
	stage_end();
}

TEST(slow_one_that_fails_is_retried)
{
	stage_begin();
	subscribe("http://s/slow");
	publish("<a/>");
	settle();
	give_result(stage.held[0], TRANSFER_FAILED, 0, true);
	settle();
	check_counts(1, 0, 0, 1);
	pass_time(11000);
	CHECK_INT(got("http://s/slow", NULL), 2);
	give_result(stage.held[1], TRANSFER_OK, 200, true);
	settle();
	check_counts(1, 0, 0, 0);
	stage_end();
}

TEST(slow_one_that_ends_before_the_commit)
{
	stage_begin();
	subscribe("http://s/slow");
	subscribe("http://s/hold");
	subscribe("http://t/slow/2");
	publish("<a/>");
	settle();
	for (int i = 0; i < 3; i++) {
		const char *url = stage.sent[stage.held[i]].url;

		if (strcmp(url, "http://s/slow") == 0)
			give_result(stage.held[i], TRANSFER_OK, 200, true);
		else if (strcmp(url, "http://t/slow/2") == 0)
			give_result(stage.held[i], TRANSFER_GONE, 410, true);
	}
	settle();
	check_counts(3, 0, 1, 0);
	for (int i = 0; i < 3; i++)
		if (strcmp(stage.sent[stage.held[i]].url, "http://s/hold") == 0)
			give_result(stage.held[i], TRANSFER_OK, 200, false);
	settle();
	check_counts(2, 0, 0, 0);
	stage_end();
}

TEST(slow_one_that_is_never_heard_of_again)
{
	stage_begin();
	subscribe("http://s/slow");
	publish("<a/>");
	settle();
	hub_destroy(stage.hub);
	start_hub();
	settle();
	CHECK_INT(got("http://s/slow", NULL), 1);
	pass_time(26 * 1000);
	CHECK_INT(got("http://s/slow", NULL), 2);
	stage_end();
}

/* ---- the end ---- */

static void on_idle(void *context)
{
	CHECK(context == &stage);
	stage.is_idle = true;
}

TEST(drain_waits_for_what_is_on_the_way)
{
	stage_begin();
	subscribe("http://s/hold");
	publish("<a/>");
	settle();
	hub_drain(stage.hub, on_idle, &stage);
	CHECK(!stage.is_idle);
	CHECK_INT(subscribe("http://s/other"), 503);
	CHECK(stage.retry_after_s > 0);
	give_result(stage.held[0], TRANSFER_OK, 200, false);
	settle();
	CHECK(stage.is_idle);
	check_counts(1, 0, 0, 0);
	stage_end();
}

TEST(drain_without_work)
{
	stage_begin();
	hub_drain(stage.hub, on_idle, &stage);
	CHECK(stage.is_idle);
	stage_end();
}

TEST(destroy_in_the_middle)
{
	stage_begin();
	subscribe("http://s/hold");
	publish("<a/>");
	settle();
	CHECK_INT(stage.held_count, 1); /* a delivery is on the way; what it has is freed */
	stage_end();
}
