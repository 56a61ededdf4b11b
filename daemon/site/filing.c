/* filing.c: see filing.h. */
#include "daemon/site/filing.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/site/former.h"
#include "daemon/site/labels.h"
#include "daemon/site/site_internal.h"
#include "feeds/base/buf.h"
#include "feeds/base/mem.h"
#include "feeds/text.h"

/* Its readers were sent elsewhere: nobody is to find it again. */
static bool is_feed_over(void *context, const char *key)
{
	const struct site *site = context;
	struct buf path = {0};
	const struct document *document;

	buf_printf(&path, "/%s/feed.%s", key, feed_format_name(FEED_ATOM));
	document = documents_find(&site->documents, buf_text(&path));
	buf_finish(&path);
	return document && document->is_retired;
}

void filing_set(struct site *site, struct entry *entry, const struct article *article)
{
	char *fresh = labels_of(site->config.base_url, article);
	char *carried = former_carry(entry->labels, fresh);
	char *labels = former_apply(carried, entry->path, article->status == STATUS_WITHDRAWN ||
		entry->decision == DECISION_KILLED, is_feed_over, site);

	free(fresh);
	free(carried);
	if (entry->published.ms != article->published.ms || !text_is_same(labels, entry->labels))
		catalogue_file(&site->catalogue, entry, article->published, labels);
	entry->published = article->published;
	notes_add(&site->notes, entry);
	free(labels);
}

void filing_move(struct site *site, struct entry *entry, const char *path)
{
	char *labels = former_add_path(entry->labels, entry->path);

	catalogue_move(&site->catalogue, entry, path);
	free(entry->labels);
	entry->labels = labels; /* what is new in them is no feed: the index is as it was */
}

void filing_review(struct site *site, struct entry *entry)
{
	char *labels = former_apply(entry->labels, entry->path,
		entry_is_taken_back(entry), is_feed_over, site);

	if (!text_is_same(labels, entry->labels))
		catalogue_file(&site->catalogue, entry, entry->published, labels);
	free(labels);
}
