/*
 * former.h: the feeds that an article stood in once and does not any more, since its file was
 * moved or its tags are others. They are labels of its entry, as the store has them. Once the
 * article is taken back they are its feeds again, so that whoever read it there learns of that.
 * Pure.
 */
#ifndef DAEMON_SITE_FORMER_H
#define DAEMON_SITE_FORMER_H

#include <stdbool.h>

/* What such a label begins with; the key of the feed follows. */
#define NOTE_FORMER "former/"

/* LABELS and, as former ones, the feeds of the directories above PATH; the caller frees. Either
 * may be NULL. */
char *former_add_path(const char *labels, const char *path);

/* FRESH, the labels of a new version, with what was former in BEFORE, those of the last one, and
 * what is former now; the caller frees. Each may be NULL, and so may be what is returned. */
char *former_carry(const char *before, const char *fresh);

/* LABELS of an entry at PATH with its former feeds among its feeds, if it IS_TAKEN_BACK, or not
 * among them. Those that IS_OVER says so of stay away, and those that it is in by its path. The
 * caller frees; NULL for none. */
char *former_apply(const char *labels, const char *path, bool is_taken_back,
	bool (*is_over)(void *context, const char *key), void *context);

/* Whether KEY is that of a directory above PATH. */
bool former_is_above(const char *key, const char *path);

#endif
