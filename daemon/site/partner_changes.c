/*
 * partner_changes.c: see partner_changes.h. What a partner has been given is known with the
 * publication that changed it last (holdings.h); what was never in a window, because more came
 * at once than one shows, by the publication that changed the article. What would be too much
 * for one document is cut between two publications: the number up to where it tells goes with
 * it, and the rest follows.
 */
#include "daemon/site/partner_changes.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/control/log.h"
#include "daemon/site/changes.h"
#include "daemon/site/numbers.h"
#include "daemon/site/partner_desk.h"
#include "daemon/site/partner_docs.h"
#include "daemon/site/partner_topics.h"
#include "daemon/site/site_internal.h"
#include "feeds/base/arena.h"
#include "feeds/base/buf.h"
#include "feeds/base/error.h"
#include "feeds/base/mem.h"
#include "feeds/render.h"

struct change {
	int64_t seq;               /* first, for changes_cut */
	struct choice choice;      /* or */
	struct holding *lost;
};

struct partner_changes {
	struct partner_changes *next;
	struct partner_desk *desk;
	char *path;                /* owns */
	int64_t since, until;
	bool is_known;             /* articles have their numbers */
	struct change *items;      /* owns; chosen anew at each step */
	size_t count, cap;
	void (*done)(void *context, const struct store_doc *doc);
	void *context;
};

static void changes_free(struct partner_changes *changes)
{
	free(changes->items);
	free(changes->path);
	free(changes);
}

void partner_changes_destroy(struct partner_desk *desk)
{
	struct partner_changes *changes;

	while ((changes = desk->changes)) {
		desk->changes = changes->next;
		changes_free(changes);
	}
}

/* ---- which articles ---- */

static void add(struct partner_changes *changes, const struct change *change)
{
	if (change->seq <= changes->since)
		return;
	if (changes->count == changes->cap) {
		changes->cap = changes->cap ? changes->cap * 2 : 64;
		changes->items =
			mem_resize(changes->items, changes->cap, sizeof(*changes->items));
	}
	changes->items[changes->count++] = *change;
}

/* What is lost is told of wherever it stood. */
static bool is_of_topic(const char *key, const struct choice *choice)
{
	if (!choice->entry)
		return !*key;
	return choice->decision.view == VIEW_NONE ? partner_topic_had(key, choice->entry) :
		partner_topic_has(key, choice->entry);
}

static void add_holdings(struct partner_changes *changes, struct account *account,
	const struct site_partner *partner, const char *key)
{
	const struct site *site = changes->desk->site;
	size_t count;
	struct holding **list = holdings_list(&account->holdings, &count);

	for (size_t i = 0; i < count; i++) {
		struct holding *holding = list[i];
		struct entry *entry =
			map_get(&site->catalogue.by_id, holding->id, strlen(holding->id));
		struct change change = {.choice = {.entry = entry},
			.seq = desk_seq_of(account, holding)};

		if (entry)
			change.choice.decision = partner_desk_decide(site, partner, entry);
		if (!is_of_topic(key, &change.choice))
			continue;
		if (entry && holding->changed_ms > entry->updated.ms)
			change.choice.changed_ms = holding->changed_ms;
		if (change.choice.decision.view == VIEW_NONE)
			change.lost = holding;
		if (change.choice.decision.view != VIEW_NONE || holding->gone_ms)
			add(changes, &change);
	}
	free(list);
}

static void add_others(struct partner_changes *changes, struct account *account,
	const struct site_partner *partner, const char *key)
{
	const struct site *site = changes->desk->site;

	for (size_t i = 0; i < site->catalogue.count; i++) {
		struct entry *entry = site->catalogue.entries[i];
		struct change change = {.choice = {.entry = entry}, .seq = entry->changed_seq};

		if (!entry->id || change.seq <= changes->since ||
			!partner_topic_has(key, entry) ||
			holdings_find(&account->holdings, entry->id))
			continue;
		change.choice.decision = partner_desk_decide(site, partner, entry);
		if (change.choice.decision.view != VIEW_NONE)
			add(changes, &change);
	}
}

static void cut(struct partner_changes *changes, size_t most)
{
	size_t kept = changes_cut(changes->items, changes->count, sizeof(*changes->items), most);

	if (kept < changes->count)
		changes->until = changes->items[kept - 1].seq;
	changes->count = kept;
}

/* The same by size, once that is known. */
static void fit(struct partner_changes *changes, const struct site_partner *partner,
	enum feed_format format)
{
	struct partner_items *items = &changes->desk->items;
	size_t used = 0, count;

	for (count = 0; count < changes->count; count++) {
		const struct change *change = &changes->items[count];

		if (!change->lost)
			used += partner_items_find(items, &change->choice, partner)
				->formats[format].len;
		if (used > CHANGES_BYTES_MOST && count > 0)
			break;
	}
	cut(changes, count);
}

/* ---- the document ---- */

/* Who got it here has it, though no window showed it. */
static void note(struct account *account, const struct change *change)
{
	const char *id = change->choice.entry->id;
	bool is_new = !holdings_find(&account->holdings, id);

	desk_note(account, &change->choice);
	if (is_new)
		holdings_find(&account->holdings, id)->seq = change->seq;
}

/* The newest first, as in the whole. */
static void fill(const struct partner_changes *changes, struct account *account,
	struct partner_press *press)
{
	const struct shelf *shelf = desk_find_shelf(account, press->key, strlen(press->key));
	struct choice *choices = arena_alloc(press->arena, (changes->count + 1) * sizeof(*choices));
	struct partner_press whole = *press;

	whole.choices = shelf ? shelf->window : NULL;
	whole.count = shelf ? shelf->count : 0;
	whole.lost = desk_list_lost(account, press->arena, press->key, &whole.lost_count);
	press->updated = partner_press_newest(&whole);
	press->choices = choices;
	press->lost = arena_alloc(press->arena, (changes->count + 1) * sizeof(*press->lost));
	for (size_t i = changes->count; i-- > 0;) {
		const struct change *change = &changes->items[i];

		if (change->lost) {
			press->lost[press->lost_count++] = change->lost;
		} else {
			choices[press->count++] = change->choice;
			note(account, change);
		}
	}
}

static void give(struct partner_changes *changes, struct account *account,
	const struct site_partner *partner, const char *key, enum feed_format format)
{
	struct arena *arena = arena_create();
	struct partner_press press = {.site = changes->desk->site, .arena = arena,
		.partner = partner, .key = key, .format = format};
	struct store_doc doc = {.path = changes->path, .is_topic = true,
		.content_type = feed_media_type(format)};
	struct feed_head head;
	struct buf body = {0};
	struct error err;
	bool ok;

	fit(changes, partner, format);
	fill(changes, account, &press);
	partner_press_render(&press, changes->path, &head, &body);
	doc.seq = changes->until;
	doc.body = body.bytes;
	doc.len = body.len;
	ok = feed_check(format, body.bytes, body.len, &err);
	if (ok)
		partner_press_issue(&press, changes->path, &body);
	else
		log_error("feed: changes not sent path=%s: %s", changes->path, err.text);
	changes->done(changes->context, ok ? &doc : NULL);
	buf_finish(&body);
	arena_destroy(arena);
}

/* ---- waiting ---- */

static bool choose(struct partner_changes *changes, struct account *account,
	const struct site_partner *partner, const char *key)
{
	bool ok = true;

	changes->count = 0;
	add_holdings(changes, account, partner, key);
	add_others(changes, account, partner, key);
	changes_sort(changes->items, changes->count, sizeof(*changes->items));
	cut(changes, CHANGES_ENTRIES_MOST);
	for (size_t i = 0; i < changes->count; i++) {
		if (!changes->items[i].lost)
			ok = partner_desk_want(changes->desk, &changes->items[i].choice, partner) &&
				ok;
	}
	return ok;
}

/* Answers when it can, out of the list by then: who is answered may ask again at once. */
static bool step(struct partner_changes *changes, struct partner_changes **at)
{
	struct partner_desk *desk = changes->desk;
	const struct document *document = documents_find(&desk->site->documents, changes->path);
	const struct site_partner *partner = NULL;
	struct account *account;
	struct partner_path parts;
	bool ok;
	char *key;

	if (!changes->is_known || partner_desk_is_dirty(desk))
		return false;
	if (partner_path_parse(changes->path, &parts) && document && document->is_stored)
		partner = desk_partner(desk->site, &parts);
	if (!partner) {
		*at = changes->next;
		changes->done(changes->context, NULL);
		return true;
	}
	account = desk_account(desk, partner);
	key = mem_strndup(parts.key, parts.key_len);
	changes->until = document->stored_seq;
	ok = choose(changes, account, partner, key);
	if (ok) {
		*at = changes->next;
		give(changes, account, partner, key, parts.format);
	}
	free(key);
	return ok;
}

void partner_changes_step(struct partner_desk *desk)
{
	struct partner_changes **at = &desk->changes, *changes;

	while ((changes = *at)) {
		if (step(changes, at)) {
			changes_free(changes);
			at = &desk->changes; /* the list may be another by now */
		} else {
			at = &changes->next;
		}
	}
}

static void on_numbered(void *context)
{
	struct partner_changes *changes = context;

	changes->is_known = true;
	site_schedule(changes->desk->site);
}

bool partner_changes(struct partner_desk *desk, const char *path, int64_t since,
	void (*done)(void *context, const struct store_doc *doc), void *context)
{
	struct partner_changes *changes;
	struct partner_path parts;

	if (!partner_path_parse(path, &parts) || parts.format == FEED_JSON ||
		desk->site->mode == SITE_FOLLOWS)
		return false;
	changes = mem_alloc(sizeof(*changes));
	*changes = (struct partner_changes){.next = desk->changes, .desk = desk,
		.path = mem_strdup(path), .since = since, .done = done, .context = context};
	desk->changes = changes;
	numbers_read(desk->site, on_numbered, changes);
	return true;
}
