/*
 * notes.h: what articles say of other things than feeds: which files beside them they show,
 * which article they correct or take back. They are labels of their entries, as the store
 * has them; here they are found by what they are about. Pure.
 */
#ifndef DAEMON_SITE_NOTES_H
#define DAEMON_SITE_NOTES_H

#include <stdbool.h>

#include "feeds/base/map.h"

struct entry;

/* What labels of notes begin with: the path of a file, the id of an article follows. */
#define NOTE_MEDIA "media/"
#define NOTE_CORRECTS "corrects/"
#define NOTE_KILL "kill/"

struct notes {
	struct map map; /* label -> struct note; owns */
};

/* A zeroed struct notes is empty. */
void notes_finish(struct notes *notes);

/* Takes in the labels of ENTRY that are notes. Those it has no more are forgotten when they
 * are looked for. */
void notes_add(struct notes *notes, struct entry *entry);

/* What the first label of ENTRY that begins with PREFIX is about: borrowed, ends at a line
 * break or with the text; NULL if there is none. */
const char *notes_subject(const struct entry *entry, const char *prefix);

/* A visible article with the note PREFIX SUBJECT; NULL if there is none. */
struct entry *notes_find(const struct notes *notes, const char *prefix, const char *subject);

/* The first with that note of which ACCEPTS says so. */
struct entry *notes_find_any(const struct notes *notes, const char *prefix,
	const char *subject, bool (*accepts)(const void *context, const struct entry *entry),
	const void *context);

/* The same of an article that nobody may see, as notices to partners are. */
struct entry *notes_find_hidden(const struct notes *notes, const char *prefix,
	const char *subject);

#endif
