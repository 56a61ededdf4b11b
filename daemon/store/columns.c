/* columns.c: see columns.h. */
#include "daemon/store/columns.h"

#include <assert.h>
#include <string.h>

#include "daemon/store/ledger.h"
#include "daemon/store/store_articles.h"

#define FILL(out, count, ...)                                                             \
	do {                                                                              \
		const struct value values[] = {__VA_ARGS__};                              \
		static_assert(sizeof(values) == (count) * sizeof(*values), #count);       \
		memcpy(out, values, sizeof(values));                                      \
	} while (0)

/* "" would not be unique. */
static struct value name_value(const char *name)
{
	return value_text(name && *name ? name : NULL);
}

void article_values(const struct store_article *row, struct value *out)
{
	FILL(out, ARTICLE_VALUES, value_text(row->path), name_value(row->id),
		name_value(row->slug), value_int((int64_t)row->inode), value_int(row->mtime_ns),
		value_int(row->size), value_text(row->hash), value_text(row->content_hash),
		value_int(row->first_seen_ms), value_int(row->visible_ms),
		value_int(row->published_ms), value_int(row->updated_ms),
		value_int(row->published_offset_s), value_int(row->updated_offset_s),
		value_int(row->version), value_int(row->presence), value_text(row->channel),
		value_text(row->problem), value_int(row->surfaced_ms), value_int(row->is_shown),
		value_text(row->title), value_text(row->labels), value_text(row->former_slugs),
		value_int(row->decision), value_int(row->decided_ms),
		value_text(row->decision_note), value_int(row->rights),
		value_int(row->next_change_ms), value_int(row->status));
}

bool article_name_values(const struct store_article *row, struct value *out)
{
	FILL(out, ARTICLE_NAME_VALUES, value_text(row->path), name_value(row->id),
		name_value(row->slug));
	return out[1].bytes || out[2].bytes;
}

void ledger_values(const struct ledger_row *row, struct value *out)
{
	FILL(out, LEDGER_VALUES, value_int(row->seq), value_int(row->time_ms),
		value_int(row->kind), value_text(row->partner), value_text(row->topic),
		value_text(row->peer), value_text(row->contents),
		value_blob(row->body, LEDGER_HASH), value_int(row->status),
		value_int(row->attempt), value_int(row->latency_ms),
		value_blob(row->hash, LEDGER_HASH));
}
