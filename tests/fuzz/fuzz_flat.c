/*
 * fuzz_flat.c: any bytes are an article or not. If they are, they are its only encoding,
 * and every document made of it passes the check.
 */
#include "feeds/article.h"
#include "feeds/base/arena.h"
#include "feeds/base/buf.h"
#include "feeds/base/error.h"
#include "feeds/flat.h"
#include "feeds/render.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void check_document(const struct article *article, enum feed_format format,
	enum article_status status)
{
	struct feed_item item = {
		.article = article,
		.id = "tag:news.example,2026:1",
		.url = "https://news.example/a/1",
		.published = article->published,
		.updated = article->updated,
		.status = status,
		.channel = article->channel,
	};
	struct feed_head head = {
		.id = "https://news.example/feed.atom",
		.title = article->platform,
		.self_url = "https://news.example/feed.atom",
		.home_url = "https://news.example/",
		.language = article->language,
	};
	struct buf fragment = {0}, out = {0};
	struct error err;

	feed_render_item(format, LEVEL_FULL_MEDIA, &item, &fragment, &head.namespaces);
	feed_render(format, &head, &(struct feed_fragment){fragment.bytes, fragment.len},
		1, &out);
	if (!feed_check(format, out.bytes, out.len, &err)) {
		fprintf(stderr, "%s: %s\n%s\n", feed_format_name(format), err.text,
			out.bytes);
		abort();
	}
	buf_finish(&fragment);
	buf_finish(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct arena *arena = arena_create();
	struct article *article;
	struct buf again = {0};

	if (flat_decode(arena, bytes, len, &article)) {
		flat_encode(article, &again);
		if (again.len != len || memcmp(again.bytes, bytes, len) != 0)
			abort();
		for (int format = 0; format < FEED_FORMAT_COUNT; format++) {
			check_document(
				article, (enum feed_format)format, STATUS_PUBLISHED);
			check_document(
				article, (enum feed_format)format, STATUS_WITHDRAWN);
		}
	}
	buf_finish(&again);
	arena_destroy(arena);
	return 0;
}
