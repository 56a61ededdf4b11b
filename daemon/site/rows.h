/*
 * rows.h: what the store knows into the site: its rows of articles and of documents, at the
 * start and, where another node publishes, again and again. A row is the truth: whatever an
 * entry said before.
 */
#ifndef DAEMON_SITE_ROWS_H
#define DAEMON_SITE_ROWS_H

#include <stdbool.h>

struct site;
struct store_article;
struct store_doc;

/* The entry of ROW (known by its id, wherever it is) is what ROW says from now on. Feeds that
 * it is or was in are dirty when anything of it looks different. */
void rows_apply(struct site *site, const struct store_article *row);

/* The same for a document. What is shown of it stays until the feed is rendered again. */
void rows_apply_doc(struct site *site, const struct store_doc *doc);

/* Entries whose place another one has taken, and with IS_ALL those that no row was applied
 * to since site->scan became what it is, have no row: they are forgotten. */
void rows_forget(struct site *site, bool is_all);

#endif
