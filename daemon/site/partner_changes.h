/*
 * partner_changes.h: a partner's feed with only what changed for that partner since some
 * publication, tombstones included: what its subscriptions are pushed unless they ask for the
 * whole.
 */
#ifndef DAEMON_SITE_PARTNER_CHANGES_H
#define DAEMON_SITE_PARTNER_CHANGES_H

#include <stdbool.h>
#include <stdint.h>

struct partner_desk;
struct store_doc;

/* As site_changes, for a path of a partner. */
bool partner_changes(struct partner_desk *desk, const char *path, int64_t since,
	void (*done)(void *context, const struct store_doc *doc), void *context);

/* Goes on with those that wait for articles. */
void partner_changes_step(struct partner_desk *desk);
void partner_changes_destroy(struct partner_desk *desk);

#endif
