/*
 * overview.c: documents about the whole site: the landing page, OPML, robots.txt, the style
 * sheet and the sitemaps.
 */
#include "daemon/site/overview.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/site/page_landing.h"
#include "daemon/site/page_style.h"
#include "daemon/site/page_words.h"
#include "daemon/site/pages.h"
#include "daemon/site/pass.h"
#include "daemon/site/publish.h"
#include "daemon/site/site_internal.h"
#include "feeds/base/arena.h"
#include "feeds/base/buf.h"
#include "feeds/base/mem.h"
#include "feeds/render.h"

enum {
	LATEST = 20,             /* articles on the landing page */
	SITEMAP_MOST = 50000,    /* addresses in a file: sitemaps.org */
	NEWS_MOST = 1000,        /* the same for news */
	NEWS_SEARCH = 4000,      /* so many of the newest may be news */
};
static const int64_t news_span_ms = 48 * 3600 * 1000;

static void close_document(struct pass *pass, struct rendition *rendition, const char *type)
{
	char etag[32];

	rendition->document->is_hot = true;
	rendition->spec.content_type = type;
	snapshot_etag_of(rendition->body.bytes, rendition->body.len, etag);
	pass_close(pass, etag);
}

static void add_static(struct pass *pass, const char *path, const char *type,
	const char *text)
{
	struct rendition *rendition = pass_add(pass, path);

	buf_add_str(&rendition->body, text);
	close_document(pass, rendition, type);
}

static int compare_feeds(const void *a_ptr, const void *b_ptr)
{
	const struct feed *const *a = a_ptr, *const *b = b_ptr;

	if ((*a)->kind != (*b)->kind)
		return (*a)->kind < (*b)->kind ? -1 : 1;
	return strcmp((*a)->key, (*b)->key);
}

/* Every feed with an article in it, in order of kinds and names; e-paper days have pages
 * of their own. */
static size_t list_feeds(struct pass *pass, struct feed ***out)
{
	const struct map *map = &pass->site->catalogue.index.feeds;
	struct feed **feeds = arena_alloc(pass->arena, (map->count + 1) * sizeof(*feeds));
	struct map_entry slot;
	size_t cursor = 0, count = 0;

	while (map_next(map, &cursor, &slot)) {
		struct feed *feed = slot.value;

		if (feed->kind == FEED_OF_SITE ||
			(feed->kind < FEED_OF_EDITION && feed->shown > 0))
			feeds[count++] = feed;
	}
	qsort(feeds, count, sizeof(*feeds), compare_feeds);
	*out = feeds;
	return count;
}

static void add_opml(struct pass *pass, const struct page_landing_feed *feeds, size_t count)
{
	const struct site_config *config = &pass->site->config;
	struct rendition *rendition = pass_add(pass, "/opml.xml");
	struct outline *outlines = arena_alloc(pass->arena, (count + 1) * sizeof(*outlines));

	for (size_t i = 0; i < count; i++)
		outlines[i] = (struct outline){
			.title = feeds[i].feed.title,
			.feed_url = feeds[i].feed.urls[FEED_ATOM],
			.page_url = config->base_url,
			.language = config->language,
			.format = FEED_ATOM,
		};
	opml_render(config->title, outlines, count, &rendition->body);
	close_document(pass, rendition, "text/x-opml; charset=utf-8");
}

/* The landing page is there in two languages: `/` in the site's, unless the client prefers
 * the other, and each at an address of its own. */
static void set_languages(const struct site *site, const char *path,
	enum page_language language, struct snapshot_spec *spec)
{
	enum page_language other = language == PAGE_CHINESE ? PAGE_ENGLISH : PAGE_CHINESE;

	spec->language = page_language_tag(site->config.language, language);
	if (strcmp(path, "/") != 0)
		return;
	spec->other_language = page_language_tag(site->config.language, other);
	spec->other_path = page_landing_path(other);
}

static void add_landing(struct pass *pass, const char *path,
	const struct landing *landing, enum page_language language)
{
	struct rendition *rendition = pass_add(pass, path);

	page_landing(landing, language, &rendition->body);
	rendition->spec.csp = page_csp;
	set_languages(pass->site, path, language, &rendition->spec);
	close_document(pass, rendition, "text/html; charset=utf-8");
}

/* What people see instead of the short text of an error (http_server_put): the same for ever,
 * so that the store need not know of it. */
static bool put_error(struct site *site, size_t which, enum page_language language)
{
	enum page_language own = page_landing_language(&site->config);
	enum page_language other = own == PAGE_CHINESE ? PAGE_ENGLISH : PAGE_CHINESE;
	const char *tag = site->config.language;
	char path[16], other_path[16];
	struct buf out = {0};
	int status = page_error(&site->config, language, which, &out);

	if (!status)
		return false;
	snprintf(path, sizeof(path), "%d%s", status, language == own ? "" : ".other");
	snprintf(other_path, sizeof(other_path), "%d.other", status);
	site->events->put(site->context, snapshot_create(&(struct snapshot_spec){
		.path = path,
		.status = status,
		.content_type = "text/html; charset=utf-8",
		.csp = page_csp,
		.language = page_language_tag(tag, language),
		.other_language = language == own ? page_language_tag(tag, other) : NULL,
		.other_path = language == own ? other_path : NULL,
		.max_age_s = -1,
		.compress = true,
		.body = out.bytes,
		.len = out.len,
	}));
	buf_finish(&out);
	return true;
}

void overview_put_errors(struct site *site)
{
	for (int language = 0; language < PAGE_LANGUAGE_COUNT; language++) {
		size_t which = 0;

		while (put_error(site, which, (enum page_language)language))
			which++;
	}
}

static void add_statics(struct pass *pass)
{
	const char *base = pass->site->config.base_url;

	if (pass->site->statics_done)
		return;
	pass->site->statics_done = true;
	add_static(pass, "/robots.txt", "text/plain; charset=utf-8",
		arena_printf(pass->arena, "User-agent: *\nAllow: /\n\nSitemap: %ssitemap.xml\n"
			"Sitemap: %ssitemap-news.xml\n", base, base));
	add_static(pass, "/feed.css", "text/css; charset=utf-8",
		pass->site->config.css ? pass->site->config.css : page_style);
}

void overview_render(struct pass *pass, struct entry *const *window, size_t count)
{
	static const enum page_feed_kind kinds[FEED_KIND_COUNT] = {
		[FEED_OF_SITE] = PAGE_FEED_SITE, [FEED_OF_CHANNEL] = PAGE_FEED_CHANNEL,
		[FEED_OF_TAG] = PAGE_FEED_TAG, [FEED_OF_AUTHOR] = PAGE_FEED_AUTHOR,
		[FEED_OF_SOURCE] = PAGE_FEED_SOURCE,
	};
	struct site *site = pass->site;
	struct landing landing;
	struct feed **feeds;
	size_t feed_count = list_feeds(pass, &feeds);
	struct page_landing_feed *offers = arena_alloc(pass->arena,
		(feed_count + 1) * sizeof(*offers));

	for (size_t i = 0; i < feed_count; i++) {
		offers[i].kind = kinds[feeds[i]->kind];
		publish_offer(site, pass->arena, feeds[i], &offers[i].feed);
	}
	landing = (struct landing){&site->config, offers, feed_count, window,
		count < LATEST ? count : LATEST};
	add_landing(pass, "/", &landing, page_landing_language(&site->config));
	for (int l = 0; l < PAGE_LANGUAGE_COUNT; l++)
		add_landing(pass, page_landing_path((enum page_language)l), &landing,
			(enum page_language)l);
	add_opml(pass, offers, feed_count);
	add_statics(pass);
}

/* ---- sitemaps ---- */

/* Part PART (from 1) of the list of pages, newest first. */
static void render_part(struct site *site, struct arena *arena, struct feed *all,
	size_t part, struct buf *out)
{
	struct sitemap_url *urls = mem_alloc((SITEMAP_MOST + 1) * sizeof(*urls));
	size_t skip = (part - 1) * SITEMAP_MOST, n = 0;

	for (size_t i = all->count; i-- > 0 && n < SITEMAP_MOST;) {
		const struct entry *entry = all->items[i];

		if (!entry->is_visible)
			continue;
		if (skip > 0) {
			skip--;
			continue;
		}
		urls[n++] = (struct sitemap_url){
			.url = arena_printf(arena, "%sa/%s", site->config.base_url, entry->slug),
			.modified = entry->updated,
		};
	}
	sitemap_render(urls, n, out);
	free(urls);
}

static void render_index(struct site *site, struct arena *arena, size_t parts,
	struct buf *out)
{
	struct sitemap_url *urls = arena_alloc(arena, parts * sizeof(*urls));

	for (size_t i = 0; i < parts; i++)
		urls[i] = (struct sitemap_url){.url = arena_printf(arena, "%ssitemap-%zu.xml",
			site->config.base_url, i + 1)};
	sitemap_render_index(urls, parts, out);
}

static int compare_published(const void *a_ptr, const void *b_ptr)
{
	const struct entry *const *a = a_ptr, *const *b = b_ptr;

	if ((*a)->published.ms != (*b)->published.ms)
		return (*a)->published.ms > (*b)->published.ms ? -1 : 1;
	return strcmp((*a)->id, (*b)->id);
}

/* The newest, as far as they were published within two days of the last. */
static void render_news(struct site *site, struct arena *arena, struct feed *all,
	struct buf *out)
{
	struct entry **newest = arena_alloc(arena, NEWS_SEARCH * sizeof(struct entry *));
	struct sitemap_url *urls = arena_alloc(arena, NEWS_MOST * sizeof(*urls));
	size_t count = 0, n = 0;

	for (size_t i = all->count; i-- > 0 && count < NEWS_SEARCH;) {
		if (all->items[i]->is_visible)
			newest[count++] = all->items[i];
	}
	qsort(newest, count, sizeof(*newest), compare_published);
	for (size_t i = 0; i < count && n < NEWS_MOST; i++) {
		if (newest[0]->published.ms - newest[i]->published.ms > news_span_ms)
			break;
		urls[n++] = (struct sitemap_url){
			.url = arena_printf(arena, "%sa/%s", site->config.base_url,
				newest[i]->slug),
			.modified = newest[i]->updated,
			.publication = site->config.title,
			.language = site->config.language,
			.title = newest[i]->title,
			.published = newest[i]->published,
		};
	}
	sitemap_render_news(urls, n, out);
}

/* Which part PATH names; 0 = "/sitemap.xml" itself; SIZE_MAX = none. */
static size_t part_of(const char *path)
{
	const char *at = path + strlen("/sitemap");
	char *end;
	unsigned long part;

	if (strcmp(at, ".xml") == 0)
		return 0;
	if (at[0] != '-' || at[1] < '1' || at[1] > '9')
		return SIZE_MAX;
	part = strtoul(at + 1, &end, 10);
	return strcmp(end, ".xml") == 0 ? part : SIZE_MAX;
}

struct snapshot *overview_sitemap(struct site *site, const char *path)
{
	struct feed *all = feed_index_find(&site->catalogue.index, "");
	size_t parts = all ? (all->shown + SITEMAP_MOST - 1) / SITEMAP_MOST : 0;
	size_t part = part_of(path);
	struct arena *arena;
	struct buf out = {0};
	struct snapshot *snapshot;
	bool is_news = strcmp(path, "/sitemap-news.xml") == 0;

	if (!all || (!is_news && (part == SIZE_MAX || part > parts || (part && parts < 2))))
		return NULL;
	arena = arena_create();
	feed_index_sort(all);
	if (is_news)
		render_news(site, arena, all, &out);
	else if (part == 0 && parts > 1)
		render_index(site, arena, parts, &out);
	else
		render_part(site, arena, all, part ? part : 1, &out);
	snapshot = snapshot_create(&(struct snapshot_spec){.path = path, .status = 200,
		.content_type = "application/xml; charset=utf-8",
		.max_age_s = site->config.max_age_s, .compress = true, .body = out.bytes,
		.len = out.len});
	buf_finish(&out);
	arena_destroy(arena);
	return snapshot;
}
