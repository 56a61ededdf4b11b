/* test_seal.c: what is sealed opens for its row alone, with any key of the file. */
#include "daemon/store/seal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "feeds/base/buf.h"
#include "feeds/base/error.h"
#include "tests/unit/harness.h"

#define OLD "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define NEW "F00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static const char topic[] = "/feed.atom", callback[] = "https://s.example/cb";

static struct seal *keys(const char *text)
{
	struct seal *seal = NULL;
	struct error err;

	if (!seal_parse("keys", text, strlen(text), &seal, &err))
		harness_fail(__FILE__, __LINE__, "%s", err.text);
	return seal;
}

static void check_refused(const char *text, const char *want)
{
	struct seal *seal = NULL;
	struct error err;

	CHECK(!seal_parse("keys", text, strlen(text), &seal, &err));
	CHECK(!seal);
	CHECK_STR(err.text, want);
}

TEST(opens_what_it_closed)
{
	struct seal *seal = keys(OLD);
	struct buf sealed = {0}, open = {0};

	for (size_t len = 0; len <= 199; len++) {
		char secret[200];

		memset(secret, (int)len, sizeof(secret));
		buf_clear(&sealed);
		buf_clear(&open);
		seal_close(seal, topic, callback, secret, len, &sealed);
		CHECK_INT(sealed.len, len + SEAL_EXTRA);
		CHECK(len < 4 || !memmem(sealed.bytes, sealed.len, secret, len));
		CHECK(seal_open(seal, topic, callback, sealed.bytes, sealed.len, &open));
		CHECK_INT(open.len, len);
		CHECK(!len || memcmp(open.bytes, secret, len) == 0);
	}
	buf_finish(&sealed);
	buf_finish(&open);
	seal_destroy(seal);
}

TEST(two_sealings_of_one_secret_differ)
{
	struct seal *seal = keys(OLD);
	struct buf a = {0}, b = {0};

	seal_close(seal, topic, callback, "secret", 6, &a);
	seal_close(seal, topic, callback, "secret", 6, &b);
	CHECK(memcmp(a.bytes, b.bytes, a.len) != 0);
	buf_finish(&a);
	buf_finish(&b);
	seal_destroy(seal);
}

TEST(any_changed_bit_is_seen)
{
	struct seal *seal = keys(OLD);
	struct buf sealed = {0}, open = {0};

	seal_close(seal, topic, callback, "secret", 6, &sealed);
	/* with another magic it would be a secret that is not sealed */
	for (size_t bit = 4 * 8; bit < sealed.len * 8; bit++) {
		sealed.bytes[bit / 8] ^= (char)(1 << bit % 8);
		CHECK(!seal_open(seal, topic, callback, sealed.bytes, sealed.len, &open));
		CHECK_INT(open.len, 0);
		sealed.bytes[bit / 8] ^= (char)(1 << bit % 8);
	}
	for (size_t len = 4; len < sealed.len; len++)
		CHECK(!seal_open(seal, topic, callback, sealed.bytes, len, &open));
	CHECK(seal_open(seal, topic, callback, sealed.bytes, sealed.len, &open));
	buf_finish(&sealed);
	buf_finish(&open);
	seal_destroy(seal);
}

TEST(belongs_to_its_topic_and_callback)
{
	struct seal *seal = keys(OLD);
	struct buf sealed = {0}, open = {0};

	seal_close(seal, "/a", "bc", "secret", 6, &sealed);
	CHECK(!seal_open(seal, "/ab", "c", sealed.bytes, sealed.len, &open));
	CHECK(!seal_open(seal, "/a", "bd", sealed.bytes, sealed.len, &open));
	CHECK(!seal_open(seal, "/b", "bc", sealed.bytes, sealed.len, &open));
	CHECK(seal_open(seal, "/a", "bc", sealed.bytes, sealed.len, &open));
	buf_finish(&sealed);
	buf_finish(&open);
	seal_destroy(seal);
}

TEST(keys_are_changed_one_after_another)
{
	struct seal *before = keys(OLD), *during = keys("# new first\n" NEW "\n" OLD " # old\n"),
		    *after = keys(NEW);
	struct buf sealed = {0}, again = {0}, open = {0};

	seal_close(before, topic, callback, "secret", 6, &sealed);
	CHECK(seal_is_newest(before, sealed.bytes, sealed.len));
	CHECK(!seal_is_newest(during, sealed.bytes, sealed.len));
	CHECK(seal_open(during, topic, callback, sealed.bytes, sealed.len, &open));
	CHECK(!seal_open(after, topic, callback, sealed.bytes, sealed.len, &open));
	seal_close(during, topic, callback, open.bytes, open.len, &again);
	buf_clear(&open);
	CHECK(seal_open(after, topic, callback, again.bytes, again.len, &open));
	CHECK_STR(buf_text(&open), "secret");
	buf_finish(&sealed);
	buf_finish(&again);
	buf_finish(&open);
	seal_destroy(before);
	seal_destroy(during);
	seal_destroy(after);
}

TEST(what_is_older_than_the_key_is_taken)
{
	struct seal *seal = keys(OLD);
	struct buf out = {0};

	seal_close(NULL, topic, callback, "plain", 5, &out);
	CHECK_STR(buf_text(&out), "plain");
	CHECK(!seal_is_newest(seal, "plain", 5));
	CHECK(seal_open(seal, topic, callback, "plain", 5, &out));
	CHECK(seal_open(NULL, topic, callback, "plain", 5, &out));
	CHECK_STR(buf_text(&out), "plainplainplain");
	buf_clear(&out);
	seal_close(seal, topic, callback, "secret", 6, &out);
	CHECK(!seal_open(NULL, topic, callback, out.bytes, out.len, &out));
	buf_finish(&out);
	seal_destroy(seal);
}

TEST(files_that_are_refused)
{
	check_refused("", "keys: there is no key in it");
	check_refused("# nothing\n\n", "keys: there is no key in it");
	check_refused("\nabc\n", "keys:2: expected a key of 64 hexadecimal digits, as "
		"`openssl rand -hex 32` makes");
	check_refused(OLD "00", "keys:1: expected a key of 64 hexadecimal digits, as "
		"`openssl rand -hex 32` makes");
	check_refused(OLD "\n" NEW "\n" OLD "\n", "keys:3: this key is there already");
}

static void write_key(const char *path, mode_t mode)
{
	FILE *file = fopen(path, "w");

	CHECK(file && fputs(OLD "\n", file) >= 0 && fclose(file) == 0);
	CHECK(chmod(path, mode) == 0);
}

TEST(loads_a_file_or_a_credential)
{
	struct seal *seal;
	struct error err;

	CHECK(seal_load(NULL, NULL, &seal, &err) && !seal);
	CHECK(seal_load(".", NULL, &seal, &err) && !seal);
	CHECK(!seal_load(".", "absent", &seal, &err));
	CHECK_STR(err.text, "store.key_file: open absent: No such file or directory");
	write_key("open.key", 0644);
	CHECK(!seal_load(NULL, "open.key", &seal, &err));
	CHECK_STR(err.text, "store.key_file: open.key: others may read it (mode 644); "
		"expected 0600");
	write_key("own.key", 0600);
	CHECK(seal_load(NULL, "own.key", &seal, &err) && seal);
	seal_destroy(seal);
	write_key("store.key", 0440); /* systemd's own modes are as they must be */
	CHECK(seal_load(".", NULL, &seal, &err) && seal);
	seal_destroy(seal);
}
