/*
 * postgres_copy.h: moves a SQLite store into a PostgreSQL one, table by table, in the order of
 * their keys. What was copied is committed every few thousand rows, so that a copy that broke
 * off goes on where it stood; at the end both are read again and compared, row by row.
 */
#ifndef DAEMON_STORE_POSTGRES_COPY_H
#define DAEMON_STORE_POSTGRES_COPY_H

#include <stdbool.h>
#include <stdint.h>

struct error;
struct seal;

struct postgres_copy {
	const char *file;          /* the SQLite database; no daemon may write to it meanwhile */
	const char *uri;           /* made by `gazetted --store-init`, and empty */
	struct seal *seal;         /* for the secrets; NULL: kept as they are */
	/* DONE of TOTAL rows, those compared counted too; or NULL */
	void (*progress)(void *context, int64_t done, int64_t total);
	void *context;
};

/* ROWS_OUT: how many there are. Blocks: not for the daemon. A target that has something in it
 * that is not from a copy is refused. */
bool postgres_copy(const struct postgres_copy *copy, int64_t *rows_out, struct error *err)
	__attribute__((warn_unused_result));

#endif
