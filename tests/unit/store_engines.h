/*
 * store_engines.h: tests of the store that run against every engine. A STORE_TEST is two
 * tests, NAME and NAME_on_postgres; the second has a database of its own on a server that
 * is started for the test binary (or was, by tests/run.py: GAZETTED_POSTGRES).
 */
#ifndef TESTS_STORE_ENGINES_H
#define TESTS_STORE_ENGINES_H

#include <stdbool.h>
#include <stddef.h>

#include "tests/unit/harness.h"

/* What to open instead of the SQLite URI: the same, or, in a test on PostgreSQL, the database
 * that stands for it: another each time for ":memory:", the same one for a file. */
const char *engine_uri(const char *sqlite_uri);

/* The tests from here on run on PostgreSQL; ends the test when there is none. */
void engine_use_postgres(void);
bool engine_is_postgres(void);

/* SQL in the database of URI; for what a test does behind the store's back. */
void engine_change(const char *uri, const char *sql);

/* The number that SQL gives. */
size_t engine_count(const char *uri, const char *sql);

/* A database NAME with our schema on the server in DIRECTORY; URI is how to open it. */
void engine_make(const char *directory, const char *name, char *uri, size_t size);

/* The directory of the server's socket; NULL: there is no server. */
const char *engine_server(void);

#define STORE_TEST(ident)                                                                 \
	static void both_##ident(void);                                                   \
	TEST(ident)                                                                       \
	{                                                                                 \
		both_##ident();                                                           \
	}                                                                                 \
	TEST(ident##_on_postgres)                                                         \
	{                                                                                 \
		engine_use_postgres();                                                    \
		both_##ident();                                                           \
	}                                                                                 \
	static void both_##ident(void)

#endif
