/* test_markdown.c: the mends for Chinese text, GFM, and that raw HTML says nothing. */
#include "feeds/markdown.h"

#include <stdlib.h>
#include <string.h>

#include "feeds/article.h"
#include "feeds/base/arena.h"
#include "tests/unit/harness.h"

static void check(const char *text, const char *html)
{
	struct arena *arena = arena_create();
	struct markdown markdown;

	CHECK(markdown_render(arena, text, strlen(text), &markdown, NULL));
	CHECK_STR(markdown.html, html);
	arena_destroy(arena);
}

TEST(emphasis_closes_behind_full_width_marks)
{
	check("自，**市图书馆：**每周", "<p>自，<strong>市图书馆：</strong>每周</p>\n");
	check("*政务局：*首批上线**“一件事”**12 类", "<p><em>政务局：</em>首批上线<strong>“一件事”"
		"</strong>12 类</p>\n");
	check("支持**《办事指南》**在线", "<p>支持<strong>《办事指南》</strong>在线</p>\n");
	check("注意：**重点**内容", "<p>注意：<strong>重点</strong>内容</p>\n");
	check("**甲。**乙**丙。**丁", "<p><strong>甲。</strong>乙<strong>丙。</strong>丁</p>\n");
	check("~~旧：~~新", "<p><s>旧：</s>新</p>\n");
	check("2 * 3 * 4", "<p>2 * 3 * 4</p>\n");
	check("\\*\\*甲：\\*\\*乙", "<p>**甲：**乙</p>\n");
	check("`**甲：**乙`", "<p><code>**甲：**乙</code></p>\n");
	check("```\n**甲：**乙\n```\n", "<pre><code>**甲：**乙\n</code></pre>");
}

TEST(soft_breaks)
{
	check("座位，\n每人", "<p>座位，每人</p>\n");
	check("座位**中**\n每人", "<p>座位<strong>中</strong>每人</p>\n");
	check("座位\n**每人**", "<p>座位<strong>每人</strong></p>\n");
	check("seats\nfor all", "<p>seats\nfor all</p>\n");
	check("座位\n12", "<p>座位\n12</p>\n");
	check("甲  \n乙", "<p>甲<br>乙</p>\n");
}

TEST(addresses_end_where_chinese_begins)
{
	check("见 https://e.org/a。请查收",
		"<p>见 <a href=\"https://e.org/a\">https://e.org/a</a>。请查收</p>\n");
	check("见https://e.org/a，b",
		"<p>见<a href=\"https://e.org/a\">https://e.org/a</a>，b</p>\n");
	check("<https://e.org/b>。",
		"<p><a href=\"https://e.org/b\">https://e.org/b</a>。</p>\n");
	check("[甲](https://e.org/中文)", "<p><a href=\"https://e.org/中文\">甲</a></p>\n");
	check("[甲][1]\n\n[1]: https://e.org/中文",
		"<p><a href=\"https://e.org/中文\">甲</a></p>\n");
}

TEST(raw_html_says_nothing)
{
	check("<script>alert(1)</script>\n", "");
	check("甲<b onclick=x>乙</b>", "<p>甲乙</p>\n");
	check("a < b & c > \"d\"", "<p>a &lt; b &amp; c &gt; &quot;d&quot;</p>\n");
	check("&copy; &#x4E2D;", "<p>&copy; &#x4E2D;</p>\n");
}

TEST(gfm)
{
	check("| a | b |\n|---|---|\n| 1 | 2 |\n",
		"<table><thead><tr><th>a</th>\n<th>b</th>\n</tr>\n</thead>\n"
		"<tbody><tr><td>1</td>\n<td>2</td>\n</tr>\n</tbody>\n</table>\n");
	check("- [x] 甲\n- [ ] 乙\n", "<ul><li>☑ 甲</li><li>☐ 乙</li></ul>\n");
	check("# 甲\n\n## 乙\n", "<h2>甲</h2>\n<h2>乙</h2>\n");
}

TEST(images_are_listed)
{
	struct arena *arena = arena_create();
	struct media_list images = {0};
	struct markdown markdown;
	static const char text[] =
		"![外*景* & \"x\"](a.png?x=1&y=2 \"题\")\n\n<!--more-->\n\n乙";

	CHECK(markdown_render(arena, text, strlen(text), &markdown, &images));
	CHECK_INT(images.count, 1);
	CHECK_STR(images.items[0].href, "a.png?x=1&y=2");
	CHECK_STR(images.items[0].alt, "外景 & \"x\"");
	CHECK_STR(images.items[0].caption, "题");
	CHECK(markdown.more > 0 && markdown.more < markdown.len);
	arena_destroy(arena);
}

/* Linear on what is known to be slow elsewhere; the harness has the time limit. */
TEST(hostile_text_is_quick)
{
	static const char *const pieces[] = {
		"**", "`", "[", "![", "> ", "* ", "**甲：", "见https://e.org/",
		"www.e.org ", "a@e.org ", "~~~\n", "\\"};
	enum { REPEAT = 20000 };

	for (size_t i = 0; i < sizeof(pieces) / sizeof(*pieces); i++) {
		size_t len = strlen(pieces[i]);
		char *text = malloc(len * REPEAT + 1);
		struct arena *arena = arena_create();
		struct markdown markdown;

		for (size_t j = 0; j < REPEAT; j++)
			memcpy(text + j * len, pieces[i], len);
		text[len * REPEAT] = '\0';
		CHECK(markdown_render(arena, text, len * REPEAT, &markdown, NULL));
		free(text);
		arena_destroy(arena);
	}
}
