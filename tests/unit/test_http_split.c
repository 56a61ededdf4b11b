/* test_http_split.c: heads and chunks at every split point, and the limits of heads. */
#include "daemon/http/parse.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/harness.h"

static int parse(const char *text, struct http_head *out)
{
	size_t len = http_head_len(text, strlen(text), 0);
	char *exact = malloc(len + 1); /* so that a read past the end is seen */
	int status;

	CHECK(len && exact);
	memcpy(exact, text, len);
	status = http_parse_head(exact, len, out);
	free(exact);
	return status;
}

TEST(fields_are_found)
{
	static const char text[] = "GET /a?b HTTP/1.1\r\nhost: X:1 \r\nIF-NONE-MATCH:\t*\r\n"
		"Content-Length: 007\r\nX-Forwarded-For: a\r\nX-Forwarded-For: b\r\n\r\nrest";
	struct http_head head;

	CHECK_INT(http_head_len(text, sizeof(text) - 1, 0), sizeof(text) - 5);
	CHECK_INT(http_parse_head(text, sizeof(text) - 5, &head), 0);
	CHECK(head.target.len == 4 && memcmp(head.target.at, "/a?b", 4) == 0);
	CHECK(head.host.len == 3 && memcmp(head.host.at, "X:1", 3) == 0);
	CHECK(head.if_none_match.len == 1 && *head.if_none_match.at == '*');
	CHECK(head.forwarded_for.len == 1 && *head.forwarded_for.at == 'b');
	CHECK(head.keep_alive && head.has_length && !head.is_chunked);
	CHECK_INT(head.length, 7);
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

TEST(limits)
{
	char text[HTTP_HEAD_MAX + 100] = "GET / HTTP/1.1\r\nHost: a\r\n";
	struct http_head head;

	for (int i = 0; i < HTTP_FIELDS_MAX - 1; i++)
		strcat(text, "X: 1\r\n");
	strcat(text, "\r\n");
	CHECK_INT(parse(text, &head), 0);
	strcpy(text + strlen(text) - 2, "X: 1\r\n\r\n");
	CHECK_INT(parse(text, &head), 431);
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

TEST(chunks_at_every_split)
{
	static const char text[] = "3;x=\"y\"\r\nabc\r\n00A\r\n0123456789\r\n0\r\nT: 1\r\n\r\nGET";
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
		{"1;\x01\r\n", CHUNK_MALFORMED}, {"5\r\n", CHUNK_TOO_LARGE},
		{"ffffffff\r\n", CHUNK_TOO_LARGE}, {"4\r\nab", CHUNK_MORE},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct chunk_decoder decoder = {0};
		char out[64];
		size_t used, content;

		CHECK_INT(chunk_decode(&decoder, cases[i].text, strlen(cases[i].text), out, 4,
			&used, &content), cases[i].result);
	}
}
