/* fuzz_hub_readers.c: what any fetcher may write into its User-Agent. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "daemon/hub/readers.h"
#include "feeds/base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *agent = mem_strndup(len ? (const char *)bytes : "", len);
	struct readers *readers = readers_create();
	struct readers_count count;
	int said = readers_of_agent(agent);

	assert(said >= 0 && said <= READERS_MOST);
	readers_polled(readers, "/feed.atom", agent, 1);
	readers_count(readers, "/feed.atom", 2, &count);
	assert(count.polled == said && count.poll_sources == (said > 0));
	readers_count(readers, "/feed", 2, &count);
	assert(count.poll_sources == 0);
	readers_destroy(readers);
	free(agent);
	return 0;
}
