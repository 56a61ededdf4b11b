/*
 * test_store_postgres.c: what only PostgreSQL has: several nodes on one database, a server
 * that dies in mid commit, is silent or takes no writes, and the hosts that are tried.
 */
#include <ev.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/loop/loop.h"
#include "daemon/store/store.h"
#include "feeds/base/error.h"
#include "tests/unit/store_engines.h"

#ifdef HAVE_LIBPQ
#include <libpq-fe.h>

#include "daemon/store/ledger.h"
#include "daemon/store/postgres_hosts.h"
#include "daemon/store/postgres_script.h"
#include "daemon/store/seal.h"

static struct loop *loop;
static int64_t now_ms = 1000000;

static int64_t test_clock(void)
{
	return now_ms;
}

static struct {
	enum store_status status;
	int64_t id, epoch;
	int events[4];
	size_t subs, docs, jobs;
	struct store_job job;
	int answers;
} said;

static void on_event(void *context, enum store_event event)
{
	(void)context;
	said.events[event]++;
}

static struct store *open_node(const char *uri, const char *node, bool has_clock)
{
	struct store *store = NULL;
	struct error err;

	if (!store_open(loop, &(struct store_settings){.uri = uri, .node = node,
		    .clock = has_clock ? test_clock : NULL, .on_event = on_event}, &store, &err))
		harness_fail(__FILE__, __LINE__, "%s", err.text);
	return store;
}

static void on_request(void *context, enum store_status status, int64_t id)
{
	said.status = status;
	said.id = id;
	said.answers++;
	if (context)
		*(enum store_status *)context = status;
}

static void on_status(void *context, enum store_status status)
{
	(void)context;
	said.status = status;
	said.answers++;
}

static void request(struct store *store, int number, enum store_status *status)
{
	char callback[40];

	snprintf(callback, sizeof(callback), "http://h/%d", number);
	sub_request(store, &(struct store_intent){.topic = "/f", .topic_asked = "http://x/f",
		.callback = callback, .host_key = "http://h:80", .lease_s = 100000}, on_request,
		status);
}

static void subscribe(struct store *store, int number)
{
	request(store, number, NULL);
	store_flush(store);
	CHECK_INT(said.status, STORE_OK);
	sub_confirm(store, said.id, on_status, NULL);
	store_flush(store);
	CHECK_INT(said.status, STORE_OK);
}

static void on_subs(void *context, const struct store_sub *rows, size_t count)
{
	(void)context, (void)rows;
	said.subs += count;
}

static size_t count_subs(struct store *store)
{
	said.subs = 0;
	sub_list(store, NULL, on_subs, NULL);
	store_flush(store);
	return said.subs;
}

static void on_role(void *context, enum store_status status, int64_t epoch)
{
	(void)context;
	said.status = status;
	said.epoch = epoch;
}

static enum store_status take_role(struct store *store)
{
	store_role_take(store, "publisher", 1000, on_role, NULL);
	store_flush(store);
	return said.status;
}

static void on_published(void *context, enum store_status status, const int64_t *seqs,
	size_t count)
{
	(void)context, (void)seqs, (void)count;
	said.status = status;
	said.answers++;
}

static void publish(struct store *store, int64_t epoch)
{
	struct store_doc doc = {.path = "/f", .content_type = "t", .etag = "e", .is_topic = true,
		.body = "x", .len = 1};

	store_publish(store, &(struct store_publication){.docs = &doc, .doc_count = 1,
		.role = epoch ? "publisher" : NULL, .epoch = epoch}, on_published, NULL);
}

static void on_jobs(void *context, const struct store_job *jobs, size_t count)
{
	(void)context;
	said.jobs = count;
	if (count)
		said.job = jobs[0];
	said.job.topic = "/f";
}

static size_t claim(struct store *store, int64_t lease_ms)
{
	job_claim(store, 10, lease_ms, on_jobs, NULL);
	store_flush(store);
	return said.jobs;
}

/* ---- several nodes ---- */

TEST(a_role_moves_when_its_time_is_over_and_the_old_owner_is_fenced)
{
	struct store *a, *b;
	const char *uri;
	int64_t old;

	engine_use_postgres();
	uri = engine_uri("sqlite:two.db");
	loop = loop_create("test");
	a = open_node(uri, "a", true);
	b = open_node(uri, "b", true);
	CHECK_INT(take_role(a), STORE_OK);
	old = said.epoch;
	CHECK_INT(take_role(b), STORE_LOST);
	now_ms += 900;
	CHECK_INT(take_role(a), STORE_OK);
	CHECK_INT(said.epoch, old);
	now_ms += 1001;
	publish(a, old); /* late, but nobody else has it: that is no harm */
	store_flush(a);
	CHECK_INT(said.status, STORE_OK);
	CHECK_INT(take_role(b), STORE_OK);
	CHECK(said.epoch > old);
	publish(a, old);
	store_flush(a);
	CHECK_INT(said.status, STORE_LOST);
	CHECK_INT(take_role(a), STORE_LOST);
	store_role_drop(b, "publisher");
	store_flush(b);
	CHECK_INT(take_role(a), STORE_OK);
	store_close(a);
	store_close(b);
	loop_destroy(loop);
}

static void on_step(void *context, enum store_status status, bool more)
{
	(void)context, (void)more;
	said.status = status;
	said.answers++;
}

static void step(struct store *store, const struct store_job *job, bool is_last)
{
	job_step(store, &(struct store_step){.job = *job, .lease_ms = 1000, .is_last = is_last,
		.cursor = {1 << 20, 0, 0}}, on_step, NULL);
}

TEST(a_range_has_one_owner_and_the_dead_one_s_steps_are_lost)
{
	struct store *a, *b;
	struct store_job old;
	const char *uri;

	engine_use_postgres();
	uri = engine_uri("sqlite:two.db");
	loop = loop_create("test");
	a = open_node(uri, "a", true);
	b = open_node(uri, "b", true);
	subscribe(a, 1);
	publish(a, 0);
	store_flush(a);
	CHECK_INT(claim(a, 1000), 1);
	old = said.job;
	CHECK_INT(claim(b, 1000), 0);
	now_ms += 1001;
	CHECK_INT(claim(b, 1000), 1);
	CHECK(said.job.epoch > old.epoch);
	step(a, &old, true);
	store_flush(a);
	CHECK_INT(said.status, STORE_LOST);
	step(b, &said.job, true);
	store_flush(b);
	CHECK_INT(said.status, STORE_OK);
	store_close(a);
	store_close(b);
	loop_destroy(loop);
}

static void beat(struct store *store)
{
	store_node_beat(store, "127.0.0.1:1");
	store_flush(store);
}

/* All leases ran out while no node could say a word: who held them writes first. */
TEST(leases_that_ran_out_while_the_server_was_away_still_count)
{
	struct store *a, *b;
	struct store_job held;
	const char *uri;

	engine_use_postgres();
	uri = engine_uri("sqlite:two.db");
	loop = loop_create("test");
	a = open_node(uri, "a", true);
	b = open_node(uri, "b", true);
	subscribe(a, 1);
	publish(a, 0);
	store_flush(a);
	beat(a);
	beat(b);
	CHECK_INT(claim(a, 8000), 1);
	held = said.job;
	now_ms += 12000;
	CHECK_INT(claim(b, 8000), 0); /* what the server got before, and does now */
	beat(b);
	CHECK_INT(claim(b, 8000), 0);
	now_ms += 3000; /* a is slow to come back */
	beat(b);
	CHECK_INT(claim(b, 8000), 0);
	step(a, &held, false);
	store_flush(a);
	CHECK_INT(said.status, STORE_OK);
	/* and now a is dead, which b sees, since b is heard of */
	for (int i = 0; i < 10; i++) {
		now_ms += 1000;
		beat(b);
	}
	CHECK_INT(claim(b, 8000), 1);
	step(a, &held, true);
	store_flush(a);
	CHECK_INT(said.status, STORE_LOST);
	store_close(a);
	store_close(b);
	loop_destroy(loop);
}

/* ---- the ways of a server ---- */

static char server[100];

static void run_script(const char *verb, const char *options)
{
	char command[800];

	snprintf(command, sizeof(command), "%s/tests/postgres.sh %s %s %s", harness_top(), verb,
		server, options);
	if (system(command) != 0)
		harness_fail(__FILE__, __LINE__, "%s", command);
}

static void start_own(void)
{
	run_script("start", "-c fsync=on");
}

static void remove_own(void)
{
	char command[300];

	run_script("stop", "");
	snprintf(command, sizeof(command), "rm -rf %s", server);
	if (system(command) != 0)
		fprintf(stderr, "could not remove %s\n", server);
}

/* A server for this test alone, since it is to be killed; returns the URI of its database. */
static const char *own_server(void)
{
	static char uri[400];

	engine_use_postgres();
	snprintf(server, sizeof(server), "%s/own%d", engine_server(), (int)getpid());
	start_own();
	atexit(remove_own);
	engine_make(server, "own", uri, sizeof(uri));
	return uri;
}

static pid_t postmaster(void)
{
	char path[300], line[32] = "";
	FILE *file;

	snprintf(path, sizeof(path), "%s/data/postmaster.pid", server);
	file = fopen(path, "re");
	if (!file || !fgets(line, sizeof(line), file))
		harness_fail(__FILE__, __LINE__, "%s", path);
	fclose(file);
	return (pid_t)strtol(line, NULL, 10);
}

static void on_beat(struct ev_loop *ev, ev_timer *timer, int events)
{
	(void)ev, (void)timer, (void)events;
}

/* The main loop, as the daemon runs it, until IS_DONE or for LIMIT seconds. */
static bool run_for(double limit_s, bool (*is_done)(void))
{
	ev_tstamp end = ev_time() + limit_s;
	struct ev_loop *ev = loop_ev(loop);
	ev_timer beat;

	ev_timer_init(&beat, on_beat, 0.01, 0.01);
	ev_timer_start(ev, &beat);
	while (!is_done() && ev_time() < end)
		ev_run(ev, EVRUN_ONCE);
	ev_timer_stop(ev, &beat);
	return is_done();
}

static bool run_until(bool (*is_done)(void))
{
	return run_for(120, is_done);
}

static int wanted;

static bool has_answers(void)
{
	return said.answers >= wanted;
}

static bool is_down(void)
{
	return said.events[STORE_DOWN] > 0;
}

static bool is_up_again(void)
{
	return said.events[STORE_UP] > 1;
}

/* Processes of the server that work in its directory. */
static bool has_backends(void)
{
	char command[400];

	snprintf(command, sizeof(command),
		"for p in /proc/[0-9]*; do [ \"$(readlink $p/cwd)\" = %s/data ] && exit 0; done; "
		"exit 1", server);
	return system(command) == 0;
}

static void forget_pid(void)
{
	char path[300];

	snprintf(path, sizeof(path), "%s/data/postmaster.pid", server);
	unlink(path);
	snprintf(path, sizeof(path), "%s/.s.PGSQL.5432.lock", server);
	unlink(path);
}

/* Without a word to anybody; the backends notice it, and go before a new one can start. */
static void kill_and_restart(void)
{
	pid_t pid = postmaster();

	kill(pid, SIGKILL);
	while (kill(pid, 0) == 0)
		usleep(1000);
	while (has_backends())
		usleep(10000);
	forget_pid();
	start_own();
}

enum { REQUESTS = 300 };

/* Killed while commits are under way; what was not acknowledged is sent again. */
TEST(nothing_is_lost_when_the_server_dies_in_mid_commit)
{
	const char *uri = own_server();
	static enum store_status statuses[REQUESTS];
	struct store *store;
	size_t acknowledged = 0, stored;

	loop = loop_create("test");
	store = open_node(uri, "a", false);
	for (int i = 0; i < REQUESTS; i++)
		statuses[i] = STORE_LOST;
	for (int round = 0; round < 3; round++) {
		wanted = said.answers + REQUESTS / 3;
		for (int i = 0; i < REQUESTS / 3; i++) {
			request(store, round * REQUESTS / 3 + i,
				&statuses[round * REQUESTS / 3 + i]);
			if (i % 25 == 24)
				ev_run(loop_ev(loop), EVRUN_NOWAIT);
		}
		kill_and_restart();
		CHECK(run_until(has_answers));
	}
	for (int i = 0; i < REQUESTS; i++)
		acknowledged += statuses[i] == STORE_OK;
	stored = engine_count(uri, "SELECT count(*) FROM gazetted.intent");
	CHECK(acknowledged > 0);
	CHECK(stored >= acknowledged);
	CHECK(stored <= REQUESTS);
	store_close(store);
	loop_destroy(loop);
}

/* What came of deliveries waits for the server, however long; a request is told at once. */
TEST(progress_waits_for_a_server_that_is_away_and_requests_do_not)
{
	const char *uri = own_server();
	enum store_status status = STORE_OK;
	struct store *store;
	struct store_job job;

	loop = loop_create("test");
	store = open_node(uri, "a", false);
	subscribe(store, 1);
	publish(store, 0);
	store_flush(store);
	CHECK_INT(claim(store, 60000), 1);
	job = said.job;
	run_script("stop", "");
	CHECK(run_until(is_down));
	said.answers = 0;
	step(store, &job, true);
	request(store, 2, &status);
	wanted = 1;
	CHECK(run_until(has_answers));
	CHECK_INT(status, STORE_BUSY);
	CHECK_INT(said.answers, 1);
	start_own();
	said.events[STORE_WORK] = 0;
	wanted = 2;
	CHECK(run_until(has_answers));
	CHECK_INT(said.status, STORE_OK);
	CHECK(run_until(is_up_again));
	CHECK_INT(engine_count(uri, "SELECT count(*) FROM gazetted.job"), 0);
	store_close(store);
	loop_destroy(loop);
}

/* A server that says nothing is left, and its answer comes once, though it was asked twice. */
TEST(a_silent_server_is_noticed)
{
	const char *uri = own_server();
	enum store_status status = STORE_LOST;
	struct store *store;
	char command[300];

	loop = loop_create("test");
	store = open_node(uri, "a", false);
	subscribe(store, 1);
	/* the postmaster and all that it started */
	snprintf(command, sizeof(command), "kill -STOP %d $(ps -o pid= --ppid %d)",
		(int)postmaster(), (int)postmaster());
	CHECK(system(command) == 0);
	said.answers = 0;
	wanted = 1;
	request(store, 2, &status);
	CHECK(run_until(has_answers));
	CHECK_INT(status, STORE_BUSY);
	CHECK(is_down());
	snprintf(command, sizeof(command), "kill -CONT %d $(ps -o pid= --ppid %d)",
		(int)postmaster(), (int)postmaster());
	CHECK(system(command) == 0);
	CHECK(run_until(is_up_again));
	CHECK_INT(count_subs(store), 1);
	request(store, 3, &status);
	store_flush(store);
	CHECK_INT(status, STORE_OK);
	store_close(store);
	loop_destroy(loop);
}

static const char *own_uri;

static char hanging[80]; /* asks how many there are of the backend that hung */

static bool hangs(void)
{
	size_t pid = engine_count(own_uri, "SELECT coalesce(max(pid), 0) FROM pg_stat_activity "
		"WHERE wait_event_type = 'Lock'");

	snprintf(hanging, sizeof(hanging),
		"SELECT count(*) FROM pg_stat_activity WHERE pid = %zu", pid);
	return pid > 0;
}

static bool has_gone(void)
{
	return engine_count(own_uri, hanging) == 0;
}

/* Somebody holds a row that a step needs, for good. */
TEST(a_statement_that_hangs_is_given_up_at_both_ends)
{
	struct store *store;
	struct store_job job;
	PGconn *holder;

	own_uri = own_server();
	loop = loop_create("test");
	store = open_node(own_uri, "a", false);
	subscribe(store, 1);
	publish(store, 0);
	store_flush(store);
	CHECK_INT(claim(store, 60000), 1);
	job = said.job;
	holder = PQconnectdb(own_uri);
	PQclear(PQexec(holder, "BEGIN; SELECT 1 FROM gazetted.job FOR UPDATE"));
	wanted = said.answers + 1;
	step(store, &job, false);
	CHECK(run_until(hangs));
	said.events[STORE_UP] = 1;
	CHECK(run_until(is_up_again));
	CHECK(run_until(has_gone));
	CHECK_INT(said.answers, wanted - 1);
	PQclear(PQexec(holder, "COMMIT"));
	CHECK(run_until(has_answers));
	CHECK_INT(said.status, STORE_OK);
	PQfinish(holder);
	store_close(store);
	loop_destroy(loop);
}

static bool waits_for_standbys(size_t count)
{
	return engine_count(own_uri, "SELECT count(*) FROM pg_stat_activity WHERE "
		"wait_event = 'SyncRep'") == count;
}

static bool has_one_waiting(void)
{
	return waits_for_standbys(1);
}

static bool has_one_waiting_or_answer(void)
{
	return has_answers() || has_one_waiting();
}

static bool has_two_waiting(void)
{
	return waits_for_standbys(2);
}

static bool is_stepped;

static void on_own_step(void *context, enum store_status status, bool more)
{
	(void)context, (void)more;
	is_stepped = status == STORE_OK;
}

static bool has_stepped(void)
{
	return is_stepped;
}

/* No standby ever answers: what must survive waits, what only says how far it went does not. */
TEST(progress_alone_waits_for_no_disk)
{
	struct store_failure failure = {.why = "t", .delay_ms = 60000};
	enum store_status status = STORE_LOST;
	struct store *a, *b;
	struct store_job job;
	int asked;

	own_uri = own_server();
	loop = loop_create("test");
	a = open_node(own_uri, "a", false);
	b = open_node(own_uri, "b", false);
	subscribe(b, 1);
	publish(b, 0);
	store_flush(b);
	CHECK_INT(claim(b, 60000), 1);
	job = said.job;
	asked = said.answers;
	engine_change(own_uri, "ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
	engine_change(own_uri, "SELECT pg_reload_conf()");
	/* until the server has heard of it a request is answered, and the next one is made */
	do {
		wanted = ++asked;
		request(a, 2, &status);
		CHECK(run_until(has_one_waiting_or_answer));
	} while (!has_one_waiting());
	job_step(b, &(struct store_step){.job = job, .lease_ms = 60000}, on_own_step, NULL);
	CHECK(run_until(has_stepped));
	job_step(b, &(struct store_step){.job = job, .lease_ms = 60000, .failure_count = 1,
		.failures = &failure}, on_step, NULL);
	CHECK(run_until(has_two_waiting));
	engine_change(own_uri, "ALTER SYSTEM RESET synchronous_standby_names");
	engine_change(own_uri, "SELECT pg_reload_conf()");
	store_close(a);
	store_close(b);
	loop_destroy(loop);
}

/* The primary became a standby, or looks like one: another host is to be found. */
TEST(a_server_that_takes_no_writes_is_left)
{
	const char *uri = own_server();
	enum store_status status = STORE_LOST;
	struct store *store;
	char writable[600];

	loop = loop_create("test");
	store = open_node(uri, "a", false);
	engine_change(uri, "ALTER SYSTEM SET default_transaction_read_only = on");
	engine_change(uri, "SELECT pg_reload_conf()");
	wanted = 1;
	for (int i = 0; i < 200 && status != STORE_BUSY; i++) {
		said.answers = 0;
		request(store, i, &status);
		CHECK(run_until(has_answers));
	}
	CHECK_INT(status, STORE_BUSY);
	CHECK(is_down());
	snprintf(writable, sizeof(writable), "%s&options=-cdefault_transaction_read_only%%3Doff",
		uri);
	engine_change(writable, "ALTER SYSTEM RESET default_transaction_read_only");
	engine_change(writable, "SELECT pg_reload_conf()");
	CHECK(run_until(is_up_again));
	request(store, 1000, &status);
	store_flush(store);
	CHECK_INT(status, STORE_OK);
	store_close(store);
	loop_destroy(loop);
}

/* One call that the database refuses does not take the others with it. */
TEST(a_bad_call_is_answered_and_the_others_are_done)
{
	enum store_status statuses[5];
	struct store *store;

	engine_use_postgres();
	loop = loop_create("test");
	store = open_node(engine_uri("sqlite::memory:"), "a", true);
	for (int i = 0; i < 5; i++) {
		statuses[i] = STORE_LOST;
		if (i != 2)
			request(store, i, &statuses[i]);
		else
			sub_request(store, &(struct store_intent){.topic = "/f",
				.callback = "http://h/\xff\xfe", .host_key = "h"}, on_request,
				&statuses[i]);
	}
	store_flush(store);
	for (int i = 0; i < 5; i++)
		CHECK_INT(statuses[i], i == 2 ? STORE_BUSY : STORE_OK);
	store_close(store);
	loop_destroy(loop);
}

static void on_secrets(void *context, const struct store_sub *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		snprintf(context, 16, "%.*s", (int)rows[i].secret_len,
			(const char *)rows[i].secret);
}

static void append(struct store *store, int number)
{
	struct ledger_row row = {.kind = LEDGER_POLL, .partner = "county", .topic = "/f",
		.peer = "h", .status = number, .time_ms = now_ms};

	ledger_hash_bytes("x", 1, row.body);
	store_ledger_append(store, &row, 1);
}

/* The rows as they are in the table, hashed again from the first. */
static size_t verify_chain(const char *uri)
{
	PGconn *conn = PQconnectdb(uri);
	PGresult *all = PQexecParams(conn, "SELECT seq, time, status, hash FROM gazetted.ledger "
		"ORDER BY seq", 0, NULL, NULL, NULL, NULL, 1);
	uint8_t before[LEDGER_HASH] = {0}, hash[LEDGER_HASH];
	int count = PQntuples(all);

	for (int i = 0; i < count; i++) {
		struct ledger_row row = {.kind = LEDGER_POLL, .partner = "county", .topic = "/f",
			.peer = "h", .seq = pg_int(all, i, 0), .time_ms = pg_int(all, i, 1),
			.status = (int32_t)pg_int(all, i, 2)};

		CHECK_INT(row.seq, i + 1);
		ledger_hash_bytes("x", 1, row.body);
		ledger_hash_row(before, &row, hash);
		CHECK(memcmp(hash, PQgetvalue(all, i, 3), LEDGER_HASH) == 0);
		memcpy(before, hash, LEDGER_HASH);
	}
	PQclear(all);
	PQfinish(conn);
	return (size_t)count;
}

/* Two nodes write one chain: each goes on from where the other stopped. */
TEST(the_ledger_is_one_chain_for_all_nodes)
{
	struct store *a, *b;
	const char *uri;

	engine_use_postgres();
	uri = engine_uri("sqlite:ledger.db");
	loop = loop_create("test");
	a = open_node(uri, "a", true);
	b = open_node(uri, "b", true);
	for (int i = 0; i < 600; i++) /* more than one call of a batch */
		append(a, i);
	for (int i = 0; i < 5; i++) {
		append(b, 1000 + i);
		request(a, i, NULL);
		append(a, 2000 + i);
		store_flush(i % 2 ? a : b);
	}
	store_flush(a);
	store_flush(b);
	CHECK_INT(verify_chain(uri), 610);
	store_close(a);
	store_close(b);
	loop_destroy(loop);
}

/* What a backup of the database holds is of no use to sign with. */
TEST(secrets_are_sealed_in_the_database)
{
	static const char keys[] =
		"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";
	const char *uri;
	char secret[16] = "";
	struct seal *seal;
	struct store *store;
	struct error err;

	engine_use_postgres();
	uri = engine_uri("sqlite:sealed.db");
	loop = loop_create("test");
	CHECK(seal_parse("keys", keys, strlen(keys), &seal, &err));
	CHECK(store_open(loop, &(struct store_settings){.uri = uri, .seal = seal}, &store, &err));
	sub_request(store, &(struct store_intent){.topic = "/f", .topic_asked = "http://x/f",
		.callback = "http://h/1", .host_key = "http://h:80", .lease_s = 1000,
		.secret = "sesame", .secret_len = 6}, on_request, NULL);
	store_flush(store);
	sub_confirm(store, said.id, on_status, NULL);
	store_flush(store);
	CHECK_INT(said.status, STORE_OK);
	sub_list(store, NULL, on_secrets, secret);
	store_flush(store);
	CHECK_STR(secret, "sesame");
	CHECK_INT(engine_count(uri, "SELECT count(*) FROM gazetted.sub WHERE "
				    "position('sesame'::bytea IN secret) = 0 "
				    "AND length(secret) > 6"), 1);
	store_close(store);
	seal_destroy(seal);
	loop_destroy(loop);
}

TEST(a_schema_that_is_missing_or_newer_is_refused)
{
	struct store_settings settings = {0};
	struct store *store;
	struct error err;
	const char *uri;

	engine_use_postgres();
	loop = loop_create("test");
	uri = engine_uri("sqlite:schema.db");
	settings.uri = uri;
	engine_change(uri, "INSERT INTO gazetted.schema_version VALUES (1000)");
	CHECK(!store_open(loop, &settings, &store, &err));
	CHECK(strstr(err.text, "newer"));
	engine_change(uri, "DROP SCHEMA gazetted CASCADE");
	CHECK(!store_open(loop, &settings, &store, &err));
	CHECK(strstr(err.text, "--store-init"));
	loop_destroy(loop);
}

/* ---- hosts ---- */

static const char *host_of(struct pg_hosts *hosts, int64_t now, int64_t *wait)
{
	const char *const *values;
	const char *const *keywords = pg_hosts_next(hosts, now, &values, wait);

	for (size_t i = 0; keywords && keywords[i]; i++) {
		if (strcmp(keywords[i], "host") == 0)
			return values[i];
	}
	return NULL;
}

TEST(hosts_are_tried_in_turn_and_the_pause_grows)
{
	struct pg_hosts *hosts;
	struct error err;
	int64_t wait = 0, now = 1000;

	CHECK(pg_hosts_parse("postgresql://u:secret@a,b,c/db?sslmode=disable", NULL, &hosts, &err));
	CHECK_STR(pg_hosts_name(hosts), "a,b,c/db");
	CHECK_STR(host_of(hosts, now, &wait), "a");
	CHECK_STR(host_of(hosts, now, &wait), "b");
	CHECK_STR(host_of(hosts, now, &wait), "c");
	CHECK_STR(host_of(hosts, now, &wait), NULL);
	CHECK_INT(wait, PG_PAUSE_FIRST_MS);
	CHECK_STR(host_of(hosts, now + 50, &wait), NULL);
	CHECK_INT(wait, PG_PAUSE_FIRST_MS - 50);
	now += wait + 50;
	CHECK_STR(host_of(hosts, now, &wait), "a");
	CHECK_STR(host_of(hosts, now, &wait), "b");
	pg_hosts_good(hosts); /* b: and the next time it is the first */
	CHECK_STR(host_of(hosts, now, &wait), "b");
	CHECK_STR(host_of(hosts, now, &wait), "c");
	CHECK_STR(host_of(hosts, now, &wait), "a");
	for (int round = 0; round < 20; round++) {
		CHECK_STR(host_of(hosts, now, &wait), NULL);
		CHECK(wait <= PG_PAUSE_MOST_MS);
		now += wait;
		for (int i = 0; i < 3; i++)
			CHECK(host_of(hosts, now, &wait) != NULL);
	}
	CHECK_STR(host_of(hosts, now, &wait), NULL);
	CHECK_INT(wait, PG_PAUSE_MOST_MS);
	pg_hosts_destroy(hosts);
	CHECK(!pg_hosts_parse("postgresql://u:secret@[", NULL, &hosts, &err));
	CHECK(!strstr(err.text, "secret"));
}
#else
TEST(built_without_libpq)
{
	CHECK(!engine_server());
}
#endif
