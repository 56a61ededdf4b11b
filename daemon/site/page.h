/*
 * page.h: what the pages for people have in common: the site they belong to, the frame of
 * head, header and footer, and the writing of HTML that escapes by default. Pure.
 *
 * A page is semantic HTML without script; its look is one style sheet (page_style.h) that
 * the operator may replace. Labels are in Chinese or English (page_words.h).
 */
#ifndef DAEMON_SITE_PAGE_H
#define DAEMON_SITE_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/site/page_words.h"
#include "feeds/render.h"

struct buf;
struct instant;

/* All borrowed; NULL = not stated, unless noted. */
struct page_site {
	const char *title; /* required */
	const char *subtitle;
	const char *base_url; /* required; absolute, ends with '/' */
	const char *language; /* BCP 47; NULL = zh-CN */
	const char *hub_url, *authority, *rights, *icon, *logo;
	const char *id_code;	     /* SiteIDCode of a government site */
	const char *mobile_url;	     /* see page_mobile_url */
	int32_t offset_s;	     /* the site's own, east of UTC */
	const char *header, *footer; /* the operator's HTML, trusted: put in as it is */
	unsigned char overview; /* which of the pages of enum page_overview there are */
};

/* Pages that the frame leads to, as bits. The landing page is always there. */
enum page_overview { PAGE_EPAPER = 1 << 0 };

/* A feed in its formats; a NULL address is left out. */
struct page_feed {
	const char *title;
	const char *urls[FEED_FORMAT_COUNT]; /* absolute */
};

/* The CSP of every page: no script, nothing from elsewhere but what articles show. */
extern const char page_csp[];

/* Appends TEMPLATE with each '$' replaced by the next of COUNT values, escaped for text
 * and for attributes in double quotes; NULL is nothing. */
void page_fill(
	struct buf *out, const char *template, const char *const *values, size_t count);
#define page_put(out, template, ...)                                                     \
	page_fill(out, template, (const char *const[]){__VA_ARGS__},                     \
		sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

/* From the doctype to the style sheet; the caller adds its own meta and link elements and
 * calls page_begin_body. */
void page_begin(struct buf *out, const struct page_site *site,
	enum page_language language, const char *title);

/* <link rel="alternate"> for each format of FEED: autodiscovery. */
void page_add_autodiscovery(struct buf *out, const struct page_feed *feed);

/* Ends the head; the skip link, the operator's header, the site's name (a heading where
 * the page has no other), and <main>. */
void page_begin_body(struct buf *out, const struct page_site *site,
	enum page_language language, bool is_landing);

/* Ends <main>; the footer, the operator's footer. OTHER is the address of this page in
 * the other language, or NULL. */
void page_end(struct buf *out, const struct page_site *site, enum page_language language,
	const char *other);

/* <time datetime="RFC 3339">2026-05-08 09:30:00</time>, as it was stated; with the offset
 * behind it where that is not the site's. */
void page_add_time(
	struct buf *out, const struct page_site *site, const struct instant *at);

/* URL within the site as a path ("/a/x"), so that links work under every name the server
 * has; any other URL as it is. Borrowed from URL. */
const char *page_local(const struct page_site *site, const char *url);

/* The path of the site's root: "/" or "/news/"; borrowed, LEN_OUT long. */
const char *page_root(const struct page_site *site, size_t *len_out);

/* The language of labels on a page in the language TAG (NULL = the site's). */
enum page_language page_language_of(const struct page_site *site, const char *tag);
/* "zh-CN", "en": TAG itself where it is of LANGUAGE. */
const char *page_language_tag(const char *tag, enum page_language language);

/* The address that a phone is sent to for the page at URL (absolute): the article's own
 * STATED if it has one; else by the site's mobile_url, in which {url} is the page's
 * address, percent-encoded, {path} its path below the site and {slug} the last part of
 * it, and which without any of these is the site for phones, with the same paths; else
 * the page. */
void page_mobile_url(const struct page_site *site, const char *stated, const char *url,
	struct buf *out);

/* URL percent-encoded as one value of a query. */
void page_add_encoded(struct buf *out, const char *url);

#endif
