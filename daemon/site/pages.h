/* pages.h: from what the site knows to what its pages are made of. Pure. */
#ifndef DAEMON_SITE_PAGES_H
#define DAEMON_SITE_PAGES_H

#include <stddef.h>

#include "daemon/site/page_words.h"

struct arena;
struct article;
struct buf;
struct entry;
struct page_epaper_day;
struct page_epaper_list;
struct page_landing_feed;
struct site_config;

struct landing {
	const struct site_config *config;
	const struct page_landing_feed *feeds;
	size_t feed_count;
	struct entry *const *latest; /* with fragments */
	size_t latest_count;
};
/* `/` in LANGUAGE, appended to OUT. */
void page_landing(const struct landing *landing, enum page_language language,
	struct buf *out);
/* The language of `/`. */
enum page_language page_landing_language(const struct site_config *config);
/* The site that DAY or LIST is of is filled in here. */
void page_edition(const struct site_config *config, struct page_epaper_day *day,
	struct buf *out);
void page_editions(const struct site_config *config, struct page_epaper_list *list,
	struct buf *out);
/* What an article's page says that its file does not: what it is a notice of correction to,
 * which notice there is to it, the licence by the rules; each may be NULL. */
struct page_relations {
	const struct entry *corrects, *corrected_by;
	const char *license;
	const char *channel, *channel_description; /* the directory's, for people */
};
/* The page of ENTRY, whose text ARTICLE is, appended to OUT. */
void page_article(const struct site_config *config, const struct entry *entry,
	const struct article *article, const struct page_relations *relations,
	struct buf *out);
/* The Link header of that page: the feeds it is in. */
char *page_article_links(struct arena *arena, const struct site_config *config,
	const struct entry *entry);
/* Of an article that was there and is no more. */
void page_gone(const struct site_config *config, struct buf *out);
/* For people, the WHICHth of the errors that have a page; its status, 0 behind the last. */
int page_error(const struct site_config *config, enum page_language language, size_t which,
	struct buf *out);

#endif
