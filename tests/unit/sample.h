/*
 * sample.h: one article with every field set, for the tests of encoders and writers.
 * Included by tests only; everything is constant.
 */
#ifndef TESTS_SAMPLE_H
#define TESTS_SAMPLE_H

#include "feeds/article.h"

/* 2026-05-08T09:30:00+08:00 */
#define SAMPLE_PUBLISHED                                                                 \
	{                                                                                \
		INT64_C(1778203800000), 28800, true                                      \
	}
/* 2026-05-08T10:00:00.001+08:00 */
#define SAMPLE_UPDATED                                                                   \
	{                                                                                \
		INT64_C(1778205600001), 28800, true                                      \
	}

static const struct person sample_authors[] = {
	{.name = "王<小>明",
		.role = "记者",
		.org = "青岑日报",
		.email = "wang@news.example"},
	{.name = "李 & 红", .role = "记者"},
};
static const struct person sample_editors[] = {{.name = "杨林", .role = "责任编辑"}};
static const char *const sample_tags[] = {"民生", "水库 \"大坝\""};
static const char *const sample_categories[] = {"时政", "民生"};
static const struct review sample_reviews[] = {{"一审", "甲", SAMPLE_PUBLISHED}};
static struct media sample_images[] = {
	{.href = "a.jpg",
		.url = "https://news.example/a.jpg",
		.type = "image/jpeg",
		.role = "lead",
		.caption = "图 <一> & 二",
		.length = 2048,
		.width = 800,
		.height = 600},
	{.href = "b.png",
		.url = "https://news.example/b.png",
		.alt = "\"二\"",
		.length = -1},
};
static struct media sample_attachments[] = {
	{.href = "a.mp3",
		.url = "https://news.example/a.mp3",
		.type = "audio/mpeg",
		.title = "录音",
		.length = 123456,
		.duration_s = 61},
};

static inline struct article sample_article(void)
{
	return (struct article){
		.format = FORMAT_NITF,
		.encoding = "GB18030",
		.declared_encoding = "gb2312",
		.has_bom = true,
		.newline = "CRLF",
		.title = "水库 <b>大坝</b> & 加固 ]]> \"完\" 😀𠮷",
		.kicker = "",
		.subtitle = "副题 <i> & 1 < 2",
		.platform = "青岑发布",
		.site_name = "青岑新闻网",
		.channel = "时政",
		.categories = {sample_categories, 2},
		.tags = {sample_tags, 2},
		.published = SAMPLE_PUBLISHED,
		.updated = SAMPLE_UPDATED,
		.source = "青岑日报 & 网",
		.source_url = "https://paper.example/?a=1&b=2",
		.dateline = {"青岑新闻网", "青岑", "2026-05-08", true},
		.authors = {sample_authors, 2},
		.editors = {sample_editors, 1},
		.edition = {"青岑日报", "2026-05-08", "03", "要闻",
			"https://paper.example/03.html", true},
		.summary = "摘要 <1> & ]]> 😀",
		.lead = "导语。",
		.language = "zh-CN",
		.rights = "© 青岑日报 & <网>",
		.notice = "未经许可不得转载",
		.urgency = 3,
		.correction = {CORRECTION_CORRECTION, SAMPLE_UPDATED,
			"日期有误 <8 日> & 更正", NULL},
		.withdrawal = {"tag:news.example,2026:1", SAMPLE_UPDATED,
			"事实 <不实> & 撤稿", true},
		.id = "tag:news.example,2026:1",
		.url = "https://news.example/a/1",
		.mobile_url = "https://m.news.example/1",
		.editor_note = "SECRET NOTE",
		.images = {sample_images, 2},
		.attachments = {sample_attachments, 1},
		.reviews = {sample_reviews, 1},
		.html = "<p>正文 &amp; <a "
			"href=\"https://x.example/?a=1&amp;b=2\">]]&gt;</a></p>\n"
			"<p>😀𠮷</p>",
		.origin = {[FIELD_TITLE] = "h1", [FIELD_BODY] = "body"},
	};
}

#endif
