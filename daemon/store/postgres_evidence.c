/*
 * postgres_evidence.c: see postgres_evidence.h. Rows are copied rather than read in place, so
 * that there is one way to verify a chain and to find receipts in it, whatever the engine.
 */
#include "daemon/store/postgres_evidence.h"

#include <endian.h>
#include <libpq-fe.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "daemon/store/columns.h"
#include "daemon/store/postgres_script.h"
#include "feeds/base/error.h"

enum { AT_ONCE = 5000, OID_BYTEA = 17, OID_INT8 = 20 };

/* The key comes first; "$1" is the key of the last row that is here. */
static const struct {
	const char *make, *read, *put;
} tables[] = {
	{"CREATE TABLE counter(name TEXT PRIMARY KEY, n INTEGER)",
		"SELECT n, name FROM gazetted.counter WHERE name = 'ledger' AND $1 < 0 LIMIT $2",
		"INSERT INTO counter(n, name) VALUES (?1, ?2)"},
	{"CREATE TABLE ledger(seq INTEGER PRIMARY KEY, time, kind, partner, topic, peer, contents,"
	 "body, status, attempt, latency, hash);"
	 "CREATE INDEX ledger_issue ON ledger(partner, body, seq) WHERE kind = 0",
		"SELECT " LEDGER_COLUMNS " FROM gazetted.ledger WHERE seq > $1 "
		"ORDER BY seq LIMIT $2",
		"INSERT INTO ledger(" LEDGER_COLUMNS
		") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"},
	{"CREATE TABLE ledger_day(day INTEGER PRIMARY KEY, seq, hash, signature)",
		"SELECT day, seq, hash, signature FROM gazetted.ledger_day WHERE day > $1 "
		"ORDER BY day LIMIT $2",
		"INSERT INTO ledger_day(day, seq, hash, signature) VALUES (?1, ?2, ?3, ?4)"},
};

static bool fail_from(PGconn *conn, struct error *err)
{
	const char *why = PQerrorMessage(conn);

	return error_set(err, "read the ledger: %.*s", (int)strcspn(why, "\n"), why);
}

static bool fail_to(sqlite3 *to, struct error *err)
{
	return error_set(err, "copy the ledger: %s", sqlite3_errmsg(to));
}

static void bind(sqlite3_stmt *stmt, const PGresult *rows, int row, int column)
{
	const char *bytes = PQgetvalue(rows, row, column);
	int len = PQgetlength(rows, row, column);

	if (PQgetisnull(rows, row, column))
		sqlite3_bind_null(stmt, column + 1);
	else if (PQftype(rows, column) == OID_INT8)
		sqlite3_bind_int64(stmt, column + 1, pg_int(rows, row, column));
	else if (PQftype(rows, column) == OID_BYTEA)
		sqlite3_bind_blob(stmt, column + 1, bytes, len, SQLITE_STATIC);
	else
		sqlite3_bind_text(stmt, column + 1, bytes, len, SQLITE_STATIC);
}

static bool put_rows(sqlite3_stmt *stmt, const PGresult *rows)
{
	bool ok = true;

	for (int row = 0; ok && row < PQntuples(rows); row++) {
		for (int column = 0; column < PQnfields(rows); column++)
			bind(stmt, rows, row, column);
		ok = sqlite3_step(stmt) == SQLITE_DONE;
		sqlite3_reset(stmt);
	}
	return ok;
}

/* The rows behind *KEY, which becomes that of the last. */
static bool copy_some(PGconn *conn, sqlite3 *to, size_t table, int64_t *key, int *count,
	struct error *err)
{
	int64_t wire[] = {(int64_t)htobe64((uint64_t)*key), (int64_t)htobe64(AT_ONCE)};
	const char *const values[] = {(const char *)&wire[0], (const char *)&wire[1]};
	const int lengths[] = {8, 8}, formats[] = {1, 1};
	const Oid types[] = {OID_INT8, OID_INT8};
	PGresult *rows = PQexecParams(conn, tables[table].read, 2, types, values, lengths, formats,
		1);
	sqlite3_stmt *stmt = NULL;
	bool ok = PQresultStatus(rows) == PGRES_TUPLES_OK || fail_from(conn, err);

	*count = ok ? PQntuples(rows) : 0;
	if (*count) {
		ok = (sqlite3_prepare_v2(to, tables[table].put, -1, &stmt, NULL) == SQLITE_OK &&
			put_rows(stmt, rows)) || fail_to(to, err);
		*key = pg_int(rows, *count - 1, 0);
	}
	sqlite3_finalize(stmt);
	PQclear(rows);
	return ok;
}

static bool copy_table(PGconn *conn, sqlite3 *to, size_t table, struct error *err)
{
	int64_t key = -1;
	int count = AT_ONCE;
	bool ok = sqlite3_exec(to, tables[table].make, NULL, NULL, NULL) == SQLITE_OK ||
		fail_to(to, err);

	while (ok && count == AT_ONCE)
		ok = copy_some(conn, to, table, &key, &count, err);
	return ok;
}

bool postgres_evidence_load(const char *uri, sqlite3 *to, struct error *err)
{
	PGconn *conn = PQconnectdb(uri);
	PGresult *begun = NULL;
	bool ok = PQstatus(conn) == CONNECTION_OK || fail_from(conn, err);

	if (ok) {
		begun = PQexec(conn, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
		ok = PQresultStatus(begun) == PGRES_COMMAND_OK || fail_from(conn, err);
	}
	sqlite3_exec(to, "BEGIN", NULL, NULL, NULL);
	for (size_t i = 0; ok && i < sizeof(tables) / sizeof(*tables); i++)
		ok = copy_table(conn, to, i, err);
	sqlite3_exec(to, "COMMIT", NULL, NULL, NULL);
	PQclear(begun);
	PQfinish(conn);
	return ok;
}
