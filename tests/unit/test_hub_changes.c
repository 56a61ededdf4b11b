/* test_hub_changes.c: hub.payload=changes, only what a subscriber has not had. */
#include <stdio.h>

#include "tests/unit/hub_stage.h"

TEST(changes_since_what_arrived_last)
{
	stage_begin();
	publish("<1/>");
	subscribe("http://s/ok&hub.payload=changes");
	subscribe("http://t/ok");
	/* the first brings everything: who subscribes may have missed something already */
	publish("<2/>");
	settle();
	CHECK_INT(got("http://s/ok", "<2/>"), 1);
	CHECK_INT(stage.changes_asked, 0);
	publish("<3/>");
	settle();
	CHECK_INT(got("http://s/ok", "2..3 of /feed.atom"), 1);
	publish("<4/>");
	settle();
	CHECK_INT(got("http://s/ok", "3..4 of /feed.atom"), 1);
	CHECK_INT(got("http://s/ok", NULL), 3);
	CHECK_INT(got("http://t/ok", NULL), 3);
	CHECK_INT(got("http://t/ok", "<4/>"), 1);
	check_counts(2, 0, 0, 0);
	stage_end();
}

TEST(changes_of_a_long_absence_come_in_pieces)
{
	stage_begin();
	publish("<1/>");
	subscribe("http://s/deaf&hub.payload=changes");
	publish("<2/>");
	settle();
	CHECK_INT(got("http://s/deaf", "<2/>"), 1);
	stage.is_away = true;
	for (int i = 3; i <= 27; i++) {
		publish("<x/>");
		pass_time(10 * MINUTE);
	}
	check_counts(1, 0, 0, 1);
	stage.is_away = false;
	forget_sent();
	for (int i = 0; i < 70; i++)
		pass_time(MINUTE);
	CHECK_INT(got("http://s/deaf", "2..12 of /feed.atom"), 1);
	CHECK_INT(got("http://s/deaf", "12..22 of /feed.atom"), 1);
	CHECK_INT(got("http://s/deaf", "22..27 of /feed.atom"), 1);
	CHECK_INT(stage.count, 3);
	check_counts(1, 0, 0, 0);
	stage_end();
}

TEST(changes_given_up_are_part_of_the_next)
{
	stage_begin();
	publish("<1/>");
	subscribe("http://s/deaf&hub.payload=changes");
	publish("<2/>");
	settle();
	stage.is_away = true;
	publish("<3/>");
	for (int i = 0; i < 25; i++)
		pass_time(HOUR);
	check_counts(1, 0, 0, 0);
	stage.is_away = false;
	forget_sent();
	publish("<4/>");
	settle();
	CHECK_INT(got("http://s/deaf", "2..4 of /feed.atom"), 1);
	stage_end();
}

TEST(changes_are_shared_by_those_who_lack_the_same)
{
	char callback[64];

	stage_begin();
	publish("<1/>");
	for (int i = 0; i < 35; i++) {
		snprintf(callback, sizeof(callback), "http://h%d/ok&hub.payload=changes", i);
		subscribe(callback);
	}
	publish("<2/>");
	for (int i = 0; i < 5; i++)
		settle();
	forget_sent();
	publish("<3/>");
	for (int i = 0; i < 10; i++)
		settle();
	CHECK_INT(stage.count, 35);
	for (int i = 0; i < stage.count; i++)
		CHECK_STR(stage.sent[i].body, "2..3 of /feed.atom");
	CHECK(stage.changes_asked < 20);
	check_counts(35, 0, 0, 0);
	/* who renews without it gets everything again */
	subscribe("http://h0/ok");
	publish("<4/>");
	for (int i = 0; i < 10; i++)
		settle();
	CHECK_INT(got("http://h0/ok", "<4/>"), 1);
	CHECK_INT(got("http://h1/ok", "3..4 of /feed.atom"), 1);
	stage_end();
}

TEST(changes_survive_a_restart)
{
	stage_begin();
	publish("<1/>");
	subscribe("http://s/hold&hub.payload=changes");
	publish("<2/>");
	settle();
	give_result(stage.held[0], TRANSFER_OK, 200, false);
	settle();
	publish("<3/>");
	settle();
	CHECK_INT(got("http://s/hold", "2..3 of /feed.atom"), 1);
	hub_destroy(stage.hub);
	now_ms += 2 * MINUTE;
	forget_sent();
	start_hub();
	settle();
	CHECK_INT(got("http://s/hold", "2..3 of /feed.atom"), 1);
	stage_end();
}
