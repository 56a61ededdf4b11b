/* partner_desk.c: see partner_desk.h. */
#include "daemon/site/partner_desk.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/loop/loop.h"
#include "daemon/site/entitlement.h"
#include "daemon/site/partner_docs.h"
#include "daemon/site/partner_topics.h"
#include "daemon/site/site_internal.h"
#include "feeds/base/arena.h"
#include "feeds/base/buf.h"
#include "feeds/base/mem.h"

static const int64_t tombstone_ms = INT64_C(60) * 24 * 3600 * 1000;

/* ---- accounts ---- */

char *desk_holdings_path(struct arena *arena, const char *partner)
{
	return arena_printf(arena, "/p/%s/holdings", partner);
}

static int64_t stored_seq(const struct account *account)
{
	struct arena *arena = arena_create();
	const struct document *document = documents_find(&account->desk->site->documents,
		desk_holdings_path(arena, account->name));
	int64_t seq = document ? document->stored_seq : 0;

	arena_destroy(arena);
	return seq;
}

static void on_holdings(void *context, const struct store_doc *doc)
{
	struct account *account = context;

	if (doc && doc->body && !doc->is_deleted) {
		holdings_read(&account->holdings, doc->body, doc->len);
		holdings_settle(&account->holdings, doc->seq);
		account->noted_seq = doc->seq;
	}
	account->is_loaded = true;
	site_schedule(account->desk->site);
}

void desk_find_shelves(struct account *account)
{
	struct map_entry slot;
	size_t cursor = 0;

	while (map_next(&account->desk->site->documents.map, &cursor, &slot)) {
		const struct document *document = slot.value;
		struct partner_path path;

		if (document->is_stored && partner_path_parse(document->path, &path) &&
			strlen(account->name) == path.name_len &&
			memcmp(account->name, path.name, path.name_len) == 0)
			desk_add_shelf(account, path.key, path.key_len, path.format);
	}
}

static void load(struct account *account)
{
	struct arena *arena = arena_create();

	account->is_loaded = false;
	account->desk->has_unknown = true;
	store_doc_get(account->desk->site->store, desk_holdings_path(arena, account->name),
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
		load(account);
	}
	partner_desk_touch(desk);
}

struct account *desk_account(struct partner_desk *desk, const struct site_partner *partner)
{
	const char *name = partner->name;
	struct account *account = map_get(&desk->accounts, name, strlen(name));

	if (account)
		return account;
	account = mem_alloc(sizeof(*account));
	account->desk = desk;
	account->name = mem_strdup(name);
	account->shelves = mem_alloc(sizeof(*account->shelves));
	account->shelves->key = mem_strdup("");
	map_put(&desk->accounts, account->name, strlen(name), account);
	load(account);
	return account;
}

const struct site_partner *desk_partner(const struct site *site,
	const struct partner_path *path)
{
	char *key = mem_strndup(path->key, path->key_len);
	const struct site_partner *found = NULL;

	for (size_t p = 0; p < site->config.partner_count && !found; p++) {
		const struct site_partner *partner = &site->config.partners[p];

		if (strlen(partner->name) == path->name_len &&
			memcmp(partner->name, path->name, path->name_len) == 0 &&
			partner->formats[path->format] && partner_topic_may_be(partner, key))
			found = partner;
	}
	free(key);
	return found;
}

struct shelf *desk_find_shelf(const struct account *account, const char *key, size_t len)
{
	struct shelf *shelf = account->shelves;

	while (shelf && (strlen(shelf->key) != len || memcmp(shelf->key, key, len) != 0))
		shelf = shelf->next;
	return shelf;
}

struct shelf *desk_add_shelf(struct account *account, const char *key, size_t len,
	enum feed_format format)
{
	struct shelf *shelf = desk_find_shelf(account, key, len);

	if (!shelf) {
		shelf = mem_alloc(sizeof(*shelf));
		shelf->key = mem_strndup(key, len);
		shelf->next = account->shelves->next;
		account->shelves->next = shelf;
	}
	shelf->formats[format] = true;
	return shelf;
}

/* ---- what the partner has ---- */

static struct entry *entry_of(const struct account *account, const struct holding *holding)
{
	const struct map *ids = &account->desk->site->catalogue.by_id;

	return map_get(ids, holding->id, strlen(holding->id));
}

/* Of what is seen of ENTRY under DECISION: the same number, the same sight. */
static uint64_t sight_of(const struct site *site, const struct entry *entry,
	const struct rights_decision *decision)
{
	const struct rights_rule *rule = entitlement_of(site, entry).rule;
	struct buf text = {0};
	uint64_t sight;

	buf_printf(&text, "%d %d %d %lld %d\n%s\n%s", (int)decision->view, (int)decision->level,
		entry->version, (long long)entry->updated.ms, entry->level >= LEVEL_FULL_MEDIA,
		rule && rule->text ? rule->text : "", rule && rule->license ? rule->license : "");
	sight = map_hash(text.bytes, text.len);
	buf_finish(&text);
	return sight ? sight : 1;
}

/* Now, but a time of its own: Atom wants distinct times within a feed. */
static int64_t next_time(struct account *account)
{
	const struct site *site = account->desk->site;
	int64_t at_ms = loop_wall_ms(site->loop);

	if (at_ms <= account->last_ms)
		at_ms = account->last_ms + 1;
	while (map_get(&site->catalogue.by_updated, (const char *)&at_ms, sizeof(at_ms)))
		at_ms++;
	account->last_ms = at_ms;
	return at_ms;
}

static void see(struct account *account, struct holding *holding, const struct entry *entry,
	const struct rights_decision *decision)
{
	const struct site *site = account->desk->site;
	uint64_t sight = sight_of(site, entry, decision);
	bool was_known = holding->sight != 0;

	holding->gone_ms = 0;
	if (holding->sight == sight)
		return;
	/* a new version is dated by itself */
	if (was_known && holding->at_ms == entry->updated.ms)
		holding->changed_ms = next_time(account);
	holding->sight = sight;
	holding->at_ms = entry->updated.ms;
	holding->is_told = decision->view == VIEW_TOMBSTONE;
	holding->seq = was_known ? 0 : holding->seq;
}

static void lose(struct account *account, struct holding *holding)
{
	if (holding->gone_ms || holding->is_told)
		return;
	holding->gone_ms = next_time(account);
	holding->sight = 1; /* should it return, that is news */
	holding->seq = 0;
}

void desk_review(struct account *account, const struct site_partner *partner)
{
	struct site *site = account->desk->site;
	int64_t seq = stored_seq(account);
	size_t count;
	struct holding **list;

	if (seq > account->noted_seq) /* else the last pass was not committed */
		holdings_settle(&account->holdings, seq);
	account->noted_seq = seq;
	/* what changes at once keeps its order: else the window would be of any of it */
	list = holdings_list_by_age(&account->holdings, &count);
	for (size_t i = 0; i < count; i++) {
		struct holding *holding = list[i];
		struct entry *entry = entry_of(account, holding);
		struct rights_decision decision = {VIEW_NONE, LEVEL_NONE, REASON_RULE};

		if (entry)
			decision = partner_desk_decide(site, partner, entry);
		if (decision.view != VIEW_NONE)
			see(account, holding, entry, &decision);
		else if (decision.reason != REASON_EXPIRED)
			lose(account, holding);
		else
			holdings_forget(&account->holdings, holding->id);
	}
	free(list);
}

int64_t desk_seq_of(struct account *account, const struct holding *holding)
{
	return holding->seq ? holding->seq : stored_seq(account);
}

/* The last first. */
static int compare_losses(const void *a_ptr, const void *b_ptr)
{
	const struct holding *const *a = a_ptr, *const *b = b_ptr;

	return ((*a)->gone_ms < (*b)->gone_ms) - ((*a)->gone_ms > (*b)->gone_ms);
}

/* Keeps TOMBSTONES_MOST of the COUNT in LIST, in their order; no two were lost at one time. */
static size_t keep_last(struct holding **list, size_t count, struct arena *arena)
{
	struct holding **sorted = arena_alloc(arena, (count + 1) * sizeof(*sorted));
	size_t kept = 0;

	if (count <= TOMBSTONES_MOST)
		return count;
	memcpy(sorted, list, count * sizeof(*sorted));
	qsort(sorted, count, sizeof(*sorted), compare_losses);
	for (size_t i = 0; i < count; i++) {
		if (list[i]->gone_ms >= sorted[TOMBSTONES_MOST - 1]->gone_ms)
			list[kept++] = list[i];
	}
	return kept;
}

struct holding **desk_list_lost(const struct account *account, struct arena *arena,
	const char *key, size_t *count_out)
{
	int64_t now_ms = loop_wall_ms(account->desk->site->loop);
	size_t count, lost = 0;
	struct holding **list = holdings_list(&account->holdings, &count);
	struct holding **out = arena_alloc(arena, (count + 1) * sizeof(*out));

	for (size_t i = 0; i < count; i++) {
		struct holding *holding = list[i];
		const struct entry *entry = entry_of(account, holding);

		if (!holding->gone_ms || now_ms - holding->gone_ms > tombstone_ms)
			continue;
		if (!*key || (entry && partner_topic_had(key, entry)))
			out[lost++] = holding;
	}
	free(list);
	*count_out = keep_last(out, lost, arena);
	return out;
}

void desk_note(struct account *account, const struct choice *choice)
{
	see(account, holdings_give(&account->holdings, choice->entry->id), choice->entry,
		&choice->decision);
}

/* ---- windows ---- */

static int64_t time_of(const struct choice *choice)
{
	int64_t updated_ms = choice->entry->updated.ms;

	return choice->changed_ms > updated_ms ? choice->changed_ms : updated_ms;
}

static int compare_choices(const void *a_ptr, const void *b_ptr)
{
	const struct choice *a = a_ptr, *b = b_ptr;

	if (time_of(a) != time_of(b))
		return time_of(a) > time_of(b) ? -1 : 1;
	return strcmp(a->entry->id, b->entry->id);
}

static void offer(struct shelf *shelf, size_t most, const struct choice *choice)
{
	if (shelf->count < most)
		shelf->window[shelf->count++] = *choice;
	else if (compare_choices(choice, &shelf->window[shelf->oldest]) < 0)
		shelf->window[shelf->oldest] = *choice;
	if (shelf->count < most)
		return;
	shelf->oldest = 0;
	for (size_t i = 1; i < shelf->count; i++) {
		if (compare_choices(&shelf->window[i], &shelf->window[shelf->oldest]) > 0)
			shelf->oldest = i;
	}
}

static bool is_too_old(const struct shelf *shelf, size_t most, int64_t at_ms)
{
	return shelf->count == most && at_ms < time_of(&shelf->window[shelf->oldest]);
}

/* ENTRY to those of ACCOUNT's shelves that it belongs on. */
static void offer_entry(struct account *account, const struct site_partner *partner,
	struct entry *entry, size_t most)
{
	struct choice choice = {.entry = entry};
	bool is_decided = false;

	for (struct shelf *shelf = account->shelves; shelf; shelf = shelf->next) {
		if (is_too_old(shelf, most, entry->updated.ms) ||
			!partner_topic_has(shelf->key, entry))
			continue;
		if (!is_decided)
			choice.decision = partner_desk_decide(account->desk->site, partner, entry);
		is_decided = true;
		if (choice.decision.view == VIEW_NONE)
			return;
		offer(shelf, most, &choice);
	}
}

static struct choice *find_choice(struct shelf *shelf, const struct entry *entry)
{
	for (size_t i = 0; i < shelf->count; i++) {
		if (shelf->window[i].entry == entry)
			return &shelf->window[i];
	}
	return NULL;
}

/* What looks otherwise without a new version is as new as that. */
static void offer_changed(struct account *account, const struct site_partner *partner,
	size_t most)
{
	size_t count;
	struct holding **list = holdings_list(&account->holdings, &count);

	for (size_t i = 0; i < count; i++) {
		struct entry *entry = entry_of(account, list[i]);
		struct choice choice = {.entry = entry, .changed_ms = list[i]->changed_ms};

		if (!entry || !choice.changed_ms || choice.changed_ms <= entry->updated.ms)
			continue;
		choice.decision = partner_desk_decide(account->desk->site, partner, entry);
		for (struct shelf *shelf = account->shelves; shelf; shelf = shelf->next) {
			struct choice *there = find_choice(shelf, entry);

			if (there)
				there->changed_ms = choice.changed_ms;
			else if (choice.decision.view != VIEW_NONE &&
				partner_topic_has(shelf->key, entry) &&
				!is_too_old(shelf, most, choice.changed_ms))
				offer(shelf, most, &choice);
		}
	}
	free(list);
}

static void clear(struct account *account, const struct site_partner *partner, size_t most)
{
	for (struct shelf *shelf = account->shelves; shelf; shelf = shelf->next) {
		shelf->window = mem_resize(shelf->window, most + 1, sizeof(*shelf->window));
		shelf->count = shelf->oldest = 0;
	}
	for (int f = 0; f < FEED_FORMAT_COUNT; f++)
		account->shelves->formats[f] = partner->formats[f];
}

/* One walk for all partners: with a large archive that is what it costs. */
void desk_choose(struct partner_desk *desk)
{
	const struct site *site = desk->site;
	const struct site_config *config = &site->config;
	size_t most = (size_t)config->window;
	struct account **accounts =
		mem_resize(NULL, config->partner_count + 1, sizeof(struct account *));

	for (size_t p = 0; p < config->partner_count; p++) {
		accounts[p] = desk_account(desk, &config->partners[p]);
		clear(accounts[p], &config->partners[p], most);
	}
	for (size_t i = 0; i < site->catalogue.count && config->partner_count; i++) {
		for (size_t p = 0; p < config->partner_count; p++)
			offer_entry(accounts[p], &config->partners[p],
				site->catalogue.entries[i], most);
	}
	for (size_t p = 0; p < config->partner_count; p++) {
		offer_changed(accounts[p], &config->partners[p], most);
		for (struct shelf *shelf = accounts[p]->shelves; shelf; shelf = shelf->next)
			qsort(shelf->window, shelf->count, sizeof(*shelf->window), compare_choices);
	}
	free(accounts);
}
