/*
 * versions.c: the parser's answers into entries. Who an article is, whether what it says is
 * a new version, when that counts as updated, and whether readers may see it now. One that
 * is broken leaves its last good version alone.
 */
#include "daemon/site/versions.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/control/log.h"
#include "daemon/loop/loop.h"
#include "daemon/site/entitlement.h"
#include "daemon/site/filing.h"
#include "daemon/site/fragments.h"
#include "daemon/site/priority.h"
#include "daemon/site/requests.h"
#include "daemon/site/retire.h"
#include "daemon/site/site_internal.h"
#include "feeds/base/arena.h"
#include "feeds/base/buf.h"
#include "feeds/base/mem.h"
#include "feeds/flat.h"
#include "feeds/parse.h"
#include "feeds/text.h"
#include "feeds/url.h"

/* One broken _channel.yaml holds back many articles: one of them says so. */
static bool is_news_of_channel(struct site *site, const struct diagnosis *why)
{
	if (strcmp(why->class, "channel-invalid") != 0)
		return true;
	if (site->channel_problem && strcmp(site->channel_problem, why->message) == 0)
		return false;
	free(site->channel_problem);
	site->channel_problem = mem_strdup(why->message);
	return true;
}

void versions_reject(struct site *site, struct entry *entry, const struct diagnosis *why)
{
	struct buf line = {0};

	buf_printf(&line, "%s:", entry->path);
	if (why->line)
		buf_printf(&line, "%d:", why->line);
	if (why->line)
		buf_printf(&line, "%d:", why->column ? why->column : 1);
	buf_printf(&line, " %s", why->message ? why->message : why->class);
	if (why->hint)
		buf_printf(&line, "; %s", why->hint);
	buf_printf(&line, " [%s]%s", why->class, entry->id ? " (the last good version stays)" : "");
	free(entry->problem);
	entry->problem = buf_take(&line, NULL);
	entry->presence = REJECTED;
	site->refusals++;
	catalogue_touch(&site->catalogue, entry);
	if (is_news_of_channel(site, why))
		log_error("%s", entry->problem);
	site_schedule(site);
}

/* ---- states ---- */

/* An article that was taken back shows its notice so long, then nothing. */
static int64_t notice_ends(const struct site *site, const struct entry *entry,
	const struct article *article)
{
	int64_t from = entry->decision == DECISION_KILLED ? entry->decided_ms :
		article->withdrawal.at.is_set ? article->withdrawal.at.ms : entry->updated.ms;

	return from + site->config.withdrawn_keep_ms;
}

static bool is_shown_at(const struct site *site, struct entry *entry,
	const struct article *article, int64_t now_ms)
{
	enum article_status status = article_status_at(article, now_ms);
	int64_t ends_ms;

	entry->next_change_ms = article_next_change(article, now_ms);
	entry->status = status;
	if (entry->presence == GONE || entry->decision == DECISION_HELD ||
		entry->level == LEVEL_NONE)
		return false;
	if (entry->decision == DECISION_KILLED && entry->visible_ms)
		status = STATUS_WITHDRAWN;
	if (status != STATUS_WITHDRAWN)
		return status == STATUS_PUBLISHED && entry->decision != DECISION_KILLED;
	ends_ms = notice_ends(site, entry, article);
	if (now_ms >= ends_ms)
		return false;
	if (ends_ms < entry->next_change_ms)
		entry->next_change_ms = ends_ms;
	return true;
}

void versions_apply_state(struct site *site, struct entry *entry,
	const struct article *article)
{
	int64_t now_ms = loop_wall_ms(site->loop);
	enum article_status before = entry->status;
	bool is_other = entitle(site, entry, article);
	bool is_shown = is_shown_at(site, entry, article, now_ms);
	/* what an empty store finds in place has been visible since its publication */
	bool is_old = site->is_fresh && !site->is_ready;
	bool is_return = entry->visible_ms != 0;

	site_alarm_before(site, entry->next_change_ms);
	if (entry->status != before)
		catalogue_touch(&site->catalogue, entry); /* partners see it otherwise */
	/* the rules have changed: readers are told by `updated` */
	if (is_other)
		feed_index_disturb(&site->catalogue.index, entry);
	if (is_other && entry->is_visible && is_shown)
		versions_renew(site, entry, (struct instant){now_ms, site->config.offset_s, true},
			true);
	if (entry->is_visible == is_shown)
		return;
	catalogue_touch(&site->catalogue, entry);
	site_page_changed(site, entry);
	if (!is_shown) {
		catalogue_hide(&site->catalogue, entry);
		return;
	}
	catalogue_show(&site->catalogue, entry, is_old ? entry->published.ms : now_ms, !is_old);
	if (is_return)
		feed_index_surface(&site->catalogue.index, entry, now_ms);
}

/* ---- who it is ---- */

/* The entry that ARTICLE continues under another name: the same bytes or the same stated
 * id, whose file is gone. */
static struct entry *find_former(struct site *site, const struct entry *entry,
	const char *hash, const char *id)
{
	struct entry *holder = id ? map_get(&site->catalogue.by_id, id, strlen(id)) : NULL;

	if (holder && holder != entry && (holder->gone_due_ms || holder->presence == GONE))
		return holder;
	return catalogue_find_deleted(&site->catalogue, hash);
}

/* Makes FORMER the entry of ENTRY's path; ENTRY is forgotten (it never had an identity). */
static struct entry *take_over(struct site *site, struct entry *entry, struct entry *former)
{
	char *path = mem_strdup(entry->path);
	char *hidden = NULL;

	/* the empty entry stays in the array under a name that no file can have */
	hidden = mem_alloc(strlen(path) + 2);
	memcpy(hidden + 1, path, strlen(path));
	hidden[0] = '/';
	map_remove(&site->catalogue.by_path, entry->path, strlen(entry->path));
	free(entry->path);
	entry->path = hidden;
	entry->presence = GONE;
	former->gone_due_ms = 0;
	log_info("article: renamed from=%s to=%s", former->path, path);
	retire_note_move(site, former->path, path);
	filing_move(site, former, path);
	former->presence = PRESENT;
	catalogue_touch(&site->catalogue, former);
	free(path);
	return former;
}

/* The name of its page follows the file and what it states; the former one leads there. */
static void name_page(struct site *site, struct entry *entry, const struct article *article,
	struct arena *arena)
{
	const char *slug = identity_slug(arena, article->slug, entry->path, entry->id);
	const char *other = identity_slug_other(arena, slug, entry->id);

	if (entry->slug && (strcmp(entry->slug, slug) == 0 || strcmp(entry->slug, other) == 0))
		return;
	site_page_changed(site, entry);
	fragments_destroy(entry->fragments);
	entry->fragments = NULL;
	if (!catalogue_set_slug(&site->catalogue, entry, slug))
		catalogue_set_slug(&site->catalogue, entry, other);
}

static bool name_entry(struct site *site, struct entry *entry, const struct article *article,
	struct arena *arena, const char *hash)
{
	struct diagnosis conflict = {.class = "id-conflict"};
	const char *id = article->id;
	struct entry *holder;

	if (!id && entry->id)
		id = entry->id;
	if (!id)
		id = identity_mint(arena, identity_tagging(arena, site->config.authority,
			site->config.base_url), &article->published, entry->path, hash);
	if (!catalogue_set_id(&site->catalogue, entry, id)) {
		holder = map_get(&site->catalogue.by_id, id, strlen(id));
		conflict.message = arena_printf(arena, "the id %s is that of %s", id, holder->path);
		conflict.hint = "give one of the two another id";
		versions_reject(site, entry, &conflict);
		return false;
	}
	name_page(site, entry, article, arena);
	return true;
}

/* ---- what it says ---- */

/* The time of a new version: what the file states when that is news, else now. */
static struct instant version_time(const struct site *site, const struct entry *entry,
	const struct article *article)
{
	struct instant stated = article->updated.is_set ? article->updated : article->published;
	struct instant now = {loop_wall_ms(site->loop), site->config.offset_s, true};

	if (stated.ms < article->published.ms)
		stated = article->published;
	if (!entry->version)
		return stated;
	if (article->correction.level == CORRECTION_TYPO)
		return entry->updated;
	if (stated.ms > entry->updated.ms && stated.ms <= now.ms)
		return stated;
	return now.ms > entry->updated.ms ? now :
		(struct instant){entry->updated.ms + 1000, now.offset_s, true};
}

static void act_touch(struct feed_index *index, struct feed *feed, struct entry *entry)
{
	(void)entry;
	feed_index_touch(index, feed);
}

void versions_renew(struct site *site, struct entry *entry, struct instant updated,
	bool is_silent)
{
	struct feed_index *index = &site->catalogue.index;

	catalogue_set_updated(&site->catalogue, entry, updated);
	catalogue_touch(&site->catalogue, entry);
	fragments_destroy(entry->fragments);
	entry->fragments = NULL;
	site_page_changed(site, entry);
	entry->version++;
	if (!site->first_dirty_ms)
		site->first_dirty_ms = loop_mono_ms(site->loop);
	if (!entry->is_ranked)
		return;
	feed_index_each(index, entry, act_touch);
	if (entry->is_visible && !is_silent)
		feed_index_surface(index, entry, loop_wall_ms(site->loop));
}

static void keep_flat(struct site *site, struct entry *entry, const void *flat, size_t len)
{
	free(entry->flat);
	entry->flat = mem_alloc(len);
	memcpy(entry->flat, flat, len);
	entry->flat_len = len;
	entry->is_lost = false;
	site->unsaved++;
}

/* A version that differs from the last: new times, its feeds dirty. */
static void accept_version(struct site *site, struct entry *entry,
	const struct article *article)
{
	if (!entry->first_seen_ms)
		entry->first_seen_ms = loop_wall_ms(site->loop);
	site->versions++;
	priority_raise(entry, priority_of(article));
	versions_renew(site, entry, version_time(site, entry, article),
		article->correction.level == CORRECTION_TYPO);
}

bool versions_decode(const struct site *site, struct arena *arena, const void *flat,
	size_t len, struct article **out)
{
	const char *authority = identity_tagging(arena, site->config.authority,
		site->config.base_url);
	struct article *article;

	if (!flat_decode(arena, flat, len, out))
		return false;
	article = *out;
	article->id = identity_stated(arena, authority, article->id);
	article->withdrawal.id = identity_stated(arena, authority, article->withdrawal.id);
	article->correction.of = identity_stated(arena, authority, article->correction.of);
	return true;
}

/* ---- decisions beside the file ---- */

bool versions_override(const struct entry *entry, struct article *article)
{
	if (entry->decision == DECISION_KILLED) {
		article->status = STATUS_WITHDRAWN;
		if (entry->decision_note)
			article->withdrawal.reason = entry->decision_note;
		article->withdrawal.at = (struct instant){entry->decided_ms, 0, true};
	}
	if (article->status == STATUS_WITHDRAWN)
		article_redact(article);
	return true;
}

void versions_decide(struct site *site, struct entry *entry, enum store_decision decision,
	const char *note)
{
	int64_t now_ms = loop_wall_ms(site->loop);
	struct instant now = {now_ms, site->config.offset_s, true};

	if (entry->decision == decision && text_is_same(entry->decision_note, note))
		return;
	entry->decision = decision;
	entry->decided_ms = now_ms;
	free(entry->decision_note);
	entry->decision_note = mem_strdup(note);
	if (now.ms <= entry->updated.ms)
		now.ms = entry->updated.ms + 1000;
	filing_review(site, entry);
	feed_index_disturb(&site->catalogue.index, entry);
	priority_raise(entry, decision == DECISION_NONE ? PRIORITY_REST : PRIORITY_KILL);
	versions_renew(site, entry, now, decision == DECISION_HELD);
	log_warn("article: %s path=%s id=%s", decision == DECISION_KILLED ? "killed" :
		decision == DECISION_HELD ? "held" : "released", entry->path, entry->id);
	site_with_article(site, entry, versions_apply_state);
	site_schedule(site);
}

bool site_decide(struct site *site, const char *name, enum site_decision decision,
	const char *note)
{
	static const enum store_decision decisions[] = {
		[SITE_RELEASE] = DECISION_NONE,
		[SITE_HOLD] = DECISION_HELD,
		[SITE_KILL] = DECISION_KILLED,
	};
	struct entry *entry = site_find(site, name);

	if (!entry || !entry->id || site->mode != SITE_LEADS)
		return false;
	versions_decide(site, entry, decisions[decision], note);
	return true;
}

/* A notice takes another article back, which may have come before it or after. */
static void apply_kills(struct site *site, struct entry *entry, const struct article *article)
{
	struct entry *target, *notice;
	const char *id = article->status == STATUS_WITHDRAWAL ? article->withdrawal.id : NULL;

	if (id && (target = map_get(&site->catalogue.by_id, id, strlen(id))) && target != entry)
		versions_decide(site, target, DECISION_KILLED, article->withdrawal.reason);
	notice = notes_find_hidden(&site->notes, NOTE_KILL, entry->id);
	if (notice && notice != entry && entry->decision != DECISION_KILLED)
		versions_decide(site, entry, DECISION_KILLED, NULL);
}

/* ---- the answer ---- */

/* Fills the lengths of media that lie beside the article; true if any was. */
static bool fill_lengths(struct site *site, struct arena *arena, const char *path,
	struct media_list *list)
{
	bool any = false;

	for (size_t i = 0; i < list->count; i++) {
		struct media *media = &list->items[i];
		struct buf local = {0};
		struct stat status;
		int fd;
		const char *file = media->href ? url_local_file(arena, media->href) : NULL;

		if (media->length >= 0 || !file)
			continue;
		buf_add(&local, path, channel_len(path));
		buf_printf(&local, "%s%s", local.len ? "/" : "", file);
		fd = site->events->open_file(site->context, local.bytes, NULL);
		if (fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
			media->length = status.st_size;
			any = true;
		}
		if (fd >= 0)
			close(fd);
		buf_finish(&local);
	}
	return any;
}

static void accept_article(struct parse_request *request, struct arena *arena,
	const struct article *article, const void *flat, size_t len)
{
	/* of a whole archive a summary is enough */
	bool is_first_scan = request->site->is_fresh && !request->site->is_ready;
	struct site *site = request->site;
	struct entry *entry = request->entry;
	char content_hash[HASH_HEX];
	/* an update of the program encodes the same file otherwise: see schema.c */
	bool is_same_input = strcmp(entry->content_hash, request->hash) == 0;
	bool is_same_content;

	if (!name_entry(site, entry, article, arena, request->hash))
		return;
	free(entry->problem);
	entry->problem = NULL;
	entry->presence = PRESENT;
	catalogue_touch(&site->catalogue, entry);
	free(entry->title);
	entry->title = mem_strdup(article->title);
	identity_hash(flat, len, NULL, 0, content_hash);
	if (entitle(site, entry, article) || article->status == STATUS_WITHDRAWN)
		feed_index_disturb(&site->catalogue.index, entry);
	filing_set(site, entry, article);
	is_same_content = strcmp(content_hash, entry->content_hash) == 0;
	if (!is_same_content) {
		strcpy(entry->content_hash, content_hash);
		keep_flat(site, entry, flat, len);
	}
	if (!is_same_content && !is_same_input) {
		accept_version(site, entry, article);
		log_line(is_first_scan ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO,
			"article: %s path=%s id=%s version=%d",
			entry->version > 1 ? "changed" : "new", entry->path, entry->id,
			entry->version);
	}
	versions_apply_state(site, entry, article);
	apply_kills(site, entry, article);
}

static void accept_flat(struct parse_request *request, struct arena *arena,
	struct article *article, const void *flat, size_t len)
{
	struct site *site = request->site;
	struct buf filled = {0};
	bool any;

	any = fill_lengths(site, arena, request->entry->path, &article->images);
	if (fill_lengths(site, arena, request->entry->path, &article->attachments) || any) {
		flat_encode(article, &filled);
		flat = filled.bytes;
		len = filled.len;
	}
	accept_article(request, arena, article, flat, len);
	buf_finish(&filled);
}

void versions_note_file(const struct parse_request *request, struct entry *entry)
{
	entry->inode = request->inode;
	entry->mtime_ns = request->mtime_ns;
	entry->size = request->size;
	strcpy(entry->hash, request->hash);
	entry->companions = request->companions;
}

void versions_parsed(struct parse_request *request, const void *flat, size_t len,
	const struct diagnosis *why)
{
	static const struct diagnosis garbled = {.class = "parser-killed",
		.message = "the parser's answer could not be read"};
	struct site *site = request->site;
	struct arena *arena = site->scratch;
	struct article *article = NULL;
	struct entry *former = NULL;

	if (site->mode != SITE_LEADS) { /* no more, since it was sent */
		free(request);
		return;
	}
	if (flat && !versions_decode(site, arena, flat, len, &article))
		why = &garbled;
	if (article && !request->entry->id)
		former = find_former(site, request->entry, request->hash, article->id);
	if (former)
		request->entry = take_over(site, request->entry, former);
	versions_note_file(request, request->entry);
	if (article)
		accept_flat(request, arena, article, flat, len);
	else
		versions_reject(site, request->entry, why);
	arena_reset(arena);
	free(request);
	site_schedule(site);
}

/* ---- deletion ---- */

static void delete_entry(struct site *site, struct entry *entry)
{
	entry->gone_due_ms = 0;
	entry->next_change_ms = INT64_MAX;
	entry->presence = GONE;
	priority_raise(entry, PRIORITY_KILL);
	catalogue_touch(&site->catalogue, entry);
	site_page_changed(site, entry);
	if (entry->is_visible)
		catalogue_hide(&site->catalogue, entry);
	log_info("article: deleted path=%s", entry->path);
}

static int count_due(const struct site *site, int64_t now_ms, bool is_confirmed)
{
	int due = 0;

	for (size_t i = 0; i < site->catalogue.count; i++) {
		const struct entry *entry = site->catalogue.entries[i];

		due += entry->gone_due_ms && (entry->gone_due_ms <= now_ms || is_confirmed) &&
			entry->presence == PRESENT;
	}
	return due;
}

/* An unmounted disk must not empty the archive. */
static void hold_deletions(struct site *site, int due, int64_t now_ms)
{
	if (!site->held_reported)
		log_error("site: %d articles vanished at once; they stay published until "
			"the files are back or `gazettectl confirm-deletes` (or SIGUSR1) confirms "
			"(articles.mass_delete_limit=%d)", due, site->config.mass_delete_limit);
	site->held_reported = true;
	site->held_deletions = (size_t)due;
	for (size_t i = 0; i < site->catalogue.count; i++) {
		struct entry *entry = site->catalogue.entries[i];

		if (entry->gone_due_ms)
			entry->gone_due_ms = now_ms + 3600 * 1000;
	}
}

void versions_due_deletions(struct site *site, int64_t now_ms, bool is_confirmed)
{
	int due = count_due(site, now_ms, is_confirmed);

	if (due > site->config.mass_delete_limit && !is_confirmed) {
		hold_deletions(site, due, now_ms);
		return;
	}
	site->held_reported = false;
	site->held_deletions = 0;
	for (size_t i = 0; i < site->catalogue.count; i++) {
		struct entry *entry = site->catalogue.entries[i];

		if (entry->gone_due_ms && (entry->gone_due_ms <= now_ms || is_confirmed))
			delete_entry(site, entry);
	}
}
