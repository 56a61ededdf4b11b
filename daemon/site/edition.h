/* edition.h: the e-paper: the pages of a day's edition. */
#ifndef DAEMON_SITE_EDITION_H
#define DAEMON_SITE_EDITION_H

struct feed;
struct site;
struct snapshot;

/* The pages that the dirty feeds are on are made anew. */
void editions_changed(struct site *site);
/* The feed whose page PATH is ("/epaper/2026-05-08/"); NULL if it is none's. */
struct feed *edition_find(const struct site *site, const char *path);
/* The page of FEED; of "/epaper/" when that is NULL. The reference moves. */
struct snapshot *edition_page(struct site *site, const char *path, struct feed *feed);

#endif
