/* ledger_rows.h: rows that wait for the transaction that writes them. */
#ifndef DAEMON_STORE_LEDGER_ROWS_H
#define DAEMON_STORE_LEDGER_ROWS_H

#include <stddef.h>

struct arena;
struct ledger_row;

struct ledger_rows {
	struct ledger_row *items;  /* in an arena, with their texts */
	size_t count, cap;
};

/* Puts a copy of ROW behind the others; it and its texts are ARENA's. */
void ledger_rows_add(struct ledger_rows *rows, struct arena *arena, const struct ledger_row *row);

#endif
