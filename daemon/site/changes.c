/*
 * changes.c: a feed with only what changed since some publication, for those who are pushed
 * to and want no more. The store numbers publications, and each article has the number of
 * the last one that changed it; so however far the window has moved, nothing is missed.
 * What would be too much for one document is cut between two publications: the number up
 * to where it tells goes with it.
 */
#include "daemon/site/changes.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/control/log.h"
#include "daemon/site/fragments.h"
#include "daemon/site/numbers.h"
#include "daemon/site/on_demand.h"
#include "daemon/site/partner_changes.h"
#include "daemon/site/partner_docs.h"
#include "daemon/site/publish.h"
#include "daemon/site/site_internal.h"
#include "feeds/base/arena.h"
#include "feeds/base/buf.h"
#include "feeds/base/error.h"
#include "feeds/base/mem.h"
#include "feeds/render.h"

/* An article and the number of the publication that changed it. */
struct change {
	int64_t seq;               /* first, for changes_cut */
	struct entry *entry;       /* borrows; its fragments are held */
};

struct changes {
	struct changes *next;
	struct site *site;
	char *path;                /* owns */
	struct feed *feed;
	enum feed_format format;
	int64_t since, until;      /* of which publications it tells */
	struct instant updated;    /* of the whole feed */
	bool is_known;             /* articles have their numbers */
	struct change *items;      /* owns; NULL = not chosen yet */
	struct entry **entries;    /* owns the array; those of the items */
	size_t count;
	void (*done)(void *context, const struct store_doc *doc);
	void *context;
};

/* Drops what is behind the first COUNT. */
static void drop_behind(struct changes *changes, size_t count)
{
	for (size_t i = count; i < changes->count; i++) {
		changes->items[i].entry->window_refs--;
		fragments_drop(changes->items[i].entry);
	}
	changes->count = count;
}

static void changes_free(struct changes *changes)
{
	drop_behind(changes, 0);
	free(changes->items);
	free(changes->entries);
	free(changes->path);
	free(changes);
}

void changes_destroy(struct site *site)
{
	struct changes *changes;

	while ((changes = site->changes)) {
		site->changes = changes->next;
		changes_free(changes);
	}
}

/* ---- which articles ---- */

static int compare(const void *a_ptr, const void *b_ptr)
{
	const int64_t *a = a_ptr, *b = b_ptr;

	return *a < *b ? -1 : *a > *b;
}

void changes_sort(void *items, size_t count, size_t size)
{
	if (count)
		qsort(items, count, size, compare);
}

static int64_t seq_at(const void *items, size_t size, size_t i)
{
	return *(const int64_t *)((const char *)items + i * size);
}

size_t changes_cut(const void *items, size_t count, size_t size, size_t most)
{
	size_t kept = most;

	if (count <= most)
		return count;
	while (kept > 0 && seq_at(items, size, kept) == seq_at(items, size, kept - 1))
		kept--;
	while (kept == 0 || (kept < count && seq_at(items, size, kept) == seq_at(items, size, 0)))
		kept++;
	return kept;
}

static void cut(struct changes *changes, size_t most)
{
	size_t kept = changes_cut(changes->items, changes->count, sizeof(*changes->items), most);

	if (kept < changes->count)
		changes->until = changes->items[kept - 1].seq;
	drop_behind(changes, kept);
}

static void choose(struct changes *changes)
{
	const struct feed *feed = changes->feed;

	changes->items = mem_resize(NULL, feed->count + 1, sizeof(*changes->items));
	for (size_t i = 0; i < feed->count; i++) {
		struct entry *entry = feed->items[i];
		/* what is still to be written changes after all that was */
		int64_t seq = entry->is_row_dirty ? INT64_MAX : entry->changed_seq;

		if (!entry->is_visible)
			continue;
		if (!changes->updated.is_set || entry->updated.ms > changes->updated.ms)
			changes->updated = entry->updated;
		if (seq <= changes->since)
			continue;
		changes->items[changes->count++] = (struct change){seq, entry};
		entry->window_refs++;
	}
	changes_sort(changes->items, changes->count, sizeof(*changes->items));
	cut(changes, CHANGES_ENTRIES_MOST);
	changes->entries = mem_resize(NULL, changes->count + 1, sizeof(*changes->entries));
	for (size_t i = 0; i < changes->count; i++)
		changes->entries[i] = changes->items[i].entry;
}

/* The same by size, once that is known. */
static void fit(struct changes *changes)
{
	size_t used = 0, count;

	for (count = 0; count < changes->count; count++) {
		used += changes->entries[count]->fragments->formats[changes->format].len;
		if (used > CHANGES_BYTES_MOST && count > 0)
			break;
	}
	cut(changes, count);
}

/* ---- the document ---- */

static void render(struct changes *changes, struct arena *arena, struct buf *out)
{
	enum feed_format format = changes->format;
	struct feed_fragment *fragments = arena_alloc(arena,
		(changes->count + 1) * sizeof(*fragments));
	struct feed_head head;
	size_t n = 0;

	publish_fill_head(changes->site, arena, changes->feed, format, &head);
	head.updated = changes->updated;
	for (size_t i = 0; i < changes->count; i++) {
		const struct fragments *from = changes->entries[i]->fragments;

		if (from->problem)
			continue;
		fragments[n++] = (struct feed_fragment){buf_text(&from->formats[format]),
			from->formats[format].len};
		head.namespaces |= from->namespaces[format];
	}
	feed_render(format, &head, fragments, n, out);
}

static void give(struct changes *changes)
{
	struct arena *arena = arena_create();
	struct buf body = {0};
	struct store_doc doc = {.path = changes->path, .is_topic = true,
		.content_type = feed_media_type(changes->format)};
	struct error err;

	fit(changes);
	window_order(changes->entries, changes->count);
	render(changes, arena, &body);
	doc.seq = changes->until;
	doc.body = body.bytes;
	doc.len = body.len;
	if (feed_check(changes->format, body.bytes, body.len, &err)) {
		changes->done(changes->context, &doc);
	} else {
		log_error("feed: changes not sent path=%s: %s", changes->path, err.text);
		changes->done(changes->context, NULL);
	}
	buf_finish(&body);
	arena_destroy(arena);
}

/* ---- waiting ---- */

static bool is_ready(struct changes *changes)
{
	if (!changes->is_known)
		return false;
	if (!changes->items)
		choose(changes);
	return fragments_want(changes->site, changes->entries, changes->count);
}

void changes_step(struct site *site)
{
	struct changes **at = &site->changes, *ready = NULL, *changes;

	partner_changes_step(site->desk);
	while ((changes = *at)) {
		if (!is_ready(changes)) {
			at = &changes->next;
			continue;
		}
		*at = changes->next;
		changes->next = ready;
		ready = changes;
	}
	while ((changes = ready)) {
		ready = changes->next;
		give(changes);
		changes_free(changes);
	}
}

static void on_numbered(void *context)
{
	struct changes *changes = context;

	changes->is_known = true;
	site_schedule(changes->site);
}

bool site_changes(struct site *site, const char *path, int64_t since,
	void (*done)(void *context, const struct store_doc *doc), void *context)
{
	const struct document *document = documents_find(&site->documents, path);
	enum feed_format format;
	struct feed *feed = on_demand_find_feed(site, path, &format);
	struct changes *changes;

	if (partner_desk_is_path(path))
		return partner_changes(site->desk, path, since, done, context);
	if (!feed || !document || format == FEED_JSON)
		return false;
	changes = mem_alloc(sizeof(*changes));
	changes->next = site->changes;
	changes->site = site;
	changes->path = mem_strdup(path);
	changes->feed = feed;
	changes->format = format;
	changes->since = since;
	changes->until = document->seq;
	changes->done = done;
	changes->context = context;
	site->changes = changes;
	numbers_read(site, on_numbered, changes);
	return true;
}
