/* sqlite.c: the engine's life, its schema, transactions and completions; see sqlite.h. */
#include "daemon/store/sqlite.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "daemon/control/log.h"
#include "daemon/loop/loop.h"
#include "feeds/base/arena.h"
#include "feeds/base/error.h"
#include "feeds/base/mem.h"

enum { APPLICATION_ID = 0x675a7464 /* "gZtd" */ };

/* Forward only: a number is never changed once released. */
static const char *const migrations[] = {
	"CREATE TABLE article(path TEXT PRIMARY KEY, id TEXT UNIQUE, slug TEXT UNIQUE,"
	" inode INTEGER, mtime INTEGER, size INTEGER, hash TEXT, content_hash TEXT,"
	" first_seen INTEGER, visible INTEGER, published INTEGER, updated INTEGER,"
	" published_offset INTEGER, updated_offset INTEGER, version INTEGER,"
	" presence INTEGER, channel TEXT, problem TEXT, flat BLOB) WITHOUT ROWID;"
	"CREATE TABLE clock(n INTEGER NOT NULL);"
	"INSERT INTO clock VALUES(0);"
	"CREATE TABLE doc(path TEXT PRIMARY KEY, type TEXT, etag TEXT, modified INTEGER,"
	" seq INTEGER, is_topic INTEGER, is_deleted INTEGER, body BLOB) WITHOUT ROWID;"
	"CREATE TABLE host(id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE);"
	"CREATE TABLE intent(id INTEGER PRIMARY KEY AUTOINCREMENT, mode INTEGER, topic TEXT,"
	" topic_asked TEXT, callback TEXT, host_key TEXT, lease INTEGER, secret BLOB,"
	" method INTEGER, verify_token TEXT, changes INTEGER, tries INTEGER, due INTEGER,"
	" UNIQUE(topic, callback));"
	"CREATE INDEX intent_due ON intent(due);"
	"CREATE TABLE sub(id INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL,"
	" part INTEGER NOT NULL, host INTEGER NOT NULL REFERENCES host(id),"
	" topic_asked TEXT, callback TEXT NOT NULL, secret BLOB, method INTEGER,"
	" changes INTEGER, expires INTEGER NOT NULL, UNIQUE(topic, callback));"
	"CREATE INDEX sub_order ON sub(topic, part, host, id);"
	"CREATE INDEX sub_expires ON sub(expires);"
	"CREATE TABLE job(id INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL,"
	" lo INTEGER NOT NULL, hi INTEGER NOT NULL, seq INTEGER NOT NULL,"
	" part INTEGER NOT NULL DEFAULT 0, host INTEGER NOT NULL DEFAULT 0,"
	" sub INTEGER NOT NULL DEFAULT 0, again INTEGER NOT NULL DEFAULT 0,"
	" ahead_part INTEGER NOT NULL DEFAULT 0, ahead_host INTEGER NOT NULL DEFAULT 0,"
	" ahead_sub INTEGER NOT NULL DEFAULT 0,"
	" stop_part INTEGER, stop_host INTEGER, stop_sub INTEGER,"
	" epoch INTEGER NOT NULL DEFAULT 0, lease INTEGER NOT NULL DEFAULT 0,"
	" UNIQUE(topic, lo));"
	"CREATE TABLE task(sub INTEGER PRIMARY KEY REFERENCES sub(id) ON DELETE CASCADE,"
	" due INTEGER NOT NULL, attempts INTEGER NOT NULL, first_failed INTEGER NOT NULL,"
	" seq INTEGER NOT NULL, why TEXT);"
	"CREATE INDEX task_due ON task(due);",
};
enum { SCHEMA_VERSION = sizeof(migrations) / sizeof(*migrations) };

static const char *const sql[STATEMENT_COUNT] = {
	[STATEMENT_BEGIN] = "BEGIN IMMEDIATE",
	[STATEMENT_COMMIT] = "COMMIT",
	[STATEMENT_ROLLBACK] = "ROLLBACK",
	[ARTICLE_RENAME] = "UPDATE OR REPLACE article SET path=?2 WHERE path=?1",
	[ARTICLE_CLEAR] = "DELETE FROM article WHERE path<>?1 AND (id=?2 OR slug=?3)",
	[ARTICLE_PUT] = "INSERT INTO article VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,"
		"?14,?15,?16,?17,?18,?19) ON CONFLICT(path) DO UPDATE SET id=?2,slug=?3,inode=?4,"
		"mtime=?5,size=?6,hash=?7,content_hash=?8,first_seen=?9,visible=?10,published=?11,"
		"updated=?12,published_offset=?13,updated_offset=?14,version=?15,presence=?16,"
		"channel=?17,problem=?18,flat=coalesce(?19,flat)",
	[ARTICLE_REMOVE] = "DELETE FROM article WHERE path=?1",
	[ARTICLE_LIST] = "SELECT path,id,slug,inode,mtime,size,hash,content_hash,first_seen,"
		"visible,published,updated,published_offset,updated_offset,version,presence,"
		"channel,problem FROM article WHERE path>?1 ORDER BY path LIMIT ?2",
	[ARTICLE_GET] = "SELECT path,id,slug,inode,mtime,size,hash,content_hash,first_seen,"
		"visible,published,updated,published_offset,updated_offset,version,presence,"
		"channel,problem,flat FROM article WHERE path=?1",
	[CLOCK_NEXT] = "UPDATE clock SET n=n+1 RETURNING n",
	[DOC_PUT] = "INSERT INTO doc VALUES(?1,?2,?3,?4,?5,?6,?7,?8) ON CONFLICT(path) DO UPDATE "
		"SET type=?2,etag=?3,modified=?4,seq=?5,is_topic=?6,is_deleted=?7,body=?8",
	[DOC_LIST] = "SELECT path,type,etag,modified,seq,is_topic,is_deleted FROM doc",
	[DOC_GET] = "SELECT path,type,etag,modified,seq,is_topic,is_deleted,body FROM doc "
		"WHERE path=?1",
	[TOPIC_SUBS] = "SELECT count(*) FROM (SELECT 1 FROM sub WHERE topic=?1 AND expires>?2 "
		"LIMIT 5000)",
	/* a job that is open goes round, up to what was handed out with the old content */
	[JOB_PUT] = "INSERT INTO job(topic,lo,hi,seq) VALUES(?1,?2,?3,?4) ON CONFLICT(topic,lo) "
		"DO UPDATE SET seq=?4,again=1,stop_part=ahead_part,stop_host=ahead_host,"
		"stop_sub=ahead_sub",
	[JOB_CLAIM] = "UPDATE job SET epoch=epoch+1,lease=?1 WHERE id IN (SELECT id FROM job "
		"WHERE lease<=?2 ORDER BY id LIMIT ?3) RETURNING id,epoch,seq,topic",
	[JOB_PAGE] = "SELECT " SUB_COLUMNS ",s.part,s.host FROM sub s JOIN host h ON h.id=s.host "
		"WHERE s.topic=?1 AND s.part<=?2 AND (s.part,s.host,s.id)>(?3,?4,?5) "
		"AND s.expires>?6 AND NOT EXISTS(SELECT 1 FROM task t WHERE t.sub=s.id) "
		"AND (?8 IS NULL OR (s.part,s.host,s.id)<=(?8,?9,?10)) "
		"ORDER BY s.part,s.host,s.id LIMIT ?7",
	[JOB_GET] = "SELECT seq,lo,hi,again,stop_part,stop_host,stop_sub FROM job "
		"WHERE id=?1 AND epoch=?2",
	[JOB_STEP] = "UPDATE job SET part=?3,host=?4,sub=?5,lease=?6 WHERE id=?1 AND epoch=?2",
	[JOB_WRAP] = "UPDATE job SET part=lo,host=0,sub=0,ahead_part=lo,ahead_host=0,"
		"ahead_sub=0,again=0,lease=?3 "
		"WHERE id=?1 AND epoch=?2",
	[JOB_AHEAD] = "UPDATE job SET ahead_part=?2,ahead_host=?3,ahead_sub=?4 WHERE id=?1",
	[JOB_END] = "DELETE FROM job WHERE id=?1 AND epoch=?2",
	[INTENT_PUT] = "INSERT INTO intent(mode,topic,topic_asked,callback,host_key,lease,secret,"
		"method,verify_token,changes,tries,due) "
		"VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,0,?11) RETURNING id",
	[INTENT_DUE] = "SELECT id,mode,topic,topic_asked,callback,host_key,lease,secret,method,"
		"verify_token,changes,tries FROM intent WHERE due<=?1 ORDER BY due LIMIT ?2",
	[INTENT_HIDE] = "UPDATE intent SET due=?2,tries=tries+1 WHERE id=?1",
	[INTENT_GET] = "SELECT id,mode,topic,topic_asked,callback,host_key,lease,secret,method,"
		"verify_token,changes,tries FROM intent WHERE id=?1",
	[INTENT_DELETE] = "DELETE FROM intent WHERE id=?1",
	[INTENT_RETRY] = "UPDATE intent SET due=?2 WHERE id=?1",
	[SUB_PUT] = "INSERT INTO sub(topic,part,host,topic_asked,callback,secret,method,changes,"
		"expires) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9) ON CONFLICT(topic,callback) DO UPDATE "
		"SET topic_asked=?4,secret=?6,method=?7,changes=?8,expires=?9",
	[SUB_DELETE_KEY] = "DELETE FROM sub WHERE topic=?1 AND callback=?2",
	[SUB_DELETE] = "DELETE FROM sub WHERE id=?1",
	[SUB_LIST] = "SELECT " SUB_COLUMNS ",t.attempts,t.first_failed,t.seq FROM sub s "
		"JOIN host h ON h.id=s.host LEFT JOIN task t ON t.sub=s.id "
		"WHERE s.id>?1 AND (?2 IS NULL OR s.topic=?2) AND s.expires>?3 "
		"ORDER BY s.id LIMIT ?4",
	[HOST_PUT] = "INSERT INTO host(key) VALUES(?1) ON CONFLICT(key) DO NOTHING",
	[HOST_GET] = "SELECT id FROM host WHERE key=?1",
	[TASK_PUT] = "INSERT INTO task VALUES(?1,?2,1,?3,?4,?5) ON CONFLICT(sub) DO UPDATE SET "
		"due=?2,attempts=attempts+1,why=?5",
	[TASK_DUE] = "SELECT " SUB_COLUMNS ",t.attempts,t.first_failed,t.seq FROM task t "
		"JOIN sub s ON s.id=t.sub JOIN host h ON h.id=s.host "
		"WHERE t.due<=?1 AND s.expires>?1 ORDER BY t.due LIMIT ?2",
	[TASK_HIDE] = "UPDATE task SET due=?2 WHERE sub=?1",
	[TASK_END] = "DELETE FROM task WHERE sub=?1 AND ?2>=(SELECT d.seq FROM sub s JOIN doc d "
		"ON d.path=s.topic WHERE s.id=?1)",
	[TASK_AGAIN] = "UPDATE task SET due=?2 WHERE sub=?1",
	[TASK_RETRY] = "UPDATE task SET due=?2,attempts=attempts+1,why=?3 WHERE sub=?1",
	[TASK_HURRY] = "UPDATE task SET due=?1 WHERE due>?1",
	[NEXT_INTENT] = "SELECT min(due) FROM intent",
	[NEXT_TASK] = "SELECT min(due) FROM task",
	[SWEEP_SUBS] = "DELETE FROM sub WHERE id IN (SELECT id FROM sub WHERE expires<=?1 "
		"LIMIT ?2)",
	[COUNTS] = "SELECT (SELECT count(*) FROM sub),(SELECT count(*) FROM intent),"
		"(SELECT count(*) FROM job),(SELECT count(*) FROM task),"
		"(SELECT count(*) FROM article)",
};

static int64_t wall_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- statements ---- */

static void note_failure(struct store *store, const char *what)
{
	if (!store->has_failed)
		log_error("store: %s: %s", what, sqlite3_errmsg(store->db));
	store->has_failed = true;
}

sqlite3_stmt *store_statement(struct store *store, enum statement which)
{
	sqlite3_stmt **slot = &store->statements[which];

	if (!*slot && sqlite3_prepare_v3(store->db, sql[which], -1, SQLITE_PREPARE_PERSISTENT,
			      slot, NULL) != SQLITE_OK) {
		/* the schema is ours: only a bug or a broken file comes here */
		log_error("store: %s: %s", sql[which], sqlite3_errmsg(store->db));
		abort();
	}
	sqlite3_reset(*slot);
	sqlite3_clear_bindings(*slot);
	return *slot;
}

bool store_run(struct store *store, sqlite3_stmt *statement)
{
	int result = sqlite3_step(statement);

	sqlite3_reset(statement);
	if (result == SQLITE_DONE || result == SQLITE_ROW)
		return true;
	note_failure(store, "write");
	return false;
}

bool store_row(struct store *store, sqlite3_stmt *statement)
{
	int result = sqlite3_step(statement);

	if (result == SQLITE_ROW)
		return true;
	sqlite3_reset(statement);
	if (result != SQLITE_DONE)
		note_failure(store, "read");
	return false;
}

bool store_begin(struct store *store)
{
	if (!store->in_transaction && !store->has_failed)
		store->in_transaction = store_run(store, store_statement(store, STATEMENT_BEGIN));
	return !store->has_failed;
}

void bind_text(sqlite3_stmt *statement, int at, const char *text)
{
	if (text)
		sqlite3_bind_text(statement, at, text, -1, SQLITE_TRANSIENT);
}

void bind_blob(sqlite3_stmt *statement, int at, const void *bytes, size_t len)
{
	if (bytes)
		sqlite3_bind_blob64(statement, at, bytes, len, SQLITE_TRANSIENT);
}

const char *column_text(struct arena *arena, sqlite3_stmt *statement, int at)
{
	return arena_strdup(arena, (const char *)sqlite3_column_text(statement, at));
}

const void *column_blob(struct arena *arena, sqlite3_stmt *statement, int at, size_t *len)
{
	const void *bytes = sqlite3_column_blob(statement, at);

	*len = (size_t)sqlite3_column_bytes(statement, at);
	if (sqlite3_column_type(statement, at) == SQLITE_NULL)
		return NULL;
	return arena_strndup(arena, bytes ? bytes : "", *len);
}

/* ---- completions ---- */

struct completion *store_complete(struct store *store,
	void (*run)(struct completion *, enum store_status), void (*done)(void), void *context)
{
	struct completion *completion = mem_alloc(sizeof(*completion));

	completion->arena = arena_create();
	completion->run = run;
	completion->done = done;
	completion->context = context;
	*store->last = completion;
	store->last = &completion->next;
	ev_idle_start(store->ev, &store->awake);
	return completion;
}

/* Ends the turn's transaction; what its writes came to. */
static enum store_status commit(struct store *store)
{
	bool ok = !store->has_failed;

	if (store->in_transaction && ok)
		ok = store_run(store, store_statement(store, STATEMENT_COMMIT));
	if (store->in_transaction && !ok && !sqlite3_get_autocommit(store->db))
		sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
	store->in_transaction = store->has_failed = false;
	return ok ? STORE_OK : STORE_BUSY;
}

/* One commit and its completions; those that are queued meanwhile wait for the next. */
static bool flush_once(struct store *store)
{
	enum store_status status = commit(store);
	struct completion *completion = store->first, *next;

	store->first = NULL;
	store->last = &store->first;
	if (!completion)
		return false;
	for (; completion; completion = next) {
		next = completion->next;
		if (completion->done)
			completion->run(completion, completion->is_read || status == STORE_OK ?
				completion->status : STORE_BUSY);
		arena_destroy(completion->arena);
		free(completion);
	}
	return true;
}

void store_flush(struct store *store)
{
	while (flush_once(store))
		;
}

static void on_before_sleep(struct ev_loop *ev, ev_prepare *prepare, int events)
{
	struct store *store = prepare->data;

	(void)events;
	flush_once(store);
	if (!store->first)
		ev_idle_stop(ev, &store->awake);
}

static void on_awake(struct ev_loop *ev, ev_idle *idle, int events)
{
	(void)ev, (void)idle, (void)events; /* only keeps the loop turning */
}

/* ---- life ---- */

static bool run_script(struct store *store, const char *script, struct error *err)
{
	char *message = NULL;

	if (sqlite3_exec(store->db, script, NULL, NULL, &message) == SQLITE_OK)
		return true;
	error_set(err, "store %s: %s", store->path, message ? message :
		sqlite3_errmsg(store->db));
	sqlite3_free(message);
	return false;
}

static int pragma_number(struct store *store, const char *pragma)
{
	sqlite3_stmt *statement;
	int number = 0;

	if (sqlite3_prepare_v2(store->db, pragma, -1, &statement, NULL) == SQLITE_OK &&
		sqlite3_step(statement) == SQLITE_ROW)
		number = sqlite3_column_int(statement, 0);
	sqlite3_finalize(statement);
	return number;
}

static bool migrate(struct store *store, struct error *err)
{
	int version = pragma_number(store, "PRAGMA user_version");
	int application = pragma_number(store, "PRAGMA application_id");
	char script[128];

	if (version && application != APPLICATION_ID)
		return error_set(err, "store %s: is a database of another program", store->path);
	if (version > SCHEMA_VERSION)
		return error_set(err, "store %s: was written by a newer gazetted (schema %d, this "
			"one knows %d); install that version or restore a backup", store->path,
			version, SCHEMA_VERSION);
	for (; version < SCHEMA_VERSION; version++) {
		snprintf(script, sizeof(script), "PRAGMA application_id=%d;PRAGMA user_version=%d;",
			APPLICATION_ID, version + 1);
		if (!run_script(store, "BEGIN IMMEDIATE", err) ||
			!run_script(store, migrations[version], err) ||
			!run_script(store, script, err) || !run_script(store, "COMMIT", err))
			return false;
	}
	return true;
}

/* Secrets are in it: nobody else may read it. */
static bool make_directory(const char *directory, struct error *err)
{
	if (mkdir(directory, 0700) == 0 || errno == EEXIST)
		return true;
	return error_set(err, "store: make the directory %s: %s", directory, strerror(errno));
}

static bool open_file(struct store *store, struct error *err)
{
	mode_t before = umask(0077);
	int result = sqlite3_open_v2(store->path, &store->db,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
	bool ok;

	if (result != SQLITE_OK) {
		umask(before);
		return error_set(err, "store: open %s: %s", store->path,
			store->db ? sqlite3_errmsg(store->db) : "out of memory");
	}
	sqlite3_busy_timeout(store->db, 2000);
	/* one daemon has the file, so what an earlier one held is free again */
	ok = run_script(store, "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;"
		"PRAGMA foreign_keys=ON;PRAGMA cache_size=-16384;", err) && migrate(store, err) &&
		run_script(store, "UPDATE job SET lease=0 WHERE lease<>0", err);
	umask(before);
	return ok;
}

bool store_open(struct loop *loop, const char *uri, const char *directory,
	int64_t (*clock)(void), struct store **out, struct error *err)
{
	struct store *store;
	const char *file;

	if (strncmp(uri, "sqlite:", 7) != 0)
		return error_set(err, "store.uri: found '%s'; expected sqlite:FILE", uri);
	file = uri + 7;
	if (*file != ':' && !make_directory(directory, err))
		return false;
	store = mem_alloc(sizeof(*store));
	store->last = &store->first;
	store->clock = clock ? clock : wall_clock;
	store->ev = loop_ev(loop);
	store->path = *file == ':' || *file == '/' ? mem_strdup(file) :
		mem_alloc(strlen(directory) + strlen(file) + 2);
	if (!*store->path)
		sprintf(store->path, "%s/%s", directory, file);
	ev_prepare_init(&store->before_sleep, on_before_sleep);
	ev_idle_init(&store->awake, on_awake);
	store->before_sleep.data = store;
	ev_prepare_start(store->ev, &store->before_sleep);
	if (!open_file(store, err)) {
		store_close(store);
		return false;
	}
	*out = store;
	return true;
}

void store_close(struct store *store)
{
	struct completion *completion;

	commit(store);
	ev_prepare_stop(store->ev, &store->before_sleep);
	ev_idle_stop(store->ev, &store->awake);
	while ((completion = store->first)) {
		store->first = completion->next;
		arena_destroy(completion->arena);
		free(completion);
	}
	for (int i = 0; i < STATEMENT_COUNT; i++)
		sqlite3_finalize(store->statements[i]);
	sqlite3_close(store->db);
	free(store->path);
	free(store);
}
