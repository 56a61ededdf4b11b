/* pass.c: see pass.h. */
#include "daemon/site/pass.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/control/log.h"
#include "daemon/loop/loop.h"
#include "daemon/site/copies.h"
#include "daemon/site/follow.h"
#include "daemon/site/partner_docs.h"
#include "daemon/site/press.h"
#include "daemon/site/retire.h"
#include "daemon/site/site_internal.h"
#include "feeds/base/arena.h"
#include "feeds/base/buf.h"
#include "feeds/base/mem.h"

enum {
	ROWS_MOST = 1000,          /* article rows in one commit */
	RETRY_MS = 1000,
};

struct pass *pass_create(struct site *site)
{
	struct pass *pass = mem_alloc(sizeof(*pass));

	pass->site = site;
	pass->arena = arena_create();
	return pass;
}

void pass_destroy(struct pass *pass)
{
	for (size_t i = 0; i < pass->count; i++)
		buf_finish(&pass->items[i].body);
	free(pass->items);
	free(pass->rows);
	arena_destroy(pass->arena);
	free(pass);
}

struct rendition *pass_add(struct pass *pass, const char *path)
{
	struct rendition *rendition;

	if (pass->count == pass->cap) {
		pass->cap = pass->cap ? pass->cap * 2 : 16;
		pass->items = mem_resize(pass->items, pass->cap, sizeof(*pass->items));
	}
	rendition = &pass->items[pass->count++];
	*rendition = (struct rendition){
		.document = documents_add(&pass->site->documents, path),
		.spec = {.status = 200, .max_age_s = pass->site->config.max_age_s},
	};
	return rendition;
}

void pass_drop(struct pass *pass)
{
	buf_finish(&pass->items[--pass->count].body);
}

/*
 * The Last-Modified of a new version of DOCUMENT: now, but later than that of the version
 * before, also within one second and when the clock has gone back. Who sends nothing but
 * If-Modified-Since would miss a version otherwise. Until its time has come answers have
 * their Date instead (limit_modified in daemon/http/answer.c).
 */
static int64_t next_modified(const struct pass *pass, const struct document *document)
{
	int64_t now_s = loop_wall_ms(pass->site->loop) / 1000;

	return now_s > document->modified_s ? now_s : document->modified_s + 1;
}

bool pass_close(struct pass *pass, const char *etag)
{
	struct rendition *rendition = &pass->items[pass->count - 1];
	const struct document *document = rendition->document;

	strcpy(rendition->etag, etag);
	rendition->is_changed = strcmp(document->etag, etag) != 0;
	rendition->modified_s = document->modified_s;
	if (rendition->is_changed)
		rendition->modified_s = next_modified(pass, document);
	if (!rendition->is_changed && document->snapshot &&
		strcmp(snapshot_etag(document->snapshot), etag) == 0) {
		pass_drop(pass);
		return false;
	}
	return true;
}

void pass_withdraw(struct pass *pass, const char *path)
{
	struct rendition *rendition = pass_add(pass, path);

	rendition->is_withdrawn = rendition->is_changed = true;
	rendition->modified_s = loop_wall_ms(pass->site->loop) / 1000;
}

void pass_retire(struct pass *pass, const char *path, const char *moved_to)
{
	struct rendition *rendition;

	pass_withdraw(pass, path);
	rendition = &pass->items[pass->count - 1];
	rendition->is_topic = rendition->is_retired = true;
	rendition->is_kept = moved_to != NULL;
	buf_add_str(&rendition->body, moved_to ? moved_to : "");
}

/* ---- the commit ---- */

/* Readers get it as it is, at once, and subscribers too; the compressed forms follow: to
 * make them takes longer than all the rest of a publication. */
static void show(struct pass *pass, struct rendition *rendition)
{
	struct site *site = pass->site;
	struct document *document = rendition->document;
	struct snapshot_spec *spec = &rendition->spec;
	struct snapshot *snapshot;

	spec->path = document->path;
	spec->etag = rendition->etag;
	spec->modified_s = rendition->modified_s;
	spec->body = rendition->body.bytes;
	spec->len = rendition->body.len;
	spec->is_provisional = true;
	snapshot = snapshot_create(spec);
	press_order(site->press, spec, snapshot);
	documents_keep(&site->documents, document, snapshot);
	if (document->is_hot && site->config.copies)
		copies_put(site->config.copies, spec);
	if (document->is_hot)
		site->events->put(site->context, snapshot);
	else
		snapshot_unref(snapshot);
}

static void take(struct pass *pass, struct rendition *rendition, int64_t seq)
{
	struct document *document = rendition->document;

	if (rendition->is_withdrawn) {
		document->is_stored = false;
		document->etag[0] = '\0';
		if (rendition->is_retired) {
			retire_show(pass->site, document,
				rendition->is_kept ? buf_text(&rendition->body) : NULL);
			return;
		}
		documents_drop(&pass->site->documents, document->path);
		return;
	}
	strcpy(document->etag, rendition->etag);
	document->modified_s = rendition->modified_s;
	document->is_topic = rendition->is_topic;
	document->is_stored = true;
	document->is_retired = false;
	if (seq)
		document->stored_seq = seq;
	document->seq = document->stored_seq;
	show(pass, rendition);
}

/* What nobody has published yet, as a feed that was never asked for, is shown as it is. */
static void take_published(struct pass *pass, struct rendition *rendition)
{
	struct document *document = rendition->document;

	if (rendition->is_withdrawn)
		return;
	if (document->is_stored && rendition->is_changed && follow_is_patient(pass->site)) {
		follow_hold(pass->site, document->path);
		return;
	}
	document->is_topic = rendition->is_topic;
	document->seq = document->stored_seq;
	show(pass, rendition);
}

void pass_show(struct pass *pass)
{
	struct site *site = pass->site;

	for (size_t i = 0; i < pass->count; i++)
		take_published(pass, &pass->items[i]);
	follow_shown(site);
	pass_destroy(pass);
	site_schedule(site);
}

static void act_dirty(struct feed_index *index, struct feed *feed, struct entry *entry)
{
	(void)entry;
	feed_index_touch(index, feed);
}

/* Everything that the pass was to make known is to be made known again. */
static void undo(struct pass *pass)
{
	struct site *site = pass->site;
	struct catalogue *catalogue = &site->catalogue;
	struct map_entry slot;
	size_t cursor = 0;

	for (size_t i = 0; i < pass->row_count; i++) {
		catalogue_touch(catalogue, pass->rows[i]);
		feed_index_each(&catalogue->index, pass->rows[i], act_dirty);
	}
	partner_desk_touch(site->desk);
	while (map_next(&catalogue->index.feeds, &cursor, &slot)) {
		struct feed *feed = slot.value;

		if (feed->is_wanted)
			feed_index_touch(&catalogue->index, feed);
	}
	for (size_t i = 0; i < pass->count; i++)
		site->has_switched_off |= pass->items[i].is_retired;
	retire_review(site);
	site->statics_done = false;
	ev_timer_stop(site->ev, &site->work);
	ev_timer_set(&site->work, RETRY_MS / 1000., 0.);
	ev_timer_start(site->ev, &site->work);
	log_error("site: the store could not be written; readers keep what they have, trying "
		"again");
}

static void refused(struct pass *pass, enum store_status status)
{
	struct site *site = pass->site;

	if (status != STORE_LOST) {
		undo(pass);
		return;
	}
	log_warn("site: not published, another node does that now");
	site_follow(site);
	site->events->fenced(site->context);
}

static void on_committed(void *context, enum store_status status, const int64_t *seqs,
	size_t count)
{
	struct pass *pass = context;
	struct site *site = pass->site;
	size_t changed = 0;
	int64_t newest = 0;

	site->is_publishing = false;
	if (status != STORE_OK) {
		if (site->mode == SITE_LEADS && pass->epoch == site->epoch)
			refused(pass, status);
		pass_destroy(pass);
		return;
	}
	for (size_t i = 0; i < pass->row_count; i++) {
		struct entry *entry = pass->rows[i];

		if (entry->is_row_dirty)
			continue; /* changed again meanwhile */
		entry->priority = PRIORITY_REST;
		free(entry->flat);
		entry->flat = NULL;
	}
	for (size_t i = 0; i < pass->count; i++) {
		struct rendition *rendition = &pass->items[i];

		take(pass, rendition, rendition->is_changed ? seqs[changed++] : 0);
	}
	for (size_t i = 0; i < count; i++)
		newest = seqs[i] > newest ? seqs[i] : newest;
	if (pass->since_ms)
		histogram_add(&site->publish,
			(double)(loop_mono_ms(site->loop) - pass->since_ms) / 1000.);
	if (changed)
		log_info("site: published documents=%zu articles=%zu", changed, pass->row_count);
	site->events->published(site->context, newest);
	pass_destroy(pass);
	/* is_ready waits until nothing is left to do */
	site_schedule(site);
}

/* A row knows what stood beside the file too: what is taken away while nobody looks is
 * missed at the next start. */
static const char *row_hash(struct arena *arena, const struct entry *entry)
{
	return !entry->companions ? entry->hash :
		arena_printf(arena, "%s+%llx", entry->hash,
			(unsigned long long)entry->companions);
}

static void fill_row(struct arena *arena, const struct entry *entry,
	struct store_article *row)
{
	*row = (struct store_article){
		.path = entry->path, .id = entry->id, .slug = entry->slug,
		.inode = entry->inode, .mtime_ns = entry->mtime_ns, .size = entry->size,
		.hash = row_hash(arena, entry), .content_hash = entry->content_hash,
		.first_seen_ms = entry->first_seen_ms,
		.visible_ms = entry->visible_ms,
		.surfaced_ms = entry->surfaced_ms,
		.is_shown = entry->is_visible,
		.next_change_ms = entry->next_change_ms,
		.status = (int32_t)entry->status,
		.published_ms = entry->published.ms,
		.updated_ms = entry->updated.ms,
		.published_offset_s = entry->published.offset_s,
		.updated_offset_s = entry->updated.offset_s,
		.version = entry->version, .rights = entry->rights, .presence = entry->presence,
		.problem = entry->problem,
		.title = entry->title,
		.labels = entry->labels,
		.former_slugs = entry->former_slugs,
		.decision = entry->decision, .decided_ms = entry->decided_ms,
		.decision_note = entry->decision_note,
		.flat = entry->flat, .flat_len = entry->flat_len,
	};
}

static void add_rows(struct pass *pass, struct store_publication *out)
{
	struct catalogue *catalogue = &pass->site->catalogue;
	size_t count = catalogue->dirty_count < ROWS_MOST ? catalogue->dirty_count : ROWS_MOST;
	struct store_article *rows = arena_alloc(pass->arena, (count + 1) * sizeof(*rows));
	const char **renamed = arena_alloc(pass->arena, (count + 1) * sizeof(*renamed));

	pass->rows = mem_resize(NULL, count + 1, sizeof(struct entry *));
	while (pass->row_count < count) {
		struct entry *entry = catalogue->dirty[--catalogue->dirty_count];

		entry->is_row_dirty = false;
		fill_row(pass->arena, entry, &rows[pass->row_count]);
		rows[pass->row_count].channel = arena_strndup(pass->arena, entry->path,
			channel_len(entry->path));
		renamed[pass->row_count] = arena_strdup(pass->arena, entry->renamed_from);
		free(entry->renamed_from);
		entry->renamed_from = NULL;
		pass->rows[pass->row_count++] = entry;
	}
	out->articles = rows;
	out->renamed_from = renamed;
	out->article_count = pass->row_count;
}

void pass_commit(struct pass *pass)
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
			.content_type = rendition->spec.content_type,
			.etag = rendition->etag,
			.modified_s = rendition->modified_s,
			.is_topic = rendition->is_topic,
			.is_deleted = rendition->is_withdrawn,
			.priority = rendition->priority,
			.body = rendition->is_kept ? rendition->body.bytes : NULL,
			.len = rendition->is_kept ? rendition->body.len : 0,
		};
	}
	publication.docs = docs;
	publication.role = "publisher";
	publication.epoch = pass->epoch = pass->site->epoch;
	pass->site->is_publishing = true;
	pass->site->unsaved = 0;
	pass->since_ms = pass->site->is_ready ? pass->site->first_dirty_ms : 0;
	pass->site->first_dirty_ms = 0;
	store_publish(pass->site->store, &publication, on_committed, pass);
}
