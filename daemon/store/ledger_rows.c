/* ledger_rows.c: see ledger_rows.h. */
#include "daemon/store/ledger_rows.h"

#include <string.h>

#include "daemon/store/ledger.h"
#include "feeds/base/arena.h"

void ledger_rows_add(struct ledger_rows *rows, struct arena *arena, const struct ledger_row *row)
{
	struct ledger_row *copy;

	if (rows->count == rows->cap) {
		rows->cap = rows->cap ? rows->cap * 2 : 8;
		copy = arena_alloc(arena, rows->cap * sizeof(*copy));
		if (rows->count)
			memcpy(copy, rows->items, rows->count * sizeof(*copy));
		rows->items = copy;
	}
	copy = &rows->items[rows->count++];
	*copy = *row;
	copy->partner = arena_strdup(arena, row->partner);
	copy->topic = arena_strdup(arena, row->topic);
	copy->peer = arena_strdup(arena, row->peer);
	copy->contents = arena_strdup(arena, row->contents);
}
