/*
 * limit.h: an article cut down to a level, so that whatever renders it cannot show more
 * than the audience may have. Pure.
 */
#ifndef FEEDS_LIMIT_H
#define FEEDS_LIMIT_H

#include "feeds/article.h"
#include "feeds/render.h"

struct arena;

/* Takes from ARTICLE what LEVEL does not give; IS_PARTNER keeps the editor's note. New texts
 * are put in ARENA. HEADLINE: title, times, source, rights. SUMMARY: also people, dateline,
 * categories, the summary. FULL: the text without pictures and media. */
void article_limit(struct arena *arena, struct article *article, enum text_level level,
	bool is_partner);

#endif
