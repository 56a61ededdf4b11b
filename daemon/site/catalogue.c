/* catalogue.c: see catalogue.h. */
#include "daemon/site/catalogue.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/base/mem.h"

void fragments_destroy(struct fragments *fragments)
{
	if (!fragments)
		return;
	for (int f = 0; f < FEED_FORMAT_COUNT; f++)
		buf_finish(&fragments->formats[f]);
	free(fragments->title);
	free(fragments->url);
	free(fragments);
}

static void entry_destroy(struct entry *entry)
{
	fragments_destroy(entry->fragments);
	free(entry->flat);
	free(entry->path);
	free(entry->id);
	free(entry->slug);
	free(entry->renamed_from);
	free(entry->problem);
	free(entry);
}

void catalogue_finish(struct catalogue *catalogue)
{
	struct map_entry slot;
	size_t cursor = 0;

	while (map_next(&catalogue->feeds, &cursor, &slot)) {
		struct feed *feed = slot.value;

		free(feed->channel);
		free(feed->items);
		free(feed);
	}
	for (size_t i = 0; i < catalogue->count; i++)
		entry_destroy(catalogue->entries[i]);
	free(catalogue->entries);
	free(catalogue->deleted);
	map_finish(&catalogue->by_path);
	map_finish(&catalogue->by_id);
	map_finish(&catalogue->by_slug);
	map_finish(&catalogue->by_updated);
	map_finish(&catalogue->feeds);
	*catalogue = (struct catalogue){0};
}

struct entry *catalogue_find(const struct catalogue *catalogue, const char *path)
{
	return map_get(&catalogue->by_path, path, strlen(path));
}

struct entry *catalogue_add(struct catalogue *catalogue, const char *path)
{
	struct entry *entry = catalogue_find(catalogue, path);

	if (entry)
		return entry;
	entry = mem_alloc(sizeof(*entry));
	entry->path = mem_strdup(path);
	entry->next_change_ms = INT64_MAX;
	map_put(&catalogue->by_path, entry->path, strlen(path), entry);
	if (catalogue->count == catalogue->cap) {
		catalogue->cap = catalogue->cap ? catalogue->cap * 2 : 64;
		catalogue->entries = mem_resize(catalogue->entries, catalogue->cap,
			sizeof(*catalogue->entries));
	}
	catalogue->entries[catalogue->count++] = entry;
	return entry;
}

void catalogue_move(struct catalogue *catalogue, struct entry *entry, const char *path)
{
	bool was_visible = entry->is_visible;

	assert(!catalogue_find(catalogue, path));
	if (was_visible)
		catalogue_hide(catalogue, entry);
	map_remove(&catalogue->by_path, entry->path, strlen(entry->path));
	if (entry->renamed_from)
		free(entry->path);
	else
		entry->renamed_from = entry->path;
	entry->path = mem_strdup(path);
	map_put(&catalogue->by_path, entry->path, strlen(path), entry);
	if (was_visible)
		catalogue_show(catalogue, entry);
}

/* Names ENTRY with TEXT in MAP, replacing the name in *FIELD. */
static bool set_name(struct map *map, struct entry *entry, char **field, const char *text)
{
	struct entry *holder = map_get(map, text, strlen(text));

	if (holder)
		return holder == entry;
	if (*field) {
		map_remove(map, *field, strlen(*field));
		free(*field);
	}
	*field = mem_strdup(text);
	map_put(map, *field, strlen(*field), entry);
	return true;
}

bool catalogue_set_id(struct catalogue *catalogue, struct entry *entry, const char *id)
{
	return set_name(&catalogue->by_id, entry, &entry->id, id);
}

bool catalogue_set_slug(struct catalogue *catalogue, struct entry *entry, const char *slug)
{
	return set_name(&catalogue->by_slug, entry, &entry->slug, slug);
}

static const char *updated_key(const struct entry *entry)
{
	return (const char *)&entry->updated.ms;
}

void catalogue_set_updated(struct catalogue *catalogue, struct entry *entry,
	struct instant updated)
{
	struct map *map = &catalogue->by_updated;
	const size_t len = sizeof(entry->updated.ms);
	struct entry *holder;

	if (entry->updated.is_set && map_get(map, updated_key(entry), len) == entry)
		map_remove(map, updated_key(entry), len);
	while ((holder = map_get(map, (const char *)&updated.ms, len)) && holder != entry)
		updated.ms++;
	entry->updated = updated;
	map_put(map, updated_key(entry), len, entry);
}

size_t channel_len(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (size_t)(slash - path) : 0;
}

static struct feed *feed_of(struct catalogue *catalogue, const char *channel, size_t len)
{
	struct feed *feed = map_get(&catalogue->feeds, channel, len);

	if (feed)
		return feed;
	feed = mem_alloc(sizeof(*feed));
	feed->channel = mem_strndup(channel, len);
	map_put(&catalogue->feeds, feed->channel, len, feed);
	return feed;
}

/* Newest visible first; equal times by publication, then by id: a total order. */
static int compare_visible(const struct entry *a, const struct entry *b)
{
	if (a->visible_ms != b->visible_ms)
		return a->visible_ms > b->visible_ms ? -1 : 1;
	if (a->published.ms != b->published.ms)
		return a->published.ms > b->published.ms ? -1 : 1;
	return strcmp(a->id, b->id);
}

/* Where ENTRY is, or would go. */
static size_t feed_place(const struct feed *feed, const struct entry *entry)
{
	size_t low = 0, high = feed->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_visible(feed->items[middle], entry) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void feed_insert(struct feed *feed, struct entry *entry)
{
	size_t at = feed_place(feed, entry);

	if (feed->count == feed->cap) {
		feed->cap = feed->cap ? feed->cap * 2 : 16;
		feed->items = mem_resize(feed->items, feed->cap, sizeof(*feed->items));
	}
	memmove(feed->items + at + 1, feed->items + at,
		(feed->count - at) * sizeof(*feed->items));
	feed->items[at] = entry;
	feed->count++;
	feed->is_dirty = true;
}

static void feed_take_out(struct feed *feed, const struct entry *entry)
{
	size_t at = feed_place(feed, entry);

	assert(at < feed->count && feed->items[at] == entry);
	feed->count--;
	memmove(feed->items + at, feed->items + at + 1,
		(feed->count - at) * sizeof(*feed->items));
	feed->is_dirty = true;
}

/* Calls ACT with each feed of ENTRY: its directory, those above, the whole site. */
static void each_feed(struct catalogue *catalogue, struct entry *entry,
	void (*act)(struct feed *feed, struct entry *entry))
{
	size_t len = channel_len(entry->path);

	for (;;) {
		act(feed_of(catalogue, entry->path, len), entry);
		if (len == 0)
			return;
		while (len > 0 && entry->path[len - 1] != '/')
			len--;
		if (len > 0)
			len--;
	}
}

static void act_insert(struct feed *feed, struct entry *entry)
{
	feed_insert(feed, entry);
}

static void act_take_out(struct feed *feed, struct entry *entry)
{
	feed_take_out(feed, entry);
}

void catalogue_show(struct catalogue *catalogue, struct entry *entry)
{
	assert(!entry->is_visible && entry->id);
	entry->is_visible = true;
	each_feed(catalogue, entry, act_insert);
}

void catalogue_hide(struct catalogue *catalogue, struct entry *entry)
{
	assert(entry->is_visible);
	entry->is_visible = false;
	each_feed(catalogue, entry, act_take_out);
}

static bool is_deleted(const struct entry *entry)
{
	return entry->gone_due_ms || entry->presence == GONE;
}

void catalogue_list_deleted(struct catalogue *catalogue, struct entry *entry)
{
	if (entry->is_listed)
		return;
	entry->is_listed = true;
	if (catalogue->deleted_count == catalogue->deleted_cap) {
		catalogue->deleted_cap = catalogue->deleted_cap ? catalogue->deleted_cap * 2 : 16;
		catalogue->deleted = mem_resize(catalogue->deleted, catalogue->deleted_cap,
			sizeof(struct entry *));
	}
	catalogue->deleted[catalogue->deleted_count++] = entry;
}

struct entry *catalogue_find_deleted(struct catalogue *catalogue, const char *hash)
{
	struct entry *found = NULL;
	size_t kept = 0;

	for (size_t i = 0; i < catalogue->deleted_count; i++) {
		struct entry *entry = catalogue->deleted[i];

		entry->is_listed = is_deleted(entry);
		if (!entry->is_listed)
			continue;
		catalogue->deleted[kept++] = entry;
		if (entry->id && strcmp(entry->hash, hash) == 0)
			found = entry;
	}
	catalogue->deleted_count = kept;
	return found;
}

static int compare_shown(const void *a_ptr, const void *b_ptr)
{
	const struct entry *const *a = a_ptr, *const *b = b_ptr;

	if ((*a)->published.ms != (*b)->published.ms)
		return (*a)->published.ms > (*b)->published.ms ? -1 : 1;
	return strcmp((*a)->id, (*b)->id);
}

size_t window_select(const struct feed *feed, size_t least, int64_t span_ms, size_t most,
	struct entry **out)
{
	size_t count = 0;

	while (count < feed->count && count < most) {
		struct entry *entry = feed->items[count];

		if (count >= least && feed->items[0]->visible_ms - entry->visible_ms > span_ms)
			break;
		out[count++] = entry;
	}
	qsort(out, count, sizeof(struct entry *), compare_shown);
	return count;
}
