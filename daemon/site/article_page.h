/* article_page.h: the page of one article, made when somebody asks for it. */
#ifndef DAEMON_SITE_ARTICLE_PAGE_H
#define DAEMON_SITE_ARTICLE_PAGE_H

struct site;
struct snapshot;

/* The page at PATH ("/a/SLUG"), where the article went (301), or that it ended (410); DONE gets
 * NULL when there never was one. SNAPSHOT is borrowed. DONE is called at once, or later from
 * the loop. */
void article_page(struct site *site, const char *path,
	void (*done)(void *context, struct snapshot *snapshot), void *context);

#endif
