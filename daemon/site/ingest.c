/*
 * ingest.c: from files to the parser. A file that looks unchanged is not read; one whose
 * bytes are known is not parsed. Reading waits for the end of a scan, so that a file that
 * moved while nobody looked is recognised by its content before its old name counts as
 * deleted.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/control/log.h"
#include "daemon/loop/loop.h"
#include "daemon/site/channels.h"
#include "daemon/site/media.h"
#include "daemon/site/parser_pool.h"
#include "daemon/site/requests.h"
#include "daemon/site/retire.h"
#include "daemon/site/site_internal.h"
#include "daemon/site/versions.h"
#include "feeds/base/buf.h"
#include "feeds/base/error.h"
#include "feeds/base/mem.h"
#include "feeds/defaults.h"

enum {
	SLICE_MS = 5,           /* of reading at a time */
	SIDECAR_MAX = 1024 * 1024, /* the parser refuses what is over 64 KiB */
};

static const char sidecar_yaml[] = ".meta.yaml", sidecar_json[] = ".meta.json";
static const char channel_file[] = "_channel.yaml";

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

/* With the file's hash in the place of the content's, an article that did not change keeps
 * its version and its times (versions.c). */
void ingest_again(struct site *site, struct entry *entry)
{
	entry->is_lost = true;
	strcpy(entry->content_hash, entry->hash);
	entry->hash[0] = '\0';
	entry->mtime_ns = 0;
	queue_read(site, entry);
}

void ingest_destroy(struct site *site)
{
	struct pending_read *read;
	struct map_entry slot;
	size_t cursor = 0;

	while (map_next(&site->companions, &cursor, &slot))
		free(slot.value);
	map_finish(&site->companions);

	while ((read = site->reads)) {
		site->reads = read->next;
		free(read);
	}
	free(site->channel_problem);
}

static int64_t mtime_ns(const struct stat *status)
{
	return (int64_t)status->st_mtim.tv_sec * 1000000000 + status->st_mtim.tv_nsec;
}

/* Files that say something about others: sidecars, and what describes a directory. */
static bool is_companion(const char *path)
{
	size_t len, dir = channel_len(path);

	return ends_in(path, sidecar_yaml, &len) || ends_in(path, sidecar_json, &len) ||
		strcmp(path + (dir ? dir + 1 : 0), channel_file) == 0;
}

static bool has_file(const struct site *site, const char *path)
{
	return map_get(&site->companions, path, strlen(path)) != NULL;
}

struct companion {
	unsigned scan;             /* that saw it last */
	char path[];
};

static bool has_companion(const struct site *site, const struct buf *path)
{
	return map_get(&site->companions, path->bytes, path->len) != NULL;
}

/* False if PATH was known already. */
static bool add_companion(struct site *site, const char *path)
{
	size_t len = strlen(path);
	struct companion *companion = map_get(&site->companions, path, len);

	if (companion) {
		companion->scan = site->scan;
		return false;
	}
	companion = mem_alloc(sizeof(*companion) + len + 1);
	companion->scan = site->scan;
	memcpy(companion->path, path, len + 1);
	map_put(&site->companions, companion->path, len, companion);
	return true;
}

static bool read_file(struct site *site, const char *path, size_t most, struct buf *out,
	struct stat *status, struct error *err);

/* The channel itself, which feeds and pages name. */
static void read_channel(struct site *site, const char *path)
{
	struct entry *entry = catalogue_find(&site->catalogue, path);
	struct buf text = {0};
	struct stat status;

	if (!has_file(site, path) ||
		!read_file(site, path, SIDECAR_MAX, &text, &status, NULL)) {
		if (entry)
			channels_gone(site, entry);
	} else {
		channels_changed(site, path, buf_text(&text), text.len);
	}
	buf_finish(&text);
}

/* The names that the _channel.yaml above PATH would have, outermost first; *LEN starts as
 * SIZE_MAX. */
static bool next_channel_file(const char *path, size_t *len, struct buf *name)
{
	if (*len == channel_len(path))
		return false;
	if (*len == SIZE_MAX) {
		*len = 0;
	} else {
		*len += *len ? 1 : 0;
		*len += strcspn(path + *len, "/");
	}
	buf_clear(name);
	buf_add(name, path, *len);
	buf_printf(name, "%s%s", *len ? "/" : "", channel_file);
	return true;
}

/* Which files say something about PATH: a bit for either kind of sidecar, and one for the
 * _channel.yaml of each directory above it. */
static uint64_t companions_of(const struct site *site, const char *path)
{
	const char *const endings[] = {sidecar_yaml, sidecar_json};
	uint64_t found = 0, bit = 1;
	struct buf name = {0};
	size_t len = SIZE_MAX;

	if (!site->companions.count)
		return 0;
	for (int i = 0; i < 2; i++, bit <<= 1) {
		buf_clear(&name);
		buf_printf(&name, "%s%s", path, endings[i]);
		found |= has_companion(site, &name) ? bit : 0;
	}
	for (; next_channel_file(path, &len, &name); bit <<= 1)
		found |= has_companion(site, &name) ? bit : 0;
	buf_finish(&name);
	return found;
}

/* A file that others depend on changed: those are read again whatever their own times. */
static void touch_dependants(struct site *site, const char *path)
{
	size_t len, dir;
	struct entry *entry;

	if (ends_in(path, sidecar_yaml, &len) || ends_in(path, sidecar_json, &len)) {
		char *of = mem_strndup(path, len);

		entry = catalogue_find(&site->catalogue, of);
		if (!entry && article_is_candidate(of, true)) {
			entry = catalogue_add(&site->catalogue, of);
			entry->presence = GONE;
		}
		if (entry) {
			entry->mtime_ns = 0;
			queue_read(site, entry);
		}
		free(of);
		return;
	}
	if (channels_is_file(path))
		read_channel(site, path);
	dir = channel_len(path);
	free(site->channel_problem);
	site->channel_problem = NULL;
	for (size_t i = 0; i < site->catalogue.count; i++) {
		entry = site->catalogue.entries[i];
		if (entry->presence == GONE || strncmp(entry->path, path, dir) != 0 ||
			is_companion(entry->path))
			continue;
		entry->mtime_ns = 0;
		queue_read(site, entry);
	}
}

void site_scan_begin(struct site *site)
{
	site->is_scanning = true;
	site->scan++;
}

void site_file(struct site *site, const char *path, const struct stat *status)
{
	struct entry *entry = catalogue_find(&site->catalogue, path);

	media_changed(site, path);
	if (is_companion(path)) {
		if (entry)
			entry->scan = site->scan;
		/* seen again in a later scan it says nothing new */
		if (add_companion(site, path) || !site->is_scanning)
			touch_dependants(site, path);
		return;
	}
	if (!entry) {
		if (!article_is_candidate(path, false))
			return;
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

	media_changed(site, path);
	if (is_companion(path)) {
		free(map_remove(&site->companions, path, strlen(path)));
		touch_dependants(site, path);
		return;
	}
	if (!entry)
		return;
	mark_gone(site, entry);
	site_alarm_before(site, entry->gone_due_ms);
}

/* Companions that the scan did not see any more. */
static void miss_companions(struct site *site)
{
	char **gone = mem_resize(NULL, site->companions.count + 1, sizeof(*gone));
	struct map_entry slot;
	size_t cursor = 0, count = 0;

	while (map_next(&site->companions, &cursor, &slot)) {
		const struct companion *companion = slot.value;

		if (companion->scan != site->scan)
			gone[count++] = mem_strdup(companion->path);
	}
	for (size_t i = 0; i < count; i++) {
		site_gone(site, gone[i]);
		free(gone[i]);
	}
	free(gone);
}

/* A file was taken away while nobody looked: ENTRY is what it is without it. */
static void check_companions(struct site *site, struct entry *entry)
{
	if (!entry->companions || entry->presence == GONE ||
		!(entry->companions & ~companions_of(site, entry->path)))
		return;
	entry->mtime_ns = 0;
	queue_read(site, entry);
}

static int by_path(const void *a, const void *b)
{
	const struct pending_read *const *one = a, *const *other = b;

	return strcmp((*one)->entry->path, (*other)->entry->path);
}

/* A directory lists its files in an order of its own. Read in theirs, the same files give
 * the same addresses where two want one, and the store appends its rows. */
static void sort_reads(struct site *site)
{
	struct pending_read **reads, *read;
	size_t count = 0;

	for (read = site->reads; read; read = read->next)
		count++;
	reads = mem_resize(NULL, count + 1, sizeof(*reads));
	for (read = site->reads, count = 0; read; read = read->next)
		reads[count++] = read;
	qsort(reads, count, sizeof(*reads), by_path);
	site->reads_tail = &site->reads;
	for (size_t i = 0; i < count; i++) {
		*site->reads_tail = reads[i];
		site->reads_tail = &reads[i]->next;
	}
	*site->reads_tail = NULL;
	free(reads);
}

void site_scan_end(struct site *site, bool is_complete)
{
	size_t unseen = 0;

	site->is_scanning = false;
	site->any_scan = true;
	for (size_t i = 0; is_complete && i < site->catalogue.count; i++) {
		struct entry *entry = site->catalogue.entries[i];

		if (entry->scan == site->scan)
			check_companions(site, entry);
		if (entry->scan == site->scan || entry->is_queued)
			continue;
		if (channels_is_file(entry->path)) {
			if (!has_file(site, entry->path))
				channels_gone(site, entry);
			continue;
		}
		unseen += entry->presence != GONE && !entry->gone_due_ms;
		mark_gone(site, entry);
	}
	if (is_complete)
		miss_companions(site);
	sort_reads(site);
	log_info("site: scanned articles=%zu missing=%zu", site->catalogue.count, unseen);
	retire_review(site);
	site_set_alarm(site);
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
		size_t size = (size_t)status->st_size, room = size < out->len ? 1 << 16 :
			size - out->len + 1;
		char *to = buf_reserve(out, room);
		ssize_t got = read(fd, to, room);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			ok = error_set(err, "read %s: %s", path, strerror(errno));
		if (got <= 0)
			break;
		out->len += (size_t)got;
		if ((size_t)got < room) /* only the end of a regular file is short */
			break;
	}
	if (fd >= 0)
		close(fd);
	return ok;
}

/* The defaults that cascade down to PATH, nearest last. */
static void read_channels(struct site *site, const char *path, struct buf *out)
{
	size_t len = SIZE_MAX;
	struct buf name = {0};
	struct stat status;

	while (site->companions.count && next_channel_file(path, &len, &name)) {
		struct buf text = {0};

		if (has_companion(site, &name) &&
			read_file(site, name.bytes, SIDECAR_MAX, &text, &status, NULL))
			defaults_add(out, name.bytes, buf_text(&text), text.len);
		buf_finish(&text);
	}
	buf_finish(&name);
}

static bool read_sidecar(struct site *site, const char *path, struct buf *out, bool *is_json)
{
	const char *const endings[] = {sidecar_yaml, sidecar_json};
	struct stat status;

	for (int i = 0; i < 2 && site->companions.count; i++) {
		struct buf name = {0};
		bool found;

		buf_printf(&name, "%s%s", path, endings[i]);
		found = has_companion(site, &name) &&
			read_file(site, name.bytes, SIDECAR_MAX, out, &status, NULL);
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

/* A media file may be of any size, and nobody looks inside: its size and time stand for
 * its bytes. */
static bool look_at_media(struct site *site, const char *path, struct buf *out,
	struct stat *status, struct error *err)
{
	int fd = site->events->open_file(site->context, path, err);
	bool ok = fd >= 0;

	*status = (struct stat){.st_size = !ok && errno != ENOENT ? -1 : 0};
	if (ok && fstat(fd, status) < 0)
		ok = error_set(err, "stat %s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	buf_printf(out, "%lld %lld", (long long)status->st_size, (long long)mtime_ns(status));
	return ok;
}

static bool read_article(struct site *site, const char *path, struct buf *out,
	struct stat *status, struct error *err)
{
	if (is_media(path))
		return look_at_media(site, path, out, status, err);
	return read_file(site, path, (size_t)site->config.max_size, out, status, err);
}

static void miss_article(struct site *site, struct entry *entry)
{
	mark_gone(site, entry);
	site_alarm_before(site, entry->gone_due_ms ? entry->gone_due_ms : INT64_MAX);
}

/* What an article is made of: its file, and what the files beside and above it say. */
struct source {
	struct buf bytes, sidecar, channels;
	struct stat status;
	bool has_sidecar, is_json; /* the sidecar */
};

static void source_finish(struct source *source)
{
	buf_finish(&source->bytes);
	buf_finish(&source->sidecar);
	buf_finish(&source->channels);
}

/* False when there is nothing to parse; ENTRY is gone then, or said to be refused. */
static bool read_source(struct site *site, struct entry *entry, struct source *source)
{
	struct diagnosis why = {.class = "unreadable"};
	struct stat *status = &source->status;
	struct error err;

	source->has_sidecar =
		read_sidecar(site, entry->path, &source->sidecar, &source->is_json);
	if (!read_article(site, entry->path, &source->bytes, status, &err)) {
		why.message = err.text;
		if (status->st_size > site->config.max_size)
			why.class = "too-large";
		if (status->st_size != 0)
			versions_reject(site, entry, &why);
		else
			miss_article(site, entry);
		return false;
	}
	if (is_media(entry->path) && !source->has_sidecar) {
		miss_article(site, entry); /* without its sidecar it is an article no more */
		return false;
	}
	read_channels(site, entry->path, &source->channels);
	return true;
}

static void hash_source(const struct source *source, char out[HASH_HEX])
{
	struct buf context = {0};

	buf_add(&context, source->sidecar.bytes, source->sidecar.len);
	buf_add_char(&context, '\0');
	buf_add(&context, source->channels.bytes, source->channels.len);
	identity_hash(source->bytes.bytes, source->bytes.len, context.bytes, context.len, out);
	buf_finish(&context);
}

static void submit(struct site *site, struct parse_request *request,
	const struct source *source)
{
	const char *path = request->entry->path;
	struct parser_job job = {.path = path,
		.channel_yaml = source->channels.bytes,
		.channel_yaml_len = source->channels.len,
		.input = {is_media(path) ? NULL : buf_text(&source->bytes),
			is_media(path) ? (size_t)source->status.st_size : source->bytes.len,
			source->has_sidecar ? buf_text(&source->sidecar) : NULL,
			source->sidecar.len, source->is_json}};

	requests_add(site, request);
	parser_pool_submit(site->parsers, &job, requests_answered, request);
}

static void read_entry(struct site *site, struct entry *entry)
{
	struct source source = {0};
	struct parse_request *request;

	entry->is_queued = false;
	if (read_source(site, entry, &source)) {
		entry->gone_due_ms = 0;
		request = mem_alloc(sizeof(*request));
		*request = (struct parse_request){.site = site, .entry = entry,
			.companions = companions_of(site, entry->path),
			.inode = source.status.st_ino, .mtime_ns = mtime_ns(&source.status),
			.size = source.status.st_size};
		hash_source(&source, request->hash);
		if (entry->presence != GONE && strcmp(entry->hash, request->hash) == 0) {
			versions_note_file(request, entry);
			catalogue_touch(&site->catalogue, entry);
			free(request);
		} else {
			submit(site, request, &source);
		}
	}
	source_finish(&source);
}

void ingest_slice(struct site *site)
{
	struct pending_read *read;
	ev_tstamp until = ev_time() + SLICE_MS / 1000.;

	while ((read = site->reads) && parser_pool_backlog(site->parsers) < PARSER_AHEAD &&
		ev_time() < until) {
		site->reads = read->next;
		if (!site->reads)
			site->reads_tail = &site->reads;
		read_entry(site, read->entry);
		free(read);
	}
}
