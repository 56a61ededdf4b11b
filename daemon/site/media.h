/* media.h: the files beside the articles. */
#ifndef DAEMON_SITE_MEDIA_H
#define DAEMON_SITE_MEDIA_H

#include <stdbool.h>

struct buf;
struct site;
struct snapshot;

/* The path below the article directory that URL stands for, if it is a file that may be
 * served. */
bool media_path(const char *base_url, const char *url, struct buf *out);
/* The file at PATH, or NULL when no visible article names it. The reference moves. */
struct snapshot *media_page(struct site *site, const char *path);
/* The file is read again when it is next asked for. */
void media_changed(struct site *site, const char *path);

#endif
