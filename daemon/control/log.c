/* log.c: see log.h. One write(2) per line, so that lines of threads do not mix. */
#include "daemon/control/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 2048 };

static atomic_int level_limit = LOG_LEVEL_INFO;
static bool is_journal;
static atomic_bool has_bar;

/* The last warnings and errors, for the operator; a ring. */
static pthread_mutex_t recent_lock = PTHREAD_MUTEX_INITIALIZER; /* guards what follows */
static struct log_recent recent[LOG_RECENT];
static size_t recent_count; /* ever */

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

void log_set_bar(bool is_shown)
{
	atomic_store(&has_bar, is_shown);
}

void log_set_level(enum log_level level)
{
	atomic_store(&level_limit, (int)level);
}

static void remember(enum log_level level, const char *text)
{
	struct timespec now;
	struct log_recent *to;
	size_t len = strnlen(text, sizeof(to->text) - 1);

	clock_gettime(CLOCK_REALTIME, &now);
	pthread_mutex_lock(&recent_lock);
	to = &recent[recent_count++ % LOG_RECENT];
	to->at_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
	to->level = level;
	memcpy(to->text, text, len);
	to->text[len] = '\0';
	pthread_mutex_unlock(&recent_lock);
}

size_t log_get_recent(struct log_recent *out, size_t max)
{
	size_t count = 0;

	pthread_mutex_lock(&recent_lock);
	while (count < max && count < LOG_RECENT && count < recent_count) {
		out[count] = recent[(recent_count - 1 - count) % LOG_RECENT];
		count++;
	}
	pthread_mutex_unlock(&recent_lock);
	return count;
}

void log_line(enum log_level level, const char *format, ...)
{
	static const char erase[] = "\r\033[K";
	static const char prefix[][4] = {"<3>", "<4>", "<6>", "<7>"};
	char line[LINE_MAX_BYTES];
	size_t start = 0, len;
	va_list args;

	if ((int)level > atomic_load(&level_limit))
		return;
	if (is_journal) {
		memcpy(line, prefix[level], 3);
		start = 3;
	} else if (atomic_load(&has_bar)) {
		memcpy(line, erase, sizeof(erase) - 1);
		start = sizeof(erase) - 1;
	}
	va_start(args, format);
	vsnprintf(line + start, sizeof(line) - 1 - start, format, args);
	va_end(args);
	len = strlen(line);
	for (size_t i = start; i < len; i++) {
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			line[i] = '?';
	}
	if (level <= LOG_LEVEL_WARN)
		remember(level, line + start);
	line[len++] = '\n';
	if (write(STDERR_FILENO, line, len) < 0)
		return; /* nowhere left to complain */
}
