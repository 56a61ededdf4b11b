/* holdings.c: see holdings.h. */
#include "daemon/site/holdings.h"

#include <stdlib.h>
#include <string.h>

#include "feeds/base/buf.h"
#include "feeds/base/mem.h"

static void destroy(struct holding *holding)
{
	free(holding->id);
	free(holding);
}

void holdings_finish(struct holdings *holdings)
{
	struct map_entry slot;
	size_t cursor = 0;

	while (map_next(&holdings->by_id, &cursor, &slot))
		destroy(slot.value);
	map_finish(&holdings->by_id);
}

static struct holding *add(struct holdings *holdings, const char *id, size_t len)
{
	struct holding *holding = map_get(&holdings->by_id, id, len);

	if (holding)
		return holding;
	holding = mem_alloc(sizeof(*holding));
	holding->id = mem_strndup(id, len);
	map_put(&holdings->by_id, holding->id, len, holding);
	return holding;
}

void holdings_give(struct holdings *holdings, const char *id, int64_t at_ms)
{
	struct holding *holding = add(holdings, id, strlen(id));

	holding->at_ms = at_ms;
	holding->gone_ms = 0;
	holding->is_shown = true;
}

void holdings_forget(struct holdings *holdings, const char *id)
{
	struct holding *holding = map_remove(&holdings->by_id, id, strlen(id));

	if (holding)
		destroy(holding);
}

void holdings_read(struct holdings *holdings, const char *text, size_t len)
{
	char *copy = mem_strndup(text, len), *line = copy;

	while (*line) {
		char *end = line + strcspn(line, "\n"), *tab = line + strcspn(line, "\t");
		char *next = *end ? end + 1 : end;

		*end = '\0';
		if (tab < end && tab > line) {
			struct holding *holding = add(holdings, line, (size_t)(tab - line));

			holding->at_ms = strtoll(tab + 1, &tab, 10);
			holding->gone_ms = *tab == '\t' ? strtoll(tab + 1, NULL, 10) : 0;
		}
		line = next;
	}
	free(copy);
}

static int compare_ids(const void *a_ptr, const void *b_ptr)
{
	const struct holding *const *a = a_ptr, *const *b = b_ptr;

	return strcmp((*a)->id, (*b)->id);
}

static int compare_ages(const void *a_ptr, const void *b_ptr)
{
	const struct holding *const *a = a_ptr, *const *b = b_ptr;

	return (*a)->at_ms < (*b)->at_ms ? -1 : (*a)->at_ms > (*b)->at_ms;
}

struct holding **holdings_list(const struct holdings *holdings, size_t *count_out)
{
	struct holding **list = mem_resize(NULL, holdings->by_id.count + 1, sizeof(*list));
	struct map_entry slot;
	size_t cursor = 0, count = 0;

	while (map_next(&holdings->by_id, &cursor, &slot))
		list[count++] = slot.value;
	qsort(list, count, sizeof(*list), compare_ids);
	*count_out = count;
	return list;
}

void holdings_write(struct holdings *holdings, struct buf *out)
{
	size_t count;
	struct holding **list = holdings_list(holdings, &count);

	if (count > HOLDINGS_MOST) {
		qsort(list, count, sizeof(*list), compare_ages);
		for (size_t i = 0; i < count - HOLDINGS_MOST; i++)
			holdings_forget(holdings, list[i]->id);
		free(list);
		list = holdings_list(holdings, &count);
	}
	for (size_t i = 0; i < count; i++)
		buf_printf(out, "%s\t%lld\t%lld\n", list[i]->id, (long long)list[i]->at_ms,
			(long long)list[i]->gone_ms);
	free(list);
}
