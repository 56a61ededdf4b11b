/* publish.h: dirty feeds into documents, and what documents say of the feed they are of. */
#ifndef DAEMON_SITE_PUBLISH_H
#define DAEMON_SITE_PUBLISH_H

#include <stddef.h>

#include "feeds/render.h"

struct arena;
struct entry;
struct feed;
struct page_feed;
struct site;

/* Makes the documents of what is dirty. Who leads commits them, and readers and the hub get
 * them when that is done; who follows shows them. Does nothing while a pass is under way or
 * something must be loaded first: it is called again. */
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

#endif
