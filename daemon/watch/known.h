/*
 * known.h: the files that were reported, as a tree of directories, so that a directory
 * that moves away can be reported file by file, and each directory's watch descriptor.
 * Pure.
 */
#ifndef DAEMON_WATCH_KNOWN_H
#define DAEMON_WATCH_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feeds/base/map.h"

struct buf;

struct known_file {
	uint32_t listing; /* the last listing of its directory that saw it */
	char name[];
};

struct known_dir {
	struct known_dir *parent; /* borrows; NULL = the root */
	struct map dirs;	  /* owns struct known_dir, by name */
	struct map files;	  /* owns struct known_file, by name */
	int wd;			  /* inotify watch descriptor, -1 = none */
	uint32_t listing;	  /* the last listing of its parent that saw it */
	bool has_problem;	  /* it could not be read or watched, and that was said */
	char name[];
};

struct known {
	struct known_dir *root; /* owns */
	struct map by_wd;	/* borrows the directories that have a watch */
};

void known_init(struct known *known);
void known_finish(struct known *known);

/* The directory PATH ("" is the root), or NULL; made with its parents when IS_MADE. */
struct known_dir *known_dir_at(struct known *known, const char *path, bool is_made);

/* The directory that has the watch WD, or NULL. */
struct known_dir *known_dir_of_wd(const struct known *known, int wd);

/* Gives DIR the watch WD (-1 = none); a directory that had WD before loses it. */
void known_set_wd(struct known *known, struct known_dir *dir, int wd);

/* Writes the path of NAME (may be "") in DIR to OUT, replacing its content. */
void known_path(const struct known_dir *dir, const char *name, struct buf *out);

/* Whether the file PATH is known; adding and removing it. Removing prunes directories
 * that are left without files and without a watch. */
bool known_has_file(struct known *known, const char *path);
void known_add_file(struct known *known, const char *path);
bool known_remove_file(struct known *known, const char *path);

/* Frees DIR and its parents as far as they are empty and have no watch. */
void known_prune(struct known *known, struct known_dir *dir);

/* Calls EACH for every file in DIR and below; EACH must not change the tree. */
void known_each_file(const struct known_dir *dir,
	void (*each)(void *context, const char *path), void *context);

#endif
