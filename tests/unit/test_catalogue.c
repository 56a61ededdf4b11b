/* test_catalogue.c: identity and names of the catalogue. */
#include <stdlib.h>
#include <string.h>

#include "daemon/site/catalogue.h"
#include "feeds/base/arena.h"
#include "tests/unit/harness.h"

static struct entry *add(struct catalogue *catalogue, const char *path, const char *id,
	int64_t visible_ms)
{
	struct entry *entry = catalogue_add(catalogue, path);

	CHECK(catalogue_set_id(catalogue, entry, id));
	entry->presence = PRESENT;
	catalogue_file(catalogue, entry, (struct instant){visible_ms, 0, true}, NULL);
	catalogue_show(catalogue, entry, visible_ms, false);
	return entry;
}

TEST(what_comes_later_has_a_later_place_whatever_the_clock)
{
	struct catalogue catalogue = {.index.kinds = ~0U};
	struct entry *a = add(&catalogue, "a.md", "a", 5000);
	struct entry *b = catalogue_add(&catalogue, "b.md");

	CHECK(catalogue_set_id(&catalogue, b, "b"));
	catalogue_show(&catalogue, b, 1000, true); /* the clock went back */
	CHECK_INT(a->visible_ms, 5000);
	CHECK_INT(b->visible_ms, 5001);
	catalogue_hide(&catalogue, b);
	catalogue_show(&catalogue, b, 9000, true);
	CHECK_INT(b->visible_ms, 5001); /* its place stays */
	catalogue_finish(&catalogue);
}

TEST(a_slug_that_changed_leads_on)
{
	struct catalogue catalogue = {0};
	struct entry *a = catalogue_add(&catalogue, "a.md");
	struct entry *b = catalogue_add(&catalogue, "b.md");

	CHECK(catalogue_set_slug(&catalogue, a, "one"));
	CHECK(catalogue_set_slug(&catalogue, a, "two"));
	CHECK(catalogue_find_former(&catalogue, "one") == a);
	CHECK(!catalogue_set_slug(&catalogue, b, "one")); /* links to it are out */
	CHECK(!catalogue_set_slug(&catalogue, b, "two"));
	CHECK(catalogue_set_slug(&catalogue, a, "one"));
	CHECK_STR(a->slug, "one");
	CHECK(catalogue_find_former(&catalogue, "two") == a);
	catalogue_finish(&catalogue);
}

TEST(a_row_is_listed_once_until_it_is_taken)
{
	struct catalogue catalogue = {0};
	struct entry *a = catalogue_add(&catalogue, "a.md");

	catalogue_touch(&catalogue, a);
	catalogue_touch(&catalogue, a);
	CHECK_INT(catalogue.dirty_count, 1);
	catalogue_finish(&catalogue);
}

TEST(updated_is_never_the_same_twice)
{
	struct catalogue catalogue = {0};
	struct instant at = {1000, 0, true};
	struct entry *a = add(&catalogue, "a.md", "a", 1);
	struct entry *b = add(&catalogue, "b.md", "b", 1);

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

	add(&catalogue, "a.md", "same", 1);
	CHECK(!catalogue_set_id(&catalogue, other, "same"));
	CHECK(!other->id);
	catalogue_finish(&catalogue);
}

TEST(a_deleted_file_is_found_by_its_bytes)
{
	struct catalogue catalogue = {0};
	struct entry *entry = add(&catalogue, "a.md", "a", 1);

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
	CHECK(!identity_stated(arena, "e.example", NULL));
	CHECK_STR(identity_stated(arena, "e.example", "tag:x.example,2026:1"),
		"tag:x.example,2026:1");
	CHECK_STR(identity_stated(arena, "e.example", "tag:x.example,2026:新 1"),
		"tag:x.example,2026:%E6%96%B0%201");
	CHECK_STR(identity_stated(arena, "e.example", "https://x.example/?p=1%20"),
		"https://x.example/?p=1%20");
	CHECK_STR(identity_stated(arena, "e.example", "doc-17"), "tag:e.example,2026:doc-17");
	CHECK_STR(identity_stated(arena, "e.example", "urnal:[1]"),
		"tag:e.example,2026:urnal:%5B1%5D");
	CHECK_STR(identity_tagging(arena, "News.Example", "http://h.example/"), "news.example");
	CHECK_STR(identity_tagging(arena, "青岑日报", "http://h.example/"), "h.example");
	CHECK_STR(identity_tagging(arena, NULL, "http://h.example/"), "h.example");
	CHECK_STR(identity_slug(arena, NULL, "news/bus-routes.md", id), "bus-routes");
	CHECK_STR(identity_slug(arena, "stated", "news/x.md", id), "stated");
	CHECK_STR(identity_slug(arena, NULL, "md/museum-night/index.md", id), "museum-night");
	CHECK_INT(strlen(identity_slug(arena, NULL, "新闻.md", id)), 12);
	CHECK_INT(strlen(identity_slug(arena, "../../etc", "新闻.md", id)), 12);
	CHECK_STR(identity_authority(arena, "http://User@WWW.Example.org:80/x"), "www.example.org");
	CHECK_STR(identity_authority(arena, "http://[::1]:8080/"), "localhost");
	arena_destroy(arena);
}
