/* postgres_schema.h: the tables in PostgreSQL, for `gazetted --store-init`. */
#ifndef DAEMON_STORE_POSTGRES_SCHEMA_H
#define DAEMON_STORE_POSTGRES_SCHEMA_H

#include <stdbool.h>
#include <stdint.h>

#include "feeds/base/error.h"

/* The schema version that this program works with. */
int64_t postgres_schema_newest(void);

struct postgres_init {
	int64_t was, now;          /* versions; 0 = there was none */
	bool has_no_roles;         /* the roles could not be made: NO_ROLES says why */
	struct error no_roles;
};

/* Makes the schema in the database of URI, or brings it up to date. Blocks: not for the
 * daemon. Fails with one line; nothing was changed then. */
bool postgres_schema_init(const char *uri, struct postgres_init *out, struct error *err)
	__attribute__((warn_unused_result));

#endif
