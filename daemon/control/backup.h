/*
 * backup.h: the store's file, copied while the daemon writes to it, and put back. SQLite's
 * own online copy, made by this process: the daemon's loops do not notice.
 */
#ifndef DAEMON_CONTROL_BACKUP_H
#define DAEMON_CONTROL_BACKUP_H

#include <stdbool.h>
#include <stdint.h>

struct error;

/* Copies the database FROM as it is at this moment to TO: written beside it, checked, made
 * durable, then renamed, so that TO is whole or as it was. PROGRESS (or NULL) is called now
 * and then with pages. False and ERR, and no file left over. */
bool backup_copy(const char *from, const char *to,
	void (*progress)(void *context, int64_t done, int64_t total), void *context,
	struct error *err) __attribute__((warn_unused_result));

/* False and ERR unless FILE is a sound database of this daemon's, of a schema it knows.
 * VERSION_OUT: its schema's. */
bool backup_check(const char *file, int64_t *version_out, struct error *err)
	__attribute__((warn_unused_result));

#endif
