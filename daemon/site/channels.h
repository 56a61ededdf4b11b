/*
 * channels.h: what `_channel.yaml` says of a directory itself: the title and the description
 * of its channel. (What it says for the articles below is the parser's: feeds/defaults.h.)
 * Both are kept as the title and the note of an entry without an id, so that they are in the
 * store, after a restart and for other nodes.
 */
#ifndef DAEMON_SITE_CHANNELS_H
#define DAEMON_SITE_CHANNELS_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct entry;
struct site;

bool channels_is_file(const char *path);

/* The `_channel.yaml` at PATH says TEXT from now on. A file that cannot be read leaves what
 * the one before said. */
void channels_changed(struct site *site, const char *path, const char *text, size_t len);

/* The file of ENTRY is gone. */
void channels_gone(struct site *site, struct entry *entry);

/* What the file at PATH says is another: its feeds, those of the channels below it, the
 * landing page and the pages of its articles name it. */
void channels_touch(struct site *site, const char *path);

/* How people call the channel of DIRECTORY ("news/local"): its title; without one, the name
 * of its parent and its own. In ARENA, or borrowed until it changes. */
const char *channels_name(const struct site *site, struct arena *arena,
	const char *directory);

/* Its description, or NULL. Borrowed until it changes. */
const char *channels_description(const struct site *site, const char *directory);

#endif
