/*
 * map.h: a hash table from byte strings to pointers. Keys are borrowed: they live in the
 * values (or elsewhere) and must outlive their entry. Iteration order is unspecified, so
 * nothing that reaches a document may depend on it.
 */
#ifndef FEEDS_BASE_MAP_H
#define FEEDS_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map_entry {
	const char *key; /* borrows; NULL = free slot */
	size_t key_len;
	uint64_t hash;
	void *value; /* borrows */
};

struct map {
	struct map_entry *entries; /* owns; length is a power of two, or NULL */
	size_t cap, count;
};

/* A zeroed struct map is an empty map. map_finish frees the table, not the values. */
void map_finish(struct map *map);

/* The value, or NULL. */
void *map_get(const struct map *map, const char *key, size_t key_len);

/* Sets KEY to VALUE (not NULL) and returns the value it replaces, or NULL. The new KEY
 * pointer is kept even when an equal key was there. */
void *map_put(struct map *map, const char *key, size_t key_len, void *value);

/* Removes KEY and returns its value, or NULL. */
void *map_remove(struct map *map, const char *key, size_t key_len);

/* Walks all entries: start with *cursor = 0; false at the end. Do not change the map
 * meanwhile. */
bool map_next(const struct map *map, size_t *cursor, struct map_entry *out);

/* A 64-bit hash (FNV-1a with a final mix), the same in every run. */
uint64_t map_hash(const void *bytes, size_t len);

#endif
