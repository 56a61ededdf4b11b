/* feed_index.c: see feed_index.h. */
#include "daemon/site/feed_index.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/site/catalogue.h"
#include "daemon/site/former.h"
#include "feeds/base/buf.h"
#include "feeds/base/mem.h"

/* What surfaced before so many others cannot be in a window any more. */
enum { SURFACED_MOST = 2 * WINDOW_MOST };

static const char *const prefixes[FEED_KIND_COUNT] = {
	[FEED_OF_SITE] = "",
	[FEED_OF_CHANNEL] = "c/",
	[FEED_OF_TAG] = "tag/",
	[FEED_OF_AUTHOR] = "author/",
	[FEED_OF_SOURCE] = "source/",
	[FEED_OF_EDITION] = "epaper/",
};

static enum feed_kind kind_of(const char *key)
{
	for (int kind = FEED_OF_CHANNEL; kind < FEED_KIND_COUNT; kind++) {
		if (strncmp(key, prefixes[kind], strlen(prefixes[kind])) == 0)
			return (enum feed_kind)kind;
	}
	return *key ? FEED_KIND_COUNT : FEED_OF_SITE;
}

void feed_index_finish(struct feed_index *index)
{
	struct map_entry slot;
	size_t cursor = 0;

	while (map_next(&index->feeds, &cursor, &slot)) {
		struct feed *feed = slot.value;

		free(feed->key);
		free(feed->items);
		free(feed->surfaced);
		free(feed->window);
		free(feed->moved_to);
		free(feed);
	}
	map_finish(&index->feeds);
	free(index->dirty);
}

bool feed_index_keeps(const struct feed_index *index, const char *key)
{
	enum feed_kind kind = kind_of(key);

	return kind == FEED_OF_SITE || (kind < FEED_KIND_COUNT && index->kinds & 1U << kind);
}

struct feed *feed_index_find(const struct feed_index *index, const char *key)
{
	return map_get(&index->feeds, key, strlen(key));
}

struct feed *feed_index_add(struct feed_index *index, const char *key)
{
	struct feed *feed = feed_index_find(index, key);

	if (feed)
		return feed;
	feed = mem_alloc(sizeof(*feed));
	feed->key = mem_strdup(key);
	feed->kind = kind_of(key);
	feed->name = feed->key + strlen(prefixes[feed->kind]);
	feed->disturbed_from = SIZE_MAX;
	map_put(&index->feeds, feed->key, strlen(key), feed);
	return feed;
}

void feed_index_touch(struct feed_index *index, struct feed *feed)
{
	if (feed->is_dirty)
		return;
	feed->is_dirty = true;
	if (index->dirty_count == index->dirty_cap) {
		index->dirty_cap = index->dirty_cap ? index->dirty_cap * 2 : 16;
		index->dirty = mem_resize(index->dirty, index->dirty_cap, sizeof(*index->dirty));
	}
	index->dirty[index->dirty_count++] = feed;
}

/* ---- the feeds of an entry ---- */

static void act_on(struct feed_index *index, const struct buf *key, struct entry *entry,
	void (*act)(struct feed_index *index, struct feed *feed, struct entry *entry))
{
	if (feed_index_keeps(index, buf_text(key)))
		act(index, feed_index_add(index, buf_text(key)), entry);
}

static void set_key(struct buf *key, const char *prefix, const char *name, size_t len)
{
	key->len = 0;
	buf_add_str(key, prefix);
	buf_add(key, name, len);
}

void feed_index_each(struct feed_index *index, struct entry *entry,
	void (*act)(struct feed_index *index, struct feed *feed, struct entry *entry))
{
	size_t len = channel_len(entry->path);
	struct buf key = {0};

	set_key(&key, "", "", 0);
	act_on(index, &key, entry, act);
	while (len > 0) {
		set_key(&key, prefixes[FEED_OF_CHANNEL], entry->path, len);
		act_on(index, &key, entry, act);
		while (len > 0 && entry->path[len - 1] != '/')
			len--;
		len -= len > 0;
	}
	for (const char *at = entry->labels; at && *at;) {
		len = strcspn(at, "\n");
		set_key(&key, "", at, len);
		/* a former feed, and the entry was moved back meanwhile */
		if (!former_is_above(buf_text(&key), entry->path))
			act_on(index, &key, entry, act);
		at += len + (at[len] == '\n');
	}
	buf_finish(&key);
}

/* ---- order ---- */

/* Oldest first; equal times by publication, then by id: a total order. */
static int compare_visible(const struct entry *a, const struct entry *b)
{
	if (a->visible_ms != b->visible_ms)
		return a->visible_ms < b->visible_ms ? -1 : 1;
	if (a->published.ms != b->published.ms)
		return a->published.ms < b->published.ms ? -1 : 1;
	return strcmp(a->id, b->id);
}

static int compare_items(const void *a_ptr, const void *b_ptr)
{
	const struct entry *const *a = a_ptr, *const *b = b_ptr;

	return compare_visible(*a, *b);
}

void feed_index_sort(struct feed *feed)
{
	if (feed->is_unsorted)
		qsort(feed->items, feed->count, sizeof(*feed->items), compare_items);
	feed->is_unsorted = false;
}

/* Where ENTRY is, or would go. */
static size_t place(struct feed *feed, const struct entry *entry)
{
	size_t low = 0, high = feed->count;

	feed_index_sort(feed);


	/* mostly the newest arrives */
	if (high && compare_visible(feed->items[high - 1], entry) < 0)
		return high;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_visible(feed->items[middle], entry) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void forget_surfaced(struct feed *feed, const struct entry *entry)
{
	for (size_t i = feed->surfaced_count; i-- > 0;) {
		if (feed->surfaced[i] != entry)
			continue;
		feed->surfaced_count--;
		memmove(feed->surfaced + i, feed->surfaced + i + 1,
			(feed->surfaced_count - i) * sizeof(*feed->surfaced));
		return;
	}
}

static void disturb(struct feed *feed, size_t from, size_t to)
{
	if (from < feed->disturbed_from)
		feed->disturbed_from = from;
	if (to > feed->disturbed_to)
		feed->disturbed_to = to;
}

static void act_surface(struct feed_index *index, struct feed *feed, struct entry *entry)
{
	size_t at;

	if (!feed->surfaced)
		feed->surfaced = mem_resize(NULL, SURFACED_MOST + 1, sizeof(*feed->surfaced));
	forget_surfaced(feed, entry);
	at = feed->surfaced_count++;
	for (; at > 0 && feed->surfaced[at - 1]->surfaced_ms > entry->surfaced_ms; at--)
		feed->surfaced[at] = feed->surfaced[at - 1];
	feed->surfaced[at] = entry;
	if (feed->surfaced_count > SURFACED_MOST)
		forget_surfaced(feed, feed->surfaced[0]);
	feed_index_touch(index, feed);
}

static void act_insert(struct feed_index *index, struct feed *feed, struct entry *entry)
{
	size_t at = index->is_bulk ? feed->count : place(feed, entry);

	if (index->is_bulk && at > 0 && compare_visible(feed->items[at - 1], entry) > 0)
		feed->is_unsorted = true;
	if (feed->count == feed->cap) {
		feed->cap = feed->cap ? feed->cap * 2 : 4;
		feed->items = mem_resize(feed->items, feed->cap, sizeof(*feed->items));
	}
	memmove(feed->items + at + 1, feed->items + at,
		(feed->count - at) * sizeof(*feed->items));
	if (at < feed->count)
		disturb(feed, at, SIZE_MAX);
	feed->items[at] = entry;
	feed->count++;
	feed->shown += entry->is_visible;
	feed_index_touch(index, feed);
	if (entry->surfaced_ms > entry->visible_ms)
		act_surface(index, feed, entry);
}

static void act_remove(struct feed_index *index, struct feed *feed, struct entry *entry)
{
	size_t at = place(feed, entry);

	assert(at < feed->count && feed->items[at] == entry);
	disturb(feed, at, SIZE_MAX);
	feed->count--;
	memmove(feed->items + at, feed->items + at + 1,
		(feed->count - at) * sizeof(*feed->items));
	feed->shown -= entry->is_visible;
	feed_index_touch(index, feed);
	forget_surfaced(feed, entry);
}

static void act_toggle(struct feed_index *index, struct feed *feed, struct entry *entry)
{
	size_t at = place(feed, entry);

	disturb(feed, at, at + 1);
	feed->shown = entry->is_visible ? feed->shown + 1 : feed->shown - 1;
	feed_index_touch(index, feed);
}

static void act_disturb(struct feed_index *index, struct feed *feed, struct entry *entry)
{
	size_t at = place(feed, entry);

	disturb(feed, at, at + 1);
	feed_index_touch(index, feed);
}

void feed_index_disturb(struct feed_index *index, struct entry *entry)
{
	if (entry->is_ranked)
		feed_index_each(index, entry, act_disturb);
}

void feed_index_insert(struct feed_index *index, struct entry *entry)
{
	assert(entry->id && !entry->is_ranked);
	entry->is_ranked = true;
	feed_index_each(index, entry, act_insert);
}

void feed_index_remove(struct feed_index *index, struct entry *entry)
{
	assert(entry->is_ranked);
	entry->is_ranked = false;
	feed_index_each(index, entry, act_remove);
}

void feed_index_toggle(struct feed_index *index, struct entry *entry)
{
	assert(entry->is_ranked);
	feed_index_each(index, entry, act_toggle);
}

void feed_index_surface(struct feed_index *index, struct entry *entry, int64_t at_ms)
{
	assert(entry->is_ranked);
	entry->surfaced_ms = at_ms;
	feed_index_each(index, entry, act_surface);
}

/* ---- windows ---- */

static int64_t surfaced_at(const struct entry *entry)
{
	return entry->surfaced_ms > entry->visible_ms ? entry->surfaced_ms : entry->visible_ms;
}

size_t window_select(struct feed_index *index, struct feed *feed, size_t least,
	int64_t span_ms, struct entry **out)
{
	size_t count = 0, i = feed->count, j = feed->surfaced_count;
	unsigned mark = ++index->mark;

	feed_index_sort(feed);
	while (count < WINDOW_MOST && (i > 0 || j > 0)) {
		bool again = j > 0 && (i == 0 || surfaced_at(feed->surfaced[j - 1]) >=
			feed->items[i - 1]->visible_ms);
		struct entry *entry = again ? feed->surfaced[--j] : feed->items[--i];

		if (!entry->is_visible || entry->mark == mark)
			continue;
		if (count >= least && surfaced_at(out[0]) -
			(again ? surfaced_at(entry) : entry->visible_ms) > span_ms)
			break;
		entry->mark = mark;
		out[count++] = entry;
	}
	return count;
}

static int compare_shown(const void *a_ptr, const void *b_ptr)
{
	const struct entry *const *a = a_ptr, *const *b = b_ptr;

	if ((*a)->published.ms != (*b)->published.ms)
		return (*a)->published.ms > (*b)->published.ms ? -1 : 1;
	return strcmp((*a)->id, (*b)->id);
}

void window_order(struct entry **window, size_t count)
{
	qsort(window, count, sizeof(*window), compare_shown);
}

size_t window_archived(struct feed_index *index, const struct feed *feed,
	struct entry *const *window, size_t count)
{
	unsigned mark = ++index->mark;
	size_t archived = feed->count;

	for (size_t i = 0; i < count; i++)
		window[i]->mark = mark;
	while (archived > 0 && (!feed->items[archived - 1]->is_visible ||
		feed->items[archived - 1]->mark == mark))
		archived--;
	/* gaps at the border belong to no page that anybody needs */
	return archived;
}
