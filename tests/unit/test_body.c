/* test_body.c: bytes in memory and in a sealed file. */
#include "daemon/http/body.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
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
	char *bytes = make(BODY_FILE_MIN - 1);

	body_init(&body, bytes, BODY_FILE_MIN - 1);
	CHECK_INT(body.file, -1);
	CHECK_INT(body.len, BODY_FILE_MIN - 1);
	CHECK(body.bytes != bytes && memcmp(body.bytes, bytes, body.len) == 0);
	body_finish(&body);
	CHECK(!body.bytes);
	body_init(&body, NULL, 0);
	CHECK(body.bytes && body.len == 0 && body.file == -1);
	body_finish(&body);
	body_finish(&none);
	free(bytes);
}

TEST(large_ones_lie_in_a_file_that_nobody_can_change)
{
	size_t len = 3 * BODY_FILE_MIN + 7;
	char *bytes = make(len), *read_back = malloc(len);
	struct body body;

	body_init(&body, bytes, len);
	CHECK(body.file >= 0 && read_back);
	CHECK(memcmp(body.bytes, bytes, len) == 0);
	CHECK_INT(pread(body.file, read_back, len, 0), len);
	CHECK(memcmp(read_back, bytes, len) == 0);
	CHECK(fcntl(body.file, F_GETFD) & FD_CLOEXEC);
	CHECK(pwrite(body.file, "x", 1, 0) < 0 && errno == EPERM);
	CHECK(ftruncate(body.file, 1) < 0 && errno == EPERM);
	body_finish(&body);
	CHECK(fcntl(body.file, F_GETFD) < 0);
	free(bytes);
	free(read_back);
}

TEST(without_descriptors_a_large_one_lies_in_memory)
{
	char *bytes = make(BODY_FILE_MIN);
	struct rlimit limit;
	struct body body, again;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = 3;
	setrlimit(RLIMIT_NOFILE, &limit);
	body_init(&body, bytes, BODY_FILE_MIN);
	CHECK_INT(body.file, -1);
	CHECK(memcmp(body.bytes, bytes, BODY_FILE_MIN) == 0);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	body_init(&again, bytes, BODY_FILE_MIN);
	CHECK(again.file >= 0);
	body_finish(&body);
	body_finish(&again);
	free(bytes);
}

TEST(the_connections_keep_their_descriptors)
{
	enum { COUNT = 1100 };
	static struct body bodies[COUNT];
	char *bytes = make(BODY_FILE_MIN);
	struct rlimit limit;
	int files = 0;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	for (int i = 0; i < COUNT; i++) {
		body_init(&bodies[i], bytes, BODY_FILE_MIN);
		files += bodies[i].file >= 0;
	}
	CHECK(files > 0 && files <= 1000);
	for (int i = 0; i < COUNT; i++)
		body_finish(&bodies[i]);
	body_init(&bodies[0], bytes, BODY_FILE_MIN);
	CHECK(bodies[0].file >= 0); /* they were given back */
	body_finish(&bodies[0]);
	free(bytes);
}
