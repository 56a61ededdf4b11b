/* parser_pool.c: see parser_pool.h. */
#include "daemon/site/parser_pool.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/base/map.h"
#include "feeds/base/mem.h"

enum { PARSERS_MOST = 8 };

struct parser_pool {
	struct parser *parsers[PARSERS_MOST]; /* own */
	size_t count;
};

bool parser_pool_create(struct loop *loop, const struct parser_config *config, size_t count,
	struct parser_pool **out, struct error *err)
{
	struct parser_pool *pool = mem_alloc(sizeof(*pool));

	assert(count > 0 && count <= PARSERS_MOST);
	while (pool->count < count) {
		if (!parser_create(loop, config, &pool->parsers[pool->count], err)) {
			parser_pool_destroy(pool);
			return false;
		}
		pool->count++;
	}
	*out = pool;
	return true;
}

void parser_pool_destroy(struct parser_pool *pool)
{
	if (!pool)
		return;
	for (size_t i = 0; i < pool->count; i++)
		parser_destroy(pool->parsers[i]);
	free(pool);
}

void parser_pool_submit(struct parser_pool *pool, const struct parser_job *job,
	parser_done *done, void *context)
{
	size_t which = map_hash(job->path, strlen(job->path)) % pool->count;

	parser_submit(pool->parsers[which], job, done, context);
}

size_t parser_pool_backlog(const struct parser_pool *pool)
{
	size_t most = 0;

	for (size_t i = 0; i < pool->count; i++) {
		size_t backlog = parser_backlog(pool->parsers[i]);

		most = backlog > most ? backlog : most;
	}
	return most;
}
