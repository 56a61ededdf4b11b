/*
 * fuzz_seal.c: a key file (what it accepts seals and opens), and bytes from a database in
 * the place of a sealed secret: either they are older than the key, or they are refused.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/store/seal.h"
#include "feeds/base/buf.h"
#include "feeds/base/error.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void check_keys(const char *text, size_t len)
{
	struct buf sealed = {0}, open = {0};
	struct seal *seal;
	struct error err;

	if (!seal_parse("keys", text, len, &seal, &err))
		return;
	seal_close(seal, "/t", "c", text, len, &sealed);
	if (!seal_open(seal, "/t", "c", sealed.bytes, sealed.len, &open) || open.len != len ||
		memcmp(open.bytes, text, len) != 0)
		abort();
	buf_finish(&sealed);
	buf_finish(&open);
	seal_destroy(seal);
}

static void check_bytes(const void *bytes, size_t len)
{
	static const char key[] =
		"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
	struct buf open = {0};
	struct seal *seal;
	struct error err;

	if (!seal_parse("keys", key, sizeof(key) - 1, &seal, &err))
		abort();
	if (seal_open(seal, "/t", "c", bytes, len, &open) && seal_is_newest(seal, bytes, len))
		abort(); /* nobody guesses a tag of 128 bits */
	buf_finish(&open);
	seal_destroy(seal);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	check_keys((const char *)bytes, len);
	check_bytes(bytes, len);
	return 0;
}
