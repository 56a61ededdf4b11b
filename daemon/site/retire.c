/*
 * retire.c: feeds that are no more: of a channel whose directory is gone with all that was
 * in it, and of a kind that `feeds.by` does not name any more. Readers stop at 410 or at
 * 404, so nothing less than that ends a feed: an empty one stays. The store keeps what has
 * ended, and where a channel went whose directory was renamed (the body of its document).
 */
#include "daemon/site/retire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/control/log.h"
#include "daemon/http/snapshot.h"
#include "daemon/site/partner_docs.h"
#include "daemon/site/pass.h"
#include "daemon/site/publish.h"
#include "daemon/site/site_internal.h"
#include "feeds/base/arena.h"
#include "feeds/base/buf.h"
#include "feeds/base/mem.h"
#include "feeds/render.h"

/* ---- answers ---- */

struct snapshot *retire_answer(const struct site *site, const char *path,
	const char *moved_to)
{
	struct arena *arena = arena_create();
	const char *text = arena_printf(arena, "This feed is no more. The feed of everything "
		"that is published here is %sfeed.atom .\n", site->config.base_url);
	struct snapshot *snapshot = snapshot_create(&(struct snapshot_spec){
		.path = path,
		.status = moved_to ? 301 : 410,
		.location = moved_to ? publish_url(site, arena, moved_to) : NULL,
		.content_type = moved_to ? NULL : "text/plain; charset=utf-8",
		.max_age_s = site->config.max_age_s,
		.is_public_api = true,
		.body = moved_to ? "" : text,
		.len = moved_to ? 0 : strlen(text),
	});

	arena_destroy(arena);
	return snapshot;
}

static bool is_of_channel(const struct document *document)
{
	return strncmp(document->path, "/c/", 3) == 0;
}

void retire_show(struct site *site, struct document *document, const char *moved_to)
{
	document->is_stored = false;
	document->is_retired = true;
	documents_drop(&site->documents, document->path);
	/* what the workers have must be replaced; the others are asked for */
	if (is_of_channel(document))
		site->events->put(site->context,
			retire_answer(site, document->path, moved_to));
}

struct loaded {
	struct site *site;
	struct document *document;
};

static void on_loaded(void *context, const struct store_doc *doc)
{
	struct loaded *loaded = context;
	char *moved_to = doc && doc->body && doc->len ? mem_strndup(doc->body, doc->len) : NULL;

	if (loaded->document->is_retired) /* still */
		retire_show(loaded->site, loaded->document, moved_to);
	free(moved_to);
	free(loaded);
}

void retire_load(struct site *site, const struct store_doc *doc)
{
	struct document *document = documents_add(&site->documents, doc->path);
	struct loaded *loaded;

	document->is_retired = true;
	document->modified_s = doc->modified_s;
	if (!is_of_channel(document))
		return;
	loaded = mem_alloc(sizeof(*loaded));
	*loaded = (struct loaded){site, document};
	store_doc_get(site->store, document->path, on_loaded, loaded);
}

bool retire_is_kept(const struct site *site, const char *path)
{
	return strncmp(path, "/feed.", 6) == 0 ||
	       feed_index_keeps(&site->catalogue.index, path + 1);
}

/* ---- where a channel went ---- */

static void note_move(struct feed_index *index, const char *from, size_t from_len,
	const char *to, size_t to_len)
{
	struct buf key = {0};
	struct feed *feed;

	buf_printf(&key, "c/%.*s", (int)from_len, from);
	feed = feed_index_find(index, buf_text(&key));
	buf_clear(&key);
	if (to_len)
		buf_printf(&key, "c/%.*s", (int)to_len, to);
	if (feed && feed->moved_to && strcmp(feed->moved_to, buf_text(&key)) == 0) {
		feed->moved_count++;
	} else if (feed) {
		free(feed->moved_to);
		feed->moved_to = mem_strdup(buf_text(&key));
		feed->moved_count = 1;
	}
	buf_finish(&key);
}

void retire_note_move(struct site *site, const char *from, const char *to)
{
	size_t from_len = channel_len(from), to_len = channel_len(to);

	/* of news/local to city/local, news went to city */
	while (from_len && !(from_len == to_len && memcmp(from, to, to_len) == 0)) {
		const char *from_name = memrchr(from, '/', from_len);
		const char *to_name = memrchr(to, '/', to_len);

		note_move(&site->catalogue.index, from, from_len, to, to_len);
		from_name = from_name ? from_name + 1 : from;
		to_name = to_name ? to_name + 1 : to;
		if (from + from_len - from_name != to + to_len - to_name ||
			memcmp(from_name, to_name, (size_t)(to + to_len - to_name)) != 0)
			return;
		from_len = from_name > from ? (size_t)(from_name - from) - 1 : 0;
		to_len = to_name > to ? (size_t)(to_name - to) - 1 : 0;
	}
}

/* The feed that most of what was in FEED is in now; or NULL. */
static const struct feed *find_heir(const struct site *site, const struct feed *feed)
{
	const struct feed *heir = feed->moved_to && feed->moved_count > feed->count ?
		feed_index_find(&site->catalogue.index, feed->moved_to) : NULL;

	return heir && heir->shown ? heir : NULL;
}

/* ---- the end of a feed ---- */

/* Nothing is left of it, not even an empty directory: one that cannot be looked at now, or
 * whose articles wait for their deletion, is not gone. */
static bool is_directory_gone(const struct site *site, const char *name)
{
	size_t len = strlen(name);
	int fd;

	for (size_t i = 0; i < site->catalogue.count; i++) {
		const struct entry *entry = site->catalogue.entries[i];

		if (entry->presence != GONE && strncmp(entry->path, name, len) == 0 &&
			entry->path[len] == '/')
			return false;
	}
	errno = 0;
	fd = site->events->open_file(site->context, name, NULL);
	if (fd >= 0)
		close(fd);
	return fd < 0 && errno == ENOENT;
}

/* By whom leads; the others see it in the store. */
static bool has_ended(struct pass *pass, const struct feed *feed)
{
	const struct site *site = pass->site;
	const struct document *document = documents_find(&site->documents,
		publish_path(pass->arena, feed, FEED_ATOM));

	if (feed->kind != FEED_OF_CHANNEL || feed->shown)
		return false;
	if (site->mode != SITE_LEADS)
		return document && document->is_retired;
	return site->any_scan && !site->is_scanning && is_directory_gone(site, feed->name);
}

bool retire_feed(struct pass *pass, const struct feed *feed)
{
	const struct site *site = pass->site;
	const struct feed *heir;

	if (!has_ended(pass, feed))
		return false;
	heir = find_heir(site, feed);
	for (int f = 0; f < FEED_FORMAT_COUNT; f++) {
		const char *path = publish_path(pass->arena, feed, (enum feed_format)f);
		const struct document *document = documents_find(&site->documents, path);

		/* where it went may be seen only after it ended */
		if (!document || !(document->is_stored || (document->is_retired && heir)))
			continue;
		log_info("feed: ended path=%s", path);
		pass_retire(pass, path, heir ?
			publish_path(pass->arena, heir, (enum feed_format)f) : NULL);
	}
	return true;
}

void retire_switched_off(struct pass *pass)
{
	struct site *site = pass->site;
	struct map_entry slot;
	size_t cursor = 0;

	site->has_switched_off = false;
	while (map_next(&site->documents.map, &cursor, &slot)) {
		const struct document *document = slot.value;

		if (document->is_stored && document->is_topic &&
			!partner_desk_is_path(document->path) &&
			!retire_is_kept(site, document->path))
			pass_retire(pass, document->path, NULL);
	}
}

void retire_review(struct site *site)
{
	struct feed_index *index = &site->catalogue.index;
	struct map_entry slot;
	size_t cursor = 0;

	while (map_next(&index->feeds, &cursor, &slot)) {
		struct feed *feed = slot.value;

		if (feed->kind == FEED_OF_CHANNEL && !feed->shown)
			feed_index_touch(index, feed);
	}
}
