/*
 * settle.h: the paths that changed and must be quiet for a while before anybody looks at
 * them. All wait equally long, so the set is a queue in order of the last touch. Pure:
 * time is an argument (milliseconds of one monotonic clock).
 */
#ifndef DAEMON_WATCH_SETTLE_H
#define DAEMON_WATCH_SETTLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct settle;

/* What take_due hands over; the caller frees `path`. */
struct settle_item {
	char *path;	 /* owns */
	bool is_seen;	 /* size and mtime_ns were recorded since the last touch */
	bool is_awaited; /* somebody waits for this one (settle_await) */
	int64_t size, mtime_ns;
};

struct settle *settle_create(int64_t settle_ms);
/* NULL is accepted. */
void settle_destroy(struct settle *set);

/* PATH changed at NOW: it is due settle_ms later, behind all that were touched before.
 * What was seen of it is forgotten. */
void settle_touch(struct settle *set, const char *path, int64_t now);

/* Records what PATH, which is in the set, looked like at its last touch. */
void settle_see(struct settle *set, const char *path, int64_t size, int64_t mtime_ns);

/* Marks PATH, which is in the set, as awaited until it is taken. */
void settle_await(struct settle *set, const char *path);

bool settle_has(const struct settle *set, const char *path);
size_t settle_count(const struct settle *set);
size_t settle_awaited_count(const struct settle *set);

/* Some awaited path, or NULL; borrowed until the next change. */
const char *settle_first_awaited(const struct settle *set);

/* Nobody waits any longer. */
void settle_await_none(struct settle *set);

/* Takes up to MAX paths that are due at NOW, in the order of their last touch, and
 * returns how many. *WAKE_AT_OUT is when to ask again (NOW when more are due, -1 when the
 * set is empty). */
size_t settle_take_due(struct settle *set, int64_t now, struct settle_item *out,
	size_t max, int64_t *wake_at_out);

/* Forgets everything. */
void settle_clear(struct settle *set);

#endif
