/* test_body.c: bytes in memory and in pages of their own. */
#include "daemon/http/body.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/harness.h"

static char *make(size_t len)
{
	char *bytes = malloc(len);

	CHECK(bytes);
	for (size_t i = 0; i < len; i++)
		bytes[i] = (char)(i * 31 + i / 251);
	return bytes;
}

TEST(small_and_empty_ones_lie_in_memory)
{
	struct body body, none = {.bytes = NULL};
	char *bytes = make(BODY_PAGES_MIN - 1);

	body_init(&body, bytes, BODY_PAGES_MIN - 1);
	CHECK(!body.has_pages);
	CHECK_INT(body.len, BODY_PAGES_MIN - 1);
	CHECK(body.bytes != bytes && memcmp(body.bytes, bytes, body.len) == 0);
	body_finish(&body);
	CHECK(!body.bytes);
	body_init(&body, NULL, 0);
	CHECK(body.bytes && body.len == 0 && !body.has_pages);
	body_finish(&body);
	body_finish(&none);
	free(bytes);
}

TEST(large_ones_lie_where_nobody_can_write)
{
	size_t len = 3 * BODY_PAGES_MIN + 7;
	char *bytes = make(len);
	struct body body;
	int status, ends[2];

	body_init(&body, bytes, len);
	CHECK(body.has_pages && memcmp(body.bytes, bytes, len) == 0);
	CHECK((uintptr_t)body.bytes % (uintptr_t)sysconf(_SC_PAGESIZE) == 0);
	/* the kernel itself tells, without a signal */
	CHECK(pipe(ends) == 0 && write(ends[1], "x", 1) == 1);
	status = (int)read(ends[0], (void *)(uintptr_t)body.bytes, 1);
	CHECK(status < 0 && errno == EFAULT);
	body_finish(&body);
	CHECK(!body.bytes && !body.has_pages);
	free(bytes);
}
