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
#include "daemon/site/page.h"
#include "daemon/site/parser.h"
#include "daemon/site/site_internal.h"
#include "feeds/base/arena.h"
#include "feeds/base/mem.h"
#include "feeds/flat.h"

enum {
	COALESCE_MS = 250, /* while articles keep coming, documents wait that long */
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
	if (site->any_scan && is_time_to_publish(site))
		publish_pass(site);
	else
		publish_rows(site);
	/* with the parser full, its next answer brings us back */
	if (site->reads && parser_backlog(site->parser) < PARSER_AHEAD)
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

	if (flat && flat_decode(arena, flat, len, &article))
		request->use(request->site, request->entry, article);
	else
		log_error("site: the text of path=%s could not be read from the store",
			request->entry->path);
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
		site_with_article(site, entry, ingest_apply_state);
	}
	ingest_due_deletions(site, now_ms, false);
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
	entry->published = (struct instant){row->published_ms, row->published_offset_s, true};
	catalogue_set_updated(&site->catalogue, entry,
		(struct instant){row->updated_ms, row->updated_offset_s, true});
	entry->version = row->version;
	entry->presence = row->presence;
	entry->problem = mem_strdup(row->problem);
	if (entry->presence == GONE)
		catalogue_list_deleted(&site->catalogue, entry);
	if (!entry->id || entry->presence == GONE)
		return;
	if (entry->visible_ms)
		catalogue_show(&site->catalogue, entry);
	else
		entry->next_change_ms = 0; /* looked at once everything is loaded */
}

static void after_load(struct site *site)
{
	if (!site->rows_loaded || !site->docs_loaded)
		return;
	site->is_fresh = site->catalogue.count == 0;
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

static void on_docs(void *context, const struct store_doc *docs, size_t count)
{
	struct site *site = context;

	for (size_t i = 0; i < count; i++) {
		struct document *document;

		if (docs[i].is_deleted)
			continue;
		document = publish_document(site, docs[i].path);
		strncpy(document->etag, docs[i].etag, sizeof(document->etag) - 1);
		document->modified_s = docs[i].modified_s;
		document->is_topic = docs[i].is_topic;
	}
	site->docs_loaded = true;
	after_load(site);
}

struct site *site_create(struct loop *loop, struct store *store, struct parser *parser,
	const struct site_config *config, const struct site_events *events, void *context)
{
	struct site *site = mem_alloc(sizeof(*site));

	site->loop = loop;
	site->ev = loop_ev(loop);
	site->store = store;
	site->parser = parser;
	site->config = *config;
	site->events = events;
	site->context = context;
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
	struct map_entry slot;
	size_t cursor = 0;

	if (!site)
		return;
	ev_timer_stop(site->ev, &site->work);
	ev_periodic_stop(site->ev, &site->alarm);
	ingest_destroy(site);
	while (map_next(&site->documents, &cursor, &slot)) {
		struct document *document = slot.value;

		free(document->path);
		free(document);
	}
	map_finish(&site->documents);
	snapshot_unref(site->sitemap);
	catalogue_finish(&site->catalogue);
	free(site);
}

bool site_is_topic(const struct site *site, const char *path)
{
	const struct document *document = map_get(&site->documents, path, strlen(path));

	return document && document->is_topic;
}

void site_confirm_deletions(struct site *site)
{
	ingest_due_deletions(site, loop_wall_ms(site->loop), true);
	site_schedule(site);
}

/* ---- pages on demand ---- */

enum { SITEMAP_MOST = 50000 };

/* Our own pages of every visible article, newest first. */
static struct snapshot *make_sitemap(struct site *site)
{
	const struct feed *all = map_get(&site->catalogue.feeds, "", 0);
	size_t count = !all ? 0 : all->count < SITEMAP_MOST ? all->count : SITEMAP_MOST;
	struct sitemap_url *urls = mem_alloc((count + 1) * sizeof(*urls));
	struct arena *arena = arena_create();
	struct buf out = {0};
	struct snapshot *snapshot;

	for (size_t i = 0; i < count; i++)
		urls[i] = (struct sitemap_url){
			.url = arena_printf(arena, "%sa/%s", site->config.base_url,
				all->items[i]->slug),
			.modified = all->items[i]->updated,
		};
	sitemap_render(urls, count, &out);
	snapshot = snapshot_create(&(struct snapshot_spec){.path = "/sitemap.xml",
		.status = 200, .content_type = "application/xml; charset=utf-8",
		.max_age_s = site->config.max_age_s, .compress = true, .body = out.bytes,
		.len = out.len});
	buf_finish(&out);
	arena_destroy(arena);
	free(urls);
	return snapshot;
}

struct page_request {
	struct site *site;
	char *path; /* owns: the URL path */
	void (*done)(void *context, struct snapshot *snapshot);
	void *context;
};

static struct snapshot *make_page(struct site *site, const char *path,
	const struct entry *entry, const struct article *article)
{
	bool is_withdrawn = article->status == STATUS_WITHDRAWN;
	char *url = NULL;
	struct buf out = {0}, own = {0};
	struct snapshot *snapshot;

	buf_printf(&own, "%s%s", site->config.base_url, path + 1);
	url = buf_take(&own, NULL);
	page_article(&site->config, entry, article, url, &out);
	snapshot = snapshot_create(&(struct snapshot_spec){
		.path = path,
		.status = is_withdrawn ? 410 : 200,
		.content_type = "text/html; charset=utf-8",
		.csp = page_csp,
		.modified_s = entry->updated.ms / 1000,
		.max_age_s = site->config.max_age_s,
		.compress = true,
		.body = out.bytes,
		.len = out.len,
	});
	free(url);
	buf_finish(&out);
	return snapshot;
}

static void on_page_row(void *context, const struct store_article *row)
{
	struct page_request *request = context;
	struct site *site = request->site;
	struct arena *arena = arena_create();
	struct snapshot *snapshot = NULL;
	struct article *article;
	struct entry *entry = row ? catalogue_find(&site->catalogue, row->path) : NULL;

	if (strcmp(request->path, "/sitemap.xml") == 0) {
		if (!site->sitemap)
			site->sitemap = make_sitemap(site);
		snapshot = snapshot_ref(site->sitemap);
	} else if (entry && entry->is_visible && row->flat &&
		flat_decode(arena, row->flat, row->flat_len, &article))
		snapshot = make_page(site, request->path, entry, article);
	request->done(request->context, snapshot);
	snapshot_unref(snapshot);
	arena_destroy(arena);
	free(request->path);
	free(request);
}

void site_page(struct site *site, const char *path,
	void (*done)(void *context, struct snapshot *snapshot), void *context)
{
	struct page_request *request = mem_alloc(sizeof(*request));
	const char *slug = strncmp(path, "/a/", 3) == 0 ? path + 3 : "";
	struct entry *entry = map_get(&site->catalogue.by_slug, slug, strlen(slug));

	*request = (struct page_request){site, mem_strdup(path), done, context};
	/* an unknown path asks for a row that cannot exist, so the answer comes later too */
	store_article_get(site->store,
		!entry ? "" : entry->renamed_from ? entry->renamed_from : entry->path,
		on_page_row, request);
}
