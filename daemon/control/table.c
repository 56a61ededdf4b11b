/* table.c: see table.h. */
#define _XOPEN_SOURCE 700
#include "daemon/control/table.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <utf8proc.h>

#include "daemon/control/safe.h"
#include "feeds/base/buf.h"

enum { HELD_MAX = 500, WIDTH_MAX = 60 };

/* "2026-05-01T02:00:00.000Z" as "2026-05-01 10:00:00" in the user's zone. */
static void add_time(struct buf *out, const char *text)
{
	struct tm tm = {0};
	char local[32];
	time_t at;

	if (!strptime(text, "%Y-%m-%dT%H:%M:%S", &tm)) {
		safe_add(out, text);
		return;
	}
	at = timegm(&tm);
	localtime_r(&at, &tm);
	strftime(local, sizeof(local), "%Y-%m-%d %H:%M:%S", &tm);
	buf_add_str(out, local);
}

char *table_text(const json_t *value, enum column_kind kind)
{
	struct buf out = {0};

	if (kind == COLUMN_TIME && json_is_string(value))
		add_time(&out, json_string_value(value));
	else if (json_is_string(value))
		safe_add(&out, json_string_value(value));
	else if (json_is_integer(value))
		buf_printf(&out, "%lld", (long long)json_integer_value(value));
	else if (json_is_real(value))
		buf_printf(&out, "%.4g", json_real_value(value));
	else if (json_is_boolean(value))
		buf_add_str(&out, json_is_true(value) ? "yes" : "no");
	else
		buf_add_char(&out, '-');
	return buf_take(&out, NULL);
}

/* In columns of a terminal: a Han character takes two. */
static size_t width_of(const char *text)
{
	utf8proc_ssize_t left = (utf8proc_ssize_t)strlen(text), used;
	size_t width = 0;
	utf8proc_int32_t c;

	for (; left > 0; text += used, left -= used) {
		used = utf8proc_iterate((const utf8proc_uint8_t *)text, left, &c);
		if (used < 1)
			return width + (size_t)left;
		width += (size_t)utf8proc_charwidth(c);
	}
	return width;
}

static void print_cell(const struct table *table, size_t column, const char *text)
{
	bool is_last = column + 1 == table->count;
	bool is_right = table->columns[column].kind == COLUMN_NUMBER;
	size_t width = width_of(text);
	int pad = width < table->widths[column] ? (int)(table->widths[column] - width) : 0;

	if (is_right)
		printf("%*s%s", pad, "", text);
	else
		printf("%s%*s", text, is_last ? 0 : pad, "");
	fputs(is_last ? "\n" : "  ", stdout);
}

static void print_row(struct table *table, const json_t *row)
{
	for (size_t i = 0; i < table->count; i++) {
		char *text = table_text(json_object_get(row, table->columns[i].key),
			table->columns[i].kind);

		print_cell(table, i, text);
		free(text);
	}
	table->printed++;
}

static void measure(struct table *table)
{
	json_t *row;
	size_t index;

	for (size_t i = 0; i < table->count; i++)
		table->widths[i] = width_of(table->columns[i].title);
	json_array_foreach(table->held, index, row)
	{
		for (size_t i = 0; i < table->count; i++) {
			char *text = table_text(json_object_get(row, table->columns[i].key),
				table->columns[i].kind);
			size_t width = width_of(text);

			if (width > WIDTH_MAX)
				width = WIDTH_MAX;
			if (width > table->widths[i])
				table->widths[i] = width;
			free(text);
		}
	}
}

static void release(struct table *table)
{
	json_t *row;
	size_t index;

	if (!table->held)
		return;
	measure(table);
	for (size_t i = 0; json_array_size(table->held) && i < table->count; i++)
		print_cell(table, i, table->columns[i].title);
	json_array_foreach(table->held, index, row)
		print_row(table, row);
	json_decref(table->held);
	table->held = NULL;
}

void table_begin(struct table *table, const struct column *columns, size_t count)
{
	assert(count <= TABLE_COLUMNS_MAX);
	*table = (struct table){.columns = columns, .count = count, .held = json_array()};
}

void table_add(struct table *table, json_t *row)
{
	if (table->held)
		json_array_append(table->held, row);
	else
		print_row(table, row);
	if (table->held && json_array_size(table->held) == HELD_MAX)
		release(table);
}

size_t table_end(struct table *table)
{
	release(table);
	return table->printed;
}
