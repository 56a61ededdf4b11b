/*
 * check_parser.h: the parser process of `gazettectl check`: the same child in the same
 * sandbox as the daemon's, waited for, so that a file gets the same answer in both.
 */
#ifndef DAEMON_CONTROL_CHECK_PARSER_H
#define DAEMON_CONTROL_CHECK_PARSER_H

#include <stdbool.h>
#include <sys/types.h>

#include "feeds/base/buf.h"

struct arena;
struct article;
struct diagnosis;
struct error;
struct parser_job;
struct parser_setup;

struct check_parser {
	struct buf setup; /* the frame that configures each child */
	pid_t pid;        /* 0 = none */
	int fd;
};

/* Starts no process yet. Finish accepts a zeroed one. */
void check_parser_init(struct check_parser *parser, const struct parser_setup *setup);
void check_parser_finish(struct check_parser *parser);

/* Parses JOB, for 2 s at most and twice if need be. The article, or WHY, in ARENA. */
bool check_parser_run(struct check_parser *parser, struct arena *arena,
	const struct parser_job *job, struct article **out, struct diagnosis *why);

#endif
