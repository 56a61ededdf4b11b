/*
 * partner_desk.h: what is kept of partners between publications: what each has been given
 * (holdings.h) and the windows of its topics. A window has what changed last for this partner.
 * What it has lost stays as a tombstone, so that one who was away for weeks still learns.
 */
#ifndef DAEMON_SITE_PARTNER_DESK_H
#define DAEMON_SITE_PARTNER_DESK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/site/holdings.h"
#include "daemon/site/partner_items.h"
#include "feeds/base/map.h"
#include "feeds/render.h"
#include "feeds/rights.h"

struct arena;
struct entry;
struct partner_changes;
struct partner_path;
struct site;
struct site_partner;

struct choice {
	struct entry *entry;       /* borrows */
	struct rights_decision decision;
	int64_t changed_ms;        /* see struct holding */
};

/* One topic of a partner. */
struct shelf {
	struct shelf *next;
	char *key;                 /* owns; see partner_topics.h */
	bool formats[FEED_FORMAT_COUNT]; /* that somebody asked for */
	struct choice *window;     /* owns the array; newest first once all are chosen */
	size_t count, oldest;
};

struct account {
	struct partner_desk *desk;
	char *name;                /* owns */
	struct holdings holdings;
	struct shelf *shelves;     /* owns; the first is of everything */
	bool is_loaded;
	int64_t noted_seq;         /* of the holdings' document, when that was looked at last */
	int64_t last_ms;           /* the last time that was given away */
};

struct partner_desk {
	struct site *site;
	bool is_dirty, is_tidy;    /* is_tidy: no document of a former partner is left */
	bool has_unknown;          /* the store may have topics that are on no shelf */
	struct partner_items items;
	struct map accounts;       /* name -> struct account; owns */
	struct partner_changes *changes; /* owns; those asked for that are not ready */
};

/* The account of PARTNER; its holdings are asked for when it is new. */
struct account *desk_account(struct partner_desk *desk, const struct site_partner *partner);

/* The partner that a path is of, when it may have that topic in that format; or NULL. */
const struct site_partner *desk_partner(const struct site *site,
	const struct partner_path *path);

/* PARTNER's topic of KEY; NULL if there is none yet. */
struct shelf *desk_find_shelf(const struct account *account, const char *key, size_t len);
/* The same, in FORMAT from now on. */
struct shelf *desk_add_shelf(struct account *account, const char *key, size_t len,
	enum feed_format format);

/* Shelves for the topics of which the store has documents. */
void desk_find_shelves(struct account *account);
/* Looks at all that PARTNER has: what looks otherwise, what it has lost. */
void desk_review(struct account *account, const struct site_partner *partner);

/* Fills the windows of all shelves. */
void desk_choose(struct partner_desk *desk);

/* What is in a window is the partner's from now on. */
void desk_note(struct account *account, const struct choice *choice);

/* What PARTNER has lost that was in KEY, the last so many of it, by id, in ARENA. */
enum { TOMBSTONES_MOST = 200 };
struct holding **desk_list_lost(const struct account *account, struct arena *arena,
	const char *key, size_t *count_out);

/* The publication that changed HOLDING, as far as any was committed. */
int64_t desk_seq_of(struct account *account, const struct holding *holding);

/* One document, as it is made. */
struct partner_press {
	struct site *site;
	struct arena *arena;
	const struct site_partner *partner;
	const char *key;           /* of the topic */
	enum feed_format format;
	const struct choice *choices; /* all with variants */
	size_t count;
	struct holding **lost;     /* become tombstones */
	size_t lost_count;
	struct instant updated;    /* of the feed; not set = of what is in it */
};

/* ---- partner_docs.c ---- */

/* Whether CHOICE has its bytes for PARTNER; asks for the article when not. */
bool partner_desk_want(struct partner_desk *desk, const struct choice *choice,
	const struct site_partner *partner);
void partner_desk_render_lost(const struct site *site, enum feed_format format,
	const struct holding *holding, struct buf *out, unsigned *namespaces);
/* The document at PATH to OUT; HEAD is filled in. */
void partner_press_render(struct partner_press *press, const char *path,
	struct feed_head *head, struct buf *out);
/* When it changed last. */
struct instant partner_press_newest(const struct partner_press *press);
/* What is in it, for the ledger. */
void partner_press_issue(const struct partner_press *press, const char *path,
	const struct buf *body);

/* The path of the document with the holdings, in ARENA. */
char *desk_holdings_path(struct arena *arena, const char *partner);

#endif
