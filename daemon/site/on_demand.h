/* on_demand.h: what is not kept in memory: pages, archives, feeds that few ask for. */
#ifndef DAEMON_SITE_ON_DEMAND_H
#define DAEMON_SITE_ON_DEMAND_H

#include "feeds/render.h"

struct feed;
struct site;

/* Goes on with the answers that wait for articles or for a publication. */
void on_demand_step(struct site *site);
void on_demand_destroy(struct site *site);

/* The feed and format whose document PATH is; NULL if it is none. */
struct feed *on_demand_find_feed(const struct site *site, const char *path,
	enum feed_format *format_out);

#endif
