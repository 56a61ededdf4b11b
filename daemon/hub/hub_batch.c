/*
 * hub_batch.c: subscribers into transfers, one request per group of hosts; and the
 * bodies, of which the newest per topic is kept, so that all deliveries of it share the
 * same bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/control/log.h"
#include "daemon/hub/hub_internal.h"
#include "daemon/hub/topic.h"
#include "feeds/base/buf.h"
#include "feeds/base/mem.h"

enum {
	DOCS_KEPT = 64,
	AHEAD = 8,                 /* times hub.in_flight are handed to the workers */
	AHEAD_URGENT = 16,         /* the same of kills and corrections */
};

struct hub_batch *batch_create(struct hub *hub, enum batch_kind kind, size_t count)
{
	struct hub_batch *batch = mem_alloc(sizeof(*batch));

	batch->hub = hub;
	batch->kind = kind;
	batch->items = mem_alloc((count + 1) * sizeof(*batch->items));
	batch->count = count;
	batch->open = count;
	batch->next = hub->batches;
	if (batch->next)
		batch->next->prev = batch;
	hub->batches = batch;
	return batch;
}

void batch_destroy(struct hub_batch *batch)
{
	if (batch->prev)
		batch->prev->next = batch->next;
	else
		batch->hub->batches = batch->next;
	if (batch->next)
		batch->next->prev = batch->prev;
	for (size_t i = 0; i < batch->count; i++) {
		free(batch->items[i].why);
		free(batch->items[i].host_key);
	}
	for (size_t i = 0; i < TRANSFER_SHARDS; i++)
		transfer_request_destroy(batch->requests[i]);
	transfer_body_unref(batch->body);
	free(batch->items);
	free(batch->topic);
	free(batch->host_key);
	free(batch);
}

size_t batch_room(const struct hub *hub, enum store_priority priority)
{
	/* more than can be on the way at a time, so that the workers may choose among
	 * hosts: what is queued for a host should use few connections, one after the other */
	int64_t ahead = priority >= PRIORITY_CORRECTION ? AHEAD_URGENT : AHEAD;
	int64_t room = ahead * hub->policy.in_flight - hub->counts.in_flight -
		(int64_t)hub->pages * hub->policy.chunk;

	return room > 0 ? (size_t)room : 0;
}

static void fill_item(struct transfer_item *item, const struct store_sub *row)
{
	item->sub_id = row->id;
	item->url = mem_strdup(row->callback);
	item->host_key = mem_strdup(row->host_key);
	item->method = row->method;
	if (row->secret && row->secret_len) {
		item->secret = mem_alloc(row->secret_len);
		memcpy(item->secret, row->secret, row->secret_len);
		item->secret_len = row->secret_len;
	}
}

static void make_requests(struct hub_batch *batch, const struct store_sub *const *rows)
{
	size_t counts[TRANSFER_SHARDS] = {0};

	for (size_t i = 0; i < batch->count; i++)
		counts[transfer_shard(rows[i]->host_key)] += !batch->items[i].is_owed;
	for (size_t i = 0; i < TRANSFER_SHARDS; i++) {
		if (!counts[i])
			continue;
		batch->requests[i] = transfer_request_create(counts[i]);
		batch->requests[i]->count = 0;
	}
	for (size_t i = 0; i < batch->count; i++) {
		struct transfer_request *request =
			batch->requests[transfer_shard(rows[i]->host_key)];

		if (!batch->items[i].is_owed)
			fill_item(&request->items[request->count++], rows[i]);
	}
}

struct hub_batch *batch_of_subs(struct hub *hub, enum batch_kind kind,
	const struct store_sub *const *rows, size_t count)
{
	struct hub_batch *batch = batch_create(hub, kind, count);

	batch->topic = mem_strdup(rows[0]->topic);
	for (size_t i = 0; i < count; i++) {
		bool is_owed = kind == BATCH_CHUNK && rows[i]->wants_changes;

		batch->items[i] = (struct batch_item){
			.id = rows[i]->id,
			.state = is_owed ? ITEM_FAILED : ITEM_OPEN,
			.is_owed = is_owed,
			.attempts = rows[i]->attempts,
			.first_failed_ms = rows[i]->first_failed_ms,
		};
		if (topic_is_private(batch->topic))
			batch->items[i].host_key = mem_strdup(rows[i]->host_key);
		if (rows[i]->priority > batch->priority)
			batch->priority = rows[i]->priority;
		batch->open -= is_owed;
		batch->has_owed = batch->has_owed || is_owed;
	}
	make_requests(batch, rows);
	return batch;
}

void batch_send(struct hub_batch *batch)
{
	struct hub *hub = batch->hub;

	hub->counts.in_flight += (int)batch->open;
	for (size_t i = 0; i < TRANSFER_SHARDS; i++) {
		struct transfer_request *request = batch->requests[i];

		if (!request)
			continue;
		batch->requests[i] = NULL;
		request->batch = batch;
		request->priority = batch->priority;
		request->body = batch->body ? transfer_body_ref(batch->body) : NULL;
		request->connect_ms = hub->policy.connect_ms;
		request->soft_ms = hub->policy.soft_ms;
		request->total_ms = hub->policy.total_ms;
		hub->events->send(hub->context, request);
	}
	/* the requests hold it now */
	transfer_body_unref(batch->body);
	batch->body = NULL;
}

void batch_tell_withdrawn(const struct hub_batch *batch)
{
	log_info("hub: deliveries dropped topic=%s count=%zu why=\"withdrawn\"", batch->topic,
		batch->count);
}

/* Results come about in the order of the items. */
struct batch_item *batch_find(struct hub_batch *batch, int64_t id)
{
	for (size_t i = 0; i < batch->count; i++) {
		size_t at = (batch->hint + i) % batch->count;

		if (batch->items[at].id == id) {
			batch->hint = at + 1;
			return &batch->items[at];
		}
	}
	return NULL;
}

/* ---- bodies ---- */

static void doc_destroy(struct hub_doc *doc)
{
	transfer_body_unref(doc->body);
	free(doc->key);
	free(doc);
}

void docs_finish(struct hub *hub)
{
	struct map_entry entry;
	size_t cursor = 0;

	while (map_next(&hub->docs, &cursor, &entry))
		doc_destroy(entry.value);
	map_finish(&hub->docs);
}

static void drop_one(struct hub *hub)
{
	struct map_entry entry;
	struct hub_doc *doc;
	size_t cursor = 0;

	if (!map_next(&hub->docs, &cursor, &entry))
		return;
	doc = entry.value;
	map_remove(&hub->docs, doc->key, strlen(doc->key));
	doc_destroy(doc);
}

/* W3C WebSub 7: hub and self, in one header, as it is served. */
static struct transfer_body *make_body(const struct hub *hub, const struct store_doc *row)
{
	struct buf link = {0};
	struct transfer_body *body;

	buf_printf(&link, "<%s>; rel=\"hub\", ", hub->policy.hub_url);
	for (size_t i = 0; i < hub->policy.external.count && !topic_is_private(row->path); i++)
		buf_printf(&link, "<%s>; rel=\"hub\", ", hub->policy.external.items[i]);
	buf_add_char(&link, '<');
	topic_add_url(hub->policy.base_url, row->path, &link);
	buf_add_str(&link, ">; rel=\"self\"");
	body = transfer_body_create(row->body, row->len, row->content_type, buf_text(&link));
	buf_finish(&link);
	return body;
}

/* Of what BATCH is to carry; the caller frees. */
static char *make_key(const struct hub_batch *batch)
{
	struct buf key = {0};

	buf_printf(&key, "%lld %s", (long long)batch->since, batch->topic);
	return buf_take(&key, NULL);
}

static struct hub_doc *keep(const struct hub_batch *batch, const struct store_doc *row)
{
	struct hub *hub = batch->hub;
	char *key = make_key(batch);
	struct hub_doc *doc = map_get(&hub->docs, key, strlen(key));

	if (doc) {
		free(key);
	} else {
		if (hub->docs.count >= DOCS_KEPT)
			drop_one(hub);
		doc = mem_alloc(sizeof(*doc));
		doc->key = key;
		map_put(&hub->docs, doc->key, strlen(doc->key), doc);
	}
	if (!doc->body || doc->seq != row->seq) {
		transfer_body_unref(doc->body);
		doc->body = make_body(hub, row);
		doc->seq = row->seq;
		if (topic_is_private(batch->topic))
			private_hash(row->body, row->len, doc->digest);
	}
	return doc;
}

static void use(struct hub_batch *batch, const struct hub_doc *doc)
{
	batch->body = transfer_body_ref(doc->body);
	batch->seq = doc->seq;
	memcpy(batch->digest, doc->digest, HUB_DIGEST);
	batch->ready(batch);
}

static void on_doc(void *context, const struct store_doc *row)
{
	struct hub_batch *batch = context;

	if (row && row->body && !row->is_deleted)
		use(batch, keep(batch, row));
	else
		batch->ready(batch);
}

void batch_fetch(struct hub_batch *batch, int64_t seq, void (*ready)(struct hub_batch *))
{
	struct hub *hub = batch->hub;
	char *key = make_key(batch);
	struct hub_doc *doc = map_get(&hub->docs, key, strlen(key));

	free(key);
	batch->ready = ready;
	if (doc && doc->seq >= seq)
		use(batch, doc);
	else if (batch->since)
		hub->events->changes(hub->context, batch->topic, batch->since, on_doc, batch);
	else
		hub->events->content(hub->context, batch->topic, seq == INT64_MAX ? 0 : seq,
			on_doc, batch);
}
