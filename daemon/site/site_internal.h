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
#include "daemon/site/entitlement.h"
#include "daemon/site/fragments.h"
#include "daemon/site/notes.h"
#include "daemon/site/page_words.h"
#include "daemon/site/site.h"

struct arena;
struct page_epaper_day;
struct page_epaper_list;
struct page_feed;
struct page_landing_feed;
struct diagnosis;
struct partner_desk;
struct press;
struct snapshot_spec;

enum { PARSER_AHEAD = 256 }; /* articles handed to the parser at most */

struct parse_request;
struct pending_read {
	struct entry *entry;       /* borrows */
	struct pending_read *next;
};

/* Whether this node publishes, see follow.c. */
enum site_mode { SITE_IDLE, SITE_FOLLOWS, SITE_LEADS };

struct follow {
	int64_t docs_seq, rows_seq; /* the store is known up to these publications */
	bool is_running, is_wanted; /* a round */
	bool is_full, is_full_wanted; /* it reads the rows of all articles */
	bool is_lead_wanted;       /* after it */
	bool is_listed;            /* all that changed is known; `reading` rows are to come */
	size_t found, reading;
	size_t held;               /* documents of the pass that are not what was published */
	int unlike;                /* passes in a row that had such */
	uint64_t rounds;
	int64_t done_ms;           /* monotonic: the end of the last round */
	ev_timer again;
};

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
	struct parse_request *requests; /* owns; those at the parser */
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
void ingest_destroy(struct site *site);

/* versions.c */
struct parse_request {
	struct site *site;
	struct entry *entry;
	char hash[HASH_HEX];
	uint64_t companions, inode;
	int64_t mtime_ns, size;
	struct parse_request *next, **link; /* of those at the parser */
};
/* ENTRY is what the file of REQUEST says, as it was when it was read. */
void versions_note_file(const struct parse_request *request, struct entry *entry);
/* The parser's answer (parser_done); frees the request. */
void versions_parsed(void *context, const void *flat, size_t len,
	const struct diagnosis *why);
/* One line, once: the same file with the same bytes is not read again. */
void versions_reject(struct site *site, struct entry *entry, const struct diagnosis *why);
/* Decides from the flat article whether ENTRY is visible now, and when that changes. */
void versions_apply_state(struct site *site, struct entry *entry,
	const struct article *article);
/* ENTRY looks different from UPDATED on: it is rendered again wherever it is. */
void versions_renew(struct site *site, struct entry *entry, struct instant updated,
	bool is_silent);
/* What an operator or a notice decided about ENTRY; NOTE may be NULL. */
void versions_decide(struct site *site, struct entry *entry, enum store_decision decision,
	const char *note);
/* The article that the parser or the store gave as FLAT, with the ids that it states as the
 * site knows them (identity_stated); false if it cannot be read. */
bool versions_decode(const struct site *site, struct arena *arena, const void *flat,
	size_t len, struct article **out);
/* Applies what was decided to the ARTICLE of ENTRY; what is taken back loses its text.
 * Returns true. */
bool versions_override(const struct entry *entry, struct article *article);
void versions_due_deletions(struct site *site, int64_t now_ms, bool is_confirmed);

/* status.c */
/* The entry with this id, slug or path; or NULL. */
struct entry *site_find(const struct site *site, const char *name);

/* publish.c */
void publish_pass(struct site *site);
/* During the first scan: commits article rows as they come, so that their texts need not
 * wait in memory for the documents. */
void publish_rows(struct site *site);
/* The URL path of a feed's document, not encoded: "/c/news/feed.atom"; and its URL. */
char *publish_path(struct arena *arena, const struct feed *feed, enum feed_format format);
char *publish_url(const struct site *site, struct arena *arena, const char *path);
/* How people call FEED, beside the site's name; "" for the site's. */
const char *publish_name(const struct site *site, struct arena *arena,
	const struct feed *feed);
/* FEED as pages offer it: its title and its addresses. */
void publish_offer(const struct site *site, struct arena *arena, const struct feed *feed,
	struct page_feed *out);
/* Fills HEAD with what says whose feed this is. */
void publish_fill_head(const struct site *site, struct arena *arena,
	const struct feed *feed, enum feed_format format, struct feed_head *head);
/* The window of FEED in the order of its display, when all of it has fragments; SIZE_MAX
 * when some had to be asked for. WINDOW has room for WINDOW_MOST. */
size_t publish_window(struct site *site, struct feed *feed, struct entry **window);

/* media.c: files beside the articles. */
struct buf;
/* The path below the article directory that URL stands for, if it is a file that may be
 * served. */
bool media_path(const char *base_url, const char *url, struct buf *out);
/* The file at PATH, or NULL when no visible article names it. The reference moves. */
struct snapshot *media_page(struct site *site, const char *path);
/* The file is read again when it is next asked for. */
void media_changed(struct site *site, const char *path);

/* retire.c: feeds that are no more. */
struct pass;
/* The answer at PATH: where it went, or that it ended (MOVED_TO NULL). */
struct snapshot *retire_answer(const struct site *site, const char *path,
	const char *moved_to);
/* DOCUMENT has ended: that is committed. */
void retire_show(struct site *site, struct document *document, const char *moved_to);
/* Whether feeds like that of the document PATH are published. */
bool retire_is_kept(const struct site *site, const char *path);
/* What the store knows as ended. */
void retire_load(struct site *site, const struct store_doc *doc);
/* A file was renamed; called before its entry is. */
void retire_note_move(struct site *site, const char *from, const char *to);
/* Whether FEED has ended; then its documents are withdrawn with PASS. */
bool retire_feed(struct pass *pass, const struct feed *feed);
/* Withdraws the documents of kinds that are not wanted any more. */
void retire_switched_off(struct pass *pass);
/* The next pass looks whether empty channels have ended. */
void retire_review(struct site *site);

/* edition.c: the e-paper. */
/* The pages that the dirty feeds are on are made anew. */
void editions_changed(struct site *site);
/* The feed whose page PATH is ("/epaper/2026-05-08/"); NULL if it is none's. */
struct feed *edition_find(const struct site *site, const char *path);
/* The page of FEED; of "/epaper/" when that is NULL. The reference moves. */
struct snapshot *edition_page(struct site *site, const char *path, struct feed *feed);

/* on_demand.c */
/* Goes on with the answers that wait for articles or for a publication. */
void on_demand_step(struct site *site);
void on_demand_destroy(struct site *site);

/* The feed and format whose document PATH is; NULL if it is none. */
struct feed *on_demand_find_feed(const struct site *site, const char *path,
	enum feed_format *format_out);

/* changes.c */
/* Goes on with those that wait for articles. */
void changes_step(struct site *site);
void changes_destroy(struct site *site);

/* archive.c: RFC 5005. */
/* The path of the archive document of FEED that ends with its COUNT-th article. */
char *archive_path(struct arena *arena, const struct feed *feed, size_t count);
/* Which document PATH names; false if it names none that can exist. */
bool archive_parse(const struct feed_index *index, const char *path,
	struct feed **feed_out, size_t *count_out);
/* The first article of the document that ends with the COUNT-th (counted from 0). */
size_t archive_first(size_t count);
/* Renders it; the fragments of its articles must be there. ARCHIVED articles are in no live
 * document any more. */
void archive_render(const struct site *site, struct arena *arena, const struct feed *feed,
	size_t count, size_t archived, struct buf *out);

/* overview.c */
struct pass;
/* Puts the pages of errors, which need no article. */
void overview_put_errors(struct site *site);
/* WINDOW is the site's. */
void overview_render(struct pass *pass, struct entry *const *window, size_t count);
/* A sitemap by its path; NULL if there is none of that name. The reference moves. */
struct snapshot *overview_sitemap(struct site *site, const char *path);

/* audiences.c */
struct site_explanation;
/* Which rule decided about ENTRY and what each audience sees, in ARENA; ARTICLE may be
 * NULL. */
void audiences_explain(struct arena *arena, const struct site *site,
	const struct entry *entry, const struct article *article, struct site_explanation *out);

/* follow.c */
void follow_init(struct site *site);
void follow_finish(struct site *site);
/* Reads what changed in the store, or does so again after the round that is running. */
void follow_round(struct site *site);
/* The same in a moment. */
void follow_again(struct site *site);
/* Ends the round before leading. */
void follow_lead(struct site *site);
/* The document at PATH, as it was made here, is not what was published: it is made again
 * after the next round. Patience ends when that helps no more. */
void follow_hold(struct site *site, const char *path);
bool follow_is_patient(const struct site *site);
/* A pass has been shown, but for what was held. */
void follow_shown(struct site *site);
/* Whether what was published can be shown. */
bool follow_is_caught_up(const struct site *site);

/* site.c */
/* Reads what the store knows. */
void site_load(struct site *site);
/* ENTRY's page, and what lists all pages, are made anew when next asked for. */
void site_page_changed(struct site *site, const struct entry *entry);
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
	const struct page_landing_feed *feeds;
	size_t feed_count;
	struct entry *const *latest; /* with fragments */
	size_t latest_count;
};
void page_landing(const struct landing *landing, enum page_language language,
	struct buf *out);
/* The language of `/`. */
enum page_language page_landing_language(const struct site_config *config);
/* The site that DAY or LIST is of is filled in here. */
void page_edition(const struct site_config *config, struct page_epaper_day *day,
	struct buf *out);
void page_editions(const struct site_config *config, struct page_epaper_list *list,
	struct buf *out);
/* What an article's page says that its file does not: what it is a notice of correction to,
 * which notice there is to it, the licence by the rules; each may be NULL. */
struct page_relations {
	const struct entry *corrects, *corrected_by;
	const char *license;
	const char *channel, *channel_description; /* the directory's, for people */
};
void page_article(const struct site_config *config, const struct entry *entry,
	const struct article *article, const struct page_relations *relations,
	struct buf *out);
/* The Link header of that page: the feeds it is in. */
char *page_article_links(struct arena *arena, const struct site_config *config,
	const struct entry *entry);
/* Of an article that was there and is no more. */
void page_gone(const struct site_config *config, struct buf *out);
/* For people, the WHICHth of the errors that have a page; its status, 0 behind the last. */
int page_error(const struct site_config *config, enum page_language language, size_t which,
	struct buf *out);

#endif
