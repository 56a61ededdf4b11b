/*
 * page_meta.h: what machines read in the head of an article's page: the meta tags that
 * government sites must carry, and OpenGraph; and the decisions about the level of text
 * that these share with what people see. Pure.
 */
#ifndef DAEMON_SITE_PAGE_META_H
#define DAEMON_SITE_PAGE_META_H

#include <stdbool.h>

struct buf;
struct page_article;

/* <meta> and <link> elements; for a withdrawn article only that it was. */
void page_meta_add(struct buf *out, const struct page_article *page);

/* Where the article is at home: its own absolute address if it states one, else this
 * page. */
const char *page_canonical(const struct page_article *page);

/* Whether the level allows more than title, time and source. */
bool page_has_details(const struct page_article *page);

/* The picture that stands for it and the summary, if the level allows; or NULL. */
const char *page_picture(const struct page_article *page);
const char *page_summary(const struct page_article *page);

/* The column: as given, else as the article states it; or NULL. */
const char *page_column_name(const struct page_article *page);

#endif
