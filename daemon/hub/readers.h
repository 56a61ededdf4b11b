/*
 * readers.h: how many people read a topic through others: aggregators say so when they are
 * pushed to (X-Hub-On-Behalf-Of, PubSubHubbub 0.3 section 7.3) and when they fetch ("12
 * subscribers" in the User-Agent, section 7.2). Kept in memory only. Pure.
 */
#ifndef DAEMON_HUB_READERS_H
#define DAEMON_HUB_READERS_H

#include <stddef.h>
#include <stdint.h>

struct readers;

enum { READERS_MOST = 100 * 1000 * 1000 }; /* nobody has more */

struct readers *readers_create(void);
/* NULL is accepted. */
void readers_destroy(struct readers *readers);

/* The answer to a delivery for SUB_ID spoke for COUNT people. */
void readers_pushed(struct readers *readers, int64_t sub_id, const char *topic, int count,
	int64_t now_ms);
/* TOPIC was fetched by AGENT; nothing happens when that names no number. */
void readers_polled(struct readers *readers, const char *topic, const char *agent,
	int64_t now_ms);

/* What was said in the last two weeks. An aggregator may be in both. */
struct readers_count {
	int64_t pushed, polled;    /* people */
	size_t push_sources, poll_sources;
};
/* Of TOPIC; NULL = of all topics together. */
void readers_count(const struct readers *readers, const char *topic, int64_t now_ms,
	struct readers_count *out);

/* What SUB_ID said in the last two weeks for TOPIC; 0 = nothing. */
int64_t readers_behind(const struct readers *readers, int64_t sub_id, const char *topic,
	int64_t now_ms);

/* The N of "N subscribers" (or readers, users) in AGENT; 0 when there is none. */
int readers_of_agent(const char *agent);

#endif
