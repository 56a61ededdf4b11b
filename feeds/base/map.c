/* map.c: open addressing with linear probing and backward-shift deletion; see map.h. */
#include "feeds/base/map.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/base/mem.h"

uint64_t map_hash(const void *bytes, size_t len)
{
	const unsigned char *p = bytes;
	uint64_t hash = 0xcbf29ce484222325u;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ p[i]) * 0x100000001b3u;
	hash ^= hash >> 32;
	hash *= 0xd6e8feb86659fd93u;
	return hash ^ hash >> 32;
}

void map_finish(struct map *map)
{
	free(map->entries);
	*map = (struct map){0};
}

/* The slot that holds KEY, or the free slot where it would go. */
static size_t find_slot(const struct map *map, const char *key, size_t len, uint64_t hash)
{
	size_t mask = map->cap - 1;
	size_t i = hash & mask;

	for (;; i = (i + 1) & mask) {
		const struct map_entry *e = &map->entries[i];

		if (!e->key)
			return i;
		if (e->hash != hash || e->key_len != len)
			continue;
		__builtin_prefetch(e->value); /* read next, and as far away as the key */
		if (memcmp(e->key, key, len) == 0)
			return i;
	}
}

static void grow(struct map *map)
{
	struct map old = *map;
	size_t cursor = 0;
	struct map_entry e;

	map->cap = old.cap ? old.cap * 2 : 16;
	map->entries = mem_alloc(map->cap * sizeof(*map->entries));
	while (map_next(&old, &cursor, &e))
		map->entries[find_slot(map, e.key, e.key_len, e.hash)] = e;
	free(old.entries);
}

void *map_get(const struct map *map, const char *key, size_t key_len)
{
	size_t slot;

	if (!map->count)
		return NULL;
	slot = find_slot(map, key, key_len, map_hash(key, key_len));
	return map->entries[slot].key ? map->entries[slot].value : NULL;
}

void *map_put(struct map *map, const char *key, size_t key_len, void *value)
{
	uint64_t hash = map_hash(key, key_len);
	struct map_entry *e;
	void *replaced;

	assert(key && value);
	if ((map->count + 1) * 4 > map->cap * 3)
		grow(map);
	e = &map->entries[find_slot(map, key, key_len, hash)];
	replaced = e->key ? e->value : NULL;
	if (!e->key)
		map->count++;
	*e = (struct map_entry){key, key_len, hash, value};
	return replaced;
}

/* Moves later entries of the probe chain back, so that no tombstone is needed. */
static void close_gap(struct map *map, size_t gap)
{
	size_t mask = map->cap - 1;

	for (size_t i = (gap + 1) & mask; map->entries[i].key; i = (i + 1) & mask) {
		size_t home = map->entries[i].hash & mask;

		if (((i - home) & mask) >= ((i - gap) & mask)) {
			map->entries[gap] = map->entries[i];
			gap = i;
		}
	}
	map->entries[gap] = (struct map_entry){0};
}

void *map_remove(struct map *map, const char *key, size_t key_len)
{
	size_t slot;
	void *value;

	if (!map->count)
		return NULL;
	slot = find_slot(map, key, key_len, map_hash(key, key_len));
	if (!map->entries[slot].key)
		return NULL;
	value = map->entries[slot].value;
	close_gap(map, slot);
	map->count--;
	return value;
}

bool map_next(const struct map *map, size_t *cursor, struct map_entry *out)
{
	for (; *cursor < map->cap; ++*cursor) {
		if (map->entries[*cursor].key) {
			*out = map->entries[(*cursor)++];
			return true;
		}
	}
	return false;
}
