/*
 * partner_docs.c: see partner_docs.h. The window of a partner's feed holds what changed
 * last; what it has lost stays in it as a tombstone, so that one who was away for weeks
 * still learns.
 */
#include "daemon/site/partner_docs.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/control/log.h"
#include "daemon/http/snapshot.h"
#include "daemon/loop/loop.h"
#include "daemon/site/holdings.h"
#include "daemon/site/partner_items.h"
#include "daemon/site/pass.h"
#include "daemon/site/site_internal.h"
#include "daemon/store/ledger.h"
#include "feeds/base/arena.h"
#include "feeds/base/error.h"
#include "feeds/base/mem.h"

enum { TOMBSTONES_MOST = 200 };
static const int64_t tombstone_ms = INT64_C(60) * 24 * 3600 * 1000;
static const char prefix[] = "/p/", holdings_name[] = "holdings";

/* What is kept of a partner between passes, by its name. */
struct account {
	struct partner_desk *desk;
	char *name;                /* owns */
	struct holdings holdings;
	bool is_loaded;
};

struct partner_desk {
	struct site *site;
	bool is_dirty, is_tidy;    /* is_tidy: no document of a former partner is left */
	struct partner_items items;
	struct map accounts;       /* name -> struct account; owns */
	size_t loading;
};

struct partner_desk *partner_desk_create(struct site *site)
{
	struct partner_desk *desk = mem_alloc(sizeof(*desk));

	desk->site = site;
	desk->is_dirty = true;
	return desk;
}

void partner_desk_destroy(struct partner_desk *desk)
{
	struct map_entry slot;
	size_t cursor = 0;

	if (!desk)
		return;
	while (map_next(&desk->accounts, &cursor, &slot)) {
		struct account *account = slot.value;

		holdings_finish(&account->holdings);
		free(account->name);
		free(account);
	}
	map_finish(&desk->accounts);
	partner_items_finish(&desk->items);
	free(desk);
}

bool partner_desk_is_path(const char *path)
{
	return strncmp(path, prefix, strlen(prefix)) == 0;
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

/* ---- accounts ---- */

static char *path_of(struct arena *arena, const char *partner, const char *name)
{
	return arena_printf(arena, "%s%s/%s", prefix, partner, name);
}

static void on_holdings(void *context, const struct store_doc *doc)
{
	struct account *account = context;

	if (doc && doc->body && !doc->is_deleted)
		holdings_read(&account->holdings, doc->body, doc->len);
	account->is_loaded = true;
	account->desk->loading--;
	site_schedule(account->desk->site);
}

static void load_account(struct account *account)
{
	struct arena *arena = arena_create();

	account->is_loaded = false;
	account->desk->loading++;
	store_doc_get(account->desk->site->store, path_of(arena, account->name, holdings_name),
		on_holdings, account);
	arena_destroy(arena);
}

void partner_desk_reload(struct partner_desk *desk)
{
	struct map_entry slot;
	size_t cursor = 0;

	while (map_next(&desk->accounts, &cursor, &slot)) {
		struct account *account = slot.value;

		if (!account->is_loaded)
			continue;
		holdings_finish(&account->holdings);
		account->holdings = (struct holdings){0};
		load_account(account);
	}
	partner_desk_touch(desk);
}

static struct account *account_of(struct partner_desk *desk, const char *name)
{
	struct account *account = map_get(&desk->accounts, name, strlen(name));

	if (account)
		return account;
	account = mem_alloc(sizeof(*account));
	account->desk = desk;
	account->name = mem_strdup(name);
	map_put(&desk->accounts, account->name, strlen(name), account);
	load_account(account);
	return account;
}

/* ---- who sees what ---- */

static bool may_have(const struct site_partner *partner, const struct entry *entry)
{
	size_t dir = channel_len(entry->path);

	for (size_t i = 0; i < partner->topic_count; i++) {
		size_t len = strlen(partner->topics[i]);

		if (strcmp(partner->topics[i], "all") == 0)
			return true;
		if (len <= dir && strncmp(entry->path, partner->topics[i], len) == 0 &&
			(len == dir || entry->path[len] == '/'))
			return true;
	}
	return partner->topic_count == 0;
}

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
	if (!entry->id || !entry->slug || !entry->version || !may_have(partner, entry))
		return (struct rights_decision){VIEW_NONE, LEVEL_NONE, REASON_RULE};
	return rights_decide(&match, &state, &audience);
}

struct choice {
	struct entry *entry;
	struct rights_decision decision;
};

static int compare_choices(const void *a_ptr, const void *b_ptr)
{
	const struct entry *a = ((const struct choice *)a_ptr)->entry;
	const struct entry *b = ((const struct choice *)b_ptr)->entry;

	if (a->updated.ms != b->updated.ms)
		return a->updated.ms > b->updated.ms ? -1 : 1;
	return strcmp(a->id, b->id);
}

/* The place of the oldest choice. */
static size_t oldest_of(const struct choice *choices, size_t count)
{
	size_t oldest = 0;

	for (size_t i = 1; i < count; i++) {
		if (compare_choices(&choices[i], &choices[oldest]) > 0)
			oldest = i;
	}
	return oldest;
}

/* What changed last, newest first; OUT has room for the site's window. */
static size_t choose(const struct site *site, const struct site_partner *partner,
	struct choice *out)
{
	size_t most = (size_t)site->config.window, count = 0, oldest = 0;

	for (size_t i = 0; i < site->catalogue.count; i++) {
		struct choice choice = {.entry = site->catalogue.entries[i]};

		if (count == most && choice.entry->updated.ms < out[oldest].entry->updated.ms)
			continue;
		choice.decision = partner_desk_decide(site, partner, choice.entry);
		if (choice.decision.view == VIEW_NONE)
			continue;
		if (count < most)
			out[count++] = choice;
		else if (compare_choices(&choice, &out[oldest]) < 0)
			out[oldest] = choice;
		if (count == most)
			oldest = oldest_of(out, count);
	}
	qsort(out, count, sizeof(*out), compare_choices);
	return count;
}

/* ---- what must be there first ---- */

static void make_missing(struct site *site, struct entry *entry, const struct article *article)
{
	for (size_t p = 0; p < site->config.partner_count; p++) {
		const struct site_partner *partner = &site->config.partners[p];
		struct rights_decision decision = partner_desk_decide(site, partner, entry);

		if (decision.view != VIEW_NONE &&
			!partner_items_find(&site->desk->items, entry, &decision, partner))
			partner_items_make(site, &site->desk->items, entry, article, &decision,
				partner);
	}
}

bool partner_desk_prepare(struct partner_desk *desk)
{
	struct site *site = desk->site;
	struct choice *choices =
		mem_resize(NULL, (size_t)site->config.window + 1, sizeof(*choices));
	bool ok = true;

	for (size_t p = 0; p < site->config.partner_count; p++) {
		const struct site_partner *partner = &site->config.partners[p];
		size_t count = choose(site, partner, choices);

		ok = account_of(desk, partner->name)->is_loaded && ok;
		for (size_t i = 0; i < count; i++) {
			struct entry *entry = choices[i].entry;

			if (partner_items_find(&desk->items, entry, &choices[i].decision, partner))
				continue;
			if (!entry->is_loading)
				site_with_article(site, entry, make_missing);
			ok = ok && partner_items_find(&desk->items, entry,
					   &choices[i].decision, partner);
		}
	}
	free(choices);
	return ok;
}

/* ---- what is lost ---- */

static void note_window(struct account *account, const struct choice *choices, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct entry *entry = choices[i].entry;

		if (choices[i].decision.view == VIEW_TOMBSTONE)
			holdings_forget(&account->holdings, entry->id); /* the item itself tells */
		else
			holdings_give(&account->holdings, entry->id, entry->updated.ms);
	}
}

/* Whether what is not in the window any more is lost, and not only old. */
static bool is_lost(const struct site *site, const struct site_partner *partner,
	const struct holding *holding, bool *is_over)
{
	const struct entry *entry =
		map_get(&site->catalogue.by_id, holding->id, strlen(holding->id));
	struct rights_decision decision = {VIEW_NONE, LEVEL_NONE, REASON_RULE};

	if (entry)
		decision = partner_desk_decide(site, partner, entry);
	*is_over = decision.reason == REASON_EXPIRED;
	return decision.view == VIEW_NONE && !*is_over;
}

/* The ids that are lost, newest first, at most TOMBSTONES_MOST; in ARENA. */
static struct holding **find_lost(const struct site *site, struct arena *arena,
	const struct site_partner *partner, struct account *account, size_t *count_out)
{
	int64_t now_ms = loop_wall_ms(site->loop);
	size_t count, lost = 0;
	struct holding **list = holdings_list(&account->holdings, &count);
	struct holding **out = arena_alloc(arena, (count + 1) * sizeof(*out));

	for (size_t i = 0; i < count; i++) {
		struct holding *holding = list[i];
		bool is_over, was_shown = holding->is_shown;

		holding->is_shown = false;
		if (was_shown)
			continue;
		if (is_lost(site, partner, holding, &is_over)) {
			if (!holding->gone_ms)
				holding->gone_ms = now_ms + (int64_t)i; /* times are distinct */
		} else if (is_over) {
			holdings_forget(&account->holdings, holding->id);
			continue;
		} else {
			holding->gone_ms = 0;
		}
		if (holding->gone_ms && now_ms - holding->gone_ms > tombstone_ms)
			holdings_forget(&account->holdings, holding->id);
		else if (holding->gone_ms && lost < TOMBSTONES_MOST)
			out[lost++] = holding;
	}
	free(list);
	*count_out = lost;
	return out;
}

/* The title may not be the partner's to know any more: it stands under its id. */
static void render_lost(const struct site *site, enum feed_format format,
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

struct press_run {
	struct pass *pass;
	const struct site_partner *partner;
	const struct choice *choices;
	size_t count;
	struct holding **lost;
	size_t lost_count;
};

static struct instant newest_of(const struct press_run *run)
{
	struct instant newest = {0};

	if (run->count)
		newest = run->choices[0].entry->updated;
	for (size_t i = 0; i < run->lost_count; i++) {
		if (!newest.is_set || run->lost[i]->gone_ms > newest.ms)
			newest = (struct instant){run->lost[i]->gone_ms, 0, true};
	}
	return newest;
}

static void render_body(const struct press_run *run, enum feed_format format,
	struct feed_head *head, struct buf *out)
{
	struct arena *arena = run->pass->arena;
	struct partner_items *items = &run->pass->site->desk->items;
	struct feed_fragment *fragments = arena_alloc(arena,
		(run->count + run->lost_count + 1) * sizeof(*fragments));
	struct buf *lost = arena_alloc(arena, (run->lost_count + 1) * sizeof(*lost));
	size_t n = 0;

	for (size_t i = 0; i < run->count; i++) {
		const struct partner_variant *variant = partner_items_find(items,
			run->choices[i].entry, &run->choices[i].decision, run->partner);

		fragments[n++] = (struct feed_fragment){buf_text(&variant->formats[format]),
			variant->formats[format].len};
		head->namespaces |= variant->namespaces[format];
	}
	for (size_t i = 0; i < run->lost_count; i++) {
		render_lost(run->pass->site, format, run->lost[i], &lost[i], &head->namespaces);
		fragments[n++] = (struct feed_fragment){buf_text(&lost[i]), lost[i].len};
	}
	feed_render(format, head, fragments, n, out);
	for (size_t i = 0; i < run->lost_count; i++)
		buf_finish(&lost[i]);
}

static void fill_head(const struct press_run *run, enum feed_format format, const char *path,
	struct feed_head *head)
{
	const struct site *site = run->pass->site;
	struct arena *arena = run->pass->arena;

	publish_fill_head(site, arena, feed_index_find(&site->catalogue.index, ""), format, head);
	head->title = arena_printf(arena, "%s · %s", site->config.title, run->partner->name);
	head->self_url = publish_url(site, arena, path);
	head->id = publish_url(site, arena, path_of(arena, run->partner->name, "feed.atom"));
	head->updated = newest_of(run);
	/* another hub could not fetch it */
	head->hub_count = site->config.hub_url ? 1 : 0;
}

/* What is in the document, for the ledger. */
static void issue(const struct press_run *run, const char *path, const struct buf *body)
{
	struct site *site = run->pass->site;
	struct ledger_row row = {.kind = LEDGER_ISSUE, .partner = run->partner->name,
		.topic = path, .time_ms = loop_wall_ms(site->loop)};
	struct buf contents = {0};

	for (size_t i = 0; i < run->count; i++)
		partner_items_add_line(run->choices[i].entry, &run->choices[i].decision,
			&contents);
	for (size_t i = 0; i < run->lost_count; i++)
		buf_printf(&contents, "%s\t0\ttombstone\n", run->lost[i]->id);
	row.contents = buf_text(&contents);
	ledger_hash_bytes(body->bytes, body->len, row.body);
	store_ledger_append(site->store, &row, 1);
	buf_finish(&contents);
}

static void render_format(const struct press_run *run, enum feed_format format)
{
	struct pass *pass = run->pass;
	const char *path = path_of(pass->arena, run->partner->name,
		arena_printf(pass->arena, "feed.%s", feed_format_name(format)));
	struct rendition *rendition = pass_add(pass, path);
	struct feed_head head;
	struct error err;
	char etag[32];

	fill_head(run, format, path, &head);
	render_body(run, format, &head, &rendition->body);
	if (!feed_check(format, rendition->body.bytes, rendition->body.len, &err)) {
		log_error("feed: not replaced path=%s: %s", path, err.text);
		pass_drop(pass);
		return;
	}
	snapshot_etag_of(rendition->body.bytes, rendition->body.len, etag);
	rendition->is_topic = rendition->is_kept = true;
	rendition->spec.content_type = feed_media_type(format);
	rendition->spec.link = pass->site->config.hub_url ?
		arena_printf(pass->arena, "<%s>; rel=\"hub\", <%s>; rel=\"self\"",
			pass->site->config.hub_url, head.self_url) :
		arena_printf(pass->arena, "<%s>; rel=\"self\"", head.self_url);
	rendition->spec.is_private = true;
	if (pass_close(pass, etag) && rendition->is_changed)
		issue(run, path, &rendition->body);
}

static void keep_holdings(struct pass *pass, struct account *account)
{
	const char *path = path_of(pass->arena, account->name, holdings_name);
	struct rendition *rendition = pass_add(pass, path);
	char etag[32];

	holdings_write(&account->holdings, &rendition->body);
	rendition->spec.content_type = "text/plain; charset=utf-8";
	rendition->spec.is_private = rendition->is_kept = true;
	snapshot_etag_of(rendition->body.bytes, rendition->body.len, etag);
	pass_close(pass, etag);
}

static bool is_wanted(const struct site *site, const char *path)
{
	const char *name = path + strlen(prefix), *file = strchr(name, '/');

	for (size_t p = 0; file && p < site->config.partner_count; p++) {
		const struct site_partner *partner = &site->config.partners[p];

		if (strlen(partner->name) != (size_t)(file - name) ||
			strncmp(partner->name, name, (size_t)(file - name)) != 0)
			continue;
		for (int f = 0; f < FEED_FORMAT_COUNT; f++) {
			if (partner->formats[f] && strncmp(file, "/feed.", 6) == 0 &&
				strcmp(file + 6, feed_format_name((enum feed_format)f)) == 0)
				return true;
		}
		return strcmp(file + 1, holdings_name) == 0;
	}
	return false;
}

/* Documents of partners that are none any more, and in formats that they no longer get. */
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

void partner_desk_render(struct partner_desk *desk, struct pass *pass)
{
	struct site *site = desk->site;
	struct choice *choices =
		arena_alloc(pass->arena, ((size_t)site->config.window + 1) * sizeof(*choices));

	for (size_t p = 0; p < site->config.partner_count; p++) {
		struct press_run run = {.pass = pass, .partner = &site->config.partners[p],
			.choices = choices};
		struct account *account = account_of(desk, run.partner->name);

		run.count = choose(site, run.partner, choices);
		note_window(account, choices, run.count);
		run.lost = find_lost(site, pass->arena, run.partner, account, &run.lost_count);
		for (int f = 0; f < FEED_FORMAT_COUNT; f++) {
			if (run.partner->formats[f])
				render_format(&run, (enum feed_format)f);
		}
		keep_holdings(pass, account);
	}
	tidy(desk, pass);
	partner_items_sweep(&desk->items);
	desk->is_dirty = false;
}
