/* calls_articles.h: the calls of store_articles.h as they wait: see op.h. */
#ifndef DAEMON_STORE_CALLS_ARTICLES_H
#define DAEMON_STORE_CALLS_ARTICLES_H

#include "daemon/store/op.h"
#include "daemon/store/store_articles.h"

struct publish_op {
	struct op op;
	void (*done)(void *context, enum store_status status, const int64_t *seqs,
		size_t count);
	void *context;
	int64_t *seqs; /* in the arena */
	size_t count;
};

/* Where the file of the publication's article I was before, if it moved; or NULL. */
const char *publication_renamed_from(const struct store_publication *publication, size_t i);

struct articles_op {
	struct op op;
	void (*page)(void *context, const struct store_article *rows, size_t count);
	void *context;
	char *after; /* in the page's arena: the last path of the page before */
	struct store_article *rows;
	size_t count;
};

struct article_op {
	struct op op;
	void (*done)(void *context, const struct store_article *row);
	void *context;
	const char *path;
	struct store_article row;
	bool is_found;
};

struct docs_op {
	struct op op;
	void (*done)(void *context, const struct store_doc *docs, size_t count);
	void *context;
	struct store_doc *docs; /* owns */
	size_t count, cap;
	int64_t since, max;        /* max 0: all */
};

struct doc_op {
	struct op op;
	void (*done)(void *context, const struct store_doc *doc);
	void *context;
	const char *path;
	struct store_doc doc;
	bool is_found;
};

struct changed_op {
	struct op op;
	void (*page)(void *context, const struct store_change *rows, size_t count);
	void *context;
	int64_t after[2];          /* publication, number of the row */
	struct store_change *rows;
	size_t count;
};

#endif
