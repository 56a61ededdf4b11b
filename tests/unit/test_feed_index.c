/* test_feed_index.c: which article is in which feed, in what order, and which are shown. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/site/catalogue.h"
#include "tests/unit/harness.h"

enum { HOUR = 3600000 };

static struct entry *add(struct catalogue *catalogue, const char *path, const char *id,
	int64_t visible_ms, int64_t published_ms, const char *labels)
{
	struct entry *entry = catalogue_add(catalogue, path);

	CHECK(catalogue_set_id(catalogue, entry, id));
	entry->presence = PRESENT;
	catalogue_file(catalogue, entry, (struct instant){published_ms, 0, true}, labels);
	catalogue_show(catalogue, entry, visible_ms, false);
	return entry;
}

/* COUNT articles i000, i001, ..., an hour apart. */
static void add_hourly(struct catalogue *catalogue, int count)
{
	char path[16], id[16];

	for (int i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "%d.md", i);
		snprintf(id, sizeof(id), "i%03d", i);
		add(catalogue, path, id, (i + 1) * (int64_t)HOUR, (i + 1) * (int64_t)HOUR, NULL);
	}
}

static struct feed *feed_named(struct catalogue *catalogue, const char *key)
{
	struct feed *feed = feed_index_find(&catalogue->index, key);

	CHECK(feed);
	return feed;
}

TEST(an_article_is_in_the_feeds_of_its_directories_and_labels)
{
	struct catalogue catalogue = {.index.kinds = ~0U};
	struct entry *entry = add(&catalogue, "news/local/a.md", "a", 1, 1, "tag/x\nauthor/y");

	add(&catalogue, "top.md", "t", 2, 2, "tag/x\nkill/other");
	CHECK_INT(feed_named(&catalogue, "")->count, 2);
	CHECK_INT(feed_named(&catalogue, "c/news")->count, 1);
	CHECK_INT(feed_named(&catalogue, "c/news/local")->count, 1);
	CHECK_INT(feed_named(&catalogue, "tag/x")->count, 2);
	CHECK_INT(feed_named(&catalogue, "tag/x")->kind, FEED_OF_TAG);
	CHECK_STR(feed_named(&catalogue, "author/y")->name, "y");
	CHECK(!feed_index_find(&catalogue.index, "kill/other")); /* a note, not a feed */
	catalogue_move(&catalogue, entry, "sport/a.md");
	CHECK_INT(feed_named(&catalogue, "c/news/local")->count, 0);
	CHECK_INT(feed_named(&catalogue, "c/sport")->count, 1);
	CHECK_STR(entry->renamed_from, "news/local/a.md");
	CHECK_STR(entry->id, "a");
	catalogue_file(&catalogue, entry, entry->published, "tag/z");
	CHECK_INT(feed_named(&catalogue, "tag/x")->count, 1);
	CHECK_INT(feed_named(&catalogue, "tag/z")->count, 1);
	catalogue_finish(&catalogue);
}

TEST(kinds_that_are_off_have_no_feeds)
{
	struct catalogue catalogue = {.index.kinds = 1U << FEED_OF_TAG};

	add(&catalogue, "news/a.md", "a", 1, 1, "tag/x\nauthor/y");
	CHECK(feed_index_find(&catalogue.index, "tag/x"));
	CHECK(!feed_index_find(&catalogue.index, "author/y"));
	CHECK(!feed_index_find(&catalogue.index, "c/news"));
	CHECK_INT(feed_named(&catalogue, "")->count, 1);
	catalogue_finish(&catalogue);
}

TEST(the_window_is_by_visibility_and_shown_by_publication)
{
	struct catalogue catalogue = {0};
	struct entry *window[WINDOW_MOST];
	struct feed *all;
	size_t count;

	add_hourly(&catalogue, 100);
	/* back-dated, but new: it must be seen */
	add(&catalogue, "old.md", "old", 101 * (int64_t)HOUR, 5, NULL);
	all = feed_named(&catalogue, "");
	count = window_select(&catalogue.index, all, 10, 0, window);
	CHECK_INT(count, 10);
	window_order(window, count);
	CHECK_STR(window[0]->id, "i099");
	CHECK_STR(window[9]->id, "old");
	/* all of the last day, when that is more */
	CHECK_INT(window_select(&catalogue.index, all, 10, 24 * (int64_t)HOUR, window), 25);
	catalogue_finish(&catalogue);
}

TEST(equal_times_have_one_order_whatever_the_arrival)
{
	static const char *const ids[] = {"c", "a", "d", "b"};
	struct entry *window[WINDOW_MOST];

	for (int turn = 0; turn < 8; turn++) {
		struct catalogue catalogue = {.index.is_bulk = turn > 3};
		char path[8];

		for (int i = 0; i < 4; i++) {
			const char *id = ids[(i + turn) % 4];

			snprintf(path, sizeof(path), "%s.md", id);
			add(&catalogue, path, id, 7, 7, NULL);
		}
		CHECK_INT(window_select(&catalogue.index, feed_named(&catalogue, ""), 4, 0,
			window), 4);
		window_order(window, 4);
		CHECK_STR(window[0]->id, "a");
		CHECK_STR(window[3]->id, "d");
		catalogue_finish(&catalogue);
	}
}

TEST(what_is_taken_back_leaves_a_gap)
{
	struct catalogue catalogue = {0};
	struct entry *window[WINDOW_MOST], *hidden;
	struct feed *all;

	add_hourly(&catalogue, 10);
	all = feed_named(&catalogue, "");
	hidden = catalogue_find(&catalogue, "9.md");
	catalogue_hide(&catalogue, hidden);
	CHECK_INT(all->count, 10);
	CHECK_INT(all->shown, 9);
	CHECK_INT(window_select(&catalogue.index, all, 3, 0, window), 3);
	CHECK_STR(window[0]->id, "i008");
	CHECK_INT(window_archived(&catalogue.index, all, window, 3), 6);
	CHECK_STR(all->items[5]->id, "i005");
	catalogue_show(&catalogue, hidden, 0, false);
	CHECK_INT(window_select(&catalogue.index, all, 3, 0, window), 3);
	CHECK_STR(window[0]->id, "i009");
	CHECK_INT(window_archived(&catalogue.index, all, window, 3), 7);
	catalogue_finish(&catalogue);
}

TEST(what_is_corrected_surfaces_and_keeps_its_place_in_the_archive)
{
	struct catalogue catalogue = {0};
	struct entry *window[WINDOW_MOST], *old;
	struct feed *all;

	add_hourly(&catalogue, 20);
	all = feed_named(&catalogue, "");
	old = catalogue_find(&catalogue, "2.md");
	feed_index_surface(&catalogue.index, old, 30 * (int64_t)HOUR);
	CHECK_INT(window_select(&catalogue.index, all, 5, 0, window), 5);
	CHECK(window[0] == old);
	CHECK_STR(window[1]->id, "i019");
	CHECK_STR(window[4]->id, "i016");
	CHECK_INT(window_archived(&catalogue.index, all, window, 5), 16);
	CHECK(all->items[2] == old);
	/* each article once, however it got there */
	CHECK_INT(window_select(&catalogue.index, all, 100, 0, window), 20);
	feed_index_surface(&catalogue.index, old, 31 * (int64_t)HOUR);
	CHECK_INT(all->surfaced_count, 1);
	catalogue_finish(&catalogue);
}

TEST(a_feed_tells_which_of_its_archive_is_not_true_any_more)
{
	struct catalogue catalogue = {.index.kinds = ~0U};
	struct feed *all, *channel;
	struct entry *entry;

	add_hourly(&catalogue, 10);
	all = feed_named(&catalogue, "");
	CHECK(all->disturbed_from > all->disturbed_to); /* arrivals disturb nothing */
	catalogue_hide(&catalogue, catalogue_find(&catalogue, "3.md"));
	CHECK_INT(all->disturbed_from, 3);
	CHECK_INT(all->disturbed_to, 4);
	entry = add(&catalogue, "c/x.md", "x", 100 * (int64_t)HOUR, 1, NULL);
	add(&catalogue, "c/y.md", "y", 101 * (int64_t)HOUR, 1, NULL);
	channel = feed_named(&catalogue, "c/c");
	catalogue_move(&catalogue, entry, "d/x.md"); /* all behind it move up */
	CHECK_INT(channel->disturbed_from, 0);
	CHECK(channel->disturbed_to == SIZE_MAX);
	all->disturbed_from = SIZE_MAX, all->disturbed_to = 0;
	feed_index_disturb(&catalogue.index, catalogue_find(&catalogue, "7.md"));
	CHECK_INT(all->disturbed_from, 7);
	CHECK_INT(all->disturbed_to, 8);
	catalogue_finish(&catalogue);
}

/* Whatever happens in whatever order, bulk or not: sorted, counted, and every visible
 * article is either in the window or in the archive. */
TEST(random_lives_keep_the_order)
{
	unsigned random = 12345;

	for (int round = 0; round < 40; round++) {
		struct catalogue catalogue = {.index = {.kinds = ~0U, .is_bulk = round % 2}};
		struct entry *window[WINDOW_MOST];
		struct feed *all;
		char path[32], id[16];
		size_t count, shown = 0, archived, in_archive = 0, in_window = 0;

		for (int i = 0; i < 200; i++) {
			struct entry *entry;

			random = random * 1664525 + 1013904223;
			snprintf(path, sizeof(path), "%d/%d.md", (int)(random >> 9) % 3, i);
			snprintf(id, sizeof(id), "i%03d", i);
			entry = add(&catalogue, path, id, 1 + (random >> 16) % 50, i, NULL);
			if (random >> 30 == 0)
				catalogue_hide(&catalogue, entry);
			if (random >> 29 == 7)
				feed_index_surface(&catalogue.index, entry, 100 + i);
		}
		all = feed_named(&catalogue, "");
		count = window_select(&catalogue.index, all, 20, 3, window);
		archived = window_archived(&catalogue.index, all, window, count);
		for (size_t i = 0; i < all->count; i++) {
			shown += all->items[i]->is_visible;
			in_archive += i < archived && all->items[i]->is_visible;
			in_window += i >= archived && all->items[i]->is_visible;
			if (i > 0)
				CHECK(all->items[i - 1]->visible_ms <= all->items[i]->visible_ms);
		}
		CHECK_INT(all->shown, shown);
		CHECK_INT(in_archive + in_window, shown);
		for (size_t i = archived; i < all->count; i++)
			CHECK(!all->items[i]->is_visible ||
				all->items[i]->mark == catalogue.index.mark);
		catalogue_finish(&catalogue);
	}
}
