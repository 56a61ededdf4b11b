/* test_priority.c: what a new version is worth, and that each feed has the highest of what is
 * new in it. */
#include "daemon/site/catalogue.h"
#include "daemon/site/priority.h"
#include "feeds/article.h"
#include "tests/unit/harness.h"

TEST(of_an_article)
{
	struct article article = {.status = STATUS_PUBLISHED};

	CHECK_INT(priority_of(&article), PRIORITY_REST);
	article.urgency = 4;
	CHECK_INT(priority_of(&article), PRIORITY_REST);
	article.urgency = 3;
	CHECK_INT(priority_of(&article), PRIORITY_URGENT);
	article.correction.level = CORRECTION_UPDATE;
	CHECK_INT(priority_of(&article), PRIORITY_URGENT);
	article.correction.level = CORRECTION_CORRECTION;
	CHECK_INT(priority_of(&article), PRIORITY_CORRECTION);
	article.status = STATUS_WITHDRAWN;
	CHECK_INT(priority_of(&article), PRIORITY_KILL);
	article.status = STATUS_WITHDRAWAL;
	CHECK_INT(priority_of(&article), PRIORITY_KILL);
}

static struct entry *add(struct catalogue *catalogue, const char *path)
{
	struct entry *entry = catalogue_add(catalogue, path);

	catalogue->index.kinds = 1u << FEED_OF_SITE | 1u << FEED_OF_CHANNEL;
	CHECK(catalogue_set_id(catalogue, entry, path));
	catalogue_show(catalogue, entry, 1, true);
	return entry;
}

TEST(a_feed_has_the_highest_of_what_is_new_in_it)
{
	struct catalogue catalogue = {0};
	struct entry *news = add(&catalogue, "news/a.md"), *sport = add(&catalogue, "sport/b.md");

	catalogue_touch(&catalogue, news);
	priority_raise(news, PRIORITY_KILL);
	priority_raise(news, PRIORITY_URGENT); /* never lower */
	catalogue_touch(&catalogue, sport);
	priority_raise(sport, PRIORITY_CORRECTION);
	priority_spread(&catalogue);
	CHECK_INT(feed_index_find(&catalogue.index, "")->priority, PRIORITY_KILL);
	CHECK_INT(feed_index_find(&catalogue.index, "c/news")->priority, PRIORITY_KILL);
	CHECK_INT(feed_index_find(&catalogue.index, "c/sport")->priority, PRIORITY_CORRECTION);
	/* the next publication begins anew */
	catalogue.dirty_count = 0;
	priority_spread(&catalogue);
	CHECK_INT(feed_index_find(&catalogue.index, "")->priority, PRIORITY_REST);
	catalogue_finish(&catalogue);
}
