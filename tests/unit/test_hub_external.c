/* test_hub_external.c: other hubs are told what changed. */
#include <stdio.h>
#include <string.h>

#include "tests/unit/hub_stage.h"

static const char *const others[] = {"https://hub.example/ping?key=1",
	"http://hub-down.example/"};

static void begin_with_others(void)
{
	struct hub_policy policy = usual_policy();

	stage_begin();
	publish("<known/>");
	settle();
	hub_destroy(stage.hub);
	policy.external = (struct hub_list){others, 2};
	start_hub_with(&policy);
	settle();
}

TEST(other_hubs_are_told_once_for_each_change)
{
	struct hub_counts counts;

	begin_with_others();
	CHECK_INT(stage.count, 0); /* what is known needs no telling */
	publish("<a/>");
	settle();
	CHECK_INT(stage.count, 2);
	CHECK_STR(stage.sent[0].url, others[0]);
	CHECK_STR(stage.sent[0].type, "Content-Type: application/x-www-form-urlencoded");
	CHECK_STR(stage.sent[0].body, "hub.mode=publish"
		"&hub.url=http%3A%2F%2Fnews.example%2Ffeed.atom");
	CHECK_STR(stage.sent[0].link, "");
	CHECK(stage.sent[0].is_trusted);
	pass_time(DAY);
	CHECK_INT(stage.count, 2);
	publish("<b/>");
	publish("<c/>");
	settle();
	pass_time(MINUTE);
	/* the second of two that come at once may find the first on its way */
	CHECK(got(others[0], NULL) >= 2 && got(others[0], NULL) <= 3);
	hub_get_counts(stage.hub, &counts);
	CHECK_INT(counts.pings, stage.count);
	stage_end();
}

TEST(other_hubs_are_told_what_they_missed)
{
	int tries;

	begin_with_others();
	stage.is_away = true;
	publish("<a/>");
	settle();
	CHECK_INT(got(others[0], NULL), 1);
	CHECK_INT(got(others[1], NULL), 1);
	for (int i = 0; i < 2 * 24 * 60; i++)
		pass_time(MINUTE);
	tries = got(others[1], NULL);
	CHECK(tries > 48 && tries < 75);
	publish_at("/feed.rss", "<b/>");
	settle();
	stage.is_away = false;
	hub_destroy(stage.hub);
	forget_sent();
	stage.hub = NULL;
	settle();
	{
		struct hub_policy policy = usual_policy();

		policy.external = (struct hub_list){others, 2};
		start_hub_with(&policy);
	}
	settle();
	CHECK_INT(stage.count, 1);
	CHECK_STR(stage.sent[0].url, others[1]);
	CHECK_STR(stage.sent[0].body, "hub.mode=publish"
		"&hub.url=http%3A%2F%2Fnews.example%2Ffeed.atom"
		"&hub.url=http%3A%2F%2Fnews.example%2Ffeed.rss");
	stage_end();
}

TEST(other_hubs_do_not_hear_of_partners)
{
	char path[32];

	begin_with_others();
	for (int i = 0; i < 12; i++) {
		snprintf(path, sizeof(path), "/p/partner%d/feed.atom", i);
		publish_at(path, "<a/>");
	}
	settle();
	CHECK_INT(stage.count, 0);
	publish("<b/>");
	settle();
	CHECK_INT(got(others[0], NULL), 1);
	CHECK(!strstr(stage.sent[0].body, "partner"));
	stage_end();
}

TEST(many_changes_are_told_in_pieces)
{
	char path[32];
	int urls = 0;

	begin_with_others();
	for (int i = 0; i < 25; i++) {
		snprintf(path, sizeof(path), "/tag/%d/feed.atom", i);
		publish_at(path, "<a/>");
	}
	for (int i = 0; i < 5; i++)
		settle();
	for (int i = 0; i < stage.count; i++) {
		int here = 0;

		if (strcmp(stage.sent[i].url, others[0]) != 0)
			continue;
		for (const char *at = stage.sent[i].body; (at = strstr(at, "hub.url=")); at++)
			here++;
		CHECK(here <= 10);
		urls += here;
	}
	CHECK_INT(urls, 25);
	stage_end();
}

TEST(publisher_without_a_hub_of_its_own)
{
	struct hub_policy policy = usual_policy();

	stage_begin();
	subscribe("http://s/ok");
	hub_destroy(stage.hub);
	policy.hub_url = NULL;
	policy.external = (struct hub_list){others, 1};
	start_hub_with(&policy);
	forget_sent();
	publish("<a/>");
	settle();
	pass_time(DAY / 2);
	CHECK_INT(stage.count, 1);
	CHECK_STR(stage.sent[0].url, others[0]);
	stage_end();
}
