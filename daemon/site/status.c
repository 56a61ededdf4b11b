/* status.c: see status.h. Walks the catalogue: an operator's question, a few a minute. */
#include "daemon/site/status.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/loop/loop.h"
#include "daemon/site/audiences.h"
#include "daemon/site/publish.h"
#include "daemon/site/site_internal.h"
#include "feeds/base/arena.h"
#include "feeds/base/mem.h"
#include "feeds/flat.h"

enum { FEEDS_MOST = 300 }; /* of one article, in an explanation */

static void count_entry(const struct entry *entry, struct site_status *out)
{
	if (entry->path[0] == '/')
		return; /* an empty one that another took over */
	out->published += entry->is_visible;
	out->decided += entry->decision != DECISION_NONE;
	out->rejected += entry->presence == REJECTED;
	out->deleted += entry->presence == GONE;
	out->vanishing += entry->presence != GONE && entry->gone_due_ms;
	out->waiting += entry->presence == PRESENT && !entry->is_visible && entry->id;
	if (entry->next_change_ms < out->next_change_ms && entry->next_change_ms)
		out->next_change_ms = entry->next_change_ms;
}

void site_get_status(const struct site *site, struct site_status *out)
{
	struct map_entry slot;
	size_t cursor = 0;

	*out = (struct site_status){
		.is_ready = site->is_ready,
		.is_held = site->held_reported,
		.queued = site->parsing,
		.next_change_ms = INT64_MAX,
		.documents = site->documents.map.count,
		.versions = site->versions,
		.refusals = site->refusals,
		.publish = &site->publish,
	};
	for (const struct pending_read *read = site->reads; read; read = read->next)
		out->queued++;
	for (size_t i = 0; i < site->catalogue.count; i++)
		count_entry(site->catalogue.entries[i], out);
	while (map_next(&site->documents.map, &cursor, &slot))
		out->topics += ((const struct document *)slot.value)->is_topic;
}

static int compare_documents(const void *a_ptr, const void *b_ptr)
{
	const struct document *const *a = a_ptr, *const *b = b_ptr;

	return strcmp((*a)->path, (*b)->path);
}

void site_each_topic(const struct site *site,
	void (*tell)(void *context, const char *path, int64_t modified_s), void *context)
{
	const struct document **topics =
		mem_alloc((site->documents.map.count + 1) * sizeof(*topics));
	struct map_entry slot;
	size_t cursor = 0, count = 0;

	while (map_next(&site->documents.map, &cursor, &slot)) {
		const struct document *document = slot.value;

		if (document->is_topic)
			topics[count++] = document;
	}
	qsort(topics, count, sizeof(*topics), compare_documents);
	for (size_t i = 0; i < count; i++)
		tell(context, topics[i]->path, topics[i]->modified_s);
	free(topics);
}

void site_each_problem(const struct site *site, size_t most,
	void (*tell)(void *context, const char *path, const char *problem), void *context)
{
	size_t told = 0;

	for (size_t i = 0; i < site->catalogue.count && told < most; i++) {
		const struct entry *entry = site->catalogue.entries[i];

		if (entry->presence != REJECTED || !entry->problem)
			continue;
		tell(context, entry->path, entry->problem);
		told++;
	}
}

void site_each_vanishing(const struct site *site, size_t most,
	void (*tell)(void *context, const char *path, const char *id, int64_t due_ms),
	void *context)
{
	size_t told = 0;

	for (size_t i = 0; i < site->catalogue.count && told < most; i++) {
		const struct entry *entry = site->catalogue.entries[i];

		if (entry->presence == GONE || !entry->gone_due_ms)
			continue;
		tell(context, entry->path, entry->id, entry->gone_due_ms);
		told++;
	}
}

void site_each_decision(const struct site *site, size_t most,
	void (*tell)(void *context, const struct site_decision_row *row), void *context)
{
	size_t told = 0;

	for (size_t i = 0; i < site->catalogue.count && told < most; i++) {
		const struct entry *entry = site->catalogue.entries[i];
		struct site_decision_row row = {entry->path, entry->id, entry->title,
			entry->decision_note, entry->decision == DECISION_KILLED,
			entry->decided_ms};

		if (entry->decision == DECISION_NONE || entry->presence == GONE)
			continue;
		tell(context, &row);
		told++;
	}
}

/* ---- why an article is out or not ---- */

struct explain_request {
	struct site *site;
	char *name;                /* owns */
	void (*done)(void *context, const struct site_explanation *explanation);
	void *context;
};

struct entry *site_find(const struct site *site, const char *name)
{
	size_t len = strlen(name);
	struct arena *arena = arena_create();
	const char *id = identity_stated(arena, identity_tagging(arena,
		site->config.authority, site->config.base_url), name);
	struct entry *entry = map_get(&site->catalogue.by_id, name, len);

	if (!entry)
		entry = map_get(&site->catalogue.by_id, id, strlen(id));
	arena_destroy(arena);
	if (!entry)
		entry = map_get(&site->catalogue.by_slug, name, len);
	return entry ? entry : catalogue_find(&site->catalogue, name);
}

static const char *why_waiting(enum article_status status)
{
	switch (status) {
	case STATUS_DRAFT:
		return "the file says that it is a draft";
	case STATUS_SCHEDULED:
		return "its publication lies in the future";
	case STATUS_EMBARGOED:
		return "it is under embargo";
	case STATUS_EXPIRED:
		return "its time of expiry has passed";
	case STATUS_WITHDRAWAL:
		return "the file withdraws another article and is none itself";
	case STATUS_PUBLISHED:
	case STATUS_WITHDRAWN:
		break;
	}
	return "it will be out with the next documents";
}

static void explain_state(const struct entry *entry, const struct article *article,
	bool is_held, int64_t now_ms, struct site_explanation *out)
{
	enum article_status status = article ? article_status_at(article, now_ms) :
					       STATUS_PUBLISHED;

	if (entry->presence == GONE) {
		out->state = "deleted";
		out->why = "its file was deleted";
	} else if (entry->presence == REJECTED) {
		out->state = "rejected";
		out->why = entry->is_visible ? "the file is refused; its last good version is out" :
					       "the file is refused";
	} else if (entry->decision == DECISION_HELD) {
		out->state = "on hold";
		out->why = "an operator holds it";
	} else if (entry->decision == DECISION_KILLED) {
		out->state = "killed";
		out->why = "it was taken back: its place shows a notice";
	} else if (entry->gone_due_ms) {
		out->state = is_held ? "held" : "vanishing";
		out->why = is_held ? "its file is gone, with too many others: it stays until they "
				     "are back or the deletion is confirmed" :
				     "its file is gone: it stays for the time of grace";
	} else if (entry->is_visible) {
		out->state = article_status_name(status);
		out->why = status == STATUS_WITHDRAWN ? "the file says that it is withdrawn" :
							"it is out";
	} else {
		out->state = article ? article_status_name(status) : "unread";
		out->why = article ? why_waiting(status) : "its file has not been read yet";
	}
}

/* What is gathered for one explanation. */
struct feed_list {
	struct arena *arena;
	const char **paths;
	size_t count, cap;
};

static void add_feed(const struct site *site, struct feed_list *list, const char *key)
{
	const struct feed *feed = feed_index_find(&site->catalogue.index, key);

	for (int f = 0; feed && f < FEED_FORMAT_COUNT && list->count < list->cap; f++)
		list->paths[list->count++] =
			publish_path(list->arena, feed, (enum feed_format)f);
}

/* The feeds of a visible entry: the site's, its directories', then those of its labels. */
static void explain_feeds(struct arena *arena, const struct site *site,
	const struct entry *entry, struct site_explanation *out)
{
	struct feed_list list = {.arena = arena, .cap = FEEDS_MOST};
	size_t whole = channel_len(entry->path);

	list.paths = arena_alloc(arena, list.cap * sizeof(*list.paths));
	add_feed(site, &list, "");
	for (size_t end = 0; end < whole;) {
		end += strcspn(entry->path + end + (end > 0), "/") + (end > 0);
		add_feed(site, &list, arena_printf(arena, "c/%.*s", (int)end, entry->path));
	}
	for (const char *at = entry->labels; at && *at;) {
		size_t len = strcspn(at, "\n");

		add_feed(site, &list, arena_strndup(arena, at, len));
		at += len + (at[len] == '\n');
	}
	out->feeds = list.paths;
	out->feed_count = list.count;
}

static void on_row(void *context, const struct store_article *row)
{
	struct explain_request *request = context;
	struct site *site = request->site;
	struct entry *entry = site_find(site, request->name);
	struct arena *arena = arena_create();
	struct site_explanation out = {0};
	struct article *article = NULL;

	if (entry && entry->flat)
		flat_decode(arena, entry->flat, entry->flat_len, &article);
	else if (entry && row && row->flat)
		flat_decode(arena, row->flat, row->flat_len, &article);
	if (entry) {
		out = (struct site_explanation){
			.path = entry->path, .id = entry->id, .slug = entry->slug,
			.title = entry->title ? entry->title : article ? article->title : NULL,
			.note = entry->decision_note,
			.decided_ms = entry->decision ? entry->decided_ms : 0,
			.url = entry->slug ? arena_printf(arena, "%sa/%s", site->config.base_url,
						     entry->slug) : NULL,
			.problem = entry->problem,
			.first_seen_ms = entry->first_seen_ms,
			.visible_ms = entry->is_visible ? entry->visible_ms : 0,
			.published_ms = entry->published.ms, .updated_ms = entry->updated.ms,
			.next_change_ms = entry->next_change_ms == INT64_MAX ? 0 :
				entry->next_change_ms,
			.delete_ms = entry->presence == GONE ? 0 : entry->gone_due_ms,
			.version = entry->version, .is_visible = entry->is_visible,
			.is_in_window = entry->is_visible && entry->fragments,
		};
		explain_state(entry, article, site->held_reported, loop_wall_ms(site->loop), &out);
		if (entry->is_visible)
			explain_feeds(arena, site, entry, &out);
		audiences_explain(arena, site, entry, article, &out);
	}
	request->done(request->context, entry ? &out : NULL);
	arena_destroy(arena);
	free(request->name);
	free(request);
}

void site_explain(struct site *site, const char *name,
	void (*done)(void *context, const struct site_explanation *explanation), void *context)
{
	struct explain_request *request = mem_alloc(sizeof(*request));
	struct entry *entry = site_find(site, name);

	*request = (struct explain_request){site, mem_strdup(name), done, context};
	store_article_get(site->store, !entry ? "" : entry->renamed_from ? entry->renamed_from :
								       entry->path,
		on_row, request);
}
