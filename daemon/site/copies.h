/*
 * copies.h: the documents that stay in memory, kept on this node's disk too, where a database
 * elsewhere has the rest: while that is away, and after a restart meanwhile, readers still
 * get what was published last. A file for each document, written in one step; one that a
 * power cut spoiled is passed over.
 */
#ifndef DAEMON_SITE_COPIES_H
#define DAEMON_SITE_COPIES_H

#include <stdbool.h>
#include <stddef.h>

struct copies;
struct error;
struct snapshot_spec;

/* DIRECTORY is made if only it is missing. */
bool copies_open(const char *directory, struct copies **out, struct error *err);
void copies_close(struct copies *copies); /* NULL is accepted */

/* Calls TAKE with each good copy, in any order; SPEC is borrowed. Returns how many. */
size_t copies_each(struct copies *copies,
	void (*take)(void *context, const struct snapshot_spec *spec), void *context);

/* SPEC (with an ETag) is the document at its path from now on. What fails is said once, and
 * tried again with the next document. */
void copies_put(struct copies *copies, const struct snapshot_spec *spec);

#endif
