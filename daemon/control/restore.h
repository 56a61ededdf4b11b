/* restore.h: puts a backup in the place of the store's file. */
#ifndef DAEMON_CONTROL_RESTORE_H
#define DAEMON_CONTROL_RESTORE_H

#include <stdbool.h>

struct buf;
struct error;

/* Checks BACKUP, keeps what is at FILE under another name (in OLD_OUT, empty when there was
 * nothing), and puts a copy of BACKUP there. False and ERR when BACKUP is not sound or FILE
 * is in use; FILE is then as it was. */
bool restore(const char *backup, const char *file, struct buf *old_out, struct error *err)
	__attribute__((warn_unused_result));

#endif
