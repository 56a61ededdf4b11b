/* archive.h: the archive documents of a feed (RFC 5005 section 4). */
#ifndef DAEMON_SITE_ARCHIVE_H
#define DAEMON_SITE_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct buf;
struct feed;
struct feed_index;
struct site;

/* The path of the archive document of FEED that ends with its COUNT-th article. */
char *archive_path(struct arena *arena, const struct feed *feed, size_t count);
/* Which document PATH names; false if it names none that can exist. */
bool archive_parse(const struct feed_index *index, const char *path,
	struct feed **feed_out, size_t *count_out);
/* The first article of the document that ends with the COUNT-th (counted from 0). */
size_t archive_first(size_t count);
/* Renders it; the fragments of its articles must be there. ARCHIVED articles are in no live
 * document any more. */
void archive_render(const struct site *site, struct arena *arena, const struct feed *feed,
	size_t count, size_t archived, struct buf *out);

#endif
