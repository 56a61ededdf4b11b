/*
 * test_parse_rules.c: what article_parse does that no file of the corpus shows: where fields
 * come from, what waits, what is refused and with which words.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/article.h"
#include "feeds/base/arena.h"
#include "feeds/base/buf.h"
#include "feeds/defaults.h"
#include "feeds/parse.h"
#include "feeds/zone.h"
#include "tests/unit/harness.h"

struct world {
	struct arena *arena;
	struct zone *zone;
	struct parse_context context;
};

static struct world open_world(void)
{
	struct world world = {.arena = arena_create(), .zone = zone_create_fixed(8 * 3600)};

	world.context = (struct parse_context){
		.zone = world.zone,
		.base_url = "https://www.qingcen.example/",
		.language = "zh-CN",
	};
	article_parse_init();
	return world;
}

static void close_world(struct world *world)
{
	zone_destroy(world->zone);
	arena_destroy(world->arena);
}

static struct article *parse_text(struct world *world, const char *path, const char *text,
	struct diagnosis *why)
{
	struct parse_input in = {.bytes = text, .len = strlen(text)};
	struct article *article = NULL;

	world->context.path = path;
	return article_parse(world->arena, &world->context, &in, &article, why) ? article
										: NULL;
}

TEST(candidates)
{
	CHECK(article_is_candidate("news/a.md", false));
	CHECK(article_is_candidate("a.SHTML", false));
	CHECK(!article_is_candidate("a.png", false));
	CHECK(article_is_candidate("a.png", true));
	CHECK(!article_is_candidate("a.png.meta.yaml", false));
	CHECK(!article_is_candidate("news/_channel.yaml", false));
	CHECK(!article_is_candidate(".git/a.md", false));
	CHECK(!article_is_candidate("a/.b.md", false));
	CHECK(!article_is_candidate("a.md~", false));
	CHECK(!article_is_candidate("a.md.tmp", false));
	CHECK(!article_is_candidate("a.exe", true));
}

/* An item that the self-check refuses would hold back every feed that it is in. */
TEST(an_id_has_an_end)
{
	struct world world = open_world();
	struct diagnosis why;
	struct buf text = {0};

	for (int len = 1024; len <= 1025; len++) {
		text.len = 0;
		buf_printf(&text, "---\ntitle: A\ndate: 2026-05-01\nid: urn:%0*d\n---\nB.\n",
			len - 4, 0);
		CHECK((parse_text(&world, "a.md", text.bytes, &why) != NULL) == (len == 1024));
	}
	CHECK_STR(why.class, "value-invalid");
	buf_finish(&text);
	close_world(&world);
}

TEST(date_and_language_from_the_name)
{
	struct world world = open_world();
	struct diagnosis why;
	struct article *article = parse_text(&world, "x/2026-05-08-b.en.md",
		"---\ntitle: A\n---\nB.\n", &why);

	CHECK(article != NULL);
	CHECK_INT(article->published.ms, 1778169600000 /* 2026-05-08T00:00+08:00 */);
	CHECK_STR(article->origin[FIELD_PUBLISHED], "file name");
	CHECK_STR(article->language, "en");
	close_world(&world);
}

TEST(sidecar_wins)
{
	struct world world = open_world();
	static const char text[] =
		"---\ntitle: A\ndate: 2026-05-08\nsource: S\n---\nB.\n";
	static const char json[] = "{\"title\": \"C\", \"urgency\": 2}";
	struct parse_input in = {.bytes = text, .len = strlen(text), .sidecar = json,
		.sidecar_len = strlen(json), .sidecar_is_json = true};
	struct article *article;
	struct diagnosis why;

	world.context.path = "a.md";
	CHECK(article_parse(world.arena, &world.context, &in, &article, &why));
	CHECK_STR(article->title, "C");
	CHECK_STR(article->origin[FIELD_TITLE], "sidecar: title");
	CHECK_STR(article->source, "S");
	CHECK_INT(article->urgency, 2);
	close_world(&world);
}

TEST(directory_defaults_fill_gaps)
{
	struct world world = open_world();
	static const char yaml[] = "_channel.yaml\0title: 频道\nsource: 远\nrights: R\n\0"
		"n/_channel.yaml\0---\nsource: 近\n";
	struct diagnosis why;
	struct article *article;

	world.context.channel_yaml = yaml;
	world.context.channel_yaml_len = sizeof(yaml);
	article = parse_text(
		&world, "n/a.md", "---\ntitle: A\ndate: 2026-05-08\n---\nB.\n", &why);
	CHECK(article != NULL);
	CHECK_STR(article->title, "A");
	CHECK_STR(article->source, "近");
	CHECK_STR(article->rights, "R");
	CHECK_STR(article->origin[FIELD_SOURCE], "directory default: source");
	close_world(&world);
}

TEST(refusals)
{
	static const struct {
		const char *path, *text, *class;
		int line;
	} cases[] = {
		{"a.md", "+++\ntitle = 'x'\n+++\n", "toml-unsupported", 1},
		{"a.md", "---\ntitle: x\ndate: 2026-02-30\n---\n", "date-invalid", 3},
		{"a.md", "---\ntitle: x\n---\nb\n", "date-missing", 0},
		{"a.md", "---\ntitle: !x y\n---\nb\n", "yaml-tag-forbidden", 2},
		{"a.md", "---\ntitle: x\ntitle: y\n---\nb\n", "yaml-duplicate-key", 3},
		{"a.md", "---\na: [[[[[[[[[1]]]]]]]]]\n---\nb\n", "yaml-too-deep", 2},
		{"a.md", " \n\n", "empty-file", 0},
		{"a.md", "---\ntitle: x\ndate: 2026-05-01\nurgency: 12\n---\n",
			"value-invalid", 4},
		{"a.txt", "题\n2026-02-30 10:00 来源:甲\n正文。\n", "date-invalid", 2},
		{"a.md", "---\ntitle: \xFF\xFF\xFF\n---\n", "charset-unknown", 2},
		{"a.png", "x", "sidecar-missing", 0},
		{"a.html", "<meta name=PubDate content='2026-02-30 10:00'><h1>t</h1><p>a</p>",
			"date-invalid", 0},
		{"a.xml", "<nitf><head><title>t</title><docdata><date.issue norm='20260230T000000Z'"
			"/></docdata></head></nitf>", "date-invalid", 0},
	};
	struct world world = open_world();

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct diagnosis why;

		CHECK(!parse_text(&world, cases[i].path, cases[i].text, &why));
		CHECK_STR(why.class, cases[i].class);
		CHECK_INT(why.line, cases[i].line);
		CHECK(why.message != NULL);
	}
	close_world(&world);
}

static char *repeat(const char *head, const char *unit, size_t count)
{
	struct buf text = {0};

	buf_add_str(&text, head);
	for (size_t i = 0; i < count; i++)
		buf_add_str(&text, unit);
	return buf_take(&text, NULL);
}

TEST(states_that_wait)
{
	struct world world = open_world();
	struct diagnosis why;
	struct article *article = parse_text(&world, "a.md",
		"---\ntitle: A\ndate: 2026-05-08\nstatus: embargoed\n---\nB.\n", &why);

	/* without a time it lasts; with one it ends */
	CHECK(article != NULL);
	CHECK_INT(article_status_at(article, INT64_MAX), STATUS_EMBARGOED);
	article = parse_text(&world, "a.md", "---\ntitle: A\ndate: 2026-05-08\nembargo: "
		"2026-05-09\nstatus: embargoed\n---\nB.\n", &why);
	CHECK(article != NULL);
	CHECK_INT(article_status_at(article, article->embargo.ms - 1), STATUS_EMBARGOED);
	CHECK_INT(article_status_at(article, article->embargo.ms), STATUS_PUBLISHED);
	close_world(&world);
}

TEST(the_day_of_an_edition)
{
	struct world world = open_world();
	struct diagnosis why;
	struct article *article = parse_text(&world, "a.md", "---\ntitle: A\ndate: 2026-05-08\n"
		"电子报: {报纸: 甲报, 日期: 2026年5月9日}\n---\nB.\n", &why);

	CHECK(article != NULL);
	CHECK_STR(article->edition.date, "2026-05-09");
	CHECK(!parse_text(&world, "a.md", "---\ntitle: A\ndate: 2026-05-08\n"
		"edition: {paper: x, date: 2026-02-30}\n---\nB.\n", &why));
	CHECK_STR(why.class, "date-invalid");
	CHECK_INT(why.line, 4);
	close_world(&world);
}

TEST(refuses_what_is_too_complex)
{
	static const struct {
		const char *path, *head, *unit;
		size_t count;
	} cases[] = {
		{"a.md", "---\ntitle: x\ndate: 2026-05-01\n---\n", "[a](b)\n\n", 300000},
		{"a.html", "<h1>t</h1>", "<br>", 500000},
		{"a.html", "<h1>t</h1>", "<font>", 300},
		{"a.txt", "t\n2026-05-01\n", "a\n", 100001},
	};
	struct world world = open_world();

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *text = repeat(cases[i].head, cases[i].unit, cases[i].count);
		struct diagnosis why;

		CHECK(!parse_text(&world, cases[i].path, text, &why));
		CHECK_STR(why.class, "too-complex");
		free(text);
	}
	close_world(&world);
}

TEST(a_withdrawal_needs_nothing_else)
{
	struct world world = open_world();
	struct diagnosis why;
	struct article *article = parse_text(&world, "a.xml",
		"<newsItem xmlns='http://iptc.org/std/nar/2006-10-01/' guid='g'><itemMeta>"
		"<versionCreated>2026-05-10T10:30:00Z</versionCreated>"
		"<pubStatus qcode='stat:canceled'/></itemMeta></newsItem>", &why);

	CHECK(article != NULL);
	CHECK_INT(article->status, STATUS_WITHDRAWN);
	CHECK_STR(article->title, "g");
	close_world(&world);
}

TEST(broken_directory_defaults_refuse)
{
	static const struct {
		const char *yaml, *place;
	} cases[] = {
		{"source: 甲\nrights: a: b\n", "n/_channel.yaml:2:10: "},
		{"- a\n", "n/_channel.yaml:1:1: "},
		{"urgency: 12\n", "n/_channel.yaml:1:10: "},
	};
	struct world world = open_world();

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct buf all = {0};
		struct diagnosis why;

		defaults_add(&all, "_channel.yaml", "source: 乙", 10);
		defaults_add(&all, "n/_channel.yaml", cases[i].yaml, strlen(cases[i].yaml));
		world.context.channel_yaml = all.bytes;
		world.context.channel_yaml_len = all.len;
		CHECK(!parse_text(&world, "n/a.md",
			"---\ntitle: A\ndate: 2026-05-08\n---\nB.\n", &why));
		CHECK_STR(why.class, "channel-invalid");
		CHECK(!strncmp(why.message, cases[i].place, strlen(cases[i].place)));
		buf_finish(&all);
	}
	close_world(&world);
}

TEST(refuses_over_8_mib)
{
	struct world world = open_world();
	size_t len = 8 * 1024 * 1024 + 1;
	char *bytes = calloc(len, 1);
	struct parse_input in = {.bytes = bytes, .len = len};
	struct article *article;
	struct diagnosis why;

	world.context.path = "a.md";
	CHECK(!article_parse(world.arena, &world.context, &in, &article, &why));
	CHECK_STR(why.class, "too-large");
	free(bytes);
	close_world(&world);
}

TEST(more_ends_the_summary)
{
	struct world world = open_world();
	struct diagnosis why;
	struct article *article = parse_text(&world, "a.md",
		"---\ntitle: A\ndate: "
		"2026-05-08\n---\n第一段。\n\n<!--more-->\n\n第二段。\n",
		&why);

	CHECK(article != NULL);
	CHECK_STR(article->summary, "第一段。");
	CHECK_INT(article->paragraphs.count, 2);
	close_world(&world);
}

TEST(dateline_in_markdown)
{
	struct world world = open_world();
	struct diagnosis why;
	struct article *article = parse_text(&world, "a.md",
		"---\ntitle: A\ndate: 2026-05-08\n---\n本报讯（记者 甲某）文。\n", &why);

	CHECK(article != NULL);
	CHECK_STR(article->dateline.agency, "本报");
	CHECK_STR(article->authors.items[0].name, "甲某");
	article = parse_text(&world, "a.md",
		"---\ntitle: A\ndate: 2026-05-08\nauthor: 乙某\n---\n本报讯（记者 甲某）文。\n",
		&why);
	CHECK(article != NULL);
	CHECK_STR(article->dateline.agency, "本报");
	CHECK_INT(article->authors.count, 1);
	CHECK_STR(article->authors.items[0].name, "乙某");
	close_world(&world);
}
