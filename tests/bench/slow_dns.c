/*
 * slow_dns.c: a name server that never answers, for the bench of dead DNS. Loaded with
 * LD_PRELOAD; names that end in ".dead" are asked for 20 s in vain, names like
 * "n1-2-3.live" are 127.1.2.3, everything else is the system's.
 *
 * It also measures the event loops from outside: a turn that takes 2 ms or more, from the
 * return of epoll_wait to the next call, is a line "THREAD MICROSECONDS" in $STALLS. The
 * time for which the thread was ready and other processes had the processors is left out.
 */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum { IN_VAIN_S = 20, STALL_US = 2000 };

/* Of this thread: the second number of schedstat is how long it waited for a processor. */
static long long waited_us(void)
{
	static __thread int fd;
	char text[96] = "";
	long long ns = 0;

	if (!fd)
		fd = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
	if (pread(fd, text, sizeof(text) - 1, 0) > 0)
		sscanf(text, "%*s %lld", &ns);
	return ns / 1000;
}

static long long now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000 - waited_us();
}

static void tell(long long us)
{
	const char *path = getenv("STALLS");
	char name[17] = "", line[64];
	int fd = path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
	int len;

	if (fd < 0)
		return;
	prctl(PR_GET_NAME, name);
	len = snprintf(line, sizeof(line), "%s %lld\n", name, us);
	if (write(fd, line, (size_t)len) != len)
		abort();
	close(fd);
}

int epoll_wait(int fd, struct epoll_event *events, int max, int timeout)
{
	static int (*real)(int, struct epoll_event *, int, int);
	static __thread long long woke_us;
	void *symbol = real ? NULL : dlsym(RTLD_NEXT, "epoll_wait");
	int count;

	if (symbol)
		memcpy(&real, &symbol, sizeof(real));
	if (woke_us && now_us() - woke_us >= STALL_US)
		tell(now_us() - woke_us);
	count = real(fd, events, max, timeout);
	woke_us = now_us();
	return count;
}

static int ends_in(const char *name, const char *end)
{
	size_t len = strlen(name), end_len = strlen(end);

	return len >= end_len && strcmp(name + len - end_len, end) == 0;
}

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
	struct addrinfo **res)
{
	int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
	void *symbol = dlsym(RTLD_NEXT, "getaddrinfo");
	unsigned a, b, c;
	char address[32];

	memcpy(&real, &symbol, sizeof(real));
	if (node && ends_in(node, ".dead")) {
		sleep(IN_VAIN_S);
		return EAI_AGAIN;
	}
	if (node && ends_in(node, ".live") && sscanf(node, "n%u-%u-%u.", &a, &b, &c) == 3) {
		snprintf(address, sizeof(address), "127.%u.%u.%u", a, b, c);
		return real(address, service, hints, res);
	}
	return real(node, service, hints, res);
}
