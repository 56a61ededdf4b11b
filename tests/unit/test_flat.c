/*
 * test_flat.c: what is encoded comes back the same, and nothing but an encoding decodes.
 */
#include "tests/unit/harness.h"
#include "tests/unit/sample.h"

#include "feeds/article.h"
#include "feeds/base/arena.h"
#include "feeds/base/buf.h"
#include "feeds/flat.h"

#include <stdlib.h>
#include <string.h>

static struct article *decode(struct arena *arena, const struct buf *flat)
{
	struct article *article = NULL;

	CHECK(flat_decode(arena, flat->bytes, flat->len, &article));
	return article;
}

static void check_same(const struct article *article)
{
	struct arena *arena = arena_create();
	struct buf first = {0}, second = {0};

	flat_encode(article, &first);
	flat_encode(decode(arena, &first), &second);
	CHECK_INT(second.len, first.len);
	CHECK(memcmp(first.bytes, second.bytes, first.len) == 0);
	buf_finish(&first);
	buf_finish(&second);
	arena_destroy(arena);
}

TEST(an_empty_article)
{
	struct article article = {0};

	check_same(&article);
}

TEST(every_field_comes_back)
{
	struct arena *arena = arena_create();
	struct article in = sample_article();
	struct buf flat = {0};
	struct article *out;

	check_same(&in);
	flat_encode(&in, &flat);
	out = decode(arena, &flat);
	CHECK_INT(out->format, FORMAT_NITF);
	CHECK_STR(out->title, in.title);
	CHECK_STR(out->kicker, "");
	CHECK(out->slug == NULL);
	CHECK(out->has_bom && out->dateline.is_set && out->edition.is_set);
	CHECK_INT(out->published.ms, in.published.ms);
	CHECK_INT(out->published.offset_s, 28800);
	CHECK(out->published.is_set && !out->embargo.is_set);
	CHECK_INT(out->tags.count, 2);
	CHECK_STR(out->tags.items[1], in.tags.items[1]);
	CHECK_INT(out->authors.count, 2);
	CHECK_STR(out->authors.items[1].role, "记者");
	CHECK_INT(out->images.count, 2);
	CHECK_INT(out->images.items[1].length, -1);
	CHECK_INT(out->images.items[0].width, 800);
	CHECK_INT(out->attachments.items[0].length, 123456);
	CHECK_INT(out->urgency, 3);
	CHECK_INT(out->correction.level, CORRECTION_CORRECTION);
	CHECK_INT(out->reviews.count, 1);
	CHECK_STR(out->html, in.html);
	CHECK_STR(out->origin[FIELD_TITLE], "h1");
	CHECK(out->origin[FIELD_KICKER] == NULL);
	CHECK_STR(out->origin[FIELD_BODY], "body");
	buf_finish(&flat);
	arena_destroy(arena);
}

TEST(extreme_numbers)
{
	struct arena *arena = arena_create();
	struct media media = {
		.length = INT64_MAX, .duration_s = INT32_MIN, .width = INT32_MAX};
	struct article in = {
		.published = {INT64_MIN, INT32_MIN, true},
		.updated = {INT64_MAX, INT32_MAX, true},
		.urgency = -1,
		.images = {&media, 1},
	};
	struct buf flat = {0};
	struct article *out;

	flat_encode(&in, &flat);
	out = decode(arena, &flat);
	CHECK(out->published.ms == INT64_MIN && out->published.offset_s == INT32_MIN);
	CHECK(out->updated.ms == INT64_MAX && out->updated.offset_s == INT32_MAX);
	CHECK_INT(out->urgency, -1);
	CHECK(out->images.items[0].length == INT64_MAX);
	CHECK(out->images.items[0].duration_s == INT32_MIN);
	buf_finish(&flat);
	arena_destroy(arena);
}

/* Exactly LEN bytes, so that the address sanitizer sees a read past the end. */
static bool decodes(const char *bytes, size_t len)
{
	struct arena *arena = arena_create();
	char *copy = malloc(len ? len : 1);
	struct article *article;
	bool ok;

	memcpy(copy, bytes, len);
	ok = flat_decode(arena, copy, len, &article);
	free(copy);
	arena_destroy(arena);
	return ok;
}

TEST(no_prefix_and_no_longer_run_decodes)
{
	struct article in = sample_article();
	struct buf flat = {0};

	flat_encode(&in, &flat);
	for (size_t len = 0; len < flat.len; len++)
		CHECK(!decodes(flat.bytes, len));
	buf_add_char(&flat, '\0');
	CHECK(!decodes(flat.bytes, flat.len));
	buf_finish(&flat);
}

TEST(every_changed_byte_gives_an_article_or_false)
{
	struct article in = sample_article();
	struct buf flat = {0};

	flat_encode(&in, &flat);
	for (size_t i = 0; i < flat.len; i++) {
		static const char changes[] = {0, 1, 2, 0x7f, (char)0x80, (char)0xff};
		char was = flat.bytes[i];

		for (size_t c = 0; c < sizeof(changes); c++) {
			flat.bytes[i] = changes[c];
			if (decodes(flat.bytes, flat.len) && i == 0)
				CHECK_INT(changes[c], 1); /* another version is refused */
		}
		flat.bytes[i] = was;
	}
	buf_finish(&flat);
}

/* Only the first bytes matter here: the format, then encoding as text. */
TEST(bad_encodings_are_refused)
{
	struct article empty = {0};
	struct buf flat = {0};

	flat_encode(&empty, &flat);
	CHECK(decodes(flat.bytes, flat.len));
	flat.bytes[1] = 2 * (FORMAT_SIDECAR + 1); /* no such format */
	CHECK(!decodes(flat.bytes, flat.len));
	flat.bytes[1] = 1; /* -1 */
	CHECK(!decodes(flat.bytes, flat.len));
	buf_clear(&flat);
	empty.encoding = "x";
	flat_encode(&empty, &flat);
	CHECK(decodes(flat.bytes, flat.len));
	flat.bytes[3] = (char)0xff; /* not UTF-8 */
	CHECK(!decodes(flat.bytes, flat.len));
	flat.bytes[3] = '\0';
	CHECK(!decodes(flat.bytes, flat.len));
	buf_finish(&flat);
	CHECK(!decodes("\x01\x80\x00", 3)); /* not the shortest varint */
	CHECK(!decodes("\x01\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12));
	CHECK(!decodes("", 0));
}
