/*
 * test_feedcheck.c: a good document passes, and each thing that can be wrong is named.
 */
#include "tests/unit/harness.h"

#include "feeds/base/error.h"
#include "feeds/render.h"

#include <string.h>

static void check_fails(enum feed_format format, const char *text, const char *reason)
{
	struct error err = {""};

	if (feed_check(format, text, strlen(text), &err) || !strstr(err.text, reason))
		harness_fail(
			__FILE__, __LINE__, "want \"%s\", got \"%s\"", reason, err.text);
}

#define ATOM_START                                                                       \
	"<feed xmlns='http://www.w3.org/2005/Atom'><id>a</id><title>t</title>"           \
	"<updated>u</updated><author><name>n</name></author>"
#define ENTRY(id, updated)                                                               \
	"<entry><id>" id "</id><title>t</title><updated>" updated "</updated></entry>"
#define RSS_START                                                                        \
	"<rss version='2.0'><channel><title>t</title><link>l</link>"                     \
	"<description>d</description>"
#define JSON_START "{\"version\":\"https://jsonfeed.org/version/1.1\",\"title\":\"t\","

TEST(the_check_finds_what_is_wrong)
{
	struct error err;
	const char *good = ATOM_START ENTRY("1", "a") ENTRY("2", "b") "</feed>";

	CHECK(feed_check(FEED_ATOM, good, strlen(good), &err));
	check_fails(FEED_ATOM, "", "no document");
	check_fails(FEED_ATOM, "<feed", "line 1");
	check_fails(FEED_ATOM, "<feed/>", "no element feed");
	check_fails(FEED_ATOM, ATOM_START "&x;</feed>", "line 1");
	check_fails(FEED_ATOM, "\xff", "not UTF-8");
	check_fails(FEED_ATOM, "<!DOCTYPE feed>" ATOM_START "</feed>", "document type");
	check_fails(FEED_ATOM, ATOM_START ENTRY("1", "a") ENTRY("1", "b") "</feed>",
		"unique");
	check_fails(FEED_ATOM, ATOM_START ENTRY("1", "a") ENTRY("2", "a") "</feed>",
		"distinct");
	check_fails(FEED_ATOM, ATOM_START ENTRY("", "a") "</feed>", "empty id");
	check_fails(FEED_ATOM, ATOM_START "<id>b</id></feed>", "second id");
	check_fails(FEED_ATOM,
		ATOM_START "<entry><id>1</id><title>t</title></entry></feed>",
		"item 1: no updated");
	check_fails(FEED_RSS,
		RSS_START "<item><title>t</title><link>l</link></item></channel>"
			  "</rss>",
		"item 1: no guid");
	check_fails(FEED_RSS,
		RSS_START "<item><title>t</title><link>l</link><guid>1</guid>"
			  "<enclosure/><enclosure/></item></channel></rss>",
		"second enclosure");
	check_fails(FEED_RSS,
		"<rss><channel><title>t</title><link>l</link></channel></rss>",
		"no description");
	check_fails(FEED_JSON, "{", "line 1");
	check_fails(FEED_JSON, "{}", "version");
	check_fails(FEED_JSON, JSON_START "\"items\":1}", "no items");
	check_fails(FEED_JSON, JSON_START "\"items\":[{\"id\":\"1\"}]}",
		"item 1: no content");
	check_fails(FEED_JSON,
		JSON_START "\"items\":[{\"id\":\"1\",\"content_text\":\"x\"},"
			   "{\"id\":\"1\",\"content_text\":\"x\"}]}",
		"item 2: id is not unique");
}
