/* overview.h: what lists the whole site: the landing page, OPML, sitemaps. */
#ifndef DAEMON_SITE_OVERVIEW_H
#define DAEMON_SITE_OVERVIEW_H

#include <stddef.h>

struct entry;
struct pass;
struct site;
struct snapshot;

/* Puts the pages of errors, which need no article. */
void overview_put_errors(struct site *site);
/* The documents of the site into PASS; WINDOW has the COUNT newest articles. */
void overview_render(struct pass *pass, struct entry *const *window, size_t count);
/* A sitemap by its path; NULL if there is none of that name. The reference moves. */
struct snapshot *overview_sitemap(struct site *site, const char *path);

#endif
