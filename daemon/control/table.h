/* table.h: rows for people: aligned columns on standard output. */
#ifndef DAEMON_CONTROL_TABLE_H
#define DAEMON_CONTROL_TABLE_H

#include <jansson.h>
#include <stddef.h>

enum column_kind {
	COLUMN_TEXT,
	COLUMN_NUMBER,             /* right-aligned */
	COLUMN_TIME,               /* RFC 3339, shown in local time to the second */
};

struct column {
	const char *title;
	const char *key;           /* in the row */
	enum column_kind kind;
};

enum { TABLE_COLUMNS_MAX = 12 };

struct table {
	const struct column *columns; /* borrows */
	size_t count;
	json_t *held;              /* owns: the first rows, until the widths are known */
	size_t widths[TABLE_COLUMNS_MAX];
	size_t printed;
};

void table_begin(struct table *table, const struct column *columns, size_t count);
/* The widths are those of the first rows; a longer value later moves its own row only. */
void table_add(struct table *table, json_t *row);
/* Prints what is held; returns how many rows there were. */
size_t table_end(struct table *table);

/* VALUE as it is shown: "-" for null, local time for COLUMN_TIME; the caller frees. */
char *table_text(const json_t *value, enum column_kind kind);

#endif
