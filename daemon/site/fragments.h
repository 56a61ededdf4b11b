/*
 * fragments.h: an article rendered once per format, for every feed that shows it. Made when
 * a window asks for it, checked once, kept while a window shows it.
 */
#ifndef DAEMON_SITE_FRAGMENTS_H
#define DAEMON_SITE_FRAGMENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "feeds/base/buf.h"
#include "feeds/render.h"

enum { DIGEST_LEN = 32 };

struct article;
struct entry;
struct site;

/* What pages that list articles say of one; all owned, NULL = not stated. */
struct fragment_facts {
	char *title, *url;         /* never NULL */
	char *channel, *language;
	char *kicker, *byline;     /* as far as the public may have them */
	char *paper, *page, *section; /* of the printed edition */
	bool is_withdrawn;
};

struct fragments {
	struct buf formats[FEED_FORMAT_COUNT];
	unsigned char digests[FEED_FORMAT_COUNT][DIGEST_LEN]; /* SHA-256 */
	unsigned namespaces[FEED_FORMAT_COUNT];
	struct fragment_facts facts;
	char *problem;             /* owns; why it may not be shown, or NULL */
};

/* The address of ENTRY's page, its own or the one it states; the caller frees. */
char *fragments_url(const struct site *site, const struct entry *entry,
	const struct article *article);

/* Makes ENTRY's fragments from its article, in the place of older ones. */
void fragments_make(struct site *site, struct entry *entry, const struct article *article);

/* NULL is accepted. */
void fragments_destroy(struct fragments *fragments);

/* Forgets ENTRY's fragments unless a window shows them. */
void fragments_drop(struct entry *entry);

/* Asks for what WINDOW lacks; true when nothing is missing. Otherwise the site's work goes
 * on when it has come. */
bool fragments_want(struct site *site, struct entry *const *window, size_t count);

/* How many of the window, in its order, fit into the largest document of any format. */
size_t fragments_fit(struct entry *const *window, size_t count);

#endif
