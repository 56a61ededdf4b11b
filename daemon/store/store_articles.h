/* store_articles.h: articles and documents (see store.h for the rules of every call). */
#ifndef DAEMON_STORE_STORE_ARTICLES_H
#define DAEMON_STORE_STORE_ARTICLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/store/store_answer.h"

struct store;

enum article_presence {
	PRESENT,
	GONE,      /* the file was deleted; identity is kept for a return */
	REJECTED,  /* the file is broken now; `flat` is the last good version, or empty */
};

/* What was decided about an article beside what its file says. */
enum store_decision { DECISION_NONE, DECISION_HELD, DECISION_KILLED };

struct store_article {
	const char *path;          /* key: below the article directory */
	const char *id;            /* permanent; unique; NULL for REJECTED never seen good */
	const char *slug;          /* unique; of the article page */
	uint64_t inode;
	int64_t mtime_ns, size;    /* of the file when it was read (0 = read again) */
	const char *hash;          /* hex SHA-256 of file and sidecar */
	const char *content_hash;  /* hex SHA-256 of `flat`: what makes a new version */
	                           /* (or `hash`, of a row that is to be encoded anew) */
	int64_t first_seen_ms, visible_ms; /* 0 = not yet visible */
	int64_t surfaced_ms;       /* came to the top again; 0 = never */
	bool is_shown;             /* visible, and not taken back since */
	int64_t published_ms, updated_ms;
	int32_t published_offset_s, updated_offset_s;
	int32_t version;           /* 1 at first */
	int64_t rights;            /* what the site noted about its rights; 0 = nothing */
	enum article_presence presence;
	const char *channel;       /* directory path, "" at the top */
	const char *problem;       /* the diagnosis of a REJECTED file, else NULL */
	int64_t next_change_ms;    /* when its state changes by itself; 0 = not known */
	int32_t status;            /* enum article_status, when last looked at */
	const char *title;         /* plain text */
	const char *labels;        /* feeds beside the channel's, a line each; or NULL */
	const char *former_slugs;  /* a line each; or NULL */
	enum store_decision decision;
	int64_t decided_ms;
	const char *decision_note; /* or NULL */
	const void *flat;          /* feeds/flat.h; NULL in store_article_list */
	size_t flat_len;
};

/* A document as published; `body` NULL = unchanged check only (store_doc_list). */
struct store_doc {
	const char *path;          /* "/feed.atom": also the topic */
	const char *content_type, *etag;
	int64_t modified_s;        /* Last-Modified: never moves back */
	int64_t seq;               /* set by the engine: grows with every publication */
	bool is_topic;             /* subscribers are told */
	bool is_deleted;
	enum store_priority priority; /* of what is new in it; store_publish only */
	const void *body;
	size_t len;
};

/* One commit: article rows by path (put), paths to forget (removed: row deleted), renamed
 * rows (rename_from[i] -> articles[i].path when not NULL), and changed documents, each
 * with a job per range when it is a topic with subscribers. `seqs` has one per document. */
struct store_publication {
	const struct store_article *articles;
	const char *const *renamed_from; /* one per article, or NULL */
	size_t article_count;
	const char *const *removed;
	size_t removed_count;
	const struct store_doc *docs;
	size_t doc_count;
	const char *role;          /* made by the owner of this role (store_nodes.h); or NULL */
	int64_t epoch;             /* that it was taken with; STORE_LOST if it is no longer so */
};
void store_publish(struct store *store, const struct store_publication *publication,
	void (*done)(void *context, enum store_status status, const int64_t *seqs,
		size_t count), void *context);

/* All rows in pages, in path order; the last call has count 0. `flat` is left out. */
void store_article_list(struct store *store,
	void (*page)(void *context, const struct store_article *rows, size_t count),
	void *context);

/* A path and the newest publication that changed what it names. */
struct store_change {
	const char *path;
	int64_t seq;
};

/* The articles whose appearance a publication after SINCE changed, in pages and in the order
 * of publication; the last call has count 0. */
void store_article_changed(struct store *store, int64_t since,
	void (*page)(void *context, const struct store_change *rows, size_t count),
	void *context);

/* One row with its flat, by path; ROW NULL if there is none. */
void store_article_get(struct store *store, const char *path,
	void (*done)(void *context, const struct store_article *row), void *context);

/* All documents without bodies (etag, modified, seq); one call. */
void store_doc_list(struct store *store,
	void (*done)(void *context, const struct store_doc *docs, size_t count),
	void *context);

/* Up to MAX documents that were published after SINCE, without bodies, deleted ones too, in
 * the order of seq. No document appears later with a lower seq than one that was seen. */
void store_doc_since(struct store *store, int64_t since, size_t max,
	void (*done)(void *context, const struct store_doc *docs, size_t count),
	void *context);

/* One document with its body; DOC NULL if there is none. */
void store_doc_get(struct store *store, const char *path,
	void (*done)(void *context, const struct store_doc *doc), void *context);

#endif
