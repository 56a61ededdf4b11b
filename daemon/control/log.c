/* log.c: see log.h. One write(2) per line, so that lines of threads do not mix. */
#include "daemon/control/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 2048 };

static atomic_int level_limit = LOG_LEVEL_INFO;
static bool is_journal;

/* systemd names the socket in JOURNAL_STREAM=DEVICE:INODE (systemd.exec(5)). */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat status;

	return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
	       fstat(STDERR_FILENO, &status) == 0 && status.st_dev == device &&
	       status.st_ino == inode;
}

void log_init(enum log_level level)
{
	is_journal = stderr_is_journal();
	log_set_level(level);
}

void log_set_level(enum log_level level)
{
	atomic_store(&level_limit, (int)level);
}

void log_line(enum log_level level, const char *format, ...)
{
	static const char prefix[][4] = {"<3>", "<4>", "<6>", "<7>"};
	char line[LINE_MAX_BYTES];
	size_t start = 0, len;
	va_list args;

	if ((int)level > atomic_load(&level_limit))
		return;
	if (is_journal) {
		memcpy(line, prefix[level], 3);
		start = 3;
	}
	va_start(args, format);
	vsnprintf(line + start, sizeof(line) - 1 - start, format, args);
	va_end(args);
	len = strlen(line);
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			line[i] = '?';
	}
	line[len++] = '\n';
	if (write(STDERR_FILENO, line, len) < 0)
		return; /* nowhere left to complain */
}
