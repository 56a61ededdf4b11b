/*
 * schema.c: the tables, as numbered migrations that only go forward. user_version is the
 * number of migrations applied, application_id says that the file is ours. A schema from
 * the future is refused: writing to it with old rules could lose facts.
 *
 * Subscriptions are kept in the order of a fan-out (topic, partition, host, id), so that a
 * page is one sequential read. Text of articles is apart from the rows that a restart
 * reads. Ids come from `counter`, never reused.
 */
#include "daemon/store/schema.h"

#include "daemon/store/sqlite.h"

#include <stdio.h>

#include "feeds/base/error.h"

static const char *const migrations[] = {
	"CREATE TABLE counter(name TEXT PRIMARY KEY, n INTEGER NOT NULL)"
	"  STRICT, WITHOUT ROWID;"
	"INSERT INTO counter VALUES('seq', 0), ('sub', 0), ('intent', 0), ('job', 0);"
	"CREATE TABLE article("
	"  num INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, id TEXT UNIQUE,"
	"  slug TEXT UNIQUE, inode INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,"
	"  size INTEGER NOT NULL, hash TEXT, content_hash TEXT,"
	"  first_seen INTEGER NOT NULL, visible INTEGER NOT NULL,"
	"  published INTEGER NOT NULL, updated INTEGER NOT NULL,"
	"  published_offset INTEGER NOT NULL, updated_offset INTEGER NOT NULL,"
	"  version INTEGER NOT NULL, presence INTEGER NOT NULL, channel TEXT,"
	"  problem TEXT) STRICT;"
	"CREATE TABLE flat("
	"  article INTEGER PRIMARY KEY REFERENCES article(num) ON DELETE CASCADE,"
	"  bytes BLOB NOT NULL) STRICT;"
	"CREATE TABLE document("
	"  path TEXT NOT NULL UNIQUE, content_type TEXT, etag TEXT,"
	"  modified INTEGER NOT NULL, seq INTEGER NOT NULL, is_topic INTEGER NOT NULL,"
	"  is_deleted INTEGER NOT NULL, body BLOB) STRICT;"
	"CREATE TABLE topic(num INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE) STRICT;"
	"CREATE TABLE host(num INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE) STRICT;"
	"CREATE TABLE intent("
	"  id INTEGER PRIMARY KEY, mode INTEGER NOT NULL, topic TEXT NOT NULL,"
	"  topic_asked TEXT, callback TEXT NOT NULL, callback_hash BLOB NOT NULL,"
	"  host_key TEXT NOT NULL, lease_s INTEGER NOT NULL, secret BLOB,"
	"  method INTEGER NOT NULL, verify_token TEXT, wants_changes INTEGER NOT NULL,"
	"  tries INTEGER NOT NULL, due INTEGER NOT NULL, is_taken INTEGER NOT NULL,"
	"  UNIQUE(topic, callback_hash)) STRICT;"
	"CREATE INDEX intent_due ON intent(due);"
	"CREATE TABLE sub("
	"  topic INTEGER NOT NULL REFERENCES topic(num), part INTEGER NOT NULL,"
	"  host INTEGER NOT NULL REFERENCES host(num), id INTEGER NOT NULL UNIQUE,"
	"  callback TEXT NOT NULL, callback_hash BLOB NOT NULL, topic_asked TEXT,"
	"  secret BLOB, method INTEGER NOT NULL, wants_changes INTEGER NOT NULL,"
	"  expires INTEGER NOT NULL, delivered_seq INTEGER NOT NULL,"
	"  PRIMARY KEY(topic, part, host, id),"
	"  UNIQUE(topic, callback_hash)) STRICT, WITHOUT ROWID;"
	"CREATE INDEX sub_expires ON sub(topic, expires);"
	/* cursor_, stop_ and ahead_part count on over the laps: store_jobs.c */
	"CREATE TABLE job("
	"  id INTEGER PRIMARY KEY, topic INTEGER NOT NULL REFERENCES topic(num),"
	"  lo INTEGER NOT NULL, hi INTEGER NOT NULL, seq INTEGER NOT NULL,"
	"  cursor_part INTEGER NOT NULL, cursor_host INTEGER NOT NULL,"
	"  cursor_id INTEGER NOT NULL, stop_part INTEGER NOT NULL,"
	"  stop_host INTEGER NOT NULL, stop_id INTEGER NOT NULL,"
	"  ahead_part INTEGER NOT NULL, ahead_host INTEGER NOT NULL,"
	"  ahead_id INTEGER NOT NULL,"
	"  epoch INTEGER NOT NULL, lease INTEGER NOT NULL, UNIQUE(topic, lo)) STRICT;"
	"CREATE TABLE task("
	"  sub INTEGER PRIMARY KEY REFERENCES sub(id) ON DELETE CASCADE,"
	"  due INTEGER NOT NULL, attempts INTEGER NOT NULL, first_failed INTEGER NOT NULL,"
	"  seq INTEGER NOT NULL, is_taken INTEGER NOT NULL, why TEXT) STRICT;"
	"CREATE INDEX task_due ON task(due);",
	/* evidence (ledger.h): rows are only ever added, or removed from the oldest by rule */
	"INSERT INTO counter VALUES('ledger', 0);"
	"CREATE TABLE ledger("
	"  seq INTEGER PRIMARY KEY, time INTEGER NOT NULL, kind INTEGER NOT NULL,"
	"  partner TEXT, topic TEXT, peer TEXT, contents TEXT, body BLOB NOT NULL,"
	"  status INTEGER NOT NULL, attempt INTEGER NOT NULL, latency INTEGER NOT NULL,"
	"  hash BLOB NOT NULL) STRICT;"
	"CREATE INDEX ledger_issue ON ledger(partner, body, seq) WHERE kind = 0;"
	"CREATE TABLE ledger_day("
	"  day INTEGER PRIMARY KEY, seq INTEGER NOT NULL, hash BLOB NOT NULL,"
	"  signature BLOB NOT NULL) STRICT;",
	/* a row of the first schema lacks what only the file says: it is read again; by the
	 * hash of the file in the place of the content's, an article that did not change
	 * keeps its version and its times */
	"ALTER TABLE article ADD COLUMN surfaced INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE article ADD COLUMN shown INTEGER NOT NULL DEFAULT 1;"
	"ALTER TABLE article ADD COLUMN title TEXT;"
	"ALTER TABLE article ADD COLUMN labels TEXT;"
	"ALTER TABLE article ADD COLUMN former_slugs TEXT;"
	"ALTER TABLE article ADD COLUMN decision INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE article ADD COLUMN decided INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE article ADD COLUMN decision_note TEXT;"
	"UPDATE article SET mtime_ns = 0, content_hash = hash, hash = '',"
	"  shown = visible > 0;"
	"UPDATE document SET body = NULL;",
	"ALTER TABLE article ADD COLUMN rights INTEGER NOT NULL DEFAULT 0;",
	/* a subscription is a topic as it was asked for and a callback */
	"ALTER TABLE intent ADD COLUMN reason TEXT;"
	"ALTER TABLE intent ADD COLUMN initial INTEGER NOT NULL DEFAULT 0;"
	"UPDATE intent SET callback_hash = subscription_key(topic_asked, callback);"
	"UPDATE sub SET callback_hash = subscription_key(topic_asked, callback);"
	"CREATE INDEX document_deleted ON document(path) WHERE is_deleted;",
	/* seq: what an external hub was told of */
	"CREATE TABLE external(url TEXT PRIMARY KEY, seq INTEGER NOT NULL)"
	"  STRICT, WITHOUT ROWID;"
	"CREATE INDEX document_changed ON document(seq) WHERE is_topic AND NOT is_deleted;",
	/* seq: of the publication that changed what is seen of it */
	"ALTER TABLE article ADD COLUMN seq INTEGER NOT NULL DEFAULT 0;"
	"CREATE INDEX article_changed ON article(seq);",
	"ALTER TABLE article ADD COLUMN next_change INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE article ADD COLUMN status INTEGER NOT NULL DEFAULT 0;",
	"ALTER TABLE job ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE task ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;"
	"CREATE INDEX task_urgent ON task(priority, due) WHERE priority > 0;",
};
enum { NEWEST = sizeof(migrations) / sizeof(migrations[0]) };

int64_t schema_newest(void)
{
	return NEWEST;
}

static bool query_number(sqlite3 *db, const char *sql, int64_t *out)
{
	sqlite3_stmt *stmt;
	bool ok = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK;

	ok = ok && sqlite3_step(stmt) == SQLITE_ROW;
	if (ok)
		*out = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return ok;
}

static bool apply(sqlite3 *db, int64_t version)
{
	char pragmas[96];

	snprintf(pragmas, sizeof(pragmas), "PRAGMA user_version=%d;PRAGMA application_id=%d",
		(int)version + 1, SCHEMA_APPLICATION_ID);
	return sqlite3_exec(db, migrations[version], NULL, NULL, NULL) == SQLITE_OK &&
		sqlite3_exec(db, pragmas, NULL, NULL, NULL) == SQLITE_OK;
}

static void call_subscription_key(sqlite3_context *context, int count, sqlite3_value **values)
{
	unsigned char key[SUBSCRIPTION_KEY];
	const char *asked = (const char *)sqlite3_value_text(values[0]);
	const char *callback = (const char *)sqlite3_value_text(values[1]);

	(void)count;
	subscription_key(asked ? asked : "", callback ? callback : "", key);
	sqlite3_result_blob(context, key, sizeof(key), SQLITE_TRANSIENT);
}

/* All in one transaction: two programs that start together do not migrate twice. */
bool schema_migrate(sqlite3 *db, const char *file, struct error *err)
{
	int64_t version = 0, application = 0, tables = 0;
	bool ok;

	if (sqlite3_create_function(db, "subscription_key", 2, SQLITE_UTF8, NULL,
		    call_subscription_key, NULL, NULL) != SQLITE_OK ||
		sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK ||
		!query_number(db, "PRAGMA user_version", &version) ||
		!query_number(db, "PRAGMA application_id", &application) ||
		!query_number(db, "SELECT count(*) FROM sqlite_schema", &tables))
		return error_set(err, "open %s: %s", file, sqlite3_errmsg(db));
	if (tables > 0 && application != SCHEMA_APPLICATION_ID)
		return error_set(err, "open %s: a database, but not of gazetted", file);
	if (version > NEWEST)
		return error_set(err,
			"open %s: its schema version %lld is newer than this program knows (%d); "
			"use the newer gazetted",
			file, (long long)version, (int)NEWEST);
	for (ok = true; ok && version < NEWEST; version++)
		ok = apply(db, version);
	if (!ok || sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
		return error_set(err, "open %s: bring the schema up to date: %s", file,
			sqlite3_errmsg(db));
	return true;
}
