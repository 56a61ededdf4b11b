/*
 * site_internal.h: what the files of the site share. Articles flow one way:
 *
 *   ingest.c      files -> bytes -> the parser process
 *   versions.c    its answers -> entries: identity, versions, states
 *   publish.c     dirty feeds -> documents -> the store -> readers and the hub
 *   on_demand.c   what is not kept in memory: pages, archives, feeds that few ask for
 *
 * site.c is the life and the clock of it.
 */
#ifndef DAEMON_SITE_INTERNAL_H
#define DAEMON_SITE_INTERNAL_H

#include <ev.h>

#include "daemon/loop/histogram.h"
#include "daemon/site/catalogue.h"
#include "daemon/site/documents.h"
#include "daemon/site/follow.h"
#include "daemon/site/notes.h"
#include "daemon/site/site.h"

struct article;
struct parse_request;
struct partner_desk;
struct press;

enum { PARSER_AHEAD = 256 }; /* articles handed to the parser at most */

struct pending_read {
	struct entry *entry;       /* borrows */
	struct pending_read *next;
};

/* Whether this node publishes, see follow.c. */
enum site_mode { SITE_IDLE, SITE_FOLLOWS, SITE_LEADS };

struct site {
	struct loop *loop;
	struct ev_loop *ev;
	struct store *store;
	struct parser_pool *parsers;
	struct press *press;       /* owns */
	struct partner_desk *desk; /* owns */
	struct site_config config;
	const struct site_events *events;
	void *context;

	struct catalogue catalogue;
	struct documents documents;

	enum site_mode mode;
	int64_t epoch;             /* of the role under which it publishes; 0 = none */
	struct follow follow;
	unsigned parked;           /* entries without a place, see rows.c */

	bool rows_loaded, docs_loaded, is_scanning, is_ready, any_scan;
	bool is_fresh;             /* the store had no article at the start */
	unsigned scan;
	struct pending_read *reads, **reads_tail; /* owns */
	struct parse_request *requests, **requests_tail; /* owns; those at the parser */
	struct arena *scratch;     /* owns; of one answer of the parser at a time */
	struct map companions;     /* sidecars and _channel.yaml that are there; owns (ingest.c) */
	size_t parsing, loading, unsaved; /* unsaved: versions accepted since the last commit */
	bool is_publishing, statics_done;
	bool has_switched_off;     /* documents of kinds that are not wanted any more */
	int64_t first_dirty_ms;    /* monotonic: the first change since the last pass; 0 = none */
	bool held_reported;
	size_t unentitled;         /* entries that the rules must be asked about first */
	char *channel_problem;     /* owns; what was last reported of a _channel.yaml */
	size_t held_deletions;     /* that wait to be confirmed */
	uint64_t versions, refusals; /* for the operator: accepted and refused since the start */
	struct histogram publish;  /* from first_dirty_ms to the documents */
	struct notes notes;
	struct changes *changes;   /* owns; those asked for that are not ready */
	int64_t numbered;          /* articles have their numbers up to this publication */
	struct demand *demands;    /* owns; answers that wait, oldest first */
	size_t demand_count;

	ev_timer work;             /* the next slice of reading, or the next pass */
	int64_t alarm_ms;          /* what the alarm is set to */
	ev_periodic alarm;         /* the next instant at which a state changes */
};

/* ingest.c */
void ingest_slice(struct site *site);
/* ENTRY's text is lost: it is taken from its file again, as if it had not been read. */
void ingest_again(struct site *site, struct entry *entry);
void ingest_destroy(struct site *site);

/* status.c */
/* The entry with this id, slug or path; or NULL. */
struct entry *site_find(const struct site *site, const char *name);

/* site.c */
/* Reads what the store knows. */
void site_load(struct site *site);
/* ENTRY's page, and what lists all pages, are made anew when next asked for. */
void site_page_changed(struct site *site, const struct entry *entry);
/* Calls USE with ENTRY's decoded article: at once when its text is in memory, else later
 * from the loop. What is lost is not asked for while its file is read. */
void site_with_article(struct site *site, struct entry *entry,
	void (*use)(struct site *site, struct entry *entry, const struct article *article));
/* Something changed: work again soon. */
void site_schedule(struct site *site);
/* Sets the alarm to the next change of state. */
void site_set_alarm(struct site *site);
/* The same when only one more instant came to be. */
void site_alarm_before(struct site *site, int64_t at_ms);

#endif
