/*
 * postgres_hosts.h: which server is tried next, and when. Pure: the URI in, the time in.
 *
 * libpq leaves time limits to the caller, and with several hosts in one string it hangs on
 * the first that is dead; so each host is an attempt of its own. All are tried without a
 * pause, then there is a pause that grows from round to round.
 */
#ifndef DAEMON_STORE_POSTGRES_HOSTS_H
#define DAEMON_STORE_POSTGRES_HOSTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct pg_hosts;

enum { PG_PAUSE_FIRST_MS = 100, PG_PAUSE_MOST_MS = 2000 };

/* Of a URI or a "key=value" string of libpq. PASSWORD (or NULL) is taken where it has none.
 * The caller owns *OUT. */
bool pg_hosts_parse(const char *uri, const char *password, struct pg_hosts **out,
	struct error *err);
void pg_hosts_destroy(struct pg_hosts *hosts); /* NULL is accepted */

/* "HOST:PORT,.../DATABASE", for people: nothing secret; borrowed. */
const char *pg_hosts_name(const struct pg_hosts *hosts);

/* The next host to try, as the arrays of PQconnectStartParams, or NULL: then *WAIT_MS says
 * how long to wait. */
const char *const *pg_hosts_next(struct pg_hosts *hosts, int64_t now_ms,
	const char *const **values, int64_t *wait_ms);

/* The host tried last answered: the next time it is tried first, without a pause. */
void pg_hosts_good(struct pg_hosts *hosts);

#endif
