/* changes.h: a feed with only what changed since some publication (site_changes). */
#ifndef DAEMON_SITE_CHANGES_H
#define DAEMON_SITE_CHANGES_H

struct site;

/* Goes on with those that wait for articles. */
void changes_step(struct site *site);
void changes_destroy(struct site *site);

#endif
