/*
 * ingest.c: from files to entries. A file that looks unchanged is not read; one whose bytes
 * are known is not parsed; one that is broken leaves its last good version alone. Reading
 * waits for the end of a scan, so that a file that moved while nobody looked is recognised
 * by its content before its old name counts as deleted.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/control/log.h"
#include "daemon/loop/loop.h"
#include "daemon/site/parser.h"
#include "daemon/site/site_internal.h"
#include "feeds/base/arena.h"
#include "feeds/base/error.h"
#include "feeds/base/mem.h"
#include "feeds/flat.h"

enum {
	SLICE_MS = 5,           /* of reading at a time */
	SIDECAR_MAX = 64 * 1024,
};

static const char sidecar_yaml[] = ".meta.yaml", sidecar_json[] = ".meta.json";
static const char channel_file[] = "_channel.yaml";

struct parse_request {
	struct site *site;
	struct entry *entry;
	char hash[HASH_HEX];
	struct stat status;
};

/* Whether TEXT ends in END; *LEN_OUT is what is before it. */
static bool ends_in(const char *text, const char *end, size_t *len_out)
{
	size_t len = strlen(text), end_len = strlen(end);

	if (len < end_len || strcmp(text + len - end_len, end) != 0)
		return false;
	*len_out = len - end_len;
	return true;
}

static void queue_read(struct site *site, struct entry *entry)
{
	struct pending_read *read;

	if (entry->is_queued)
		return;
	entry->is_queued = true;
	read = mem_alloc(sizeof(*read));
	read->entry = entry;
	*site->reads_tail = read;
	site->reads_tail = &read->next;
	site_schedule(site);
}

void ingest_destroy(struct site *site)
{
	struct pending_read *read;

	while ((read = site->reads)) {
		site->reads = read->next;
		free(read);
	}
}

static int64_t mtime_ns(const struct stat *status)
{
	return (int64_t)status->st_mtim.tv_sec * 1000000000 + status->st_mtim.tv_nsec;
}

/* A file that others depend on changed: those are read again whatever their own times. */
static bool touch_dependants(struct site *site, const char *path)
{
	size_t len, dir;
	struct entry *entry;

	if (ends_in(path, sidecar_yaml, &len) || ends_in(path, sidecar_json, &len)) {
		char *of = mem_strndup(path, len);

		entry = catalogue_find(&site->catalogue, of);
		if (!entry && article_is_candidate(of, true))
			entry = catalogue_add(&site->catalogue, of);
		if (entry) {
			entry->mtime_ns = 0;
			queue_read(site, entry);
		}
		free(of);
		return true;
	}
	dir = channel_len(path);
	if (strcmp(path + (dir ? dir + 1 : 0), channel_file) != 0)
		return false;
	for (size_t i = 0; i < site->catalogue.count; i++) {
		entry = site->catalogue.entries[i];
		if (entry->presence == GONE || strncmp(entry->path, path, dir) != 0)
			continue;
		entry->mtime_ns = 0;
		entry->hash[0] = '\0';
		queue_read(site, entry);
	}
	return true;
}

void site_scan_begin(struct site *site)
{
	site->is_scanning = true;
	site->scan++;
}

void site_file(struct site *site, const char *path, const struct stat *status)
{
	struct entry *entry = catalogue_find(&site->catalogue, path);
	size_t ignored;

	if (!entry) {
		/* during a scan a sidecar's time says nothing new: its file decides */
		if (ends_in(path, sidecar_yaml, &ignored) ||
			ends_in(path, sidecar_json, &ignored) ||
			!article_is_candidate(path, false)) {
			if (!site->is_scanning || !site->any_scan)
				touch_dependants(site, path);
			return;
		}
		entry = catalogue_add(&site->catalogue, path);
		entry->presence = GONE;
	}
	entry->scan = site->scan;
	entry->gone_due_ms = 0;
	if (entry->presence != GONE && entry->inode == status->st_ino &&
		entry->mtime_ns == mtime_ns(status) && entry->size == status->st_size)
		return;
	queue_read(site, entry);
}

static void mark_gone(struct site *site, struct entry *entry)
{
	if (entry->presence == GONE || entry->gone_due_ms)
		return;
	entry->gone_due_ms = loop_wall_ms(site->loop) + site->config.delete_grace_ms;
	catalogue_list_deleted(&site->catalogue, entry);
}

void site_gone(struct site *site, const char *path)
{
	struct entry *entry = catalogue_find(&site->catalogue, path);

	if (!entry) {
		touch_dependants(site, path);
		return;
	}
	mark_gone(site, entry);
	site_alarm_before(site, entry->gone_due_ms);
}

void site_scan_end(struct site *site, bool is_complete)
{
	size_t unseen = 0;

	site->is_scanning = false;
	site->any_scan = true;
	for (size_t i = 0; is_complete && i < site->catalogue.count; i++) {
		struct entry *entry = site->catalogue.entries[i];

		if (entry->scan == site->scan || entry->is_queued)
			continue;
		unseen += entry->presence != GONE && !entry->gone_due_ms;
		mark_gone(site, entry);
	}
	log_info("site: scanned articles=%zu missing=%zu", site->catalogue.count, unseen);
	site_set_alarm(site);
	site_schedule(site);
}

/* ---- deletion ---- */

static void delete_entry(struct site *site, struct entry *entry)
{
	entry->gone_due_ms = 0;
	entry->next_change_ms = INT64_MAX;
	entry->presence = GONE;
	entry->is_row_dirty = true;
	if (entry->is_visible)
		catalogue_hide(&site->catalogue, entry);
	log_info("article: deleted path=%s", entry->path);
}

void ingest_due_deletions(struct site *site, int64_t now_ms, bool is_confirmed)
{
	int due = 0;

	for (size_t i = 0; i < site->catalogue.count; i++) {
		const struct entry *entry = site->catalogue.entries[i];

		due += entry->gone_due_ms && (entry->gone_due_ms <= now_ms || is_confirmed) &&
			entry->presence == PRESENT;
	}
	if (due > site->config.mass_delete_limit && !is_confirmed) {
		if (!site->held_reported)
			log_error("site: %d articles vanished at once; they stay published until "
				"the files are back or SIGUSR1 confirms (articles."
				"mass_delete_limit=%d)", due, site->config.mass_delete_limit);
		site->held_reported = true;
		for (size_t i = 0; i < site->catalogue.count; i++) {
			struct entry *entry = site->catalogue.entries[i];

			if (entry->gone_due_ms)
				entry->gone_due_ms = now_ms + 3600 * 1000;
		}
		return;
	}
	site->held_reported = false;
	for (size_t i = 0; i < site->catalogue.count; i++) {
		struct entry *entry = site->catalogue.entries[i];

		if (entry->gone_due_ms && (entry->gone_due_ms <= now_ms || is_confirmed))
			delete_entry(site, entry);
	}
}

/* ---- the answer of the parser ---- */

/* One line, once: the same file with the same bytes is not read again. */
static void reject(struct site *site, struct entry *entry, const struct diagnosis *why)
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
	entry->is_row_dirty = true;
	log_error("%s", entry->problem);
	site_schedule(site);
}

void ingest_apply_state(struct site *site, struct entry *entry,
	const struct article *article)
{
	int64_t now_ms = loop_wall_ms(site->loop);
	enum article_status status = article_status_at(article, now_ms);
	bool is_shown = (status == STATUS_PUBLISHED || status == STATUS_WITHDRAWN) &&
		entry->presence != GONE;

	entry->next_change_ms = article_next_change(article, now_ms);
	site_alarm_before(site, entry->next_change_ms);
	if (entry->is_visible == is_shown)
		return;
	entry->is_row_dirty = true;
	if (!is_shown) {
		catalogue_hide(&site->catalogue, entry);
		entry->visible_ms = 0;
		return;
	}
	/* what an empty store finds in place has been visible since its publication */
	if (!entry->visible_ms)
		entry->visible_ms = site->is_fresh && !site->is_ready ? entry->published.ms :
				    now_ms > entry->published.ms ? now_ms : entry->published.ms;
	if (!entry->visible_ms)
		entry->visible_ms = 1;
	catalogue_show(&site->catalogue, entry);
}

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
	entry->is_row_dirty = false;
	former->gone_due_ms = 0;
	log_info("article: renamed from=%s to=%s", former->path, path);
	catalogue_move(&site->catalogue, former, path);
	former->presence = PRESENT;
	former->is_row_dirty = true;
	free(path);
	return former;
}

static bool name_entry(struct site *site, struct entry *entry, const struct article *article,
	struct arena *arena, const char *hash)
{
	struct diagnosis conflict = {.class = "id-conflict"};
	const char *id = article->id, *slug;
	struct entry *holder;

	if (!id && entry->id)
		id = entry->id;
	if (!id)
		id = identity_mint(arena, site->config.authority, &article->published,
			entry->path, hash);
	if (!catalogue_set_id(&site->catalogue, entry, id)) {
		holder = map_get(&site->catalogue.by_id, id, strlen(id));
		conflict.message = arena_printf(arena, "the id %s is that of %s", id, holder->path);
		conflict.hint = "give one of the two another id";
		reject(site, entry, &conflict);
		return false;
	}
	if (entry->slug)
		return true;
	slug = identity_slug(arena, article->slug, entry->path, entry->id);
	if (!catalogue_set_slug(&site->catalogue, entry, slug))
		catalogue_set_slug(&site->catalogue, entry,
			identity_slug_other(arena, slug, entry->id));
	return true;
}

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

/* A version that differs from the last: new times, its feeds dirty. */
static void accept_version(struct site *site, struct entry *entry,
	const struct article *article, const void *flat, size_t flat_len)
{
	bool was_visible = entry->is_visible;

	if (was_visible)
		catalogue_hide(&site->catalogue, entry);
	catalogue_set_updated(&site->catalogue, entry, version_time(site, entry, article));
	entry->published = article->published;
	if (!entry->first_seen_ms)
		entry->first_seen_ms = loop_wall_ms(site->loop);
	entry->version++;
	fragments_destroy(entry->fragments);
	entry->fragments = NULL;
	free(entry->flat);
	entry->flat = mem_alloc(flat_len);
	memcpy(entry->flat, flat, flat_len);
	entry->flat_len = flat_len;
	site->unsaved++;
	if (!site->first_dirty_ms)
		site->first_dirty_ms = loop_mono_ms(site->loop);
	if (was_visible)
		catalogue_show(&site->catalogue, entry);
}

/* Fills the lengths of media that lie beside the article; true if any was. */
static bool fill_lengths(struct site *site, const char *path, struct media_list *list)
{
	bool any = false;

	for (size_t i = 0; i < list->count; i++) {
		struct media *media = &list->items[i];
		struct buf local = {0};
		struct stat status;
		int fd;

		if (media->length >= 0 || !media->href || strstr(media->href, "://") ||
			media->href[0] == '/')
			continue;
		buf_add(&local, path, channel_len(path));
		buf_printf(&local, "%s%s", local.len ? "/" : "",
			strncmp(media->href, "./", 2) == 0 ? media->href + 2 : media->href);
		fd = site->events->open_file(site->context, local.bytes, NULL);
		if (fd >= 0 && fstat(fd, &status) == 0) {
			media->length = status.st_size;
			any = true;
		}
		if (fd >= 0)
			close(fd);
		buf_finish(&local);
	}
	return any;
}

static void accept_flat(struct parse_request *request, struct arena *arena,
	const void *flat, size_t len)
{
	static const struct diagnosis garbled = {.class = "parser-killed",
		.message = "the parser's answer could not be read"};
	struct site *site = request->site;
	struct entry *entry = request->entry;
	struct buf filled = {0};
	struct article *article;
	char content_hash[HASH_HEX];
	bool any;

	if (!flat_decode(arena, flat, len, &article)) {
		reject(site, entry, &garbled);
		return;
	}
	any = fill_lengths(site, entry->path, &article->images);
	if (fill_lengths(site, entry->path, &article->attachments) || any) {
		flat_encode(article, &filled);
		flat = filled.bytes;
		len = filled.len;
	}
	if (!name_entry(site, entry, article, arena, request->hash)) {
		buf_finish(&filled);
		return;
	}
	free(entry->problem);
	entry->problem = NULL;
	entry->presence = PRESENT;
	entry->is_row_dirty = true;
	identity_hash(flat, len, NULL, 0, content_hash);
	if (strcmp(content_hash, entry->content_hash) != 0) {
		strcpy(entry->content_hash, content_hash);
		accept_version(site, entry, article, flat, len);
		log_info("article: %s path=%s id=%s version=%d",
			entry->version > 1 ? "changed" : "new", entry->path, entry->id,
			entry->version);
	}
	ingest_apply_state(site, entry, article);
	buf_finish(&filled);
}

static void on_parsed(void *context, const void *flat, size_t len,
	const struct diagnosis *why)
{
	struct parse_request *request = context;
	struct site *site = request->site;
	struct entry *entry = request->entry;
	struct arena *arena = arena_create();
	struct article *article = NULL;
	struct entry *former;

	site->parsing--;
	if (flat && !entry->id && flat_decode(arena, flat, len, &article)) {
		former = find_former(site, entry, request->hash, article->id);
		if (former)
			request->entry = entry = take_over(site, entry, former);
	}
	entry->inode = request->status.st_ino;
	entry->mtime_ns = mtime_ns(&request->status);
	entry->size = request->status.st_size;
	strcpy(entry->hash, request->hash);
	if (flat)
		accept_flat(request, arena, flat, len);
	else
		reject(site, entry, why);
	arena_destroy(arena);
	free(request);
	site_schedule(site);
}

/* ---- reading ---- */

/* Reads PATH whole (at most MOST bytes) into OUT; false when it is not there or too large. */
static bool read_file(struct site *site, const char *path, size_t most, struct buf *out,
	struct stat *status, struct error *err)
{
	int fd = site->events->open_file(site->context, path, err);
	bool ok = fd >= 0;

	/* a file that vanished again is no mistake of anybody; one that resists is */
	*status = (struct stat){.st_size = !ok && errno != ENOENT ? -1 : 0};
	if (ok && fstat(fd, status) < 0)
		ok = error_set(err, "stat %s: %s", path, strerror(errno));

	if (ok && (uint64_t)status->st_size > most) {
		error_set(err, "larger than %zu bytes", most);
		ok = false;
	}
	while (ok && out->len <= most) {
		char *to = buf_reserve(out, 1 << 16);
		ssize_t got = read(fd, to, 1 << 16);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			ok = error_set(err, "read %s: %s", path, strerror(errno));
		if (got <= 0)
			break;
		out->len += (size_t)got;
	}
	if (fd >= 0)
		close(fd);
	return ok;
}

/* The defaults that cascade down to PATH, nearest last, "---" between them. */
static void read_channels(struct site *site, const char *path, struct buf *out)
{
	size_t len = 0;

	for (;;) {
		struct buf name = {0}, text = {0};
		struct stat status;

		buf_add(&name, path, len);
		buf_printf(&name, "%s%s", len ? "/" : "", channel_file);
		if (read_file(site, name.bytes, SIDECAR_MAX, &text, &status, NULL))
			buf_printf(out, "---\n%s\n", buf_text(&text));
		buf_finish(&name);
		buf_finish(&text);
		if (len == channel_len(path))
			return;
		len += len ? 1 : 0;
		len += strcspn(path + len, "/");
	}
}

static bool read_sidecar(struct site *site, const char *path, struct buf *out, bool *is_json)
{
	const char *const endings[] = {sidecar_yaml, sidecar_json};
	struct stat status;

	for (int i = 0; i < 2; i++) {
		struct buf name = {0};
		bool found;

		buf_printf(&name, "%s%s", path, endings[i]);
		found = read_file(site, name.bytes, SIDECAR_MAX, out, &status, NULL);
		buf_finish(&name);
		*is_json = i == 1;
		if (found)
			return true;
	}
	return false;
}

static bool is_media(const char *path)
{
	return !article_is_candidate(path, false) && article_is_candidate(path, true);
}

static void read_entry(struct site *site, struct entry *entry)
{
	struct parse_request *request = mem_alloc(sizeof(*request));
	struct buf bytes = {0}, sidecar = {0}, channels = {0}, context = {0};
	struct parser_job job = {.path = entry->path};
	struct diagnosis why = {.class = "unreadable"};
	bool is_json = false, has_sidecar, same;
	struct error err;

	entry->is_queued = false;
	*request = (struct parse_request){.site = site, .entry = entry};
	has_sidecar = read_sidecar(site, entry->path, &sidecar, &is_json);
	if (!read_file(site, entry->path, (size_t)site->config.max_size, &bytes,
		    &request->status, &err)) {
		why.message = err.text;
		if (request->status.st_size > site->config.max_size)
			why.class = "too-large";
		if (request->status.st_size != 0)
			reject(site, entry, &why);
		free(request);
		goto out;
	}
	read_channels(site, entry->path, &channels);
	buf_add(&context, sidecar.bytes, sidecar.len);
	buf_add_char(&context, '\0');
	buf_add(&context, channels.bytes, channels.len);
	identity_hash(bytes.bytes, bytes.len, context.bytes, context.len, request->hash);
	same = entry->presence != GONE && strcmp(entry->hash, request->hash) == 0;
	if (same || (is_media(entry->path) && !has_sidecar)) {
		if (entry->presence != GONE) {
			entry->inode = request->status.st_ino;
			entry->mtime_ns = mtime_ns(&request->status);
			entry->size = request->status.st_size;
			entry->is_row_dirty = true;
		}
		free(request);
		goto out;
	}
	job.channel_yaml = channels.bytes;
	job.channel_yaml_len = channels.len;
	job.input = (struct parse_input){is_media(entry->path) ? NULL : buf_text(&bytes),
		bytes.len, has_sidecar ? buf_text(&sidecar) : NULL, sidecar.len, is_json};
	site->parsing++;
	parser_submit(site->parser, &job, on_parsed, request);
out:
	buf_finish(&bytes);
	buf_finish(&sidecar);
	buf_finish(&channels);
	buf_finish(&context);
}

void ingest_slice(struct site *site)
{
	struct pending_read *read;
	ev_tstamp until = ev_time() + SLICE_MS / 1000.;

	while ((read = site->reads) && parser_backlog(site->parser) < PARSER_AHEAD &&
		ev_time() < until) {
		site->reads = read->next;
		if (!site->reads)
			site->reads_tail = &site->reads;
		read_entry(site, read->entry);
		free(read);
	}
}
