/* test_text.c: folding, cleaning, names, labels, the dateline and the lead. */
#include "feeds/text.h"

#include <stdio.h>
#include <string.h>

#include "feeds/article.h"
#include "feeds/base/arena.h"
#include "tests/unit/harness.h"

static const char *fold(struct arena *arena, const char *text)
{
	return text_fold(arena, text, strlen(text));
}

TEST(folds_white_space)
{
	struct arena *arena = arena_create();

	CHECK_STR(fold(arena, ""), "");
	CHECK_STR(fold(arena, " \n\t　"), "");
	CHECK_STR(fold(arena, "　　甲 乙\n"), "甲 乙");
	CHECK_STR(fold(arena, "座位，\n每人"), "座位，每人");
	CHECK_STR(fold(arena, "座位，\r\n   每人"), "座位，每人");
	CHECK_STR(fold(arena, "甲\n12"), "甲 12");
	CHECK_STR(fold(arena, "a\nb"), "a b");
	CHECK_STR(fold(arena, "甲\n“乙”"), "甲“乙”");
	CHECK_STR(fold(arena, "한국\n사람"), "한국 사람");
	CHECK_STR(fold(arena, "a\xC2\xA0\xC2\xA0" "b"), "a b");
	arena_destroy(arena);
}

TEST(cleans)
{
	struct arena *arena = arena_create();

	CHECK_STR(text_clean(arena, "a\0b\x01\x7F", 5), "ab");
	CHECK_STR(text_clean(arena, "\xEF\xBB\xBFx", 4), "x");
	CHECK_STR(text_clean(arena, "\xEF\xBF\xBD", 3), "□");
	CHECK_STR(text_clean(arena, "\xEF\xBF\xBF", 3), "");
	CHECK_STR(text_clean(arena, "\xC2\x93x\xC2\x94", 5), "“x”");
	CHECK_STR(text_clean(arena, "a\xFF", 2), "a□");
	CHECK_STR(text_clean(arena, "\xED\xA0\x80", 3), "□□□");
	CHECK_STR(text_clean(arena, "\xF0\xA0\xAE\xB7", 4), "𠮷");
	arena_destroy(arena);
}

static void check_people(const char *text, const char *want)
{
	struct arena *arena = arena_create();
	struct people people = {0};
	char got[512] = "";

	text_people(arena, text, "作者", &people);
	for (size_t i = 0; i < people.count; i++) {
		size_t len = strlen(got);

		snprintf(got + len, sizeof(got) - len, "%s%s%s%s", i ? "|" : "",
			people.items[i].name, people.items[i].email ? "@" : "",
			people.items[i].email ? people.items[i].email : "");
	}
	CHECK_STR(got, want);
	arena_destroy(arena);
}

TEST(names)
{
	check_people("", "");
	check_people("甲某、乙某", "甲某|乙某");
	check_people("甲某 乙某，丙某;丁某", "甲某|乙某|丙某|丁某");
	check_people("王 伟 李小明", "王伟|李小明");
	check_people("John Smith, Jane Roe", "John Smith|Jane Roe");
	check_people("A B <a@b.example>", "A B@a@b.example");
	check_people("阿卜杜拉·买买提 张三", "阿卜杜拉·买买提|张三");
	check_people("甲某、甲某", "甲某");
}

TEST(labels)
{
	struct arena *arena = arena_create();
	struct text_labels labels;

	text_find_labels(arena, "2026-05-12 10:24:10 来源:青岑日报 作者:甲某 乙某 编辑：丙", &labels);
	CHECK_STR(labels.source, "青岑日报");
	CHECK_STR(labels.author, "甲某 乙某");
	CHECK_STR(labels.editor, "丙");
	text_find_labels(arena, "2026年5月13日 09:05稿件来源：青岑新闻网", &labels);
	CHECK_STR(labels.source, "青岑新闻网");
	CHECK_STR(labels.author, NULL);
	text_find_labels(arena, "来源: Qingcen News 2026-05-12", &labels);
	CHECK_STR(labels.source, "Qingcen News");
	text_find_labels(arena, "来源：  ", &labels);
	CHECK_STR(labels.source, NULL);
	text_find_labels(arena, "资料来源不详", &labels);
	CHECK_STR(labels.source, NULL);
	text_find_labels(arena, "[责任编辑：吴校样]", &labels);
	CHECK_STR(labels.editor, "吴校样");
	arena_destroy(arena);
}

struct dateline_case {
	const char *text, *agency, *place, *date;
	const char *author, *role, *org; /* of the first */
	size_t authors;
};

static void check_dateline(const struct dateline_case *want)
{
	struct arena *arena = arena_create();
	/* 2026-01-02T00:00Z */
	struct article article = {.published = {.ms = 1767312000000, .is_set = true}};
	bool found = text_dateline(arena, want->text, &article);

	if (found != (want->agency != NULL))
		harness_fail(__FILE__, __LINE__, "dateline %d: %s", found, want->text);
	CHECK_STR(article.dateline.agency, want->agency);
	CHECK_STR(article.dateline.place, want->place);
	CHECK_STR(article.dateline.date, want->date);
	CHECK_INT(article.authors.count, want->authors);
	if (want->authors) {
		CHECK_STR(article.authors.items[0].name, want->author);
		CHECK_STR(article.authors.items[0].role, want->role);
		CHECK_STR(article.authors.items[0].org, want->org);
	}
	arena_destroy(arena);
}

TEST(datelines)
{
	static const struct dateline_case cases[] = {
		{"青岑新闻网讯(青岑日报记者甲某、乙某)5月11日,", "青岑新闻网", NULL, NULL, "甲某",
			"记者", "青岑日报", 2},
		{"本报讯（记者 甲某 通讯员 乙某）东湖", "本报", NULL, NULL, "甲某", "记者", NULL, 2},
		{"本报讯 老城区改造", "本报", NULL, NULL, NULL, NULL, NULL, 0},
		{"新华社北京1月1日电（记者甲某）今天", "新华社", "北京", "2026-01-01", "甲某", "记者",
			NULL, 1},
		{"新华社北京12月31日电 今天", "新华社", "北京", "2025-12-31", NULL, NULL, NULL, 0},
		{"市供水服务中心介绍，能力为42万。", NULL, NULL, NULL, NULL, NULL, NULL, 0},
		{"国家电网公司", NULL, NULL, NULL, NULL, NULL, NULL, 0},
		{"本市今日停电 请市民注意", NULL, NULL, NULL, NULL, NULL, NULL, 0},
		{"", NULL, NULL, NULL, NULL, NULL, NULL, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		check_dateline(&cases[i]);
}

TEST(lead_ends_with_a_sentence)
{
	struct arena *arena = arena_create();
	char longer[4096] = "";
	struct strings paragraphs = {0};

	CHECK_STR(text_lead(arena, &paragraphs), NULL);
	strings_add(arena, &paragraphs, "一览");
	CHECK_STR(text_lead(arena, &paragraphs), "一览");
	strings_add(arena, &paragraphs, "第一句说得清楚。第二句也是。");
	CHECK_STR(text_lead(arena, &paragraphs), "第一句说得清楚。第二句也是。");
	paragraphs.count = 0;
	paragraphs.items = NULL;
	for (int i = 0; i < 100; i++)
		strcat(longer, "春江");
	strings_add(arena, &paragraphs, longer);
	/* 119 characters and the ellipsis. */
	CHECK_INT(strlen(text_lead(arena, &paragraphs)), 120 * 3);
	paragraphs.count = 0;
	paragraphs.items = NULL;
	memcpy(longer + 90, "。", 3);
	strings_add(arena, &paragraphs, longer);
	CHECK_INT(strlen(text_lead(arena, &paragraphs)), 93);
	arena_destroy(arena);
}

TEST(lists_grow)
{
	struct arena *arena = arena_create();
	struct strings strings = {0};
	char name[16];

	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "%d", i);
		strings_add(arena, &strings, name);
	}
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "%d", i);
		CHECK_STR(strings.items[i], name);
	}
	arena_destroy(arena);
}
