/*
 * test_http_parse.c: heads and chunked bodies: what is found in them, their limits, and the
 * same answer wherever the input is cut. What is refused is in the corpus of
 * test_http_corpus.c.
 */
#include "daemon/http/parse.h"

#include <stdio.h>
#include <string.h>

#include "feeds/base/buf.h"
#include "tests/unit/harness.h"

static int parse(const char *text, struct http_head *out)
{
	size_t len = strlen(text);

	CHECK_INT(http_head_len(text, len, 0), len);
	return http_parse_head(text, len, out);
}

static bool is(struct slice s, const char *text)
{
	return s.at && s.len == strlen(text) && memcmp(s.at, text, s.len) == 0;
}

/* ---- heads ---- */

TEST(fields_are_found)
{
	static const char text[] = "GET /a?b HTTP/1.1\r\nhost: X:1 \r\nIF-NONE-MATCH:\t*\r\n"
		"Content-Length: 007\r\nAccept-Encoding:  gzip \r\nUser-Agent: a\r\n"
		"User-Agent: b\r\nX-Forwarded-For: a\r\nX-Forwarded-For: b\r\n\r\nrest";
	struct http_head head;

	CHECK_INT(http_head_len(text, sizeof(text) - 1, 0), sizeof(text) - 5);
	CHECK_INT(http_parse_head(text, sizeof(text) - 5, &head), 0);
	CHECK(is(head.method, "GET") && is(head.target, "/a?b") && is(head.host, "X:1"));
	CHECK(is(head.if_none_match, "*") && is(head.accept_encoding, "gzip"));
	CHECK(is(head.user_agent, "a") && is(head.forwarded_for, "b"));
	CHECK(!head.accept.at && !head.forwarded.at);
	CHECK(head.minor == 1 && head.keep_alive && head.has_length && !head.is_chunked);
	CHECK_INT(head.length, 7);
}

TEST(lists_in_several_lines)
{
	struct http_head head;
	struct slice value;

	CHECK_INT(parse("GET / HTTP/1.1\r\nIf-None-Match: a\r\nHost: h\r\nif-none-match:b \r\n"
		"If-None-Matches: x\r\nIf-None-Match: c\r\nX: y\r\n\r\n", &head), 0);
	value = head.if_none_match;
	CHECK(is(value, "c"));
	CHECK(http_field_before(&head, "if-none-match", &value) && is(value, "b"));
	CHECK(http_field_before(&head, "if-none-match", &value) && is(value, "a"));
	CHECK(!http_field_before(&head, "if-none-match", &value));
}

TEST(connections_stay_or_close_as_asked)
{
	static const struct {
		const char *text;
		bool stays;
	} cases[] = {
		{"GET / HTTP/1.1\r\nHost: a\r\n\r\n", true},
		{"GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n", false},
		{"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
		 "Connection: keep-alive\r\n\r\n", false},
		{"GET / HTTP/1.1\r\nHost: a\r\nConnection: closed, ,\r\n\r\n", true},
		{"GET / HTTP/1.0\r\n\r\n", false},
		{"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true},
		{"GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", false},
	};
	struct http_head head;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		CHECK_INT(parse(cases[i].text, &head), 0);
		CHECK_INT(head.keep_alive, cases[i].stays);
	}
}

TEST(the_end_is_found_at_every_split)
{
	static const char *const heads[] = {"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
		"\r\nGET / HTTP/1.1\r\n\r\n", "a\n\n", "\n", "\r\n\r\n", "a\r\n\nb", "\r\n\n"};

	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++) {
		size_t whole = http_head_len(heads[i], strlen(heads[i]), 0);

		CHECK(whole);
		for (size_t seen = 0; seen < whole; seen++) {
			CHECK_INT(http_head_len(heads[i], seen, 0), 0);
			CHECK_INT(http_head_len(heads[i], whole, seen), whole);
		}
	}
}

TEST(limits_have_their_own_status)
{
	char text[HTTP_HEAD_MAX + 1000];
	struct http_head head;

	snprintf(text, sizeof(text), "GET /%0*d HTTP/1.1\r\nHost: a\r\n\r\n",
		HTTP_TARGET_MAX - 1, 0);
	CHECK_INT(parse(text, &head), 0);
	snprintf(text, sizeof(text), "GET /%0*d HTTP/1.1\r\nHost: a\r\n\r\n", HTTP_TARGET_MAX, 0);
	CHECK_INT(parse(text, &head), 414);
	snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nHost: a\r\nX: %0*d\r\n\r\n",
		HTTP_HEAD_MAX - 32, 0);
	CHECK_INT(strlen(text), HTTP_HEAD_MAX);
	CHECK_INT(parse(text, &head), 0);
	strcpy(text + strlen(text) - 4, "0\r\n\r\n");
	CHECK_INT(parse(text, &head), 431);
	strcpy(text, "GET / HTTP/1.1\r\nHost: a\r\n");
	for (int i = 0; i < HTTP_FIELDS_MAX - 1; i++)
		strcat(text, "X: 1\r\n");
	strcat(text, "\r\n");
	CHECK_INT(parse(text, &head), 0);
	strcpy(text + strlen(text) - 2, "X: 1\r\n\r\n");
	CHECK_INT(parse(text, &head), 431);
}

/* What cannot become a request is refused before it is all there. */
TEST(a_start_is_judged)
{
	static const char tls[] = "\x16\x03\x01\x02";
	char text[HTTP_HEAD_MAX + 2];

	CHECK_INT(http_judge_start(tls, 1), 400);
	CHECK_INT(http_judge_start("\r\n\x16", 3), 400);
	CHECK_INT(http_judge_start(" GET", 4), 400);
	CHECK_INT(http_judge_start("\r", 1), 0);
	CHECK_INT(http_judge_start("\r\n", 2), 0);
	CHECK_INT(http_judge_start("G", 1), 0);
	memset(text, 'a', sizeof(text));
	CHECK_INT(http_judge_start(text, HTTP_TARGET_MAX + 64), 0);
	CHECK_INT(http_judge_start(text, HTTP_TARGET_MAX + 65), 414);
	text[100] = '\n';
	CHECK_INT(http_judge_start(text, HTTP_HEAD_MAX), 0);
	CHECK_INT(http_judge_start(text, HTTP_HEAD_MAX + 1), 431);
}

/* Any control character in a value, at any place, is refused; a tab and UTF-8 are not. */
TEST(controls_in_values)
{
	char text[] = "GET / HTTP/1.1\r\nHost: a\r\nX: 0123456789abcdef01\r\n\r\n";
	size_t start = (size_t)(strstr(text, "0123") - text);
	struct http_head head;

	for (size_t at = start; at < start + 18; at++) {
		for (int c = 0; c < 256; c++) {
			char kept = text[at];
			bool is_bad = (c < ' ' && c != '\t') || c == 0x7f;

			text[at] = (char)c;
			CHECK_INT(http_parse_head(text, sizeof(text) - 1, &head),
				is_bad ? 400 : 0);
			text[at] = kept;
		}
	}
}

/* ---- chunked bodies ---- */

TEST(chunks_at_every_split)
{
	static const char text[] = "3;x=\"y\"\r\nabc\r\n00A\r\n0123456789\r\n0\r\nT: 1\r\nU:\r\n"
		"\r\nGET";
	const size_t all = sizeof(text) - 4;

	for (size_t cut = 0; cut <= all; cut++) {
		struct chunk_decoder decoder = {0};
		char bytes[sizeof(text)];
		size_t used, first, second;

		memcpy(bytes, text, sizeof(text));
		if (cut < all)
			CHECK_INT(chunk_decode(&decoder, bytes, cut, bytes, 13, &used, &first),
				CHUNK_MORE);
		else
			used = first = 0;
		CHECK_INT(used, cut < all ? cut : 0);
		CHECK_INT(chunk_decode(&decoder, bytes + used, sizeof(text) - 1 - used,
			bytes + first, 13, &used, &second), CHUNK_DONE);
		CHECK_INT(first + second, 13);
		CHECK(memcmp(bytes, "abc0123456789", 13) == 0);
	}
}

static enum chunk_result decode(const char *text, size_t len, size_t most)
{
	struct chunk_decoder decoder = {0};
	struct buf out = {0};
	size_t used, content;
	enum chunk_result result = chunk_decode(&decoder, text, len, buf_reserve(&out, len + 1),
		most, &used, &content);

	buf_finish(&out);
	return result;
}

TEST(bad_chunks)
{
	static const struct {
		const char *text;
		enum chunk_result result;
	} cases[] = {
		{"\r\n", CHUNK_MALFORMED}, {"g\r\n", CHUNK_MALFORMED},
		{" 1\r\n", CHUNK_MALFORMED}, {"1 \r\n", CHUNK_MALFORMED},
		{"-1\r\n", CHUNK_MALFORMED}, {"0x1\r\n", CHUNK_MALFORMED},
		{"1\na", CHUNK_MALFORMED}, {"1\r\nab", CHUNK_MALFORMED},
		{"1\r\na\n", CHUNK_MALFORMED}, {"000000001\r\n", CHUNK_MALFORMED},
		{"0\r\n\n", CHUNK_MALFORMED}, {"0\r\n x\r\n\r\n", CHUNK_MALFORMED},
		{"0\r\nno colon\r\n\r\n", CHUNK_MALFORMED}, {"0\r\n:\r\n\r\n", CHUNK_MALFORMED},
		{"0\r\nX\r\n\r\n", CHUNK_MALFORMED}, {"0\r\nX: \x01\r\n\r\n", CHUNK_MALFORMED},
		{"0\r\nX: 1\n\r\n", CHUNK_MALFORMED}, {"1;\x01\r\n", CHUNK_MALFORMED},
		{"5\r\n", CHUNK_TOO_LARGE}, {"ffffffff\r\n", CHUNK_TOO_LARGE},
		{"4\r\nab", CHUNK_MORE}, {"4\r\nabcd\r\n0\r\n\r\n", CHUNK_DONE},
		{"4\r\nabcd\r\n1\r\n", CHUNK_TOO_LARGE},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		CHECK_INT(decode(cases[i].text, strlen(cases[i].text), 4), cases[i].result);
}

/* Many small chunks cannot carry more beside the content than a few large ones. */
TEST(extensions_and_trailers_are_bounded)
{
	struct buf text = {0};

	for (int i = 0; i < 102; i++)
		buf_add_str(&text, "1;2345678\r\na\r\n");
	CHECK_INT(decode(text.bytes, text.len, 1000), CHUNK_MORE);
	for (int i = 0; i < 50; i++)
		buf_add_str(&text, "1;2345678\r\na\r\n");
	CHECK_INT(decode(text.bytes, text.len, 1000), CHUNK_MALFORMED);
	buf_clear(&text);
	buf_add_str(&text, "0\r\n");
	for (int i = 0; i < HTTP_HEAD_MAX / 7 + 1; i++)
		buf_add_str(&text, "Name: 12\r\n");
	CHECK_INT(decode(text.bytes, text.len, 1000), CHUNK_MALFORMED);
	buf_finish(&text);
}
