/* store_engines.c: see store_engines.h. */
#include "tests/unit/store_engines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef HAVE_LIBPQ
#include <libpq-fe.h>

#include "daemon/store/postgres_schema.h"
#endif
#include "feeds/base/error.h"

#ifdef HAVE_LIBPQ
static char server[64];   /* "" = none */
static bool is_ours, is_postgres;
static pid_t owner;
static int databases, named;
static struct {
	char sqlite[64], uri[400];
} opened[16];

const char *engine_server(void)
{
	return *server ? server : NULL;
}

bool engine_is_postgres(void)
{
	return is_postgres;
}

static void stop_server(void)
{
	char command[600];

	if (!is_ours || getpid() != owner)
		return;
	snprintf(command, sizeof(command), "tests/postgres.sh stop %s; rm -rf %s", server, server);
	if (system(command) != 0)
		fprintf(stderr, "could not stop the server in %s\n", server);
}

/* Before main, so that one server is there for all the tests of the program. */
__attribute__((constructor)) static void start_server(void)
{
	const char *given = getenv("GAZETTED_POSTGRES");
	char directory[] = "/tmp/gazetted-pg.XXXXXX", command[600];

	if (given) {
		snprintf(server, sizeof(server), "%s", given);
		return;
	}
	if (!mkdtemp(directory))
		abort();
	snprintf(server, sizeof(server), "%s", directory);
	snprintf(command, sizeof(command), "%s/tests/postgres.sh start %s",
		getenv("GAZETTED_TOP") ? getenv("GAZETTED_TOP") : ".", directory);
	if (system(command) != 0) {
		printf("SKIPPED tests of the store on PostgreSQL: it is not installed\n");
		rmdir(directory);
		server[0] = '\0';
		return;
	}
	owner = getpid();
	is_ours = true;
	atexit(stop_server);
}

static PGconn *connect_to(const char *uri)
{
	PGconn *conn = PQconnectdb(uri);

	if (PQstatus(conn) != CONNECTION_OK)
		harness_fail(__FILE__, __LINE__, "%s", PQerrorMessage(conn));
	return conn;
}

static void run_sql(const char *uri, const char *sql)
{
	PGconn *conn = connect_to(uri);
	PGresult *result = PQexec(conn, sql);

	if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK)
		harness_fail(__FILE__, __LINE__, "%s: %s", sql, PQerrorMessage(conn));
	PQclear(result);
	PQfinish(conn);
}

void engine_make(const char *directory, const char *name, char *uri, size_t size)
{
	char sql[200], admin[400];
	struct postgres_init init;
	struct error err;

	snprintf(admin, sizeof(admin), "postgresql:///postgres?host=%s&user=postgres",
		directory);
	snprintf(sql, sizeof(sql), "CREATE DATABASE %s TEMPLATE template0", name);
	run_sql(admin, sql);
	snprintf(uri, size, "postgresql:///%s?host=%s&user=postgres", name, directory);
	if (!postgres_schema_init(uri, &init, &err))
		harness_fail(__FILE__, __LINE__, "%s", err.text);
}

void engine_use_postgres(void)
{
	if (!*server)
		exit(0); /* said by start_server */
	is_postgres = true;
}

void engine_change(const char *uri, const char *sql)
{
	run_sql(uri, sql);
}

size_t engine_count(const char *uri, const char *sql)
{
	PGconn *conn = connect_to(uri);
	PGresult *result = PQexec(conn, sql);
	size_t count;

	if (PQresultStatus(result) != PGRES_TUPLES_OK)
		harness_fail(__FILE__, __LINE__, "%s: %s", sql, PQerrorMessage(conn));
	count = strtoul(PQgetvalue(result, 0, 0), NULL, 10);
	PQclear(result);
	PQfinish(conn);
	return count;
}

const char *engine_uri(const char *sqlite_uri)
{
	bool is_memory = strcmp(sqlite_uri, "sqlite::memory:") == 0;
	char name[64];

	if (!is_postgres)
		return sqlite_uri;
	for (int i = 0; i < databases && !is_memory; i++) {
		if (strcmp(opened[i].sqlite, sqlite_uri) == 0)
			return opened[i].uri;
	}
	if (databases == (int)(sizeof(opened) / sizeof(opened[0])))
		databases = 0;
	snprintf(name, sizeof(name), "t%d_%d", (int)getpid(), named++);
	snprintf(opened[databases].sqlite, sizeof(opened[databases].sqlite), "%s", sqlite_uri);
	engine_make(server, name, opened[databases].uri, sizeof(opened[databases].uri));
	return opened[databases++].uri;
}
#else
__attribute__((constructor)) static void say_so(void)
{
	printf("SKIPPED tests of the store on PostgreSQL: built without libpq\n");
}

const char *engine_server(void)
{
	return NULL;
}

bool engine_is_postgres(void)
{
	return false;
}

void engine_use_postgres(void)
{
	exit(0);
}

const char *engine_uri(const char *sqlite_uri)
{
	return sqlite_uri;
}

void engine_change(const char *uri, const char *sql)
{
	(void)uri, (void)sql;
}
#endif
