/* test_partner_topics.c: which topics a partner has, and which article is in one. */
#include <string.h>

#include "daemon/site/catalogue.h"
#include "daemon/site/partner_topics.h"
#include "daemon/site/site.h"
#include "tests/unit/harness.h"

TEST(paths)
{
	struct partner_path path;

	CHECK(partner_path_parse("/p/county/feed.atom", &path));
	CHECK_INT(path.name_len, 6);
	CHECK_INT(path.key_len, 0);
	CHECK_INT(path.format, FEED_ATOM);
	CHECK(partner_path_parse("/p/county/c/news/local/feed.json", &path));
	CHECK(strncmp(path.key, "c/news/local", path.key_len) == 0);
	CHECK_INT(path.key_len, 12);
	CHECK_INT(path.format, FEED_JSON);
	CHECK(!partner_path_parse("/p/county/holdings", &path));
	CHECK(!partner_path_parse("/p/county/feed.xml", &path));
	CHECK(!partner_path_parse("/p/county/feed.atom/", &path));
	CHECK(!partner_path_parse("/p//feed.atom", &path));
	CHECK(!partner_path_parse("/p/feed.atom", &path));
	CHECK(!partner_path_parse("/p/", &path));
	CHECK(!partner_path_parse("/feed.atom", &path));
}

static char news[] = "news/local/a.md", top[] = "b.md", newsroom[] = "newsroom/c.md";
static char labels[] = "tag/water\nauthor/A B\nsource/S";

TEST(what_is_in_a_topic)
{
	const struct entry entry = {.path = news, .labels = labels}, other = {.path = newsroom},
		first = {.path = top};

	CHECK(partner_topic_has("", &first));
	CHECK(partner_topic_has("all", &first));
	CHECK(partner_topic_has("news", &entry));
	CHECK(partner_topic_has("c/news", &entry));
	CHECK(partner_topic_has("c/news/local", &entry));
	CHECK(!partner_topic_has("c/news/loc", &entry));
	CHECK(!partner_topic_has("c/news/local/deeper", &entry));
	CHECK(!partner_topic_has("c/news", &other));
	CHECK(!partner_topic_has("c/news", &first));
	CHECK(partner_topic_has("tag/water", &entry));
	CHECK(partner_topic_has("author/A B", &entry));
	CHECK(partner_topic_has("source/S", &entry));
	CHECK(!partner_topic_has("tag/wat", &entry));
	CHECK(!partner_topic_has("tag/water", &other));
}

TEST(where_it_stood_counts_once_it_is_taken_back)
{
	static char old[] = "tag/now\nformer/tag/water\nformer/c/news/local\nformer/c/news";
	static const char *const keys[] = {"news", "c/news", "c/news/local", "tag/water"};
	const struct entry entry = {.path = newsroom, .labels = old};
	const struct entry taken[] = {
		{.path = newsroom, .labels = old, .presence = GONE},
		{.path = newsroom, .labels = old, .decision = DECISION_KILLED},
		{.path = newsroom, .labels = old, .status = STATUS_WITHDRAWN}};

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		CHECK(partner_topic_had(keys[i], &entry) && !partner_topic_has(keys[i], &entry));
		for (size_t k = 0; k < 3; k++)
			CHECK(partner_topic_has(keys[i], &taken[k]));
	}
	CHECK(!partner_topic_had("c/news/loc", &entry) && !partner_topic_had("tag/w", &entry));
	CHECK(!partner_topic_has("c/news/local/deeper", &taken[0]));
	CHECK(partner_topic_had("tag/now", &entry) && partner_topic_has("tag/now", &entry));
}

TEST(what_a_partner_may_have_and_ask_for)
{
	static const char *const own[] = {"news/local", "tag/water"}, *const all[] = {"all"};
	const struct entry entry = {.path = news}, other = {.path = newsroom},
		tagged = {.path = newsroom, .labels = labels};
	const struct site_partner some = {.topics = own, .topic_count = 2},
		every = {.topics = all, .topic_count = 1}, none = {.topic_count = 0};

	CHECK(partner_topic_allows(&some, &entry));
	CHECK(!partner_topic_allows(&some, &other));
	CHECK(partner_topic_allows(&some, &tagged));
	CHECK(partner_topic_allows(&every, &other));
	CHECK(partner_topic_allows(&none, &other));
	CHECK(partner_topic_may_be(&some, ""));
	CHECK(partner_topic_may_be(&some, "tag/water"));
	CHECK(!partner_topic_may_be(&some, "tag/fire"));
	CHECK(!partner_topic_may_be(&every, "tag/water"));
	CHECK(!partner_topic_may_be(&none, "source/S"));
	CHECK(partner_topic_may_be(&every, "c/anything"));
	CHECK(partner_topic_may_be(&none, "c/anything"));
	CHECK(!partner_topic_may_be(&none, "c/"));
	CHECK(!partner_topic_may_be(&none, "holdings"));
}

/* One without tags and the like is limited to its channels, and to what lies around them. */
TEST(channels_below_and_above)
{
	static const char *const own[] = {"news/local"};
	const struct site_partner some = {.topics = own, .topic_count = 1};

	CHECK(partner_topic_may_be(&some, "c/news"));
	CHECK(partner_topic_may_be(&some, "c/news/local"));
	CHECK(partner_topic_may_be(&some, "c/news/local/town"));
	CHECK(!partner_topic_may_be(&some, "c/news/world"));
	CHECK(!partner_topic_may_be(&some, "c/sport"));
	CHECK(!partner_topic_may_be(&some, "c/news/locally"));
}
