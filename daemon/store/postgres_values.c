/*
 * postgres_values.c: values to and from the wire. Numbers and bytes go in their binary form
 * (big-endian), texts as they are; results are binary, every number a bigint.
 */
#include <endian.h>
#include <string.h>

#include "daemon/loop/loop.h"
#include "daemon/store/postgres.h"
#include "daemon/store/seal.h"
#include "feeds/base/arena.h"
#include "feeds/base/buf.h"

enum { OID_INT8 = 20, OID_TEXT = 25 };

static char *put_u32(char *at, size_t number)
{
	uint32_t wire = htobe32((uint32_t)number);

	memcpy(at, &wire, sizeof(wire));
	return at + sizeof(wire);
}

static char *put_i64(char *at, int64_t number)
{
	uint64_t wire = htobe64((uint64_t)number);

	memcpy(at, &wire, sizeof(wire));
	return at + sizeof(wire);
}

/* Dimensions, whether there are NULLs, type; then, unless it is empty, length and origin. */
static char *put_array_head(char *at, size_t count, bool has_nulls, size_t type)
{
	at = put_u32(at, count ? 1 : 0);
	at = put_u32(at, has_nulls ? 1 : 0);
	at = put_u32(at, type);
	if (!count)
		return at;
	at = put_u32(at, count);
	return put_u32(at, 1);
}

enum { ARRAY_HEAD = 20 };

struct value pg_ints(struct arena *arena, const int64_t *numbers, size_t count)
{
	char *bytes = arena_alloc(arena, ARRAY_HEAD + count * 12);
	char *at = put_array_head(bytes, count, false, OID_INT8);

	for (size_t i = 0; i < count; i++) {
		at = put_u32(at, 8);
		at = put_i64(at, numbers[i]);
	}
	return value_blob(bytes, (size_t)(at - bytes));
}

struct value pg_texts(struct arena *arena, const char *const *texts, size_t count)
{
	size_t size = ARRAY_HEAD;
	bool has_nulls = false;
	char *bytes, *at;

	for (size_t i = 0; i < count; i++) {
		size += 4 + (texts[i] ? strlen(texts[i]) : 0);
		has_nulls = has_nulls || !texts[i];
	}
	bytes = arena_alloc(arena, size);
	at = put_array_head(bytes, count, has_nulls, OID_TEXT);
	for (size_t i = 0; i < count; i++) {
		size_t len = texts[i] ? strlen(texts[i]) : 0;

		at = put_u32(at, texts[i] ? len : UINT32_MAX);
		if (len)
			memcpy(at, texts[i], len);
		at += len;
	}
	return value_blob(bytes, (size_t)(at - bytes));
}

struct value pg_now(const struct store *store)
{
	return store->clock ? value_int(store->clock()) : value_text(NULL);
}

void pg_add(struct op *op, enum pg_sql sql, const struct value *values, size_t count)
{
	struct arena *arena = op->arena;
	struct pg_script *script = op->script;
	struct pg_statement *add = arena_alloc(arena, sizeof(*add));

	*add = (struct pg_statement){.op = op, .sql = sql, .count = (int)count};
	script->count++;
	add->values = arena_alloc(arena, (count + 1) * sizeof(*add->values));
	add->lengths = arena_alloc(arena, (count + 1) * sizeof(*add->lengths));
	add->formats = arena_alloc(arena, (count + 1) * sizeof(*add->formats));
	for (size_t i = 0; i < count; i++) {
		const struct value *value = &values[i];
		char *bytes;

		add->formats[i] = value->type != VALUE_TEXT;
		if (value->type == VALUE_INT) {
			bytes = arena_alloc(arena, 8);
			put_i64(bytes, value->number);
			add->values[i] = bytes;
			add->lengths[i] = 8;
		} else if (value->type == VALUE_TEXT) {
			add->values[i] = arena_strdup(arena, value->bytes);
		} else if (value->bytes) {
			bytes = arena_alloc(arena, value->len + 1);
			if (value->len)
				memcpy(bytes, value->bytes, value->len);
			add->values[i] = bytes;
			add->lengths[i] = (int)value->len;
		}
	}
	*script->last = script->newest = add;
	script->last = &add->next;
}

/* ---- results ---- */

int64_t pg_int(const PGresult *result, int row, int column)
{
	uint64_t wire;

	if (PQgetisnull(result, row, column) || PQgetlength(result, row, column) != 8)
		return 0;
	memcpy(&wire, PQgetvalue(result, row, column), sizeof(wire));
	return (int64_t)be64toh(wire);
}

const char *pg_text(struct arena *arena, const PGresult *result, int row, int column)
{
	if (PQgetisnull(result, row, column))
		return NULL;
	return arena_strndup(arena, PQgetvalue(result, row, column),
		(size_t)PQgetlength(result, row, column));
}

const void *pg_blob(struct arena *arena, const PGresult *result, int row, int column,
	size_t *len)
{
	char *copy;

	*len = (size_t)PQgetlength(result, row, column);
	if (PQgetisnull(result, row, column))
		return NULL;
	copy = arena_alloc(arena, *len + 1);
	if (*len)
		memcpy(copy, PQgetvalue(result, row, column), *len);
	return copy;
}

int64_t pg_time(const struct store *store, const PGresult *result, int row, int column)
{
	int64_t time = pg_int(result, row, column);

	return time == 0 || store->clock ? time : time - store->skew_ms;
}

/* A secret that cannot be opened is one that signs wrongly: the subscriber notices. */
const void *pg_secret(struct store *store, struct arena *arena, const PGresult *result,
	int row, int column, const char *topic, const char *callback, size_t *len)
{
	const void *sealed = pg_blob(arena, result, row, column, len);
	struct buf open = {0};
	char *copy;

	if (!sealed || !store->seal ||
		!seal_open(store->seal, topic ? topic : "", callback, sealed, *len, &open))
		return sealed;
	copy = arena_alloc(arena, open.len + 1);
	if (open.len)
		memcpy(copy, open.bytes, open.len);
	*len = open.len;
	buf_finish(&open);
	return copy;
}

void pg_sub_columns(struct store *store, struct arena *arena, const PGresult *result, int row,
	struct store_sub *out)
{
	out->id = pg_int(result, row, 0);
	out->topic = pg_text(arena, result, row, 1);
	out->topic_asked = pg_text(arena, result, row, 2);
	out->callback = pg_text(arena, result, row, 3);
	out->host_key = pg_text(arena, result, row, 4);
	out->secret = pg_secret(store, arena, result, row, 5, out->topic_asked, out->callback,
		&out->secret_len);
	out->method = (enum sign_method)pg_int(result, row, 6);
	out->wants_changes = pg_int(result, row, 7) != 0;
	out->expires_ms = pg_time(store, result, row, 8);
	out->attempts = (int)pg_int(result, row, 9);
	out->first_failed_ms = pg_time(store, result, row, 10);
	out->delivered_seq = pg_int(result, row, 11);
	out->due_ms = pg_time(store, result, row, 15);
	out->why = pg_text(arena, result, row, 16);
	out->priority = (enum store_priority)pg_int(result, row, 17);
}
