/*
 * export.h: the documents as files, for a web server that serves them: each in one step, with
 * NAME.gz and NAME.br beside it where there is such an encoding. A thread of its own does the
 * writing; what fails is tried again, and nothing waits for it.
 */
#ifndef DAEMON_HTTP_EXPORT_H
#define DAEMON_HTTP_EXPORT_H

#include <stdbool.h>

struct error;
struct export;
struct snapshot;

/* Exports to DIRECTORY, which is created where only it is missing; NULL and ERR when there
 * is none. */
struct export *export_create(const char *directory, struct error *err);

/* SNAPSHOT (the reference moves) is the answer for its path from now on. A document that may
 * not be kept by a cache, a partner's, and an answer other than 200 have no file. */
void export_put(struct export *export, struct snapshot *snapshot);

/* All that there is has been put: what is left of a former run goes. */
void export_complete(struct export *export);

/* Finishes what was put, and frees. NULL is accepted. */
void export_destroy(struct export *export);

#endif
