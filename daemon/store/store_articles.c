/* store_articles.c: the calls about articles and documents, for every engine. */
#include "daemon/store/store_articles.h"

#include <assert.h>
#include <string.h>

#include "daemon/store/calls_articles.h"
#include "daemon/store/engine.h"
#include "feeds/base/arena.h"

const char *publication_renamed_from(const struct store_publication *publication, size_t i)
{
	const char *from = publication->renamed_from ? publication->renamed_from[i] : NULL;

	return from && strcmp(from, publication->articles[i].path) != 0 ? from : NULL;
}

static bool run_publish(struct store *store, struct op *op)
{
	struct publish_op *self = (struct publish_op *)op;

	(void)store;
	if (!self->done)
		return false;
	if (op->status == STORE_OK)
		self->done(self->context, STORE_OK, self->seqs, self->count);
	else
		self->done(self->context, op->status, NULL, 0);
	return false;
}

void store_publish(struct store *store, const struct store_publication *publication,
	void (*done)(void *context, enum store_status status, const int64_t *seqs,
		size_t count), void *context)
{
	struct publish_op *op = op_create(sizeof(*op), run_publish);

	op->done = done;
	op->context = context;
	op->count = publication->doc_count;
	op->seqs = arena_alloc(op->op.arena, (op->count + 1) * sizeof(*op->seqs));
	engine_of(store)->publish(store, op, publication);
}

static bool run_articles(struct store *store, struct op *op)
{
	struct articles_op *self = (struct articles_op *)op;
	bool is_end = self->count == 0;

	(void)store;
	self->page(self->context, self->rows, self->count);
	return !is_end;
}

void store_article_list(struct store *store,
	void (*page)(void *context, const struct store_article *rows, size_t count),
	void *context)
{
	struct articles_op *op = op_create(sizeof(*op), run_articles);

	op->page = page;
	op->context = context;
	engine_queue_read(store, &op->op, engine_of(store)->read_articles);
}

static bool run_article(struct store *store, struct op *op)
{
	struct article_op *self = (struct article_op *)op;

	(void)store;
	self->done(self->context, self->is_found ? &self->row : NULL);
	return false;
}

void store_article_get(struct store *store, const char *path,
	void (*done)(void *context, const struct store_article *row), void *context)
{
	struct article_op *op = op_create(sizeof(*op), run_article);

	op->done = done;
	op->context = context;
	op->path = arena_strdup(op->op.arena, path);
	engine_queue_read(store, &op->op, engine_of(store)->read_article);
}

static bool run_changed(struct store *store, struct op *op)
{
	struct changed_op *self = (struct changed_op *)op;
	bool is_end = self->count == 0;

	(void)store;
	self->page(self->context, self->rows, self->count);
	return !is_end;
}

void store_article_changed(struct store *store, int64_t since,
	void (*page)(void *context, const struct store_change *rows, size_t count),
	void *context)
{
	struct changed_op *op = op_create(sizeof(*op), run_changed);

	op->page = page;
	op->context = context;
	op->after[0] = since;
	op->after[1] = INT64_MAX;
	engine_queue_read(store, &op->op, engine_of(store)->read_changed);
}

static bool run_docs(struct store *store, struct op *op)
{
	struct docs_op *self = (struct docs_op *)op;

	(void)store;
	self->done(self->context, self->docs, self->count);
	return false;
}

void store_doc_list(struct store *store,
	void (*done)(void *context, const struct store_doc *docs, size_t count), void *context)
{
	struct docs_op *op = op_create(sizeof(*op), run_docs);

	op->done = done;
	op->context = context;
	engine_queue_read(store, &op->op, engine_of(store)->read_docs);
}

void store_doc_since(struct store *store, int64_t since, size_t max,
	void (*done)(void *context, const struct store_doc *docs, size_t count), void *context)
{
	struct docs_op *op = op_create(sizeof(*op), run_docs);

	assert(max > 0);
	op->done = done;
	op->context = context;
	op->since = since;
	op->max = (int64_t)max;
	engine_queue_read(store, &op->op, engine_of(store)->read_docs);
}

static bool run_doc(struct store *store, struct op *op)
{
	struct doc_op *self = (struct doc_op *)op;

	(void)store;
	self->done(self->context, self->is_found ? &self->doc : NULL);
	return false;
}

void store_doc_get(struct store *store, const char *path,
	void (*done)(void *context, const struct store_doc *doc), void *context)
{
	struct doc_op *op = op_create(sizeof(*op), run_doc);

	op->done = done;
	op->context = context;
	op->path = arena_strdup(op->op.arena, path);
	engine_queue_read(store, &op->op, engine_of(store)->read_doc);
}
