/*
 * parser_pool.h: several parser processes behind one door. A path always goes to the same
 * one, so that the answers about a file come in the order of its versions.
 */
#ifndef DAEMON_SITE_PARSER_POOL_H
#define DAEMON_SITE_PARSER_POOL_H

#include <stdbool.h>
#include <stddef.h>

#include "daemon/site/parser.h"

struct parser_pool;

/* Starts COUNT processes (parser_create). */
bool parser_pool_create(struct loop *loop, const struct parser_config *config, size_t count,
	struct parser_pool **out, struct error *err);
/* NULL is accepted. */
void parser_pool_destroy(struct parser_pool *pool);

/* As parser_submit. */
void parser_pool_submit(struct parser_pool *pool, const struct parser_job *job,
	parser_done *done, void *context);

/* The jobs not yet answered of the busiest process. */
size_t parser_pool_backlog(const struct parser_pool *pool);

#endif
