/*
 * flat.c: see flat.h. One walk over the fields serves both directions, so that encoder and
 * decoder cannot differ. Numbers are 8 bytes little-endian, texts a 4-byte length (all ones
 * = NULL) and the bytes.
 */
#include "feeds/flat.h"

#include <string.h>

#include "feeds/article.h"
#include "feeds/base/arena.h"
#include "feeds/base/buf.h"

enum { FLAT_VERSION = 1 };
static const uint32_t no_text = UINT32_MAX;

struct codec {
	struct buf *out;        /* encoding; NULL = decoding */
	const unsigned char *at, *end;
	struct arena *arena;
	bool is_bad;
};

static void walk_number(struct codec *codec, int64_t *number)
{
	unsigned char bytes[8];
	uint64_t value = (uint64_t)*number;

	if (codec->out) {
		for (int i = 0; i < 8; i++)
			bytes[i] = (unsigned char)(value >> (8 * i));
		buf_add(codec->out, bytes, sizeof(bytes));
		return;
	}
	*number = 0;
	if (codec->is_bad || codec->end - codec->at < 8) {
		codec->is_bad = true;
		return;
	}
	value = 0;
	for (int i = 0; i < 8; i++)
		value |= (uint64_t)codec->at[i] << (8 * i);
	codec->at += 8;
	*number = (int64_t)value;
}

/* A number within LEAST and MOST. */
static int64_t walk_within(struct codec *codec, int64_t number, int64_t least, int64_t most)
{
	walk_number(codec, &number);
	if (number < least || number > most) {
		codec->is_bad = true;
		return least;
	}
	return number;
}

static void walk_int(struct codec *codec, int32_t *number)
{
	*number = (int32_t)walk_within(codec, *number, INT32_MIN, INT32_MAX);
}

static void walk_bool(struct codec *codec, bool *flag)
{
	*flag = walk_within(codec, *flag, 0, 1) != 0;
}

static void walk_text(struct codec *codec, const char **text)
{
	uint32_t len = *text && codec->out ? (uint32_t)strlen(*text) : no_text;

	if (codec->out) {
		unsigned char bytes[4] = {(unsigned char)len, (unsigned char)(len >> 8),
			(unsigned char)(len >> 16), (unsigned char)(len >> 24)};

		buf_add(codec->out, bytes, sizeof(bytes));
		if (*text)
			buf_add(codec->out, *text, len);
		return;
	}
	*text = NULL;
	if (codec->is_bad || codec->end - codec->at < 4) {
		codec->is_bad = true;
		return;
	}
	len = (uint32_t)codec->at[0] | (uint32_t)codec->at[1] << 8 |
		(uint32_t)codec->at[2] << 16 | (uint32_t)codec->at[3] << 24;
	codec->at += 4;
	if (len == no_text)
		return;
	if ((size_t)(codec->end - codec->at) < len || memchr(codec->at, '\0', len)) {
		codec->is_bad = true;
		return;
	}
	*text = arena_strndup(codec->arena, (const char *)codec->at, len);
	codec->at += len;
}

/* The length of a list whose items take at least ITEM_LEAST bytes each; when decoding,
 * *ITEMS gets room for them. */
static void walk_count(struct codec *codec, size_t *count, const void **items, size_t size,
	size_t item_least)
{
	int64_t most = codec->out ? INT32_MAX :
		(int64_t)((size_t)(codec->end - codec->at) / item_least);

	*count = (size_t)walk_within(codec, codec->out ? (int64_t)*count : 0, 0, most);
	if (codec->is_bad)
		*count = 0;
	if (!codec->out)
		*items = arena_alloc(codec->arena, (*count + 1) * size);
}

static void walk_instant(struct codec *codec, struct instant *at)
{
	walk_number(codec, &at->ms);
	walk_int(codec, &at->offset_s);
	walk_bool(codec, &at->is_set);
}

/* Decoding writes into the arrays that walk_count made; encoding only reads. */
static void *writable(const void *items)
{
	return (void *)(uintptr_t)items;
}

static void walk_strings(struct codec *codec, struct strings *list)
{
	const void *items = list->items;
	const char **texts;

	walk_count(codec, &list->count, &items, sizeof(char *), 4);
	texts = writable(items);
	for (size_t i = 0; i < list->count; i++)
		walk_text(codec, &texts[i]);
	list->items = (const char *const *)texts;
}

static void walk_people(struct codec *codec, struct people *list)
{
	const void *items = list->items;
	struct person *people;

	walk_count(codec, &list->count, &items, sizeof(*people), 16);
	people = writable(items);
	for (size_t i = 0; i < list->count; i++) {
		walk_text(codec, &people[i].name);
		walk_text(codec, &people[i].role);
		walk_text(codec, &people[i].org);
		walk_text(codec, &people[i].email);
	}
	list->items = people;
}

static void walk_media(struct codec *codec, struct media_list *list)
{
	const void *items = list->items;

	walk_count(codec, &list->count, &items, sizeof(struct media), 60);
	list->items = writable(items);
	for (size_t i = 0; i < list->count; i++) {
		struct media *media = &list->items[i];

		walk_text(codec, &media->href);
		walk_text(codec, &media->url);
		walk_text(codec, &media->type);
		walk_text(codec, &media->role);
		walk_text(codec, &media->title);
		walk_text(codec, &media->caption);
		walk_text(codec, &media->alt);
		walk_number(codec, &media->length);
		walk_int(codec, &media->duration_s);
		walk_int(codec, &media->width);
		walk_int(codec, &media->height);
	}
}

static void walk_reviews(struct codec *codec, struct reviews *list)
{
	const void *items = list->items;
	struct review *reviews;

	walk_count(codec, &list->count, &items, sizeof(*reviews), 32);
	reviews = writable(items);
	for (size_t i = 0; i < list->count; i++) {
		walk_text(codec, &reviews[i].stage);
		walk_text(codec, &reviews[i].by);
		walk_instant(codec, &reviews[i].at);
	}
	list->items = reviews;
}

static void walk_groups(struct codec *codec, struct article *article)
{
	walk_text(codec, &article->dateline.agency);
	walk_text(codec, &article->dateline.place);
	walk_text(codec, &article->dateline.date);
	walk_bool(codec, &article->dateline.is_set);
	walk_text(codec, &article->edition.paper);
	walk_text(codec, &article->edition.date);
	walk_text(codec, &article->edition.page);
	walk_text(codec, &article->edition.section);
	walk_text(codec, &article->edition.url);
	walk_bool(codec, &article->edition.is_set);
	article->correction.level = (enum correction_level)walk_within(codec,
		article->correction.level, CORRECTION_NONE, CORRECTION_CORRECTIVE);
	walk_instant(codec, &article->correction.at);
	walk_text(codec, &article->correction.note);
	walk_text(codec, &article->correction.of);
	walk_text(codec, &article->withdrawal.id);
	walk_instant(codec, &article->withdrawal.at);
	walk_text(codec, &article->withdrawal.reason);
	walk_bool(codec, &article->withdrawal.is_set);
}

static void walk_article(struct codec *codec, struct article *article)
{
	const char **const texts[] = {&article->encoding, &article->declared_encoding,
		&article->newline, &article->title, &article->kicker, &article->subtitle,
		&article->platform, &article->site_name, &article->channel, &article->source,
		&article->source_url, &article->summary, &article->lead, &article->language,
		&article->rights, &article->notice, &article->id, &article->slug, &article->url,
		&article->mobile_url, &article->editor_note, &article->html};
	struct instant *const instants[] = {&article->published, &article->updated,
		&article->embargo, &article->expires};

	article->format = (enum article_format)walk_within(codec, article->format, 0,
		FORMAT_SIDECAR);
	article->status = (enum article_status)walk_within(codec, article->status, 0,
		STATUS_WITHDRAWAL);
	walk_bool(codec, &article->has_bom);
	article->urgency = (int)walk_within(codec, article->urgency, 0, 9);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		walk_text(codec, texts[i]);
	for (size_t i = 0; i < sizeof(instants) / sizeof(*instants); i++)
		walk_instant(codec, instants[i]);
	walk_groups(codec, article);
	walk_strings(codec, &article->categories);
	walk_strings(codec, &article->tags);
	walk_strings(codec, &article->links);
	walk_strings(codec, &article->paragraphs);
	walk_people(codec, &article->authors);
	walk_people(codec, &article->editors);
	walk_media(codec, &article->images);
	walk_media(codec, &article->attachments);
	walk_reviews(codec, &article->reviews);
	for (size_t i = 0; i < FIELD_COUNT; i++)
		walk_text(codec, &article->origin[i]);
}

void flat_encode(const struct article *article, struct buf *out)
{
	struct article copy = *article;
	struct codec codec = {.out = out};

	buf_add_char(out, FLAT_VERSION);
	walk_article(&codec, &copy);
}

bool flat_decode(struct arena *arena, const void *bytes, size_t len, struct article **out)
{
	struct codec codec = {.at = bytes, .end = (const unsigned char *)bytes + len,
		.arena = arena};

	if (len < 1 || *codec.at++ != FLAT_VERSION)
		return false;
	*out = arena_alloc(arena, sizeof(**out));
	walk_article(&codec, *out);
	return !codec.is_bad && codec.at == codec.end;
}
