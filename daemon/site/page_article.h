/*
 * page_article.h: the page of one article, with everything that a republisher's crawler
 * or a reader looks for: the facts in sight, the government meta tags, OpenGraph,
 * JSON-LD, and the feeds. Pure.
 */
#ifndef DAEMON_SITE_PAGE_ARTICLE_H
#define DAEMON_SITE_PAGE_ARTICLE_H

#include <stdbool.h>
#include <stddef.h>

#include "daemon/site/page.h"
#include "feeds/article.h"

/* The article's column, as the government meta tags describe one; NULL = not stated. */
struct page_column {
	const char *name, *description, *keywords, *type, *url;
};

struct page_link {
	const char *title, *url; /* NULL = there is none */
};

/* Identity and times are the store's, not the file's. All borrowed. */
struct page_article {
	const struct page_site *site;
	const struct article *article;
	const char *url; /* of this page, absolute */
	struct instant published, updated;
	bool is_withdrawn;	  /* only the notice is shown; the answer is 410 */
	struct instant withdrawn; /* when */
	/* How much the public may have. NONE: there is no page (404), do not ask for it.
	 * HEADLINE: title, time, source; SUMMARY: also who, when, where and the summary;
	 * FULL: the text without pictures; FULL_MEDIA: everything. */
	enum text_level level;
	struct page_column column;
	const struct page_feed *feeds; /* the site's, the channel's: autodiscovery */
	size_t feed_count;
	struct page_link corrects;     /* a corrective notice: what it corrects */
	struct page_link corrected_by; /* the notice that corrects this */
	const char *edition_url;       /* of the e-paper's day on this site, or NULL */
	const char *rights, *license;  /* a rule's statement and licence address: instead
					* of  the article's own, or NULL */
};

void page_article_render(const struct page_article *page, struct buf *out);

/* Of an article that was there, of which not even the title may be shown any more. */
void page_gone_render(const struct page_site *site, struct buf *out);
/* A page that only says why there is no other. */
void page_notice_render(const struct page_site *site, enum page_language language,
	enum page_word title, enum page_word text, struct buf *out);

#endif
