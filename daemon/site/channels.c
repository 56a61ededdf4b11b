/* channels.c: see channels.h. */
#include "daemon/site/channels.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/site/parser_pool.h"
#include "daemon/site/site_internal.h"
#include "feeds/base/arena.h"
#include "feeds/base/buf.h"
#include "feeds/base/mem.h"
#include "feeds/flat.h"

static const char file_name[] = "_channel.yaml";

struct channel_request {
	struct site *site;
	char *path;                /* owns */
};

bool channels_is_file(const char *path)
{
	size_t len = channel_len(path);

	/* at the top it is the site, which the configuration describes */
	return len > 0 && strcmp(path + len + 1, file_name) == 0;
}

static const struct entry *find(const struct site *site, const char *directory)
{
	struct buf path = {0};
	const struct entry *entry;

	buf_printf(&path, "%s/%s", directory, file_name);
	entry = catalogue_find(&site->catalogue, buf_text(&path));
	buf_finish(&path);
	return entry;
}

static bool is_below(const char *path, const char *directory)
{
	size_t len = strlen(directory);

	return strncmp(path, directory, len) == 0 && (path[len] == '/' || !path[len]);
}

void channels_touch(struct site *site, const char *path)
{
	struct feed_index *index = &site->catalogue.index;
	char *directory = mem_strndup(path, channel_len(path));
	struct map_entry slot;
	size_t cursor = 0;

	while (map_next(&index->feeds, &cursor, &slot)) {
		struct feed *feed = slot.value;

		if (feed->kind == FEED_OF_SITE || (feed->kind == FEED_OF_CHANNEL &&
			is_below(feed->name, directory)))
			feed_index_touch(index, feed);
	}
	for (size_t i = 0; i < site->catalogue.count; i++) {
		if (is_below(site->catalogue.entries[i]->path, directory))
			site_page_changed(site, site->catalogue.entries[i]);
	}
	free(directory);
}

static bool is_same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* From now on; NULL = none. */
static void set(struct site *site, struct entry *entry, const char *title,
	const char *description)
{
	if (is_same(entry->title, title) && is_same(entry->decision_note, description))
		return;
	free(entry->title);
	free(entry->decision_note);
	entry->title = mem_strdup(title);
	entry->decision_note = mem_strdup(description);
	entry->version++;
	catalogue_touch(&site->catalogue, entry);
	channels_touch(site, entry->path);
}

static void on_parsed(void *context, const void *flat, size_t len,
	const struct diagnosis *why)
{
	struct channel_request *request = context;
	struct site *site = request->site;
	struct arena *arena = arena_create();
	struct article *article;

	(void)why; /* its articles report it */
	site->parsing--;
	if (flat && site->mode == SITE_LEADS && flat_decode(arena, flat, len, &article))
		set(site, catalogue_add(&site->catalogue, request->path), article->title,
			article->summary);
	arena_destroy(arena);
	free(request->path);
	free(request);
	site_schedule(site);
}

void channels_changed(struct site *site, const char *path, const char *text, size_t len)
{
	struct parser_job job = {.path = path, .input = {.bytes = text, .len = len}};
	struct channel_request *request = mem_alloc(sizeof(*request));

	*request = (struct channel_request){site, mem_strdup(path)};
	site->parsing++;
	parser_pool_submit(site->parsers, &job, on_parsed, request);
}

void channels_gone(struct site *site, struct entry *entry)
{
	set(site, entry, NULL, NULL);
	site_schedule(site);
}

const char *channels_name(const struct site *site, struct arena *arena,
	const char *directory)
{
	const struct entry *entry = find(site, directory);
	const char *slash = strrchr(directory, '/');

	if (entry && entry->title)
		return entry->title;
	if (!slash)
		return directory;
	return arena_printf(arena, "%s/%s", channels_name(site, arena,
		arena_strndup(arena, directory, (size_t)(slash - directory))), slash + 1);
}

const char *channels_description(const struct site *site, const char *directory)
{
	const struct entry *entry = find(site, directory);

	return entry ? entry->decision_note : NULL;
}
