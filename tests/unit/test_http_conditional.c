/* test_http_conditional.c: validators, dates and encodings. */
#include "daemon/http/conditional.h"

#include <string.h>

#include "tests/unit/harness.h"

static struct slice slice(const char *text)
{
	return (struct slice){text, text ? strlen(text) : 0};
}

TEST(tags)
{
	static const char *const good[] = {"W/\"abc\"", "\"abc\"", "abc", "w/\"abc\"", "*",
		"\"x\", \"abc\"", "\"x\",W/\"abc\" , \"y\"", "\"abc-gzip\"", "W/\"abc-gzip\"",
		"\"abc\"-gzip", "\"abc;gzip\"", "abc-br", "\"abc", " \"abc\" "};
	static const char *const bad[] = {"", "\"\"", "\"ab\"", "\"abcd\"", "W/", "\"x\", \"y\"",
		"-gzip", "\"abc-zip\"", ",", "\"ABC\""};

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		CHECK(etag_matches(slice(good[i]), "W/\"abc\""));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		CHECK(!etag_matches(slice(bad[i]), "W/\"abc\""));
}

TEST(dates)
{
	CHECK_INT(http_parse_date(slice("Sun, 06 Nov 1994 08:49:37 GMT")), 784111777);
	CHECK_INT(http_parse_date(slice("Sunday, 06-Nov-94 08:49:37 GMT")), 784111777);
	CHECK_INT(http_parse_date(slice("Sun Nov  6 08:49:37 1994")), 784111777);
	CHECK_INT(http_parse_date(slice("yesterday")), -1);
	CHECK_INT(http_parse_date(slice("")), -1);
	CHECK_INT(http_parse_date(slice("Sun, 06 Foo 1994 08:49:37 GMT")), -1);
	CHECK_INT(http_parse_date(slice("Sun, 06 Nov 1994 28:49:37 GMT")), -1);
}

TEST(which_decides)
{
	struct http_head head = {.if_modified_since = slice("Sun, 06 Nov 1994 08:49:37 GMT")};

	CHECK(is_not_modified(&head, "W/\"a\"", 784111777));
	CHECK(!is_not_modified(&head, "W/\"a\"", 784111778));
	CHECK(!is_not_modified(&head, "W/\"a\"", 0));
	head.if_none_match = slice("\"b\"");
	CHECK(!is_not_modified(&head, "W/\"a\"", 784111777));
	head.if_none_match = slice("\"a\"");
	CHECK(is_not_modified(&head, "W/\"a\"", 784111778));
}

TEST(tags_in_several_lines)
{
	static const char text[] = "GET / HTTP/1.1\r\nIf-None-Match: \"a\"\r\nHost: h\r\n"
		"If-None-Match: \"b\"\r\n\r\n";
	struct http_head head;

	CHECK_INT(http_parse_head(text, sizeof(text) - 1, &head), 0);
	CHECK(is_not_modified(&head, "W/\"a\"", 1));
	CHECK(is_not_modified(&head, "W/\"b\"", 1));
	CHECK(!is_not_modified(&head, "W/\"c\"", 1));
}

TEST(encodings)
{
	static const struct {
		const char *accept;
		enum encoding want;
	} cases[] = {
		{NULL, ENCODING_IDENTITY}, {"", ENCODING_IDENTITY}, {"gzip", ENCODING_GZIP},
		{"gzip, deflate, br, zstd", ENCODING_BROTLI}, {"GZIP", ENCODING_GZIP},
		{"gzip;q=1.0, br;q=0.5", ENCODING_GZIP}, {"gzip;q=0", ENCODING_IDENTITY},
		{"gzip; q=0.000, br; q=0", ENCODING_IDENTITY}, {"*", ENCODING_BROTLI},
		{"br;q=0, *", ENCODING_GZIP}, {"identity", ENCODING_IDENTITY},
		{"identity;q=1, gzip;q=0.5", ENCODING_IDENTITY}, {"deflate", ENCODING_IDENTITY},
		{"gzip;q=5555555555", ENCODING_GZIP}, {"gzip;q=0.2, br;q=0.199", ENCODING_GZIP},
	};
	static const bool all[ENCODING_COUNT] = {true, true, true}, one[ENCODING_COUNT] = {true};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		CHECK_INT(choose_encoding(slice(cases[i].accept), all), cases[i].want);
		CHECK_INT(choose_encoding(slice(cases[i].accept), one), ENCODING_IDENTITY);
	}
}

TEST(languages)
{
	static const struct {
		const char *lines;
		bool wants_english; /* of a page that is Chinese at first */
		bool wants_chinese; /* of one that is English at first */
	} cases[] = {
		{"", false, false},
		{"Accept: en\r\n", false, false},
		{"Accept-Language: en\r\n", true, false},
		{"Accept-Language: zh-CN,zh;q=0.9,en;q=0.8\r\n", false, true},
		{"accept-language:EN-us,en;q=0.9,zh-CN;q=0.8\r\n", true, false},
		{"Accept-Language: zh-TW\r\n", false, true},
		{"Accept-Language: fr, de;q=0.5\r\n", false, false},
		{"Accept-Language: fr, *;q=0.5\r\n", false, false},
		{"Accept-Language: zh;q=0.3, *;q=0.5\r\n", true, false},
		{"Accept-Language: zh;q=0.5\r\nX: y\r\nAccept-Language: en\r\n", true, false},
		{"Accept-Language: zh;q=0\r\n", false, false},
		{"Accept-Language: english, zhongwen\r\n", false, false},
		{"Accept-Language: ,;q=1,-,en-\r\n", true, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct http_head head = {.fields = slice(cases[i].lines)};

		if (prefers_language(&head, "zh-CN", "en") != cases[i].wants_english ||
			prefers_language(&head, "en-GB", "zh-Hans") != cases[i].wants_chinese)
			harness_fail(__FILE__, __LINE__, "%s", cases[i].lines);
	}
	CHECK(!prefers_language(&(struct http_head){0}, "zh-CN", "en"));
}
