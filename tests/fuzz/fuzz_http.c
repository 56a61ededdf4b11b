/* fuzz_http.c: heads, targets and chunked bodies of any bytes. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/http/conditional.h"
#include "daemon/http/parse.h"
#include "daemon/http/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void look_at(const char *text, size_t head_len)
{
	char path[HTTP_TARGET_MAX + 2];
	struct http_head head;
	struct slice query;
	bool has[ENCODING_COUNT] = {true, true, true};

	if (http_parse_head(text, head_len, &head) != 0)
		return;
	assert(!(head.is_chunked && head.has_length));
	if (target_normalise(head.target, head.host, path, &query) == 0) {
		assert(path[0] == '/');
		assert(!strstr(path, "/../") && !strstr(path, "/./"));
	}
	is_not_modified(&head, "W/\"abc\"", 1000);
	choose_encoding(head.accept_encoding, has);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *copy = malloc(len + 1);
	struct chunk_decoder decoder = {0};
	size_t head_len, used, content;

	if (!copy)
		abort();
	memcpy(copy, bytes, len);
	head_len = http_head_len(copy, len, 0);
	if (head_len)
		look_at(copy, head_len);
	chunk_decode(&decoder, copy, len, copy, 65536, &used, &content);
	assert(used <= len && content <= used);
	free(copy);
	return 0;
}
