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

struct holding *holdings_give(struct holdings *holdings, const char *id)
{
	return add(holdings, id, strlen(id));
}

struct holding *holdings_find(const struct holdings *holdings, const char *id)
{
	return map_get(&holdings->by_id, id, strlen(id));
}

void holdings_settle(struct holdings *holdings, int64_t seq)
{
	struct map_entry slot;
	size_t cursor = 0;

	while (map_next(&holdings->by_id, &cursor, &slot)) {
		struct holding *holding = slot.value;

		if (!holding->seq)
			holding->seq = seq;
	}
}

void holdings_forget(struct holdings *holdings, const char *id)
{
	struct holding *holding = map_remove(&holdings->by_id, id, strlen(id));

	if (holding)
		destroy(holding);
}

/* The numbers behind the id; those that an older program did not write are 0. */
static void read_numbers(const char *at, struct holding *out)
{
	int64_t numbers[5] = {0};
	uint64_t sight = 0;
	char *end;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers) && *at == '\t'; i++) {
		numbers[i] = strtoll(at + 1, &end, 10);
		at = end;
	}
	if (*at == '\t')
		sight = strtoull(at + 1, NULL, 16);
	out->at_ms = numbers[0];
	out->gone_ms = numbers[1];
	out->changed_ms = numbers[2];
	out->seq = numbers[3];
	out->is_told = numbers[4];
	out->sight = sight;
}

void holdings_read(struct holdings *holdings, const char *text, size_t len)
{
	char *copy = mem_strndup(text, len), *line = copy;

	while (*line) {
		char *end = line + strcspn(line, "\n"), *tab = line + strcspn(line, "\t");
		char *next = *end ? end + 1 : end;

		*end = '\0';
		if (tab < end && tab > line)
			read_numbers(tab, add(holdings, line, (size_t)(tab - line)));
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

	if ((*a)->at_ms != (*b)->at_ms)
		return (*a)->at_ms < (*b)->at_ms ? -1 : 1;
	return compare_ids(a_ptr, b_ptr);
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

struct holding **holdings_list_by_age(const struct holdings *holdings, size_t *count_out)
{
	struct holding **list = holdings_list(holdings, count_out);

	qsort(list, *count_out, sizeof(*list), compare_ages);
	return list;
}

void holdings_write(struct holdings *holdings, struct buf *out)
{
	size_t count;
	struct holding **list = holdings_list_by_age(holdings, &count);

	for (size_t i = 0; i + HOLDINGS_MOST < count; i++)
		holdings_forget(holdings, list[i]->id);
	free(list);
	list = holdings_list(holdings, &count);
	for (size_t i = 0; i < count; i++)
		buf_printf(out, "%s\t%lld\t%lld\t%lld\t%lld\t%d\t%llx\n", list[i]->id,
			(long long)list[i]->at_ms, (long long)list[i]->gone_ms,
			(long long)list[i]->changed_ms, (long long)list[i]->seq,
			list[i]->is_told, (unsigned long long)list[i]->sight);
	free(list);
}
