/*
 * partner_docs.h: the documents of partners: feeds under /p/NAME/, of everything and of the
 * channels that somebody asked for, and one article alone as ninjs or NITF. They are
 * committed with the public ones, so that a delivery and its evidence are of the same
 * publication; never handed to the workers, so that no reader without a token can meet one.
 */
#ifndef DAEMON_SITE_PARTNER_DOCS_H
#define DAEMON_SITE_PARTNER_DOCS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feeds/rights.h"

struct article;
struct choice;
struct entry;
struct partner_desk;
struct pass;
struct site;
struct site_partner;
struct snapshot;

/* CONFIG's partners are borrowed. */
struct partner_desk *partner_desk_create(struct site *site);
void partner_desk_destroy(struct partner_desk *desk); /* NULL is accepted */

/* What the store kept of PATH in the last run, when that is one of these documents. */
bool partner_desk_is_path(const char *path);

/* What the store keeps of partners is read again: another node may have changed it. */
void partner_desk_reload(struct partner_desk *desk);

/* The store has such a document. */
void partner_desk_found(struct partner_desk *desk);

/* Something that a partner sees has changed. */
void partner_desk_touch(struct partner_desk *desk);
bool partner_desk_is_dirty(const struct partner_desk *desk);

/* Whether PATH is a topic of a partner. If nobody asked for it before it is rendered from now
 * on. */
bool partner_desk_is_topic(struct partner_desk *desk, const char *path);

/* Asks for the articles that are missing; true when none is. */
bool partner_desk_prepare(struct partner_desk *desk);

/* Adds the documents that changed to PASS, and their evidence to the ledger. */
void partner_desk_render(struct partner_desk *desk, struct pass *pass);

/* What PARTNER sees of ENTRY now. */
struct rights_decision partner_desk_decide(const struct site *site,
	const struct site_partner *partner, const struct entry *entry);

#endif
