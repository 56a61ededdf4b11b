/* settle.c, names.c and known.c: pure, so time is simulated. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/watch/known.h"
#include "daemon/watch/names.h"
#include "daemon/watch/settle.h"
#include "feeds/base/buf.h"
#include "tests/unit/harness.h"

/* What is due at NOW, as "a b c"; the caller's buffer. */
static const char *due(struct settle *set, int64_t now, struct buf *out, int64_t *wake_at)
{
	struct settle_item items[4];
	size_t count;

	buf_clear(out);
	do {
		count = settle_take_due(set, now, items, 4, wake_at);
		for (size_t i = 0; i < count; i++) {
			buf_printf(out, out->len > 0 ? " %s" : "%s", items[i].path);
			free(items[i].path);
		}
	} while (count == 4);
	return buf_text(out);
}

TEST(nothing_is_due_in_an_empty_set)
{
	struct settle *set = settle_create(200);
	struct buf out = {0};
	int64_t wake_at;

	CHECK_STR(due(set, 1000, &out, &wake_at), "");
	CHECK_INT(wake_at, -1);
	settle_destroy(set);
	settle_destroy(NULL);
	buf_finish(&out);
}

TEST(a_path_is_due_when_it_was_quiet)
{
	struct settle *set = settle_create(200);
	struct buf out = {0};
	int64_t wake_at;

	settle_touch(set, "a", 1000);
	CHECK_STR(due(set, 1199, &out, &wake_at), "");
	CHECK_INT(wake_at, 1200);
	CHECK_STR(due(set, 1200, &out, &wake_at), "a");
	CHECK_INT(wake_at, -1);
	CHECK_STR(due(set, 9999, &out, &wake_at), "");
	settle_destroy(set);
	buf_finish(&out);
}

TEST(a_slow_writer_is_never_due_until_it_stops)
{
	struct settle *set = settle_create(200);
	struct buf out = {0};
	int64_t wake_at;

	for (int64_t now = 0; now < 3600 * 1000; now += 100) {
		settle_touch(set, "slow", now);
		CHECK_STR(due(set, now + 99, &out, &wake_at), "");
	}
	CHECK_INT(settle_count(set), 1);
	CHECK_STR(due(set, 3600 * 1000 + 100, &out, &wake_at), "slow");
	settle_destroy(set);
	buf_finish(&out);
}

TEST(order_is_that_of_the_last_touch)
{
	struct settle *set = settle_create(10);
	struct buf out = {0};
	int64_t wake_at;

	settle_touch(set, "old", 1);
	settle_touch(set, "new", 1);
	settle_touch(set, "c", 2);
	settle_touch(set, "d", 3);
	settle_touch(set, "e", 4);
	settle_touch(set, "c", 5);
	CHECK_STR(due(set, 11, &out, &wake_at), "old new");
	CHECK_INT(wake_at, 13);
	CHECK_STR(due(set, 20, &out, &wake_at), "d e c");
	settle_destroy(set);
	buf_finish(&out);
}

TEST(at_most_max_are_taken)
{
	struct settle *set = settle_create(10);
	struct settle_item items[2];
	int64_t wake_at;

	settle_touch(set, "a", 1);
	settle_touch(set, "b", 1);
	settle_touch(set, "c", 1);
	CHECK_INT(settle_take_due(set, 50, items, 2, &wake_at), 2);
	CHECK_INT(wake_at, 50);
	CHECK(!settle_has(set, "a"));
	CHECK(settle_has(set, "c"));
	free(items[0].path);
	free(items[1].path);
	settle_destroy(set);
}

TEST(a_touch_forgets_what_was_seen)
{
	struct settle *set = settle_create(10);
	struct settle_item item;
	int64_t wake_at;

	settle_touch(set, "a", 1);
	settle_see(set, "a", 5, 77);
	CHECK_INT(settle_take_due(set, 11, &item, 1, &wake_at), 1);
	CHECK(item.is_seen);
	CHECK_INT(item.size, 5);
	CHECK_INT(item.mtime_ns, 77);
	free(item.path);
	settle_touch(set, "a", 1);
	settle_see(set, "a", 5, 77);
	settle_touch(set, "a", 2);
	CHECK_INT(settle_take_due(set, 12, &item, 1, &wake_at), 1);
	CHECK(!item.is_seen);
	free(item.path);
	settle_destroy(set);
}

TEST(awaited_paths_are_counted_until_taken)
{
	struct settle *set = settle_create(10);
	struct settle_item item;
	int64_t wake_at;

	settle_touch(set, "a", 1);
	settle_touch(set, "b", 1);
	settle_await(set, "b");
	settle_await(set, "b");
	CHECK_INT(settle_awaited_count(set), 1);
	CHECK_STR(settle_first_awaited(set), "b");
	settle_touch(set, "b", 2);
	CHECK_INT(settle_awaited_count(set), 1);
	CHECK_INT(settle_take_due(set, 11, &item, 1, &wake_at), 1);
	CHECK(!item.is_awaited);
	free(item.path);
	CHECK_INT(settle_take_due(set, 12, &item, 1, &wake_at), 1);
	CHECK(item.is_awaited);
	free(item.path);
	CHECK_INT(settle_awaited_count(set), 0);
	CHECK(settle_first_awaited(set) == NULL);
	settle_touch(set, "c", 3);
	settle_await(set, "c");
	settle_await_none(set);
	CHECK_INT(settle_awaited_count(set), 0);
	settle_destroy(set);
}

TEST(a_hundred_thousand_touches_are_quick)
{
	struct settle *set = settle_create(10);
	struct buf out = {0};
	char name[32];
	int64_t wake_at;

	for (int turn = 0; turn < 3; turn++)
		for (int i = 0; i < 100000; i++) {
			snprintf(name, sizeof(name), "news/%d.md", i);
			settle_touch(set, name, turn);
		}
	CHECK_INT(settle_count(set), 100000);
	due(set, 12, &out, &wake_at);
	CHECK_INT(settle_count(set), 0);
	settle_destroy(set);
	buf_finish(&out);
}

TEST(ignored_names)
{
	static const char *const ignored[] = {"", ".", "..", ".hidden", "a.md~",
		"a.md.swp", "a.part", "a.tmp", "A.TMP", "x.crdownload", "~"};
	static const char *const kept[] = {"a.md", "_channel.yaml", "a", "tmp", "part",
		"a.tmp.md", "\xe6\x96\xb0\xe9\x97\xbb.html", "a.md.yaml"};

	for (size_t i = 0; i < sizeof(ignored) / sizeof(*ignored); i++)
		CHECK(names_is_ignored(ignored[i]));
	for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++)
		CHECK(!names_is_ignored(kept[i]));
}

TEST(utf8_names)
{
	CHECK(names_is_utf8(""));
	CHECK(names_is_utf8("a.md"));
	CHECK(names_is_utf8("\xe6\x96\xb0\xe9\x97\xbb"));
	CHECK(names_is_utf8("\xf0\x9f\x98\x80"));
	CHECK(!names_is_utf8("\xd0\xc2\xce\xc5")); /* GBK */
	CHECK(!names_is_utf8("\xc0\xaf"));	   /* overlong */
	CHECK(!names_is_utf8("\xe0\x80\xaf"));
	CHECK(!names_is_utf8("\xed\xa0\x80")); /* surrogate */
	CHECK(!names_is_utf8("\xf4\x90\x80\x80"));
	CHECK(!names_is_utf8("\xe6\x96")); /* cut */
	CHECK(!names_is_utf8("\x80"));
}

static void collect(void *context, const char *path)
{
	size_t *count = context;

	CHECK(strncmp(path, "a/", 2) == 0);
	(*count)++;
}

TEST(known_files_below_a_directory)
{
	struct known known;
	size_t count = 0;

	known_init(&known);
	known_add_file(&known, "top.md");
	known_add_file(&known, "a/1.md");
	known_add_file(&known, "a/b/2.md");
	known_add_file(&known, "a/b/2.md");
	known_add_file(&known, "ab/3.md");
	CHECK(known_has_file(&known, "a/b/2.md"));
	CHECK(!known_has_file(&known, "a/b"));
	CHECK(!known_has_file(&known, "z/b"));
	known_each_file(known_dir_at(&known, "a", false), collect, &count);
	CHECK_INT(count, 2);
	CHECK(known_remove_file(&known, "a/b/2.md"));
	CHECK(!known_remove_file(&known, "a/b/2.md"));
	CHECK(known_dir_at(&known, "a/b", false) == NULL);
	CHECK(known_remove_file(&known, "a/1.md"));
	CHECK(known_dir_at(&known, "a", false) == NULL);
	CHECK(known_dir_at(&known, "", false) == known.root);
	known_finish(&known);
}

TEST(known_watch_descriptors_have_one_owner)
{
	struct known known;
	struct known_dir *one, *two;
	struct buf path = {0};

	known_init(&known);
	one = known_dir_at(&known, "x/one", true);
	two = known_dir_at(&known, "two", true);
	known_set_wd(&known, one, 7);
	CHECK(known_dir_of_wd(&known, 7) == one);
	known_set_wd(&known, two, 7);
	CHECK(known_dir_of_wd(&known, 7) == two);
	CHECK_INT(one->wd, -1);
	known_path(one, "f", &path);
	CHECK_STR(buf_text(&path), "x/one/f");
	known_path(known.root, "f", &path);
	CHECK_STR(buf_text(&path), "f");
	known_path(one, "", &path);
	CHECK_STR(buf_text(&path), "x/one");
	known_prune(&known, one);
	CHECK(known_dir_at(&known, "x", false) == NULL);
	known_set_wd(&known, two, -1);
	CHECK(known_dir_of_wd(&known, 7) == NULL);
	buf_finish(&path);
	known_finish(&known);
}
