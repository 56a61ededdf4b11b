/*
 * test_http_corpus.c: requests as data (tests/golden/http), each given whole and cut at every
 * place to what reads a request: its head, its target and its body.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/http/parse.h"
#include "daemon/http/target.h"
#include "feeds/base/buf.h"
#include "tests/unit/harness.h"

enum { BODY_MAX = 64 * 1024, MORE = -1, OK = 0 };

/* ---- reading the data ---- */

static const char *unescape(const char *at, const char *end, struct buf *out);

static const char *repeat(const char *at, const char *end, struct buf *out)
{
	char *text;
	long times = strtol(at, &text, 10);
	const char *last = memchr(text, ')', (size_t)(end - text));
	struct buf part = {0};

	CHECK(*text == '(' && last);
	unescape(text + 1, last, &part);
	while (times-- > 0)
		buf_add(out, part.bytes, part.len);
	buf_finish(&part);
	return last + 1;
}

static const char *unescape(const char *at, const char *end, struct buf *out)
{
	while (at < end) {
		char c = *at++;

		if (c != '\\') {
			buf_add_char(out, c);
			continue;
		}
		c = *at++;
		if (c == '*') {
			at = repeat(at, end, out);
		} else if (c == 'x') {
			char hex[3] = {at[0], at[1], '\0'};

			buf_add_char(out, (char)strtol(hex, NULL, 16));
			at += 2;
		} else {
			buf_add_char(out, c == 'r' ? '\r' : c == 'n' ? '\n' : c == 't' ? '\t' : c);
		}
	}
	return at;
}

/* ---- reading a request ---- */

/* A body of HEAD in LEN bytes: the verdict, and in *USED how many are its. */
static int take_body(const struct http_head *head, char *bytes, size_t len, size_t cut,
	size_t *used)
{
	struct chunk_decoder decoder = {0};
	size_t first = cut < len ? cut : len, content, more_used = 0, more;
	enum chunk_result result;

	*used = 0;
	if (head->has_length && head->length > BODY_MAX)
		return 413;
	if (!head->is_chunked) {
		*used = head->length;
		return len < head->length ? MORE : OK;
	}
	result = chunk_decode(&decoder, bytes, first, bytes, BODY_MAX, used, &content);
	if (result == CHUNK_MORE)
		result = chunk_decode(&decoder, bytes + first, len - first, bytes + content,
			BODY_MAX, &more_used, &more);
	*used += more_used;
	return result == CHUNK_DONE ? OK : result == CHUNK_MORE ? MORE :
	       result == CHUNK_MALFORMED ? 400 : 413;
}

/* A method that this server does not know decides before the target is looked at. */
static bool has_path(const struct http_head *head)
{
	static const char *const known[] = {"GET", "HEAD", "POST", "DELETE", "OPTIONS"};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		if (head->method.len == strlen(known[i]) &&
			memcmp(head->method.at, known[i], head->method.len) == 0)
			return i < 4 || head->target.len > 1;
	}
	return false;
}

/* The request at the front of BYTES, which came as CUT bytes and the rest. */
static int take_request(char *bytes, size_t len, size_t cut, size_t *used)
{
	size_t head_len = cut < len ? http_head_len(bytes, cut, 0) : 0;
	char path[HTTP_TARGET_MAX + 2];
	struct http_head head;
	struct slice query;
	int status;

	if (!head_len && cut < len && http_judge_start(bytes, cut))
		return http_judge_start(bytes, cut);
	if (!head_len)
		head_len = http_head_len(bytes, len, cut < len ? cut : 0);
	if (!head_len)
		return http_judge_start(bytes, len) ? http_judge_start(bytes, len) : MORE;
	status = http_parse_head(bytes, head_len, &head);
	if (status)
		return status;
	status = take_body(&head, bytes + head_len, len - head_len,
		cut > head_len ? cut - head_len : 0, used);
	*used += head_len;
	if (!status && has_path(&head))
		status = target_normalise(head.target, head.host, path, &query);
	return status;
}

/* The verdict on all requests in BYTES. */
static int judge(const struct buf *bytes, size_t cut)
{
	char *copy = malloc(bytes->len); /* exact, so that a read past the end is seen */
	int verdict = OK;

	CHECK(copy != NULL);
	memcpy(copy, bytes->bytes, bytes->len);
	for (size_t at = 0, used = 0; at < bytes->len && verdict == OK; at += used)
		verdict = take_request(copy + at, bytes->len - at, cut > at ? cut - at : 0, &used);
	free(copy);
	return verdict;
}

static void replay_line(const char *name, int number, const char *line, size_t len)
{
	const char *bar = memchr(line, '|', len);
	int want = strncmp(line, "ok ", 3) == 0 ? OK : strncmp(line, "more ", 5) == 0 ? MORE :
		atoi(line);
	struct buf bytes = {0};

	CHECK(bar && bar[1] == ' ');
	unescape(bar + 2, line + len, &bytes);
	for (size_t cut = 0; cut < bytes.len; cut += cut < 300 ? 1 : 997) {
		int got = judge(&bytes, cut);

		if (got != want)
			harness_fail(__FILE__, __LINE__, "%s:%d cut at %zu: %d, not %d: %.*s",
				name, number, cut, got, want, (int)len, line);
	}
	buf_finish(&bytes);
}

static void replay(const char *name)
{
	char path[64];
	char *text, *line;
	int number = 0, cases = 0;

	snprintf(path, sizeof(path), "tests/golden/http/%s.txt", name);
	text = harness_read(path, NULL);
	for (line = text; *line; number++) {
		size_t len = strcspn(line, "\n");

		if (len && *line != '#') {
			replay_line(name, number + 1, line, len);
			cases++;
		}
		line += len + (line[len] == '\n');
	}
	CHECK(cases > 10);
	free(text);
}

TEST(lines)
{
	replay("lines");
}

TEST(framing)
{
	replay("framing");
}

TEST(targets)
{
	replay("targets");
}

TEST(limits)
{
	replay("limits");
}
