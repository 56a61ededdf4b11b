/*
 * parser.h: the parent's side of the parser process: jobs queue here, one answer comes for
 * each. A job that is not answered within its deadline costs the process its life; a job
 * that does so twice is refused with the class "parser-killed". A process that got no
 * processor in that time, or no bytes from us, is given up to ten times as long.
 */
#ifndef DAEMON_SITE_PARSER_H
#define DAEMON_SITE_PARSER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/site/parser_frame.h"

struct error;
struct loop;
struct parser;

struct parser_config {
	const void *zone;          /* TZif bytes; NULL = UTC */
	size_t zone_len;
	const char *base_url, *language, *fallback_charset, *body_selector;
	const char *program;       /* NULL = this program (/proc/self/exe) */
	int64_t deadline_ms;       /* for one article: 2,000 */
};

/* FLAT NULL: refused, see WHY. All borrowed for the duration of the call. */
typedef void parser_done(void *context, const void *flat, size_t flat_len,
	const struct diagnosis *why);

/* Starts the process; CONFIG is copied. */
bool parser_create(struct loop *loop, const struct parser_config *config,
	struct parser **out, struct error *err);

/* Kills the process; jobs that wait get no answer. NULL is accepted. */
void parser_destroy(struct parser *parser);

/* Copies JOB and queues it. DONE comes later, from the loop. */
void parser_submit(struct parser *parser, const struct parser_job *job, parser_done *done,
	void *context);

/* Jobs not yet answered. */
size_t parser_backlog(const struct parser *parser);

#endif
