/* progress.c: see progress.h. */
#include "daemon/control/progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { WIDTH = 30, PAUSE_MS = 100 };

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void progress_begin(struct progress *progress, const char *what)
{
	*progress = (struct progress){.what = what, .is_shown = isatty(STDERR_FILENO)};
}

static void draw(const struct progress *progress, int64_t done, int64_t total)
{
	char bar[WIDTH + 1];
	int full = total > 0 ? (int)(done * WIDTH / total) : 0;

	for (int i = 0; i < WIDTH; i++)
		bar[i] = i < full ? '#' : '-';
	bar[WIDTH] = '\0';
	if (total > 0)
		fprintf(stderr, "\r%s [%s] %3d %% %lld/%lld\033[K", progress->what, bar,
			(int)(done * 100 / total), (long long)done, (long long)total);
	else
		fprintf(stderr, "\r%s %lld\033[K", progress->what, (long long)done);
	fflush(stderr);
}

void progress_set(struct progress *progress, int64_t done, int64_t total)
{
	int64_t now;

	if (!progress->is_shown)
		return;
	now = now_ms();
	if (progress->is_drawn && now - progress->drawn_ms < PAUSE_MS && done < total)
		return;
	draw(progress, done < total || !total ? done : total, total);
	progress->drawn_ms = now;
	progress->is_drawn = true;
}

void progress_end(struct progress *progress)
{
	if (progress->is_drawn)
		fputs("\r\033[K", stderr);
	progress->is_drawn = false;
}
