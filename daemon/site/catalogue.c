/* catalogue.c: see catalogue.h. */
#include "daemon/site/catalogue.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/site/fragments.h"
#include "daemon/site/labels.h"
#include "feeds/base/buf.h"
#include "feeds/base/mem.h"

static void entry_destroy(struct entry *entry)
{
	fragments_destroy(entry->fragments);
	free(entry->flat);
	free(entry->path);
	free(entry->id);
	free(entry->slug);
	free(entry->renamed_from);
	free(entry->problem);
	free(entry->labels);
	free(entry->title);
	free(entry->former_slugs);
	free(entry->decision_note);
	free(entry);
}

void catalogue_finish(struct catalogue *catalogue)
{
	struct map_entry slot;
	size_t cursor = 0;

	feed_index_finish(&catalogue->index);
	for (size_t i = 0; i < catalogue->count; i++)
		entry_destroy(catalogue->entries[i]);
	free(catalogue->entries);
	free(catalogue->deleted);
	free(catalogue->dirty);
	map_finish(&catalogue->by_path);
	map_finish(&catalogue->by_id);
	map_finish(&catalogue->by_slug);
	map_finish(&catalogue->by_updated);
	while (map_next(&catalogue->by_former_slug, &cursor, &slot))
		free((char *)(uintptr_t)slot.key);
	map_finish(&catalogue->by_former_slug);
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
	bool was_ranked = entry->is_ranked;

	assert(!catalogue_find(catalogue, path));
	if (was_ranked)
		feed_index_remove(&catalogue->index, entry);
	map_remove(&catalogue->by_path, entry->path, strlen(entry->path));
	if (entry->renamed_from)
		free(entry->path);
	else
		entry->renamed_from = entry->path;
	entry->path = mem_strdup(path);
	map_put(&catalogue->by_path, entry->path, strlen(path), entry);
	if (was_ranked)
		feed_index_insert(&catalogue->index, entry);
}

void catalogue_touch(struct catalogue *catalogue, struct entry *entry)
{
	if (entry->is_row_dirty)
		return;
	entry->is_row_dirty = true;
	if (catalogue->dirty_count == catalogue->dirty_cap) {
		catalogue->dirty_cap = catalogue->dirty_cap ? catalogue->dirty_cap * 2 : 64;
		catalogue->dirty = mem_resize(catalogue->dirty, catalogue->dirty_cap,
			sizeof(*catalogue->dirty));
	}
	catalogue->dirty[catalogue->dirty_count++] = entry;
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
	bool was_ranked = entry->is_ranked && strcmp(entry->id, id) != 0, ok;

	if (was_ranked)
		feed_index_remove(&catalogue->index, entry);
	ok = set_name(&catalogue->by_id, entry, &entry->id, id);
	if (was_ranked)
		feed_index_insert(&catalogue->index, entry);
	return ok;
}

void catalogue_add_former_slug(struct catalogue *catalogue, struct entry *entry,
	const char *slug)
{
	struct buf all = {0};

	if (map_get(&catalogue->by_former_slug, slug, strlen(slug)))
		return;
	map_put(&catalogue->by_former_slug, mem_strdup(slug), strlen(slug), entry);
	if (entry->former_slugs)
		buf_printf(&all, "%s\n", entry->former_slugs);
	buf_add_str(&all, slug);
	free(entry->former_slugs);
	entry->former_slugs = buf_take(&all, NULL);
}

struct entry *catalogue_find_former(const struct catalogue *catalogue, const char *slug)
{
	return map_get(&catalogue->by_former_slug, slug, strlen(slug));
}

bool catalogue_set_slug(struct catalogue *catalogue, struct entry *entry, const char *slug)
{
	struct entry *former = catalogue_find_former(catalogue, slug);
	char *old = mem_strdup(entry->slug);
	bool ok = (!former || former == entry) &&
		set_name(&catalogue->by_slug, entry, &entry->slug, slug);

	if (ok && old && strcmp(old, slug) != 0)
		catalogue_add_former_slug(catalogue, entry, old);
	free(old);
	return ok;
}

static const char *updated_key(const struct entry *entry)
{
	return (const char *)&entry->updated.ms;
}

/* ENTRY's time is nobody's then, if it is in the table. */
static void let_go_of_updated(struct map *by_updated, const struct entry *entry)
{
	const size_t len = sizeof(entry->updated.ms);

	if (entry->updated.is_set && map_get(by_updated, updated_key(entry), len) == entry)
		map_remove(by_updated, updated_key(entry), len);
}

void catalogue_set_updated(struct catalogue *catalogue, struct entry *entry,
	struct instant updated)
{
	struct map *map = &catalogue->by_updated;
	const size_t len = sizeof(entry->updated.ms);
	struct entry *holder;

	let_go_of_updated(map, entry);
	while ((holder = map_get(map, (const char *)&updated.ms, len)) && holder != entry)
		updated.ms++;
	entry->updated = updated;
	map_put(map, updated_key(entry), len, entry);
}

static void drop_name(struct map *map, char **field)
{
	if (!*field)
		return;
	map_remove(map, *field, strlen(*field));
	free(*field);
	*field = NULL;
}

void catalogue_take_slug(struct catalogue *catalogue, struct entry *entry, const char *slug)
{
	struct entry *holder = map_get(&catalogue->by_slug, slug, strlen(slug));

	if (holder && holder != entry)
		drop_name(&catalogue->by_slug, &holder->slug);
	catalogue_set_slug(catalogue, entry, slug);
}

void catalogue_take_updated(struct catalogue *catalogue, struct entry *entry,
	struct instant updated)
{
	struct map *map = &catalogue->by_updated;
	const size_t len = sizeof(entry->updated.ms);
	struct entry *holder;

	let_go_of_updated(map, entry);
	holder = map_get(map, (const char *)&updated.ms, len);
	if (holder) /* the key is in it */
		map_remove(map, updated_key(holder), len);
	entry->updated = updated;
	map_put(map, updated_key(entry), len, entry);
}

void catalogue_drop_names(struct catalogue *catalogue, struct entry *entry)
{
	assert(!entry->is_ranked);
	drop_name(&catalogue->by_id, &entry->id);
	drop_name(&catalogue->by_slug, &entry->slug);
}

size_t channel_len(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (size_t)(slash - path) : 0;
}

void catalogue_show(struct catalogue *catalogue, struct entry *entry, int64_t at_ms,
	bool is_latest)
{
	assert(!entry->is_visible && entry->id);
	if (is_latest && at_ms <= catalogue->newest_visible_ms)
		at_ms = catalogue->newest_visible_ms + 1;
	if (!entry->visible_ms)
		entry->visible_ms = at_ms ? at_ms : 1;
	if (entry->visible_ms > catalogue->newest_visible_ms)
		catalogue->newest_visible_ms = entry->visible_ms;
	entry->is_visible = true;
	if (entry->is_ranked)
		feed_index_toggle(&catalogue->index, entry);
	else
		feed_index_insert(&catalogue->index, entry);
}

void catalogue_hide(struct catalogue *catalogue, struct entry *entry)
{
	assert(entry->is_visible);
	entry->is_visible = false;
	feed_index_toggle(&catalogue->index, entry);
}

void catalogue_file(struct catalogue *catalogue, struct entry *entry,
	struct instant published, const char *labels)
{
	bool was_ranked = entry->is_ranked;

	if (was_ranked)
		feed_index_remove(&catalogue->index, entry);
	entry->published = published;
	if (labels != entry->labels) {
		free(entry->labels);
		entry->labels = mem_strdup(labels);
	}
	if (was_ranked)
		feed_index_insert(&catalogue->index, entry);
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

bool entry_is_taken_back(const struct entry *entry)
{
	return entry->presence == GONE || entry->decision == DECISION_KILLED ||
		entry->status == STATUS_WITHDRAWN;
}

bool entry_has_label(const struct entry *entry, const char *label)
{
	return labels_have(entry->labels, label, strlen(label));
}
