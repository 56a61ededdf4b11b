/*
 * test_http_llhttp.c: the parser beside llhttp (of Node.js) on requests that are put together
 * and then damaged, from a seed. What ours takes, llhttp must read in the same way: method,
 * target, length and framing, content, whether the connection stays, and where the next
 * request begins. That ours refuses more is what it is for.
 *
 * LLHTTP_ROUNDS sets how many (`make fuzz` runs many), LLHTTP_SEED where to start.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/http/parse.h"
#include "daemon/http/target.h"
#include "feeds/base/buf.h"
#include "tests/unit/harness.h"

#if __has_include(<llhttp.c>)
#include <api.c>
#include <http.c>

enum { ROUNDS = 200000, BODY_MAX = 64 * 1024 };

/* ---- random requests ---- */

static uint64_t state;

static unsigned below(unsigned limit)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)((state >> 16) % limit);
}

#define ANY(list) ((list)[below(sizeof(list) / sizeof(*(list)))])
#define PICK(list) (below(12) ? ANY(list) : ANY(odd_##list))

/* What is good, and what is bad or strange: of each list, the latter is taken less often. */
static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"};
static const char *const odd_methods[] = {"get", "PRI", "G(T", "", "GET\t"};
static const char *const targets[] = {"/", "/feed.atom", "/a?b=c&d", "/%41/..", "/a//b/./",
	"http://h/x", "http://h?q", "http://h", "/?a?b", "/;a=b!$'()*+,@:~"};
static const char *const odd_targets[] = {"*", "/a|b^c{}\"<>", "h:80", "", "/a b", "http://g/"};
static const char *const versions[] = {"HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0"};
static const char *const odd_versions[] = {"HTTP/1.2", "HTTP/2.0", "HTTP/0.9", "http/1.1", ""};
static const char *const odd_ends[] = {"\n", "\r", "\r\r\n", "\n\r\n", ""};
static const char *const fields[] = {"Content-Length: 5", "Content-Length: 05",
	"Content-Length: 3 ", "Content-Length:\t4", "Transfer-Encoding: chunked",
	"Transfer-Encoding: Chunked ", "transfer-encoding:\tchunked",
	"Transfer-Encoding:chunked", "Connection: close", "Connection: keep-alive",
	"Connection: Keep-Alive, x", "Connection: x,close", "Connection: closed",
	"Connection: close, keep-alive", "Connection:", "Connection: , ,", "Expect: 100-continue",
	"X: y", "X-Long-Name_1!#$%&'*+.^`|~: a b\tc", "X:", "X:  ", "X: \xe6\x96\xb0",
	"If-None-Match: W/\"a\", \"b\"", "Cookie: a=b; c=\"d\"", "Content_Length: 4"};
static const char *const odd_fields[] = {"Host: h", "host: [::1]:80", "Content-Length: 4, 4",
	"Content-Length: +4", "Content-Length: 0x4", "Content-Length:", "Content-Length : 4",
	"Transfer-Encoding: gzip, chunked", "Transfer-Encoding: xchunked",
	"Transfer-Encoding: chunked, identity", "Transfer-Encoding : chunked",
	"Transfer-Encoding: \x0b" "chunked", "X : y", " X: y", "X: \x01", "X: a\rb", "no colon",
	": y"};
static const char *const sizes[] = {"1", "5", "05", "0A", "a", "b;x=y", "3;x=\"y z\"", "4;a=b;c",
	"1;a"};
static const char *const odd_sizes[] = {"2;", "1 ", " 1", "0x1", "+1", "g", "", "00000000",
	"100000001", "2;\x01", "1;a=", "1; a"};
static const char *const trailers[] = {"T: 1", "T:", "T-2:a b"};
static const char *const odd_trailers[] = {"no colon", " T: 1", "T : 1", ": 1"};
static const char *const tokens[] = {"\r\n", "\n", "\r", "\r\n\r\n", ":", " ", "\t", ",", "0", "5",
	"chunked", "Content-Length: 4\r\n", "Transfer-Encoding: chunked\r\n", "Host: h\r\n", "\x7f",
	"\x80", ";", "0\r\n\r\n", "GET / HTTP/1.1\r\nHost: h\r\n\r\n", "\r\n ", "HTTP/1.1"};

static const char *line_end(void)
{
	return below(40) ? "\r\n" : ANY(odd_ends);
}

static void add_chunks(struct buf *out)
{
	for (unsigned n = below(4); n; n--) {
		const char *size = PICK(sizes);
		size_t len = strtoul(size, NULL, 16) % 16;

		buf_add_str(out, size);
		buf_add_str(out, line_end());
		for (size_t i = 0; i < len; i++)
			buf_add_char(out, (char)('a' + below(26)));
		buf_add_str(out, line_end());
	}
	buf_add_str(out, below(8) ? "0" : "00");
	buf_add_str(out, line_end());
	for (unsigned n = below(3); n; n--) {
		buf_add_str(out, PICK(trailers));
		buf_add_str(out, line_end());
	}
	buf_add_str(out, line_end());
}

static void add_request(struct buf *out)
{
	bool is_chunked = false;

	if (!below(20))
		buf_add_str(out, line_end());
	buf_add_str(out, PICK(methods));
	buf_add_char(out, ' ');
	buf_add_str(out, PICK(targets));
	buf_add_char(out, ' ');
	buf_add_str(out, PICK(versions));
	buf_add_str(out, line_end());
	if (below(10))
		buf_add_str(out, "Host: h\r\n");
	for (unsigned n = below(5); n; n--) {
		const char *field = PICK(fields);

		is_chunked = is_chunked || strstr(field, "hunked");
		buf_add_str(out, field);
		buf_add_str(out, line_end());
	}
	buf_add_str(out, line_end());
	if (is_chunked && below(10))
		add_chunks(out);
	else if (below(2))
		buf_add_str(out, "abcde");
}

/* One small change: a byte, a piece out, a piece twice, or a token in. */
static void damage(struct buf *bytes)
{
	size_t at = below((unsigned)bytes->len), len = 1 + below(8);
	struct buf whole = {0};

	if (len > bytes->len - at)
		len = bytes->len - at;
	switch (below(4)) {
	case 0:
		bytes->bytes[at] = (char)below(256);
		return;
	case 1:
		memmove(bytes->bytes + at, bytes->bytes + at + len, bytes->len - at - len);
		bytes->len -= len;
		return;
	case 2:
		buf_add(&whole, bytes->bytes, at + len);
		buf_add(&whole, bytes->bytes + at, bytes->len - at);
		break;
	default:
		buf_add(&whole, bytes->bytes, at);
		buf_add_str(&whole, ANY(tokens));
		buf_add(&whole, bytes->bytes + at, bytes->len - at);
		break;
	}
	buf_finish(bytes);
	*bytes = whole;
}

/* ---- both readings ---- */

struct reading {
	char method[32], target[HTTP_TARGET_MAX + 1], content[1024];
	size_t content_len, length, used;
	int minor;
	bool is_chunked, stays, says_close, has_extension, has_trailer;
};

static void copy(struct slice from, char *out, size_t size)
{
	CHECK(from.len < size);
	memcpy(out, from.at, from.len);
	out[from.len] = '\0';
}

static bool read_ours(const char *bytes, size_t len, struct reading *out)
{
	size_t head_len = http_head_len(bytes, len, 0), used = 0;
	char path[HTTP_TARGET_MAX + 2];
	struct chunk_decoder decoder = {0};
	struct http_head head;
	struct slice query;

	if (!head_len || http_parse_head(bytes, head_len, &head) != 0 || head.method.len > 16 ||
		len - head_len > sizeof(out->content) ||
		target_normalise(head.target, head.host, path, &query) != 0)
		return false;
	*out = (struct reading){.minor = head.minor, .length = head.length,
		.is_chunked = head.is_chunked, .stays = head.keep_alive,
		.says_close = head.has_close};
	copy(head.method, out->method, sizeof(out->method));
	copy(head.target, out->target, sizeof(out->target));
	if (head.is_chunked && chunk_decode(&decoder, bytes + head_len, len - head_len,
		out->content, BODY_MAX, &used, &out->content_len) != CHUNK_DONE)
		return false;
	if (!head.is_chunked) {
		if (head.length > len - head_len)
			return false;
		memcpy(out->content, bytes + head_len, head.length);
		used = out->content_len = head.length;
	}
	out->used = head_len + used;
	out->has_trailer = decoder.other > 0;
	out->has_extension = head.is_chunked && memchr(bytes + head_len, ';', used);
	return true;
}

static int on_url(llhttp_t *parser, const char *at, size_t len)
{
	struct reading *reading = parser->data;

	strncat(reading->target, at, len < 500 ? len : 500);
	return 0;
}

static int on_body(llhttp_t *parser, const char *at, size_t len)
{
	struct reading *reading = parser->data;

	CHECK(reading->content_len + len <= sizeof(reading->content));
	memcpy(reading->content + reading->content_len, at, len);
	reading->content_len += len;
	return 0;
}

/* The length goes down while the content comes. */
static int on_headers(llhttp_t *parser)
{
	struct reading *reading = parser->data;

	reading->is_chunked = parser->flags & F_CHUNKED;
	reading->length = parser->content_length;
	return 0;
}

static int on_complete(llhttp_t *parser)
{
	struct reading *reading = parser->data;

	reading->stays = llhttp_should_keep_alive(parser);
	return HPE_PAUSED;
}

/* NULL, or why llhttp does not take it. */
static const char *read_theirs(const char *bytes, size_t len, struct reading *out)
{
	llhttp_settings_t settings;
	llhttp_errno_t error;
	llhttp_t parser;

	*out = (struct reading){.minor = 0};
	llhttp_settings_init(&settings);
	settings.on_url = on_url;
	settings.on_body = on_body;
	settings.on_headers_complete = on_headers;
	settings.on_message_complete = on_complete;
	llhttp_init(&parser, HTTP_REQUEST, &settings);
	parser.data = out;
	error = llhttp_execute(&parser, bytes, len);
	if (error != HPE_PAUSED)
		return error ? llhttp_errno_name(error) : "HPE_MORE";
	out->used = (size_t)(llhttp_get_error_pos(&parser) - bytes);
	out->minor = parser.http_minor;
	snprintf(out->method, sizeof(out->method), "%s",
		llhttp_method_name((llhttp_method_t)parser.method));
	return NULL;
}

/* Of what ours takes, llhttp may refuse only versions and methods that it does not know (it
 * waits for HTTP/2 behind PRI), some extensions of a chunk, and trailers that look as if they
 * said how long the body was, which ours drops. */
static bool may_refuse(const struct reading *ours, const struct reading *theirs, const char *why)
{
	bool has_content = ours->is_chunked && ours->content_len == theirs->content_len;

	return strcmp(why, "HPE_INVALID_METHOD") == 0 || strcmp(ours->method, "PRI") == 0 ||
	       (strcmp(why, "HPE_INVALID_VERSION") == 0 && ours->minor > 1) ||
	       (ours->has_extension && (strcmp(why, "HPE_INVALID_CHUNK_SIZE") == 0 ||
		       strcmp(why, "HPE_STRICT") == 0)) ||
	       (has_content && (strcmp(why, "HPE_INVALID_TRANSFER_ENCODING") == 0 ||
		       strcmp(why, "HPE_INVALID_CONTENT_LENGTH") == 0 ||
		       strcmp(why, "HPE_UNEXPECTED_CONTENT_LENGTH") == 0));
}

/* llhttp keeps some connections for which "close" is said (in HTTP/1.0 when keep-alive is said
 * too, and with a tab behind it), where RFC 9112 section 9.3 lets close decide; and it obeys
 * a Connection field among the trailers. */
static bool may_differ_in_stay(const struct reading *ours)
{
	return (ours->says_close && !ours->stays) || ours->has_trailer;
}

static bool is_same(const struct reading *ours, const struct reading *theirs)
{
	return strcmp(ours->method, theirs->method) == 0 &&
	       strcmp(ours->target, theirs->target) == 0 && ours->minor == theirs->minor &&
	       ours->is_chunked == theirs->is_chunked && ours->length == theirs->length &&
	       ours->content_len == theirs->content_len && ours->used == theirs->used &&
	       memcmp(ours->content, theirs->content, ours->content_len) == 0 &&
	       (ours->stays == theirs->stays || may_differ_in_stay(ours));
}

static _Noreturn void fail(const char *what, const struct buf *bytes, size_t at,
	const struct reading *ours, const struct reading *theirs)
{
	struct buf shown = {0};

	for (size_t i = 0; i < bytes->len; i++) {
		unsigned char c = (unsigned char)bytes->bytes[i];

		if (i == at)
			buf_add_str(&shown, "-->");
		if (c >= ' ' && c < 0x7f && c != '\\')
			buf_add_char(&shown, (char)c);
		else
			buf_printf(&shown, c == '\r' ? "\\r" : c == '\n' ? "\\n" : "\\x%02x", c);
	}
	harness_fail(__FILE__, __LINE__, "%s: %s\nours:   %s %s 1.%d length %zu chunked %d content "
		"%zu used %zu stays %d\ntheirs: %s %s 1.%d length %zu chunked %d content %zu used "
		"%zu stays %d", what, shown.bytes, ours->method, ours->target, ours->minor,
		ours->length, ours->is_chunked, ours->content_len, ours->used, ours->stays,
		theirs->method, theirs->target, theirs->minor, theirs->length, theirs->is_chunked,
		theirs->content_len, theirs->used, theirs->stays);
}

/* All requests in BYTES, as a connection would have them; how many both took. */
static size_t compare(const struct buf *bytes)
{
	struct reading ours, theirs;
	size_t count = 0;

	for (size_t at = 0; at < bytes->len; at += ours.used) {
		const char *why;

		if (!read_ours(bytes->bytes + at, bytes->len - at, &ours))
			break;
		why = read_theirs(bytes->bytes + at, bytes->len - at, &theirs);
		if (why && may_refuse(&ours, &theirs, why))
			break;
		if (why || !is_same(&ours, &theirs))
			fail(why ? why : "read otherwise", bytes, at, &ours, &theirs);
		count++;
		if (!ours.stays)
			break;
	}
	return count;
}

static unsigned long number(const char *name, unsigned long fallback)
{
	return getenv(name) ? strtoul(getenv(name), NULL, 10) : fallback;
}

TEST(what_ours_takes_llhttp_reads_the_same_way)
{
	unsigned long rounds = number("LLHTTP_ROUNDS", ROUNDS), taken = 0;
	struct buf bytes = {0};

	if (rounds > ROUNDS)
		alarm(0); /* it takes as long as it takes */
	for (unsigned long round = 0; round < rounds; round++) {
		state = (number("LLHTTP_SEED", 1) + round) * UINT64_C(0x9e3779b97f4a7c15) + 1;
		buf_clear(&bytes);
		for (unsigned n = 1 + below(2); n; n--)
			add_request(&bytes);
		for (unsigned n = below(3); n && bytes.len; n--)
			damage(&bytes);
		taken += compare(&bytes);
	}
	buf_finish(&bytes);
	fprintf(stderr, "%lu requests, of which both took %lu\n", rounds, taken);
	CHECK(taken > rounds / 5); /* or nothing was compared */
}

#else

TEST(what_ours_takes_llhttp_reads_the_same_way)
{
	puts("SKIPPED http_llhttp: llhttp's source (Debian's node-llhttp) is not installed");
}

#endif
