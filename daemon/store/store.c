/* store.c: which engine a store has. */
#include "daemon/store/store.h"

#include <string.h>

#include "daemon/store/engine.h"
#include "feeds/base/error.h"

static const struct engine *const engines[] = {
	&sqlite_engine,
#ifdef HAVE_LIBPQ
	&postgres_engine,
#endif
};

bool store_open(struct loop *loop, const struct store_settings *settings, struct store **out,
	struct error *err)
{
	for (size_t i = 0; i < sizeof(engines) / sizeof(engines[0]); i++) {
		const char *scheme = engines[i]->scheme;

		if (strncmp(settings->uri, scheme, strlen(scheme)) == 0)
			return engines[i]->open(loop, settings, out, err);
	}
	return error_set(err, "store.uri: %s: expected sqlite:FILE", settings->uri);
}

void store_close(struct store *store)
{
	if (store)
		engine_of(store)->close(store);
}

void store_flush(struct store *store)
{
	engine_of(store)->flush(store);
}

void store_clock_set(struct store *store, int64_t jump_ms)
{
	engine_of(store)->clock_set(store, jump_ms);
}

void store_get_engine(const struct store *store, struct store_engine *out)
{
	engine_of(store)->get(store, out);
}
