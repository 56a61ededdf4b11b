/*
 * sqlite_articles.c: articles and documents. A publication is applied in an order that lets
 * names change hands within it: moved rows first leave for a name no file can have, then
 * what is removed goes, then they arrive.
 */
#include <stdio.h>
#include <string.h>

#include "daemon/store/calls_articles.h"
#include "daemon/store/columns.h"
#include "daemon/store/sqlite.h"
#include "daemon/store/sqlite_calls.h"
#include "feeds/base/arena.h"

enum { PAGE_ROWS = 500 };

/* ---- publish ---- */

/* A row with another path that has the id or the slug gives way. */
static void put_article(struct store *store, const struct store_article *row, int64_t seq)
{
	struct value names[ARTICLE_NAME_VALUES], values[ARTICLE_VALUES + 1];
	int64_t num;

	if (article_name_values(row, names))
		sqlite_run(store, SQL_ARTICLE_CLEAR_NAMES, names, ARTICLE_NAME_VALUES);
	article_values(row, values);
	values[ARTICLE_VALUES] = value_int(seq);
	num = sqlite_number(store, SQL_ARTICLE_PUT, values, ARTICLE_VALUES + 1, 0);
	if (row->flat)
		sqlite_run(store, SQL_ARTICLE_PUT_FLAT,
			VALUES(value_int(num), value_blob(row->flat, row->flat_len)));
}

static void move_article(struct store *store, const char *from, const char *to, int64_t seq)
{
	sqlite_run(store, SQL_ARTICLE_MOVE,
		VALUES(value_text(from), value_text(to), value_int(seq)));
}

static void put_articles(struct store *store, const struct store_publication *publication)
{
	int64_t seq = publication->article_count ? sqlite_count_up(store, "seq") : 0;
	char parked[32];

	for (size_t i = 0; i < publication->article_count; i++) {
		snprintf(parked, sizeof(parked), "/moving/%zu", i); /* paths are relative */
		if (publication_renamed_from(publication, i))
			move_article(store, publication_renamed_from(publication, i), parked,
				seq);
	}
	for (size_t i = 0; i < publication->removed_count; i++)
		sqlite_run(store, SQL_ARTICLE_DELETE,
			VALUES(value_text(publication->removed[i])));
	for (size_t i = 0; i < publication->article_count; i++) {
		snprintf(parked, sizeof(parked), "/moving/%zu", i);
		if (publication_renamed_from(publication, i))
			move_article(store, parked, publication->articles[i].path, seq);
	}
	for (size_t i = 0; i < publication->article_count; i++)
		put_article(store, &publication->articles[i], seq);
}

static int64_t put_doc(struct store *store, const struct store_doc *doc)
{
	int64_t seq = sqlite_count_up(store, "seq");

	sqlite_run(store, SQL_DOC_PUT,
		VALUES(value_text(doc->path), value_text(doc->content_type),
			value_text(doc->etag), value_int(doc->modified_s), value_int(seq),
			value_int(doc->is_topic), value_int(doc->is_deleted),
			value_blob(doc->body, doc->len)));
	if (doc->is_topic)
		sqlite_publish_jobs(store, doc, seq);
	return seq;
}

void sqlite_publish(struct store *store, struct publish_op *op,
	const struct store_publication *publication)
{
	sqlite_begin(store);
	if (publication->role && publication->epoch != SQLITE_EPOCH) {
		sqlite_finish_write(store, &op->op, STORE_LOST);
		return;
	}
	put_articles(store, publication);
	for (size_t i = 0; i < op->count; i++)
		op->seqs[i] = put_doc(store, &publication->docs[i]);
	if (op->count) {
		engine_raise(store, STORE_DOCS);
		engine_raise(store, STORE_WORK);
	}
	/* rows alone are what the files say: reading them again gives the same */
	if (op->count)
		sqlite_finish_write(store, &op->op, STORE_OK);
	else
		sqlite_finish_progress(store, &op->op, STORE_OK);
}

/* ---- articles ---- */

static void article_columns(struct arena *arena, sqlite3_stmt *stmt,
	struct store_article *row)
{
	row->path = column_text(arena, stmt, 0);
	row->id = column_text(arena, stmt, 1);
	row->slug = column_text(arena, stmt, 2);
	row->inode = (uint64_t)sqlite3_column_int64(stmt, 3);
	row->mtime_ns = sqlite3_column_int64(stmt, 4);
	row->size = sqlite3_column_int64(stmt, 5);
	row->hash = column_text(arena, stmt, 6);
	row->content_hash = column_text(arena, stmt, 7);
	row->first_seen_ms = sqlite3_column_int64(stmt, 8);
	row->visible_ms = sqlite3_column_int64(stmt, 9);
	row->published_ms = sqlite3_column_int64(stmt, 10);
	row->updated_ms = sqlite3_column_int64(stmt, 11);
	row->published_offset_s = sqlite3_column_int(stmt, 12);
	row->updated_offset_s = sqlite3_column_int(stmt, 13);
	row->version = sqlite3_column_int(stmt, 14);
	row->presence = (enum article_presence)sqlite3_column_int(stmt, 15);
	row->channel = column_text(arena, stmt, 16);
	row->problem = column_text(arena, stmt, 17);
	row->surfaced_ms = sqlite3_column_int64(stmt, 18);
	row->is_shown = sqlite3_column_int(stmt, 19);
	row->title = column_text(arena, stmt, 20);
	row->labels = column_text(arena, stmt, 21);
	row->former_slugs = column_text(arena, stmt, 22);
	row->decision = (enum store_decision)sqlite3_column_int(stmt, 23);
	row->decided_ms = sqlite3_column_int64(stmt, 24);
	row->decision_note = column_text(arena, stmt, 25);
	row->rights = sqlite3_column_int64(stmt, 26);
	row->next_change_ms = sqlite3_column_int64(stmt, 27);
	row->status = sqlite3_column_int(stmt, 28);
}

void sqlite_read_articles(struct store *store, struct op *op)
{
	struct articles_op *self = (struct articles_op *)op;
	struct arena *arena = arena_create();
	sqlite3_stmt *stmt = sqlite_start(store, SQL_ARTICLE_LIST,
		VALUES(value_text(self->after ? self->after : ""), value_int(PAGE_ROWS)));

	self->rows = arena_alloc(arena, PAGE_ROWS * sizeof(*self->rows));
	for (self->count = 0; sqlite_row(store, stmt); self->count++)
		article_columns(arena, stmt, &self->rows[self->count]);
	if (store->is_failed) {
		arena_destroy(arena);
		return;
	}
	if (self->count)
		self->after = arena_strdup(arena, self->rows[self->count - 1].path);
	op_set_page(op, arena);
}

void sqlite_read_article(struct store *store, struct op *op)
{
	struct article_op *self = (struct article_op *)op;
	sqlite3_stmt *stmt = sqlite_start(store, SQL_ARTICLE_GET, VALUES(value_text(self->path)));

	while (sqlite_row(store, stmt)) {
		self->is_found = true;
		article_columns(op->arena, stmt, &self->row);
		self->row.flat = column_blob(op->arena, stmt, 29, &self->row.flat_len);
	}
}

/* ---- documents ---- */

static void doc_columns(struct arena *arena, sqlite3_stmt *stmt, struct store_doc *doc)
{
	doc->path = column_text(arena, stmt, 0);
	doc->content_type = column_text(arena, stmt, 1);
	doc->etag = column_text(arena, stmt, 2);
	doc->modified_s = sqlite3_column_int64(stmt, 3);
	doc->seq = sqlite3_column_int64(stmt, 4);
	doc->is_topic = sqlite3_column_int(stmt, 5);
	doc->is_deleted = sqlite3_column_int(stmt, 6);
}

void sqlite_read_docs(struct store *store, struct op *op)
{
	struct docs_op *self = (struct docs_op *)op;
	sqlite3_stmt *stmt = self->max ?
		sqlite_start(store, SQL_DOC_SINCE,
			VALUES(value_int(self->since), value_int(self->max))) :
		sqlite_start(store, SQL_DOC_LIST, NULL, 0);

	for (self->count = 0; sqlite_row(store, stmt); self->count++) {
		if (self->count == self->cap) {
			struct store_doc *older = self->docs;

			self->cap = self->cap ? self->cap * 2 : 64;
			self->docs = arena_alloc(op->arena, self->cap * sizeof(*self->docs));
			if (self->count)
				memcpy(self->docs, older, self->count * sizeof(*older));
		}
		self->docs[self->count] = (struct store_doc){0};
		doc_columns(op->arena, stmt, &self->docs[self->count]);
	}
}

void sqlite_read_doc(struct store *store, struct op *op)
{
	struct doc_op *self = (struct doc_op *)op;
	sqlite3_stmt *stmt = sqlite_start(store, SQL_DOC_GET, VALUES(value_text(self->path)));

	while (sqlite_row(store, stmt)) {
		self->is_found = true;
		doc_columns(op->arena, stmt, &self->doc);
		self->doc.body = column_blob(op->arena, stmt, 7, &self->doc.len);
	}
}

/* ---- what changed ---- */

void sqlite_read_changed(struct store *store, struct op *op)
{
	struct changed_op *self = (struct changed_op *)op;
	struct arena *arena = arena_create();
	sqlite3_stmt *stmt = sqlite_start(store, SQL_ARTICLE_CHANGED,
		VALUES(value_int(self->after[0]), value_int(self->after[1]),
			value_int(PAGE_ROWS)));

	self->rows = arena_alloc(arena, PAGE_ROWS * sizeof(*self->rows));
	for (self->count = 0; sqlite_row(store, stmt); self->count++) {
		self->after[0] = sqlite3_column_int64(stmt, 1);
		self->after[1] = sqlite3_column_int64(stmt, 2);
		self->rows[self->count] = (struct store_change){column_text(arena, stmt, 0),
			self->after[0]};
	}
	op_set_page(op, arena);
}

