/*
 * flat.c: one table of the fields of struct article drives both directions, so that they
 * cannot drift apart. Numbers are zigzag varints, text is its length + 1 and its bytes
 * (0 = NULL), lists are a count and their items. Only the shortest encoding is accepted.
 *
 * Bounds of the decoder: a list has at most as many items as bytes are left, counted with
 * the least size of an item, so memory is at most a small multiple of the input.
 *
 * A change of the tables is a new VERSION; what is stored is parsed again from its file.
 */
#include "feeds/flat.h"

#include "feeds/article.h"
#include "feeds/base/arena.h"
#include "feeds/base/buf.h"
#include "feeds/escape.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#define VERSION 1

enum field_kind {
	KIND_END,
	KIND_TEXT,
	KIND_BOOL,
	KIND_INT,
	KIND_INT32,
	KIND_INT64,
	KIND_ENUM, /* from 0 to `last` */
	KIND_INSTANT,
	KIND_TEXTS,   /* struct strings */
	KIND_LIST,    /* {items, count} of structs described by `item` */
	KIND_ORIGINS, /* const char *[FIELD_COUNT] */
};

struct field {
	enum field_kind kind;
	size_t offset;
	int last;
	const struct field *item;
	size_t item_size;
};

/* Lists are reached through this shape whatever their item type. */
struct list {
	const void *items;
	size_t count;
};
static_assert(
	sizeof(struct list) == sizeof(struct people) &&
		offsetof(struct list, count) == offsetof(struct people, count) &&
		offsetof(struct list, count) == offsetof(struct media_list, count) &&
		offsetof(struct list, count) == offsetof(struct reviews, count) &&
		offsetof(struct list, count) == offsetof(struct strings, count),
	"lists look alike");
static_assert(sizeof(enum article_status) == sizeof(int), "enums are ints");

#define AT(type, name) offsetof(struct type, name)
#define TEXT(type, name) {KIND_TEXT, AT(type, name), 0, NULL, 0}
#define ONE(kind, type, name) {KIND_##kind, AT(type, name), 0, NULL, 0}
#define CHOICE(type, name, last) {KIND_ENUM, AT(type, name), last, NULL, 0}
#define LIST(type, name, table, item) \
	{KIND_LIST, AT(type, name), 0, table, sizeof(struct item)}
#define END {KIND_END, 0, 0, NULL, 0}

static const struct field person_fields[] = {
	TEXT(person, name),
	TEXT(person, role),
	TEXT(person, org),
	TEXT(person, email),
	END,
};

static const struct field media_fields[] = {
	TEXT(media, href),
	TEXT(media, url),
	TEXT(media, type),
	TEXT(media, role),
	TEXT(media, title),
	TEXT(media, caption),
	TEXT(media, alt),
	ONE(INT64, media, length),
	ONE(INT32, media, duration_s),
	ONE(INT32, media, width),
	ONE(INT32, media, height),
	END,
};

static const struct field review_fields[] = {
	TEXT(review, stage),
	TEXT(review, by),
	ONE(INSTANT, review, at),
	END,
};

static const struct field article_fields[] = {
	CHOICE(article, format, FORMAT_SIDECAR),
	TEXT(article, encoding),
	TEXT(article, declared_encoding),
	ONE(BOOL, article, has_bom),
	TEXT(article, newline),
	TEXT(article, title),
	TEXT(article, kicker),
	TEXT(article, subtitle),
	TEXT(article, platform),
	TEXT(article, site_name),
	TEXT(article, channel),
	ONE(TEXTS, article, categories),
	ONE(TEXTS, article, tags),
	ONE(INSTANT, article, published),
	ONE(INSTANT, article, updated),
	ONE(INSTANT, article, embargo),
	ONE(INSTANT, article, expires),
	TEXT(article, source),
	TEXT(article, source_url),
	TEXT(article, dateline.agency),
	TEXT(article, dateline.place),
	TEXT(article, dateline.date),
	ONE(BOOL, article, dateline.is_set),
	LIST(article, authors, person_fields, person),
	LIST(article, editors, person_fields, person),
	TEXT(article, edition.paper),
	TEXT(article, edition.date),
	TEXT(article, edition.page),
	TEXT(article, edition.section),
	TEXT(article, edition.url),
	ONE(BOOL, article, edition.is_set),
	TEXT(article, summary),
	TEXT(article, lead),
	TEXT(article, language),
	TEXT(article, rights),
	TEXT(article, notice),
	ONE(INT, article, urgency),
	CHOICE(article, status, STATUS_WITHDRAWAL),
	CHOICE(article, correction.level, CORRECTION_CORRECTIVE),
	ONE(INSTANT, article, correction.at),
	TEXT(article, correction.note),
	TEXT(article, correction.of),
	TEXT(article, withdrawal.id),
	ONE(INSTANT, article, withdrawal.at),
	TEXT(article, withdrawal.reason),
	ONE(BOOL, article, withdrawal.is_set),
	TEXT(article, id),
	TEXT(article, slug),
	TEXT(article, url),
	TEXT(article, mobile_url),
	TEXT(article, editor_note),
	LIST(article, images, media_fields, media),
	LIST(article, attachments, media_fields, media),
	ONE(TEXTS, article, links),
	ONE(TEXTS, article, paragraphs),
	LIST(article, reviews, review_fields, review),
	TEXT(article, html),
	ONE(ORIGINS, article, origin),
	END,
};

/* ---- encoding ---- */

static void put_count(struct buf *out, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		buf_add_char(out, (char)(0x80 | (value & 0x7f)));
	buf_add_char(out, (char)value);
}

static void put_number(struct buf *out, int64_t value)
{
	put_count(out, (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0));
}

static void put_text(struct buf *out, const char *text)
{
	size_t len = text ? strlen(text) : 0;

	put_count(out, text ? len + 1 : 0);
	if (len > 0)
		buf_add(out, text, len);
}

static void put_texts(struct buf *out, const char *const *texts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		put_text(out, texts[i]);
}

static void put_instant(struct buf *out, const struct instant *instant)
{
	put_count(out, instant->is_set);
	if (!instant->is_set)
		return;
	put_number(out, instant->ms);
	put_number(out, instant->offset_s);
}

static void put_fields(struct buf *out, const struct field *fields, const char *base);

static void put_list(struct buf *out, const struct field *field, const struct list *list)
{
	put_count(out, list->count);
	for (size_t i = 0; i < list->count; i++)
		put_fields(out, field->item,
			(const char *)list->items + i * field->item_size);
}

static void put_field(struct buf *out, const struct field *field, const void *at)
{
	struct list list;

	switch (field->kind) {
	case KIND_END:
		break;
	case KIND_TEXT:
		put_text(out, *(const char *const *)at);
		break;
	case KIND_BOOL:
		put_count(out, *(const bool *)at);
		break;
	case KIND_INT:
	case KIND_ENUM:
		put_number(out, *(const int *)at);
		break;
	case KIND_INT32:
		put_number(out, *(const int32_t *)at);
		break;
	case KIND_INT64:
		put_number(out, *(const int64_t *)at);
		break;
	case KIND_INSTANT:
		put_instant(out, at);
		break;
	case KIND_TEXTS:
		put_count(out, ((const struct strings *)at)->count);
		put_texts(out, ((const struct strings *)at)->items,
			((const struct strings *)at)->count);
		break;
	case KIND_LIST:
		memcpy(&list, at, sizeof(list));
		put_list(out, field, &list);
		break;
	case KIND_ORIGINS:
		put_texts(out, at, FIELD_COUNT);
		break;
	}
}

static void put_fields(struct buf *out, const struct field *fields, const char *base)
{
	for (; fields->kind != KIND_END; fields++)
		put_field(out, fields, base + fields->offset);
}

void flat_encode(const struct article *article, struct buf *out)
{
	buf_add_char(out, VERSION);
	put_fields(out, article_fields, (const char *)article);
}

/* ---- decoding ---- */

struct reader {
	struct arena *arena;
	const unsigned char *at, *end;
};

static size_t left(const struct reader *reader)
{
	return (size_t)(reader->end - reader->at);
}

static bool get_count(struct reader *reader, uint64_t *out)
{
	uint64_t value = 0;

	for (unsigned shift = 0; shift < 64 && reader->at < reader->end; shift += 7) {
		unsigned char byte = *reader->at++;

		if (shift == 63 && byte > 1)
			return false;
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (byte & 0x80)
			continue;
		*out = value;
		return byte != 0 || shift == 0; /* the shortest form only */
	}
	return false;
}

static bool get_number(struct reader *reader, int64_t least, int64_t most, int64_t *out)
{
	uint64_t value;
	int64_t magnitude;

	if (!get_count(reader, &value))
		return false;
	magnitude = (int64_t)(value >> 1);
	*out = value & 1 ? -magnitude - 1 : magnitude;
	return *out >= least && *out <= most;
}

static bool get_bool(struct reader *reader, bool *out)
{
	uint64_t value;

	if (!get_count(reader, &value) || value > 1)
		return false;
	*out = value == 1;
	return true;
}

static bool get_text(struct reader *reader, const char **out)
{
	uint64_t len;
	const char *text;

	if (!get_count(reader, &len))
		return false;
	*out = NULL;
	if (len == 0)
		return true;
	text = (const char *)reader->at;
	len--;
	if (len > left(reader) || memchr(text, '\0', (size_t)len) ||
		!escape_is_utf8(text, (size_t)len))
		return false;
	*out = arena_strndup(reader->arena, text, (size_t)len);
	reader->at += len;
	return true;
}

static bool get_texts(struct reader *reader, struct strings *out)
{
	uint64_t count;
	const char **items;

	if (!get_count(reader, &count) || count > left(reader))
		return false;
	if (count == 0)
		return true;
	items = arena_alloc(reader->arena, (size_t)count * sizeof(*items));
	for (size_t i = 0; i < count; i++) {
		if (!get_text(reader, &items[i]))
			return false;
	}
	*out = (struct strings){items, (size_t)count};
	return true;
}

static bool get_origins(struct reader *reader, const char **origins)
{
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		if (!get_text(reader, &origins[i]))
			return false;
	}
	return true;
}

static bool get_instant(struct reader *reader, struct instant *out)
{
	int64_t offset;

	if (!get_bool(reader, &out->is_set))
		return false;
	if (!out->is_set)
		return true;
	if (!get_number(reader, INT64_MIN, INT64_MAX, &out->ms) ||
		!get_number(reader, INT32_MIN, INT32_MAX, &offset))
		return false;
	out->offset_s = (int32_t)offset;
	return true;
}

static bool get_fields(struct reader *reader, const struct field *fields, char *base);

static bool get_list(struct reader *reader, const struct field *field, void *at)
{
	struct list list = {NULL, 0};
	size_t least = 0; /* bytes of an item: one for each field */
	uint64_t count;
	char *items;

	while (field->item[least].kind != KIND_END)
		least++;
	if (!get_count(reader, &count) || count > left(reader) / least)
		return false;
	if (count == 0)
		return true;
	items = arena_alloc(reader->arena, (size_t)count * field->item_size);
	for (size_t i = 0; i < count; i++) {
		if (!get_fields(reader, field->item, items + i * field->item_size))
			return false;
	}
	list.items = items;
	list.count = (size_t)count;
	memcpy(at, &list, sizeof(list));
	return true;
}

static bool get_integer(struct reader *reader, const struct field *field, void *at)
{
	int64_t value;

	if (field->kind == KIND_INT64)
		return get_number(reader, INT64_MIN, INT64_MAX, at);
	if (field->kind == KIND_ENUM) {
		if (!get_number(reader, 0, field->last, &value))
			return false;
	} else if (!get_number(reader, INT32_MIN, INT32_MAX, &value)) {
		return false;
	}
	if (field->kind == KIND_INT32)
		*(int32_t *)at = (int32_t)value;
	else
		*(int *)at = (int)value;
	return true;
}

static bool get_field(struct reader *reader, const struct field *field, void *at)
{
	switch (field->kind) {
	case KIND_END:
		break;
	case KIND_TEXT:
		return get_text(reader, at);
	case KIND_BOOL:
		return get_bool(reader, at);
	case KIND_INT:
	case KIND_ENUM:
	case KIND_INT32:
	case KIND_INT64:
		return get_integer(reader, field, at);
	case KIND_INSTANT:
		return get_instant(reader, at);
	case KIND_TEXTS:
		return get_texts(reader, at);
	case KIND_LIST:
		return get_list(reader, field, at);
	case KIND_ORIGINS:
		return get_origins(reader, at);
	}
	return false;
}

static bool get_fields(struct reader *reader, const struct field *fields, char *base)
{
	for (; fields->kind != KIND_END; fields++) {
		if (!get_field(reader, fields, base + fields->offset))
			return false;
	}
	return true;
}

bool flat_decode(struct arena *arena, const void *bytes, size_t len, struct article **out)
{
	struct reader reader = {arena, bytes, (const unsigned char *)bytes + len};
	struct article *article;

	if (len == 0 || *reader.at++ != VERSION)
		return false;
	article = arena_alloc(arena, sizeof(*article));
	if (!get_fields(&reader, article_fields, (char *)article) || left(&reader) > 0)
		return false;
	*out = article;
	return true;
}
