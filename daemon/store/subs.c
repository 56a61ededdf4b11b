/* subs.c: intents and subscriptions. */
#include <string.h>

#include "daemon/store/sqlite.h"
#include "feeds/base/arena.h"
#include "feeds/base/map.h"

enum { PAGE_ROWS = 500 };

void sub_from_row(struct arena *arena, sqlite3_stmt *s, struct store_sub *out)
{
	*out = (struct store_sub){
		.id = sqlite3_column_int64(s, 0), .topic = column_text(arena, s, 1),
		.topic_asked = column_text(arena, s, 2), .callback = column_text(arena, s, 3),
		.host_key = column_text(arena, s, 4),
		.method = (enum sign_method)sqlite3_column_int(s, 6),
		.wants_changes = sqlite3_column_int(s, 7),
		.expires_ms = sqlite3_column_int64(s, 8),
	};
	out->secret = column_blob(arena, s, 5, &out->secret_len);
}

static void intent_from_row(struct arena *arena, sqlite3_stmt *s, struct store_intent *out)
{
	*out = (struct store_intent){
		.id = sqlite3_column_int64(s, 0),
		.mode = (enum sub_mode)sqlite3_column_int(s, 1),
		.topic = column_text(arena, s, 2), .topic_asked = column_text(arena, s, 3),
		.callback = column_text(arena, s, 4), .host_key = column_text(arena, s, 5),
		.lease_s = sqlite3_column_int64(s, 6),
		.method = (enum sign_method)sqlite3_column_int(s, 8),
		.verify_token = column_text(arena, s, 9),
		.wants_changes = sqlite3_column_int(s, 10), .tries = sqlite3_column_int(s, 11),
	};
	out->secret = column_blob(arena, s, 7, &out->secret_len);
}

static void run_request(struct completion *completion, enum store_status status)
{
	((void (*)(void *, enum store_status, int64_t))completion->done)(completion->context,
		status, completion->number);
}

/* One per topic and callback: the last wins, with an id of its own, so that what was
 * decided about the one before cannot confirm it. */
static void forget_intent(struct store *store, const struct store_intent *intent)
{
	sqlite3_stmt *s = NULL;

	if (sqlite3_prepare_v2(store->db, "DELETE FROM intent WHERE topic=?1 AND callback=?2",
		    -1, &s, NULL) == SQLITE_OK) {
		bind_text(s, 1, intent->topic);
		bind_text(s, 2, intent->callback);
		store_run(store, s);
	}
	sqlite3_finalize(s);
}

void sub_request(struct store *store, const struct store_intent *intent,
	void (*done)(void *context, enum store_status status, int64_t id), void *context)
{
	struct completion *completion = store_complete(store, run_request,
		(void (*)(void))done, context);
	sqlite3_stmt *s;

	if (!store_begin(store))
		return;
	forget_intent(store, intent);
	s = store_statement(store, INTENT_PUT);
	sqlite3_bind_int(s, 1, (int)intent->mode);
	bind_text(s, 2, intent->topic);
	bind_text(s, 3, intent->topic_asked);
	bind_text(s, 4, intent->callback);
	bind_text(s, 5, intent->host_key);
	sqlite3_bind_int64(s, 6, intent->lease_s);
	bind_blob(s, 7, intent->secret, intent->secret_len);
	sqlite3_bind_int(s, 8, (int)intent->method);
	bind_text(s, 9, intent->verify_token);
	sqlite3_bind_int(s, 10, intent->wants_changes);
	sqlite3_bind_int64(s, 11, store->clock());
	completion->number = store_row(store, s) ? sqlite3_column_int64(s, 0) : 0;
	sqlite3_reset(s);
}

static void run_intents(struct completion *completion, enum store_status status)
{
	((void (*)(void *, const struct store_intent *, size_t))completion->done)(
		completion->context, completion->rows, status == STORE_OK ? completion->count : 0);
}

void intent_claim(struct store *store, size_t max, int64_t visibility_ms,
	void (*done)(void *context, const struct store_intent *rows, size_t count),
	void *context)
{
	struct completion *completion = store_complete(store, run_intents,
		(void (*)(void))done, context);
	struct store_intent *rows = arena_alloc(completion->arena, (max + 1) * sizeof(*rows));
	int64_t now = store->clock();
	sqlite3_stmt *s;

	if (!store_begin(store))
		return;
	s = store_statement(store, INTENT_DUE);
	sqlite3_bind_int64(s, 1, now);
	sqlite3_bind_int64(s, 2, (int64_t)max);
	while (completion->count < max && store_row(store, s))
		intent_from_row(completion->arena, s, &rows[completion->count++]);
	sqlite3_reset(s);
	for (size_t i = 0; i < completion->count; i++) {
		s = store_statement(store, INTENT_HIDE);
		sqlite3_bind_int64(s, 1, rows[i].id);
		sqlite3_bind_int64(s, 2, now + visibility_ms);
		store_run(store, s);
		rows[i].tries++;
	}
	completion->rows = rows;
}

static int64_t host_id(struct store *store, const char *key)
{
	sqlite3_stmt *s = store_statement(store, HOST_PUT);
	int64_t id;

	bind_text(s, 1, key);
	store_run(store, s);
	s = store_statement(store, HOST_GET);
	bind_text(s, 1, key);
	id = store_row(store, s) ? sqlite3_column_int64(s, 0) : 0;
	sqlite3_reset(s);
	return id;
}

static void put_sub(struct store *store, const struct store_intent *intent)
{
	int64_t host = host_id(store, intent->host_key);
	sqlite3_stmt *s = store_statement(store, SUB_PUT);

	bind_text(s, 1, intent->topic);
	sqlite3_bind_int(s, 2, (int)(map_hash(intent->host_key, strlen(intent->host_key)) %
		STORE_PARTITIONS));
	sqlite3_bind_int64(s, 3, host);
	bind_text(s, 4, intent->topic_asked);
	bind_text(s, 5, intent->callback);
	bind_blob(s, 6, intent->secret, intent->secret_len);
	sqlite3_bind_int(s, 7, (int)intent->method);
	sqlite3_bind_int(s, 8, intent->wants_changes);
	sqlite3_bind_int64(s, 9, store->clock() + intent->lease_s * 1000);
	store_run(store, s);
}

static void run_status(struct completion *completion, enum store_status status)
{
	((void (*)(void *, enum store_status))completion->done)(completion->context, status);
}

void sub_confirm(struct store *store, int64_t intent_id,
	void (*done)(void *context, enum store_status status), void *context)
{
	struct completion *completion = store_complete(store, run_status,
		(void (*)(void))done, context);
	struct store_intent intent;
	sqlite3_stmt *s;
	bool is_there;

	if (!store_begin(store))
		return;
	s = store_statement(store, INTENT_GET);
	sqlite3_bind_int64(s, 1, intent_id);
	is_there = store_row(store, s);
	if (is_there)
		intent_from_row(completion->arena, s, &intent);
	sqlite3_reset(s);
	if (!is_there) {
		completion->status = STORE_LOST;
		return;
	}
	if (intent.mode == SUB_SUBSCRIBE) {
		put_sub(store, &intent);
	} else {
		s = store_statement(store, SUB_DELETE_KEY);
		bind_text(s, 1, intent.topic);
		bind_text(s, 2, intent.callback);
		store_run(store, s);
	}
	s = store_statement(store, INTENT_DELETE);
	sqlite3_bind_int64(s, 1, intent_id);
	store_run(store, s);
}

void intent_fail(struct store *store, int64_t intent_id, int64_t retry_ms)
{
	sqlite3_stmt *s;

	store_complete(store, NULL, NULL, NULL);
	if (!store_begin(store))
		return;
	s = store_statement(store, retry_ms < 0 ? INTENT_DELETE : INTENT_RETRY);
	sqlite3_bind_int64(s, 1, intent_id);
	if (retry_ms >= 0)
		sqlite3_bind_int64(s, 2, store->clock() + retry_ms);
	store_run(store, s);
}

static void run_subs(struct completion *completion, enum store_status status)
{
	((void (*)(void *, const struct store_sub *, size_t))completion->done)(
		completion->context, completion->rows, status == STORE_OK ? completion->count : 0);
}

static void task_of_row(sqlite3_stmt *s, struct store_sub *sub)
{
	sub->attempts = sqlite3_column_int(s, 9);
	sub->first_failed_ms = sqlite3_column_int64(s, 10);
}

static size_t sub_list_page(struct store *store, const char *topic, int64_t *after,
	void (*page)(void *, const struct store_sub *, size_t), void *context)
{
	struct completion *completion = store_complete(store, run_subs,
		(void (*)(void))page, context);
	struct store_sub *rows = arena_alloc(completion->arena, PAGE_ROWS * sizeof(*rows));
	sqlite3_stmt *s = store_statement(store, SUB_LIST);

	completion->is_read = true;
	completion->rows = rows;
	sqlite3_bind_int64(s, 1, *after);
	bind_text(s, 2, topic);
	sqlite3_bind_int64(s, 3, store->clock());
	sqlite3_bind_int(s, 4, PAGE_ROWS);
	while (completion->count < PAGE_ROWS && store_row(store, s)) {
		struct store_sub *row = &rows[completion->count++];

		sub_from_row(completion->arena, s, row);
		task_of_row(s, row);
		*after = row->id;
	}
	sqlite3_reset(s);
	return completion->count;
}

void sub_list(struct store *store, const char *topic,
	void (*page)(void *context, const struct store_sub *rows, size_t count), void *context)
{
	int64_t after = 0;

	while (sub_list_page(store, topic, &after, page, context) > 0)
		;
}

void sub_remove(struct store *store, int64_t sub_id)
{
	sqlite3_stmt *s;

	store_complete(store, NULL, NULL, NULL);
	if (!store_begin(store))
		return;
	s = store_statement(store, SUB_DELETE);
	sqlite3_bind_int64(s, 1, sub_id);
	store_run(store, s);
}

void task_claim(struct store *store, size_t max, int64_t visibility_ms,
	void (*done)(void *context, const struct store_sub *rows, size_t count), void *context)
{
	struct completion *completion = store_complete(store, run_subs,
		(void (*)(void))done, context);
	struct store_sub *rows = arena_alloc(completion->arena, (max + 1) * sizeof(*rows));
	int64_t now = store->clock();
	sqlite3_stmt *s;

	if (!store_begin(store))
		return;
	s = store_statement(store, TASK_DUE);
	sqlite3_bind_int64(s, 1, now);
	sqlite3_bind_int64(s, 2, (int64_t)max);
	while (completion->count < max && store_row(store, s)) {
		sub_from_row(completion->arena, s, &rows[completion->count]);
		task_of_row(s, &rows[completion->count++]);
	}
	sqlite3_reset(s);
	for (size_t i = 0; i < completion->count; i++) {
		s = store_statement(store, TASK_HIDE);
		sqlite3_bind_int64(s, 1, rows[i].id);
		sqlite3_bind_int64(s, 2, now + visibility_ms);
		store_run(store, s);
	}
	completion->rows = rows;
}
