/*
 * follow.c: a site on one of several nodes. The node that leads reads files and publishes;
 * the others follow what it has put into the store: documents are made of articles and
 * definitions alone, so a follower makes the same bytes and compares its ETags with those
 * that were published. Only what is equal is shown; the rest waits for the next round,
 * because its article rows were read a moment before or after its document's.
 *
 * A round reads what changed since the last one: documents first, then articles, so that
 * what the documents tell of is there. A full round reads all rows of articles: before a
 * node leads, because rows also say when an article changes by itself; and when it has lost
 * the lead, because what it did since its last commit is not so.
 */
#include "daemon/site/follow.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/control/log.h"
#include "daemon/loop/loop.h"
#include "daemon/site/on_demand.h"
#include "daemon/site/partner_docs.h"
#include "daemon/site/rows.h"
#include "daemon/site/site_internal.h"

enum {
	DOCS_AT_ONCE = 500,
	ROWS_MOST = 5000,          /* when so many have changed, all are read */
	AGAIN_MS = 200,            /* what did not fit together is looked at again */
	PATIENCE = 25,             /* so many times; then it is shown as it is made here */
};

/* ---- a round ---- */

static void end_round(struct site *site)
{
	struct follow *follow = &site->follow;

	follow->is_running = false;
	follow->rounds++;
	follow->done_ms = loop_mono_ms(site->loop);
	rows_forget(site, follow->is_full);
	if (follow->is_full)
		follow->rows_seq = follow->docs_seq;
	if (follow->is_full_wanted || follow->is_wanted)
		follow_round(site);
	else if (follow->is_lead_wanted)
		follow_lead(site);
	site_schedule(site);
}

static void end_if_done(struct site *site)
{
	if (site->follow.is_listed && !site->follow.reading)
		end_round(site);
}

static void on_row(void *context, const struct store_article *row)
{
	struct site *site = context;

	site->follow.reading--;
	if (row)
		rows_apply(site, row);
	end_if_done(site);
}

static void on_all_rows(void *context, const struct store_article *rows, size_t count)
{
	struct site *site = context;

	for (size_t i = 0; i < count; i++)
		rows_apply(site, &rows[i]);
	if (count)
		return;
	site->follow.is_listed = true;
	end_if_done(site);
}

static void read_all(struct site *site)
{
	site->scan++;
	store_article_list(site->store, on_all_rows, site);
}

static void on_changed(void *context, const struct store_change *rows, size_t count)
{
	struct site *site = context;
	struct follow *follow = &site->follow;

	follow->found += count;
	for (size_t i = 0; i < count; i++) {
		follow->rows_seq = rows[i].seq;
		if (follow->found > ROWS_MOST)
			continue;
		follow->reading++;
		store_article_get(site->store, rows[i].path, on_row, site);
	}
	if (count)
		return;
	if (follow->found > ROWS_MOST) {
		follow->is_full = true;
		read_all(site);
		return;
	}
	follow->is_listed = true;
	end_if_done(site);
}

static void read_docs(struct site *site);

static void on_docs(void *context, const struct store_doc *docs, size_t count)
{
	struct site *site = context;
	struct follow *follow = &site->follow;

	for (size_t i = 0; i < count; i++)
		rows_apply_doc(site, &docs[i]);
	if (count) {
		follow->docs_seq = docs[count - 1].seq;
		follow->unlike = 0;
	}
	if (count == DOCS_AT_ONCE)
		read_docs(site);
	else if (follow->is_full)
		read_all(site);
	else
		store_article_changed(site->store, follow->rows_seq, on_changed, site);
}

static void read_docs(struct site *site)
{
	store_doc_since(site->store, site->follow.docs_seq, DOCS_AT_ONCE, on_docs, site);
}

void follow_round(struct site *site)
{
	struct follow *follow = &site->follow;

	if (site->mode != SITE_FOLLOWS)
		return;
	follow->is_wanted = follow->is_running || !site->rows_loaded || !site->docs_loaded;
	if (follow->is_wanted)
		return;
	ev_timer_stop(site->ev, &follow->again);
	follow->is_full = follow->is_full_wanted;
	follow->is_full_wanted = false;
	follow->is_running = true;
	follow->is_listed = false;
	follow->found = 0;
	read_docs(site);
}

void site_store_changed(struct site *site)
{
	follow_round(site);
}

static void on_again(struct ev_loop *ev, ev_timer *timer, int events)
{
	(void)ev, (void)events;
	follow_round(timer->data);
}

/* ---- what does not fit together ---- */

void follow_again(struct site *site)
{
	if (ev_is_active(&site->follow.again))
		return;
	ev_timer_set(&site->follow.again, AGAIN_MS / 1000., 0.);
	ev_timer_start(site->ev, &site->follow.again);
}

void follow_hold(struct site *site, const char *path)
{
	struct feed_index *index = &site->catalogue.index;
	enum feed_format format;
	struct feed *feed = on_demand_find_feed(site, path, &format);

	site->follow.held++;
	site->statics_done = false;
	feed_index_touch(index, feed ? feed : feed_index_add(index, ""));
}

bool follow_is_patient(const struct site *site)
{
	return site->follow.unlike < PATIENCE;
}

void follow_shown(struct site *site)
{
	struct follow *follow = &site->follow;

	if (follow->held && ++follow->unlike == PATIENCE)
		log_warn("site: this node makes %zu documents otherwise than the one that "
			"publishes; are program and configuration the same?", follow->held);
	if (follow->held)
		follow_again(site);
	follow->held = 0;
}

bool follow_is_caught_up(const struct site *site)
{
	const struct document *first = documents_find(&site->documents, "/feed.atom");

	/* before the first publication there is nothing to show, not even an empty feed */
	return !site->follow.is_running && !ev_is_active(&site->follow.again) && first &&
		first->is_stored;
}

/* ---- leading and following ---- */

static void forget_work(struct site *site)
{
	struct catalogue *catalogue = &site->catalogue;
	struct pending_read *read;

	while ((read = site->reads)) {
		site->reads = read->next;
		free(read);
	}
	site->reads_tail = &site->reads;
	site->is_scanning = site->any_scan = false;
	site->held_reported = false;
	site->unsaved = site->held_deletions = 0;
	catalogue->dirty_count = 0;
	for (size_t i = 0; i < catalogue->count; i++) {
		struct entry *entry = catalogue->entries[i];

		entry->is_row_dirty = entry->is_queued = false;
		entry->gone_due_ms = 0;
		free(entry->flat);
		entry->flat = NULL;
		free(entry->renamed_from);
		entry->renamed_from = NULL;
	}
}

void follow_lead(struct site *site)
{
	site->follow.is_lead_wanted = false;
	site->mode = SITE_LEADS;
	ev_timer_stop(site->ev, &site->follow.again);
	forget_work(site);
	partner_desk_reload(site->desk);
	site->is_fresh = site->catalogue.count == 0;
	site_set_alarm(site);
	site->events->loaded(site->context);
}

void site_lead(struct site *site, int64_t epoch)
{
	site->epoch = epoch;
	switch (site->mode) {
	case SITE_IDLE:
		site->mode = SITE_LEADS;
		site_load(site);
		return;
	case SITE_FOLLOWS:
		site->follow.is_lead_wanted = site->follow.is_full_wanted = true;
		follow_round(site);
		return;
	case SITE_LEADS:
		return;
	}
}

void site_follow(struct site *site)
{
	enum site_mode before = site->mode;

	site->epoch = 0;
	site->follow.is_lead_wanted = false;
	site->mode = SITE_FOLLOWS;
	switch (before) {
	case SITE_IDLE:
		site_load(site);
		return;
	case SITE_FOLLOWS:
		return;
	case SITE_LEADS:
		break;
	}
	ev_periodic_stop(site->ev, &site->alarm);
	forget_work(site);
	site->follow.is_full_wanted = true;
	follow_round(site);
}

bool site_is_leading(const struct site *site)
{
	return site->mode == SITE_LEADS;
}

int64_t site_seq(const struct site *site)
{
	return site->mode == SITE_FOLLOWS ? site->follow.docs_seq : 0;
}

int64_t site_behind_ms(const struct site *site)
{
	const struct follow *follow = &site->follow;

	if (site->mode != SITE_FOLLOWS || !follow->rounds)
		return 0;
	return loop_mono_ms(site->loop) - follow->done_ms;
}

void follow_init(struct site *site)
{
	ev_timer_init(&site->follow.again, on_again, 0., 0.);
	site->follow.again.data = site;
}

void follow_finish(struct site *site)
{
	ev_timer_stop(site->ev, &site->follow.again);
}
