/*
 * labels.h: what the index must know of an article besides its directory: the feeds that it is
 * in by tag, author, source and edition, and notes (notes.h): what it corrects or takes back,
 * which files it shows.
 */
#ifndef DAEMON_SITE_LABELS_H
#define DAEMON_SITE_LABELS_H

#include <stdbool.h>
#include <stddef.h>

struct article;

/* The labels of ARTICLE, one a line, in the caller's memory; NULL if there are none. BASE_URL
 * tells which files are of this site. A name that cannot stand in a URL's path makes no feed. */
char *labels_of(const char *base_url, const struct article *article);

/* Whether LABEL, of LEN bytes, is one of LABELS (NULL = there are none). */
bool labels_have(const char *labels, const char *label, size_t len);

#endif
