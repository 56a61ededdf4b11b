/*
 * test_article.c: states over time, and a name for everything.
 */
#include "tests/unit/harness.h"

#include "feeds/article.h"

#include <string.h>

#define AT(ms)                                                                           \
	{                                                                                \
		(ms), 0, true                                                            \
	}

TEST(instants_decide_the_state)
{
	struct article article = {
		.published = AT(100), .embargo = AT(200), .expires = AT(300)};

	CHECK_INT(article_status_at(&article, 0), STATUS_EMBARGOED);
	CHECK_INT(article_status_at(&article, 150), STATUS_EMBARGOED);
	CHECK_INT(article_status_at(&article, 199), STATUS_EMBARGOED);
	CHECK_INT(article_status_at(&article, 200), STATUS_PUBLISHED);
	CHECK_INT(article_status_at(&article, 299), STATUS_PUBLISHED);
	CHECK_INT(article_status_at(&article, 300), STATUS_EXPIRED);
	article.embargo.is_set = false;
	CHECK_INT(article_status_at(&article, 99), STATUS_SCHEDULED);
	CHECK_INT(article_status_at(&article, 100), STATUS_PUBLISHED);
}

TEST(stated_states_last)
{
	static const enum article_status lasting[] = {STATUS_DRAFT, STATUS_EXPIRED,
		STATUS_WITHDRAWN, STATUS_WITHDRAWAL, STATUS_EMBARGOED, STATUS_SCHEDULED};

	for (size_t i = 0; i < sizeof(lasting) / sizeof(*lasting); i++) {
		struct article article = {.status = lasting[i]};

		CHECK_INT(article_status_at(&article, 1000), lasting[i]);
		CHECK(article_next_change(&article, 0) == INT64_MAX);
	}
}

TEST(stated_states_with_an_end_end)
{
	struct article scheduled = {.status = STATUS_SCHEDULED, .published = AT(100)};
	struct article embargoed = {.status = STATUS_EMBARGOED, .embargo = AT(100)};

	CHECK_INT(article_status_at(&scheduled, 99), STATUS_SCHEDULED);
	CHECK_INT(article_status_at(&scheduled, 100), STATUS_PUBLISHED);
	CHECK_INT(article_status_at(&embargoed, 99), STATUS_EMBARGOED);
	CHECK_INT(article_status_at(&embargoed, 100), STATUS_PUBLISHED);
}

/* The next change is the first instant at which the state differs, found by walking. */
TEST(next_change_is_where_the_state_changes)
{
	for (int bits = 0; bits < 4 * 4 * 4; bits++) {
		struct article article = {
			.published = {2 * (bits & 3), 0, (bits & 3) > 0},
			.embargo = {2 * (bits >> 2 & 3), 0, (bits >> 2 & 3) > 0},
			.expires = {2 * (bits >> 4 & 3), 0, (bits >> 4 & 3) > 0},
		};

		for (int64_t now = 0; now < 9; now++) {
			enum article_status status = article_status_at(&article, now);
			int64_t next = now;

			while (next < 10 && article_status_at(&article, next) == status)
				next++;
			CHECK(article_next_change(&article, now) ==
				(next < 10 ? next : INT64_MAX));
		}
	}
}

TEST(everything_has_its_own_name)
{
	for (int i = 0; i < FIELD_COUNT; i++) {
		CHECK(*article_field_name((enum article_field)i));
		for (int j = 0; j < i; j++)
			CHECK(strcmp(article_field_name((enum article_field)i),
				      article_field_name((enum article_field)j)) != 0);
	}
	CHECK_STR(article_field_name(FIELD_MOBILE_URL), "mobile_url");
	CHECK_STR(article_status_name(STATUS_PUBLISHED), "published");
	CHECK_STR(article_status_name(STATUS_WITHDRAWAL), "withdrawal");
	CHECK_STR(article_format_name(FORMAT_NEWSML_G2), "newsml-g2");
	CHECK_STR(correction_level_name(CORRECTION_CORRECTIVE), "corrective");
	CHECK_STR(correction_level_name(CORRECTION_NONE), NULL);
}

TEST(what_is_redacted_says_nothing_any_more)
{
	struct article article = {.title = "T", .lead = "SECRET", .summary = "SECRET",
		.html = "<p>SECRET</p>", .kicker = "SECRET", .subtitle = "SECRET",
		.editor_note = "SECRET", .status = STATUS_WITHDRAWN,
		.withdrawal = {.reason = "Mistaken", .is_set = true}};

	article_redact(&article);
	CHECK_STR(article.title, "T");
	CHECK_STR(article.withdrawal.reason, "Mistaken");
	CHECK(!article.lead && !article.summary && !article.html && !article.kicker);
	CHECK(!article.subtitle && !article.editor_note);
	CHECK_INT(article.images.count + article.authors.count + article.tags.count, 0);
}
