/*
 * postgres.c: the engine's core: calls into batches. One connection, no thread.
 *
 * The writes of a turn of the loop, and of as long as the batch before is out, go as one
 * transaction: BEGIN, every statement of every call, COMMIT, then the reads, all in one
 * pipeline, so that a batch is one round trip (two, where a call must look before it
 * writes). `done` is called when all of it is answered, in the order of the calls.
 *
 * When the connection goes, nobody knows what became of the batch. It is sent again: every
 * call may be repeated. Claims alone are not, since what they took shows up again; and who
 * waits (a publication, a subscription) is told STORE_BUSY when the engine is known to be
 * away. What came of deliveries waits for it, in order, and is sent before anything is
 * claimed: all leases ran out meanwhile, and half a second lets every node speak first.
 *
 * A transaction that failed for a reason of its own is made again; one that failed by a
 * statement is made again call by call, so that only the bad one is lost, and said so.
 */
#include "daemon/store/postgres.h"

#include <assert.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/control/log.h"
#include "daemon/loop/loop.h"
#include "daemon/store/ledger.h"
#include "daemon/store/postgres_calls.h"
#include "feeds/base/arena.h"
#include "feeds/base/buf.h"
#include "feeds/base/mem.h"

enum {
	OPEN_MS = 4000,            /* for the first connection; then it starts without */
	FLUSH_MS = 30000,          /* less when it is away: then it is down before */
};

/* ---- scripts ---- */

static void begin_script(struct op *op, enum pg_patience patience, pg_take *take)
{
	struct pg_script *script = arena_alloc(op->arena, sizeof(*script));

	script->last = &script->first;
	script->patience = patience;
	script->take = take;
	op->script = script;
}

void pg_write(struct op *op, enum pg_patience patience, pg_take *take)
{
	begin_script(op, patience, take);
	op->is_write = true;
}

void pg_read(struct op *op, pg_take *take)
{
	begin_script(op, PG_KEPT, take);
}

void pg_tag(struct op *op, int tag)
{
	op->script->newest->tag = tag;
}

void pg_progress(struct op *op)
{
	op->script->is_progress = true;
}

static void send_guarded(struct store *store, struct op *op)
{
	(void)store;
	if (op->status == STORE_OK)
		*op->script->last = op->script->rest;
}

void pg_guard(struct op *op)
{
	struct pg_script *script = op->script;

	script->rest = script->first->next;
	script->first->next = NULL;
	script->first->is_guard = true;
	script->last = &script->first->next;
	script->count = 1;
	script->next = send_guarded;
}

static bool run_nothing(struct store *store, struct op *op)
{
	(void)store, (void)op;
	return false;
}

struct op *pg_op(void)
{
	return op_create(sizeof(struct op), run_nothing);
}

void pg_queue(struct store *store, struct op *op)
{
	op->script->at_first = op->script->count;
	engine_queue(store, op);
}

/* ---- coming and going ---- */

/* Claims of the batch, and what waits for nobody, are answered now. */
void pg_on_lost(struct store *store)
{
	struct op_list claims, rest;
	struct op *op = op_list_take(&store->batch);

	op_list_init(&claims);
	op_list_init(&rest);
	for (struct op *next; op; op = next) {
		next = op->next;
		if (op->is_write && op->script->patience == PG_CLAIM)
			op_list_add(&claims, op);
		else
			op_list_add(&rest, op);
		op->status = STORE_BUSY;
	}
	if (store->is_batch)
		arena_destroy(store->batch_arena);
	store->batch_arena = NULL;
	store->is_batch = false;
	pg_queue_again(store, op_list_take(&rest));
	pg_run_all(store, op_list_take(&claims));
}

void pg_on_ready(struct store *store)
{
	engine_raise(store, STORE_UP);
	if (!store->settle_ms)
		engine_raise(store, STORE_WORK);
}

bool pg_has_hasty(const struct store *store)
{
	for (const struct op *op = store->base.queue.first; op; op = op->next) {
		if (op->is_write && op->script->patience != PG_KEPT)
			return true;
	}
	return false;
}

/* While it is away: whoever waits is told so. */
static void answer_hasty(struct store *store)
{
	struct op_list hasty;
	struct op *op = op_list_take(&store->base.queue);

	op_list_init(&hasty);
	for (struct op *next; op; op = next) {
		next = op->next;
		if (op->is_write && op->script->patience != PG_KEPT) {
			op->status = STORE_BUSY;
			op_list_add(&hasty, op);
		} else {
			op_list_add(&store->base.queue, op);
		}
	}
	pg_run_all(store, op_list_take(&hasty));
}

/* Whatever can be done at once. */
void pg_turn(struct store *store)
{
	struct op_list answered;

	op_list_init(&answered);
	if (store->state == PG_READY && !store->is_batch && store->base.queue.first &&
		!store->pause_ms) {
		pg_start_batch(store, &answered);
		pg_run_all(store, op_list_take(&answered));
	} else if (store->is_down && store->base.queue.first) {
		answer_hasty(store);
	}
	if (store->base.raised) {
		store->is_running = true;
		engine_tell(store);
		store->is_running = false;
	}
}

static void on_prepare(struct ev_loop *ev, ev_prepare *prepare, int events)
{
	struct store *store = prepare->data;

	(void)ev, (void)events;
	if (store->base.queue.first || store->base.raised) {
		pg_turn(store);
		pg_watch(store);
	}
}

/* ---- what is new ---- */

static void take_poll(struct store *store, struct op *op, const struct pg_statement *statement,
	const PGresult *result)
{
	int64_t seq = pg_int(result, 0, 0);

	(void)op, (void)statement;
	if (!store->clock)
		store->skew_ms = pg_int(result, 0, 2) - loop_wall_ms(store->loop);
	if (seq != store->seq)
		engine_raise(store, STORE_DOCS);
	if (pg_int(result, 0, 1))
		engine_raise(store, STORE_WORK);
	store->seq = seq;
}

static void read_poll(struct store *store, struct op *op)
{
	pg_read(op, take_poll);
	pg_add(op, PG_POLL, VALUES(pg_now(store)));
}

void pg_poll(struct store *store)
{
	engine_queue_read(store, pg_op(), read_poll);
}

/* ---- open, flush, close ---- */

static bool is_idle(const struct store *store)
{
	return !store->base.queue.first && !store->is_batch && !store->base.raised;
}

/* Works without the loop until IS_DONE, for LIMIT_MS at most. */
static void pump(struct store *store, bool (*is_done)(const struct store *), int64_t limit_ms)
{
	int64_t end_ms = pg_mono_ms() + limit_ms, now_ms;

	while ((now_ms = pg_mono_ms()) < end_ms) {
		struct pollfd fd = {.fd = store->socket};
		int64_t wait_ms = store->deadline_ms - now_ms;

		pg_tick(store, now_ms);
		pg_turn(store);
		if (is_done(store))
			return;
		if (store->base.queue.first && !store->is_batch && !store->pause_ms &&
			store->state == PG_READY)
			continue;
		fd.fd = store->socket;
		fd.events = (short)((store->io.events & EV_READ ? POLLIN : 0) |
			(store->io.events & EV_WRITE ? POLLOUT : 0));
		wait_ms = wait_ms < 0 ? 0 : wait_ms > 20 ? 20 : wait_ms;
		if (poll(&fd, fd.fd >= 0 ? 1 : 0, (int)wait_ms) > 0)
			pg_io(store);
	}
}

static bool is_decided(const struct store *store)
{
	return store->state == PG_READY || store->is_refused;
}

static bool is_over(const struct store *store)
{
	return is_idle(store) || store->is_down;
}

static char *make_owner(const char *node)
{
	struct buf owner = {0};
	unsigned char bytes[8] = {0};

	if (getentropy(bytes, sizeof(bytes)) != 0)
		abort();
	buf_printf(&owner, "%s#", node);
	for (size_t i = 0; i < sizeof(bytes); i++)
		buf_printf(&owner, "%02x", bytes[i]);
	return buf_take(&owner, NULL);
}

/* The systemd credential `dbpass`, where there is one; the caller frees. */
static char *read_password(void)
{
	const char *directory = getenv("CREDENTIALS_DIRECTORY");
	struct buf path = {0};
	char line[256] = "";
	FILE *file;

	if (!directory)
		return NULL;
	buf_printf(&path, "%s/dbpass", directory);
	file = fopen(buf_text(&path), "re");
	buf_finish(&path);
	if (!file)
		return NULL;
	if (!fgets(line, sizeof(line), file))
		line[0] = '\0';
	fclose(file);
	line[strcspn(line, "\r\n")] = '\0';
	return mem_strdup(line);
}

static struct store *create(struct loop *loop, const struct store_settings *settings,
	struct pg_hosts *hosts)
{
	struct store *store = mem_alloc(sizeof(*store));
	char host[256] = "";

	gethostname(host, sizeof(host) - 1);
	engine_init(store, &postgres_engine, loop, settings);
	store->base.on_event = NULL; /* silent until it is open: no event inside a call */
	store->loop = loop;
	store->clock = settings->clock;
	store->seal = settings->seal;
	store->node = mem_strdup(settings->node ? settings->node : host);
	store->owner = make_owner(store->node);
	store->hosts = hosts;
	store->socket = -1;
	store->lost_ms = pg_mono_ms();
	op_list_init(&store->batch);
	ev_prepare_init(&store->prepare, on_prepare);
	ev_timer_init(&store->timer, NULL, 0., 0.);
	store->prepare.data = store;
	ev_prepare_start(store->base.ev, &store->prepare);
	return store;
}

bool postgres_open(struct loop *loop, const struct store_settings *settings,
	struct store **out, struct error *err)
{
	char *password = read_password();
	struct pg_hosts *hosts;
	bool ok = pg_hosts_parse(settings->uri, password, &hosts, err);
	struct store *store;

	free(password);
	if (!ok)
		return false;
	store = create(loop, settings, hosts);
	pump(store, is_decided, OPEN_MS);
	if (store->is_refused && store->state != PG_READY) {
		error_set(err, "open %s", store->last_error.text);
		postgres_close(store);
		return false;
	}
	store->base.on_event = settings->on_event;
	if (store->state == PG_READY)
		pg_on_ready(store);
	else
		store->is_down = true;
	pg_watch(store);
	*out = store;
	return true;
}

void postgres_flush(struct store *store)
{
	assert(!store->is_running);
	pump(store, is_over, FLUSH_MS);
}

void postgres_close(struct store *store)
{
	assert(!store->is_running);
	if (pg_has_writes(store->base.queue.first) || pg_has_writes(store->batch.first)) {
		store->base.on_event = NULL;
		pump(store, is_over, FLUSH_MS);
	}
	if (pg_has_writes(store->base.queue.first) || pg_has_writes(store->batch.first))
		log_error("store: closed with writes that the database did not take");
	ev_prepare_stop(store->base.ev, &store->prepare);
	ev_idle_stop(store->base.ev, &store->base.awake);
	ev_timer_stop(store->base.ev, &store->timer);
	if (store->socket >= 0)
		ev_io_stop(store->base.ev, &store->io);
	PQfinish(store->conn);
	op_destroy_all(op_list_take(&store->base.queue));
	op_destroy_all(op_list_take(&store->batch));
	arena_destroy(store->batch_arena);
	pg_hosts_destroy(store->hosts);
	ledger_key_destroy(store->ledger_key);
	free(store->node);
	free(store->owner);
	free(store);
}

/* The engine's clock is not this machine's: it did not jump. */
void postgres_clock_set(struct store *store, int64_t jump_ms)
{
	(void)store, (void)jump_ms;
}

void postgres_get(const struct store *store, struct store_engine *out)
{
	*out = (struct store_engine){
		.name = pg_hosts_name(store->hosts),
		.size = -1,
		.wal_size = -1,
		.is_failing = store->is_complaining || store->lost_ms,
		.commits = &store->commits,
	};
}
