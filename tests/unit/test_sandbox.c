/*
 * test_sandbox.c: what a process in the sandbox can still do. Each test closes it around a
 * child, which ends by _exit: the leak sanitizer would want files.
 */
#include "daemon/site/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "feeds/base/error.h"
#include "tests/unit/harness.h"

static bool is_forbidden(int result)
{
	return result < 0 && (errno == EPERM || errno == EACCES);
}

static void close_it(void)
{
	struct error err;

	if (!sandbox_close(&err))
		harness_fail(__FILE__, __LINE__, "%s", err.text);
}

static void run(void (*inside)(void))
{
	pid_t pid = fork();
	int status;

	CHECK(pid >= 0);
	if (pid == 0) {
		inside();
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK_INT(status, 0);
}

static void try_files(void)
{
	static const char *const paths[] = {
		"/", "/etc/passwd", "own", "/dev/null", "/proc/self/mem"};
	int own = open("own", O_CREAT | O_RDWR, 0600);

	CHECK(own >= 0);
	close_it();
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		CHECK(is_forbidden(open(paths[i], O_RDONLY)));
	CHECK(is_forbidden(open("new", O_CREAT | O_WRONLY, 0600)));
	CHECK(is_forbidden(unlink("own")));
	CHECK(is_forbidden(rename("own", "other")));
	CHECK(is_forbidden(mkdirat(AT_FDCWD, "directory", 0700)));
	/* what was open stays open */
	CHECK_INT(write(own, "x", 1), 1);
}

static void try_network(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = 9};
	int early = socket(AF_INET, SOCK_STREAM, 0);

	CHECK(early >= 0);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	close_it();
	CHECK(is_forbidden(socket(AF_INET, SOCK_STREAM, 0)));
	CHECK(is_forbidden(socket(AF_UNIX, SOCK_STREAM, 0)));
	CHECK(is_forbidden(connect(early, (struct sockaddr *)&to, sizeof(to))));
	CHECK(is_forbidden(bind(early, (struct sockaddr *)&to, sizeof(to))));
}

static void try_programs(void)
{
	char name[] = "/bin/true";
	char *arguments[] = {name, NULL};

	close_it();
	CHECK(is_forbidden(execve(name, arguments, NULL)));
	CHECK(is_forbidden(kill(getppid(), SIGKILL)));
}

static void try_memory(void)
{
	int pair[2];
	char *block, byte = 0;

	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	close_it();
	block = malloc(64 << 20);
	CHECK(block != NULL);
	memset(block, 1, 64 << 20);
	free(block);
	CHECK_INT(write(pair[0], "y", 1), 1);
	CHECK_INT(read(pair[1], &byte, 1), 1);
	CHECK_INT(byte, 'y');
}

/* Landlock alone, without seccomp before it: where the kernel has it, it holds. */
static void try_landlock(void)
{
	int own = open("own", O_CREAT | O_RDWR, 0600), abi;
	struct error err;

	CHECK(own >= 0);
	CHECK(sandbox_forbid_files(&abi, &err));
	if (!abi)
		return;
	CHECK(is_forbidden(open("own", O_RDONLY)));
	CHECK(is_forbidden(open("/etc/passwd", O_RDONLY)));
	CHECK(is_forbidden(open("new", O_CREAT | O_WRONLY, 0600)));
	CHECK(is_forbidden(unlink("own")));
	CHECK_INT(write(own, "x", 1), 1);
}

TEST(no_files)
{
	run(try_files);
}

TEST(no_network)
{
	run(try_network);
}

TEST(no_programs_and_no_signals)
{
	run(try_programs);
}

TEST(memory_and_descriptors_go_on)
{
	run(try_memory);
}

TEST(landlock_holds_by_itself)
{
	run(try_landlock);
}
