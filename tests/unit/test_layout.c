/* test_layout.c: the grammar of the plain-text page, piece by piece. */
#include "feeds/layout.h"

#include <stdlib.h>
#include <string.h>

#include "feeds/article.h"
#include "feeds/base/arena.h"
#include "feeds/parse.h"
#include "tests/unit/harness.h"

static struct arena *arena;

static struct article read_layout(const char *text)
{
	struct parse_context context = {.path = "a.txt"};
	struct article article = {0};
	struct diagnosis why;

	arena = arena_create();
	CHECK(layout_article(arena, &context, text, strlen(text), &article, &why));
	return article;
}

TEST(head)
{
	struct article article = read_layout(
		"青岑新闻网\n引题一行\n主标题\n——副标题\n2026-05-12 10:24 来源：甲报\n正文。\n");

	CHECK_STR(article.platform, "青岑新闻网");
	CHECK_STR(article.kicker, "引题一行");
	CHECK_STR(article.title, "主标题");
	CHECK_STR(article.subtitle, "——副标题");
	CHECK_STR(article.source, "甲报");
	arena_destroy(arena);
	article = read_layout("主标题\n——副标题\n2026-05-12\n正文。\n");
	CHECK_STR(article.title, "主标题");
	CHECK_STR(article.subtitle, "——副标题");
	arena_destroy(arena);
	/* A platform's name alone is a title. */
	article = read_layout("青岑发布\n2026-05-12\n正文。\n");
	CHECK_STR(article.platform, NULL);
	CHECK_STR(article.title, "青岑发布");
	arena_destroy(arena);
}

TEST(information_line)
{
	struct article article = read_layout(
		"题\n日期：2026年5月12日 稿源：甲报\n作者：甲某 乙某\n正文于2026年5月1日写成。\n");

	CHECK(article.published.is_set);
	CHECK_INT(article.published.ms, 1778544000000);
	CHECK_STR(article.source, "甲报");
	CHECK_INT(article.authors.count, 2);
	CHECK_INT(article.paragraphs.count, 1);
	arena_destroy(arena);
	/* A sentence that begins with a date is not one. */
	article = read_layout("题\n2026年5月1日，会议召开。\n正文。\n");
	CHECK(!article.published.is_set);
	CHECK_STR(article.title, "题");
	CHECK_INT(article.paragraphs.count, 2);
	arena_destroy(arena);
}

TEST(noise_and_tail)
{
	struct article article = read_layout("题\n2026-05-12 来源：甲报\n[字体：大 中 小] 打印 关闭\n"
		"第一段。\n扫一扫在手机打开\n第二段。\n（完）\n责编：甲某 校对：乙某、丙某\n上一篇：x\n"
		"版权声明：不得转载。\n浏览次数：12 次\n");

	CHECK_INT(article.paragraphs.count, 2);
	CHECK_STR(article.paragraphs.items[1], "第二段。");
	CHECK_INT(article.editors.count, 3);
	CHECK_STR(article.editors.items[0].role, "责任编辑");
	CHECK_STR(article.editors.items[2].name, "丙某");
	CHECK_STR(article.editors.items[2].role, "校对");
	CHECK_STR(article.notice, "版权声明：不得转载。");
	arena_destroy(arena);
}

TEST(body_keeps_its_characters)
{
	struct article article = read_layout("题\n2026-05-12\n　　Ａ＆Ｂ <b>１</b> ① & c\n");

	CHECK_INT(article.paragraphs.count, 1);
	CHECK_STR(article.paragraphs.items[0], "Ａ＆Ｂ <b>１</b> ① & c");
	arena_destroy(arena);
}

TEST(corrective)
{
	struct article article =
		read_layout("更正\n2026-05-10 12:00\n更正稿件：urn:x:1\n误，应为正。\n");

	CHECK_INT(article.correction.level, CORRECTION_CORRECTIVE);
	CHECK_STR(article.correction.of, "urn:x:1");
	CHECK_STR(article.correction.note, "误，应为正。");
	CHECK_INT(article.paragraphs.count, 1);
	arena_destroy(arena);
}

TEST(every_cut)
{
	static const char text[] = "平台\n题\n2026-05-12 10:24 来源：甲报 作者：乙\n[字体：大\n"
		"本报讯（记者 甲某）文。\n[责任编辑：丙某\n声明：不得转载\n";

	for (size_t cut = 0; cut < sizeof(text); cut++) {
		struct parse_context context = {.path = "a.txt"};
		char *copy = malloc(cut + 1);
		struct article article = {0};
		struct diagnosis why;

		arena = arena_create();
		memcpy(copy, text, cut);
		copy[cut] = '\0';
		CHECK(layout_article(arena, &context, copy, cut, &article, &why));
		free(copy);
		arena_destroy(arena);
	}
}

TEST(an_english_page)
{
	struct article article = read_layout("City Library Opens\nBy Jane Smith\n"
		"2026-05-08 09:30  Source: Daily News\nThe library is open.\n");

	CHECK_STR(article.title, "City Library Opens");
	CHECK_STR(article.kicker, NULL);
	CHECK_STR(article.authors.items[0].name, "Jane Smith");
	CHECK_STR(article.source, "Daily News");
	arena_destroy(arena);
}
