/*
 * partner_items.h: what partners see of one article, rendered once for all who see the same:
 * the fragments of their feeds, and the article alone.
 */
#ifndef DAEMON_SITE_PARTNER_ITEMS_H
#define DAEMON_SITE_PARTNER_ITEMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feeds/base/buf.h"
#include "feeds/base/map.h"
#include "feeds/render.h"
#include "feeds/rights.h"

struct article;
struct choice;
struct entry;
struct site;
struct site_partner;

/* All partners with the same key see the same bytes. */
struct partner_variant {
	unsigned key;
	int64_t changed_ms;        /* of the choice */
	struct buf formats[FEED_FORMAT_COUNT];
	unsigned namespaces[FEED_FORMAT_COUNT];
	struct partner_variant *next;
};

/* The variants of ENTRY's version of that time. */
struct partner_item {
	struct entry *entry;       /* borrows; the key of the map */
	int version;
	int64_t updated_ms, rights;
	bool is_used;              /* by a window of this pass */
	struct partner_variant *variants; /* owns */
};

struct partner_items {
	struct map items;          /* entry -> struct partner_item; owns */
};

void partner_items_finish(struct partner_items *items);

/* The bytes of CHOICE for PARTNER; NULL while they are not made (partner_items_make). */
const struct partner_variant *partner_items_find(struct partner_items *items,
	const struct choice *choice, const struct site_partner *partner);

/* Makes what CHOICE and PARTNER need from ARTICLE, the entry's. */
void partner_items_make(struct site *site, struct partner_items *items,
	const struct choice *choice, const struct article *article,
	const struct site_partner *partner);

/* Forgets what no window used since the last call. */
void partner_items_sweep(struct partner_items *items);

/* "ID<TAB>VERSION<TAB>LEVEL\n" for the ledger. */
void partner_items_add_line(const struct entry *entry, const struct rights_decision *decision,
	struct buf *out);

#endif
