/*
 * publish.c: from entries to feeds. A pass takes the feeds that changed, makes the
 * fragments that are missing and joins them. Readers of the feeds of the site and of its
 * channels are many: these stay in memory. The others are rendered from the day on that
 * somebody asks for them.
 */
#include "daemon/site/publish.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/control/log.h"
#include "daemon/site/archive.h"
#include "daemon/site/channels.h"
#include "daemon/site/edition.h"
#include "daemon/site/fragments.h"
#include "daemon/site/overview.h"
#include "daemon/site/page.h"
#include "daemon/site/partner_docs.h"
#include "daemon/site/pass.h"
#include "daemon/site/press.h"
#include "daemon/site/priority.h"
#include "daemon/site/retire.h"
#include "daemon/site/site_internal.h"
#include "feeds/base/arena.h"
#include "feeds/base/buf.h"
#include "feeds/base/error.h"
#include "feeds/base/mem.h"
#include "feeds/render.h"
#include "feeds/url.h"

enum { ROWS_AT_ONCE = 1000 };
static const int64_t window_span_ms = 24 * 3600 * 1000;

char *publish_path(struct arena *arena, const struct feed *feed, enum feed_format format)
{
	return arena_printf(arena, "/%s%sfeed.%s", feed->key, *feed->key ? "/" : "",
		feed_format_name(format));
}

char *publish_url(const struct site *site, struct arena *arena, const char *path)
{
	return arena_printf(arena, "%s%s", site->config.base_url,
		url_encode_path(arena, path) + 1);
}

const char *publish_name(const struct site *site, struct arena *arena,
	const struct feed *feed)
{
	return feed->kind == FEED_OF_CHANNEL ? channels_name(site, arena, feed->name) :
					       feed->name;
}

void publish_offer(const struct site *site, struct arena *arena, const struct feed *feed,
	struct page_feed *out)
{
	out->title = *feed->name ? publish_name(site, arena, feed) : site->config.title;
	for (int f = 0; f < FEED_FORMAT_COUNT; f++)
		out->urls[f] = publish_url(site, arena,
			publish_path(arena, feed, (enum feed_format)f));
}

static bool is_hot(const struct feed *feed)
{
	return feed->kind == FEED_OF_SITE || feed->kind == FEED_OF_CHANNEL;
}

/* ---- windows ---- */

size_t publish_window(struct site *site, struct feed *feed, struct entry **window)
{
	size_t count = window_select(&site->catalogue.index, feed, (size_t)site->config.window,
		window_span_ms, window);

	if (!fragments_want(site, window, count))
		return SIZE_MAX;
	count = fragments_fit(window, count);
	window_order(window, count);
	return count;
}

/* FEED shows WINDOW from now on: its fragments are kept as long. */
static void hold_window(struct feed *feed, struct entry *const *window, size_t count)
{
	struct entry **old = feed->window;
	size_t old_count = feed->window_count;

	feed->window = mem_resize(NULL, count + 1, sizeof(*feed->window));
	memcpy(feed->window, window, count * sizeof(*window));
	feed->window_count = count;
	for (size_t i = 0; i < count; i++)
		window[i]->window_refs++;
	for (size_t i = 0; i < old_count; i++) {
		old[i]->window_refs--;
		fragments_drop(old[i]);
	}
	free(old);
}

/* A feed of the pass with what it is to show; that keeps its fragments as long as the pass
 * is made, whatever other feeds let go of. */
struct showing {
	struct feed *feed;
	struct entry **window;  /* in the pass's arena; the archive begins behind it */
	size_t count;
	struct entry **sound;   /* the same; what of it is shown */
	size_t sound_count;
};

/* ---- feeds ---- */

static char *link_header(const struct site *site, struct arena *arena, const char *self)
{
	struct buf link = {0};
	char *text;

	if (site->config.hub_url)
		buf_printf(&link, "<%s>; rel=\"hub\", ", site->config.hub_url);
	for (size_t i = 0; i < site->config.external_count; i++)
		buf_printf(&link, "<%s>; rel=\"hub\", ", site->config.external_hubs[i]);
	buf_printf(&link, "<%s>; rel=\"self\"", self);
	text = arena_strdup(arena, buf_text(&link));
	buf_finish(&link);
	return text;
}

static const char **list_hubs(const struct site *site, struct arena *arena, size_t *count_out)
{
	const struct site_config *config = &site->config;
	const char **hubs = arena_alloc(arena, (1 + config->external_count) * sizeof(*hubs));
	size_t count = 0;

	if (config->hub_url)
		hubs[count++] = config->hub_url;
	for (size_t i = 0; i < config->external_count; i++)
		hubs[count++] = config->external_hubs[i];
	*count_out = count;
	return hubs;
}

void publish_fill_head(const struct site *site, struct arena *arena,
	const struct feed *feed, enum feed_format format, struct feed_head *head)
{
	const struct site_config *config = &site->config;
	const char *description = feed->kind == FEED_OF_CHANNEL ?
		channels_description(site, feed->name) : NULL;

	*head = (struct feed_head){
		.title = *feed->name ? arena_printf(arena, "%s · %s", config->title,
			publish_name(site, arena, feed)) : config->title,
		.subtitle = description ? description : config->subtitle,
		.self_url = publish_url(site, arena, publish_path(arena, feed, format)),
		.home_url = config->base_url,
		.language = config->language,
		.rights = config->rights,
		.icon = config->icon,
		.logo = config->logo,
		.author = config->authority,
		/* one id for the feed whatever the format */
		.id = publish_url(site, arena, publish_path(arena, feed, FEED_ATOM)),
	};
	head->hub_urls = list_hubs(site, arena, &head->hub_count);
}

/* The link to what the window does not show any more. */
static void link_archive(struct pass *pass, const struct showing *showing,
	struct feed_head *head)
{
	const struct feed *feed = showing->feed;
	size_t archived = window_archived(&pass->site->catalogue.index, feed, showing->window,
		showing->count);
	struct feed_link *link;

	if (!archived)
		return;
	link = arena_alloc(pass->arena, sizeof(*link));
	*link = (struct feed_link){"prev-archive", publish_url(pass->site, pass->arena,
		archive_path(pass->arena, feed, archived)), "application/atom+xml", NULL};
	head->links = link;
	head->link_count = 1;
}

/* The ETag of a document is that of its frame and of its items' digests: to know it, the
 * items need not be joined. */
static void etag_of(const struct buf *frame, struct entry *const *window, size_t count,
	enum feed_format format, char out[32])
{
	struct buf bytes = {0};

	buf_add(&bytes, frame->bytes, frame->len);
	for (size_t i = 0; i < count; i++)
		buf_add(&bytes, (const char *)window[i]->fragments->digests[format], DIGEST_LEN);
	snapshot_etag_of(bytes.bytes, bytes.len, out);
	buf_finish(&bytes);
}

static void join(struct pass *pass, enum feed_format format, const struct feed_head *head,
	struct entry *const *window, size_t count, struct buf *out)
{
	struct feed_fragment *fragments = arena_alloc(pass->arena,
		(count + 1) * sizeof(*fragments));

	for (size_t i = 0; i < count; i++) {
		const struct buf *from = &window[i]->fragments->formats[format];

		fragments[i] = (struct feed_fragment){buf_text(from), from->len};
	}
	feed_render(format, head, fragments, count, out);
}

static void fill_spec(struct pass *pass, const struct feed_head *head,
	enum feed_format format, struct rendition *rendition)
{
	rendition->is_topic = true;
	rendition->spec.content_type = feed_media_type(format);
	rendition->spec.browser_type = format == FEED_JSON ? NULL : "text/xml; charset=utf-8";
	rendition->spec.csp = format == FEED_JSON ? NULL : page_csp;
	rendition->spec.link = link_header(pass->site, pass->arena, head->self_url);
	rendition->spec.is_public_api = true;
}

/* The items were checked when they were made, their ids and times are distinct in the
 * whole site; what is left to check is the frame around them. */
static void render_format(struct pass *pass, const struct feed *feed,
	enum feed_format format, struct feed_head *head, struct entry *const *window,
	size_t count)
{
	struct rendition *rendition = pass_add(pass, publish_path(pass->arena, feed, format));
	struct buf frame = {0};
	struct error err;
	char etag[32];

	rendition->document->is_hot = is_hot(feed);
	rendition->priority = (enum store_priority)feed->priority;
	for (size_t i = 0; i < count; i++)
		head->namespaces |= window[i]->fragments->namespaces[format];
	feed_render(format, head, NULL, 0, &frame);
	if (!feed_check(format, frame.bytes, frame.len, &err)) {
		log_error("feed: not replaced path=%s: %s", rendition->document->path, err.text);
		pass_drop(pass);
		buf_finish(&frame);
		return;
	}
	etag_of(&frame, window, count, format, etag);
	buf_finish(&frame);
	if (!pass_close(pass, etag))
		return;
	join(pass, format, head, window, count, &rendition->body);
	fill_spec(pass, head, format, rendition);
}

static void render_feed(struct pass *pass, const struct showing *showing)
{
	struct entry *const *shown = showing->sound;
	struct instant updated = {0};
	struct feed_head head;

	for (size_t i = 0; i < showing->sound_count; i++) {
		if (!updated.is_set || shown[i]->updated.ms > updated.ms)
			updated = shown[i]->updated;
	}
	for (int f = 0; f < FEED_FORMAT_COUNT; f++) {
		publish_fill_head(pass->site, pass->arena, showing->feed, (enum feed_format)f,
			&head);
		head.updated = updated;
		if (f != FEED_JSON)
			link_archive(pass, showing, &head);
		render_format(pass, showing->feed, (enum feed_format)f, &head, shown,
			showing->sound_count);
	}
}

/* ---- the archive's documents that are not true any more ---- */

static void withdraw_archives(struct pass *pass, struct feed *feed)
{
	const struct map *map = &pass->site->documents.map;
	struct map_entry slot;
	size_t cursor = 0, from = feed->disturbed_from, to = feed->disturbed_to, count;

	feed->disturbed_from = SIZE_MAX;
	feed->disturbed_to = 0;
	if (from >= to)
		return;
	while (map_next(map, &cursor, &slot)) {
		const struct document *document = slot.value;
		struct feed *of;

		if (!document->is_stored ||
			!archive_parse(&pass->site->catalogue.index, document->path, &of, &count))
			continue;
		if (of == feed && count > from && archive_first(count) < to)
			pass_withdraw(pass, document->path);
	}
}

/* ---- the pass ---- */

static bool is_to_render(const struct feed *feed)
{
	return is_hot(feed) || feed->is_wanted;
}

/* What partners get is made by the node that leads; the others have it from the store. */
static bool has_partners_work(const struct site *site)
{
	return site->mode == SITE_LEADS && partner_desk_is_dirty(site->desk);
}

/* Documents of kinds that are not wanted any more. */
static bool has_switched_off(const struct site *site)
{
	return site->has_switched_off && site->mode == SITE_LEADS;
}

/* The dirty feeds that are rendered; false when some articles are not here yet. */
static bool choose_windows(struct pass *pass, struct showing *showings, size_t *count_out)
{
	struct site *site = pass->site;
	struct feed_index *index = &site->catalogue.index;
	struct entry **window = arena_alloc(pass->arena, WINDOW_MOST * sizeof(*window));
	bool ok = true;

	*count_out = 0;
	for (size_t i = 0; i < index->dirty_count; i++) {
		struct showing *showing = &showings[*count_out];
		size_t count;

		if (!is_to_render(index->dirty[i]))
			continue;
		count = publish_window(site, index->dirty[i], window);
		ok = ok && count != SIZE_MAX;
		if (!ok)
			continue; /* the rest is asked for too */
		*showing = (struct showing){index->dirty[i],
			arena_alloc(pass->arena, (count + 1) * sizeof(*window)), count, NULL, 0};
		memcpy(showing->window, window, count * sizeof(*window));
		++*count_out;
	}
	return ok;
}

static void pin(const struct showing *showings, size_t count, bool is_held)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t w = 0; w < showings[i].count; w++) {
			struct entry *entry = showings[i].window[w];

			if (is_held) {
				entry->window_refs++;
				continue;
			}
			entry->window_refs--;
			fragments_drop(entry);
		}
	}
}

static bool is_shown_in(const struct feed *feed, const struct entry *entry)
{
	for (size_t i = 0; i < feed->window_count; i++) {
		if (feed->window[i] == entry)
			return true;
	}
	return false;
}

/* An article whose item is not valid is left out. One that readers have seen here holds the
 * feed back instead: if it went, they would take it for withdrawn. False then. */
static bool leave_out_broken(struct pass *pass, struct showing *showing)
{
	const struct feed *feed = showing->feed;
	bool ok = true;

	showing->sound = arena_alloc(pass->arena,
		(showing->count + 1) * sizeof(*showing->sound));
	for (size_t i = 0; i < showing->count; i++) {
		struct entry *entry = showing->window[i];
		bool is_seen;

		if (!entry->fragments->problem) {
			showing->sound[showing->sound_count++] = entry;
			continue;
		}
		is_seen = is_shown_in(feed, entry);
		log_error("feed: %s feed=%s: the item of path=%s is not valid",
			is_seen ? "not replaced" : "an article is left out",
			*feed->key ? feed->key : "/", entry->path);
		ok = ok && !is_seen;
	}
	return ok;
}

static void render_one(struct pass *pass, struct showing *showing)
{
	struct feed *feed = showing->feed;
	bool is_sound = leave_out_broken(pass, showing);

	if (!retire_feed(pass, feed) && is_sound)
		render_feed(pass, showing);
	if (feed->kind == FEED_OF_SITE)
		overview_render(pass, showing->window, showing->count);
	if (is_sound)
		hold_window(feed, showing->sound, is_hot(feed) ? showing->sound_count : 0);
}

/* Renders what changed; false when some articles are not here yet. */
static bool render_dirty(struct pass *pass)
{
	struct site *site = pass->site;
	struct feed_index *index = &site->catalogue.index;
	struct showing *showings;
	size_t count;
	bool ok;

	editions_changed(site);
	showings = arena_alloc(pass->arena, (index->dirty_count + 1) * sizeof(*showings));
	ok = choose_windows(pass, showings, &count);
	if (site->catalogue.dirty_count)
		partner_desk_touch(site->desk);
	if (has_partners_work(site))
		ok = partner_desk_prepare(site->desk) && ok;
	if (!ok)
		return false; /* again when what is missing has come */
	priority_spread(&site->catalogue);
	pin(showings, count, true);
	for (size_t i = 0; i < index->dirty_count; i++) {
		index->dirty[i]->is_dirty = false;
		withdraw_archives(pass, index->dirty[i]);
	}
	index->dirty_count = 0;
	for (size_t i = 0; i < count; i++)
		render_one(pass, &showings[i]);
	pass->is_rendered = true;
	if (has_switched_off(site))
		retire_switched_off(pass);
	if (has_partners_work(site))
		partner_desk_render(site->desk, pass);
	pin(showings, count, false);
	return true;
}

void publish_rows(struct site *site)
{
	if (site->is_publishing || site->unsaved < ROWS_AT_ONCE)
		return;
	partner_desk_touch(site->desk);
	pass_commit(pass_create(site));
}

static void become_ready(struct site *site)
{
	/* whoever comes first may ask for gzip; after a restart readers wait for us */
	if (site->is_ready || (site->is_fresh && press_open(site->press)))
		return;
	site->is_ready = true;
	site->events->ready(site->context);
}

void publish_pass(struct site *site)
{
	struct catalogue *catalogue = &site->catalogue;
	struct pass *pass;

	if (site->is_publishing || site->loading || site->unentitled)
		return;
	if (!feed_index_find(&catalogue->index, "")) /* an empty site has feeds too */
		feed_index_touch(&catalogue->index, feed_index_add(&catalogue->index, ""));
	if (!catalogue->index.dirty_count && !catalogue->dirty_count &&
		!has_switched_off(site) && !has_partners_work(site)) {
		become_ready(site);
		return;
	}
	pass = pass_create(site);
	if (render_dirty(pass) && site->mode == SITE_LEADS)
		pass_commit(pass);
	else if (pass->is_rendered)
		pass_show(pass);
	else
		pass_destroy(pass);
}
