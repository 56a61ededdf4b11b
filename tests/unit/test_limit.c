/* test_limit.c: an article of every field, cut down level by level. */
#include "feeds/limit.h"

#include <string.h>

#include "feeds/base/arena.h"
#include "feeds/base/buf.h"
#include "feeds/flat.h"
#include "tests/unit/harness.h"
#include "tests/unit/sample.h"

/* The flat form has everything that is left. */
static bool has(const struct buf *flat, const char *text)
{
	return memmem(flat->bytes, flat->len, text, strlen(text)) != NULL;
}

TEST(each_level_gives_what_it_says)
{
	static const char *const paragraphs[] = {"PARAGRAPH"};
	static const char *const links[] = {"LINKED"};

	for (int level = LEVEL_HEADLINE; level <= LEVEL_FULL_MEDIA; level++) {
		struct arena *arena = arena_create();
		struct article article = sample_article();
		struct buf flat = {0};

		article.html = "<p>BODY</p><img src=\"INLINE\">";
		article.summary = article.lead = "SUMMARY";
		article.paragraphs = (struct strings){paragraphs, 1};
		article.links = (struct strings){links, 1};
		article_limit(arena, &article, (enum text_level)level, false);
		flat_encode(&article, &flat);
		CHECK(!has(&flat, "SECRET NOTE"));
		CHECK(has(&flat, article.title) && has(&flat, "青岑日报 & 网"));
		CHECK_INT(has(&flat, "SUMMARY"), level >= LEVEL_SUMMARY);
		CHECK_INT(has(&flat, "李 & 红"), level >= LEVEL_SUMMARY);
		CHECK_INT(has(&flat, "民生"), level >= LEVEL_SUMMARY);
		CHECK_INT(has(&flat, "日期有误"), level >= LEVEL_SUMMARY);
		CHECK_INT(has(&flat, "BODY"), level >= LEVEL_FULL);
		CHECK_INT(has(&flat, "PARAGRAPH"), level >= LEVEL_FULL);
		CHECK_INT(has(&flat, "LINKED"), level >= LEVEL_FULL);
		CHECK_INT(has(&flat, "INLINE"), level >= LEVEL_FULL_MEDIA);
		CHECK_INT(has(&flat, "a.jpg"), level >= LEVEL_FULL_MEDIA);
		buf_finish(&flat);
		arena_destroy(arena);
	}
}

TEST(partners_keep_the_note)
{
	struct arena *arena = arena_create();
	struct article article = sample_article();

	article_limit(arena, &article, LEVEL_HEADLINE, true);
	CHECK_STR(article.editor_note, "SECRET NOTE");
	arena_destroy(arena);
}
