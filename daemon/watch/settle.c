/*
 * settle.c: a doubly linked queue in order of the last touch, and a map from the path to
 * its place in it; every operation is O(1).
 */
#include "daemon/watch/settle.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/base/map.h"
#include "feeds/base/mem.h"

struct waiting {
	struct waiting *prev, *next;
	int64_t touched_at;
	struct settle_item item; /* owns the path */
};

struct settle {
	int64_t settle_ms;
	struct waiting *first, *last; /* owns all */
	struct map by_path;	      /* borrows the same */
	size_t awaited_count;
};

struct settle *settle_create(int64_t settle_ms)
{
	struct settle *set = mem_alloc(sizeof(*set));

	assert(settle_ms >= 0);
	set->settle_ms = settle_ms;
	return set;
}

void settle_destroy(struct settle *set)
{
	if (set == NULL)
		return;
	settle_clear(set);
	free(set);
}

static void append(struct settle *set, struct waiting *waiting)
{
	waiting->prev = set->last;
	waiting->next = NULL;
	if (set->last != NULL)
		set->last->next = waiting;
	else
		set->first = waiting;
	set->last = waiting;
}

static void unlink_waiting(struct settle *set, struct waiting *waiting)
{
	if (waiting->prev != NULL)
		waiting->prev->next = waiting->next;
	else
		set->first = waiting->next;
	if (waiting->next != NULL)
		waiting->next->prev = waiting->prev;
	else
		set->last = waiting->prev;
}

static struct waiting *find(const struct settle *set, const char *path)
{
	return map_get(&set->by_path, path, strlen(path));
}

void settle_touch(struct settle *set, const char *path, int64_t now)
{
	struct waiting *waiting = find(set, path);

	if (waiting != NULL) {
		unlink_waiting(set, waiting);
		waiting->item.is_seen = false;
	} else {
		waiting = mem_alloc(sizeof(*waiting));
		waiting->item.path = mem_strdup(path);
		map_put(&set->by_path, waiting->item.path, strlen(path), waiting);
	}
	waiting->touched_at = now;
	append(set, waiting);
}

void settle_see(struct settle *set, const char *path, int64_t size, int64_t mtime_ns)
{
	struct waiting *waiting = find(set, path);

	assert(waiting != NULL);
	waiting->item.is_seen = true;
	waiting->item.size = size;
	waiting->item.mtime_ns = mtime_ns;
}

void settle_await(struct settle *set, const char *path)
{
	struct waiting *waiting = find(set, path);

	assert(waiting != NULL);
	if (!waiting->item.is_awaited)
		set->awaited_count++;
	waiting->item.is_awaited = true;
}

bool settle_has(const struct settle *set, const char *path)
{
	return find(set, path) != NULL;
}

size_t settle_count(const struct settle *set)
{
	return set->by_path.count;
}

size_t settle_awaited_count(const struct settle *set)
{
	return set->awaited_count;
}

const char *settle_first_awaited(const struct settle *set)
{
	for (struct waiting *at = set->first; at != NULL; at = at->next)
		if (at->item.is_awaited)
			return at->item.path;
	return NULL;
}

void settle_await_none(struct settle *set)
{
	for (struct waiting *at = set->first; at != NULL; at = at->next)
		at->item.is_awaited = false;
	set->awaited_count = 0;
}

/* Takes the first one out; the path goes to OUT. */
static void take_first(struct settle *set, struct settle_item *out)
{
	struct waiting *waiting = set->first;

	unlink_waiting(set, waiting);
	map_remove(&set->by_path, waiting->item.path, strlen(waiting->item.path));
	if (waiting->item.is_awaited)
		set->awaited_count--;
	*out = waiting->item;
	free(waiting);
}

size_t settle_take_due(struct settle *set, int64_t now, struct settle_item *out,
	size_t max, int64_t *wake_at_out)
{
	size_t count = 0;

	while (count < max && set->first != NULL &&
		set->first->touched_at + set->settle_ms <= now)
		take_first(set, &out[count++]);
	if (set->first == NULL)
		*wake_at_out = -1;
	else if (set->first->touched_at + set->settle_ms <= now)
		*wake_at_out = now;
	else
		*wake_at_out = set->first->touched_at + set->settle_ms;
	return count;
}

void settle_clear(struct settle *set)
{
	while (set->first != NULL) {
		struct settle_item item;

		take_first(set, &item);
		free(item.path);
	}
	map_finish(&set->by_path);
}
