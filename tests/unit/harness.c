/*
 * harness.c: see harness.h. Arguments, if any, name the tests to run. No test outlives a loss
 * of power, so nobody waits for a disk; a test of what is synced has these two of its own.
 */
#include "tests/unit/harness.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TIME_LIMIT_S = 600 };

static struct test *first, **last = &first;
static char top[4096];

__attribute__((weak)) int fsync(int fd)
{
	(void)fd;
	return 0;
}

__attribute__((weak)) int fdatasync(int fd)
{
	(void)fd;
	return 0;
}

void harness_register(struct test *test)
{
	*last = test;
	last = &test->next;
}

_Noreturn void harness_fail(const char *file, int line, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "%s:%d: ", file, line);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	fflush(NULL);
	_exit(1);
}

void harness_check_str(const char *file, int line, const char *expr, const char *got,
	const char *want)
{
	if (got == want || (got && want && strcmp(got, want) == 0))
		return;
	harness_fail(file, line, "%s\n  got:  %s\n  want: %s", expr, got ? got : "(null)",
		want ? want : "(null)");
}

void harness_check_int(const char *file, int line, const char *expr, long long got,
	long long want)
{
	if (got != want)
		harness_fail(file, line, "%s: got %lld, want %lld", expr, got, want);
}

const char *harness_top(void)
{
	return top;
}

char *harness_read(const char *path, size_t *len_out)
{
	char full[8192];
	size_t len = 0, cap = 1 << 16;
	char *bytes = malloc(cap);
	FILE *file;

	snprintf(full, sizeof(full), "%s/%s", top, path);
	file = fopen(full, "rb");
	if (!file || !bytes)
		harness_fail(__FILE__, __LINE__, "open %s: %s", full, strerror(errno));
	for (size_t got; (got = fread(bytes + len, 1, cap - len - 1, file)) > 0;) {
		len += got;
		if (cap - len < 2)
			bytes = realloc(bytes, cap *= 2);
		if (!bytes)
			abort();
	}
	fclose(file);
	bytes[len] = '\0';
	if (len_out)
		*len_out = len;
	return bytes;
}

static bool run_forked(const struct test *test)
{
	char directory[] = "/tmp/gazetted-test.XXXXXX";
	char command[64];
	int status;
	pid_t pid;

	if (!mkdtemp(directory))
		abort();
	fflush(NULL);
	pid = fork();
	if (pid < 0)
		abort();
	if (pid == 0) {
		alarm(TIME_LIMIT_S);
		if (chdir(directory) < 0)
			abort();
		test->run();
		exit(0); /* runs the leak check */
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	snprintf(command, sizeof(command), "rm -rf %s", directory);
	if (system(command) != 0)
		fprintf(stderr, "could not remove %s\n", directory);
	if (WIFSIGNALED(status))
		fprintf(stderr, "%s: killed by signal %d\n", test->name, WTERMSIG(status));
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool is_wanted(const struct test *test, char **names)
{
	if (!*names)
		return true;
	for (; *names; names++) {
		if (strcmp(*names, test->name) == 0)
			return true;
	}
	return false;
}

int main(int argc, char **argv)
{
	const char *suite = strrchr(argv[0], '/');
	int failed = 0;

	(void)argc;
	suite = suite ? suite + 1 : argv[0];
	if (strncmp(suite, "test_", 5) == 0)
		suite += 5;
	if (getenv("GAZETTED_TOP"))
		snprintf(top, sizeof(top), "%s", getenv("GAZETTED_TOP"));
	else if (!getcwd(top, sizeof(top)))
		abort();
	for (const struct test *test = first; test; test = test->next) {
		if (!is_wanted(test, argv + 1))
			continue;
		bool ok = run_forked(test);

		printf("%s %s.%s\n", ok ? "ok" : "not ok", suite, test->name);
		fflush(stdout);
		failed += !ok;
	}
	return failed != 0;
}
