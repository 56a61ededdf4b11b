/*
 * deliveries.c: see deliveries.h. Reasons are few ("HTTP status 503", "timed out"), so
 * each is kept once. A question scans the rings: it is an operator's, and rare, where an
 * index would cost every delivery.
 */
#include "daemon/hub/deliveries.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/base/map.h"
#include "feeds/base/mem.h"

enum { TEXTS_MAX = 1000 };

struct entry {
	uint64_t number;           /* of all attempts, 1 = the first; 0 = empty */
	struct delivery delivery;
};

struct ring {
	struct entry *entries;     /* owns */
	size_t next;               /* where the next one goes */
};

struct deliveries {
	size_t max;
	uint64_t count;            /* of all attempts ever */
	struct ring ok, failed;
	struct map texts;          /* reasons and hosts: text -> the same text, owned */
};

static const char *const names[] = {
	[DELIVERY_OK] = "delivered",
	[DELIVERY_FAILED] = "failed",
	[DELIVERY_GIVEN_UP] = "given up",
	[DELIVERY_GONE] = "gone",
};
static_assert(sizeof(names) / sizeof(*names) == DELIVERY_GONE + 1, "a name for each");

static const char *const what_names[] = {
	[DELIVERY_CONTENT] = "content",
	[DELIVERY_DENIAL] = "denial",
	[DELIVERY_PING] = "ping",
};
static_assert(sizeof(what_names) / sizeof(*what_names) == DELIVERY_PING + 1,
	"a name for each");

const char *delivery_what_name(enum delivery_what what)
{
	return what_names[what];
}

const char *delivery_outcome_name(enum delivery_outcome outcome)
{
	return names[outcome];
}

struct deliveries *deliveries_create(size_t max)
{
	struct deliveries *log = mem_alloc(sizeof(*log));

	assert(max > 0);
	log->max = max;
	/* zeroed memory costs nothing until it is used */
	log->ok.entries = mem_alloc(max * sizeof(*log->ok.entries));
	log->failed.entries = mem_alloc(max * sizeof(*log->failed.entries));
	return log;
}

void deliveries_destroy(struct deliveries *log)
{
	struct map_entry entry;
	size_t cursor = 0;

	if (!log)
		return;
	while (map_next(&log->texts, &cursor, &entry))
		free(entry.value);
	map_finish(&log->texts);
	free(log->ok.entries);
	free(log->failed.entries);
	free(log);
}

/* OTHERWISE when there are too many different ones. */
static const char *keep(struct deliveries *log, const char *text, const char *otherwise)
{
	size_t len = strlen(text);
	char *kept = map_get(&log->texts, text, len);

	if (kept || !len)
		return kept ? kept : "";
	if (log->texts.count >= TEXTS_MAX)
		return otherwise;
	kept = mem_strdup(text);
	map_put(&log->texts, kept, len, kept);
	return kept;
}

void deliveries_add(struct deliveries *log, const struct delivery *delivery)
{
	struct ring *ring = delivery->outcome == DELIVERY_OK ? &log->ok : &log->failed;
	struct entry *entry = &ring->entries[ring->next];

	ring->next = (ring->next + 1) % log->max;
	entry->number = ++log->count;
	entry->delivery = *delivery;
	entry->delivery.why = keep(log, delivery->why ? delivery->why : "", "another error");
	if (delivery->host)
		entry->delivery.host = keep(log, delivery->host, "another host");
}

/* The newest entry of the subscription that is older than *BACK steps; NULL = no more. */
static const struct entry *find_back(const struct deliveries *log, const struct ring *ring,
	int64_t sub_id, size_t *back)
{
	while (*back < log->max) {
		const struct entry *entry =
			&ring->entries[(ring->next + log->max - 1 - *back) % log->max];

		if (!entry->number)
			return NULL;
		if (!sub_id || entry->delivery.sub_id == sub_id)
			return entry;
		++*back;
	}
	return NULL;
}

size_t deliveries_get(const struct deliveries *log, int64_t sub_id, struct delivery *out,
	size_t max)
{
	size_t ok_back = 0, failed_back = 0, count = 0;

	while (count < max) {
		const struct entry *ok = find_back(log, &log->ok, sub_id, &ok_back);
		const struct entry *failed =
			find_back(log, &log->failed, sub_id, &failed_back);

		if (!ok && !failed)
			break;
		if (ok && (!failed || ok->number > failed->number)) {
			out[count++] = ok->delivery;
			ok_back++;
		} else {
			out[count++] = failed->delivery;
			failed_back++;
		}
	}
	return count;
}
