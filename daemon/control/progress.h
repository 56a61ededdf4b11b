/* progress.h: a bar on a terminal; nothing elsewhere. */
#ifndef DAEMON_CONTROL_PROGRESS_H
#define DAEMON_CONTROL_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	const char *what;          /* borrows: "backup" */
	bool is_shown;             /* standard error is a terminal */
	bool is_drawn;
	int64_t drawn_ms;
};

void progress_begin(struct progress *progress, const char *what);
/* Draws at most ten times a second; TOTAL 0 = not known. */
void progress_set(struct progress *progress, int64_t done, int64_t total);
/* Takes the bar away. */
void progress_end(struct progress *progress);

#endif
