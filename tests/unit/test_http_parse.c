/* test_http_parse.c: heads, chunked bodies, targets, and the choice of an answer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/http/conditional.h"
#include "daemon/http/parse.h"
#include "daemon/http/target.h"
#include "feeds/base/buf.h"
#include "tests/unit/harness.h"

static int parse(const char *text, struct http_head *head)
{
	return http_parse_head(text, strlen(text), head);
}

TEST(a_plain_request_is_understood)
{
	const char *text = "GET /feed.atom?x=1 HTTP/1.1\r\nHost: h:80\r\n"
			   "If-None-Match: W/\"a\"\r\nAccept-Encoding:  gzip \r\n\r\n";
	struct http_head head;

	CHECK_INT(http_head_len(text, strlen(text), 0), strlen(text));
	for (size_t cut = 0; cut < strlen(text); cut++)
		CHECK_INT(http_head_len(text, cut, 0), 0);
	CHECK_INT(parse(text, &head), 0);
	CHECK_INT(head.method.len, 3);
	CHECK_INT(head.minor, 1);
	CHECK(head.keep_alive);
	CHECK_INT(head.accept_encoding.len, 4);
	CHECK_INT(head.if_none_match.len, 5);
}

TEST(what_could_be_read_two_ways_is_refused)
{
	static const struct {
		const char *text;
		int status;
	} cases[] = {
		{"GET / HTTP/1.1\r\n\r\n", 400}, /* no Host */
		{"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400},
		{"GET / HTTP/1.1\nHost: a\n\n", 400},
		{"GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n", 400},
		{"GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n folded\r\n\r\n", 400},
		{"GET / HTTP/1.1\r\nHost: a\r\nX : a\r\n\r\n", 400},
		{"GET / HTTP/1.1\r\nHost: a\r\n: a\r\n\r\n", 400},
		{"GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n", 400},
		{"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
		{"GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400},
		{"GET /\tx HTTP/1.1\r\nHost: a\r\n\r\n", 400},
		{"G(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
		{"GET /\r\nHost: a\r\n\r\n", 400},
		{"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
		{"GET / http/1.1\r\nHost: a\r\n\r\n", 400},
		{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n"
		 "Content-Length: 1\r\n\r\n", 400},
		{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\n", 400},
		{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\n", 400},
		{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x5\r\n\r\n", 400},
		{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \r\n\r\n", 400},
		{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", 400},
		{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n"
		 "Transfer-Encoding: chunked\r\n\r\n", 400},
		{"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n", 501},
		{"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501},
		{"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
		 "Transfer-Encoding: chunked\r\n\r\n", 400},
		{"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
		{"POST / HTTP/1.1\r\nHost: a\r\nExpect: magic\r\n\r\n", 417},
		{"GET / HTTP/1.1\r\nHost: a\r\nX: \x01\r\n\r\n", 400},
	};
	struct http_head head;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int status = parse(cases[i].text, &head);

		if (status != cases[i].status)
			harness_fail(__FILE__, __LINE__, "got %d, want %d: %s", status,
				cases[i].status, cases[i].text);
	}
	CHECK_INT(http_parse_head("GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n", 31, &head), 400);
}

TEST(limits_have_their_own_status)
{
	char text[9000];
	struct http_head head;

	snprintf(text, sizeof(text), "GET /%02500d HTTP/1.1\r\nHost: a\r\n\r\n", 0);
	CHECK_INT(parse(text, &head), 414);
	snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nHost: a\r\nX: %08500d\r\n\r\n", 0);
	CHECK_INT(parse(text, &head), 431);
	strcpy(text, "GET / HTTP/1.1\r\nHost: a\r\n");
	for (int i = 0; i < 64; i++)
		strcat(text, "A: b\r\n");
	strcat(text, "\r\n");
	CHECK_INT(parse(text, &head), 431);
}

TEST(connections_stay_or_close_as_asked)
{
	struct http_head head;

	parse("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n", &head);
	CHECK(!head.keep_alive);
	parse("GET / HTTP/1.0\r\n\r\n", &head);
	CHECK(!head.keep_alive);
	parse("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", &head);
	CHECK(head.keep_alive);
}

static enum chunk_result decode(const char *text, size_t cut, struct buf *out, size_t *used)
{
	struct chunk_decoder decoder = {0};
	size_t len = strlen(text), first, content;
	char room[256];
	enum chunk_result result = chunk_decode(&decoder, text, cut, room, 1000, &first,
		&content);

	buf_add(out, room, content);
	*used = first;
	if (result != CHUNK_MORE)
		return result;
	result = chunk_decode(&decoder, text + cut, len - cut, room, 1000, used, &content);
	buf_add(out, room, content);
	*used += first;
	return result;
}

TEST(chunks_are_decoded_at_every_split)
{
	const char *text = "4\r\nWiki\r\n6;ext=1\r\npedia \r\nB\r\nin chunks.\n\r\n"
			   "0\r\nTrailer: x\r\n\r\n";
	size_t len = strlen(text), used;

	for (size_t cut = 0; cut <= len; cut++) {
		struct buf out = {0};

		CHECK_INT(decode(text, cut, &out, &used), CHUNK_DONE);
		CHECK_INT(used, len);
		CHECK_STR(buf_text(&out), "Wikipedia in chunks.\n");
		buf_finish(&out);
	}
}

TEST(bad_chunks_are_refused)
{
	static const char *const bad[] = {"+1\r\na\r\n0\r\n\r\n", "0x1\r\na\r\n0\r\n\r\n",
		"g\r\n", "1\na\r\n0\r\n\r\n", "1\r\nab\r\n0\r\n\r\n", "\r\n",
		"11111111111111111\r\n", "1 \r\na\r\n", "0\r\nX: y\n\r\n"};
	struct buf out = {0};
	size_t used;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		if (decode(bad[i], strlen(bad[i]), &out, &used) < CHUNK_MALFORMED)
			harness_fail(__FILE__, __LINE__, "accepted: %s", bad[i]);
	}
	CHECK_INT(decode("ffffff\r\n", 8, &out, &used), CHUNK_TOO_LARGE);
	buf_finish(&out);
}

static const char *normalise(const char *target, const char *host)
{
	static char out[4096];
	struct slice query;

	if (target_normalise((struct slice){target, strlen(target)},
		    (struct slice){host, strlen(host)}, out, &query))
		return NULL;
	return out;
}

TEST(targets_cannot_leave_the_map)
{
	CHECK_STR(normalise("/feed.atom?a=b", "h"), "/feed.atom");
	CHECK_STR(normalise("/c/%E6%96%B0/feed.rss", "h"), "/c/新/feed.rss");
	CHECK_STR(normalise("/a/./b/../c", "h"), "/a/c");
	CHECK_STR(normalise("/a/..", "h"), "/");
	CHECK_STR(normalise("/%2e%2e/etc", "h"), "/etc"); /* of the map, not of the disk */
	CHECK_STR(normalise("/../etc", "h"), "/etc");
	CHECK_STR(normalise("/a%2", "h"), NULL);
	CHECK_STR(normalise("/a%zz", "h"), NULL);
	CHECK_STR(normalise("/a%00b", "h"), NULL);
	CHECK_STR(normalise("/a%0d%0ab", "h"), NULL);
	CHECK_STR(normalise("/a%252e", "h"), "/a%2e"); /* decoded once */
	CHECK_STR(normalise("http://h/x", "h"), "/x");
	CHECK_STR(normalise("http://H?x", "h"), "/");
	CHECK_STR(normalise("http://other/x", "h"), NULL);
	CHECK_STR(normalise("*", "h"), NULL);
}

static bool matches(const char *value)
{
	return etag_matches((struct slice){value, strlen(value)}, "W/\"abc\"");
}

TEST(entity_tags_match_leniently)
{
	CHECK(matches("W/\"abc\""));
	CHECK(matches("\"abc\""));
	CHECK(matches("abc"));
	CHECK(matches("\"x\", W/\"abc\""));
	CHECK(matches("*"));
	CHECK(matches("\"abc-gzip\""));
	CHECK(matches("W/\"abc\"-gzip"));
	CHECK(matches("\"abc;gzip\""));
	CHECK(!matches("\"abcd\""));
	CHECK(!matches(""));
	CHECK(!matches("\"\""));
	CHECK(!matches("ab"));
}

TEST(dates_are_read_in_three_forms)
{
	static const char *const forms[] = {"Sun, 06 Nov 1994 08:49:37 GMT",
		"Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"};

	for (int i = 0; i < 3; i++)
		CHECK_INT(http_parse_date((struct slice){forms[i], strlen(forms[i])}), 784111777);
	CHECK_INT(http_parse_date((struct slice){"yesterday", 9}), -1);
}

static enum encoding choose(const char *accept)
{
	static const bool has[ENCODING_COUNT] = {true, true, true};

	return choose_encoding((struct slice){accept, accept ? strlen(accept) : 0}, has);
}

TEST(encodings_are_negotiated_by_weight)
{
	CHECK_INT(choose(NULL), ENCODING_IDENTITY);
	CHECK_INT(choose("gzip"), ENCODING_GZIP);
	CHECK_INT(choose("gzip, br"), ENCODING_BROTLI);
	CHECK_INT(choose("gzip;q=1.0, br;q=0.1"), ENCODING_GZIP);
	CHECK_INT(choose("gzip;q=0"), ENCODING_IDENTITY);
	CHECK_INT(choose("*"), ENCODING_BROTLI);
	CHECK_INT(choose("*;q=0"), ENCODING_IDENTITY);
	CHECK_INT(choose("identity, gzip;q=0.5"), ENCODING_IDENTITY);
	CHECK_INT(choose(""), ENCODING_IDENTITY);
}
