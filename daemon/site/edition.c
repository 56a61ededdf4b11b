/*
 * edition.c: the e-paper: `/epaper/` lists the days of the printed edition, and each has a
 * page. What is on a page is the articles that name the day as their edition's. Made on
 * demand, kept like other cold documents, forgotten when a day or a neighbour changes.
 */
#include "daemon/site/edition.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/http/snapshot.h"
#include "daemon/site/fragments.h"
#include "daemon/site/page_epaper.h"
#include "daemon/site/pages.h"
#include "daemon/site/publish.h"
#include "daemon/site/site_internal.h"
#include "feeds/base/arena.h"
#include "feeds/base/buf.h"

static bool is_edition(const struct feed *feed)
{
	return feed->kind == FEED_OF_EDITION && page_is_day(feed->name);
}

static int compare_days(const void *a_ptr, const void *b_ptr)
{
	const struct feed *const *a = a_ptr, *const *b = b_ptr;

	return strcmp((*b)->name, (*a)->name);
}

/* The days that have articles, newest first. */
static size_t list_days(const struct site *site, struct arena *arena, struct feed ***out)
{
	const struct map *map = &site->catalogue.index.feeds;
	struct feed **days = arena_alloc(arena, (map->count + 1) * sizeof(*days));
	struct map_entry slot;
	size_t cursor = 0, count = 0;

	while (map_next(map, &cursor, &slot)) {
		struct feed *feed = slot.value;

		if (is_edition(feed) && feed->shown > 0)
			days[count++] = feed;
	}
	qsort(days, count, sizeof(*days), compare_days);
	*out = days;
	return count;
}

/* The days around NAME, which need not be among them. */
static void find_neighbours(struct feed *const *days, size_t count, const char *name,
	const char **previous, const char **next)
{
	size_t low = 0, high = count; /* days[low] becomes the first that is not newer */

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(days[middle]->name, name) > 0)
			low = middle + 1;
		else
			high = middle;
	}
	*next = low > 0 ? days[low - 1]->name : NULL;
	low += low < count && strcmp(days[low]->name, name) == 0;
	*previous = low < count ? days[low]->name : NULL;
}

static void forget(struct site *site, struct arena *arena, const char *day)
{
	if (day)
		documents_drop(&site->documents, arena_printf(arena, "/epaper/%s/", day));
}

void editions_changed(struct site *site)
{
	const struct feed_index *index = &site->catalogue.index;
	struct arena *arena = NULL;
	struct feed **days = NULL;
	const char *previous, *next;
	size_t count = 0;

	for (size_t i = 0; i < index->dirty_count; i++) {
		const struct feed *feed = index->dirty[i];

		if (!is_edition(feed))
			continue;
		if (!arena) {
			arena = arena_create();
			count = list_days(site, arena, &days);
			site->config.overview = count ? PAGE_EPAPER : 0;
			documents_drop(&site->documents, "/epaper/");
		}
		find_neighbours(days, count, feed->name, &previous, &next);
		forget(site, arena, feed->name);
		forget(site, arena, previous);
		forget(site, arena, next);
	}
	arena_destroy(arena);
}

struct feed *edition_find(const struct site *site, const char *path)
{
	size_t len = strlen(path);
	struct feed *feed;

	if (len < 2 || path[len - 1] != '/')
		return NULL;
	feed = map_get(&site->catalogue.index.feeds, path + 1, len - 2);
	return feed && is_edition(feed) && feed->shown > 0 ? feed : NULL;
}

static void fill_items(const struct feed *feed, struct arena *arena,
	struct page_epaper_day *day)
{
	struct page_epaper_item *items = arena_alloc(arena,
		(feed->count + 1) * sizeof(*items));

	for (size_t i = 0; i < feed->count; i++) {
		const struct entry *entry = feed->items[i];
		const struct fragment_facts *facts;

		/* what came while we waited is on the next page that is made */
		if (!entry->is_visible || !entry->fragments)
			continue;
		facts = &entry->fragments->facts;
		if (facts->is_withdrawn)
			continue;
		if (!day->paper)
			day->paper = arena_strdup(arena, facts->paper);
		items[day->count++] = (struct page_epaper_item){
			.page = facts->page, .section = facts->section, .title = facts->title,
			.url = facts->url, .kicker = facts->kicker, .byline = facts->byline,
		};
	}
	day->items = items;
}

static void render_day(struct site *site, struct arena *arena, const struct feed *feed,
	struct buf *out)
{
	struct page_epaper_day day = {.date = feed->name};
	struct feed **days;
	size_t count = list_days(site, arena, &days);

	find_neighbours(days, count, feed->name, &day.previous, &day.next);
	fill_items(feed, arena, &day);
	publish_offer(site, arena, feed, &day.feed);
	page_edition(&site->config, &day, out);
}

static void render_list(struct site *site, struct arena *arena, struct buf *out)
{
	struct feed **days;
	size_t count = list_days(site, arena, &days);
	struct page_epaper_entry *entries = arena_alloc(arena, (count + 1) * sizeof(*entries));
	struct page_epaper_list list = {.days = entries, .count = count};

	for (size_t i = 0; i < count; i++)
		entries[i] = (struct page_epaper_entry){days[i]->name, NULL, days[i]->shown};
	page_editions(&site->config, &list, out);
}

struct snapshot *edition_page(struct site *site, const char *path, struct feed *feed)
{
	struct arena *arena = arena_create();
	struct buf out = {0};
	struct snapshot *snapshot;

	if (feed)
		render_day(site, arena, feed, &out);
	else
		render_list(site, arena, &out);
	snapshot = snapshot_create(&(struct snapshot_spec){
		.path = path,
		.status = 200,
		.content_type = "text/html; charset=utf-8",
		.csp = page_csp,
		.max_age_s = site->config.max_age_s,
		.compress = true,
		.body = out.bytes,
		.len = out.len,
	});
	buf_finish(&out);
	arena_destroy(arena);
	return snapshot;
}
