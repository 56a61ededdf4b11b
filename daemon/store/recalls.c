/* recalls.c: see recalls.h. */
#include "daemon/store/recalls.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/store/ledger.h"
#include "feeds/base/arena.h"
#include "feeds/base/map.h"
#include "feeds/base/mem.h"

/* What one partner has of one article. */
struct copy {
	struct recall recall;      /* its texts are in the arena */
	bool is_recalled;
};

/* What a document held, by partner and digest. */
struct issue {
	const char *contents;
};

struct recalls {
	struct arena *arena;       /* owns everything */
	struct map copies;         /* "partner\nid" -> struct copy */
	struct map issues;         /* partner, digest -> struct issue */
};

struct recalls *recalls_create(void)
{
	struct recalls *recalls = mem_alloc(sizeof(*recalls));

	recalls->arena = arena_create();
	return recalls;
}

void recalls_destroy(struct recalls *recalls)
{
	if (!recalls)
		return;
	map_finish(&recalls->copies);
	map_finish(&recalls->issues);
	arena_destroy(recalls->arena);
	free(recalls);
}

static struct copy *copy_of(struct recalls *recalls, const char *partner, const char *id,
	size_t id_len)
{
	const char *key = arena_printf(recalls->arena, "%s\n%.*s", partner, (int)id_len, id);
	struct copy *copy = map_get(&recalls->copies, key, strlen(key));

	if (copy)
		return copy;
	copy = arena_alloc(recalls->arena, sizeof(*copy));
	copy->recall.partner = arena_strdup(recalls->arena, partner);
	copy->recall.id = strchr(key, '\n') + 1;
	map_put(&recalls->copies, key, strlen(key), copy);
	return copy;
}

/* What a row does with each line of what it is about. */
typedef void line_act(struct copy *copy, const struct ledger_row *row, bool is_tombstone);

static void act_issue(struct copy *copy, const struct ledger_row *row, bool is_tombstone)
{
	if (is_tombstone && !copy->is_recalled) {
		copy->recall.recalled_ms = row->time_ms;
		copy->recall.told_s = 0;
	}
	copy->is_recalled = is_tombstone;
}

static void act_receive(struct copy *copy, const struct ledger_row *row, bool is_tombstone)
{
	copy->recall.received_ms = is_tombstone ? 0 : row->time_ms;
	copy->recall.attempts = 0;
}

static void act_fail(struct copy *copy, const struct ledger_row *row, bool is_tombstone)
{
	(void)row;
	copy->recall.attempts += is_tombstone;
}

static void act_escalate(struct copy *copy, const struct ledger_row *row, bool is_tombstone)
{
	(void)is_tombstone;
	copy->recall.told_s = row->attempt;
}

/* Lines are "ID<TAB>VERSION<TAB>LEVEL". */
static void each_line(struct recalls *recalls, const struct ledger_row *row,
	const char *contents, line_act *act)
{
	for (const char *line = contents; *line; line += strcspn(line, "\n"), line += !!*line) {
		size_t len = strcspn(line, "\n"), id = strcspn(line, "\t\n");
		const char *level = line + id + 1;

		if (id >= len)
			continue;
		level += strcspn(level, "\t\n");
		act(copy_of(recalls, row->partner, line, id), row,
			strncmp(level, "\ttombstone", 10) == 0);
	}
}

static char *key_of(struct recalls *recalls, const struct ledger_row *row, size_t *len_out)
{
	size_t len = strlen(row->partner);
	char *key = arena_alloc(recalls->arena, len + LEDGER_HASH + 1);

	memcpy(key, row->partner, len);
	memcpy(key + len, row->body, LEDGER_HASH);
	*len_out = len + LEDGER_HASH;
	return key;
}

/* A 410 is the end of a callback, but to a poll the answer: the article is taken back. */
static bool is_received(const struct ledger_row *row)
{
	return row->status == 304 || (row->status == 410 && row->kind == LEDGER_POLL) ||
		(row->status >= 200 && row->status <= 299);
}

void recalls_add(struct recalls *recalls, const struct ledger_row *row)
{
	const char *contents = row->contents;
	struct issue *issue;
	size_t len;
	char *key;

	if (!row->partner || row->kind == LEDGER_RETENTION)
		return;
	if (row->kind == LEDGER_ESCALATION) {
		each_line(recalls, row, contents ? contents : "", act_escalate);
		return;
	}
	key = key_of(recalls, row, &len);
	issue = map_get(&recalls->issues, key, len);
	if (row->kind == LEDGER_ISSUE && contents) {
		if (!issue) {
			issue = arena_alloc(recalls->arena, sizeof(*issue));
			map_put(&recalls->issues, key, len, issue);
		}
		issue->contents = arena_strdup(recalls->arena, contents);
		each_line(recalls, row, contents, act_issue);
		return;
	}
	if ((!contents || !*contents) && issue)
		contents = issue->contents;
	if (contents)
		each_line(recalls, row, contents, is_received(row) ? act_receive : act_fail);
}

static int compare(const void *a_ptr, const void *b_ptr)
{
	const struct recall *a = a_ptr, *b = b_ptr;
	int order = strcmp(a->partner, b->partner);

	return order ? order : strcmp(a->id, b->id);
}

struct recall *recalls_list(const struct recalls *recalls, size_t *count_out)
{
	struct recall *list = mem_resize(NULL, recalls->copies.count + 1, sizeof(*list));
	struct map_entry slot;
	size_t cursor = 0, count = 0;

	while (map_next(&recalls->copies, &cursor, &slot)) {
		const struct copy *copy = slot.value;

		if (copy->is_recalled && copy->recall.received_ms)
			list[count++] = copy->recall;
	}
	qsort(list, count, sizeof(*list), compare);
	*count_out = count;
	return list;
}
