/*
 * filing.h: which feeds an article is in beside those of its directories: its labels, with the
 * notes of what else it says (notes.h), and the feeds that it was in before (former.h).
 */
#ifndef DAEMON_SITE_FILING_H
#define DAEMON_SITE_FILING_H

struct article;
struct entry;
struct site;

/* ENTRY into the feeds that ARTICLE, its new version, says. */
void filing_set(struct site *site, struct entry *entry, const struct article *article);

/* The file of ENTRY is at PATH now. */
void filing_move(struct site *site, struct entry *entry, const char *path);

/* What was decided of ENTRY has changed: while it is taken back, it is in its former feeds. */
void filing_review(struct site *site, struct entry *entry);

#endif
