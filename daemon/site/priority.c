/* priority.c: see priority.h. */
#include "daemon/site/priority.h"

#include "daemon/site/catalogue.h"
#include "feeds/article.h"

enum { URGENT_MOST = 3 }; /* of 1 to 9 (IPTC): what a newsroom calls a flash or urgent */

enum store_priority priority_of(const struct article *article)
{
	if (article->status == STATUS_WITHDRAWN || article->status == STATUS_WITHDRAWAL)
		return PRIORITY_KILL;
	if (article->correction.level >= CORRECTION_CORRECTION)
		return PRIORITY_CORRECTION;
	return article->urgency >= 1 && article->urgency <= URGENT_MOST ? PRIORITY_URGENT :
									   PRIORITY_REST;
}

void priority_raise(struct entry *entry, enum store_priority priority)
{
	if (priority > entry->priority)
		entry->priority = priority;
}

static void act_raise(struct feed_index *index, struct feed *feed, struct entry *entry)
{
	(void)index;
	if (entry->priority > feed->priority)
		feed->priority = (unsigned char)entry->priority;
}

void priority_spread(struct catalogue *catalogue)
{
	for (size_t i = 0; i < catalogue->index.dirty_count; i++)
		catalogue->index.dirty[i]->priority = PRIORITY_REST;
	for (size_t i = 0; i < catalogue->dirty_count; i++) {
		struct entry *entry = catalogue->dirty[i];

		if (entry->priority > PRIORITY_REST && entry->is_ranked)
			feed_index_each(&catalogue->index, entry, act_raise);
	}
}
