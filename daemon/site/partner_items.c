/* partner_items.c: see partner_items.h. */
#include "daemon/site/partner_items.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/http/snapshot.h"
#include "daemon/site/entitlement.h"
#include "daemon/site/fragments.h"
#include "daemon/site/media.h"
#include "daemon/site/partner_desk.h"
#include "daemon/site/partner_docs.h"
#include "daemon/site/site_internal.h"
#include "daemon/site/versions.h"
#include "feeds/base/arena.h"
#include "feeds/base/buf.h"
#include "feeds/base/mem.h"
#include "feeds/limit.h"
#include "feeds/ninjs.h"
#include "feeds/nitf_write.h"
#include "feeds/render.h"
#include "feeds/url.h"

/* ---- one article for one audience ---- */

static void item_url(const struct site *site, struct arena *arena, const struct entry *entry,
	const char *ending, const char **out)
{
	*out = arena_printf(arena, "%sp/-/%s.%s", site->config.base_url,
		url_encode_path(arena, entry->slug), ending);
}

/* At the lift of an embargo those who had it get an update, and when their level changes. */
static struct instant updated_of(const struct entry *entry, const struct article *article,
	const struct rights_decision *decision, int64_t changed_ms)
{
	struct instant updated = entry->updated;

	if (changed_ms > updated.ms)
		updated.ms = changed_ms;
	if (decision->view == VIEW_ARTICLE && article->embargo.is_set &&
		article->embargo.ms > updated.ms)
		updated = article->embargo;
	return updated.ms < entry->published.ms ? entry->published : updated;
}

static enum article_status status_of(const struct rights_decision *decision)
{
	return decision->view == VIEW_TOMBSTONE ? STATUS_WITHDRAWN :
	       decision->view == VIEW_ADVISORY	? STATUS_WITHDRAWAL :
						  STATUS_PUBLISHED;
}

static enum text_level level_of(const struct rights_decision *decision)
{
	return decision->level > LEVEL_NONE ? decision->level : LEVEL_SUMMARY;
}

/* ---- media ---- */

/* TEXT with each whole address FROM between quotes as TO. */
static const char *replace_address(struct arena *arena, const char *text, const char *from,
	const char *to)
{
	const char *quoted = arena_printf(arena, "\"%s\"", from), *at;
	struct buf out = {0};
	const char *copy;

	if (!text || !strstr(text, quoted))
		return text;
	for (; (at = strstr(text, quoted)); text = at + strlen(quoted)) {
		buf_add(&out, text, (size_t)(at - text));
		buf_printf(&out, "\"%s\"", to);
	}
	buf_add_str(&out, text);
	copy = arena_strdup(arena, buf_text(&out));
	buf_finish(&out);
	return copy;
}

static void move_media(struct arena *arena, const char *base, struct article *article,
	struct media_list *list)
{
	struct media *items = arena_alloc(arena, (list->count + 1) * sizeof(*items));
	struct buf path = {0};

	for (size_t i = 0; i < list->count; i++) {
		const char *from = list->items[i].url;

		items[i] = list->items[i];
		if (!media_path(base, from, &path))
			continue;
		items[i].url = arena_printf(arena, "%sp/-/media/%s", base, from + strlen(base));
		article->html = replace_address(arena, article->html, from, items[i].url);
	}
	list->items = items;
	buf_finish(&path);
}

/* Files that the public does not get are for a partner's token. */
static void move_all_media(const struct site *site, struct arena *arena,
	const struct entry *entry, struct article *article,
	const struct rights_decision *decision)
{
	if (decision->level < LEVEL_FULL_MEDIA ||
		(entry->level >= LEVEL_FULL_MEDIA && entry->is_visible))
		return;
	move_media(arena, site->config.base_url, article, &article->images);
	move_media(arena, site->config.base_url, article, &article->attachments);
}

/* ARTICLE is a copy that may be cut down. Everything lives in ARENA or is borrowed. */
static struct feed_item make_item(const struct site *site, struct arena *arena,
	const struct entry *entry, struct article *article, const struct choice *choice,
	const struct site_partner *partner)
{
	const struct rights_decision *decision = &choice->decision;
	struct feed_syndication *syndication = arena_alloc(arena, sizeof(*syndication));
	const struct rights_rule *rule = entitlement_of(site, entry).rule;
	char *url = fragments_url(site, entry, article);
	const char *directory = arena_strndup(arena, entry->path, channel_len(entry->path));
	struct feed_item item = {
		.article = article,
		.id = entry->id,
		.url = arena_strdup(arena, url),
		.published = entry->published,
		.updated = updated_of(entry, article, decision, choice->changed_ms),
		.status = status_of(decision),
		.channel = article->channel ? article->channel : *directory ? directory : NULL,
		.rights = rule ? rule->text : NULL,
		.license = rule ? rule->license : NULL,
		.syndication = syndication,
	};

	free(url);
	syndication->version = entry->version;
	if (decision->view == VIEW_EARLY)
		syndication->embargo = article->embargo;
	if (decision->view != VIEW_TOMBSTONE)
		syndication->editor_note = article->editor_note;
	if (decision->view == VIEW_ADVISORY)
		syndication->withdraws = article->withdrawal.id;
	if (partner->has_ninjs && decision->view != VIEW_TOMBSTONE)
		item_url(site, arena, entry, "ninjs.json", &syndication->ninjs_url);
	if (partner->has_nitf && decision->view != VIEW_TOMBSTONE)
		item_url(site, arena, entry, "nitf.xml", &syndication->nitf_url);
	move_all_media(site, arena, entry, article, decision);
	article_limit(arena, article, level_of(decision), true);
	return item;
}

/* ---- fragments ---- */

static unsigned key_of(const struct rights_decision *decision,
	const struct site_partner *partner)
{
	return (unsigned)decision->view << 8 | (unsigned)decision->level << 4 |
		(unsigned)partner->has_ninjs << 1 | partner->has_nitf;
}

static void drop_variants(struct partner_item *item)
{
	struct partner_variant *variant;

	while ((variant = item->variants)) {
		item->variants = variant->next;
		for (int f = 0; f < FEED_FORMAT_COUNT; f++)
			buf_finish(&variant->formats[f]);
		free(variant);
	}
}

void partner_items_finish(struct partner_items *items)
{
	struct map_entry slot;
	size_t cursor = 0;

	while (map_next(&items->items, &cursor, &slot)) {
		drop_variants(slot.value);
		free(slot.value);
	}
	map_finish(&items->items);
}

static bool is_current(const struct partner_item *item, const struct entry *entry)
{
	return item->version == entry->version && item->updated_ms == entry->updated.ms &&
		item->rights == entry->rights;
}

static struct partner_item *item_of(struct partner_items *items, const struct entry *entry)
{
	return map_get(&items->items, (const char *)&entry, sizeof(entry));
}

const struct partner_variant *partner_items_find(struct partner_items *items,
	const struct choice *choice, const struct site_partner *partner)
{
	struct partner_item *item = item_of(items, choice->entry);
	unsigned key = key_of(&choice->decision, partner);

	if (!item || !is_current(item, choice->entry))
		return NULL;
	item->is_used = true;
	for (const struct partner_variant *at = item->variants; at; at = at->next) {
		if (at->key == key && at->changed_ms == choice->changed_ms)
			return at;
	}
	return NULL;
}

static struct partner_item *add_item(struct partner_items *items, struct entry *entry)
{
	struct partner_item *item = item_of(items, entry);

	if (!item) {
		item = mem_alloc(sizeof(*item));
		item->entry = entry;
		map_put(&items->items, (const char *)&item->entry, sizeof(item->entry), item);
	}
	if (!is_current(item, entry))
		drop_variants(item);
	item->version = entry->version;
	item->updated_ms = entry->updated.ms;
	item->rights = entry->rights;
	item->is_used = true;
	return item;
}

void partner_items_make(struct site *site, struct partner_items *items,
	const struct choice *choice, const struct article *article,
	const struct site_partner *partner)
{
	const struct rights_decision *decision = &choice->decision;
	struct entry *entry = choice->entry;
	struct partner_item *item = add_item(items, entry);
	struct partner_variant *variant = mem_alloc(sizeof(*variant));
	struct arena *arena = arena_create();
	struct article copy = *article;
	struct feed_item source = make_item(site, arena, entry, &copy, choice, partner);

	variant->key = key_of(decision, partner);
	variant->changed_ms = choice->changed_ms;
	for (int f = 0; f < FEED_FORMAT_COUNT; f++) {
		if (f == FEED_ATOM && decision->view == VIEW_TOMBSTONE)
			feed_render_tombstone(entry->id, source.updated,
				copy.withdrawal.reason, &variant->formats[f],
				&variant->namespaces[f]);
		else
			feed_render_item((enum feed_format)f, level_of(decision), &source,
				&variant->formats[f], &variant->namespaces[f]);
	}
	variant->next = item->variants;
	item->variants = variant;
	arena_destroy(arena);
}

void partner_items_sweep(struct partner_items *items)
{
	struct map kept = {0};
	struct map_entry slot;
	size_t cursor = 0;

	while (map_next(&items->items, &cursor, &slot)) {
		struct partner_item *item = slot.value;

		if (item->is_used) {
			item->is_used = false;
			map_put(&kept, (const char *)&item->entry, sizeof(item->entry), item);
			continue;
		}
		drop_variants(item);
		free(item);
	}
	map_finish(&items->items);
	items->items = kept;
}

void partner_items_add_line(const struct entry *entry, const struct rights_decision *decision,
	struct buf *out)
{
	bool is_text = decision->view == VIEW_ARTICLE || decision->view == VIEW_EARLY;

	buf_printf(out, "%s\t%d\t%s%s\n", entry->id, entry->version,
		decision->view == VIEW_EARLY ? "early " : "",
		is_text ? rights_level_name(decision->level) : rights_view_name(decision->view));
}

/* ---- the article alone ---- */

struct item_request {
	struct site *site;
	char *path, *slug;         /* own */
	size_t partner;
	enum site_item_format format;
	void (*done)(void *context, struct snapshot *snapshot, const char *contents);
	void *context;
};

static struct snapshot *make_snapshot(const struct item_request *request,
	const struct entry *entry, struct article *article, struct arena *arena,
	const struct rights_decision *decision)
{
	const struct site *site = request->site;
	struct feed_item item = make_item(site, arena, entry, article,
		&(struct choice){.decision = *decision},
		&site->config.partners[request->partner]);
	bool is_ninjs = request->format == ITEM_NINJS;
	struct snapshot *snapshot;
	struct buf out = {0};

	if (is_ninjs)
		ninjs_render(level_of(decision), &item, &out);
	else
		nitf_render(level_of(decision), &item, &out);
	snapshot = snapshot_create(&(struct snapshot_spec){
		.path = request->path,
		.status = decision->view == VIEW_TOMBSTONE ? 410 : 200,
		.content_type = is_ninjs ? ninjs_media_type : nitf_media_type,
		.modified_s = item.updated.ms / 1000,
		.is_private = true,
		.compress = true,
		.body = out.bytes,
		.len = out.len,
	});
	buf_finish(&out);
	return snapshot;
}

static void on_row(void *context, const struct store_article *row)
{
	struct item_request *request = context;
	struct site *site = request->site;
	struct arena *arena = arena_create();
	struct entry *entry = map_get(&site->catalogue.by_slug, request->slug,
		strlen(request->slug));
	struct rights_decision decision = {VIEW_NONE, LEVEL_NONE, REASON_RULE};
	struct snapshot *snapshot = NULL;
	struct article *article;
	struct buf contents = {0};

	/* the partner may have been taken away meanwhile */
	if (entry && request->partner < site->config.partner_count)
		decision = partner_desk_decide(site, &site->config.partners[request->partner],
			entry);
	if (decision.view != VIEW_NONE && row && row->flat &&
		versions_decode(request->site, arena, row->flat, row->flat_len, &article) &&
		versions_override(entry, article)) {
		snapshot = make_snapshot(request, entry, article, arena, &decision);
		partner_items_add_line(entry, &decision, &contents);
	}
	request->done(request->context, snapshot, snapshot ? buf_text(&contents) : NULL);
	snapshot_unref(snapshot);
	buf_finish(&contents);
	arena_destroy(arena);
	free(request->path);
	free(request->slug);
	free(request);
}

void site_partner_item(struct site *site, size_t partner, const char *slug,
	enum site_item_format format,
	void (*done)(void *context, struct snapshot *snapshot, const char *contents),
	void *context)
{
	struct entry *entry = map_get(&site->catalogue.by_slug, slug, strlen(slug));
	struct item_request *request = mem_alloc(sizeof(*request));
	struct buf path = {0};

	buf_printf(&path, "/p/-/%s", slug);
	*request = (struct item_request){site, buf_take(&path, NULL), mem_strdup(slug), partner,
		format, done, context};
	/* an unknown article asks for a row that cannot exist, so both take as long */
	store_article_get(site->store, !entry ? "" : entry->renamed_from ? entry->renamed_from :
		entry->path, on_row, request);
}
