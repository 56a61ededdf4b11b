/* test_catalogue.c: identity, order and windows of the catalogue. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/site/catalogue.h"
#include "feeds/base/arena.h"
#include "tests/unit/harness.h"

static struct entry *add(struct catalogue *catalogue, const char *path, const char *id,
	int64_t visible_ms, int64_t published_ms)
{
	struct entry *entry = catalogue_add(catalogue, path);

	CHECK(catalogue_set_id(catalogue, entry, id));
	entry->presence = PRESENT;
	entry->visible_ms = visible_ms;
	entry->published = (struct instant){published_ms, 0, true};
	catalogue_show(catalogue, entry);
	return entry;
}

static const struct feed *feed_named(const struct catalogue *catalogue, const char *channel)
{
	return map_get(&catalogue->feeds, channel, strlen(channel));
}

TEST(an_article_is_in_the_feeds_of_its_directory_and_those_above)
{
	struct catalogue catalogue = {0};
	struct entry *entry = add(&catalogue, "news/local/a.md", "a", 1, 1);

	add(&catalogue, "top.md", "t", 2, 2);
	CHECK_INT(feed_named(&catalogue, "")->count, 2);
	CHECK_INT(feed_named(&catalogue, "news")->count, 1);
	CHECK_INT(feed_named(&catalogue, "news/local")->count, 1);
	catalogue_move(&catalogue, entry, "sport/a.md");
	CHECK_INT(feed_named(&catalogue, "news/local")->count, 0);
	CHECK_INT(feed_named(&catalogue, "sport")->count, 1);
	CHECK_STR(entry->renamed_from, "news/local/a.md");
	CHECK_STR(entry->id, "a");
	catalogue_hide(&catalogue, entry);
	CHECK_INT(feed_named(&catalogue, "")->count, 1);
	catalogue_finish(&catalogue);
}

TEST(the_window_is_by_visibility_and_shown_by_publication)
{
	struct catalogue catalogue = {0};
	struct entry *window[500];
	char path[16], id[16];
	size_t count;

	for (int i = 0; i < 100; i++) {
		snprintf(path, sizeof(path), "%d.md", i);
		snprintf(id, sizeof(id), "i%03d", i);
		add(&catalogue, path, id, i * 3600000LL, i * 3600000LL);
	}
	/* back-dated, but new: it must be seen */
	add(&catalogue, "old.md", "old", 100 * 3600000LL, 5);
	count = window_select(feed_named(&catalogue, ""), 10, 0, 500, window);
	CHECK_INT(count, 10);
	CHECK_STR(window[0]->id, "i099");
	CHECK_STR(window[9]->id, "old");
	/* all of the last day, when that is more */
	CHECK_INT(window_select(feed_named(&catalogue, ""), 10, 24 * 3600000LL, 500, window), 25);
	CHECK_INT(window_select(feed_named(&catalogue, ""), 10, 240 * 3600000LL, 50, window), 50);
	catalogue_finish(&catalogue);
}

TEST(equal_times_have_one_order_whatever_the_arrival)
{
	static const char *const ids[] = {"c", "a", "d", "b"};
	struct entry *window[4];

	for (int turn = 0; turn < 4; turn++) {
		struct catalogue catalogue = {0};
		char path[8];

		for (int i = 0; i < 4; i++) {
			const char *id = ids[(i + turn) % 4];

			snprintf(path, sizeof(path), "%s.md", id);
			add(&catalogue, path, id, 7, 7);
		}
		CHECK_INT(window_select(feed_named(&catalogue, ""), 4, 0, 4, window), 4);
		CHECK_STR(window[0]->id, "a");
		CHECK_STR(window[3]->id, "d");
		catalogue_finish(&catalogue);
	}
}

TEST(updated_is_never_the_same_twice)
{
	struct catalogue catalogue = {0};
	struct instant at = {1000, 0, true};
	struct entry *a = add(&catalogue, "a.md", "a", 1, 1);
	struct entry *b = add(&catalogue, "b.md", "b", 1, 1);

	catalogue_set_updated(&catalogue, a, at);
	catalogue_set_updated(&catalogue, b, at);
	CHECK_INT(b->updated.ms, 1001);
	catalogue_set_updated(&catalogue, a, at);
	CHECK_INT(a->updated.ms, 1000);
	catalogue_finish(&catalogue);
}

TEST(two_files_cannot_have_one_id)
{
	struct catalogue catalogue = {0};
	struct entry *other = catalogue_add(&catalogue, "b.md");

	add(&catalogue, "a.md", "same", 1, 1);
	CHECK(!catalogue_set_id(&catalogue, other, "same"));
	CHECK(!other->id);
	catalogue_finish(&catalogue);
}

TEST(a_deleted_file_is_found_by_its_bytes)
{
	struct catalogue catalogue = {0};
	struct entry *entry = add(&catalogue, "a.md", "a", 1, 1);

	strcpy(entry->hash, "abc");
	CHECK(!catalogue_find_deleted(&catalogue, "abc"));
	entry->gone_due_ms = 5;
	catalogue_list_deleted(&catalogue, entry);
	CHECK(catalogue_find_deleted(&catalogue, "abc") == entry);
	entry->gone_due_ms = 0;
	CHECK(!catalogue_find_deleted(&catalogue, "abc"));
	catalogue_finish(&catalogue);
}

TEST(ids_are_ascii_tags_and_slugs_are_plain)
{
	struct arena *arena = arena_create();
	struct instant at = {1778203800000, 8 * 3600, true}; /* 2026-05-08 09:30 +08:00 */
	char *id = identity_mint(arena, "www.example.org", &at, "新闻/a.md", "hash");

	CHECK(strncmp(id, "tag:www.example.org,2026-05-08:", 31) == 0);
	CHECK_INT(strlen(id), 31 + 16);
	CHECK_STR(identity_slug(arena, NULL, "news/bus-routes.md", id), "bus-routes");
	CHECK_STR(identity_slug(arena, "stated", "news/x.md", id), "stated");
	CHECK_STR(identity_slug(arena, NULL, "md/museum-night/index.md", id), "museum-night");
	CHECK_INT(strlen(identity_slug(arena, NULL, "新闻.md", id)), 12);
	CHECK_INT(strlen(identity_slug(arena, "../../etc", "新闻.md", id)), 12);
	CHECK_STR(identity_authority(arena, "http://User@WWW.Example.org:80/x"), "www.example.org");
	CHECK_STR(identity_authority(arena, "http://[::1]:8080/"), "localhost");
	arena_destroy(arena);
}
