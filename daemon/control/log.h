/*
 * log.h: one line per event on standard error: "subject: event key=value ...", with the
 * level prefix of sd-daemon(3) when journald reads it. Outside text is escaped. Never a
 * secret, a token or a callback with its query.
 */
#ifndef DAEMON_CONTROL_LOG_H
#define DAEMON_CONTROL_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Lines above LEVEL are dropped; whether journald listens is looked up here. Call before
 * the first thread starts. */
void log_init(enum log_level level);
/* Whether a bar stands on the terminal's line, that a line of the log must take away. */
void log_set_bar(bool is_shown);
void log_set_level(enum log_level level);

/* One line (control characters in it are replaced by '?'); from any thread. */
void log_line(enum log_level level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#define log_error(...) log_line(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...) log_line(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(...) log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_LEVEL_DEBUG, __VA_ARGS__)

/* The last warnings and errors since the start, whatever the level. */
enum { LOG_RECENT = 64, LOG_RECENT_BYTES = 512 };
struct log_recent {
	int64_t at_ms;             /* wall clock */
	enum log_level level;
	char text[LOG_RECENT_BYTES]; /* cut to fit */
};
/* Copies at most MAX to OUT, the newest first; from any thread. */
size_t log_get_recent(struct log_recent *out, size_t max);

#endif
