/*
 * restore.c: see restore.h. A database in use cannot leave its write-ahead mode: that tells
 * whether a daemon is at work, and makes one plain file of it otherwise.
 */
#include "daemon/control/restore.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "daemon/control/backup.h"
#include "feeds/base/buf.h"
#include "feeds/base/error.h"

/* A damaged one may be the reason for the restoring: it is no hindrance. */
static bool is_in_use(const char *file)
{
	sqlite3 *db;
	int code = sqlite3_open_v2(file, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_exec(db, "PRAGMA journal_mode=DELETE", NULL, NULL, NULL);
	sqlite3_close(db);
	return (code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED;
}

static bool move(const char *file, const char *old, const char *suffix, struct error *err)
{
	struct buf from = {0}, to = {0};
	bool ok;

	buf_printf(&from, "%s%s", file, suffix);
	buf_printf(&to, "%s%s", old, suffix);
	ok = rename(buf_text(&from), buf_text(&to)) == 0 || errno == ENOENT ||
		error_set(err, "rename %s: %s", buf_text(&from), strerror(errno));
	buf_finish(&from);
	buf_finish(&to);
	return ok;
}

/* A daemon that is not root must be able to open it. */
static bool give_to(const char *file, const struct stat *owner, struct error *err)
{
	return geteuid() != 0 || chown(file, owner->st_uid, owner->st_gid) == 0 ||
		error_set(err, "chown %s: %s", file, strerror(errno));
}

static bool put_aside(const char *file, struct buf *old, struct error *err)
{
	char stamp[32];
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &tm);
	buf_printf(old, "%s.before-%s", file, stamp);
	return move(file, buf_text(old), "-wal", err) && move(file, buf_text(old), "-shm", err) &&
		move(file, buf_text(old), "", err);
}

static bool find_owner(const char *file, struct stat *out, struct error *err)
{
	const char *slash = strrchr(file, '/');
	struct buf directory = {0};
	bool ok;

	buf_add(&directory, slash ? file : ".", slash ? (size_t)(slash - file) + 1 : 1);
	ok = stat(file, out) == 0 || stat(buf_text(&directory), out) == 0 ||
		error_set(err, "%s: %s", buf_text(&directory), strerror(errno));
	buf_finish(&directory);
	return ok;
}

bool restore(const char *backup, const char *file, struct buf *old_out, struct error *err)
{
	struct buf fresh = {0};
	struct stat owner;
	int64_t version;
	bool ok;

	if (!backup_check(backup, &version, err) || !find_owner(file, &owner, err))
		return false;
	if (access(file, F_OK) == 0 && is_in_use(file))
		return error_set(err, "%s is in use; stop the daemon first", file);
	/* the slow and likely failures come before anything is moved */
	buf_printf(&fresh, "%s.restored", file);
	ok = backup_copy(backup, buf_text(&fresh), NULL, NULL, err) &&
		give_to(buf_text(&fresh), &owner, err);
	if (ok && access(file, F_OK) == 0)
		ok = put_aside(file, old_out, err);
	if (ok && rename(buf_text(&fresh), file) != 0)
		ok = error_set(err, "rename %s: %s", buf_text(&fresh), strerror(errno));
	if (!ok)
		unlink(buf_text(&fresh));
	buf_finish(&fresh);
	return ok;
}
