/*
 * site.h: articles into feeds. Takes what the watch reports, reads and parses it, keeps the
 * catalogue, renders the documents that a change touches, commits them together with what
 * is owed to subscribers, and only then hands the snapshots to the workers.
 */
#ifndef DAEMON_SITE_H
#define DAEMON_SITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feeds/render.h"
#include "feeds/rights.h"

struct copies;
struct error;
struct loop;
struct parser_pool;
struct site;
struct snapshot;
struct stat;
struct store;
struct store_doc;

/* A partner as the site sees it. All borrowed. */
struct site_partner {
	const char *name;
	bool formats[FEED_FORMAT_COUNT];
	bool has_ninjs, has_nitf, has_embargo_access;
	const char *const *topics; /* channels; none, or "all": everything */
	size_t topic_count;
};

/* All borrowed for the site's life (the configuration's arena). */
struct site_config {
	const char *title, *subtitle, *base_url, *hub_url; /* hub_url NULL = no hub */
	const char *const *external_hubs;
	size_t external_count;
	const char *language, *authority, *rights, *icon, *logo;
	const char *id_code, *mobile_url;
	const char *css, *header, *footer; /* contents; NULL = none of the operator's */
	unsigned char overview;    /* of enum page_overview: found out by the site */
	int32_t offset_s;          /* the site zone's, for times that an edit sets */
	int window;
	unsigned kinds;            /* bits of enum feed_kind (feed_index.h): which feeds */
	enum text_level level;     /* of the public, at most */
	struct rights_policy rules; /* who may have what; none: everything */
	uint32_t rules_print;      /* differs when the rules do */
	const struct site_partner *partners;
	size_t partner_count;
	int64_t max_size, delete_grace_ms;
	int64_t withdrawn_keep_ms; /* how long the notice of a withdrawal is shown */
	int mass_delete_limit;
	int max_age_s;
	struct copies *copies;     /* where documents are kept on disk too, or NULL; borrows */
};

struct site_events {
	/* A new answer for its path, for every worker; the reference moves. */
	void (*put)(void *context, struct snapshot *snapshot);
	/* Committed: there may be jobs. */
	/* committed; SEQ is the highest of its documents, 0 = none changed */
	void (*published)(void *context, int64_t seq);
	/* The first scan is done and its documents are out. Once. */
	void (*ready)(void *context);
	/* Opens a file below the article directory (watch_open_file). */
	int (*open_file)(void *context, const char *path, struct error *err);
	/* What the store knows has been read, and it leads: the watch may start. */
	void (*loaded)(void *context);
	/* It leads no more, because another node does: the watch must end. */
	void (*fenced)(void *context);
};

struct site *site_create(struct loop *loop, struct store *store, struct parser_pool *parsers,
	const struct site_config *config, const struct site_events *events, void *context);
/* NULL is accepted. */
void site_destroy(struct site *site);

/* A site does nothing until one of these is called; both may be called again at any time.
 * The one that leads reads files (after `loaded`) and publishes, under the EPOCH of the role
 * "publisher". One that follows shows what the store has; what it did not publish while it
 * led is forgotten. */
void site_lead(struct site *site, int64_t epoch);
void site_follow(struct site *site);
bool site_is_leading(const struct site *site);
/* There may be a publication of another node's: often, and at once when the store says so. */
void site_store_changed(struct site *site);
/* The last publication that a site that follows knows of. */
int64_t site_seq(const struct site *site);
/* How long ago it knew of all; 0 where it leads. */
int64_t site_behind_ms(const struct site *site);

/* The watch's events (daemon/watch/watch.h). */
void site_scan_begin(struct site *site);
void site_file(struct site *site, const char *path, const struct stat *status);
void site_gone(struct site *site, const char *path);
void site_scan_end(struct site *site, bool is_complete);

/* Other rules and partners from now on: every article is looked at again when PRINT is
 * another. What they point at must live as long as the site or the next call. */
void site_set_rights(struct site *site, const struct rights_policy *policy, uint32_t print,
	const struct site_partner *partners, size_t count);

enum site_item_format { ITEM_NINJS, ITEM_NITF };

/* The article of SLUG alone, for the partner of that index, at its level. DONE as in
 * site_page; CONTENTS is the ledger's line for it (NULL without a snapshot). */
void site_partner_item(struct site *site, size_t partner, const char *slug,
	enum site_item_format format,
	void (*done)(void *context, struct snapshot *snapshot, const char *contents),
	void *context);

/* The file at PATH beside the articles, when the partner of that index has an article that
 * shows it, with its media. DONE as in site_partner_item. */
void site_partner_media(struct site *site, size_t partner, const char *path,
	void (*done)(void *context, struct snapshot *snapshot, const char *contents),
	void *context);

/* Deletions that were held because they were too many at once are meant; how many. */
size_t site_confirm_deletions(struct site *site);

/* Decides about the article with this id, slug or path, beside what its file says: holds it
 * back, takes it back with a notice (NOTE is its reason; or NULL), or undoes that. False
 * when there is none. */
enum site_decision { SITE_RELEASE, SITE_HOLD, SITE_KILL };
bool site_decide(struct site *site, const char *name, enum site_decision decision,
	const char *note);

/* The note for a kill of NAME that says what there is instead: REASON (or NULL), then title and
 * address of SUBSTITUTE. The caller frees. NULL when SUBSTITUTE is no article that is out, or
 * NAME's own, or there is no NAME. */
char *site_name_substitute(const struct site *site, const char *name, const char *reason,
	const char *substitute);

/* Whether PATH ("/feed.atom") is a document that can be subscribed to. If nobody asked for
 * it before it is rendered from now on. */
bool site_is_topic(struct site *site, const char *path);

/* What is not in the workers' tables: "/a/SLUG", "/archive/..", "/tag/T/feed.atom". DONE is
 * called once, at once or later from the loop, with a snapshot (borrowed) or NULL when
 * there is nothing at PATH. */
void site_page(struct site *site, const char *path,
	void (*done)(void *context, struct snapshot *snapshot), void *context);

/* Whether the answer for PATH can be given without asking the store. */
bool site_is_at_hand(struct site *site, const char *path);

/* Whether the URL path PATH can be that of a file beside the articles. Pure. */
bool site_may_have_file(const char *path);

/* The document at PATH, for deliveries: not older than the publication SEQ. DONE as in
 * site_page, with the number of the publication it is of; NULL when it is no more. */
void site_content(struct site *site, const char *path, int64_t seq,
	void (*done)(void *context, struct snapshot *snapshot, int64_t seq), void *context);

/* The feed at PATH with only the articles that a publication after SINCE changed. DONE is
 * called once, later, with the document, whose seq says up to which publication it tells;
 * NULL when it can not be made. False, and DONE is not called, when there is no such feed
 * or its format allows nothing but the whole (W3C WebSub 7). */
bool site_changes(struct site *site, const char *path, int64_t since,
	void (*done)(void *context, const struct store_doc *doc), void *context);

#endif
