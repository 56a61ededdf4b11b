/* readers.c: see readers.h. One row per source and topic; the newest word of each counts. */
#include "daemon/hub/readers.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "feeds/base/buf.h"
#include "feeds/base/map.h"
#include "feeds/base/mem.h"

enum {
	SOURCES_KEPT = 20000,
	NAME_MAX_LEN = 64,         /* of an agent: so much tells them apart */
};
static const int64_t kept_ms = INT64_C(14) * 24 * 3600 * 1000;

struct source {
	char *key;                 /* owns: the topic, a line feed, who */
	size_t topic_len;
	bool is_push;
	int count;
	int64_t at_ms;
};

struct readers {
	struct map sources;        /* key -> struct source, owns */
	int64_t sweep_at_ms;
};

struct readers *readers_create(void)
{
	return mem_alloc(sizeof(struct readers));
}

static void source_destroy(struct source *source)
{
	free(source->key);
	free(source);
}

void readers_destroy(struct readers *readers)
{
	struct map_entry entry;
	size_t cursor = 0;

	if (!readers)
		return;
	while (map_next(&readers->sources, &cursor, &entry))
		source_destroy(entry.value);
	map_finish(&readers->sources);
	free(readers);
}

static void sweep(struct readers *readers, int64_t now_ms)
{
	struct map kept = {0};
	struct map_entry entry;
	size_t cursor = 0;

	if (readers->sources.count < SOURCES_KEPT || now_ms < readers->sweep_at_ms)
		return;
	readers->sweep_at_ms = now_ms + 3600 * 1000;
	while (map_next(&readers->sources, &cursor, &entry)) {
		struct source *source = entry.value;

		if (now_ms - source->at_ms > kept_ms)
			source_destroy(source);
		else
			map_put(&kept, source->key, strlen(source->key), source);
	}
	map_finish(&readers->sources);
	readers->sources = kept;
}

/* Takes the content of KEY. */
static void note(struct readers *readers, struct buf *key, size_t topic_len, bool is_push,
	int count, int64_t now_ms)
{
	struct source *source = map_get(&readers->sources, key->bytes, key->len);

	if (source) {
		buf_finish(key);
	} else {
		sweep(readers, now_ms);
		if (readers->sources.count >= SOURCES_KEPT) {
			buf_finish(key);
			return;
		}
		source = mem_alloc(sizeof(*source));
		source->key = buf_take(key, NULL);
		source->topic_len = topic_len;
		source->is_push = is_push;
		map_put(&readers->sources, source->key, strlen(source->key), source);
	}
	source->count = count;
	source->at_ms = now_ms;
}

static void add_push_key(struct buf *key, int64_t sub_id, const char *topic)
{
	buf_printf(key, "%s\n%lld", topic, (long long)sub_id);
}

void readers_pushed(struct readers *readers, int64_t sub_id, const char *topic, int count,
	int64_t now_ms)
{
	struct buf key = {0};

	if (count <= 0 || count > READERS_MOST)
		return;
	add_push_key(&key, sub_id, topic);
	note(readers, &key, strlen(topic), true, count, now_ms);
}

int64_t readers_behind(const struct readers *readers, int64_t sub_id, const char *topic,
	int64_t now_ms)
{
	const struct source *source;
	struct buf key = {0};

	add_push_key(&key, sub_id, topic);
	source = map_get(&readers->sources, key.bytes, key.len);
	buf_finish(&key);
	return source && source->is_push && now_ms - source->at_ms <= kept_ms ? source->count : 0;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The number that ends before AT; 0 when it is none. */
static int number_before(const char *agent, const char *at)
{
	int64_t value = 0, place = 1;

	while (at > agent && at[-1] == ' ')
		at--;
	for (; at > agent && is_digit(at[-1]) && place <= READERS_MOST; at--, place *= 10)
		value += place * (at[-1] - '0');
	return value <= READERS_MOST ? (int)value : 0;
}

int readers_of_agent(const char *agent)
{
	static const char *const words[] = {"subscriber", "reader", "user"};

	for (const char *at = agent; *at; at++) {
		if (at == agent || (at[-1] != ' ' && !is_digit(at[-1])))
			continue;
		for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
			int count = strncasecmp(at, words[i], strlen(words[i])) == 0 ?
				number_before(agent, at) : 0;

			if (count)
				return count;
		}
	}
	return 0;
}

void readers_polled(struct readers *readers, const char *topic, const char *agent,
	int64_t now_ms)
{
	int count = readers_of_agent(agent);
	struct buf key = {0};
	size_t topic_len = strlen(topic);

	if (!count)
		return;
	buf_add(&key, topic, topic_len);
	buf_add_char(&key, '\n');
	/* without its numbers, which change */
	for (; *agent && key.len < topic_len + NAME_MAX_LEN; agent++)
		if (!is_digit(*agent) && *agent != '\n')
			buf_add_char(&key, *agent);
	note(readers, &key, topic_len, false, count, now_ms);
}

void readers_count(const struct readers *readers, const char *topic, int64_t now_ms,
	struct readers_count *out)
{
	size_t len = topic ? strlen(topic) : 0;
	struct map_entry entry;
	size_t cursor = 0;

	*out = (struct readers_count){0};
	while (map_next(&readers->sources, &cursor, &entry)) {
		const struct source *source = entry.value;

		if (now_ms - source->at_ms > kept_ms)
			continue;
		if (topic && (source->topic_len != len || memcmp(source->key, topic, len) != 0))
			continue;
		if (source->is_push) {
			out->pushed += source->count;
			out->push_sources++;
		} else {
			out->polled += source->count;
			out->poll_sources++;
		}
	}
}
