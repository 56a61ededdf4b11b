/* partner_topics.c: see partner_topics.h. */
#include "daemon/site/partner_topics.h"

#include <string.h>

#include "daemon/site/catalogue.h"
#include "daemon/site/former.h"
#include "daemon/site/site.h"
#include "feeds/base/buf.h"

static const char prefix[] = "/p/", channel[] = "c/", everything[] = "all";

bool partner_path_parse(const char *path, struct partner_path *out)
{
	const char *file = strrchr(path, '/'), *after;

	if (strncmp(path, prefix, strlen(prefix)) != 0)
		return false;
	out->name = path + strlen(prefix);
	out->name_len = strcspn(out->name, "/");
	after = out->name + out->name_len;
	if (!out->name_len || file < after || strncmp(file, "/feed.", 6) != 0)
		return false;
	out->key = after == file ? "" : after + 1;
	out->key_len = after == file ? 0 : (size_t)(file - after) - 1;
	for (int f = 0; f < FEED_FORMAT_COUNT; f++) {
		out->format = (enum feed_format)f;
		if (strcmp(file + 6, feed_format_name(out->format)) == 0)
			return true;
	}
	return false;
}

/* The channel of a key or of a configured topic; NULL when it is of another kind. */
static const char *channel_of(const char *key)
{
	static const char *const others[] = {"tag/", "author/", "source/"};

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		if (strncmp(key, others[i], strlen(others[i])) == 0)
			return NULL;
	}
	return strncmp(key, channel, strlen(channel)) == 0 ? key + strlen(channel) : key;
}

/* DIR is the directory INNER of LEN bytes, or above it. */
static bool is_within(const char *dir, const char *inner, size_t len)
{
	size_t dir_len = strlen(dir);

	return dir_len <= len && memcmp(dir, inner, dir_len) == 0 &&
		(dir_len == len || inner[dir_len] == '/');
}

/* One of those that former.h makes, which few have. */
static bool has_label(const struct entry *entry, const char *kind, const char *name)
{
	struct buf label = {0};
	bool has;

	if (!entry->labels || !strstr(entry->labels, NOTE_FORMER))
		return false;
	buf_printf(&label, "%s%s", kind, name);
	has = entry_has_label(entry, buf_text(&label));
	buf_finish(&label);
	return has;
}

static bool is_in(const char *key, const char *dir, const struct entry *entry)
{
	return dir ? is_within(dir, entry->path, channel_len(entry->path)) :
		entry_has_label(entry, key);
}

bool partner_topic_had(const char *key, const struct entry *entry)
{
	const char *dir = channel_of(key);

	if (!*key || strcmp(key, everything) == 0 || is_in(key, dir, entry))
		return true;
	return dir ? has_label(entry, NOTE_FORMER "c/", dir) : has_label(entry, NOTE_FORMER, key);
}

bool partner_topic_has(const char *key, const struct entry *entry)
{
	if (!*key || strcmp(key, everything) == 0 || is_in(key, channel_of(key), entry))
		return true;
	return entry_is_taken_back(entry) && partner_topic_had(key, entry);
}

bool partner_topic_allows(const struct site_partner *partner, const struct entry *entry)
{
	for (size_t i = 0; i < partner->topic_count; i++) {
		if (partner_topic_has(partner->topics[i], entry))
			return true;
	}
	return partner->topic_count == 0;
}

bool partner_topic_may_be(const struct site_partner *partner, const char *key)
{
	const char *dir = channel_of(key);
	bool is_channel = strncmp(key, channel, strlen(channel)) == 0 && dir && *dir;

	if (!*key || (is_channel && partner->topic_count == 0))
		return true;
	for (size_t i = 0; i < partner->topic_count; i++) {
		const char *topic = partner->topics[i], *own = channel_of(topic);

		if (strcmp(topic, key) == 0)
			return true;
		if (!is_channel)
			continue;
		if (strcmp(topic, everything) == 0 || !own)
			return true; /* what it may have of the channel is judged by article */
		if (is_within(own, dir, strlen(dir)) || is_within(dir, own, strlen(own)))
			return true;
	}
	return false;
}
