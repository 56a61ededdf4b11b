/*
 * changes.h: a feed with only what changed since some publication (site_changes), and how
 * what would be too much for one document is cut.
 */
#ifndef DAEMON_SITE_CHANGES_H
#define DAEMON_SITE_CHANGES_H

#include <stddef.h>

struct site;

enum {
	CHANGES_ENTRIES_MOST = 500, /* in a document, if one publication has no more */
	CHANGES_BYTES_MOST = 2 * 1024 * 1024,
};

/* Sorts COUNT items of SIZE bytes, which begin with an int64_t, the number of the publication
 * that changed them; the oldest first. */
void changes_sort(void *items, size_t count, size_t size);
/* How many of the sorted items go into one document: at most MOST, but whole publications and
 * at least one, so that the last number says up to where it tells. */
size_t changes_cut(const void *items, size_t count, size_t size, size_t most);


/* Goes on with those that wait for articles. */
void changes_step(struct site *site);
void changes_destroy(struct site *site);

#endif
