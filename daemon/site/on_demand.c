/*
 * on_demand.c: what is not kept in memory, made when somebody asks: article pages
 * (article_page.c), sitemaps, archive documents and the feeds that few read. What takes several
 * steps waits as a `demand`, which is looked at again whenever the site's work went on.
 */
#include "daemon/site/on_demand.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/control/log.h"
#include "daemon/site/archive.h"
#include "daemon/site/article_page.h"
#include "daemon/site/edition.h"
#include "daemon/site/follow.h"
#include "daemon/site/fragments.h"
#include "daemon/site/media.h"
#include "daemon/site/overview.h"
#include "daemon/site/page.h"
#include "daemon/site/partner_docs.h"
#include "daemon/site/pass.h"
#include "daemon/site/publish.h"
#include "daemon/site/retire.h"
#include "daemon/site/site_internal.h"
#include "feeds/base/arena.h"
#include "feeds/base/buf.h"
#include "feeds/base/mem.h"
#include "feeds/render.h"

enum { DEMANDS_MOST = 1000 };

struct demand {
	struct demand *next;
	char *path;                /* owns */
	int64_t seq;
	bool is_asked;             /* its feed was put on the list of the next pass */
	struct entry **pinned;     /* owns the array; held until the end */
	size_t pinned_count;
	/* one of the two */
	void (*done)(void *context, struct snapshot *snapshot);
	void (*done_content)(void *context, struct snapshot *snapshot, int64_t seq);
	void *context;
};

enum step { STEP_WAIT, STEP_DONE };

static void answer(struct demand *demand, struct snapshot *snapshot, int64_t seq)
{
	if (demand->done)
		demand->done(demand->context, snapshot);
	else
		demand->done_content(demand->context, snapshot, seq);
}

static void demand_destroy(struct demand *demand)
{
	for (size_t i = 0; i < demand->pinned_count; i++) {
		demand->pinned[i]->window_refs--;
		fragments_drop(demand->pinned[i]);
	}
	free(demand->pinned);
	free(demand->path);
	free(demand);
}

void on_demand_destroy(struct site *site)
{
	struct demand *demand;

	while ((demand = site->demands)) {
		site->demands = demand->next;
		demand_destroy(demand);
	}
}

/* ---- feeds ---- */

struct feed *on_demand_find_feed(const struct site *site, const char *path,
	enum feed_format *format_out)
{
	const char *name = strrchr(path, '/');
	size_t len = name > path ? (size_t)(name - path) - 1 : 0;

	if (!name || strncmp(name, "/feed.", 6) != 0)
		return NULL;
	for (int f = 0; f < FEED_FORMAT_COUNT; f++) {
		const struct feed_index *index = &site->catalogue.index;
		struct feed *feed;

		if (strcmp(name + 6, feed_format_name((enum feed_format)f)) != 0)
			continue;
		*format_out = (enum feed_format)f;
		feed = map_get(&index->feeds, path + 1, len);
		/* the store may know feeds of a kind that is switched off now */
		return feed && index->kinds >> feed->kind & 1 ? feed : NULL;
	}
	return NULL;
}

static struct feed *feed_of(const struct site *site, const char *path)
{
	enum feed_format format;

	return on_demand_find_feed(site, path, &format);
}

static void want(struct site *site, struct feed *feed)
{
	feed->is_wanted = true;
	/* it may have been passed over while nobody wanted it */
	feed_index_touch(&site->catalogue.index, feed);
	site_schedule(site);
}

bool site_is_topic(struct site *site, const char *path)
{
	struct feed *feed = feed_of(site, path);
	const struct document *document = documents_find(&site->documents, path);

	if (partner_desk_is_path(path))
		return partner_desk_is_topic(site->desk, path);
	if (document && document->is_retired && (!feed || !feed->shown))
		return false;
	if (feed && (!document || document->is_retired))
		want(site, feed);
	return feed != NULL;
}

static void answer_retired(struct site *site, struct demand *demand)
{
	struct snapshot *snapshot = demand->done ?
		retire_answer(site, demand->path, NULL) : NULL;

	answer(demand, snapshot, 0);
	snapshot_unref(snapshot);
}

static enum step step_feed(struct site *site, struct demand *demand)
{
	struct feed *feed = feed_of(site, demand->path);
	struct document *document = documents_find(&site->documents, demand->path);

	if (document && document->is_retired && (!feed || !feed->shown)) {
		answer_retired(site, demand);
		return STEP_DONE;
	}
	if (feed && document && document->snapshot && document->seq >= demand->seq) {
		answer(demand, documents_use(&site->documents, demand->path), document->seq);
		return STEP_DONE;
	}
	if (site->mode == SITE_FOLLOWS && demand->seq > site->follow.docs_seq) {
		follow_round(site); /* another node has published it a moment ago */
		return STEP_WAIT;
	}
	if (!feed || (demand->is_asked && !feed->is_dirty && !site->is_publishing)) {
		if (feed)
			log_error("feed: not available path=%s", demand->path);
		answer(demand, NULL, 0);
		return STEP_DONE;
	}
	if (!demand->is_asked && site->is_ready) {
		demand->is_asked = true;
		want(site, feed);
	}
	return STEP_WAIT;
}

/* ---- archives ---- */

/* How many of the articles of FEED are in no live document; SIZE_MAX: not known yet. */
static size_t count_archived(struct site *site, struct feed *feed)
{
	struct entry **window = mem_resize(NULL, WINDOW_MOST, sizeof(*window));
	size_t count = publish_window(site, feed, window), archived = SIZE_MAX;

	if (count != SIZE_MAX)
		archived = window_archived(&site->catalogue.index, feed, window, count);
	free(window);
	return archived;
}

static void pin(struct demand *demand, struct entry *const *entries, size_t count)
{
	if (demand->pinned)
		return;
	demand->pinned = mem_resize(NULL, count + 1, sizeof(*demand->pinned));
	for (size_t i = 0; i < count; i++) {
		demand->pinned[i] = entries[i];
		entries[i]->window_refs++;
	}
	demand->pinned_count = count;
}

static bool has_fragments(struct site *site, struct demand *demand)
{
	bool ok = true;

	for (size_t i = 0; i < demand->pinned_count; i++)
		ok = (!demand->pinned[i]->is_visible ||
			     fragments_want(site, &demand->pinned[i], 1)) && ok;
	return ok;
}

/* A full page takes the place of the shorter ones before it. */
static void withdraw_shorter(struct pass *pass, const struct feed *feed, size_t count)
{
	for (size_t n = archive_first(count) + 1; n < count; n++) {
		const char *path = archive_path(pass->arena, feed, n);
		const struct document *document = documents_find(&pass->site->documents, path);

		if (document && document->is_stored)
			pass_withdraw(pass, path);
	}
}

/* Written once: from then on it is what the store has. A node that follows does not write: it
 * makes the document for each who asks. */
static enum step write_archive(struct site *site, struct demand *demand, struct feed *feed,
	size_t count, size_t archived)
{
	struct pass *pass = pass_create(site);
	struct rendition *rendition = pass_add(pass, demand->path);
	struct snapshot_spec *spec = &rendition->spec;
	struct snapshot *snapshot;
	char etag[32];

	archive_render(site, pass->arena, feed, count, archived, &rendition->body);
	rendition->is_kept = true;
	spec->content_type = feed_media_type(FEED_ATOM);
	spec->browser_type = "text/xml; charset=utf-8";
	spec->csp = page_csp;
	spec->is_public_api = true;
	snapshot_etag_of(rendition->body.bytes, rendition->body.len, etag);
	pass_close(pass, etag);
	if (site->mode == SITE_LEADS) {
		if (archive_first(count + 1) == count)
			withdraw_shorter(pass, feed, count);
		pass_commit(pass);
		return STEP_WAIT;
	}
	spec->path = demand->path;
	spec->body = rendition->body.bytes;
	spec->len = rendition->body.len;
	snapshot = snapshot_create(spec);
	answer(demand, snapshot, 0);
	snapshot_unref(snapshot);
	pass_destroy(pass);
	return STEP_DONE;
}

struct stored_request {
	struct site *site;
	char *path;                /* owns */
	void (*done)(void *context, struct snapshot *snapshot);
	void *context;
};

static void on_stored(void *context, const struct store_doc *doc)
{
	struct stored_request *request = context;
	struct site *site = request->site;
	struct document *document = documents_find(&site->documents, request->path);
	struct snapshot *snapshot = NULL;

	if (document && document->is_stored && doc && doc->body)
		snapshot = snapshot_create(&(struct snapshot_spec){.path = document->path,
			.status = 200, .content_type = doc->content_type,
			.browser_type = "text/xml; charset=utf-8", .csp = page_csp,
			.modified_s = doc->modified_s, .max_age_s = site->config.max_age_s,
			.is_public_api = true, .compress = true, .body = doc->body,
			.len = doc->len});
	request->done(request->context, snapshot);
	if (snapshot)
		documents_keep(&site->documents, document, snapshot);
	snapshot_unref(snapshot);
	free(request->path);
	free(request);
}

static enum step read_stored(struct site *site, struct demand *demand)
{
	struct stored_request *request = mem_alloc(sizeof(*request));

	*request = (struct stored_request){site, mem_strdup(demand->path), demand->done,
		demand->context};
	store_doc_get(site->store, demand->path, on_stored, request);
	return STEP_DONE;
}

static enum step step_archive(struct site *site, struct demand *demand)
{
	const struct document *document = documents_find(&site->documents, demand->path);
	struct feed *feed = NULL;
	size_t count = 0, archived, first;

	if (document && document->snapshot) {
		answer(demand, documents_use(&site->documents, demand->path), 0);
		return STEP_DONE;
	}
	if (document && document->is_stored)
		return read_stored(site, demand);
	if (!archive_parse(&site->catalogue.index, demand->path, &feed, &count)) {
		answer(demand, NULL, 0);
		return STEP_DONE;
	}
	if (site->is_publishing || (feed->is_dirty && feed->window))
		return STEP_WAIT;
	archived = count_archived(site, feed);
	if (archived == SIZE_MAX)
		return STEP_WAIT;
	if (count > archived) {
		answer(demand, NULL, 0);
		return STEP_DONE;
	}
	first = archive_first(count);
	pin(demand, feed->items + first, count - first);
	return has_fragments(site, demand) ?
		write_archive(site, demand, feed, count, archived) : STEP_WAIT;
}

static void keep_cold(struct site *site, struct snapshot *snapshot)
{
	documents_keep(&site->documents,
		documents_add(&site->documents, snapshot_path(snapshot)), snapshot);
}

/* ---- the e-paper ---- */

/* Not before what changed is published: nobody sees it sooner than subscribers. */
static enum step step_edition(struct site *site, struct demand *demand)
{
	bool is_list = strcmp(demand->path, "/epaper/") == 0;
	struct feed *feed = is_list ? NULL : edition_find(site, demand->path);
	struct snapshot *snapshot;

	if (!feed && !(is_list && site->config.overview & PAGE_EPAPER)) {
		answer(demand, NULL, 0);
		return STEP_DONE;
	}
	if (site->is_publishing || !site->is_ready || site->catalogue.index.dirty_count)
		return STEP_WAIT;
	if (feed)
		pin(demand, feed->items, feed->count < WINDOW_MOST ? feed->count : WINDOW_MOST);
	if (feed && !has_fragments(site, demand))
		return STEP_WAIT;
	snapshot = edition_page(site, demand->path, feed);
	answer(demand, snapshot, 0);
	keep_cold(site, snapshot);
	snapshot_unref(snapshot);
	return STEP_DONE;
}

/* ---- partners' feeds ---- */

static void on_partner_doc(void *context, const struct store_doc *doc)
{
	struct demand *demand = context;
	struct snapshot *snapshot = NULL;

	if (doc && doc->body && !doc->is_deleted)
		snapshot = snapshot_create(&(struct snapshot_spec){.path = demand->path,
			.status = 200, .content_type = doc->content_type,
			.modified_s = doc->modified_s, .is_private = true, .compress = true,
			.body = doc->body, .len = doc->len});
	answer(demand, snapshot, doc ? doc->seq : 0);
	snapshot_unref(snapshot);
	demand_destroy(demand);
}

/* They are kept by the store, and only asked for by who has shown a token. */
static enum step step_partner(struct site *site, struct demand *demand)
{
	const struct document *document = documents_find(&site->documents, demand->path);
	struct demand *copy;

	if (!document || !document->is_topic || !document->is_stored) {
		/* one that was asked for just now comes with the next publication */
		if (partner_desk_is_dirty(site->desk) || site->is_publishing)
			return STEP_WAIT;
		answer(demand, NULL, 0);
	} else if (document->snapshot && document->seq >= demand->seq) {
		answer(demand, documents_use(&site->documents, demand->path), document->seq);
	} else {
		copy = mem_alloc(sizeof(*copy));
		*copy = *demand;
		copy->path = mem_strdup(demand->path);
		copy->next = NULL;
		store_doc_get(site->store, copy->path, on_partner_doc, copy);
	}
	return STEP_DONE;
}

/* ---- waiting ---- */

static enum step step(struct site *site, struct demand *demand)
{
	if (strncmp(demand->path, "/archive/", 9) == 0)
		return step_archive(site, demand);
	if (strncmp(demand->path, "/epaper/", 8) == 0 && !feed_of(site, demand->path))
		return step_edition(site, demand);
	if (partner_desk_is_path(demand->path))
		return step_partner(site, demand);
	return step_feed(site, demand);
}

void on_demand_step(struct site *site)
{
	struct demand **at = &site->demands, *demand;

	while ((demand = *at)) {
		if (step(site, demand) == STEP_WAIT) {
			at = &demand->next;
			continue;
		}
		*at = demand->next;
		site->demand_count--;
		demand_destroy(demand);
	}
}

static void add_demand(struct site *site, const struct demand *wanted)
{
	struct demand *demand = mem_alloc(sizeof(*demand)), **at = &site->demands;
	bool is_too_many;

	*demand = *wanted;
	demand->path = mem_strdup(wanted->path);
	/* what the hub asks for is bounded by it, and owed */
	is_too_many = site->demand_count >= DEMANDS_MOST && !demand->done_content;
	if (is_too_many || step(site, demand) == STEP_DONE) {
		if (is_too_many)
			answer(demand, NULL, 0);
		demand_destroy(demand);
		return;
	}
	while (*at)
		at = &(*at)->next;
	*at = demand;
	site->demand_count++;
	site_schedule(site);
}

void site_content(struct site *site, const char *path, int64_t seq,
	void (*done)(void *context, struct snapshot *snapshot, int64_t seq), void *context)
{
	char *copy = mem_strdup(path);

	add_demand(site, &(struct demand){.path = copy, .seq = seq, .done_content = done,
		.context = context});
	free(copy);
}

bool site_is_at_hand(struct site *site, const char *path)
{
	return site_may_have_file(path) || strncmp(path, "/sitemap", 8) == 0 ||
		documents_use(&site->documents, path);
}

void site_page(struct site *site, const char *path,
	void (*done)(void *context, struct snapshot *snapshot), void *context)
{
	struct demand demand = {.done = done, .context = context};
	struct snapshot *snapshot;

	if (site_may_have_file(path) && (snapshot = media_page(site, path))) {
		done(context, snapshot);
		snapshot_unref(snapshot);
		return;
	}
	snapshot = documents_use(&site->documents, path);
	if (snapshot) {
		done(context, snapshot);
		return;
	}
	demand.path = mem_strdup(path);
	if (strncmp(path, "/a/", 3) == 0) {
		article_page(site, path, done, context);
	} else if (strncmp(path, "/sitemap", 8) == 0) {
		snapshot = overview_sitemap(site, path);
		done(context, snapshot);
		if (snapshot)
			keep_cold(site, snapshot);
		snapshot_unref(snapshot);
	} else {
		add_demand(site, &demand);
	}
	free(demand.path);
}
