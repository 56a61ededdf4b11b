/*
 * postgres_connection.c: the connection: made, checked, kept, and made again. One host at a
 * time with a limit of its own; then the schema's version, which must be the one this
 * program knows; then every statement is prepared, and only then calls are sent.
 *
 * A server that is silent, read-only (SQLSTATE 25006: it is no longer the primary) or going
 * down is left, and the hosts are tried in turn until one of them takes writes. All
 * deadlines are in pg_tick, which has one timer.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "daemon/control/log.h"
#include "daemon/store/postgres.h"
#include "daemon/store/postgres_schema.h"
#include "feeds/base/error.h"

enum {
	CONNECT_MS = 1500,         /* a host has that long to answer and let us in */
	PREPARE_MS = 5000,
	SILENCE_MS = 5000,         /* of a batch: stuck, whatever the reason */
	PATIENCE_MS = 2000,        /* without a connection: then it is down */
	SETTLE_MS = 500,
	POLL_MS = 2000,
};

int64_t pg_mono_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void set_state(struct store *store, enum pg_state state, int64_t limit_ms)
{
	store->state = state;
	store->deadline_ms = limit_ms ? pg_mono_ms() + limit_ms : INT64_MAX;
}

/* ---- the socket ---- */

static void on_io(struct ev_loop *ev, ev_io *io, int events)
{
	(void)ev, (void)events;
	pg_io(io->data);
}

static void watch_socket(struct store *store, int fd, int events)
{
	if (fd == store->socket && (store->io.events & (EV_READ | EV_WRITE)) == events)
		return;
	if (store->socket >= 0)
		ev_io_stop(store->base.ev, &store->io);
	store->socket = fd;
	if (fd < 0)
		return;
	ev_io_init(&store->io, on_io, fd, events);
	store->io.data = store;
	ev_io_start(store->base.ev, &store->io);
}

/* Sends what waits; the socket is watched for what is still to be done. */
static bool flush_out(struct store *store)
{
	int left = PQflush(store->conn);

	if (left >= 0)
		watch_socket(store, PQsocket(store->conn),
			left > 0 ? EV_READ | EV_WRITE : EV_READ);
	return left >= 0;
}

/* ---- losing it ---- */

static void remember(struct store *store, const char *why)
{
	char line[400];

	snprintf(line, sizeof(line), "%.*s", (int)strcspn(why, "\n"), why);
	error_set(&store->last_error, "%s: %s", pg_hosts_name(store->hosts), line);
	why = line;
	store->is_refused = strstr(why, "authentication") || strstr(why, "does not exist") ||
		strstr(why, "pg_hba.conf") || strstr(why, "no password") ||
		strstr(why, "--store-init") || strstr(why, "newer gazetted");
}

void pg_lose(struct store *store, const char *why)
{
	bool was_ready = store->state == PG_READY;

	remember(store, why);
	if (was_ready || !store->is_complaining)
		log_warn("store: %s", store->last_error.text);
	store->is_complaining = true;
	watch_socket(store, -1, 0); /* before the descriptor is closed */
	PQfinish(store->conn);
	store->conn = NULL;
	set_state(store, PG_AWAY, 0);
	store->deadline_ms = 0;
	if (!store->lost_ms)
		store->lost_ms = pg_mono_ms();
	pg_on_lost(store);
	pg_watch(store);
}

/* ---- making it ---- */

static void connect_next(struct store *store, int64_t now_ms)
{
	const char *const *values, *const *keywords;
	int64_t wait_ms = 0;

	keywords = pg_hosts_next(store->hosts, now_ms, &values, &wait_ms);
	if (!keywords) {
		store->deadline_ms = now_ms + wait_ms;
		return;
	}
	set_state(store, PG_CONNECTING, CONNECT_MS);
	store->conn = PQconnectStartParams(keywords, values, 0);
	if (PQstatus(store->conn) == CONNECTION_BAD) {
		pg_lose(store, PQerrorMessage(store->conn));
		return;
	}
	watch_socket(store, PQsocket(store->conn), EV_WRITE);
}

/* The sequence after the connection is there: each of its two parts ends with a sync. */
static void send_check(struct store *store)
{
	static const char settings[] =
		"SELECT set_config('search_path', 'gazetted', false),"
		"set_config('enable_bitmapscan', 'off', false),"
		"set_config('enable_hashjoin', 'off', false),"
		"set_config('enable_mergejoin', 'off', false),"
		"set_config('enable_sort', 'off', false), set_config('jit', 'off', false),"
		/* each has one good plan, and to make it costs more than to carry it out */
		"set_config('plan_cache_mode', 'force_generic_plan', false)";

	/* what we gave up is given up there too: a transaction whose rest will never come, and a
	 * statement that waits for a lock or works for nobody; the last not before version 14 */
	static const char giving_up[] =
		"SELECT set_config('idle_in_transaction_session_timeout', '10s', false),"
		"set_config('tcp_keepalives_idle', '4', false),"
		"set_config('tcp_keepalives_interval', '2', false),"
		"set_config('tcp_keepalives_count', '3', false), (SELECT set_config(name, '2s', "
		"false) FROM pg_settings WHERE name = 'client_connection_check_interval')";

	set_state(store, PG_CHECKING, PREPARE_MS);
	PQsetnonblocking(store->conn, 1);
	PQenterPipelineMode(store->conn);
	PQsendQueryParams(store->conn, settings, 0, NULL, NULL, NULL, NULL, 0);
	PQsendQueryParams(store->conn, giving_up, 0, NULL, NULL, NULL, NULL, 0);
	PQsendQueryParams(store->conn, "SELECT max(version) FROM gazetted.schema_version", 0,
		NULL, NULL, NULL, NULL, 1);
	PQpipelineSync(store->conn);
}

static void send_name(struct store *store, enum pg_sql sql, bool with_time)
{
	char name[16];
	const char *values[] = {NULL, store->node};

	snprintf(name, sizeof(name), "s%d", (int)sql);
	PQsendQueryPrepared(store->conn, name, with_time ? 2 : 1,
		with_time ? values : values + 1, NULL, NULL, 1);
}

/* What this node claimed in a life before this one waits for nobody. */
static void send_prepare(struct store *store)
{
	char name[16];

	set_state(store, PG_PREPARING, PREPARE_MS);
	PQsendQueryParams(store->conn, "LISTEN gazetted", 0, NULL, NULL, NULL, NULL, 0);
	for (int i = 0; i < PG_COUNT; i++) {
		snprintf(name, sizeof(name), "s%d", i);
		PQsendPrepare(store->conn, name, pg_statements[i], 0, NULL);
	}
	if (!store->was_up) {
		send_name(store, PG_INTENT_RELEASE, true);
		send_name(store, PG_TASK_RELEASE, true);
		send_name(store, PG_JOB_RELEASE, false);
		send_name(store, PG_ROLE_RELEASE, false);
	}
	PQpipelineSync(store->conn);
}

static void become_ready(struct store *store)
{
	int64_t now_ms = pg_mono_ms();

	set_state(store, PG_READY, 0);
	pg_hosts_good(store->hosts);
	store->settle_ms = store->was_up ? now_ms + SETTLE_MS : 0;
	store->poll_ms = now_ms;
	store->lost_ms = 0;
	store->is_down = store->is_refused = false;
	if (store->is_complaining)
		log_info("store: connected again");
	store->is_complaining = false;
	store->was_up = true;
	pg_on_ready(store);
}

static void check_version(struct store *store, const PGresult *result)
{
	int64_t version = pg_int(result, 0, 0), newest = postgres_schema_newest();
	char why[200];

	if (version == newest)
		return;
	snprintf(why, sizeof(why), version > newest
			? "its schema version %lld is newer than this program knows (%lld); use "
			  "the newer gazetted"
			: "its schema version is %lld, this program needs %lld: run gazetted "
			  "--store-init",
		(long long)version, (long long)newest);
	pg_lose(store, why);
}

static void on_setup_failure(struct store *store, const PGresult *result)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	if (store->state == PG_CHECKING && state &&
		(strcmp(state, "42P01") == 0 || strcmp(state, "3F000") == 0))
		pg_lose(store, "there is no schema of gazetted: run gazetted --store-init");
	else
		pg_lose(store, PQresultErrorMessage(result));
}

static void on_setup_result(struct store *store, const PGresult *result)
{
	switch (PQresultStatus(result)) {
	case PGRES_PIPELINE_SYNC:
		if (store->state == PG_CHECKING)
			send_prepare(store);
		else
			become_ready(store);
		return;
	case PGRES_TUPLES_OK:
		if (store->state == PG_CHECKING && PQnfields(result) == 1)
			check_version(store, result);
		return;
	case PGRES_COMMAND_OK:
	case PGRES_PIPELINE_ABORTED:
		return;
	default:
		on_setup_failure(store, result);
	}
}

static void poll_connection(struct store *store)
{
	switch (PQconnectPoll(store->conn)) {
	case PGRES_POLLING_READING:
		watch_socket(store, PQsocket(store->conn), EV_READ);
		return;
	case PGRES_POLLING_WRITING:
		watch_socket(store, PQsocket(store->conn), EV_WRITE);
		return;
	case PGRES_POLLING_OK:
		send_check(store);
		if (!flush_out(store))
			pg_lose(store, PQerrorMessage(store->conn));
		return;
	default:
		pg_lose(store, PQerrorMessage(store->conn));
	}
}

/* ---- what comes ---- */

static void take_notices(struct store *store)
{
	PGnotify *notice;

	while ((notice = PQnotifies(store->conn)) != NULL) {
		engine_raise(store, STORE_DOCS);
		engine_raise(store, STORE_WORK);
		PQfreemem(notice);
	}
}

static bool expects_more(const struct store *store)
{
	return store->state == PG_CHECKING || store->state == PG_PREPARING ||
		(store->state == PG_READY && store->is_batch);
}

void pg_io(struct store *store)
{
	PGresult *result;
	bool was_null = false;

	if (store->state == PG_CONNECTING) {
		poll_connection(store);
		return;
	}
	if (!store->conn)
		return;
	if (!PQconsumeInput(store->conn) || !flush_out(store)) {
		pg_lose(store, PQerrorMessage(store->conn));
		return;
	}
	/* NULL ends each answer; two in a row: nothing more is expected */
	while (store->conn && expects_more(store) && !PQisBusy(store->conn)) {
		result = PQgetResult(store->conn);
		if (!result && was_null)
			break;
		was_null = !result;
		if (store->state == PG_READY) {
			store->deadline_ms = pg_mono_ms() + SILENCE_MS;
			pg_on_result(store, result);
		} else if (result) {
			on_setup_result(store, result);
		}
		PQclear(result);
	}
	if (store->conn && PQstatus(store->conn) == CONNECTION_BAD) {
		pg_lose(store, PQerrorMessage(store->conn));
		return;
	}
	if (store->conn)
		take_notices(store);
	if (store->conn && !flush_out(store))
		pg_lose(store, PQerrorMessage(store->conn));
	pg_watch(store);
}

/* ---- deadlines ---- */

static void pass_deadline(struct store *store, int64_t now_ms)
{
	static const char *const silent[] = {
		[PG_AWAY] = "", [PG_CONNECTING] = "no answer",
		[PG_CHECKING] = "no answer to the first question",
		[PG_PREPARING] = "no answer to the first question",
		[PG_READY] = "a statement is stuck; connecting anew",
	};

	if (store->state == PG_READY)
		pg_io(store); /* it may be us who were stopped: the answer is there */
	if (now_ms < store->deadline_ms)
		return;
	if (store->state == PG_AWAY)
		connect_next(store, now_ms);
	else
		pg_lose(store, silent[store->state]);
}

void pg_tick(struct store *store, int64_t now_ms)
{
	/* a host that fails at once is followed by the next, then there is a pause */
	for (int i = 0; i < 32 && now_ms >= store->deadline_ms; i++)
		pass_deadline(store, now_ms);
	if (store->lost_ms && !store->is_down && now_ms >= store->lost_ms + PATIENCE_MS) {
		store->is_down = true;
		engine_raise(store, STORE_DOWN);
	}
	if (store->settle_ms && now_ms >= store->settle_ms) {
		store->settle_ms = 0;
		engine_raise(store, STORE_WORK);
	}
	if (store->pause_ms && now_ms >= store->pause_ms)
		store->pause_ms = 0;
	if (store->state == PG_READY && now_ms >= store->poll_ms) {
		store->poll_ms = now_ms + POLL_MS;
		pg_poll(store);
	}
	pg_watch(store);
}

static void on_timer(struct ev_loop *ev, ev_timer *timer, int events)
{
	(void)ev, (void)events;
	pg_tick(timer->data, pg_mono_ms());
}

static int64_t earlier(int64_t a, int64_t b)
{
	return b && b < a ? b : a;
}

/* The next deadline into the timer, and no sleep while something can be done. */
void pg_watch(struct store *store)
{
	int64_t now_ms = pg_mono_ms(), next = earlier(INT64_MAX, store->settle_ms);
	bool can_send = store->state == PG_READY
		? store->base.queue.first && !store->is_batch && !store->pause_ms
		: store->is_down && pg_has_hasty(store);

	if (store->is_batch && store->state == PG_READY && store->deadline_ms == INT64_MAX)
		store->deadline_ms = now_ms + SILENCE_MS;
	if (!store->is_batch && store->state == PG_READY)
		store->deadline_ms = INT64_MAX;
	next = store->deadline_ms < next ? store->deadline_ms : next;
	next = earlier(next, store->pause_ms);
	if (store->state == PG_READY)
		next = earlier(next, store->poll_ms);
	if (store->lost_ms && !store->is_down)
		next = earlier(next, store->lost_ms + PATIENCE_MS);
	ev_timer_stop(store->base.ev, &store->timer);
	ev_now_update(store->base.ev);
	ev_timer_init(&store->timer, on_timer,
		next > now_ms ? (double)(next - now_ms) / 1000. : 0., 0.);
	store->timer.data = store;
	if (next != INT64_MAX)
		ev_timer_start(store->base.ev, &store->timer);
	if (can_send || store->base.raised)
		ev_idle_start(store->base.ev, &store->base.awake);
	else
		ev_idle_stop(store->base.ev, &store->base.awake);
}
