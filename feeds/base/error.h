/*
 * error.h: why a call failed, in words for the person who must mend it. The failing
 * function says what it tried and on what ("open articles/a.md: Permission denied");
 * the caller decides whether to log it.
 */
#ifndef FEEDS_BASE_ERROR_H
#define FEEDS_BASE_ERROR_H

#include <stdbool.h>

#define MUST_CHECK __attribute__((warn_unused_result))

struct error {
	char text[512];
};

/* Writes the message (cut to fit) and returns false, so that a failing path reads
 * `return error_set(err, "open %s: %s", path, strerror(errno));`. ERR may be NULL. */
bool error_set(struct error *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Puts "PREFIX: " before the message already in ERR; returns false. */
bool error_prefix(struct error *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
