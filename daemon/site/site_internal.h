/*
 * site_internal.h: what the files of the site share: site.c (life, time), ingest.c (files
 * to entries), publish.c (entries to documents), pages.c (HTML).
 */
#ifndef DAEMON_SITE_INTERNAL_H
#define DAEMON_SITE_INTERNAL_H

#include <ev.h>

#include "daemon/site/catalogue.h"
#include "daemon/site/page_words.h"
#include "daemon/site/site.h"

enum { PARSER_AHEAD = 64 }; /* articles handed to the parser at most */

/* A document as it stands: what the store has, so that equal bytes change nothing. */
struct document {
	char *path;                /* owns */
	char etag[32];
	int64_t modified_s;
	bool is_topic, is_out;     /* is_out: its snapshot was handed to the workers */
};

struct pending_read {
	struct entry *entry;       /* borrows */
	struct pending_read *next;
};

struct site {
	struct loop *loop;
	struct ev_loop *ev;
	struct store *store;
	struct parser *parser;
	struct site_config config;
	const struct site_events *events;
	void *context;

	struct catalogue catalogue;
	struct map documents;      /* path -> struct document; owns */

	bool rows_loaded, docs_loaded, is_scanning, is_ready, any_scan;
	bool is_fresh;             /* the store had no article at the start */
	unsigned scan;
	struct pending_read *reads, **reads_tail; /* owns */
	size_t parsing, loading, unsaved; /* unsaved: versions accepted since the last commit */
	bool is_publishing, statics_done;
	int64_t first_dirty_ms;    /* monotonic: the first change since the last pass; 0 = none */
	bool held_reported;
	struct snapshot *sitemap;  /* holds a reference; made on demand, until something changes */

	ev_timer work;             /* the next slice of reading, or the next pass */
	int64_t alarm_ms;          /* what the alarm is set to */
	ev_periodic alarm;         /* the next instant at which a state changes */
};

/* ingest.c */
void ingest_slice(struct site *site);
void ingest_destroy(struct site *site);
/* Decides from the flat article whether ENTRY is visible now, and when that changes. */
void ingest_apply_state(struct site *site, struct entry *entry,
	const struct article *article);
void ingest_due_deletions(struct site *site, int64_t now_ms, bool is_confirmed);

/* publish.c */
void publish_pass(struct site *site);
/* During the first scan: commits article rows as they come, so that their texts need not
 * wait in memory for the documents. */
void publish_rows(struct site *site);
struct document *publish_document(struct site *site, const char *path);

/* site.c */
/* Calls USE with ENTRY's decoded article: at once when its text is in memory, else later
 * from the loop. */
void site_with_article(struct site *site, struct entry *entry,
	void (*use)(struct site *site, struct entry *entry, const struct article *article));
/* Something changed: work again soon. */
void site_schedule(struct site *site);
/* Sets the alarm to the next change of state. */
void site_set_alarm(struct site *site);
/* The same when only one more instant came to be. */
void site_alarm_before(struct site *site, int64_t at_ms);

/* pages.c: pure. */
struct landing {
	const struct site_config *config;
	const struct outline *feeds;
	size_t feed_count;
	struct entry *const *latest; /* with fragments */
	size_t latest_count;
};
void page_landing(const struct landing *landing, enum page_language language,
	struct buf *out);
/* The language of `/`. */
enum page_language page_landing_language(const struct site_config *config);
void page_article(const struct site_config *config, const struct entry *entry,
	const struct article *article, const char *url, struct buf *out);

#endif
