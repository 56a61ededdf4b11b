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
#include "daemon/site/changes.h"
#include "daemon/site/entitlement.h"
#include "daemon/site/follow.h"
#include "daemon/site/on_demand.h"
#include "daemon/site/overview.h"
#include "daemon/site/parser_pool.h"
#include "daemon/site/partner_docs.h"
#include "daemon/site/press.h"
#include "daemon/site/publish.h"
#include "daemon/site/requests.h"
#include "daemon/site/rows.h"
#include "daemon/site/site_internal.h"
#include "daemon/site/versions.h"
#include "feeds/base/arena.h"
#include "feeds/base/buf.h"
#include "feeds/base/mem.h"

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

static void lead_on(struct site *site)
{
	ingest_slice(site);
	if (site->any_scan && is_time_to_publish(site)) {
		site->catalogue.index.is_bulk = false;
		publish_pass(site);
	} else {
		publish_rows(site);
	}
}

static void on_work(struct ev_loop *ev, ev_timer *timer, int events)
{
	struct site *site = timer->data;

	(void)ev, (void)events;
	if (!site->rows_loaded || !site->docs_loaded || site->is_scanning)
		return;
	if (site->mode == SITE_LEADS)
		lead_on(site);
	else if (follow_is_caught_up(site))
		publish_pass(site);
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

/* What the store has of ENTRY's text is spoilt. Its file has it too; what is not to be had
 * from there either is not shown, and holds no feed back. */
static void recover(struct site *site, struct entry *entry)
{
	if (entry->is_unentitled)
		entitle_nobody(site, entry);
	if (!entry->is_lost) {
		log_error("site: the text of path=%s could not be read from the store, its file "
			"is read again", entry->path);
		ingest_again(site, entry);
		return;
	}
	log_error("site: left out path=%s: its text is neither in the store nor in its file",
		entry->path);
	if (!entry->is_visible)
		return;
	catalogue_touch(&site->catalogue, entry);
	site_page_changed(site, entry);
	catalogue_hide(&site->catalogue, entry);
}

static void use_flat(const struct flat_request *request, const void *flat, size_t len)
{
	struct arena *arena = arena_create();
	struct article *article;

	if (flat && versions_decode(request->site, arena, flat, len, &article) &&
		versions_override(request->entry, article))
		request->use(request->site, request->entry, article);
	else if (request->site->mode == SITE_FOLLOWS) {
		follow_again(request->site); /* its row has moved on */
	} else {
		recover(request->site, request->entry);
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
	if (entry->is_lost && (entry->is_queued || site->parsing))
		return; /* its file is being read */
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
	if (site->mode != SITE_LEADS)
		return;
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

static void after_load(struct site *site)
{
	if (!site->rows_loaded)
		return;
	rows_forget(site, false);
	site->is_fresh = site->catalogue.count == 0;
	site->catalogue.index.is_bulk = site->is_fresh && site->mode == SITE_LEADS;
	if (site->mode == SITE_FOLLOWS) {
		follow_round(site);
		return;
	}
	site_set_alarm(site);
	site->events->loaded(site->context);
}

static void on_rows(void *context, const struct store_article *rows, size_t count)
{
	struct site *site = context;

	for (size_t i = 0; i < count; i++)
		rows_apply(site, &rows[i]);
	if (count)
		return;
	site->rows_loaded = true;
	after_load(site);
}

/* The articles come after: what the documents tell of is among them. */
static void on_docs(void *context, const struct store_doc *docs, size_t count)
{
	struct site *site = context;

	for (size_t i = 0; i < count; i++) {
		rows_apply_doc(site, &docs[i]);
		if (docs[i].seq > site->follow.docs_seq)
			site->follow.docs_seq = docs[i].seq;
	}
	site->follow.rows_seq = site->follow.docs_seq;
	site->docs_loaded = true;
}

void site_load(struct site *site)
{
	store_doc_list(site->store, on_docs, site);
	store_article_list(site->store, on_rows, site);
}

/* The full form of a document that is still what it was. */
static void on_pressed(void *context, struct snapshot *full)
{
	struct site *site = context;
	struct document *document = documents_find(&site->documents, snapshot_path(full));

	if (document && document->snapshot &&
		strcmp(snapshot_etag(document->snapshot), snapshot_etag(full)) == 0) {
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
	requests_init(site);
	site->scratch = arena_create();
	site->alarm_ms = INT64_MAX;
	ev_timer_init(&site->work, on_work, 0., 0.);
	ev_periodic_init(&site->alarm, on_alarm, 0., 0., NULL);
	site->work.data = site->alarm.data = site;
	follow_init(site);
	overview_put_errors(site);
	return site;
}

void site_destroy(struct site *site)
{
	if (!site)
		return;
	ev_timer_stop(site->ev, &site->work);
	ev_periodic_stop(site->ev, &site->alarm);
	follow_finish(site);
	press_destroy(site->press);
	partner_desk_destroy(site->desk);
	on_demand_destroy(site);
	changes_destroy(site);
	ingest_destroy(site);
	requests_destroy(site);
	documents_finish(&site->documents);
	notes_finish(&site->notes);
	catalogue_finish(&site->catalogue);
	arena_destroy(site->scratch);
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
