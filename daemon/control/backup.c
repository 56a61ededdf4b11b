/*
 * backup.c: see backup.h. A read transaction on the source holds one moment fast for all
 * steps; the write-ahead log grows meanwhile, and nobody waits.
 */
#include "daemon/control/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/store/schema.h"
#include "feeds/base/buf.h"
#include "feeds/base/error.h"

enum { PAGES = 256, BUSY_TIMEOUT_MS = 5000 };

static bool open_database(const char *file, int flags, sqlite3 **out, struct error *err)
{
	if (sqlite3_open_v2(file, out, flags | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK) {
		sqlite3_busy_timeout(*out, BUSY_TIMEOUT_MS);
		return true;
	}
	error_set(err, "open %s: %s", file, *out ? sqlite3_errmsg(*out) : "out of memory");
	sqlite3_close(*out);
	*out = NULL;
	return false;
}

/* One number or text of one row; the text is copied to TEXT_OUT. */
static bool query(sqlite3 *db, const char *sql, int64_t *out, char *text_out, size_t size)
{
	sqlite3_stmt *stmt = NULL;
	bool ok = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK &&
		sqlite3_step(stmt) == SQLITE_ROW;

	if (ok && out)
		*out = sqlite3_column_int64(stmt, 0);
	if (ok && text_out)
		snprintf(text_out, size, "%s", (const char *)sqlite3_column_text(stmt, 0));
	sqlite3_finalize(stmt);
	return ok;
}

static bool check_open(sqlite3 *db, const char *file, int64_t *version_out, struct error *err)
{
	int64_t application = 0;
	char verdict[128] = "";

	if (!query(db, "PRAGMA application_id", &application, NULL, 0) ||
		!query(db, "PRAGMA user_version", version_out, NULL, 0))
		return error_set(err, "%s: %s", file, sqlite3_errmsg(db));
	if (application != SCHEMA_APPLICATION_ID)
		return error_set(err, "%s: no database of gazetted", file);
	if (*version_out > schema_newest())
		return error_set(err, "%s: its schema version %lld is newer than this program "
			"knows (%lld)", file, (long long)*version_out,
			(long long)schema_newest());
	if (!query(db, "PRAGMA quick_check(1)", NULL, verdict, sizeof(verdict)))
		return error_set(err, "%s: %s", file, sqlite3_errmsg(db));
	if (strcmp(verdict, "ok") != 0)
		return error_set(err, "%s: damaged: %s", file, verdict);
	return true;
}

bool backup_check(const char *file, int64_t *version_out, struct error *err)
{
	sqlite3 *db;
	bool ok = open_database(file, SQLITE_OPEN_READONLY, &db, err) &&
		check_open(db, file, version_out, err);

	sqlite3_close(db);
	return ok;
}

static bool copy_pages(sqlite3 *from, sqlite3 *to,
	void (*progress)(void *context, int64_t done, int64_t total), void *context,
	struct error *err)
{
	sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
	int code = backup ? SQLITE_OK : SQLITE_ERROR;

	while (code == SQLITE_OK || code == SQLITE_BUSY || code == SQLITE_LOCKED) {
		code = sqlite3_backup_step(backup, PAGES);
		if (progress && (code == SQLITE_OK || code == SQLITE_DONE))
			progress(context, sqlite3_backup_pagecount(backup) -
				sqlite3_backup_remaining(backup),
				sqlite3_backup_pagecount(backup));
	}
	if (backup)
		sqlite3_backup_finish(backup);
	if (code == SQLITE_DONE)
		return true;
	return error_set(err, "copy: %s", sqlite3_errmsg(to));
}

static bool is_same_file(const char *a, const char *b)
{
	struct stat a_status, b_status;

	return stat(a, &a_status) == 0 && stat(b, &b_status) == 0 &&
		a_status.st_dev == b_status.st_dev && a_status.st_ino == b_status.st_ino;
}

/* The bytes, then the name. */
static bool make_durable(const char *part, const char *to, struct error *err)
{
	const char *slash = strrchr(to, '/');
	struct buf directory = {0};
	int fd = open(part, O_RDONLY | O_CLOEXEC), dir;
	bool ok = fd >= 0 && fsync(fd) == 0 && rename(part, to) == 0;

	if (!ok)
		error_set(err, "write %s: %s", to, strerror(errno));
	if (fd >= 0)
		close(fd);
	buf_add(&directory, slash ? to : ".", slash ? (size_t)(slash - to) + 1 : 1);
	dir = ok ? open(buf_text(&directory), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (dir >= 0) {
		fsync(dir);
		close(dir);
	}
	buf_finish(&directory);
	return ok;
}

static bool copy(const char *from, const char *part,
	void (*progress)(void *context, int64_t done, int64_t total), void *context,
	struct error *err)
{
	sqlite3 *source = NULL, *target = NULL;
	int64_t version, ignored;
	bool ok = open_database(from, SQLITE_OPEN_READWRITE, &source, err) &&
		open_database(part, SQLITE_OPEN_READWRITE, &target, err);

	if (ok && (sqlite3_exec(source, "BEGIN", NULL, NULL, NULL) != SQLITE_OK ||
			  !query(source, "SELECT count(*) FROM sqlite_schema", &ignored, NULL, 0)))
		ok = error_set(err, "read %s: %s", from, sqlite3_errmsg(source));
	ok = ok && copy_pages(source, target, progress, context, err);
	/* one plain file, to be carried anywhere */
	if (ok && sqlite3_exec(target, "PRAGMA journal_mode=DELETE", NULL, NULL, NULL) != SQLITE_OK)
		ok = error_set(err, "write %s: %s", part, sqlite3_errmsg(target));
	ok = ok && check_open(target, part, &version, err);
	sqlite3_close(target);
	sqlite3_close(source);
	return ok;
}

bool backup_copy(const char *from, const char *to,
	void (*progress)(void *context, int64_t done, int64_t total), void *context,
	struct error *err)
{
	struct buf part = {0};
	bool ok;
	int fd;

	if (is_same_file(from, to))
		return error_set(err, "%s is the database itself", to);
	buf_printf(&part, "%s.part", to);
	/* it holds secrets; SQLite would use the umask */
	unlink(buf_text(&part));
	fd = open(buf_text(&part), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0) {
		error_set(err, "create %s: %s", buf_text(&part), strerror(errno));
		buf_finish(&part);
		return false;
	}
	close(fd);
	ok = copy(from, buf_text(&part), progress, context, err) &&
		make_durable(buf_text(&part), to, err);
	if (!ok)
		unlink(buf_text(&part));
	buf_finish(&part);
	return ok;
}
