/*
 * check.h: parses article files where they lie, without a daemon: what `gazettectl check`
 * does. A file is read with what belongs to it, as the daemon would: its sidecar, the
 * `_channel.yaml` of every directory that its path names, the sizes of local media.
 */
#ifndef DAEMON_CONTROL_CHECK_H
#define DAEMON_CONTROL_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/control/check_parser.h"
#include "feeds/base/map.h"
#include "feeds/parse.h"

struct arena;
struct article;
struct config;
struct error;
struct zone;

struct check {
	const struct config *config; /* borrows */
	struct zone *zone;           /* owns */
	struct check_parser parser;
	struct arena *kept;          /* owns: the ids */
	struct map ids;              /* stated id -> path of the file that has it */
	int64_t now_ms;              /* decides scheduled, embargoed and expired */
};

/* What is known about one file. */
struct checked {
	const char *path;              /* borrows */
	const struct article *article; /* in the arena; NULL when refused */
	struct diagnosis why;          /* class NULL = nothing is wrong; in the arena */
};

/* CONFIG gives the zone, language, base address and charset. False and ERR when its time
 * zone cannot be read. */
bool check_init(struct check *check, const struct config *config, int64_t now_ms,
	struct error *err);
void check_finish(struct check *check);

/* Reads and parses PATH; everything in OUT lives in ARENA. Ids are compared with those of
 * the files before. */
void check_file(struct check *check, struct arena *arena, const char *path,
	struct checked *out);

#endif
