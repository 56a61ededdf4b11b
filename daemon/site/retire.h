/* retire.h: feeds that are no more: where they went, or that they ended (301, 410). */
#ifndef DAEMON_SITE_RETIRE_H
#define DAEMON_SITE_RETIRE_H

#include <stdbool.h>

struct document;
struct feed;
struct pass;
struct site;
struct snapshot;
struct store_doc;

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

#endif
