/*
 * partner_topics.h: the topics of a partner: "/p/NAME/feed.atom" is all that it may have,
 * "/p/NAME/c/CHANNEL/feed.atom" what of it is in a channel, and likewise tag/, author/ and
 * source/. The same words limit a partner in its configuration. Pure.
 */
#ifndef DAEMON_SITE_PARTNER_TOPICS_H
#define DAEMON_SITE_PARTNER_TOPICS_H

#include <stdbool.h>
#include <stddef.h>

#include "feeds/render.h"

struct entry;
struct site_partner;

/* A path in pieces, borrowed from it. */
struct partner_path {
	const char *name;          /* of the partner */
	size_t name_len;
	const char *key;           /* "" = everything, "c/news", "tag/T", ... */
	size_t key_len;
	enum feed_format format;
};

/* False if PATH is not that of a partner's feed. */
bool partner_path_parse(const char *path, struct partner_path *out);

/* Whether ENTRY is in KEY; one that was taken back also if it ever was. */
bool partner_topic_has(const char *key, const struct entry *entry);
/* Whether it is or was (former.h). */
bool partner_topic_had(const char *key, const struct entry *entry);

/* Whether PARTNER may have ENTRY, as far as its topics say. */
bool partner_topic_allows(const struct site_partner *partner, const struct entry *entry);

/* Whether PARTNER may ask for KEY: a channel that is among its own, below or above them; a
 * tag, author or source that its configuration names. */
bool partner_topic_may_be(const struct site_partner *partner, const char *key);

#endif
