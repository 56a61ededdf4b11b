/* test_frontmatter.c: values stay strings, what of YAML we refuse, the keys. */
#include "feeds/frontmatter.h"

#include <stdlib.h>
#include <string.h>

#include "feeds/article.h"
#include "feeds/base/arena.h"
#include "feeds/parse.h"
#include "tests/unit/harness.h"

struct world {
	struct arena *arena;
	struct article article;
	struct diagnosis why;
};

static bool apply(struct world *world, const char *yaml)
{
	static const struct field_source source = {.name = "front matter"};
	struct parse_context context = {.path = "a.md"};
	struct value *fields;

	world->arena = arena_create();
	return frontmatter_parse_yaml(
		       world->arena, yaml, strlen(yaml), 2, &fields, &world->why) &&
	       frontmatter_apply(world->arena, &context, fields, &source, &world->article,
		       &world->why);
}

static void refuses(const char *yaml, const char *class, int line, int column)
{
	struct world world = {0};

	CHECK(!apply(&world, yaml));
	CHECK_STR(world.why.class, class);
	CHECK_INT(world.why.line, line);
	CHECK_INT(world.why.column, column);
	arena_destroy(world.arena);
}

TEST(refusals_say_where)
{
	refuses("title: 甲: 乙\n", "yaml-syntax", 2, 9);
	refuses("a: 1\ntitle: [x\n", "yaml-syntax", 4, 1);
	refuses("a: &x 1\n", "yaml-alias-forbidden", 2, 4);
	refuses("a: *x\n", "yaml-alias-forbidden", 2, 4);
	refuses("? &k a\n: b\n", "yaml-alias-forbidden", 2, 3);
	refuses("a: !!str 1\n", "yaml-tag-forbidden", 2, 4);
	refuses("Title: a\ntitle: b\n", "yaml-duplicate-key", 3, 1);
	refuses("- a\n- b\n", "yaml-syntax", 2, 1);
	refuses("[a]: b\n", "yaml-syntax", 2, 1);
	refuses("date: 2026-02-30\n", "date-invalid", 2, 7);
	refuses("date: soon\n", "date-invalid", 2, 7);
	refuses("x: 1\ndraft: maybe\n", "value-invalid", 3, 8);
	refuses("status: odd\n", "value-invalid", 2, 9);
	refuses("correction: {level: grave}\n", "value-invalid", 2, 21);
}

TEST(scalars_are_strings)
{
	struct world world = {0};

	CHECK(apply(&world,
		"title: no\nsubtitle: 1.10\nkicker: 12:30\ntags: [2026, null]\n"));
	CHECK_STR(world.article.title, "no");
	CHECK_STR(world.article.subtitle, "1.10");
	CHECK_STR(world.article.kicker, "12:30");
	CHECK_STR(world.article.tags.items[0], "2026");
	CHECK_STR(world.article.tags.items[1], "null");
	arena_destroy(world.arena);
}

TEST(keys)
{
	struct world world = {0};

	CHECK(apply(&world, "TITLE: \nHeadline: h\nparams:\n  Source: s\n  urgency: 3\n"
		"date: 2026-05-01\npublishDate: 2026-05-02\n"));
	CHECK_STR(world.article.title, "h");
	CHECK_STR(world.article.origin[FIELD_TITLE], "front matter: Headline");
	CHECK_STR(world.article.source, "s");
	CHECK_INT(world.article.urgency, 3);
	CHECK_INT(world.article.published.ms, 1777680000000);
	CHECK_STR(world.article.origin[FIELD_PUBLISHED], "front matter: publishDate");
	arena_destroy(world.arena);
}

TEST(lists_and_strings)
{
	struct world world = {0};

	CHECK(apply(&world, "tags: 公交 线路\ncategories: AI, open data\n"
			    "authors: [{name: A, role: r, org: o}, 'B "
			    "<b@c.example>']\nkeywords: k\n"));
	CHECK_INT(world.article.tags.count, 2);
	CHECK_INT(world.article.categories.count, 2);
	CHECK_STR(world.article.categories.items[1], "open data");
	CHECK_INT(world.article.authors.count, 2);
	CHECK_STR(world.article.authors.items[0].org, "o");
	CHECK_STR(world.article.authors.items[1].email, "b@c.example");
	arena_destroy(world.arena);
}

TEST(states)
{
	struct world world = {0};

	CHECK(apply(&world, "id: x\nstatus: withdrawn\nwithdrawn: 2026-05-16\n"
		"withdraw_reason: r\nembargo: 2026-05-17\nexpires: 2026-05-18\n"
		"reviews: [{stage: 一审, by: 甲, at: 2026-05-01}]\n"));
	CHECK_INT(world.article.status, STATUS_WITHDRAWN);
	CHECK(world.article.withdrawal.is_set);
	CHECK_STR(world.article.withdrawal.id, "x");
	CHECK_STR(world.article.withdrawal.reason, "r");
	CHECK(world.article.embargo.is_set && world.article.expires.is_set);
	CHECK_INT(world.article.reviews.count, 1);
	CHECK_STR(world.article.reviews.items[0].by, "甲");
	arena_destroy(world.arena);
}

TEST(one_file_is_one_enclosure)
{
	struct world world = {0};

	CHECK(apply(&world, "audio: a.mp3\nenclosures:\n"
		"  - {url: a.mp3, duration: '1:30', length: 12}\n  - b.pdf\n"));
	CHECK_INT(world.article.attachments.count, 2);
	CHECK_INT(world.article.attachments.items[0].duration_s, 90);
	CHECK_INT(world.article.attachments.items[0].length, 12);
	arena_destroy(world.arena);
}

TEST(json)
{
	static const char good[] = "{\"title\": \"t\", \"tags\": [\"a\", 1, true]}";
	static const char bad[] = "{\"title\": }";
	struct arena *arena = arena_create();
	static const char *const keys[] = {"title", NULL};
	struct diagnosis why;
	struct value *fields;

	CHECK(frontmatter_parse_json(arena, good, strlen(good), &fields, &why));
	CHECK_STR(frontmatter_text(arena, fields, keys), "t");
	CHECK(!frontmatter_parse_json(arena, bad, strlen(bad), &fields, &why));
	CHECK_STR(why.class, "json-syntax");
	CHECK_INT(why.line, 1);
	arena_destroy(arena);
}

TEST(bounds)
{
	struct arena *arena = arena_create();
	struct diagnosis why;
	struct value *fields;
	size_t len = 64 * 1024 + 1;
	char *text = malloc(len);

	memset(text, 'a', len);
	CHECK(!frontmatter_parse_yaml(arena, text, len, 1, &fields, &why));
	CHECK_STR(why.class, "too-large");
	memset(text, '[', len - 1);
	CHECK(!frontmatter_parse_yaml(arena, text, len - 1, 1, &fields, &why));
	CHECK_STR(why.class, "yaml-too-deep");
	free(text);
	arena_destroy(arena);
}

TEST(every_cut)
{
	static const char yaml[] =
		"title: \"甲\"\ntags: [a, 'b']\ncorrection:\n  note: |\n    x\n";

	for (size_t cut = 0; cut < sizeof(yaml); cut++) {
		struct arena *arena = arena_create();
		char *copy = malloc(cut + 1);
		struct diagnosis why = {0};
		struct value *fields;

		memcpy(copy, yaml, cut);
		if (!frontmatter_parse_yaml(arena, copy, cut, 1, &fields, &why))
			CHECK(why.class && why.message);
		free(copy);
		arena_destroy(arena);
	}
}
