/*
 * versions.h: the parser's answers as versions of entries, their states, and what an operator
 * or a notice decided about them.
 */
#ifndef DAEMON_SITE_VERSIONS_H
#define DAEMON_SITE_VERSIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/site/catalogue.h"
#include "daemon/store/store_articles.h"
#include "feeds/article.h"

struct arena;
struct diagnosis;
struct parse_request;
struct site;

/* ENTRY is what the file of REQUEST says, as it was when it was read. */
void versions_note_file(const struct parse_request *request, struct entry *entry);
/* The parser's answer; frees the request. */
void versions_parsed(struct parse_request *request, const void *flat, size_t len,
	const struct diagnosis *why);
/* One line, once: why the file of ENTRY is not published. The same bytes are not read again. */
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
/* Deletes the entries whose time of grace ended by NOW_MS (wall clock). Too many at once are
 * held; what waits goes at once when an operator confirms it. */
void versions_due_deletions(struct site *site, int64_t now_ms, bool is_confirmed);

#endif
