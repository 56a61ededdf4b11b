/*
 * test_store_ledger.c: the ledger in its table: appended with what else the turn commits,
 * signed at the turn of the day, cut by rule; then read from the file, as it is and after
 * somebody changed it with SQL.
 */
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/loop/loop.h"
#include "daemon/store/ledger_file.h"
#include "daemon/store/ledger_keyfile.h"
#include "daemon/store/store.h"
#include "feeds/base/buf.h"
#include "feeds/base/error.h"
#include "tests/unit/harness.h"

enum { DAY_MS = 24 * 3600 * 1000 };
static const char database[] = "state/l.db";
static int64_t now_ms = INT64_C(20000) * DAY_MS;
static struct loop *loop;

static int64_t test_clock(void)
{
	return now_ms;
}

static struct store *open_store(void)
{
	struct store *store = NULL;
	struct ledger_key *key = NULL;
	struct error err = {0};

	loop = loop_create("test");
	if (!store_open(loop, &(struct store_settings){.uri = "sqlite:l.db",
		    .directory = "state", .clock = test_clock}, &store, &err) ||
		!ledger_keyfile_open(NULL, "state", &key, &err))
		harness_fail(__FILE__, __LINE__, "%s", err.text);
	store_ledger_set_key(store, key);
	return store;
}

static void close_store(struct store *store)
{
	store_close(store);
	loop_destroy(loop);
}

static void append(struct store *store, enum ledger_kind kind, const char *partner,
	const char *body, const char *contents, int32_t status)
{
	struct ledger_row row = {.kind = kind, .partner = partner, .topic = "/p/x/feed.atom",
		.peer = "cb.example", .contents = contents, .status = status, .attempt = 1,
		.time_ms = now_ms};

	ledger_hash_bytes(body, strlen(body), row.body);
	store_ledger_append(store, &row, 1);
}

/* Three days: county gets versions 1 and 2, portal fails first, then polls. */
static void fill(struct store *store)
{
	append(store, LEDGER_ISSUE, "county", "one", "tag:a\t1\tfull\n", 0);
	append(store, LEDGER_ISSUE, "portal", "two", "tag:b\t7\tfull\ntag:a\t1\tsummary\n", 0);
	append(store, LEDGER_DELIVERY, "county", "one", NULL, 204);
	append(store, LEDGER_DELIVERY, "portal", "two", NULL, 500);
	store_flush(store);
	now_ms += DAY_MS;
	append(store, LEDGER_POLL, "portal", "two", NULL, 200);
	append(store, LEDGER_ISSUE, "county", "three", "tag:a\t2\tfull\n", 0);
	store_flush(store);
	now_ms += DAY_MS;
	append(store, LEDGER_DELIVERY, "county", "three", NULL, 200);
	append(store, LEDGER_POLL, "county", "item", "tag:a\t2\tfull\n", 200);
	store_flush(store);
}

static struct ledger_summary verify(const char *want)
{
	struct ledger_summary summary = {0};
	uint8_t public_key[LEDGER_KEY];
	struct ledger_file *file = NULL;
	struct buf out = {0};
	struct error err = {0};

	if (!ledger_file_open(database, &file, &err) ||
		!ledger_keyfile_read_public("state/ledger.pub", public_key, &err) ||
		!ledger_file_verify(file, public_key, &out, &summary, &err))
		harness_fail(__FILE__, __LINE__, "%s", err.text);
	CHECK_STR(buf_text(&out), want);
	CHECK_INT(summary.findings > 0, *want != '\0');
	buf_finish(&out);
	ledger_file_close(file);
	return summary;
}

static void change(const char *sql)
{
	sqlite3 *db;
	char *why = NULL;

	CHECK_INT(sqlite3_open(database, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
		harness_fail(__FILE__, __LINE__, "%s: %s", sql, why);
	sqlite3_close(db);
}

static void add_receipt(void *context, const struct ledger_receipt *receipt)
{
	buf_printf(context, "%s %s %s %s %d; ", receipt->partner,
		receipt->kind == LEDGER_POLL ? "polled" : "pushed", receipt->version,
		receipt->level, receipt->status);
}

static void check_receipts(const char *id, const char *partner, const char *want)
{
	struct ledger_file *file = NULL;
	struct buf out = {0};
	struct error err = {0};

	if (!ledger_file_open(database, &file, &err) ||
		!ledger_file_receipts(file, id, partner, add_receipt, &out, &err))
		harness_fail(__FILE__, __LINE__, "%s", err.text);
	CHECK_STR(buf_text(&out), want);
	buf_finish(&out);
	ledger_file_close(file);
}

TEST(appended_signed_and_verified)
{
	struct store *store = open_store();
	struct ledger_summary summary;

	fill(store);
	summary = verify(""); /* while the daemon has it open */
	CHECK_INT(summary.first, 1);
	CHECK_INT(summary.last, 8);
	CHECK_INT(summary.days, 2);
	close_store(store);
	store = open_store();
	append(store, LEDGER_POLL, "county", "item", "tag:a\t2\tfull\n", 304);
	close_store(store);
	CHECK_INT(verify("").last, 9);
}

TEST(who_has_what)
{
	struct store *store = open_store();

	fill(store);
	check_receipts("tag:a", NULL, "county pushed 1 full 204; portal polled 1 summary 200; "
				      "county pushed 2 full 200; county polled 2 full 200; ");
	check_receipts("tag:a", "portal", "portal polled 1 summary 200; ");
	check_receipts("tag:b", NULL, "portal polled 7 full 200; ");
	check_receipts("tag:", NULL, "");
	check_receipts("ag:a", NULL, "");
	close_store(store);
}

TEST(changes_with_sql_are_named)
{
	static const struct {
		const char *sql, *want;
	} cases[] = {
		{"UPDATE ledger SET status = 200 WHERE seq = 4", "row 4 was changed\n"},
		{"UPDATE ledger SET hash = x'00' WHERE seq = 2",
			"row 2 was changed\nrow 3 was changed\n"},
		{"DELETE FROM ledger WHERE seq = 3", "row 3 was removed\n"},
		{"DELETE FROM ledger WHERE seq > 6", "rows 7 to 8 were removed\n"},
		{"DELETE FROM ledger WHERE seq < 3", "rows 1 to 2 were removed\n"},
		{"DELETE FROM ledger", "rows 1 to 8 were removed\n"},
		{"UPDATE ledger SET seq = -seq WHERE seq IN (3, 4);"
		 "UPDATE ledger SET seq = 7 + seq WHERE seq < 0",
			"row 3 was moved: it stands in the place of row 4\n"},
		{"DELETE FROM ledger_day", "the day that ends with row 4 is not signed\n"
					   "the day that ends with row 6 is not signed\n"},
		{"UPDATE ledger_day SET signature = zeroblob(64)",
			"the signature of the day that ends with row 4 is not by this key\n"
			"the signature of the day that ends with row 6 is not by this key\n"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct store *store = open_store();

		fill(store);
		close_store(store);
		change(cases[i].sql);
		verify(cases[i].want);
		unlink(database);
		unlink("state/l.db-wal");
		unlink("state/l.db-shm");
	}
}

TEST(old_days_are_cut_by_rule)
{
	struct store *store = open_store();
	struct ledger_summary summary;

	fill(store);
	store_ledger_cut(store, 20000); /* nothing is that old */
	store_flush(store);
	CHECK_INT(verify("").first, 1);
	store_ledger_cut(store, 20001);
	store_flush(store);
	summary = verify("");
	CHECK_INT(summary.first, 5);
	CHECK_INT(summary.last, 9);
	store_ledger_cut(store, 20001); /* again: there is nothing left of it */
	store_flush(store);
	CHECK_INT(verify("").last, 9);
	close_store(store);
	change("DELETE FROM ledger WHERE seq < 7");
	verify("rows 1 to 6 were removed\n");
}

/* A turn that cannot be committed takes nothing of the chain with it. */
TEST(rows_survive_a_store_that_cannot_be_written)
{
	struct store *store = open_store();
	sqlite3 *db;

	append(store, LEDGER_ISSUE, "county", "one", "tag:a\t1\tfull\n", 0);
	store_flush(store);
	CHECK_INT(sqlite3_open(database, &db), SQLITE_OK);
	CHECK_INT(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	append(store, LEDGER_DELIVERY, "county", "one", NULL, 204);
	store_flush(store);
	CHECK_INT(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	CHECK_INT(verify("").last, 1);
	append(store, LEDGER_POLL, "county", "one", NULL, 304);
	store_flush(store);
	CHECK_INT(verify("").last, 3);
	check_receipts("tag:a", NULL, "county pushed 1 full 204; county polled 1 full 304; ");
	close_store(store);
}

TEST(the_key_is_made_once_and_for_its_owner_only)
{
	struct ledger_key *first = NULL, *second = NULL;
	uint8_t a[LEDGER_KEY], b[LEDGER_KEY];
	struct error err = {0};
	struct stat status;

	CHECK_INT(mkdir("keys", 0700), 0);
	CHECK(ledger_keyfile_open(NULL, "keys", &first, &err));
	CHECK(ledger_keyfile_open(NULL, "keys", &second, &err));
	ledger_key_public(first, a);
	ledger_key_public(second, b);
	CHECK(memcmp(a, b, LEDGER_KEY) == 0);
	CHECK(ledger_keyfile_read_public("keys/ledger.pub", b, &err));
	CHECK(memcmp(a, b, LEDGER_KEY) == 0);
	ledger_key_destroy(first);
	ledger_key_destroy(second);
	CHECK_INT(stat("keys/ledger.key", &status), 0);
	CHECK_INT(status.st_mode & 0777, 0600);
	CHECK_INT(chmod("keys/ledger.key", 0640), 0);
	CHECK(!ledger_keyfile_open(NULL, "keys", &first, &err));
	CHECK_STR(err.text, "keys/ledger.key: others may read it (mode 640); expected 0600");
}

TEST(a_credential_wins_over_the_file)
{
	struct ledger_key *own = NULL, *given = NULL;
	uint8_t a[LEDGER_KEY], b[LEDGER_KEY];
	struct error err = {0};
	int fd;

	CHECK_INT(mkdir("keys", 0700), 0);
	CHECK_INT(mkdir("credentials", 0700), 0);
	CHECK(ledger_keyfile_open(NULL, "credentials", &given, &err));
	CHECK(ledger_keyfile_open("credentials", "keys", &own, &err));
	ledger_key_public(given, a);
	ledger_key_public(own, b);
	CHECK(memcmp(a, b, LEDGER_KEY) == 0);
	CHECK(access("keys/ledger.key", F_OK) != 0);
	ledger_key_destroy(own);
	ledger_key_destroy(given);
	fd = open("keys/ledger.key", O_WRONLY | O_CREAT, 0600);
	CHECK(fd >= 0 && write(fd, "no key\n", 7) == 7 && close(fd) == 0);
	CHECK(!ledger_keyfile_open(NULL, "keys", &own, &err));
	CHECK_STR(err.text, "keys/ledger.key: not an Ed25519 private key in PEM");
}
