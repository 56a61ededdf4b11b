/*
 * fuzz_http.c: heads, targets, conditional headers and chunked bodies of any bytes. Every
 * way of cutting the input must give the same answer.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/http/client.h"
#include "daemon/http/conditional.h"
#include "daemon/http/target.h"
#include "daemon/net/cidr.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void require(int truth)
{
	if (!truth)
		abort();
}

static void use_head(const struct http_head *head)
{
	static const bool all[ENCODING_COUNT] = {true, true, true};
	static const char *const trusted[] = {"127.0.0.0/8", "::/0"};
	const struct address peer = {.is_v4 = true};
	char path[HTTP_TARGET_MAX + 2];
	struct address client;
	struct slice query;

	require(!(head->is_chunked && head->has_length));
	if (target_normalise(head->target, head->host, path, &query) == 0)
		require(*path == '/' && !strstr(path, "/../") && !strstr(path, "/./") &&
			strlen(path) <= HTTP_TARGET_MAX);
	is_not_modified(head, "W/\"0123456789abcdef01234567\"", 1700000000);
	choose_encoding(head->accept_encoding, all);
	client_find(&peer, true, head, trusted, 2, &client);
}

static void try_chunks(const char *bytes, size_t len)
{
	struct chunk_decoder whole = {0}, single = {0};
	char *a = malloc(len + 1), *b = malloc(len + 1);
	size_t used, content, at = 0, filled = 0;
	enum chunk_result result, last = CHUNK_MORE;

	require(a && b);
	result = chunk_decode(&whole, bytes, len, a, 1000, &used, &content);
	while (at < len && last == CHUNK_MORE) {
		size_t one_used = 0, one = 0;

		last = chunk_decode(&single, bytes + at, 1, b + filled, 1000, &one_used, &one);
		at += one_used;
		filled += one;
	}
	require(last == result);
	require(at == used && filled == content && memcmp(a, b, filled) == 0);
	free(a);
	free(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t len)
{
	const char *bytes = (const char *)input;
	size_t head_len = http_head_len(bytes, len, 0), seen = 0, grown = 0;
	struct http_head head, taken;
	size_t taken_len = http_take_head(bytes, len, &taken);
	int status = head_len ? http_parse_head(bytes, head_len, &head) : 0;

	for (size_t cut = 0; cut <= len && !grown; seen = cut++) {
		grown = http_head_len(bytes, cut, seen);
		/* what is refused early would have been refused */
		require(grown || !http_judge_start(bytes, cut) || !head_len || status);
	}
	require(grown == head_len);
	require(taken_len == (status ? 0 : head_len));
	require(!taken_len || (taken.target.at == head.target.at &&
		taken.target.len == head.target.len && taken.length == head.length &&
		taken.is_chunked == head.is_chunked && taken.keep_alive == head.keep_alive));
	if (head_len && !status)
		use_head(&head);
	try_chunks(bytes + head_len, len - head_len);
	return 0;
}
