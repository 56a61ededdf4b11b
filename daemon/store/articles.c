/* articles.c: articles and documents, and their publication in one commit. */
#include <string.h>

#include "daemon/store/sqlite.h"
#include "feeds/base/arena.h"

enum {
	PAGE_ROWS = 500,
	RANGE_SUBS = 5000, /* subscribers from which a topic's jobs are split */
	RANGES = 8,
};

static void put_article(struct store *store, const struct store_article *row,
	const char *renamed_from)
{
	sqlite3_stmt *s;

	if (renamed_from) {
		s = store_statement(store, ARTICLE_RENAME);
		bind_text(s, 1, renamed_from);
		bind_text(s, 2, row->path);
		store_run(store, s);
	}
	s = store_statement(store, ARTICLE_CLEAR);
	bind_text(s, 1, row->path);
	bind_text(s, 2, row->id);
	bind_text(s, 3, row->slug);
	store_run(store, s);
	s = store_statement(store, ARTICLE_PUT);
	bind_text(s, 1, row->path);
	bind_text(s, 2, row->id);
	bind_text(s, 3, row->slug);
	sqlite3_bind_int64(s, 4, (int64_t)row->inode);
	sqlite3_bind_int64(s, 5, row->mtime_ns);
	sqlite3_bind_int64(s, 6, row->size);
	bind_text(s, 7, row->hash);
	bind_text(s, 8, row->content_hash);
	sqlite3_bind_int64(s, 9, row->first_seen_ms);
	sqlite3_bind_int64(s, 10, row->visible_ms);
	sqlite3_bind_int64(s, 11, row->published_ms);
	sqlite3_bind_int64(s, 12, row->updated_ms);
	sqlite3_bind_int(s, 13, row->published_offset_s);
	sqlite3_bind_int(s, 14, row->updated_offset_s);
	sqlite3_bind_int(s, 15, row->version);
	sqlite3_bind_int(s, 16, (int)row->presence);
	bind_text(s, 17, row->channel);
	bind_text(s, 18, row->problem);
	bind_blob(s, 19, row->flat, row->flat_len);
	store_run(store, s);
}

static int64_t next_seq(struct store *store)
{
	sqlite3_stmt *s = store_statement(store, CLOCK_NEXT);
	int64_t seq = store_row(store, s) ? sqlite3_column_int64(s, 0) : 0;

	sqlite3_reset(s);
	return seq;
}

static int64_t count_subs(struct store *store, const char *topic)
{
	sqlite3_stmt *s = store_statement(store, TOPIC_SUBS);
	int64_t count;

	bind_text(s, 1, topic);
	sqlite3_bind_int64(s, 2, store->clock());
	count = store_row(store, s) ? sqlite3_column_int64(s, 0) : 0;
	sqlite3_reset(s);
	return count;
}

static void put_jobs(struct store *store, const char *topic, int64_t seq)
{
	int64_t subs = count_subs(store, topic);
	int ranges = subs >= RANGE_SUBS ? RANGES : 1, span = STORE_PARTITIONS / ranges;

	for (int i = 0; subs && i < ranges; i++) {
		sqlite3_stmt *s = store_statement(store, JOB_PUT);

		bind_text(s, 1, topic);
		sqlite3_bind_int(s, 2, i * span);
		sqlite3_bind_int(s, 3, (i + 1) * span - 1);
		sqlite3_bind_int64(s, 4, seq);
		store_run(store, s);
	}
}

static int64_t put_doc(struct store *store, const struct store_doc *doc)
{
	sqlite3_stmt *s;
	int64_t seq = next_seq(store);

	s = store_statement(store, DOC_PUT);
	bind_text(s, 1, doc->path);
	bind_text(s, 2, doc->content_type);
	bind_text(s, 3, doc->etag);
	sqlite3_bind_int64(s, 4, doc->modified_s);
	sqlite3_bind_int64(s, 5, seq);
	sqlite3_bind_int(s, 6, doc->is_topic);
	sqlite3_bind_int(s, 7, doc->is_deleted);
	bind_blob(s, 8, doc->body ? doc->body : "", doc->len);
	store_run(store, s);
	if (doc->is_topic && !doc->is_deleted)
		put_jobs(store, doc->path, seq);
	return seq;
}

static void run_publish(struct completion *completion, enum store_status status)
{
	((void (*)(void *, enum store_status, const int64_t *, size_t))completion->done)(
		completion->context, status, completion->rows, completion->count);
}

void store_publish(struct store *store, const struct store_publication *publication,
	void (*done)(void *context, enum store_status status, const int64_t *seqs,
		size_t count), void *context)
{
	struct completion *completion = store_complete(store, run_publish,
		(void (*)(void))done, context);
	int64_t *seqs = arena_alloc(completion->arena,
		(publication->doc_count + 1) * sizeof(*seqs));

	completion->rows = seqs;
	completion->count = publication->doc_count;
	if (!store_begin(store))
		return;
	for (size_t i = 0; i < publication->removed_count; i++) {
		sqlite3_stmt *s = store_statement(store, ARTICLE_REMOVE);

		bind_text(s, 1, publication->removed[i]);
		store_run(store, s);
	}
	for (size_t i = 0; i < publication->article_count; i++)
		put_article(store, &publication->articles[i],
			publication->renamed_from ? publication->renamed_from[i] : NULL);
	for (size_t i = 0; i < publication->doc_count; i++)
		seqs[i] = put_doc(store, &publication->docs[i]);
}

static void article_from_row(struct arena *arena, sqlite3_stmt *s,
	struct store_article *out)
{
	*out = (struct store_article){
		.path = column_text(arena, s, 0), .id = column_text(arena, s, 1),
		.slug = column_text(arena, s, 2), .inode = (uint64_t)sqlite3_column_int64(s, 3),
		.mtime_ns = sqlite3_column_int64(s, 4), .size = sqlite3_column_int64(s, 5),
		.hash = column_text(arena, s, 6), .content_hash = column_text(arena, s, 7),
		.first_seen_ms = sqlite3_column_int64(s, 8),
		.visible_ms = sqlite3_column_int64(s, 9),
		.published_ms = sqlite3_column_int64(s, 10),
		.updated_ms = sqlite3_column_int64(s, 11),
		.published_offset_s = sqlite3_column_int(s, 12),
		.updated_offset_s = sqlite3_column_int(s, 13),
		.version = sqlite3_column_int(s, 14),
		.presence = (enum article_presence)sqlite3_column_int(s, 15),
		.channel = column_text(arena, s, 16), .problem = column_text(arena, s, 17),
	};
}

static void run_articles(struct completion *completion, enum store_status status)
{
	(void)status;
	((void (*)(void *, const struct store_article *, size_t))completion->done)(
		completion->context, completion->rows, completion->count);
}

/* One page into a completion of its own; how many rows. */
static size_t list_page(struct store *store, const char **after,
	void (*page)(void *, const struct store_article *, size_t), void *context)
{
	struct completion *completion = store_complete(store, run_articles,
		(void (*)(void))page, context);
	struct store_article *rows = arena_alloc(completion->arena, PAGE_ROWS * sizeof(*rows));
	sqlite3_stmt *s = store_statement(store, ARTICLE_LIST);

	bind_text(s, 1, *after);
	sqlite3_bind_int(s, 2, PAGE_ROWS);
	while (completion->count < PAGE_ROWS && store_row(store, s))
		article_from_row(completion->arena, s, &rows[completion->count++]);
	sqlite3_reset(s);
	completion->rows = rows;
	completion->is_read = true;
	if (completion->count)
		*after = rows[completion->count - 1].path;
	return completion->count;
}

void store_article_list(struct store *store,
	void (*page)(void *context, const struct store_article *rows, size_t count),
	void *context)
{
	const char *after = "";

	while (list_page(store, &after, page, context) > 0)
		;
}

static void run_article(struct completion *completion, enum store_status status)
{
	(void)status;
	((void (*)(void *, const struct store_article *))completion->done)(completion->context,
		completion->rows);
}

void store_article_get(struct store *store, const char *path,
	void (*done)(void *context, const struct store_article *row), void *context)
{
	struct completion *completion = store_complete(store, run_article,
		(void (*)(void))done, context);
	sqlite3_stmt *s = store_statement(store, ARTICLE_GET);
	struct store_article *row;

	completion->is_read = true;
	bind_text(s, 1, path);
	if (store_row(store, s)) {
		row = arena_alloc(completion->arena, sizeof(*row));
		article_from_row(completion->arena, s, row);
		row->flat = column_blob(completion->arena, s, 18, &row->flat_len);
		completion->rows = row;
	}
	sqlite3_reset(s);
}

static void doc_from_row(struct arena *arena, sqlite3_stmt *s, struct store_doc *out)
{
	*out = (struct store_doc){
		.path = column_text(arena, s, 0), .content_type = column_text(arena, s, 1),
		.etag = column_text(arena, s, 2), .modified_s = sqlite3_column_int64(s, 3),
		.seq = sqlite3_column_int64(s, 4), .is_topic = sqlite3_column_int(s, 5),
		.is_deleted = sqlite3_column_int(s, 6),
	};
}

static void run_docs(struct completion *completion, enum store_status status)
{
	(void)status;
	((void (*)(void *, const struct store_doc *, size_t))completion->done)(
		completion->context, completion->rows, completion->count);
}

void store_doc_list(struct store *store,
	void (*done)(void *context, const struct store_doc *docs, size_t count), void *context)
{
	struct completion *completion = store_complete(store, run_docs,
		(void (*)(void))done, context);
	sqlite3_stmt *s = store_statement(store, DOC_LIST);
	struct store_doc *docs = NULL;
	size_t cap = 0;

	completion->is_read = true;
	while (store_row(store, s)) {
		if (completion->count == cap) {
			struct store_doc *grown;

			cap = cap ? cap * 2 : 64;
			grown = arena_alloc(completion->arena, cap * sizeof(*docs));
			if (docs)
				memcpy(grown, docs, completion->count * sizeof(*docs));
			docs = grown;
		}
		doc_from_row(completion->arena, s, &docs[completion->count++]);
	}
	sqlite3_reset(s);
	completion->rows = docs;
}

static void run_doc(struct completion *completion, enum store_status status)
{
	(void)status;
	((void (*)(void *, const struct store_doc *))completion->done)(completion->context,
		completion->rows);
}

void store_doc_get(struct store *store, const char *path,
	void (*done)(void *context, const struct store_doc *doc), void *context)
{
	struct completion *completion = store_complete(store, run_doc,
		(void (*)(void))done, context);
	sqlite3_stmt *s = store_statement(store, DOC_GET);
	struct store_doc *doc;

	completion->is_read = true;
	bind_text(s, 1, path);
	if (store_row(store, s)) {
		doc = arena_alloc(completion->arena, sizeof(*doc));
		doc_from_row(completion->arena, s, doc);
		doc->body = column_blob(completion->arena, s, 7, &doc->len);
		completion->rows = doc;
	}
	sqlite3_reset(s);
}
