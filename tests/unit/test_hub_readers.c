/* test_hub_readers.c: what aggregators say about how many read through them. */
#include <stdio.h>

#include "daemon/hub/readers.h"
#include "tests/unit/harness.h"

static const int64_t day_ms = 24 * 3600 * 1000;

TEST(agents)
{
	static const struct {
		const char *agent;
		int count;
	} cases[] = {
		{"Feedbin feed-id:1373711 - 42 subscribers", 42},
		{"NewsBlur Feed Fetcher - 7 subscribers - http://x/site/17/ (Mozilla/5.0)", 7},
		{"Feedly/1.0 (+http://x/fetcher.html; 1234 subscribers; like FeedFetcher)", 1234},
		{"Mozilla/5.0 (compatible; BazQux/2.4; +https://x/fetcher; 1 subscribers)", 1},
		{"Fetcher (1 subscriber)", 1},
		{"Inoreader (http://x; 5 Subscribers)", 5},
		{"Some 12 readers; else", 12},
		{"theoldreader.com; 9 subscribers; feed-id=1", 9},
		{"99999999999999999999 subscribers", 0},
		{"0 subscribers", 0},
		{"subscribers", 0},
		{" subscribers", 0},
		{"many subscribers", 0},
		{"12 newsreader", 0},
		{"Mozilla/5.0 (X11; Linux x86_64) Firefox/120.0", 0},
		{"users 5 subscribers", 5},
		{"", 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int got = readers_of_agent(cases[i].agent);

		if (got != cases[i].count)
			harness_fail(__FILE__, __LINE__, "%s: %d", cases[i].agent, got);
	}
}

TEST(the_newest_word_of_each_counts)
{
	struct readers *readers = readers_create();
	struct readers_count count;

	readers_pushed(readers, 1, "/feed.atom", 10, 0);
	readers_pushed(readers, 1, "/feed.atom", 12, 5);
	readers_pushed(readers, 2, "/feed.atom", 5, 5);
	readers_pushed(readers, 3, "/feed.atom.x", 100, 5);
	readers_pushed(readers, 4, "/feed.atom", -1, 5);
	readers_polled(readers, "/feed.atom", "A 1.0 feed-id:5 - 7 subscribers", 5);
	readers_polled(readers, "/feed.atom", "A 1.1 feed-id:5 - 8 subscribers", 6);
	readers_polled(readers, "/feed.atom", "B - 2 subscribers", 6);
	readers_polled(readers, "/feed.atom", "C", 6);
	readers_count(readers, "/feed.atom", 10, &count);
	CHECK_INT(count.pushed, 17);
	CHECK_INT(count.push_sources, 2);
	CHECK_INT(count.polled, 10);
	CHECK_INT(count.poll_sources, 2);
	readers_count(readers, NULL, 10, &count);
	CHECK_INT(count.pushed, 117);
	readers_count(readers, "/feed.atom", 5 + 14 * day_ms + 1, &count);
	CHECK_INT(count.pushed, 0);
	CHECK_INT(count.polled, 10);
	readers_destroy(readers);
}

TEST(bounded)
{
	struct readers *readers = readers_create();
	struct readers_count count;
	char topic[32];

	for (int i = 0; i < 50000; i++) {
		snprintf(topic, sizeof(topic), "/%d", i);
		readers_pushed(readers, i, topic, 1, 0);
	}
	readers_count(readers, NULL, 0, &count);
	CHECK_INT(count.pushed, 20000);
	/* the old make room for the new */
	readers_pushed(readers, 1, "/new", 1, 15 * day_ms);
	readers_count(readers, NULL, 15 * day_ms, &count);
	CHECK_INT(count.pushed, 1);
	readers_destroy(readers);
}
