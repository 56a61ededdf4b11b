/*
 * command.h: programs of the operator, run one after the other, never by a shell. They get an
 * environment of their own, no descriptor but standard error, and a limit of time after which
 * they are killed with all that they started. How each ended is logged. Nothing waits for them.
 */
#ifndef DAEMON_COMMAND_H
#define DAEMON_COMMAND_H

#include <stddef.h>
#include <stdint.h>

struct commands;
struct loop;

struct command {
	const char *label;         /* what it is run for, in the log: "article=tag:..." */
	const char *const *words;  /* the program's absolute path and its arguments */
	size_t word_count;
	const char *const *facts;  /* NAME=VALUE, beside PATH, HOME and LANG */
	size_t fact_count;
	int64_t limit_ms;
};

/* LOOP must outlive it. */
struct commands *commands_create(struct loop *loop);
/* What runs is killed, what waits is dropped. NULL is accepted. */
void commands_destroy(struct commands *commands);

/* Queues COMMAND (copied). */
void commands_run(struct commands *commands, const struct command *command);

#endif
