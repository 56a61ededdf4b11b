/*
 * ledger_file.c: see ledger_file.h. Rows are read in order and a few are looked back at, so
 * one prepared statement by number is enough.
 */
#include "daemon/store/ledger_file.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/store/columns.h"
#ifdef HAVE_LIBPQ
#include "daemon/store/postgres_evidence.h"
#endif
#include "feeds/base/arena.h"
#include "feeds/base/buf.h"
#include "feeds/base/error.h"
#include "feeds/base/mem.h"

struct ledger_file {
	sqlite3 *db;             /* owns */
	sqlite3_stmt *by_number; /* owns */
	struct arena *arena;     /* owns; texts of the row that was read last */
};

static bool fail(struct ledger_file *file, const char *what, struct error *err)
{
	return error_set(err, "%s: %s", what, sqlite3_errmsg(file->db));
}

static bool open_file(struct ledger_file *file, const char *path, struct error *err)
{
	return sqlite3_open_v2(path, &file->db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK ||
		fail(file, path, err);
}

/* A file without a name, in memory while it is small, which goes when it is closed. */
static bool open_copy(struct ledger_file *file, const char *uri, struct error *err)
{
#ifdef HAVE_LIBPQ
	if (sqlite3_open_v2("", &file->db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
		return fail(file, "copy the ledger", err);
	return postgres_evidence_load(uri, file->db, err);
#else
	(void)file, (void)uri;
	return error_set(err, "store.uri: this gazettectl was built without libpq");
#endif
}

bool ledger_file_open(const char *path, struct ledger_file **out, struct error *err)
{
	static const char by_number[] =
		"SELECT " LEDGER_COLUMNS " FROM ledger WHERE seq = ?1";
	struct ledger_file *file = mem_alloc(sizeof(*file));
	bool is_copy = strncmp(path, "postgresql:", strlen("postgresql:")) == 0;
	bool ok;

	file->arena = arena_create();
	ok = is_copy ? open_copy(file, path, err) : open_file(file, path, err);
	if (ok && sqlite3_prepare_v2(file->db, by_number, -1, &file->by_number, NULL) != SQLITE_OK)
		ok = fail(file, is_copy ? "the ledger" : path, err);
	if (!ok) {
		ledger_file_close(file);
		return false;
	}
	sqlite3_busy_timeout(file->db, 1000);
	*out = file;
	return true;
}

void ledger_file_close(struct ledger_file *file)
{
	if (!file)
		return;
	sqlite3_finalize(file->by_number);
	sqlite3_close(file->db);
	arena_destroy(file->arena);
	free(file);
}

/* ---- verification ---- */

static const char *text(struct arena *arena, sqlite3_stmt *stmt, int column)
{
	return arena_strdup(arena, (const char *)sqlite3_column_text(stmt, column));
}

/* Bytes of another length cannot be a hash: zeros, which fit nothing. */
static void bytes(sqlite3_stmt *stmt, int column, uint8_t *out, size_t len)
{
	if (sqlite3_column_bytes(stmt, column) == (int)len)
		memcpy(out, sqlite3_column_blob(stmt, column), len);
	else
		memset(out, 0, len);
}

static bool get(void *context, int64_t seq, struct ledger_row *out)
{
	struct ledger_file *file = context;
	sqlite3_stmt *stmt = file->by_number;
	bool is_there;

	arena_reset(file->arena);
	sqlite3_bind_int64(stmt, 1, seq);
	is_there = sqlite3_step(stmt) == SQLITE_ROW;
	if (is_there) {
		*out = (struct ledger_row){
			.seq = sqlite3_column_int64(stmt, 0),
			.time_ms = sqlite3_column_int64(stmt, 1),
			.kind = (enum ledger_kind)sqlite3_column_int(stmt, 2),
			.partner = text(file->arena, stmt, 3),
			.topic = text(file->arena, stmt, 4),
			.peer = text(file->arena, stmt, 5),
			.contents = text(file->arena, stmt, 6),
			.status = sqlite3_column_int(stmt, 8),
			.attempt = sqlite3_column_int(stmt, 9),
			.latency_ms = sqlite3_column_int(stmt, 10),
		};
		bytes(stmt, 7, out->body, LEDGER_HASH);
		bytes(stmt, 11, out->hash, LEDGER_HASH);
	}
	sqlite3_reset(stmt);
	return is_there;
}

static bool numbers(struct ledger_file *file, struct ledger_source *source, struct error *err)
{
	static const char sql[] =
		"SELECT coalesce(min(seq), 1), coalesce(max(seq), 0),"
		"coalesce((SELECT n FROM counter WHERE name = 'ledger'), 0) FROM ledger";
	sqlite3_stmt *stmt;
	bool ok = sqlite3_prepare_v2(file->db, sql, -1, &stmt, NULL) == SQLITE_OK &&
		sqlite3_step(stmt) == SQLITE_ROW;

	if (ok) {
		source->first = sqlite3_column_int64(stmt, 0);
		source->last = sqlite3_column_int64(stmt, 1);
		source->expected_last = sqlite3_column_int64(stmt, 2);
	} else {
		fail(file, "read the ledger", err);
	}
	sqlite3_finalize(stmt);
	return ok;
}

/* The signed heads; the caller frees. NULL on failure. */
static struct ledger_day *read_days(struct ledger_file *file, size_t *count, struct error *err)
{
	struct ledger_day *days = mem_alloc(sizeof(*days));
	size_t cap = 1;
	sqlite3_stmt *stmt;
	int code = sqlite3_prepare_v2(file->db, "SELECT day, seq, hash, signature "
		"FROM ledger_day ORDER BY day", -1, &stmt, NULL);

	*count = 0;
	while (code == SQLITE_OK || code == SQLITE_ROW) {
		struct ledger_day *day;

		code = sqlite3_step(stmt);
		if (code != SQLITE_ROW)
			break;
		if (*count == cap) {
			cap *= 2;
			days = mem_resize(days, cap, sizeof(*days));
		}
		day = &days[(*count)++];
		day->day = sqlite3_column_int64(stmt, 0);
		day->seq = sqlite3_column_int64(stmt, 1);
		bytes(stmt, 2, day->hash, LEDGER_HASH);
		bytes(stmt, 3, day->signature, LEDGER_SIGNATURE);
	}
	sqlite3_finalize(stmt);
	if (code == SQLITE_DONE)
		return days;
	fail(file, "read the ledger", err);
	free(days);
	return NULL;
}

static void note(void *context, const struct ledger_finding *finding)
{
	ledger_describe(finding, context);
	buf_add_char(context, '\n');
}

bool ledger_file_verify(struct ledger_file *file, const uint8_t *public_key, struct buf *out,
	struct ledger_summary *summary, struct error *err)
{
	struct ledger_source source = {.get = get, .context = file, .public_key = public_key};
	struct ledger_day *days;
	bool ok;

	/* one transaction: the daemon may be writing */
	ok = sqlite3_exec(file->db, "BEGIN", NULL, NULL, NULL) == SQLITE_OK ||
		fail(file, "read the ledger", err);
	days = ok ? read_days(file, &source.day_count, err) : NULL;
	source.days = days;
	ok = days && numbers(file, &source, err);
	if (ok)
		*summary = (struct ledger_summary){source.first, source.last,
			source.day_count, ledger_verify(&source, note, out)};
	sqlite3_exec(file->db, "COMMIT", NULL, NULL, NULL);
	free(days);
	return ok;
}

bool ledger_file_each(struct ledger_file *file,
	void (*row)(void *context, const struct ledger_row *row), void *context,
	struct error *err)
{
	struct ledger_source source = {0};
	struct ledger_row next;

	if (!numbers(file, &source, err))
		return false;
	for (int64_t seq = source.first; seq <= source.last; seq++) {
		if (get(file, seq, &next))
			row(context, &next);
	}
	return true;
}

/* ---- receipts ---- */

/* What arrived, with what the document that was made then held. */
static const char receipts[] =
	"SELECT r.seq, r.time, r.kind, r.partner, r.topic, r.peer, r.status, r.body, r.hash,"
	"coalesce(i.contents, r.contents) FROM ledger r "
	"LEFT JOIN ledger i ON i.seq = (SELECT max(seq) FROM ledger WHERE kind = 0 "
	"AND partner = r.partner AND body = r.body AND seq < r.seq) "
	"WHERE r.kind IN (1, 2) AND (r.status BETWEEN 200 AND 299 OR r.status = 304 "
	"OR (r.status = 410 AND r.kind = 2)) "
	"AND (?2 IS NULL OR r.partner = ?2) "
	"AND instr(coalesce(i.contents, r.contents), ?1) > 0 ORDER BY r.seq";

/* "ID<TAB>VERSION<TAB>LEVEL" of the line for ID in CONTENTS. */
static bool find_line(struct arena *arena, const char *contents, const char *id,
	struct ledger_receipt *receipt)
{
	size_t len = strlen(id);

	for (const char *line = contents; *line; line += strcspn(line, "\n"), line += !!*line) {
		const char *version = line + len + 1, *level;

		if (strncmp(line, id, len) != 0 || line[len] != '\t')
			continue;
		level = version + strcspn(version, "\t\n");
		receipt->version = arena_strndup(arena, version, (size_t)(level - version));
		level += *level == '\t';
		receipt->level = arena_strndup(arena, level, strcspn(level, "\t\n"));
		return true;
	}
	return false;
}

bool ledger_file_receipts(struct ledger_file *file, const char *id, const char *partner,
	void (*row)(void *context, const struct ledger_receipt *receipt), void *context,
	struct error *err)
{
	sqlite3_stmt *stmt;
	int code;

	if (sqlite3_prepare_v2(file->db, receipts, -1, &stmt, NULL) != SQLITE_OK)
		return fail(file, "read the ledger", err);
	sqlite3_bind_text(stmt, 1, id, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 2, partner, -1, SQLITE_STATIC);
	while ((code = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct ledger_receipt receipt = {
			.seq = sqlite3_column_int64(stmt, 0),
			.time_ms = sqlite3_column_int64(stmt, 1),
			.kind = (enum ledger_kind)sqlite3_column_int(stmt, 2),
			.status = sqlite3_column_int(stmt, 6),
		};
		uint8_t body[LEDGER_HASH], hash[LEDGER_HASH];

		arena_reset(file->arena);
		receipt.partner = text(file->arena, stmt, 3);
		receipt.topic = text(file->arena, stmt, 4);
		receipt.peer = text(file->arena, stmt, 5);
		bytes(stmt, 7, body, LEDGER_HASH);
		bytes(stmt, 8, hash, LEDGER_HASH);
		receipt.body = body;
		receipt.hash = hash;
		if (find_line(file->arena, (const char *)sqlite3_column_text(stmt, 9), id,
			    &receipt))
			row(context, &receipt);
	}
	sqlite3_finalize(stmt);
	return code == SQLITE_DONE || fail(file, "read the ledger", err);
}
