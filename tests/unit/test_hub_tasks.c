/* test_hub_tasks.c: what failed is tried again, whatever the clock does. */
#include "tests/unit/hub_stage.h"

TEST(failure_is_retried_with_the_newest_content)
{
	stage_begin();
	subscribe("http://s/fail");
	publish("<a/>");
	settle();
	CHECK_INT(got("http://s/fail", "<a/>"), 1);
	check_counts(1, 0, 0, 1);
	publish("<b/>");
	settle();
	CHECK_INT(got("http://s/fail", NULL), 1);
	pass_time(7000);
	CHECK_INT(got("http://s/fail", NULL), 1);
	pass_time(4000);
	CHECK_INT(got("http://s/fail", "<b/>"), 1);
	pass_time(11000);
	CHECK_INT(got("http://s/fail", NULL), 2);
	pass_time(10000);
	CHECK_INT(got("http://s/fail", NULL), 3);
	stage_end();
}

static void check_task(void *context, const struct store_sub *rows, size_t count)
{
	if (!count)
		return;
	++*(int *)context;
	CHECK_INT(rows[0].attempts, 2);
	CHECK_STR(rows[0].why, "status 500");
	CHECK(rows[0].due_ms > now_ms && rows[0].due_ms <= now_ms + 20000);
}

TEST(attempts_are_recorded)
{
	struct delivery got_back[4];
	int pages = 0;

	stage_begin();
	subscribe("http://s/fail");
	subscribe("http://s/ok");
	publish("<a/>");
	settle();
	CHECK_INT(hub_deliveries(stage.hub, 2, got_back, 4), 1);
	CHECK_INT(got_back[0].outcome, DELIVERY_OK);
	CHECK_INT(got_back[0].status, 200);
	CHECK_STR(got_back[0].why, "");
	pass_time(11000);
	CHECK_INT(hub_deliveries(stage.hub, 0, got_back, 4), 3);
	CHECK_INT(hub_deliveries(stage.hub, 1, got_back, 4), 2);
	CHECK_INT(got_back[0].attempt, 2);
	CHECK_INT(got_back[0].at_ms - got_back[1].at_ms, 11000);
	CHECK_INT(got_back[1].outcome, DELIVERY_FAILED);
	CHECK_STR(got_back[1].why, "status 500");
	CHECK_INT(got_back[1].seq, 1);
	/* what the store remembers of it, also over a restart */
	sub_remove(stage.store, 2);
	sub_list(stage.store, NULL, check_task, &pages);
	settle();
	CHECK_INT(pages, 1);
	stage_end();
}

TEST(retry_after_is_heeded)
{
	stage_begin();
	subscribe("http://s/fail");
	stage.retry_after_ms = 10 * MINUTE;
	publish("<a/>");
	settle();
	pass_time(9 * MINUTE);
	CHECK_INT(got("http://s/fail", NULL), 1);
	pass_time(2 * MINUTE);
	CHECK_INT(got("http://s/fail", NULL), 2);
	stage_end();
}

/* Hours into its back-off a subscriber is told of a recall at once, each time there is one;
 * then it has its pauses again, and the usual time until it is given up. */
static void recall(enum store_priority priority, bool is_at_once)
{
	int before, tries;

	stage_begin();
	subscribe("http://s/fail");
	publish("<a/>");
	for (int i = 0; i < 20 * 60; i++)
		pass_time(MINUTE);
	before = tries = got("http://s/fail", NULL);
	for (int i = 0; got("http://s/fail", NULL) == tries; i++) {
		CHECK(i < 61);
		pass_time(MINUTE);
	}
	tries++;
	/* at least 45 minutes are left */
	publish_urgently("/feed.atom", "<b/>", priority);
	settle();
	CHECK_INT(got("http://s/fail", "<b/>"), is_at_once);
	pass_time(44 * MINUTE);
	CHECK_INT(got("http://s/fail", "<b/>"), is_at_once);
	publish_urgently("/feed.atom", "<c/>", priority);
	settle();
	CHECK_INT(got("http://s/fail", "<c/>"), is_at_once);
	CHECK_INT(got("http://s/fail", NULL), before + 1 + 2 * is_at_once);
	for (int i = 0; i < 20 * 60; i++)
		pass_time(MINUTE);
	/* a day after the first failure it would have been given up */
	check_counts(1, 0, 0, is_at_once);
	for (int i = 0; i < 4 * 60 + 30; i++)
		pass_time(MINUTE);
	check_counts(1, 0, 0, 0);
	stage_end();
}

TEST(a_kill_does_not_wait_for_the_back_off)
{
	recall(PRIORITY_KILL, true);
}

TEST(a_correction_does_not_wait_for_the_back_off)
{
	recall(PRIORITY_CORRECTION, true);
}

TEST(what_is_only_urgent_waits)
{
	recall(PRIORITY_URGENT, false);
}

TEST(the_rest_waits)
{
	recall(PRIORITY_REST, false);
}

TEST(a_recall_reaches_who_is_back_before_the_next_attempt)
{
	stage_begin();
	subscribe("http://hub-down.example/x");
	stage.is_away = true;
	publish("<a/>");
	for (int i = 0; i < 12 * 60; i++)
		pass_time(MINUTE);
	stage.is_away = false;
	forget_sent();
	publish_urgently("/feed.atom", "<kill/>", PRIORITY_KILL);
	settle();
	CHECK_INT(got("http://hub-down.example/x", "<kill/>"), 1);
	check_counts(1, 0, 0, 0);
	stage_end();
}

TEST(req_35_gives_up_after_a_day_but_keeps_the_subscription)
{
	struct hub_counts counts;
	int tries;

	stage_begin();
	subscribe("http://s/fail");
	publish("<a/>");
	for (int i = 0; i < 25 * 60; i++)
		pass_time(MINUTE);
	tries = got("http://s/fail", NULL);
	CHECK(tries > 20 && tries < 45);
	check_counts(1, 0, 0, 0);
	hub_get_counts(stage.hub, &counts);
	CHECK_INT(counts.given_up, 1);
	pass_time(DAY);
	CHECK_INT(got("http://s/fail", NULL), tries);
	publish("<b/>");
	settle();
	CHECK_INT(got("http://s/fail", "<b/>"), 1);
	stage_end();
}

TEST(what_cannot_be_made_now_is_not_withdrawn)
{
	stage_begin();
	subscribe("http://s/ok");
	subscribe("http://t/fail");
	publish("<a/>");
	settle();
	check_counts(2, 0, 0, 1);
	forget_sent();
	stage.has_no_content = true;
	publish("<b/>");
	for (int i = 0; i < 10; i++)
		pass_time(MINUTE);
	CHECK_INT(stage.count, 0);
	check_counts(2, 0, 0, 2);
	stage.has_no_content = false;
	for (int i = 0; i < 5; i++)
		pass_time(MINUTE);
	CHECK_INT(got("http://s/ok", "<b/>"), 1);
	CHECK(got("http://t/fail", "<b/>") >= 1);
	stage_end();
}

TEST(nothing_is_tried_before_the_site_knows_its_topics)
{
	struct hub_policy policy = usual_policy();

	stage_begin();
	subscribe("http://s/hold");
	subscribe("http://t/fail");
	publish("<a/>");
	settle();
	hub_destroy(stage.hub);
	stage.held_count = 0;
	forget_sent();
	now_ms += 2 * MINUTE;
	policy.is_held = true;
	start_hub_with(&policy);
	settle();
	pass_time(MINUTE);
	CHECK_INT(stage.count, 0);
	CHECK_INT(subscribe("http://u/ok"), 202); /* that needs no topic */
	CHECK_INT(stage.count, 1);
	hub_release(stage.hub);
	settle();
	CHECK_INT(got("http://s/hold", "<a/>"), 1);
	CHECK_INT(got("http://t/fail", "<a/>"), 1);
	stage_end();
}

/* ---- clocks ---- */

TEST(a_clock_that_is_set_back_does_not_make_retries_wait)
{
	stage_begin();
	clock_check(stage.hub, now_ms, 1000);
	subscribe("http://s/fail");
	publish("<a/>");
	settle();
	CHECK_INT(got("http://s/fail", NULL), 1);
	now_ms -= DAY;
	clock_check(stage.hub, now_ms, 6000);
	settle();
	CHECK_INT(got("http://s/fail", NULL), 1);
	pass_time(11000);
	CHECK_INT(got("http://s/fail", NULL), 2);
	stage_end();
}

TEST(a_clock_that_is_set_forward_gives_nothing_up)
{
	struct hub_counts counts;

	stage_begin();
	clock_check(stage.hub, now_ms, 1000);
	subscribe("http://s/fail");
	publish("<a/>");
	settle();
	now_ms += 3 * DAY;
	clock_check(stage.hub, now_ms, 6000);
	pass_time(0);
	CHECK_INT(got("http://s/fail", NULL), 2);
	hub_get_counts(stage.hub, &counts);
	CHECK_INT(counts.given_up, 0);
	check_counts(1, 0, 0, 1);
	stage_end();
}

TEST(a_clock_that_jumped_ends_no_leases_for_an_hour)
{
	stage_begin();
	clock_check(stage.hub, now_ms, now_ms);
	now_ms += HOUR;
	clock_check(stage.hub, now_ms + 2000, now_ms);
	CHECK(hub_trusts_clock(stage.hub));
	clock_check(stage.hub, now_ms + 40 * (int64_t)DAY, now_ms);
	CHECK(!hub_trusts_clock(stage.hub));
	now_ms += HOUR;
	CHECK(hub_trusts_clock(stage.hub));
	stage_end();
}
