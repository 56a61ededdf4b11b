/*
 * fuzz_partner.c: what strangers and operators write about partners: the token of a request
 * (header and query, a line each), a token file, and the list of known sources.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/hub/partners.h"
#include "feeds/base/arena.h"
#include "feeds/base/buf.h"
#include "feeds/base/mem.h"
#include "feeds/html_feed.h"
#include "feeds/sources.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *text = mem_strndup((const char *)bytes, len), *query = strchr(text, '\n');
	struct arena *arena = arena_create();
	struct partner partner = {.name = "p"};
	const struct partners partners = {&partner, 1};
	struct source_list *sources;
	char token[PARTNER_TOKEN_MOST];
	struct buf html = {0};
	size_t token_len;
	bool is_read;

	if (query)
		*query++ = '\0';
	token_len = partner_find_token(text, query, token);
	if (token_len > sizeof(token))
		abort();
	is_read = partner_read_tokens(&partner, (const char *)bytes, len, NULL);
	if (partner.token_count > PARTNER_TOKENS || (is_read && !partner.token_count))
		abort();
	partners_by_token(&partners, token, token_len);
	if (sources_parse(arena, (const char *)bytes, len, &sources, NULL))
		sources_know(sources, text, query, 20260101);
	html_add_without_media(&html, text);
	if (html.len > strlen(text))
		abort();
	buf_finish(&html);
	arena_destroy(arena);
	free(text);
	return 0;
}
