/* test_escalation.c: recalls that stay open, over days in no time. */
#include "daemon/store/escalation.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/store/recalls.h"
#include "feeds/base/buf.h"
#include "tests/unit/harness.h"

enum { S = 1000, M = 60 * S, H = 60 * M };

static const int64_t ages_ms[] = {15 * M, H, 24 * H};
static const struct escalation_steps steps = {ages_ms, 3};
static struct buf said;

static void tell(void *context, const struct escalation *escalation)
{
	(void)context;
	buf_printf(&said, "%s %zu %ds:", escalation->id, escalation->step,
		(int)escalation->age_s);
	for (size_t i = 0; i < escalation->count; i++)
		buf_printf(&said, " %s", escalation->waiting[i]->partner);
	buf_add_str(&said, "; ");
}

/* What is said at NOW of OPEN, and when to look next. */
static int64_t review(struct escalations *told, const struct recall *open, size_t count,
	int64_t now_ms, const char *want)
{
	int64_t next;

	buf_clear(&said);
	next = escalations_review(told, open, count, &steps, now_ms, tell, NULL);
	CHECK_STR(buf_text(&said), want);
	return next;
}

TEST(each_step_once_with_who_is_missing)
{
	struct escalations told = {0};
	const struct recall open[] = {
		{.partner = "portal", .id = "a", .recalled_ms = 1000 + 5},
		{.partner = "county", .id = "a", .recalled_ms = 1000},
		{.partner = "county", .id = "b", .recalled_ms = 1000 + 10 * M}};

	CHECK(review(&told, NULL, 0, 0, "") == INT64_MAX);
	CHECK_INT(review(&told, open, 3, 1000 + 15 * M - 1, ""), 1000 + 15 * M);
	CHECK_INT(review(&told, open, 3, 1000 + 15 * M, "a 1 900s: county portal; "),
		1000 + 25 * M);
	CHECK_INT(review(&told, open, 3, 1000 + 15 * M, ""), 1000 + 25 * M);
	CHECK_INT(review(&told, open, 3, 1000 + 30 * M, "b 1 900s: county; "), 1000 + H);
	/* portal has confirmed */
	CHECK_INT(review(&told, &open[1], 2, 1000 + H, "a 2 3600s: county; "),
		1000 + H + 10 * M);
	CHECK_INT(review(&told, &open[1], 1, 1000 + 24 * H, "a 3 86400s: county; "), INT64_MAX);
	review(&told, &open[1], 1, 1000 + 240 * H, "");
	escalations_finish(&told);
	buf_finish(&said);
}

TEST(not_again_after_a_restart_and_only_the_last_that_passed)
{
	struct escalations told = {0};
	struct recall open = {.partner = "county", .id = "a", .told_s = 900};

	CHECK_INT(review(&told, &open, 1, 20 * M, ""), H);
	open.told_s = 0; /* as if it had been down until now */
	CHECK_INT(review(&told, &open, 1, 23 * H, "a 2 3600s: county; "), 24 * H);
	escalations_finish(&told);
	open.told_s = 3600;
	CHECK_INT(review(&told, &open, 1, 23 * H, ""), 24 * H);
	escalations_finish(&told);
	buf_finish(&said);
}

TEST(another_recall_of_the_same_article_begins_anew)
{
	struct escalations told = {0};
	struct recall open[] = {{.partner = "county", .id = "a"},
		{.partner = "portal", .id = "a", .recalled_ms = 2 * M}};

	/* not taken back together: each has its own time */
	CHECK_INT(review(&told, open, 2, 16 * M, "a 1 900s: county; "), 17 * M);
	CHECK_INT(review(&told, open, 2, 18 * M, "a 1 900s: portal; "), H);
	review(&told, NULL, 0, 30 * M, "");
	open[0].recalled_ms = 40 * M;
	CHECK_INT(review(&told, open, 1, 50 * M, ""), 55 * M);
	review(&told, open, 1, 55 * M, "a 1 900s: county; ");
	/* the same without a moment between: known by its time */
	open[0].recalled_ms = 56 * M;
	CHECK_INT(review(&told, open, 1, 70 * M, ""), 71 * M);
	review(&told, open, 1, 71 * M, "a 1 900s: county; ");
	escalations_finish(&told);
	buf_finish(&said);
}

TEST(a_clock_that_goes_back_and_no_steps)
{
	struct escalations told = {0};
	const struct escalation_steps none = {NULL, 0};
	struct recall open = {.partner = "county", .id = "a", .recalled_ms = 5 * H};

	CHECK_INT(review(&told, &open, 1, H, ""), 5 * H + 15 * M);
	buf_clear(&said);
	CHECK(escalations_review(&told, &open, 1, &none, 90 * H, tell, NULL) == INT64_MAX);
	CHECK_STR(buf_text(&said), "");
	escalations_finish(&told);
	buf_finish(&said);
}
