/* rows.c: see rows.h. */
#include "daemon/site/rows.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/control/log.h"
#include "daemon/http/snapshot.h"
#include "daemon/site/channels.h"
#include "daemon/site/entitlement.h"
#include "daemon/site/fragments.h"
#include "daemon/site/partner_docs.h"
#include "daemon/site/retire.h"
#include "daemon/site/site_internal.h"
#include "feeds/base/buf.h"
#include "feeds/base/mem.h"
#include "feeds/text.h"

static void set_text(char **field, const char *text)
{
	if (*field && text && strcmp(*field, text) == 0)
		return;
	free(*field);
	*field = mem_strdup(text);
}

static bool is_shown(const struct store_article *row)
{
	return row->id && row->is_shown && row->visible_ms && row->presence != GONE;
}

/* ---- whose row it is ---- */

/* Another one has its place; its own row says where it went. */
static void park(struct site *site, struct entry *entry)
{
	struct buf name = {0};

	buf_printf(&name, "/%u", ++site->parked); /* no file has such a path */
	catalogue_move(&site->catalogue, entry, buf_text(&name));
	free(entry->renamed_from);
	entry->renamed_from = NULL;
	buf_finish(&name);
}

static struct entry *find_owner(struct site *site, const struct store_article *row)
{
	struct catalogue *catalogue = &site->catalogue;
	bool has_id = row->id && *row->id;
	struct entry *at = catalogue_find(catalogue, row->path);
	struct entry *known = has_id ? map_get(&catalogue->by_id, row->id, strlen(row->id)) :
				       NULL;

	if (at && has_id && at != known && (known || at->id)) {
		park(site, at);
		at = NULL;
	}
	if (known && known != at) {
		catalogue_move(catalogue, known, row->path);
		free(known->renamed_from);
		known->renamed_from = NULL;
		return known;
	}
	return at ? at : catalogue_add(catalogue, row->path);
}

/* ---- what it says ---- */

static bool looks_the_same(const struct entry *entry, const struct store_article *row)
{
	return entry->version == row->version && entry->updated.ms == row->updated_ms &&
		entry->published.ms == row->published_ms &&
		entry->visible_ms == row->visible_ms &&
		entry->surfaced_ms == row->surfaced_ms && entry->presence == row->presence &&
		entry->is_visible == is_shown(row) && entry->decision == row->decision &&
		entry->rights == row->rights && text_is_same(entry->labels, row->labels) &&
		text_is_same(entry->slug, row->slug) && text_is_same(entry->id, row->id) &&
		text_is_same(entry->decision_note, row->decision_note);
}

/* HEX, or HEX+COMPANIONS (pass.c). */
static void note_hash(struct entry *entry, const char *hash)
{
	size_t len = strlen(hash);

	memset(entry->hash, 0, HASH_HEX);
	strncpy(entry->hash, hash, HASH_HEX - 1);
	entry->companions = len > HASH_HEX && hash[HASH_HEX - 1] == '+' ?
		strtoull(hash + HASH_HEX, NULL, 16) : 0;
}

/* What readers see nothing of. */
static void note_file(struct entry *entry, const struct store_article *row)
{
	entry->inode = row->inode;
	entry->mtime_ns = row->mtime_ns;
	entry->size = row->size;
	note_hash(entry, row->hash ? row->hash : "");
	memset(entry->content_hash, 0, HASH_HEX);
	strncpy(entry->content_hash, row->content_hash ? row->content_hash : "", HASH_HEX - 1);
	entry->first_seen_ms = row->first_seen_ms;
	entry->status = (enum article_status)row->status;
	set_text(&entry->title, row->title);
	set_text(&entry->problem, row->problem);
	/* what is due by now is looked at once everything is loaded */
	entry->next_change_ms = row->id && row->presence != GONE ? row->next_change_ms :
								   INT64_MAX;
}

static void set_names(struct site *site, struct entry *entry, const struct store_article *row)
{
	struct catalogue *catalogue = &site->catalogue;

	if (row->id && *row->id && !catalogue_set_id(catalogue, entry, row->id))
		log_warn("site: id of path=%s is another's in the store", row->path);
	if (row->slug && *row->slug)
		catalogue_take_slug(catalogue, entry, row->slug);
	for (const char *at = row->former_slugs; at && *at;) {
		size_t len = strcspn(at, "\n");
		char *slug = mem_strndup(at, len);

		catalogue_add_former_slug(catalogue, entry, slug);
		free(slug);
		at += len + (at[len] == '\n');
	}
}

static void set_appearance(struct site *site, struct entry *entry,
	const struct store_article *row)
{
	entry->visible_ms = row->visible_ms;
	entry->surfaced_ms = row->surfaced_ms;
	set_text(&entry->labels, row->labels);
	entry->decision = row->decision;
	entry->decided_ms = row->decided_ms;
	set_text(&entry->decision_note, row->decision_note);
	entry->published = (struct instant){row->published_ms, row->published_offset_s, true};
	catalogue_take_updated(&site->catalogue, entry,
		(struct instant){row->updated_ms, row->updated_offset_s, true});
	entry->version = row->version;
	entry->presence = row->presence;
	if (entry->presence == GONE)
		catalogue_list_deleted(&site->catalogue, entry);
	entitle_load(site, entry, row->rights);
}

/* Even what is not visible any more keeps its place, as a gap. */
static void set_place(struct site *site, struct entry *entry, bool is_visible)
{
	struct catalogue *catalogue = &site->catalogue;

	notes_add(&site->notes, entry);
	entry->is_visible = is_visible;
	if (entry->visible_ms)
		feed_index_insert(&catalogue->index, entry);
	if (entry->visible_ms > catalogue->newest_visible_ms)
		catalogue->newest_visible_ms = entry->visible_ms;
}

void rows_apply(struct site *site, const struct store_article *row)
{
	struct entry *entry = find_owner(site, row);
	bool is_known = looks_the_same(entry, row);

	entry->scan = site->scan;
	note_file(entry, row);
	if (is_known && !entry->is_unentitled)
		return;
	site_page_changed(site, entry);
	if (entry->is_ranked)
		feed_index_remove(&site->catalogue.index, entry);
	entry->is_visible = false;
	fragments_destroy(entry->fragments);
	entry->fragments = NULL;
	set_names(site, entry, row);
	set_appearance(site, entry, row);
	if (entry->id)
		set_place(site, entry, is_shown(row));
	site_page_changed(site, entry);
	if (channels_is_file(entry->path))
		channels_touch(site, entry->path);
}

static void forget(struct site *site, struct entry *entry)
{
	struct catalogue *catalogue = &site->catalogue;

	site_page_changed(site, entry);
	if (entry->is_ranked)
		feed_index_remove(&catalogue->index, entry);
	catalogue_drop_names(catalogue, entry);
	entry->is_visible = false;
	entry->visible_ms = entry->surfaced_ms = 0;
	entry->presence = GONE;
	entry->version = 0;
	entry->next_change_ms = INT64_MAX;
	entry->hash[0] = entry->content_hash[0] = '\0';
}

void rows_forget(struct site *site, bool is_all)
{
	for (size_t i = 0; i < site->catalogue.count && (is_all || site->parked); i++) {
		struct entry *entry = site->catalogue.entries[i];

		if ((is_all && entry->scan != site->scan) || (entry->path[0] == '/' && entry->id))
			forget(site, entry);
	}
	site->parked = 0;
}

/* ---- documents ---- */

/* The feed of a topic exists as long as its document, even without an article; and one
 * that somebody asked for is kept up to date. */
static struct feed *want_feed(struct site *site, const char *path)
{
	const char *end = strrchr(path, '/');
	char *key = end > path ? mem_strndup(path + 1, (size_t)(end - path) - 1) : mem_strdup("");
	struct feed *feed = feed_index_add(&site->catalogue.index, key);

	feed->is_wanted = true;
	free(key);
	return feed;
}

static void end_doc(struct site *site, const char *path)
{
	struct document *document = documents_find(&site->documents, path);

	if (!document)
		return;
	document->is_stored = false;
	document->etag[0] = '\0';
	documents_drop(&site->documents, path);
}

/* It is not what is shown: its feed is rendered again, what the store has is read again. */
static void renew_doc(struct site *site, struct document *document)
{
	struct feed_index *index = &site->catalogue.index;
	bool is_feed = document->is_topic && !partner_desk_is_path(document->path);

	if (is_feed)
		feed_index_touch(index, want_feed(site, document->path));
	else if (!document->is_hot)
		documents_drop(&site->documents, document->path);
	if (document->is_hot && !is_feed) {
		site->statics_done = false;
		feed_index_touch(index, feed_index_add(index, ""));
	}
}

void rows_apply_doc(struct site *site, const struct store_doc *doc)
{
	struct document *document;

	if (doc->is_deleted) {
		end_doc(site, doc->path);
		if (doc->is_topic)
			retire_load(site, doc);
		return;
	}
	document = documents_add(&site->documents, doc->path);
	strncpy(document->etag, doc->etag, sizeof(document->etag) - 1);
	document->modified_s = doc->modified_s;
	document->stored_seq = doc->seq;
	document->is_topic = doc->is_topic;
	document->is_stored = true;
	document->is_retired = false;
	if (partner_desk_is_path(doc->path))
		partner_desk_found(site->desk);
	if (doc->is_topic && !partner_desk_is_path(doc->path) &&
		!retire_is_kept(site, doc->path)) {
		site->has_switched_off = true;
		return;
	}
	if (!document->snapshot || strcmp(snapshot_etag(document->snapshot), doc->etag) == 0)
		document->seq = doc->seq;
	if (!document->snapshot && document->is_topic && !partner_desk_is_path(document->path))
		want_feed(site, document->path);
	if (document->snapshot && document->seq != doc->seq)
		renew_doc(site, document);
}
