/*
 * harness.h: unit tests. Each TEST runs in a forked child of its own with a temporary
 * directory as working directory and a time limit, so that a crash or a hang is one
 * failed test. A test binary prints `ok SUITE.NAME` or `not ok SUITE.NAME`.
 */
#ifndef TESTS_HARNESS_H
#define TESTS_HARNESS_H

#include <stdbool.h>
#include <stddef.h>

struct test {
	const char *name;
	void (*run)(void);
	struct test *next;
};

void harness_register(struct test *test);

/* Prints the message with its place and ends the test as failed. */
_Noreturn void harness_fail(const char *file, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

void harness_check_str(const char *file, int line, const char *expr, const char *got,
	const char *want);
void harness_check_int(const char *file, int line, const char *expr, long long got,
	long long want);

/* A file of the source tree (path from its top), NUL-terminated; the caller frees. */
char *harness_read(const char *path, size_t *len_out);

/* The top of the source tree. */
const char *harness_top(void);

#define TEST(ident)                                                                       \
	static void test_##ident(void);                                                   \
	__attribute__((constructor)) static void register_##ident(void)                   \
	{                                                                                 \
		static struct test self = {.name = #ident, .run = test_##ident};          \
		harness_register(&self);                                                  \
	}                                                                                 \
	static void test_##ident(void)

#define CHECK(cond)                                                                       \
	((cond) ? (void)0 : harness_fail(__FILE__, __LINE__, "not true: %s", #cond))
/* Either may be NULL. */
#define CHECK_STR(got, want) harness_check_str(__FILE__, __LINE__, #got, (got), (want))
#define CHECK_INT(got, want)                                                              \
	harness_check_int(__FILE__, __LINE__, #got, (long long)(got), (long long)(want))

#endif
