/* test_backup.c: a copy is whole or not there. */
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/control/backup.h"
#include "daemon/loop/loop.h"
#include "daemon/store/store.h"
#include "feeds/base/error.h"
#include "tests/unit/harness.h"

static struct error err;
static int64_t pages, version;

static void on_pages(void *context, int64_t done, int64_t total)
{
	(void)context;
	CHECK(done <= total);
	pages = total;
}

static void put_article(struct store *store, const char *path)
{
	struct store_article row = {.path = path, .hash = "", .content_hash = "",
		.channel = "", .flat = "text", .flat_len = 4, .version = 1};
	struct store_publication publication = {.articles = &row, .article_count = 1};

	store_publish(store, &publication, NULL, NULL);
	store_flush(store);
}

static int count_articles(const char *file)
{
	sqlite3_stmt *stmt;
	sqlite3 *db;
	int count;

	CHECK(sqlite3_open(file, &db) == SQLITE_OK);
	CHECK(sqlite3_prepare_v2(db, "SELECT count(*) FROM article", -1, &stmt, NULL) ==
		SQLITE_OK);
	CHECK(sqlite3_step(stmt) == SQLITE_ROW);
	count = sqlite3_column_int(stmt, 0);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return count;
}

TEST(a_copy_of_a_database_that_is_in_use)
{
	struct loop *loop = loop_create("test");
	struct store *store;
	struct stat status;

	CHECK(store_open(loop, &(struct store_settings){.uri = "sqlite:a.db"}, &store, &err));
	put_article(store, "a.md");
	CHECK(backup_copy("a.db", "copy.db", on_pages, NULL, &err));
	CHECK(pages > 0);
	put_article(store, "b.md"); /* the writer was not hindered */
	CHECK_INT(count_articles("copy.db"), 1);
	CHECK(stat("copy.db", &status) == 0);
	CHECK_INT(status.st_mode & 0777, 0600);
	CHECK(backup_copy("a.db", "copy.db", NULL, NULL, &err)); /* replaced whole */
	CHECK_INT(count_articles("copy.db"), 2);
	CHECK(access("copy.db.part", F_OK) < 0);
	CHECK(access("copy.db-wal", F_OK) < 0);
	CHECK(backup_check("copy.db", &version, &err));
	CHECK(version > 0);
	CHECK(!backup_copy("a.db", "./a.db", NULL, NULL, &err));
	CHECK_STR(err.text, "./a.db is the database itself");
	store_close(store);
	loop_destroy(loop);
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	CHECK(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

TEST(what_is_no_database_of_ours_is_refused)
{
	sqlite3 *db;

	CHECK(!backup_check("none.db", &version, &err));
	write_file("text.db", "this is text, more than the header of a database is long, and "
			      "then some, so that it is read as one: 0123456789 0123456789");
	CHECK(!backup_check("text.db", &version, &err));
	CHECK_STR(err.text, "text.db: file is not a database");
	CHECK(sqlite3_open("other.db", &db) == SQLITE_OK);
	CHECK(sqlite3_exec(db, "CREATE TABLE t(x)", NULL, NULL, NULL) == SQLITE_OK);
	CHECK(!backup_check("other.db", &version, &err));
	CHECK_STR(err.text, "other.db: no database of gazetted");
	CHECK(sqlite3_exec(db, "PRAGMA application_id=0x677a7464; PRAGMA user_version=9999",
		      NULL, NULL, NULL) == SQLITE_OK);
	CHECK(!backup_check("other.db", &version, &err));
	CHECK(strstr(err.text, "9999 is newer than this program knows"));
	sqlite3_close(db);
	write_file("good.db", "before");
	CHECK(!backup_copy("text.db", "good.db", NULL, NULL, &err));
	CHECK(access("good.db.part", F_OK) < 0);
	CHECK(!backup_copy("other.db", "no/such/place.db", NULL, NULL, &err));
	CHECK(strstr(err.text, "no/such/place.db.part: No such file or directory"));
}
