/* limit.c: see limit.h. */
#include "feeds/limit.h"

#include "feeds/base/arena.h"
#include "feeds/base/buf.h"
#include "feeds/html_feed.h"

void article_limit(struct arena *arena, struct article *article, enum text_level level,
	bool is_partner)
{
	struct buf html = {0};

	if (!is_partner)
		article->editor_note = NULL;
	if (level >= LEVEL_FULL_MEDIA)
		return;
	article->images = article->attachments = (struct media_list){0};
	if (level == LEVEL_FULL && article->html) {
		html_add_without_media(&html, article->html);
		article->html = arena_strndup(arena, buf_text(&html), html.len);
		buf_finish(&html);
	}
	if (level >= LEVEL_FULL)
		return;
	article->html = NULL;
	article->links = article->paragraphs = (struct strings){0};
	if (level >= LEVEL_SUMMARY)
		return;
	article->kicker = article->subtitle = article->summary = article->lead = NULL;
	article->tags = article->categories = (struct strings){0};
	article->authors = article->editors = (struct people){0};
	article->dateline = (struct dateline){0};
	article->edition = (struct edition){0};
	article->correction.note = NULL;
}
