/*
 * jump_clock.c: the wall clock of one process, for crash tests. Loaded with LD_PRELOAD; the
 * file $CLOCK_OFFSET holds the seconds (a 64-bit number) by which it is ahead of the
 * system's and may be written at any time.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *offset;

__attribute__((constructor)) static void open_offset(void)
{
	const char *path = getenv("CLOCK_OFFSET");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *page = fd < 0 ? MAP_FAILED : mmap(NULL, 8, PROT_READ, MAP_SHARED, fd, 0);

	if (page != MAP_FAILED)
		offset = page;
	if (fd >= 0)
		close(fd);
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
	static int (*real)(clockid_t, struct timespec *);
	void *symbol = real ? NULL : dlsym(RTLD_NEXT, "clock_gettime");
	int status;

	if (symbol)
		memcpy(&real, &symbol, sizeof(real));
	status = real(clock, now);
	if (status == 0 && clock == CLOCK_REALTIME && offset)
		now->tv_sec += *offset;
	return status;
}

time_t time(time_t *out)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (out)
		*out = now.tv_sec;
	return now.tv_sec;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone)
{
	struct timespec now;

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &now);
	out->tv_sec = now.tv_sec;
	out->tv_usec = now.tv_nsec / 1000;
	return 0;
}
