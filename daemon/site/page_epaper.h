/*
 * page_epaper.h: the printed edition on the web: `/epaper/` lists the days, and
 * `/epaper/YYYY-MM-DD/` shows one by page and section. Pure.
 */
#ifndef DAEMON_SITE_PAGE_EPAPER_H
#define DAEMON_SITE_PAGE_EPAPER_H

#include <stdbool.h>
#include <stddef.h>

#include "daemon/site/page.h"

struct page_epaper_item {
	const char *page;	 /* "03"; NULL = not known: the last group */
	const char *section;	 /* "要闻", or NULL */
	const char *title, *url; /* required */
	const char *kicker, *byline, *summary; /* or NULL */
};

/* All borrowed. */
struct page_epaper_day {
	const struct page_site *site;
	const char *paper;	     /* "青岑日报", or NULL */
	const char *date;	     /* YYYY-MM-DD */
	const char *previous, *next; /* the neighbouring editions' dates, or NULL */
	const struct page_epaper_item *items; /* any order; it is kept within a page */
	size_t count;
	struct page_feed feed; /* the day's */
};

struct page_epaper_entry {
	const char *date, *paper;
	size_t count; /* of articles */
};

struct page_epaper_list {
	const struct page_site *site;
	const struct page_epaper_entry *days; /* newest first */
	size_t count;
	struct page_feed feed; /* addresses NULL = there is none */
};

/* "2026-05-08"; NULL is none. */
bool page_is_day(const char *date);

void page_epaper_render_day(const struct page_epaper_day *day, struct buf *out);
void page_epaper_render_list(const struct page_epaper_list *list, struct buf *out);

#endif
