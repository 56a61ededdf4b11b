/*
 * publish.c: from entries to documents. A pass takes the dirty feeds, makes the fragments
 * that are missing, renders and compares; what differs is committed together with the
 * article rows, and only then shown to readers and the hub: nobody who polls sees an
 * article that a kill would keep from subscribers.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/control/log.h"
#include "daemon/http/snapshot.h"
#include "daemon/loop/loop.h"
#include "daemon/site/page_landing.h"
#include "daemon/site/page_style.h"
#include "daemon/site/site_internal.h"
#include "feeds/base/arena.h"
#include "feeds/base/error.h"
#include "feeds/base/mem.h"
#include "feeds/url.h"

enum {
	WINDOW_MOST = 500,
	DOCUMENT_MOST = 2 * 1024 * 1024,
	ROWS_MOST = 1000,        /* article rows in one commit */
	RETRY_MS = 1000,
	LATEST = 20,             /* articles on the landing page */
};
static const int64_t window_span_ms = 24 * 3600 * 1000;

/* One document of a pass, rendered. */
struct rendition {
	struct document *document; /* borrows */
	struct buf body;
	const char *content_type, *browser_type;
	char *link;                /* owns; or NULL */
	char etag[32];
	int64_t modified_s;
	bool is_topic, is_changed;
};

struct pass {
	struct site *site;
	struct arena *arena;
	struct rendition *items;   /* owns */
	size_t count, cap;
	struct entry **rows;       /* owns the array */
	size_t row_count;
};

struct document *publish_document(struct site *site, const char *path)
{
	struct document *document = map_get(&site->documents, path, strlen(path));

	if (document)
		return document;
	document = mem_alloc(sizeof(*document));
	document->path = mem_strdup(path);
	map_put(&site->documents, document->path, strlen(path), document);
	return document;
}

/* ---- fragments ---- */

static char *entry_url(const struct site *site, const struct entry *entry,
	const struct article *article)
{
	struct buf url = {0};

	if (article->url && strstr(article->url, "://"))
		return mem_strdup(article->url);
	buf_printf(&url, "%sa/%s", site->config.base_url, entry->slug);
	return buf_take(&url, NULL);
}

static void make_fragments(struct site *site, struct entry *entry,
	const struct article *article)
{
	struct fragments *fragments = mem_alloc(sizeof(*fragments));
	size_t channel = channel_len(entry->path);
	char *directory = mem_strndup(entry->path, channel);
	struct feed_item item = {
		.article = article,
		.id = entry->id,
		.published = entry->published,
		.updated = entry->updated,
		.status = article->status == STATUS_WITHDRAWN ? STATUS_WITHDRAWN : STATUS_PUBLISHED,
		.channel = article->channel ? article->channel : *directory ? directory : NULL,
	};

	fragments->url = entry_url(site, entry, article);
	fragments->title = mem_strdup(article->title);
	item.url = fragments->url;
	if (item.updated.ms < item.published.ms)
		item.updated = item.published;
	for (int f = 0; f < FEED_FORMAT_COUNT; f++)
		feed_render_item((enum feed_format)f, site->config.level, &item,
			&fragments->formats[f], &fragments->namespaces[f]);
	fragments_destroy(entry->fragments);
	entry->fragments = fragments;
	free(directory);
}

/* Asks for what the window of FEED lacks; true when nothing is missing. */
static bool has_fragments(struct site *site, struct entry *const *window, size_t count)
{
	bool ok = true;

	for (size_t i = 0; i < count; i++) {
		if (!window[i]->fragments && !window[i]->is_loading)
			site_with_article(site, window[i], make_fragments);
		ok = ok && window[i]->fragments;
	}
	return ok;
}

/* How many of the window fit into the largest document. */
static size_t fit_window(struct entry *const *window, size_t count)
{
	size_t used[FEED_FORMAT_COUNT] = {0};

	for (size_t i = 0; i < count; i++) {
		for (int f = 0; f < FEED_FORMAT_COUNT; f++) {
			used[f] += window[i]->fragments->formats[f].len;
			if (used[f] > DOCUMENT_MOST && i > 0)
				return i;
		}
	}
	return count;
}

/* ---- documents ---- */

static struct rendition *add_rendition(struct pass *pass, const char *path)
{
	struct rendition *rendition;

	if (pass->count == pass->cap) {
		pass->cap = pass->cap ? pass->cap * 2 : 16;
		pass->items = mem_resize(pass->items, pass->cap, sizeof(*pass->items));
	}
	rendition = &pass->items[pass->count++];
	*rendition = (struct rendition){.document = publish_document(pass->site, path)};
	return rendition;
}

/* Compares with what is out; the Last-Modified of equal bytes stays, and never moves back
 * nor lies in the future otherwise. */
static void close_rendition(struct pass *pass, struct rendition *rendition)
{
	const struct document *document = rendition->document;
	int64_t now_s = loop_wall_ms(pass->site->loop) / 1000;

	snapshot_etag_of(rendition->body.bytes, rendition->body.len, rendition->etag);
	rendition->is_changed = strcmp(document->etag, rendition->etag) != 0;
	rendition->modified_s = document->modified_s;
	if (rendition->is_changed)
		rendition->modified_s = now_s > document->modified_s ? now_s : document->modified_s;
	if (!rendition->is_changed && document->is_out) {
		buf_finish(&rendition->body);
		free(rendition->link);
		pass->count--;
	}
}

static char *feed_path(struct arena *arena, const char *channel, enum feed_format format)
{
	return *channel ? arena_printf(arena, "/c/%s/feed.%s", channel, feed_format_name(format)) :
			  arena_printf(arena, "/feed.%s", feed_format_name(format));
}

static char *feed_url(struct site *site, struct arena *arena, const char *channel,
	enum feed_format format)
{
	return arena_printf(arena, "%s%s", site->config.base_url,
		url_encode_path(arena, feed_path(arena, channel, format)) + 1);
}

static char *link_header(const struct site *site, const char *self)
{
	struct buf link = {0};

	if (site->config.hub_url)
		buf_printf(&link, "<%s>; rel=\"hub\", ", site->config.hub_url);
	for (size_t i = 0; i < site->config.external_count; i++)
		buf_printf(&link, "<%s>; rel=\"hub\", ", site->config.external_hubs[i]);
	buf_printf(&link, "<%s>; rel=\"self\"", self);
	return buf_take(&link, NULL);
}

static void fill_head(struct pass *pass, const struct feed *feed, enum feed_format format,
	struct entry *const *window, size_t count, struct feed_head *head)
{
	const struct site_config *config = &pass->site->config;
	const char **hubs = arena_alloc(pass->arena,
		(1 + config->external_count) * sizeof(*hubs));
	size_t hub_count = 0;

	if (config->hub_url)
		hubs[hub_count++] = config->hub_url;
	for (size_t i = 0; i < config->external_count; i++)
		hubs[hub_count++] = config->external_hubs[i];
	*head = (struct feed_head){
		.title = *feed->channel ? arena_printf(pass->arena, "%s · %s", config->title,
						  feed->channel) : config->title,
		.subtitle = config->subtitle,
		.self_url = feed_url(pass->site, pass->arena, feed->channel, format),
		.home_url = config->base_url,
		.hub_urls = hubs,
		.hub_count = hub_count,
		.language = config->language,
		.rights = config->rights,
		.icon = config->icon,
		.logo = config->logo,
		.author = config->authority,
	};
	/* one id for the feed whatever the format */
	head->id = feed_url(pass->site, pass->arena, feed->channel, FEED_ATOM);
	for (size_t i = 0; i < count; i++) {
		head->namespaces |= window[i]->fragments->namespaces[format];
		if (!head->updated.is_set || window[i]->updated.ms > head->updated.ms)
			head->updated = window[i]->updated;
	}
}

static void render_feed(struct pass *pass, const struct feed *feed, enum feed_format format,
	struct entry *const *window, size_t count)
{
	struct feed_fragment *fragments = arena_alloc(pass->arena,
		(count + 1) * sizeof(*fragments));
	struct rendition *rendition = add_rendition(pass,
		feed_path(pass->arena, feed->channel, format));
	struct feed_head head;
	struct error err;

	fill_head(pass, feed, format, window, count, &head);
	for (size_t i = 0; i < count; i++) {
		const struct buf *from = &window[i]->fragments->formats[format];

		fragments[i] = (struct feed_fragment){buf_text(from), from->len};
	}
	feed_render(format, &head, fragments, count, &rendition->body);
	if (!feed_check(format, rendition->body.bytes, rendition->body.len, &err)) {
		log_error("feed: not replaced path=%s: %s", rendition->document->path, err.text);
		buf_finish(&rendition->body);
		pass->count--;
		return;
	}
	rendition->content_type = feed_media_type(format);
	rendition->browser_type = format == FEED_JSON ? NULL : "text/xml; charset=utf-8";
	rendition->is_topic = true;
	rendition->link = link_header(pass->site, head.self_url);
	close_rendition(pass, rendition);
}

static void add_static(struct pass *pass, const char *path, const char *type,
	const char *text)
{
	struct rendition *rendition = add_rendition(pass, path);

	buf_add_str(&rendition->body, text);
	rendition->content_type = type;
	close_rendition(pass, rendition);
}

static int compare_feeds(const void *a_ptr, const void *b_ptr)
{
	const struct feed *const *a = a_ptr, *const *b = b_ptr;

	return strcmp((*a)->channel, (*b)->channel);
}

/* The feeds that are offered, in order of their names; at most one when channels are off. */
static size_t list_feeds(struct pass *pass, struct feed ***out)
{
	const struct map *map = &pass->site->catalogue.feeds;
	struct feed **feeds = arena_alloc(pass->arena, (map->count + 1) * sizeof(*feeds));
	struct map_entry slot;
	size_t cursor = 0, count = 0;

	while (map_next(map, &cursor, &slot)) {
		struct feed *feed = slot.value;

		if (!*feed->channel || pass->site->config.by_channel)
			feeds[count++] = feed;
	}
	qsort(feeds, count, sizeof(*feeds), compare_feeds);
	*out = feeds;
	return count;
}

static void render_landing(struct pass *pass, const char *path,
	const struct landing *landing, enum page_language language)
{
	struct rendition *page = add_rendition(pass, path);

	page_landing(landing, language, &page->body);
	page->content_type = "text/html; charset=utf-8";
	close_rendition(pass, page);
}

static void render_overviews(struct pass *pass, struct feed *const *feeds, size_t count,
	struct entry *const *latest, size_t latest_count)
{
	struct site *site = pass->site;
	struct outline *outlines = arena_alloc(pass->arena, (count * 3 + 3) * sizeof(*outlines));
	struct landing landing;
	struct rendition *opml;
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		for (int f = 0; f < FEED_FORMAT_COUNT; f++)
			outlines[n++] = (struct outline){
				.title = *feeds[i]->channel ? feeds[i]->channel :
							      site->config.title,
				.feed_url = feed_url(site, pass->arena, feeds[i]->channel,
					(enum feed_format)f),
				.page_url = site->config.base_url,
				.language = site->config.language,
				.format = (enum feed_format)f,
			};
	}
	landing = (struct landing){&site->config, outlines, n, latest, latest_count};
	render_landing(pass, "/", &landing, page_landing_language(&site->config));
	for (int l = 0; l < PAGE_LANGUAGE_COUNT; l++)
		render_landing(pass, page_landing_path((enum page_language)l), &landing,
			(enum page_language)l);
	opml = add_rendition(pass, "/opml.xml");
	for (size_t i = 0; i < count; i++)
		outlines[i] = outlines[i * 3];
	opml_render(site->config.title, outlines, count, &opml->body);
	opml->content_type = "text/x-opml; charset=utf-8";
	close_rendition(pass, opml);
}

/* What was published within two days of the newest article. */
static void render_news_sitemap(struct pass *pass, struct entry *const *latest, size_t count)
{
	const struct site_config *config = &pass->site->config;
	struct rendition *rendition = add_rendition(pass, "/sitemap-news.xml");
	struct sitemap_url *urls = arena_alloc(pass->arena, (count + 1) * sizeof(*urls));
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		if (latest[0]->published.ms - latest[i]->published.ms > 2 * window_span_ms)
			break;
		urls[n++] = (struct sitemap_url){
			.url = arena_printf(pass->arena, "%sa/%s", config->base_url,
				url_encode_path(pass->arena, latest[i]->slug)),
			.modified = latest[i]->updated,
			.publication = config->title,
			.language = config->language,
			.title = latest[i]->fragments->title,
			.published = latest[i]->published,
		};
	}
	sitemap_render_news(urls, n, &rendition->body);
	rendition->content_type = "application/xml; charset=utf-8";
	close_rendition(pass, rendition);
}

/* ---- the commit ---- */

static void free_pass(struct pass *pass)
{
	for (size_t i = 0; i < pass->count; i++) {
		buf_finish(&pass->items[i].body);
		free(pass->items[i].link);
	}
	free(pass->items);
	free(pass->rows);
	arena_destroy(pass->arena);
	free(pass);
}

static void show(struct pass *pass, struct rendition *rendition)
{
	struct document *document = rendition->document;
	bool is_page = strncmp(rendition->content_type, "text/html", 9) == 0;

	strcpy(document->etag, rendition->etag);
	document->modified_s = rendition->modified_s;
	document->is_topic = rendition->is_topic;
	document->is_out = true;
	pass->site->events->put(pass->site->context, snapshot_create(&(struct snapshot_spec){
		.path = document->path,
		.status = 200,
		.content_type = rendition->content_type,
		.browser_type = rendition->browser_type,
		.link = rendition->link,
		.csp = is_page || rendition->browser_type ? page_csp : NULL,
		.modified_s = rendition->modified_s,
		.max_age_s = pass->site->config.max_age_s,
		.is_public_api = rendition->is_topic,
		.compress = true,
		.body = rendition->body.bytes,
		.len = rendition->body.len,
	}));
}

static void undo(struct pass *pass)
{
	struct map_entry slot;
	size_t cursor = 0;

	for (size_t i = 0; i < pass->row_count; i++)
		pass->rows[i]->is_row_dirty = true;
	while (map_next(&pass->site->catalogue.feeds, &cursor, &slot))
		((struct feed *)slot.value)->is_dirty = true;
	pass->site->statics_done = false;
	ev_timer_stop(pass->site->ev, &pass->site->work);
	ev_timer_set(&pass->site->work, RETRY_MS / 1000., 0.);
	ev_timer_start(pass->site->ev, &pass->site->work);
	log_error("site: the store could not be written; readers keep what they have, trying "
		"again");
}

static void on_published(void *context, enum store_status status, const int64_t *seqs,
	size_t count)
{
	struct pass *pass = context;
	struct site *site = pass->site;
	size_t changed = 0;

	(void)seqs, (void)count;
	site->is_publishing = false;
	if (status != STORE_OK) {
		undo(pass);
		free_pass(pass);
		return;
	}
	for (size_t i = 0; i < pass->row_count; i++) {
		struct entry *entry = pass->rows[i];

		if (entry->is_row_dirty)
			continue; /* changed again meanwhile */
		free(entry->flat);
		entry->flat = NULL;
	}
	for (size_t i = 0; i < pass->count; i++) {
		changed += pass->items[i].is_changed;
		show(pass, &pass->items[i]);
	}
	snapshot_unref(site->sitemap);
	site->sitemap = NULL;
	if (changed)
		log_info("site: published documents=%zu articles=%zu", changed, pass->row_count);
	site->events->published(site->context);
	free_pass(pass);
	/* is_ready waits until nothing is left to do */
	site_schedule(site);
}

static void fill_row(const struct entry *entry, struct store_article *row)
{
	*row = (struct store_article){
		.path = entry->path, .id = entry->id, .slug = entry->slug,
		.inode = entry->inode, .mtime_ns = entry->mtime_ns, .size = entry->size,
		.hash = entry->hash, .content_hash = entry->content_hash,
		.first_seen_ms = entry->first_seen_ms,
		.visible_ms = entry->is_visible || entry->presence == GONE ? entry->visible_ms : 0,
		.published_ms = entry->published.ms,
		.updated_ms = entry->updated.ms,
		.published_offset_s = entry->published.offset_s,
		.updated_offset_s = entry->updated.offset_s,
		.version = entry->version, .presence = entry->presence,
		.problem = entry->problem,
		.flat = entry->flat, .flat_len = entry->flat_len,
	};
}

static void add_rows(struct pass *pass, struct store_publication *out)
{
	struct catalogue *catalogue = &pass->site->catalogue;
	struct store_article *rows;
	const char **renamed;
	size_t count = 0;

	for (size_t i = 0; i < catalogue->count && count < ROWS_MOST; i++)
		count += catalogue->entries[i]->is_row_dirty;
	rows = arena_alloc(pass->arena, (count + 1) * sizeof(*rows));
	renamed = arena_alloc(pass->arena, (count + 1) * sizeof(*renamed));
	pass->rows = mem_resize(NULL, count + 1, sizeof(struct entry *));
	for (size_t i = 0; i < catalogue->count && pass->row_count < count; i++) {
		struct entry *entry = catalogue->entries[i];

		if (!entry->is_row_dirty)
			continue;
		fill_row(entry, &rows[pass->row_count]);
		rows[pass->row_count].channel = arena_strndup(pass->arena, entry->path,
			channel_len(entry->path));
		renamed[pass->row_count] = arena_strdup(pass->arena, entry->renamed_from);
		free(entry->renamed_from);
		entry->renamed_from = NULL;
		pass->rows[pass->row_count++] = entry;
		entry->is_row_dirty = false;
	}
	out->articles = rows;
	out->renamed_from = renamed;
	out->article_count = pass->row_count;
}

static void commit(struct pass *pass)
{
	struct store_publication publication = {0};
	struct store_doc *docs = arena_alloc(pass->arena, (pass->count + 1) * sizeof(*docs));

	add_rows(pass, &publication);
	for (size_t i = 0; i < pass->count; i++) {
		const struct rendition *rendition = &pass->items[i];

		if (!rendition->is_changed)
			continue;
		docs[publication.doc_count++] = (struct store_doc){
			.path = rendition->document->path,
			.content_type = rendition->content_type,
			.etag = rendition->etag,
			.modified_s = rendition->modified_s,
			.is_topic = rendition->is_topic,
			.body = rendition->body.bytes,
			.len = rendition->body.len,
		};
	}
	publication.docs = docs;
	pass->site->is_publishing = true;
	pass->site->unsaved = 0;
	pass->site->first_dirty_ms = 0;
	store_publish(pass->site->store, &publication, on_published, pass);
}

/* Forgets fragments that no window shows, so that memory does not grow with the archive. */
static void drop_fragments(struct site *site, struct arena *arena, struct feed *const *feeds,
	size_t count)
{
	struct entry **window = arena_alloc(arena, WINDOW_MOST * sizeof(struct entry *));
	struct map shown = {0};

	for (size_t i = 0; i < count; i++) {
		size_t n = window_select(feeds[i], (size_t)site->config.window, window_span_ms,
			WINDOW_MOST, window);

		while (n-- > 0)
			map_put(&shown, window[n]->path, strlen(window[n]->path), window[n]);
	}
	for (size_t i = 0; i < site->catalogue.count; i++) {
		struct entry *entry = site->catalogue.entries[i];

		if (!entry->fragments || map_get(&shown, entry->path, strlen(entry->path)))
			continue;
		fragments_destroy(entry->fragments);
		entry->fragments = NULL;
	}
	map_finish(&shown);
}

static bool render_dirty(struct pass *pass, struct feed *const *feeds, size_t count)
{
	struct site *site = pass->site;
	struct entry **window = arena_alloc(pass->arena, WINDOW_MOST * sizeof(struct entry *));
	size_t least = (size_t)site->config.window, n;
	bool ok = true;

	for (size_t i = 0; i < count; i++) {
		if (!feeds[i]->is_dirty)
			continue;
		n = window_select(feeds[i], least, window_span_ms, WINDOW_MOST, window);
		ok = has_fragments(site, window, n) && ok;
	}
	if (!ok)
		return false; /* again when what is missing has come */
	for (size_t i = 0; i < count; i++) {
		if (!feeds[i]->is_dirty)
			continue;
		n = window_select(feeds[i], least, window_span_ms, WINDOW_MOST, window);
		n = fit_window(window, n);
		for (int f = 0; f < FEED_FORMAT_COUNT; f++)
			render_feed(pass, feeds[i], (enum feed_format)f, window, n);
		feeds[i]->is_dirty = false;
		if (i > 0)
			continue; /* the whole site's comes first */
		render_overviews(pass, feeds, count, window, n < LATEST ? n : LATEST);
		render_news_sitemap(pass, window, n);
	}
	drop_fragments(site, pass->arena, feeds, count);
	return true;
}

static bool has_dirty_rows(const struct site *site)
{
	for (size_t i = 0; i < site->catalogue.count; i++) {
		if (site->catalogue.entries[i]->is_row_dirty)
			return true;
	}
	return false;
}

static bool has_dirty_feeds(struct feed *const *feeds, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (feeds[i]->is_dirty)
			return true;
	}
	return false;
}

/* An empty site has feeds too. */
static void ensure_site_feed(struct site *site)
{
	struct feed *feed = map_get(&site->catalogue.feeds, "", 0);

	if (feed)
		return;
	feed = mem_alloc(sizeof(*feed));
	feed->channel = mem_strdup("");
	feed->is_dirty = true;
	map_put(&site->catalogue.feeds, feed->channel, 0, feed);
}

static struct pass *pass_create(struct site *site)
{
	struct pass *pass = mem_alloc(sizeof(*pass));

	pass->site = site;
	pass->arena = arena_create();
	return pass;
}

void publish_rows(struct site *site)
{
	if (!site->is_publishing && site->unsaved >= ROWS_MOST)
		commit(pass_create(site));
}

void publish_pass(struct site *site)
{
	struct pass *pass;
	struct feed **feeds;
	size_t count;

	if (site->is_publishing || site->loading)
		return;
	ensure_site_feed(site);
	pass = pass_create(site);
	count = list_feeds(pass, &feeds);
	if (!has_dirty_feeds(feeds, count) && !has_dirty_rows(site)) {
		free_pass(pass);
		if (!site->is_ready) {
			site->is_ready = true;
			site->events->ready(site->context);
		}
		return;
	}
	if (has_dirty_feeds(feeds, count) && !render_dirty(pass, feeds, count)) {
		free_pass(pass);
		return;
	}
	if (!site->statics_done) {
		add_static(pass, "/robots.txt", "text/plain; charset=utf-8",
			"User-agent: *\nAllow: /\n");
		add_static(pass, "/feed.css", "text/css; charset=utf-8",
			site->config.css ? site->config.css : page_style);
		site->statics_done = true;
	}
	commit(pass);
}
