/* control_line.h: a request of the control socket as text. Pure. */
#ifndef DAEMON_CONTROL_CONTROL_LINE_H
#define DAEMON_CONTROL_CONTROL_LINE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct error;

enum {
	CONTROL_LINE_MAX = 64 * 1024,
	CONTROL_ARGUMENTS_MAX = 16,
};

/* Reads {"verb":TEXT,"arguments":[TEXT...]} ("arguments" may be left out). The caller owns
 * the reference *OUT; VERB_OUT and the arguments live in it. False and ERR for anything
 * else. */
bool control_line_parse(const char *line, size_t len, json_t **out, const char **verb_out,
	const json_t **arguments_out, struct error *err) __attribute__((warn_unused_result));

/* The line, with its newline; the caller frees. */
char *control_line_make(const char *verb, const char *const *arguments, size_t count);

#endif
