/*
 * render.h: articles to feed documents. A document is head + one fragment per item + foot;
 * a fragment is made once per (format, level) and shared by every feed that shows the
 * article. Pure and deterministic: the same values give the same bytes.
 */
#ifndef FEEDS_RENDER_H
#define FEEDS_RENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feeds/article.h"

struct buf;
struct error;

enum feed_format { FEED_ATOM, FEED_RSS, FEED_JSON, FEED_FORMAT_COUNT };

/* How much of the text an audience may have. */
enum text_level {
	LEVEL_NONE,
	LEVEL_HEADLINE,
	LEVEL_SUMMARY,
	LEVEL_FULL,
	LEVEL_FULL_MEDIA,
};

/* Namespaces that a fragment uses; the head declares exactly the union, since a namespace
 * that is declared and not used is a validator warning. */
enum feed_namespace {
	NS_DC = 1 << 0,
	NS_DCTERMS = 1 << 1,
	NS_MEDIA = 1 << 2,
	NS_CONTENT = 1 << 3,
	NS_ATOM = 1 << 4, /* atom: inside RSS */
	NS_AT = 1 << 5,   /* tombstones, RFC 6721; partner documents only */
	NS_NEWS = 1 << 6, /* what only partners see (struct feed_syndication) */
};

/* What only partners see of an item. */
struct feed_syndication {
	int version;               /* 1 at first */
	struct instant embargo;    /* set: not to be published before */
	const char *editor_note;   /* or NULL */
	const char *ninjs_url, *nitf_url; /* the article alone; or NULL */
	const char *withdraws;     /* of a notice: the id of what it takes back; or NULL */
};

/* One item as the site decided it: identity and times are the store's, not the file's. */
struct feed_item {
	const struct article *article; /* borrows */
	const char *id;        /* absolute URI, ASCII, permanent */
	const char *url;       /* absolute page address, ASCII */
	struct instant published;
	struct instant updated; /* >= published; distinct within a feed (1 ms tie-break) */
	/* PUBLISHED; WITHDRAWN: rendered as its notice; WITHDRAWAL: a notice that takes
	 * another article back, for partners */
	enum article_status status;
	const char *channel;   /* shown as category; may be NULL */
	const char *rights;    /* in place of what the article says; or NULL */
	const char *license;   /* address or name; or NULL */
	const struct feed_syndication *syndication; /* borrows; NULL = for the public */
};

struct feed_link {
	const char *rel, *href, *type, *title;
};

/* The feed itself. All borrowed; NULL = leave out unless noted. */
struct feed_head {
	const char *id;        /* required: absolute URI (the Atom self URL serves) */
	const char *title;     /* required */
	const char *subtitle;
	const char *self_url;  /* required: this format's own address */
	const char *home_url;  /* required: the page for people */
	const char *const *hub_urls; /* our own first */
	size_t hub_count;
	const char *language, *rights, *icon, *logo;
	const char *author;    /* required by Atom: the site's title or authority */
	struct instant updated; /* of the newest item; unset in an empty feed */
	const struct feed_link *links; /* prev-archive, alternate formats, ... */
	size_t link_count;
	bool is_archive;       /* RFC 5005 archive document */
	unsigned namespaces;   /* union of the fragments' */
};

/* Appends the item at LEVEL and adds the namespaces it uses to *NAMESPACES. In JSON a
 * fragment is one object without separators; feed_render puts the commas. */
void feed_render_item(enum feed_format format, enum text_level level,
	const struct feed_item *item, struct buf *out, unsigned *namespaces);

/* A tombstone (RFC 6721) for partner Atom documents: the article ID left at WHEN. */
void feed_render_tombstone(const char *id, struct instant when, const char *reason,
	struct buf *out, unsigned *namespaces);

struct feed_fragment {
	const char *bytes;
	size_t len;
};

/* Appends the whole document. */
void feed_render(enum feed_format format, const struct feed_head *head,
	const struct feed_fragment *fragments, size_t count, struct buf *out);

/* The self-check before a document replaces the old one: well-formed, UTF-8, the elements
 * each format requires, ids unique, updated distinct. */
bool feed_check(enum feed_format format, const char *bytes, size_t len, struct error *err);

/* The same for one item (feed_render_item), as if a document had no other. */
bool feed_check_item(enum feed_format format, unsigned namespaces, const char *bytes,
	size_t len, struct error *err);

/* "application/atom+xml; charset=utf-8" etc.; the exact Content-Type of every answer and
 * delivery. */
const char *feed_media_type(enum feed_format format);

/* "atom", "rss", "json". */
const char *feed_format_name(enum feed_format format);

/* OPML 2.0 and sitemaps (sitemaps.org 0.9, Google news) for feeds/opml.c, sitemap.c. */
struct outline {
	const char *title, *feed_url, *page_url, *language;
	enum feed_format format;
};
void opml_render(const char *title, const struct outline *items, size_t count,
	struct buf *out);

struct sitemap_url {
	const char *url;
	struct instant modified;
	/* the news sitemap's; NULL in the plain one */
	const char *publication, *language, *title;
	struct instant published;
};
void sitemap_render(const struct sitemap_url *items, size_t count, struct buf *out);
void sitemap_render_news(const struct sitemap_url *items, size_t count, struct buf *out);
void sitemap_render_index(const struct sitemap_url *items, size_t count, struct buf *out);

#endif
