/*
 * partner_docs.c: see partner_docs.h. What is in a document is chosen in partner_desk.c; here it
 * becomes bytes, with the evidence of what was in them.
 */
#include "daemon/site/partner_docs.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/control/log.h"
#include "daemon/http/snapshot.h"
#include "daemon/loop/loop.h"
#include "daemon/site/entitlement.h"
#include "daemon/site/partner_changes.h"
#include "daemon/site/partner_desk.h"
#include "daemon/site/partner_topics.h"
#include "daemon/site/pass.h"
#include "daemon/site/publish.h"
#include "daemon/site/site_internal.h"
#include "daemon/store/ledger.h"
#include "feeds/base/arena.h"
#include "feeds/base/buf.h"
#include "feeds/base/error.h"
#include "feeds/base/mem.h"
#include "feeds/render.h"

static const char prefix[] = "/p/";

struct partner_desk *partner_desk_create(struct site *site)
{
	struct partner_desk *desk = mem_alloc(sizeof(*desk));

	desk->site = site;
	desk->is_dirty = true;
	return desk;
}

static void account_destroy(struct account *account)
{
	struct shelf *shelf;

	while ((shelf = account->shelves)) {
		account->shelves = shelf->next;
		free(shelf->key);
		free(shelf->window);
		free(shelf);
	}
	holdings_finish(&account->holdings);
	free(account->name);
	free(account);
}

void partner_desk_destroy(struct partner_desk *desk)
{
	struct map_entry slot;
	size_t cursor = 0;

	if (!desk)
		return;
	partner_changes_destroy(desk);
	while (map_next(&desk->accounts, &cursor, &slot))
		account_destroy(slot.value);
	map_finish(&desk->accounts);
	partner_items_finish(&desk->items);
	free(desk);
}

bool partner_desk_is_path(const char *path)
{
	return strncmp(path, prefix, strlen(prefix)) == 0;
}

void partner_desk_found(struct partner_desk *desk)
{
	desk->has_unknown = true;
}

void partner_desk_touch(struct partner_desk *desk)
{
	desk->is_dirty = true;
	desk->is_tidy = false;
}

bool partner_desk_is_dirty(const struct partner_desk *desk)
{
	return desk->is_dirty;
}

/* ---- topics ---- */

/* Whether there is anything for PARTNER in KEY: a channel that is empty to it is none. */
static bool has_any(const struct site *site, const struct site_partner *partner,
	const char *key)
{
	for (size_t i = 0; i < partner->topic_count; i++) {
		if (strcmp(partner->topics[i], key) == 0)
			return true;
	}
	for (size_t i = 0; i < site->catalogue.count; i++) {
		const struct entry *entry = site->catalogue.entries[i];

		if (partner_topic_has(key, entry) &&
			partner_desk_decide(site, partner, entry).view != VIEW_NONE)
			return true;
	}
	return false;
}

bool partner_desk_is_topic(struct partner_desk *desk, const char *path)
{
	struct site *site = desk->site;
	const struct document *document = documents_find(&site->documents, path);
	const struct site_partner *partner;
	struct partner_path parts;
	bool is_there = false;
	char *key;

	if (!partner_path_parse(path, &parts) || !(partner = desk_partner(site, &parts)))
		return false;
	if (document && document->is_topic && document->is_stored)
		return true;
	key = mem_strndup(parts.key, parts.key_len);
	if (*key && has_any(site, partner, key)) {
		is_there = true;
		desk_add_shelf(desk_account(desk, partner), key, parts.key_len, parts.format);
		partner_desk_touch(desk);
		site_schedule(site);
	}
	free(key);
	return is_there;
}

/* ---- who sees what ---- */

struct rights_decision partner_desk_decide(const struct site *site,
	const struct site_partner *partner, const struct entry *entry)
{
	struct rights_match match = entitlement_of(site, entry);
	struct rights_audience audience = {partner->name, partner->has_embargo_access};
	struct rights_state state = {entry->status, entry->decision == DECISION_KILLED,
		entry->decision == DECISION_HELD};

	/* one that was deleted is taken back, if anybody ever saw it */
	if (entry->presence == GONE)
		state.status = entry->visible_ms ? STATUS_WITHDRAWN : STATUS_DRAFT;
	if (!entry->id || !entry->slug || !entry->version || !partner_topic_allows(partner, entry))
		return (struct rights_decision){VIEW_NONE, LEVEL_NONE, REASON_RULE};
	return rights_decide(&match, &state, &audience);
}

/* ---- what must be there first ---- */

/* Whatever any partner's window lacks of ENTRY. */
static void make_missing(struct site *site, struct entry *entry, const struct article *article)
{
	struct partner_desk *desk = site->desk;

	for (size_t p = 0; p < site->config.partner_count; p++) {
		const struct site_partner *partner = &site->config.partners[p];
		struct account *account = desk_account(desk, partner);
		const struct holding *holding = holdings_find(&account->holdings, entry->id);
		struct choice choice = {.entry = entry,
			.decision = partner_desk_decide(site, partner, entry)};

		if (holding && holding->changed_ms > entry->updated.ms)
			choice.changed_ms = holding->changed_ms;
		if (choice.decision.view != VIEW_NONE &&
			!partner_items_find(&desk->items, &choice, partner))
			partner_items_make(site, &desk->items, &choice, article, partner);
	}
}

bool partner_desk_want(struct partner_desk *desk, const struct choice *choice,
	const struct site_partner *partner)
{
	if (partner_items_find(&desk->items, choice, partner))
		return true;
	if (!choice->entry->is_loading)
		site_with_article(desk->site, choice->entry, make_missing);
	return partner_items_find(&desk->items, choice, partner);
}

static bool want_window(struct partner_desk *desk, const struct shelf *shelf,
	const struct site_partner *partner)
{
	bool ok = true;

	for (size_t i = 0; i < shelf->count; i++)
		ok = partner_desk_want(desk, &shelf->window[i], partner) && ok;
	return ok;
}

bool partner_desk_prepare(struct partner_desk *desk)
{
	struct site *site = desk->site;
	bool ok = true;

	for (size_t p = 0; p < site->config.partner_count; p++) {
		struct account *account = desk_account(desk, &site->config.partners[p]);

		ok = account->is_loaded && ok;
	}
	if (!ok)
		return false;
	for (size_t p = 0; p < site->config.partner_count && desk->has_unknown; p++)
		desk_find_shelves(desk_account(desk, &site->config.partners[p]));
	desk->has_unknown = false;
	for (size_t p = 0; p < site->config.partner_count; p++)
		desk_review(desk_account(desk, &site->config.partners[p]),
			&site->config.partners[p]);
	desk_choose(desk);
	for (size_t p = 0; p < site->config.partner_count; p++) {
		const struct account *account = desk_account(desk, &site->config.partners[p]);

		for (struct shelf *shelf = account->shelves; shelf; shelf = shelf->next)
			ok = want_window(desk, shelf, &site->config.partners[p]) && ok;
	}
	return ok;
}

/* ---- what is lost ---- */

/* The title may not be the partner's to know any more: it stands under its id. */
void partner_desk_render_lost(const struct site *site, enum feed_format format,
	const struct holding *holding, struct buf *out, unsigned *namespaces)
{
	static const struct feed_syndication none = {.version = 0};
	const struct article article = {.language = site->config.language};
	struct feed_item item = {
		.article = &article,
		.id = holding->id,
		.url = site->config.base_url,
		.published = {holding->gone_ms, 0, true},
		.updated = {holding->gone_ms, 0, true},
		.status = STATUS_WITHDRAWN,
		.syndication = &none,
	};

	if (format == FEED_ATOM)
		feed_render_tombstone(holding->id, item.updated, NULL, out, namespaces);
	else
		feed_render_item(format, LEVEL_HEADLINE, &item, out, namespaces);
}

/* ---- documents ---- */

struct instant partner_press_newest(const struct partner_press *press)
{
	struct instant newest = {0};

	for (size_t i = 0; i < press->count; i++) {
		const struct choice *choice = &press->choices[i];
		struct instant at = choice->entry->updated;

		if (choice->changed_ms > at.ms)
			at.ms = choice->changed_ms;
		if (!newest.is_set || at.ms > newest.ms)
			newest = at;
	}
	for (size_t i = 0; i < press->lost_count; i++) {
		if (!newest.is_set || press->lost[i]->gone_ms > newest.ms)
			newest = (struct instant){press->lost[i]->gone_ms, 0, true};
	}
	return newest;
}

static void fill_head(const struct partner_press *press, const char *path,
	struct feed_head *head)
{
	const struct site *site = press->site;
	struct arena *arena = press->arena;
	const char *atom = arena_printf(arena, "%.*s.atom", (int)(strrchr(path, '.') - path), path);

	publish_fill_head(site, arena, feed_index_find(&site->catalogue.index, ""), press->format,
		head);
	head->title = *press->key ? arena_printf(arena, "%s · %s · %s", site->config.title,
		press->partner->name, strchr(press->key, '/') + 1) :
		arena_printf(arena, "%s · %s", site->config.title, press->partner->name);
	head->self_url = publish_url(site, arena, path);
	head->id = publish_url(site, arena, atom);
	head->updated = press->updated.is_set ? press->updated : partner_press_newest(press);
	/* another hub could not fetch it */
	head->hub_count = site->config.hub_url ? 1 : 0;
}

void partner_press_render(struct partner_press *press, const char *path,
	struct feed_head *head, struct buf *out)
{
	struct arena *arena = press->arena;
	struct feed_fragment *fragments = arena_alloc(arena,
		(press->count + press->lost_count + 1) * sizeof(*fragments));
	struct buf *lost = arena_alloc(arena, (press->lost_count + 1) * sizeof(*lost));
	size_t n = 0;

	fill_head(press, path, head);
	for (size_t i = 0; i < press->count; i++) {
		const struct partner_variant *variant = partner_items_find(
			&press->site->desk->items, &press->choices[i], press->partner);

		fragments[n++] = (struct feed_fragment){
			buf_text(&variant->formats[press->format]),
			variant->formats[press->format].len};
		head->namespaces |= variant->namespaces[press->format];
	}
	for (size_t i = 0; i < press->lost_count; i++) {
		partner_desk_render_lost(press->site, press->format, press->lost[i], &lost[i],
			&head->namespaces);
		fragments[n++] = (struct feed_fragment){buf_text(&lost[i]), lost[i].len};
	}
	feed_render(press->format, head, fragments, n, out);
	for (size_t i = 0; i < press->lost_count; i++)
		buf_finish(&lost[i]);
}

void partner_press_issue(const struct partner_press *press, const char *path,
	const struct buf *body)
{
	struct site *site = press->site;
	struct ledger_row row = {.kind = LEDGER_ISSUE, .partner = press->partner->name,
		.topic = path, .time_ms = loop_wall_ms(site->loop)};
	struct buf contents = {0};

	for (size_t i = 0; i < press->count; i++)
		partner_items_add_line(press->choices[i].entry, &press->choices[i].decision,
			&contents);
	for (size_t i = 0; i < press->lost_count; i++)
		buf_printf(&contents, "%s\t0\ttombstone\n", press->lost[i]->id);
	row.contents = buf_text(&contents);
	ledger_hash_bytes(body->bytes, body->len, row.body);
	store_ledger_append(site->store, &row, 1);
	buf_finish(&contents);
}

/* What is new in it: what the store has not got, and what is lost since. */
static enum store_priority priority_of_press(const struct partner_press *press)
{
	enum store_priority priority = PRIORITY_REST;

	for (size_t i = 0; i < press->count; i++) {
		const struct entry *entry = press->choices[i].entry;

		if (entry->is_row_dirty && entry->priority > priority)
			priority = entry->priority;
	}
	for (size_t i = 0; i < press->lost_count; i++) {
		if (!press->lost[i]->seq)
			priority = PRIORITY_KILL;
	}
	return priority;
}

static void render_format(struct pass *pass, struct partner_press *press)
{
	const char *path = arena_printf(pass->arena, "%s%s%s%s/feed.%s", prefix,
		press->partner->name, *press->key ? "/" : "", press->key,
		feed_format_name(press->format));
	struct rendition *rendition = pass_add(pass, path);
	struct feed_head head;
	struct error err;
	char etag[32];

	partner_press_render(press, path, &head, &rendition->body);
	if (!feed_check(press->format, rendition->body.bytes, rendition->body.len, &err)) {
		log_error("feed: not replaced path=%s: %s", path, err.text);
		pass_drop(pass);
		return;
	}
	snapshot_etag_of(rendition->body.bytes, rendition->body.len, etag);
	rendition->is_topic = rendition->is_kept = true;
	rendition->priority = priority_of_press(press);
	rendition->spec.content_type = feed_media_type(press->format);
	rendition->spec.link = pass->site->config.hub_url ?
		arena_printf(pass->arena, "<%s>; rel=\"hub\", <%s>; rel=\"self\"",
			pass->site->config.hub_url, head.self_url) :
		arena_printf(pass->arena, "<%s>; rel=\"self\"", head.self_url);
	rendition->spec.is_private = true;
	if (pass_close(pass, etag) && rendition->is_changed)
		partner_press_issue(press, path, &rendition->body);
}

/* Before the feeds: what they tell of has the number of this document or an older one. */
static void keep_holdings(struct pass *pass, struct account *account)
{
	const char *path = desk_holdings_path(pass->arena, account->name);
	struct rendition *rendition = pass_add(pass, path);
	char etag[32];

	holdings_write(&account->holdings, &rendition->body);
	rendition->spec.content_type = "text/plain; charset=utf-8";
	rendition->spec.is_private = rendition->is_kept = true;
	snapshot_etag_of(rendition->body.bytes, rendition->body.len, etag);
	pass_close(pass, etag);
}

/* ---- documents of those who are no partners any more ---- */

static bool is_wanted(const struct site *site, const char *path)
{
	struct partner_path parts;

	if (partner_path_parse(path, &parts))
		return desk_partner(site, &parts);
	for (size_t p = 0; p < site->config.partner_count; p++) {
		struct arena *arena = arena_create();
		bool is_own = strcmp(path,
			desk_holdings_path(arena, site->config.partners[p].name)) == 0;

		arena_destroy(arena);
		if (is_own)
			return true;
	}
	return false;
}

/* Documents of partners that are none any more, and what others no longer get. */
static void tidy(struct partner_desk *desk, struct pass *pass)
{
	const struct map *map = &desk->site->documents.map;
	struct map_entry slot;
	size_t cursor = 0, count = 0;
	char **paths = arena_alloc(pass->arena, (map->count + 1) * sizeof(*paths));

	while (!desk->is_tidy && map_next(map, &cursor, &slot)) {
		const struct document *document = slot.value;

		if (document->is_stored && partner_desk_is_path(document->path) &&
			!is_wanted(desk->site, document->path))
			paths[count++] = arena_strdup(pass->arena, document->path);
	}
	for (size_t i = 0; i < count; i++)
		pass_withdraw(pass, paths[i]);
	desk->is_tidy = true;
}

/* ---- the pass ---- */

static void render_shelf(struct pass *pass, struct account *account,
	const struct site_partner *partner, const struct shelf *shelf)
{
	struct partner_press press = {.site = pass->site, .arena = pass->arena,
		.partner = partner, .key = shelf->key, .choices = shelf->window,
		.count = shelf->count};

	press.lost = desk_list_lost(account, pass->arena, shelf->key, &press.lost_count);
	for (int f = 0; f < FEED_FORMAT_COUNT; f++) {
		press.format = (enum feed_format)f;
		if (shelf->formats[f] && partner->formats[f] &&
			partner_topic_may_be(partner, shelf->key))
			render_format(pass, &press);
	}
}

void partner_desk_render(struct partner_desk *desk, struct pass *pass)
{
	struct site *site = desk->site;

	for (size_t p = 0; p < site->config.partner_count; p++) {
		const struct site_partner *partner = &site->config.partners[p];
		struct account *account = desk_account(desk, partner);

		for (struct shelf *shelf = account->shelves; shelf; shelf = shelf->next) {
			for (size_t i = 0; i < shelf->count; i++)
				desk_note(account, &shelf->window[i]);
		}
		keep_holdings(pass, account);
		for (struct shelf *shelf = account->shelves; shelf; shelf = shelf->next)
			render_shelf(pass, account, partner, shelf);
	}
	tidy(desk, pass);
	partner_items_sweep(&desk->items);
	desk->is_dirty = false;
}
