/* postgres_articles.c: articles and documents: see sqlite_articles.c for the order within a
 * publication. */
#include <stdio.h>
#include <string.h>

#include "daemon/store/calls_articles.h"
#include "daemon/store/columns.h"
#include "daemon/store/postgres.h"
#include "daemon/store/postgres_calls.h"
#include "feeds/base/arena.h"

enum { PAGE_ROWS = 500 };

/* ---- publish ---- */

static void put_article(struct op *op, const struct store_article *row)
{
	struct value names[ARTICLE_NAME_VALUES], values[ARTICLE_VALUES];

	if (article_name_values(row, names))
		pg_add(op, PG_ARTICLE_CLEAR_NAMES, names, ARTICLE_NAME_VALUES);
	article_values(row, values);
	pg_add(op, PG_ARTICLE_PUT, values, ARTICLE_VALUES);
	if (row->flat)
		pg_add(op, PG_ARTICLE_PUT_FLAT,
			VALUES(value_text(row->path), value_blob(row->flat, row->flat_len)));
}

static void move_article(struct op *op, const char *from, const char *to)
{
	pg_add(op, PG_ARTICLE_MAKE_ROOM, VALUES(value_text(from), value_text(to)));
	pg_add(op, PG_ARTICLE_MOVE, VALUES(value_text(from), value_text(to)));
}

static void put_articles(struct op *op, const struct store_publication *publication)
{
	char parked[32];

	if (publication->article_count)
		pg_add(op, PG_COUNT_SEQ, NULL, 0);
	for (size_t i = 0; i < publication->article_count; i++) {
		snprintf(parked, sizeof(parked), "/moving/%zu", i); /* paths are relative */
		if (publication_renamed_from(publication, i))
			move_article(op, publication_renamed_from(publication, i), parked);
	}
	for (size_t i = 0; i < publication->removed_count; i++)
		pg_add(op, PG_ARTICLE_DELETE, VALUES(value_text(publication->removed[i])));
	for (size_t i = 0; i < publication->article_count; i++) {
		snprintf(parked, sizeof(parked), "/moving/%zu", i);
		if (publication_renamed_from(publication, i))
			move_article(op, parked, publication->articles[i].path);
	}
	for (size_t i = 0; i < publication->article_count; i++)
		put_article(op, &publication->articles[i]);
}

static void put_doc(struct store *store, struct op *op, const struct store_doc *doc, int tag)
{
	struct value path = value_text(doc->path);

	pg_add(op, PG_DOC_PUT,
		VALUES(path, value_text(doc->content_type), value_text(doc->etag),
			value_int(doc->modified_s), value_int(doc->is_topic),
			value_int(doc->is_deleted), value_blob(doc->body, doc->len)));
	pg_tag(op, tag);
	if (!doc->is_topic)
		return;
	if (doc->is_deleted) {
		pg_add(op, PG_JOB_DROP_TOPIC, VALUES(path));
		pg_add(op, PG_TASK_DROP_TOPIC, VALUES(path));
	} else {
		if (doc->priority > PRIORITY_REST)
			pg_add(op, PG_TASK_RAISE, VALUES(path, value_int(doc->priority)));
		if (doc->priority >= PRIORITY_CORRECTION)
			pg_add(op, PG_TASK_RECALL, VALUES(pg_now(store), path));
		pg_add(op, PG_JOB_PUT,
			VALUES(pg_now(store), path, value_int(doc->priority)));
	}
}

static void take_publish(struct store *store, struct op *op, const struct pg_statement *statement,
	const PGresult *result)
{
	(void)store;
	if (statement->sql == PG_DOC_PUT)
		((struct publish_op *)op)->seqs[statement->tag] = pg_int(result, 0, 0);
	else if (statement->sql == PG_TASK_DROP_TOPIC)
		engine_tell_dropped(PQgetvalue(result, 0, 1), pg_int(result, 0, 0));
}

void postgres_publish(struct store *store, struct publish_op *op,
	const struct store_publication *publication)
{
	pg_write(&op->op, PG_HASTY, take_publish);
	op->op.script->wakes = publication->doc_count > 0;
	if (publication->role)
		pg_add(&op->op, PG_ROLE_CHECK,
			VALUES(value_text(publication->role), value_text(store->owner),
				value_int(publication->epoch)));
	put_articles(&op->op, publication);
	for (size_t i = 0; i < op->count; i++)
		put_doc(store, &op->op, &publication->docs[i], (int)i);
	if (publication->role)
		pg_guard(&op->op);
	pg_queue(store, &op->op);
}

/* ---- articles ---- */

static void article_columns(struct arena *arena, const PGresult *result, int row,
	struct store_article *out)
{
	out->path = pg_text(arena, result, row, 0);
	out->id = pg_text(arena, result, row, 1);
	out->slug = pg_text(arena, result, row, 2);
	out->inode = (uint64_t)pg_int(result, row, 3);
	out->mtime_ns = pg_int(result, row, 4);
	out->size = pg_int(result, row, 5);
	out->hash = pg_text(arena, result, row, 6);
	out->content_hash = pg_text(arena, result, row, 7);
	out->first_seen_ms = pg_int(result, row, 8);
	out->visible_ms = pg_int(result, row, 9);
	out->published_ms = pg_int(result, row, 10);
	out->updated_ms = pg_int(result, row, 11);
	out->published_offset_s = (int32_t)pg_int(result, row, 12);
	out->updated_offset_s = (int32_t)pg_int(result, row, 13);
	out->version = (int32_t)pg_int(result, row, 14);
	out->presence = (enum article_presence)pg_int(result, row, 15);
	out->channel = pg_text(arena, result, row, 16);
	out->problem = pg_text(arena, result, row, 17);
	out->surfaced_ms = pg_int(result, row, 18);
	out->is_shown = pg_int(result, row, 19) != 0;
	out->title = pg_text(arena, result, row, 20);
	out->labels = pg_text(arena, result, row, 21);
	out->former_slugs = pg_text(arena, result, row, 22);
	out->decision = (enum store_decision)pg_int(result, row, 23);
	out->decided_ms = pg_int(result, row, 24);
	out->decision_note = pg_text(arena, result, row, 25);
	out->rights = pg_int(result, row, 26);
	out->next_change_ms = pg_int(result, row, 27);
	out->status = (int32_t)pg_int(result, row, 28);
}

static void take_articles(struct store *store, struct op *op,
	const struct pg_statement *statement, const PGresult *result)
{
	struct articles_op *self = (struct articles_op *)op;
	struct arena *arena = arena_create();

	(void)store, (void)statement;
	self->count = (size_t)PQntuples(result);
	self->rows = arena_alloc(arena, (self->count + 1) * sizeof(*self->rows));
	for (size_t i = 0; i < self->count; i++)
		article_columns(arena, result, (int)i, &self->rows[i]);
	if (self->count)
		self->after = arena_strdup(arena, self->rows[self->count - 1].path);
	op_set_page(op, arena);
}

void postgres_read_articles(struct store *store, struct op *op)
{
	struct articles_op *self = (struct articles_op *)op;

	(void)store;
	pg_read(op, take_articles);
	pg_add(op, PG_ARTICLE_LIST,
		VALUES(value_text(self->after ? self->after : ""), value_int(PAGE_ROWS)));
}

static void take_article(struct store *store, struct op *op,
	const struct pg_statement *statement, const PGresult *result)
{
	struct article_op *self = (struct article_op *)op;

	(void)store, (void)statement;
	self->is_found = PQntuples(result) > 0;
	if (!self->is_found)
		return;
	article_columns(op->arena, result, 0, &self->row);
	self->row.flat = pg_blob(op->arena, result, 0, 29, &self->row.flat_len);
}

void postgres_read_article(struct store *store, struct op *op)
{
	(void)store;
	pg_read(op, take_article);
	pg_add(op, PG_ARTICLE_GET, VALUES(value_text(((struct article_op *)op)->path)));
}

static void take_changed(struct store *store, struct op *op,
	const struct pg_statement *statement, const PGresult *result)
{
	struct changed_op *self = (struct changed_op *)op;
	struct arena *arena = arena_create();

	(void)store, (void)statement;
	self->count = (size_t)PQntuples(result);
	self->rows = arena_alloc(arena, (self->count + 1) * sizeof(*self->rows));
	for (int i = 0; i < PQntuples(result); i++) {
		self->after[0] = pg_int(result, i, 1);
		self->after[1] = pg_int(result, i, 2);
		self->rows[i] = (struct store_change){pg_text(arena, result, i, 0),
			self->after[0]};
	}
	op_set_page(op, arena);
}

void postgres_read_changed(struct store *store, struct op *op)
{
	struct changed_op *self = (struct changed_op *)op;

	(void)store;
	pg_read(op, take_changed);
	pg_add(op, PG_ARTICLE_CHANGED,
		VALUES(value_int(self->after[0]), value_int(self->after[1]),
			value_int(PAGE_ROWS)));
}

/* ---- documents ---- */

static void doc_columns(struct arena *arena, const PGresult *result, int row,
	struct store_doc *doc)
{
	doc->path = pg_text(arena, result, row, 0);
	doc->content_type = pg_text(arena, result, row, 1);
	doc->etag = pg_text(arena, result, row, 2);
	doc->modified_s = pg_int(result, row, 3);
	doc->seq = pg_int(result, row, 4);
	doc->is_topic = pg_int(result, row, 5) != 0;
	doc->is_deleted = pg_int(result, row, 6) != 0;
}

static void take_docs(struct store *store, struct op *op, const struct pg_statement *statement,
	const PGresult *result)
{
	struct docs_op *self = (struct docs_op *)op;

	(void)store, (void)statement;
	self->count = (size_t)PQntuples(result);
	self->docs = arena_alloc(op->arena, (self->count + 1) * sizeof(*self->docs));
	for (size_t i = 0; i < self->count; i++)
		doc_columns(op->arena, result, (int)i, &self->docs[i]);
}

void postgres_read_docs(struct store *store, struct op *op)
{
	struct docs_op *self = (struct docs_op *)op;

	(void)store;
	pg_read(op, take_docs);
	if (self->max)
		pg_add(op, PG_DOC_SINCE, VALUES(value_int(self->since), value_int(self->max)));
	else
		pg_add(op, PG_DOC_LIST, NULL, 0);
}

static void take_doc(struct store *store, struct op *op, const struct pg_statement *statement,
	const PGresult *result)
{
	struct doc_op *self = (struct doc_op *)op;

	(void)store, (void)statement;
	self->is_found = PQntuples(result) > 0;
	if (!self->is_found)
		return;
	doc_columns(op->arena, result, 0, &self->doc);
	self->doc.body = pg_blob(op->arena, result, 0, 7, &self->doc.len);
}

void postgres_read_doc(struct store *store, struct op *op)
{
	(void)store;
	pg_read(op, take_doc);
	pg_add(op, PG_DOC_GET, VALUES(value_text(((struct doc_op *)op)->path)));
}
