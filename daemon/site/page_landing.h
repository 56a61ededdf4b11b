/*
 * page_landing.h: the page at `/`: what the publisher offers, how to subscribe to it, and
 * the latest articles. Pure.
 */
#ifndef DAEMON_SITE_PAGE_LANDING_H
#define DAEMON_SITE_PAGE_LANDING_H

#include <stdbool.h>
#include <stddef.h>

#include "daemon/site/page.h"
#include "feeds/article.h"

/* In the order in which the page lists them. */
enum page_feed_kind {
	PAGE_FEED_SITE, /* the first of the feeds, and only that */
	PAGE_FEED_CHANNEL,
	PAGE_FEED_TAG,
	PAGE_FEED_AUTHOR,
	PAGE_FEED_SOURCE,
	PAGE_FEED_KIND_COUNT
};

struct page_landing_feed {
	enum page_feed_kind kind;
	struct page_feed feed;
};

struct page_headline {
	const char *title, *url; /* required */
	const char *channel;	 /* or NULL */
	const char *language;	 /* of the title; NULL = the site's */
	struct instant published;
	bool is_withdrawn;
};

/* All borrowed. */
struct page_landing {
	const struct page_site *site;
	const struct page_landing_feed *feeds; /* any order within a kind is kept */
	size_t feed_count;
	const struct page_headline *latest;
	size_t latest_count;
	bool has_partners; /* partners can have feeds of their own */
};

/* Appends the page in LANGUAGE. `/` is the site's language; page_landing_path gives each
 * language an address of its own. */
void page_landing_render(
	const struct page_landing *landing, enum page_language language, struct buf *out);

/* "/index.zh.html", "/index.en.html". */
const char *page_landing_path(enum page_language language);

#endif
