/*
 * site.c: the site's life: loads what the store knows, lets the watch scan, slices the
 * work so that the main loop stays responsive, and wakes for instants at which an article
 * appears or expires. See site.h.
 */
#include "daemon/site/site.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/control/log.h"
#include "daemon/http/snapshot.h"
#include "daemon/loop/loop.h"
#include "daemon/site/parser_pool.h"
#include "daemon/site/partner_docs.h"
#include "daemon/site/press.h"
#include "daemon/site/site_internal.h"
#include "feeds/base/arena.h"
#include "feeds/base/mem.h"
#include "feeds/flat.h"

enum {
	COALESCE_MS = 250, /* while articles keep coming, documents wait that long */
	COLD_BYTES = 32 * 1024 * 1024,
};

/* Documents wait while articles keep coming: until the end of the first scan, later for
 * COALESCE_MS at most. */
static bool is_time_to_publish(const struct site *site)
{
	if (!site->reads && !site->parsing)
		return true;
	return site->is_ready && site->first_dirty_ms &&
	       loop_mono_ms(site->loop) - site->first_dirty_ms >= COALESCE_MS;
}

static void on_work(struct ev_loop *ev, ev_timer *timer, int events)
{
	struct site *site = timer->data;

	(void)ev, (void)events;
	if (!site->rows_loaded || !site->docs_loaded || site->is_scanning)
		return;
	ingest_slice(site);
	if (site->any_scan && is_time_to_publish(site)) {
		site->catalogue.index.is_bulk = false;
		publish_pass(site);
	} else {
		publish_rows(site);
	}
	on_demand_step(site);
	changes_step(site);
	/* with the parser full, its next answer brings us back */
	if (site->reads && parser_pool_backlog(site->parsers) < PARSER_AHEAD)
		site_schedule(site);
}

void site_schedule(struct site *site)
{
	if (ev_is_active(&site->work))
		return;
	ev_timer_set(&site->work, 0., 0.);
	ev_timer_start(site->ev, &site->work);
}

void site_set_alarm(struct site *site)
{
	int64_t next = INT64_MAX;

	site->alarm_ms = INT64_MAX;
	for (size_t i = 0; i < site->catalogue.count; i++) {
		const struct entry *entry = site->catalogue.entries[i];

		if (entry->next_change_ms < next)
			next = entry->next_change_ms;
		if (entry->gone_due_ms && entry->gone_due_ms < next)
			next = entry->gone_due_ms;
	}
	ev_periodic_stop(site->ev, &site->alarm);
	site_alarm_before(site, next);
}

void site_alarm_before(struct site *site, int64_t at_ms)
{
	if (at_ms >= site->alarm_ms)
		return;
	site->alarm_ms = at_ms;
	ev_periodic_stop(site->ev, &site->alarm);
	ev_periodic_set(&site->alarm, (double)at_ms / 1000., 0., NULL);
	ev_periodic_start(site->ev, &site->alarm);
}

/* ---- an entry's text ---- */

struct flat_request {
	struct site *site;
	struct entry *entry;
	void (*use)(struct site *site, struct entry *entry, const struct article *article);
};

static void use_flat(const struct flat_request *request, const void *flat, size_t len)
{
	struct arena *arena = arena_create();
	struct article *article;

	if (flat && flat_decode(arena, flat, len, &article) &&
		versions_override(request->entry, article))
		request->use(request->site, request->entry, article);
	else {
		log_error("site: the text of path=%s could not be read from the store",
			request->entry->path);
		entitle_nobody(request->site, request->entry);
	}
	arena_destroy(arena);
}

static void on_flat_row(void *context, const struct store_article *row)
{
	struct flat_request *request = context;

	request->site->loading--;
	request->entry->is_loading = false;
	use_flat(request, row ? row->flat : NULL, row ? row->flat_len : 0);
	site_schedule(request->site);
	free(request);
}

void site_with_article(struct site *site, struct entry *entry,
	void (*use)(struct site *site, struct entry *entry, const struct article *article))
{
	struct flat_request *request;

	if (entry->flat) {
		use_flat(&(struct flat_request){site, entry, use}, entry->flat, entry->flat_len);
		return;
	}
	request = mem_alloc(sizeof(*request));
	*request = (struct flat_request){site, entry, use};
	entry->is_loading = true;
	site->loading++;
	store_article_get(site->store, entry->renamed_from ? entry->renamed_from : entry->path,
		on_flat_row, request);
}

static void on_alarm(struct ev_loop *ev, ev_periodic *periodic, int events)
{
	struct site *site = periodic->data;
	int64_t now_ms = loop_wall_ms(site->loop);

	(void)ev, (void)events;
	for (size_t i = 0; i < site->catalogue.count; i++) {
		struct entry *entry = site->catalogue.entries[i];

		if (entry->next_change_ms > now_ms)
			continue;
		entry->next_change_ms = INT64_MAX;
		site_with_article(site, entry, versions_apply_state);
	}
	versions_due_deletions(site, now_ms, false);
	site_set_alarm(site);
	site_schedule(site);
}

static void load_names(struct site *site, struct entry *entry,
	const struct store_article *row)
{
	if (row->id && *row->id && !catalogue_set_id(&site->catalogue, entry, row->id))
		log_warn("site: id of path=%s is another's in the store", row->path);
	if (row->slug && *row->slug)
		catalogue_set_slug(&site->catalogue, entry, row->slug);
	for (const char *at = row->former_slugs; at && *at;) {
		size_t len = strcspn(at, "\n");
		char *slug = mem_strndup(at, len);

		catalogue_add_former_slug(&site->catalogue, entry, slug);
		free(slug);
		at += len + (at[len] == '\n');
	}
}

/* Even what is not visible any more keeps its place, as a gap. */
static void load_place(struct site *site, struct entry *entry, bool is_shown)
{
	struct catalogue *catalogue = &site->catalogue;

	notes_add(&site->notes, entry);
	if (is_shown && entry->visible_ms && entry->presence != GONE)
		catalogue_show(catalogue, entry, 0, false);
	else if (entry->visible_ms)
		feed_index_insert(&catalogue->index, entry);
	if (entry->visible_ms > catalogue->newest_visible_ms)
		catalogue->newest_visible_ms = entry->visible_ms;
}

static void load_row(struct site *site, const struct store_article *row)
{
	struct entry *entry = catalogue_add(&site->catalogue, row->path);

	load_names(site, entry, row);
	entry->inode = row->inode;
	entry->mtime_ns = row->mtime_ns;
	entry->size = row->size;
	strncpy(entry->hash, row->hash ? row->hash : "", HASH_HEX - 1);
	strncpy(entry->content_hash, row->content_hash ? row->content_hash : "", HASH_HEX - 1);
	entry->first_seen_ms = row->first_seen_ms;
	entry->visible_ms = row->visible_ms;
	entry->surfaced_ms = row->surfaced_ms;
	entry->title = mem_strdup(row->title);
	entry->labels = mem_strdup(row->labels);
	entry->decision = row->decision;
	entry->decided_ms = row->decided_ms;
	entry->decision_note = mem_strdup(row->decision_note);
	entry->published = (struct instant){row->published_ms, row->published_offset_s, true};
	catalogue_set_updated(&site->catalogue, entry,
		(struct instant){row->updated_ms, row->updated_offset_s, true});
	entry->version = row->version;
	entry->presence = row->presence;
	entry->problem = mem_strdup(row->problem);
	if (entry->presence == GONE)
		catalogue_list_deleted(&site->catalogue, entry);
	/* what is due by now is looked at once everything is loaded */
	if (entry->id && entry->presence != GONE)
		entry->next_change_ms = row->next_change_ms;
	entry->status = (enum article_status)row->status;
	entitle_load(site, entry, row->rights);
	if (entry->id)
		load_place(site, entry, row->is_shown);
}

static void after_load(struct site *site)
{
	if (!site->rows_loaded || !site->docs_loaded)
		return;
	site->is_fresh = site->catalogue.count == 0;
	site->catalogue.index.is_bulk = site->is_fresh;
	site_set_alarm(site);
	site->events->loaded(site->context);
}

static void on_rows(void *context, const struct store_article *rows, size_t count)
{
	struct site *site = context;

	for (size_t i = 0; i < count; i++)
		load_row(site, &rows[i]);
	if (count)
		return;
	site->rows_loaded = true;
	after_load(site);
}

/* The feed of a topic exists as long as its document, even without an article; and one
 * that somebody asked for is kept up to date. */
static void load_feed(struct site *site, const char *path)
{
	const char *end = strrchr(path, '/');
	char *key = end > path ? mem_strndup(path + 1, (size_t)(end - path) - 1) : mem_strdup("");
	struct feed *feed = feed_index_add(&site->catalogue.index, key);

	feed->is_wanted = true;
	free(key);
}

static void on_docs(void *context, const struct store_doc *docs, size_t count)
{
	struct site *site = context;

	for (size_t i = 0; i < count; i++) {
		struct document *document;

		if (docs[i].is_deleted)
			continue;
		document = documents_add(&site->documents, docs[i].path);
		strncpy(document->etag, docs[i].etag, sizeof(document->etag) - 1);
		document->modified_s = docs[i].modified_s;
		document->seq = docs[i].seq;
		document->is_topic = docs[i].is_topic;
		document->is_stored = true;
		if (document->is_topic && !partner_desk_is_path(document->path))
			load_feed(site, document->path);
	}
	site->docs_loaded = true;
	after_load(site);
}

/* The full form of a document that is still what it was. */
static void on_pressed(void *context, struct snapshot *full)
{
	struct site *site = context;
	struct document *document = documents_find(&site->documents, snapshot_path(full));

	if (document && document->snapshot && strcmp(document->etag, snapshot_etag(full)) == 0) {
		documents_keep(&site->documents, document, full);
		if (document->is_hot)
			site->events->put(site->context, snapshot_ref(full));
	}
	snapshot_unref(full);
	if (!press_open(site->press))
		site_schedule(site);
}

struct site *site_create(struct loop *loop, struct store *store, struct parser_pool *parsers,
	const struct site_config *config, const struct site_events *events, void *context)
{
	struct site *site = mem_alloc(sizeof(*site));

	site->loop = loop;
	site->ev = loop_ev(loop);
	site->store = store;
	site->parsers = parsers;
	site->config = *config;
	site->events = events;
	site->context = context;
	site->desk = partner_desk_create(site);
	site->press = press_create(loop, on_pressed, site);
	documents_init(&site->documents, COLD_BYTES);
	site->catalogue.index.kinds = config->kinds;
	site->catalogue.index.is_bulk = true;
	site->reads_tail = &site->reads;
	site->alarm_ms = INT64_MAX;
	ev_timer_init(&site->work, on_work, 0., 0.);
	ev_periodic_init(&site->alarm, on_alarm, 0., 0., NULL);
	site->work.data = site->alarm.data = site;
	store_article_list(store, on_rows, site);
	store_doc_list(store, on_docs, site);
	return site;
}

void site_destroy(struct site *site)
{
	if (!site)
		return;
	ev_timer_stop(site->ev, &site->work);
	ev_periodic_stop(site->ev, &site->alarm);
	press_destroy(site->press);
	partner_desk_destroy(site->desk);
	on_demand_destroy(site);
	changes_destroy(site);
	ingest_destroy(site);
	documents_finish(&site->documents);
	notes_finish(&site->notes);
	catalogue_finish(&site->catalogue);
	free(site);
}

static void drop_page(struct site *site, const struct entry *entry)
{
	struct buf path = {0};

	if (!entry->slug)
		return;
	buf_printf(&path, "/a/%s", entry->slug);
	documents_drop(&site->documents, buf_text(&path));
	buf_finish(&path);
}

void site_page_changed(struct site *site, const struct entry *entry)
{
	const char *id = notes_subject(entry, NOTE_CORRECTS);
	const struct entry *corrected = id ?
		map_get(&site->catalogue.by_id, id, strcspn(id, "\n")) : NULL;

	drop_page(site, entry);
	if (corrected)
		drop_page(site, corrected); /* it names the notice */
	documents_drop(&site->documents, "/sitemap.xml");
	documents_drop(&site->documents, "/sitemap-news.xml");
}

void site_set_rights(struct site *site, const struct rights_policy *policy, uint32_t print,
	const struct site_partner *partners, size_t count)
{
	site->config.rules = *policy;
	site->config.partners = partners;
	site->config.partner_count = count;
	partner_desk_touch(site->desk);
	site_schedule(site);
	if (print == site->config.rules_print)
		return;
	site->config.rules_print = print;
	log_info("site: other rights rules, articles are looked at again count=%zu",
		site->catalogue.count);
	entitle_all(site);
}

size_t site_confirm_deletions(struct site *site)
{
	size_t count = 0;

	for (size_t i = 0; i < site->catalogue.count; i++) {
		const struct entry *entry = site->catalogue.entries[i];

		count += entry->gone_due_ms && entry->presence != GONE;
	}
	versions_due_deletions(site, loop_wall_ms(site->loop), true);
	site_schedule(site);
	return count;
}
