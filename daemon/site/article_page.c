/*
 * article_page.c: see article_page.h. The text is read from the store and the page rendered,
 * with what the site knows of the article: its correction, its licence, its channel.
 */
#include "daemon/site/article_page.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/http/snapshot.h"
#include "daemon/site/channels.h"
#include "daemon/site/entitlement.h"
#include "daemon/site/page.h"
#include "daemon/site/pages.h"
#include "daemon/site/publish.h"
#include "daemon/site/site_internal.h"
#include "daemon/site/versions.h"
#include "feeds/base/arena.h"
#include "feeds/base/buf.h"
#include "feeds/base/mem.h"
#include "feeds/limit.h"
#include "feeds/rights.h"

/* What ARTICLE is a notice of correction to, while that is to be seen. */
static const struct entry *find_corrected(const struct site *site,
	const struct article *article)
{
	const char *of = article->correction.of;
	const struct entry *entry = of ? map_get(&site->catalogue.by_id, of, strlen(of)) : NULL;

	return entry && entry->is_visible && entry->title ? entry : NULL;
}

static struct snapshot *make_page(struct site *site, const char *path,
	const struct entry *entry, struct article *article)
{
	const struct rights_rule *rule = entitlement_of(site, entry).rule;
	struct site_config config = site->config;
	bool is_withdrawn = article->status == STATUS_WITHDRAWN;
	struct arena *arena = arena_create();
	const char *directory = arena_strndup(arena, entry->path, channel_len(entry->path));
	struct buf out = {0};
	struct snapshot *snapshot;

	/* no page can show what is not there */
	article_limit(arena, article, entry->level, false);
	config.level = entry->level;
	if (rule && rule->text)
		article->rights = rule->text;
	page_article(&config, entry, article, &(struct page_relations){
		find_corrected(site, article),
		notes_find(&site->notes, NOTE_CORRECTS, entry->id),
		rule ? rule->license : NULL, channels_name(site, arena, directory),
		channels_description(site, directory)}, &out);
	snapshot = snapshot_create(&(struct snapshot_spec){
		.path = path,
		.status = is_withdrawn ? 410 : 200,
		.content_type = "text/html; charset=utf-8",
		.link = page_article_links(arena, &site->config, entry),
		.csp = page_csp,
		.modified_s = entry->updated.ms / 1000,
		.max_age_s = site->config.max_age_s,
		.compress = true,
		.body = out.bytes,
		.len = out.len,
	});
	arena_destroy(arena);
	buf_finish(&out);
	return snapshot;
}

/* Of an article that was there and is no more; where it went, when it was renamed. */
static struct snapshot *make_end(struct site *site, const char *path,
	const struct entry *moved)
{
	struct arena *arena = arena_create();
	struct buf out = {0};
	struct snapshot *snapshot;

	page_gone(&site->config, &out);
	snapshot = snapshot_create(&(struct snapshot_spec){
		.path = path,
		.status = moved ? 301 : 410,
		.location = moved ? publish_url(site, arena,
			arena_printf(arena, "/a/%s", moved->slug)) : NULL,
		.content_type = moved ? NULL : "text/html; charset=utf-8",
		.csp = page_csp,
		.max_age_s = site->config.max_age_s,
		.body = moved ? NULL : out.bytes,
		.len = moved ? 0 : out.len,
	});
	buf_finish(&out);
	arena_destroy(arena);
	return snapshot;
}

struct page_request {
	struct site *site;
	char *path;                /* owns */
	void (*done)(void *context, struct snapshot *snapshot);
	void *context;
};

static void on_page_row(void *context, const struct store_article *row)
{
	struct page_request *request = context;
	struct site *site = request->site;
	struct arena *arena = arena_create();
	struct snapshot *snapshot = NULL;
	struct article *article;
	struct entry *entry = row ? catalogue_find(&site->catalogue, row->path) : NULL;

	if (entry && entry->is_visible && row->flat &&
		versions_decode(site, arena, row->flat, row->flat_len, &article) &&
		versions_override(entry, article))
		snapshot = make_page(site, request->path, entry, article);
	request->done(request->context, snapshot);
	/* what has changed meanwhile is not kept */
	if (snapshot && !entry->is_row_dirty)
		documents_keep(&site->documents,
			documents_add(&site->documents, request->path), snapshot);
	snapshot_unref(snapshot);
	arena_destroy(arena);
	free(request->path);
	free(request);
}

void article_page(struct site *site, const char *path,
	void (*done)(void *context, struct snapshot *snapshot), void *context)
{
	const char *slug = path + strlen("/a/");
	struct entry *entry = map_get(&site->catalogue.by_slug, slug, strlen(slug));
	struct entry *moved = entry ? NULL : catalogue_find_former(&site->catalogue, slug);
	struct page_request *request;
	struct snapshot *snapshot;

	if (moved || (entry && !entry->is_visible && entry->visible_ms)) {
		snapshot = make_end(site, path, moved);
		done(context, snapshot);
		snapshot_unref(snapshot);
		return;
	}
	if (!entry || !entry->is_visible) {
		done(context, NULL);
		return;
	}
	request = mem_alloc(sizeof(*request));
	*request = (struct page_request){site, mem_strdup(path), done, context};
	store_article_get(site->store, entry->renamed_from ? entry->renamed_from : entry->path,
		on_page_row, request);
}
