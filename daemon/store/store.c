/* store.c: which engine a store has. */
#include "daemon/store/store.h"

#include <string.h>

#include "daemon/store/engine.h"
#include "feeds/base/buf.h"
#include "feeds/base/error.h"

#ifdef HAVE_LIBPQ
#include "daemon/store/postgres_schema.h"
#endif

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
	/* the whole of it is not shown: it may have a password */
	return error_set(err, "store.uri: %.*s...: expected sqlite:FILE"
#ifdef HAVE_LIBPQ
			      " or postgresql://USER@HOST/DATABASE",
#else
			      " (built without libpq: no postgresql:)",
#endif
		(int)strcspn(settings->uri, ":"), settings->uri);
}

bool store_init(const char *uri, struct buf *said, struct error *err)
{
#ifdef HAVE_LIBPQ
	struct postgres_init init;

	if (strncmp(uri, postgres_engine.scheme, strlen(postgres_engine.scheme)) == 0) {
		if (!postgres_schema_init(uri, &init, err))
			return false;
		buf_printf(said, "schema gazetted: version %lld, was %lld\n", (long long)init.now,
			(long long)init.was);
		if (init.has_no_roles)
			buf_printf(said, "the roles gazetted_node and gazetted_reader were not "
					 "made (%s); the owner of the schema can do all\n",
				init.no_roles.text);
		return true;
	}
#endif
	(void)said;
	if (strncmp(uri, "sqlite:", 7) != 0)
		return error_set(err, "store.uri: %.*s: this program was built without libpq",
			(int)strcspn(uri, ":"), uri);
	return error_set(err, "store.uri: %s: makes itself when it is opened", uri);
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
