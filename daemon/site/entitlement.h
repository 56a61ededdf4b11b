/*
 * entitlement.h: what the rights rules (feeds/rights.h) give of an article, kept with its
 * entry as one number, so that a restart and every document know it without the text: which
 * rule matched, under which rules, and what of it shows.
 */
#ifndef DAEMON_SITE_ENTITLEMENT_H
#define DAEMON_SITE_ENTITLEMENT_H

#include <stdbool.h>
#include <stdint.h>

struct article;
struct entry;
struct rights_match;
struct site;

/* Asks the rules about ENTRY's article and sets its `rights` and `level`. True if what the
 * public sees of it is different now (another level, statement or licence). */
bool entitle(struct site *site, struct entry *entry, const struct article *article);

/* What the store knew of ENTRY counts if it was asked under the same rules; else it is asked
 * again, and nothing is published before that is done for all. */
void entitle_load(struct site *site, struct entry *entry, int64_t rights);

/* ENTRY's text cannot be read: nobody gets it. */
void entitle_nobody(struct site *site, struct entry *entry);

/* All entries are asked again: the rules have changed. */
void entitle_all(struct site *site);

/* The rule that matched, as far as an entry knows it. */
struct rights_match entitlement_of(const struct site *site, const struct entry *entry);

#endif
