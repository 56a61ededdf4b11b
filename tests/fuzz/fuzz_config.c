/*
 * fuzz_config.c: any bytes as a configuration file and, after a NUL, as an override. What
 * is accepted must come back from its own dump as the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "feeds/base/error.h"
#include "feeds/base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void check_dump(const struct config *config)
{
	struct config_source source = {.name = "dump"};
	struct config *again;
	struct error err;
	char *dump = config_dump(config), *second;

	source.text = dump;
	source.len = strlen(dump);
	if (!config_load(&source, &again, &err))
		abort();
	second = config_dump(again);
	if (strcmp(dump, second) != 0)
		abort();
	config_destroy(again);
	free(second);
	free(dump);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	const uint8_t *nul = len ? memchr(bytes, 0, len) : NULL;
	char *override =
		nul ? mem_strndup((const char *)nul + 1, len - 1 - (size_t)(nul - bytes))
		    : NULL;
	const char *overrides[] = {override};
	struct config_source source = {
		.name = "fuzz",
		.text = (const char *)bytes,
		.len = nul ? (size_t)(nul - bytes) : len,
		.overrides = overrides,
		.override_count = nul ? 1 : 0,
		.directory = "articles",
	};
	struct config *config;
	struct error err;

	if (config_load(&source, &config, &err)) {
		check_dump(config);
		config_destroy(config);
	}
	free(override);
	return 0;
}
