/*
 * url.h: addresses in articles: resolved, ASCII, percent-encoded exactly once, IDNA hosts.
 */
#ifndef FEEDS_URL_H
#define FEEDS_URL_H

#include <stdbool.h>

struct arena;

/* HREF against BASE (may be NULL: HREF must be absolute then). The result is absolute and
 * ASCII, or NULL when it cannot be read or its scheme is not http, https, mailto or tel. */
char *url_resolve(struct arena *arena, const char *base, const char *href);

/* Like url_resolve without a base, but a relative HREF is kept relative (and encoded). */
char *url_clean(struct arena *arena, const char *href);

/* Percent-encodes everything but unreserved characters (RFC 3986 2.3) and '/'. */
char *url_encode_path(struct arena *arena, const char *path);

/* The URL that an article at PATH ("news/a.md") had at the site: BASE joined with PATH;
 * what relative links in its body resolve against. */
char *url_of_path(struct arena *arena, const char *base, const char *path);

/* The file that the relative HREF names beside its article: "a%20b.png?v=1" is "a b.png".
 * NULL if it is absolute or names none. */
char *url_local_file(struct arena *arena, const char *href);

/* Media type by the ending of PATH or URL ("image/png"); NULL if unknown. */
const char *media_type_of(const char *path);

#endif
