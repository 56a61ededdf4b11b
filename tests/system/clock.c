/*
 * clock.c: a wall clock that a test sets, preloaded into the program: the real one plus the
 * nanoseconds in the file that TEST_CLOCK names. The file is mapped, so that processes
 * without files see it too; the monotonic clock goes on as ever.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *offset_ns;

__attribute__((constructor)) static void map_clock(void)
{
	const char *path = getenv("TEST_CLOCK");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *map = fd >= 0 ? mmap(NULL, sizeof(*offset_ns), PROT_READ, MAP_SHARED, fd, 0) :
			      MAP_FAILED;

	if (map != MAP_FAILED)
		offset_ns = map;
	if (fd >= 0)
		close(fd);
}

int clock_gettime(clockid_t clock, struct timespec *out)
{
	int64_t ns;

	if (syscall(SYS_clock_gettime, clock, out) < 0)
		return -1;
	if (!offset_ns || (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE))
		return 0;
	ns = (int64_t)out->tv_sec * 1000000000 + out->tv_nsec + *offset_ns;
	*out = (struct timespec){ns / 1000000000, ns % 1000000000};
	return 0;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone)
{
	struct timespec now;

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &now);
	*out = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
	return 0;
}

time_t time(time_t *out)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (out)
		*out = now.tv_sec;
	return now.tv_sec;
}
