/* check_run.h: `gazettectl check`: article files and directories of them. */
#ifndef DAEMON_CONTROL_CHECK_RUN_H
#define DAEMON_CONTROL_CHECK_RUN_H

#include <stdbool.h>
#include <stddef.h>

struct check;

/* Prints about each of PATHS: a file with all its fields, of a directory (with all below
 * it) the problems and a last line with the sum. JSON is one array. Returns the exit
 * status: 1 when anything is wrong. */
int check_run(struct check *check, const char *const *paths, size_t count, bool is_json);

#endif
