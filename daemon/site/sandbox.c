/*
 * sandbox.c: see sandbox.h. Two fences that know nothing of each other: seccomp judges the
 * numbers of system calls, Landlock what they reach. Landlock has no wrapper in glibc and
 * grows with the kernel, so what is forbidden follows the version that is found.
 */
#include "daemon/site/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "feeds/base/error.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define IS_SANITIZED 1
#endif
#endif
#ifndef IS_SANITIZED
#define IS_SANITIZED 0
#endif

/* linux/landlock.h of the build machine may be older than the kernel that runs. */
struct ruleset {
	uint64_t files;   /* since version 1 */
	uint64_t network; /* since version 4 */
	uint64_t scope;   /* since version 6: signals, abstract sockets */
};

enum {
	MEMORY_LIMIT = 1 << 30,
	LANDLOCK_CREATE = 444,
	LANDLOCK_RESTRICT = 446,
	LANDLOCK_VERSION = 1, /* the flag that asks for the version */
};

static struct ruleset everything(int abi, size_t *size)
{
	struct ruleset rules = {.files = 0x1fff};

	*size = sizeof(rules.files);
	if (abi >= 2)
		rules.files |= 0x2000; /* to link and rename across directories */
	if (abi >= 3)
		rules.files |= 0x4000; /* to truncate */
	if (abi >= 5)
		rules.files |= 0x8000; /* ioctl on devices */
	if (abi >= 4) {
		rules.network = 0x3;
		*size = 2 * sizeof(uint64_t);
	}
	if (abi >= 6) {
		rules.scope = 0x3;
		*size = sizeof(rules);
	}
	return rules;
}

bool sandbox_forbid_files(int *abi_out, struct error *err)
{
	int abi = (int)syscall(LANDLOCK_CREATE, NULL, 0, LANDLOCK_VERSION);
	struct ruleset rules;
	size_t size;
	int fd;
	bool ok;

	*abi_out = abi > 0 ? abi : 0;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return error_set(err, "give up new privileges: %s", strerror(errno));
	if (abi <= 0)
		return true;
	/* a ruleset without a rule allows nothing of what it handles */
	rules = everything(abi, &size);
	fd = (int)syscall(LANDLOCK_CREATE, &rules, size, 0);
	ok = fd >= 0 && syscall(LANDLOCK_RESTRICT, fd, 0) == 0;
	if (!ok)
		error_set(err, "Landlock version %d: %s", abi, strerror(errno));
	if (fd >= 0)
		close(fd);
	return ok;
}

static bool add_rules(scmp_filter_ctx filter, uint32_t action, const int *calls, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (seccomp_rule_add(filter, action, calls[i], 0) < 0)
			return false;
	return true;
}

/* From here on: open descriptors, memory, and the end. Sanitizers need more system calls,
 * so their builds only forbid what reaches files, programs and the network. */
static bool forbid_calls(struct error *err)
{
	static const int allowed[] = {SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(mmap),
		SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(mprotect), SCMP_SYS(madvise),
		SCMP_SYS(brk), SCMP_SYS(futex), SCMP_SYS(exit), SCMP_SYS(exit_group),
		SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigaction),
		SCMP_SYS(getrandom), SCMP_SYS(clock_gettime), SCMP_SYS(gettid),
		SCMP_SYS(getpid), SCMP_SYS(tgkill), SCMP_SYS(restart_syscall)};
	static const int denied[] = {SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(openat2),
		SCMP_SYS(creat), SCMP_SYS(truncate), SCMP_SYS(mkdirat), SCMP_SYS(linkat),
		SCMP_SYS(symlinkat), SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(rename),
		SCMP_SYS(renameat2), SCMP_SYS(socket), SCMP_SYS(connect), SCMP_SYS(bind),
		SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(ptrace), SCMP_SYS(kill)};
	scmp_filter_ctx filter =
		seccomp_init(IS_SANITIZED ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(EPERM));
	bool ok = filter != NULL;

	if (ok && IS_SANITIZED)
		ok = add_rules(filter, SCMP_ACT_ERRNO(EPERM), denied,
			sizeof(denied) / sizeof(*denied));
	else if (ok)
		ok = add_rules(
			filter, SCMP_ACT_ALLOW, allowed, sizeof(allowed) / sizeof(*allowed));
	ok = ok && seccomp_load(filter) == 0;
	if (filter)
		seccomp_release(filter);
	return ok ? true : error_set(err, "seccomp: %s", strerror(errno));
}

static bool must_fail(const char *what, int result, struct error *err)
{
	if (result < 0 && (errno == EPERM || errno == EACCES))
		return true;
	return error_set(err, "%s is not forbidden", what);
}

/* What the two fences promise, tried: a file, the network, another process, a program. */
static bool try_to_leave(struct error *err)
{
	char name[] = "/bin/true";
	char *const arguments[] = {name, NULL}, *const environment[] = {NULL};

	return must_fail("opening a file", open("/", O_RDONLY | O_CLOEXEC), err) &&
		must_fail("a socket", socket(AF_INET, SOCK_STREAM, 0), err) &&
		must_fail("a signal", kill(getppid(), 0), err) &&
		must_fail("a program", execve(name, arguments, environment), err);
}

static void limit_resources(void)
{
	struct rlimit none = {0, 0}, memory = {MEMORY_LIMIT, MEMORY_LIMIT};

	setrlimit(RLIMIT_CORE, &none);
	if (!IS_SANITIZED) /* sanitizers map terabytes */
		setrlimit(RLIMIT_AS, &memory);
}

bool sandbox_close(struct error *err)
{
	int abi;

	limit_resources();
	return sandbox_forbid_files(&abi, err) && forbid_calls(err) && try_to_leave(err);
}
