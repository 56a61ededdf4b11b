/* test_former.c: where an article once stood, through moves, versions, kills and releases. */
#include "daemon/site/former.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/base/buf.h"
#include "feeds/base/mem.h"
#include "tests/unit/harness.h"

static const char *over; /* the feed that has ended */

static bool is_over(void *context, const char *key)
{
	(void)context;
	return over && strcmp(key, over) == 0;
}

/* TAKES a text that is to be freed. */
static void check(char *takes, const char *want)
{
	CHECK_STR(takes, want);
	free(takes);
}

TEST(moves_add_the_directories_above)
{
	check(former_add_path(NULL, "a.md"), NULL);
	check(former_add_path(NULL, "news/local/a.md"), "former/c/news/local\nformer/c/news");
	check(former_add_path("tag/x\nformer/c/news", "news/local/a.md"),
		"tag/x\nformer/c/news\nformer/c/news/local");
	check(former_add_path("tag/x", NULL), "tag/x");
}

TEST(versions_carry_what_they_no_more_say)
{
	check(former_carry(NULL, NULL), NULL);
	check(former_carry("tag/x\nsource/s\nmedia/p.png\nkill/tag:a", "tag/y\nsource/s"),
		"tag/y\nsource/s\nformer/tag/x");
	/* what it says again is former no more */
	check(former_carry("tag/y\nformer/tag/x\nformer/c/a", "tag/x"),
		"tag/x\nformer/tag/y\nformer/c/a");
	check(former_carry("tag/x", NULL), "former/tag/x");
}

TEST(taken_back_it_stands_there_again_and_released_it_does_not)
{
	static const char labels[] = "tag/y\nformer/tag/x\nformer/c/a\nformer/c/b";
	char *active;

	check(former_apply(labels, "b/a.md", false, is_over, NULL), labels);
	active = former_apply(labels, "b/a.md", true, is_over, NULL);
	CHECK_STR(active, "tag/y\nformer/tag/x\nformer/c/a\nformer/c/b\ntag/x\nc/a");
	check(former_apply(active, "b/a.md", true, is_over, NULL), active);
	check(former_apply(active, "b/a.md", false, is_over, NULL), labels);
	/* a new version of it while it is */
	check(former_carry(active, "tag/y"), labels);
	free(active);
	over = "c/a";
	check(former_apply(labels, "a.md", true, is_over, NULL),
		"tag/y\nformer/tag/x\nformer/c/a\nformer/c/b\ntag/x\nc/b");
	check(former_apply(NULL, "a.md", true, is_over, NULL), NULL);
}

TEST(there_is_an_end_to_it)
{
	char *labels = NULL;
	int count = 0;

	for (int i = 0; i < 200; i++) {
		char fresh[16], *next;

		snprintf(fresh, sizeof(fresh), "tag/%d", i);
		next = former_carry(labels, fresh);
		free(labels);
		labels = next;
	}
	for (const char *at = labels; (at = strstr(at, NOTE_FORMER)); at++)
		count++;
	CHECK_INT(count, 64);
	free(labels);
}

TEST(directories_above)
{
	CHECK(former_is_above("c/a", "a/x.md") && former_is_above("c/a", "a/b/x.md"));
	CHECK(!former_is_above("c/a", "ab/x.md") && !former_is_above("c/a/b", "a/x.md"));
	CHECK(!former_is_above("tag/a", "a/x.md") && !former_is_above("c/", "/x.md"));
}
