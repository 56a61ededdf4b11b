/*
 * topic.h: which URL names which document of ours. Pure.
 */
#ifndef DAEMON_HUB_TOPIC_H
#define DAEMON_HUB_TOPIC_H

#include <stdbool.h>

struct buf;

/* Whether a document path ("/feed.atom") is a topic. */
typedef bool topic_exists(void *context, const char *path);

/* Finds the topic that URL names below BASE_URL ("https://news.example/") and appends
 * its path to OUT. Aliases are understood: http for https and back, the default port
 * written out, any case of the host, any way of percent-encoding, a slash too
 * many or too few at the end. False when it is none of ours. PubSubHubbub 0.3 section
 * 8.1. */
bool topic_find(const char *base_url, const char *url, topic_exists *exists, void *context,
	struct buf *out);

/* Whether PATH ("/p/NAME/...") is for those who have agreed on it only. */
bool topic_is_private(const char *path);

/* Appends the canonical URL of PATH, percent-encoded, to OUT. */
void topic_add_url(const char *base_url, const char *path, struct buf *out);

#endif
