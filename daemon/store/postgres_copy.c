/*
 * postgres_copy.c: see postgres_copy.h. Rows travel in COPY's text format, which is also what
 * they are compared in: a row is one line, a field is escaped in one way. Secrets are sealed
 * on the way, and opened to be compared.
 */
#include "daemon/store/postgres_copy.h"

#include <libpq-fe.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/store/columns.h"
#include "daemon/store/seal.h"
#include "daemon/store/store.h"
#include "feeds/base/buf.h"
#include "feeds/base/error.h"
#include "feeds/base/map.h"

enum { BATCH = 5000, COLUMNS_MOST = 40 };

/* COLUMNS of both, the key first. Where SQLite has no such column FROM selects what goes there
 * (NULL: the same). SECRET and its topic and callback are places among the columns. */
struct table {
	const char *name, *columns, *from;
	bool is_text_key;
	int secret, topic, callback;
	const char *identity;      /* the column that counts by itself, or NULL */
};

#define INTENT(part)                                                                      \
	"id, topic_asked, callback, secret, mode, topic, callback_hash, host_key, " part         \
	", lease_s, method, verify_token, wants_changes, tries, due, reason, initial"

#define JOB(lease)                                                                        \
	"id, topic, lo, hi, seq, cursor_part, cursor_host, cursor_id, stop_part, stop_host,"      \
	"stop_id, ahead_part, ahead_host, ahead_id, epoch, " lease ", priority"

static const struct table tables[] = {
	{.name = "article", .identity = "num", .columns = "num, " ARTICLE_COLUMNS ", seq"},
	{.name = "flat", .columns = "article, bytes"},
	{.name = "document", .is_text_key = true, .columns = DOC_COLUMNS ", body"},
	{.name = "topic", .columns = "num, path", .identity = "num"},
	{.name = "host", .columns = "num, key", .identity = "num"},
	{.name = "sub", .identity = "id", .secret = 3, .topic = 1, .callback = 2,
		.columns = "id, topic_asked, callback, secret, topic, part, host, callback_hash,"
			"method, wants_changes, expires, delivered_seq"},
	{.name = "intent", .identity = "id", .secret = 3, .topic = 1, .callback = 2,
		.columns = INTENT("part"), .from = INTENT("part_of(host_key)")},
	{.name = "job", .identity = "id",
		.columns = JOB("lease"), .from = JOB("0")},
	{.name = "task", .columns = "sub, due, attempts, first_failed, seq, why, priority"},
	{.name = "ledger", .columns = LEDGER_COLUMNS},
	{.name = "ledger_day", .columns = "day, seq, hash, signature"},
	{.name = "external", .columns = "url, seq", .is_text_key = true},
};
enum { TABLES = sizeof(tables) / sizeof(*tables) };

struct run {
	const struct postgres_copy *copy;
	sqlite3 *from;             /* owns */
	PGconn *to;                /* owns */
	int64_t done, total;
	struct error *err;
};

static bool fail_from(const struct run *run, const char *what)
{
	return error_set(run->err, "%s: %s: %s", run->copy->file, what,
		sqlite3_errmsg(run->from));
}

static bool fail_to(const struct run *run, const char *what)
{
	const char *why = PQerrorMessage(run->to);

	return error_set(run->err, "%s: %.*s", what, (int)strcspn(why, "\n"), why);
}

/* The first field of the answer, or OTHERWISE where that is NULL; the caller frees *OUT. */
static bool ask(struct run *run, const char *sql, char **out)
{
	PGresult *result = PQexec(run->to, sql);
	ExecStatusType status = PQresultStatus(result);
	bool ok = status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;

	if (ok && out)
		*out = PQntuples(result) && !PQgetisnull(result, 0, 0) ?
			strdup(PQgetvalue(result, 0, 0)) : NULL;
	PQclear(result);
	return ok || fail_to(run, "write to PostgreSQL");
}

static void count(struct run *run)
{
	run->done++;
	if (run->copy->progress)
		run->copy->progress(run->copy->context, run->done, run->total);
}

/* ---- a row as a line ---- */

/* COPY, "Text Format": the way PostgreSQL writes it too. */
static void add_text(struct buf *line, const char *text, size_t len)
{
	static const char from[] = "\b\f\n\r\t\v\\", to[] = "bfnrtv\\";

	for (size_t i = 0; i < len; i++) {
		const char *at = text[i] ? strchr(from, text[i]) : NULL;

		if (at)
			buf_add_char(line, '\\');
		buf_add_char(line, at ? to[at - from] : text[i]);
	}
}

static void add_bytes(struct buf *line, const unsigned char *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";

	buf_add_str(line, "\\\\x");
	for (size_t i = 0; i < len; i++) {
		buf_add_char(line, digits[bytes[i] >> 4]);
		buf_add_char(line, digits[bytes[i] & 15]);
	}
}

static const char *column_text(sqlite3_stmt *stmt, int column)
{
	const char *text = (const char *)sqlite3_column_text(stmt, column);

	return text ? text : "";
}

static void add_field(const struct run *run, const struct table *table, sqlite3_stmt *stmt,
	int column, struct buf *line)
{
	const unsigned char *bytes = sqlite3_column_blob(stmt, column);
	size_t len = (size_t)sqlite3_column_bytes(stmt, column);
	struct buf sealed = {0};

	switch (sqlite3_column_type(stmt, column)) {
	case SQLITE_NULL:
		buf_add_str(line, "\\N");
		return;
	case SQLITE_BLOB:
		if (table->secret == 0 || column != table->secret) {
			add_bytes(line, bytes, len);
			return;
		}
		seal_close(run->copy->seal, column_text(stmt, table->topic),
			column_text(stmt, table->callback), bytes, len, &sealed);
		add_bytes(line, (const unsigned char *)buf_text(&sealed), sealed.len);
		buf_finish(&sealed);
		return;
	default:
		bytes = sqlite3_column_text(stmt, column);
		add_text(line, (const char *)bytes, (size_t)sqlite3_column_bytes(stmt, column));
	}
}

static void make_line(const struct run *run, const struct table *table, sqlite3_stmt *stmt,
	struct buf *line)
{
	buf_clear(line);
	for (int i = 0; i < sqlite3_column_count(stmt); i++) {
		if (i)
			buf_add_char(line, '\t');
		add_field(run, table, stmt, i, line);
	}
	buf_add_char(line, '\n');
}

/* ---- there ---- */

static size_t key_len(const struct table *table)
{
	return strcspn(table->columns, ",");
}

/* The rows of TABLE behind KEY (NULL: all), at most MOST. */
static bool select_from(struct run *run, const struct table *table, const char *key, int most,
	sqlite3_stmt **out)
{
	struct buf sql = {0};
	bool ok;

	buf_printf(&sql, "SELECT %s FROM %s WHERE ?1 IS NULL OR %.*s > ?1 ORDER BY 1 LIMIT ?2",
		table->from ? table->from : table->columns, table->name, (int)key_len(table),
		table->columns);
	ok = sqlite3_prepare_v2(run->from, buf_text(&sql), -1, out, NULL) == SQLITE_OK;
	if (ok && key && table->is_text_key)
		sqlite3_bind_text(*out, 1, key, -1, SQLITE_TRANSIENT);
	else if (ok && key)
		sqlite3_bind_int64(*out, 1, strtoll(key, NULL, 10));
	if (ok)
		sqlite3_bind_int(*out, 2, most);
	buf_finish(&sql);
	return ok || fail_from(run, table->name);
}

static bool finish_copy(struct run *run, const struct table *table)
{
	PGresult *result;
	bool ok = PQputCopyEnd(run->to, NULL) == 1;

	while ((result = PQgetResult(run->to))) {
		ok = ok && PQresultStatus(result) == PGRES_COMMAND_OK;
		PQclear(result);
	}
	return ok || fail_to(run, table->name);
}

/* Copies a batch of TABLE from behind *KEY; *COUNT rows, of which the last becomes *KEY. */
static bool copy_batch(struct run *run, const struct table *table, char **key, int *count_out)
{
	struct buf sql = {0}, line = {0};
	sqlite3_stmt *stmt = NULL;
	PGresult *result;
	int code = SQLITE_DONE;
	bool ok = select_from(run, table, *key, BATCH, &stmt);

	buf_printf(&sql, "COPY %s(%s) FROM STDIN", table->name, table->columns);
	result = ok ? PQexec(run->to, buf_text(&sql)) : NULL;
	if (ok && PQresultStatus(result) != PGRES_COPY_IN)
		ok = fail_to(run, table->name);
	PQclear(result);
	for (*count_out = 0; ok && (code = sqlite3_step(stmt)) == SQLITE_ROW; ++*count_out) {
		free(*key);
		*key = strdup(column_text(stmt, 0));
		make_line(run, table, stmt, &line);
		ok = PQputCopyData(run->to, line.bytes, (int)line.len) == 1 ||
			fail_to(run, table->name);
		count(run);
	}
	if (ok && code != SQLITE_DONE)
		ok = fail_from(run, table->name);
	ok = ok && finish_copy(run, table); /* one command, one commit */
	sqlite3_finalize(stmt);
	buf_finish(&sql);
	buf_finish(&line);
	return ok;
}

static bool skip_done(struct run *run, const struct table *table)
{
	char sql[100], *had = NULL;
	bool ok;

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", table->name);
	ok = ask(run, sql, &had);
	run->done += had ? strtoll(had, NULL, 10) : 0;
	free(had);
	return ok;
}

static bool copy_table(struct run *run, const struct table *table)
{
	char sql[200], *key = NULL;
	int copied = BATCH;
	bool ok;

	snprintf(sql, sizeof(sql), "SELECT max(%.*s) FROM %s", (int)key_len(table),
		table->columns, table->name);
	ok = skip_done(run, table) && ask(run, sql, &key);
	while (ok && copied == BATCH)
		ok = copy_batch(run, table, &key, &copied);
	free(key);
	if (!ok || !table->identity)
		return ok;
	/* no number is given twice */
	snprintf(sql, sizeof(sql), "SELECT setval(pg_get_serial_sequence('gazetted.%s', '%s'), "
		"greatest((SELECT max(%s) FROM %s), 1))", table->name, table->identity,
		table->identity, table->name);
	return ask(run, sql, NULL);
}

/* The numbers that were given: what was deleted keeps its own. */
static bool copy_counters(struct run *run)
{
	static const char *const counted[] = {"sub", "intent", "job"};
	sqlite3_stmt *stmt;
	char sql[200];
	bool ok = sqlite3_prepare_v2(run->from, "SELECT name, n FROM counter", -1, &stmt, NULL) ==
			SQLITE_OK || fail_from(run, "counter");

	while (ok && sqlite3_step(stmt) == SQLITE_ROW) {
		const char *name = column_text(stmt, 0);
		long long n = sqlite3_column_int64(stmt, 1);

		snprintf(sql, sizeof(sql), "UPDATE counter SET n = %lld WHERE name = '%.20s'", n,
			name);
		for (size_t i = 0; i < sizeof(counted) / sizeof(*counted); i++) {
			if (strcmp(name, counted[i]) == 0 && n > 0)
				snprintf(sql, sizeof(sql), "SELECT setval(pg_get_serial_sequence("
					"'gazetted.%s', 'id'), %lld)", name, n);
		}
		ok = ask(run, sql, NULL);
	}
	sqlite3_finalize(stmt);
	return ok;
}

/* ---- and the same again ---- */

/* Field N of LINE; *LEN is without the separator. */
static const char *field_of(const char *line, int n, size_t *len)
{
	for (; n > 0; n--)
		line += strcspn(line, "\t\n") + 1;
	*len = strcspn(line, "\t\n");
	return line;
}

static void add_unhexed(struct buf *out, const char *hex, size_t len)
{
	for (size_t i = 0; i + 1 < len; i += 2) {
		char two[3] = {hex[i], hex[i + 1], '\0'};

		buf_add_char(out, (char)strtol(two, NULL, 16));
	}
}

/* Whether the secret of LINE is that of the row, when it is opened. */
static bool is_secret(const struct run *run, const struct table *table, sqlite3_stmt *stmt,
	const char *field, size_t len)
{
	struct buf sealed = {0}, open = {0};
	size_t want = (size_t)sqlite3_column_bytes(stmt, table->secret);
	bool ok;

	if (len < 3 || sqlite3_column_type(stmt, table->secret) != SQLITE_BLOB)
		return sqlite3_column_type(stmt, table->secret) == SQLITE_NULL &&
			strncmp(field, "\\N", 2) == 0;
	add_unhexed(&sealed, field + 3, len - 3);
	ok = seal_open(run->copy->seal, column_text(stmt, table->topic),
		column_text(stmt, table->callback), buf_text(&sealed), sealed.len, &open) &&
		open.len == want &&
		memcmp(buf_text(&open), sqlite3_column_blob(stmt, table->secret), want) == 0;
	buf_finish(&sealed);
	buf_finish(&open);
	return ok;
}

static bool is_equal(const struct run *run, const struct table *table, sqlite3_stmt *stmt,
	const char *line, struct buf *ours)
{
	make_line(run, table, stmt, ours);
	if (!table->secret)
		return strcmp(line, buf_text(ours)) == 0;
	for (int i = 0; i < sqlite3_column_count(stmt); i++) {
		size_t len, our_len;
		const char *theirs = field_of(line, i, &len);
		const char *mine = field_of(buf_text(ours), i, &our_len);

		if (i == table->secret ? !is_secret(run, table, stmt, theirs, len) :
					 len != our_len || memcmp(theirs, mine, len) != 0)
			return false;
	}
	return true;
}

static bool differ(struct run *run, const struct table *table, const char *key)
{
	return error_set(run->err, "table %s differs at the row %s; was %s written to meanwhile? "
		"Begin again with an empty database", table->name, key, run->copy->file);
}

static bool compare_rows(struct run *run, const struct table *table, sqlite3_stmt *stmt)
{
	struct buf ours = {0};
	bool ok = true;
	char *line;
	int len = 0;

	/* to its end in any case: the connection is of use only then */
	while ((len = PQgetCopyData(run->to, &line, 0)) > 0) {
		if (ok && sqlite3_step(stmt) != SQLITE_ROW)
			ok = differ(run, table, "behind the last");
		else if (ok && !is_equal(run, table, stmt, line, &ours))
			ok = differ(run, table, column_text(stmt, 0));
		PQfreemem(line);
		count(run);
	}
	if (ok && sqlite3_step(stmt) != SQLITE_DONE)
		ok = differ(run, table, column_text(stmt, 0));
	buf_finish(&ours);
	return ok && (len == -1 || fail_to(run, table->name));
}

static bool compare_table(struct run *run, const struct table *table)
{
	struct buf sql = {0};
	sqlite3_stmt *stmt = NULL;
	PGresult *result;
	bool ok = select_from(run, table, NULL, -1, &stmt);

	buf_printf(&sql, "COPY (SELECT %s FROM %s ORDER BY 1) TO STDOUT", table->columns,
		table->name);
	result = ok ? PQexec(run->to, buf_text(&sql)) : NULL;
	if (ok && PQresultStatus(result) != PGRES_COPY_OUT)
		ok = fail_to(run, table->name);
	PQclear(result);
	ok = ok && compare_rows(run, table, stmt);
	while ((result = PQgetResult(run->to)))
		PQclear(result);
	sqlite3_finalize(stmt);
	buf_finish(&sql);
	return ok;
}

/* ---- the whole ---- */

static void part_of(sqlite3_context *context, int argument_count, sqlite3_value **values)
{
	const char *key = (const char *)sqlite3_value_text(values[0]);

	(void)argument_count;
	sqlite3_result_int64(context,
		(int64_t)(map_hash(key ? key : "", key ? strlen(key) : 0) % STORE_PARTITIONS));
}

static bool open_from(struct run *run)
{
	return (sqlite3_open_v2(run->copy->file, &run->from,
			SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK &&
		sqlite3_create_function(run->from, "part_of", 1, SQLITE_UTF8, NULL, part_of, NULL,
			NULL) == SQLITE_OK &&
		/* one moment of it, and nobody writes until the end */
		sqlite3_exec(run->from, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK) ||
		fail_from(run, "open (is the daemon still running?)");
}

static bool open_to(struct run *run)
{
	run->to = PQconnectdb(run->copy->uri);
	if (PQstatus(run->to) != CONNECTION_OK)
		return fail_to(run, "connect");
	return ask(run, "SET search_path = gazetted; SET client_encoding = UTF8;"
			"SET client_min_messages = warning", NULL);
}

/* A counter of its own says that a copy is under way. */
static bool is_free(struct run *run)
{
	char *begun = NULL, *used = NULL;
	bool ok = ask(run, "SELECT 1 FROM counter WHERE name = 'copy'", &begun) &&
		ask(run, "SELECT 1 WHERE EXISTS (SELECT FROM article) OR EXISTS (SELECT FROM sub)"
			" OR EXISTS (SELECT FROM document) OR EXISTS (SELECT FROM intent)"
			" OR EXISTS (SELECT FROM ledger)", &used);

	if (ok && used && !begun)
		ok = error_set(run->err, "the target is not empty; drop its schema gazetted and "
			"make it again with gazetted --store-init");
	if (ok && !begun)
		ok = ask(run, "INSERT INTO counter VALUES ('copy', 0)", NULL);
	free(begun);
	free(used);
	return ok;
}

static bool count_all(struct run *run, int64_t *rows_out)
{
	*rows_out = 0;
	for (size_t i = 0; i < TABLES; i++) {
		char sql[100];
		sqlite3_stmt *stmt;

		snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", tables[i].name);
		if (sqlite3_prepare_v2(run->from, sql, -1, &stmt, NULL) != SQLITE_OK)
			return fail_from(run, tables[i].name);
		if (sqlite3_step(stmt) == SQLITE_ROW)
			*rows_out += sqlite3_column_int64(stmt, 0);
		sqlite3_finalize(stmt);
	}
	run->total = 2 * *rows_out;
	return true;
}

/* Without statistics the planner reads far too much for a page of subscribers. Table by table:
 * of the server's own there would be a warning each. */
static bool analyse(struct run *run)
{
	char sql[100];

	for (size_t i = 0; i < TABLES; i++) {
		snprintf(sql, sizeof(sql), "ANALYZE %s", tables[i].name);
		if (!ask(run, sql, NULL))
			return false;
	}
	return true;
}

static bool copy_all(struct run *run, int64_t *rows_out)
{
	if (!open_from(run) || !open_to(run) || !count_all(run, rows_out) || !is_free(run))
		return false;
	for (size_t i = 0; i < TABLES; i++) {
		if (!copy_table(run, &tables[i]))
			return false;
	}
	if (!copy_counters(run))
		return false;
	for (size_t i = 0; i < TABLES; i++) {
		if (!compare_table(run, &tables[i]))
			return false;
	}
	return ask(run, "DELETE FROM counter WHERE name = 'copy'", NULL) && analyse(run);
}

bool postgres_copy(const struct postgres_copy *copy, int64_t *rows_out, struct error *err)
{
	struct run run = {.copy = copy, .err = err};
	bool ok = copy_all(&run, rows_out);

	sqlite3_close(run.from);
	PQfinish(run.to);
	return ok;
}
