/* page_ld.h: an article as schema.org's NewsArticle in JSON-LD. Pure. */
#ifndef DAEMON_SITE_PAGE_LD_H
#define DAEMON_SITE_PAGE_LD_H

struct buf;
struct page_article;

/* Appends a <script type="application/ld+json">: a data block that is not run, so that
 * the CSP does not refuse it, and in which no text can end the element. Nothing for a
 * withdrawn article. */
void page_ld_add(struct buf *out, const struct page_article *page);

#endif
