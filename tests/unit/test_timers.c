/*
 * test_timers.c: the queues of waiting connections, with a clock of our own. What expires
 * is only recorded and leaves its queue.
 */
#include "daemon/http/server_internal.h"
#include "tests/unit/harness.h"

enum { IDLE = 60000, HEAD = 10000, BODY = 30000, SEND = 60000 };

static const struct conn *expired[8];
static int expired_count;

void conn_expire(struct conn *conn)
{
	expired[expired_count++] = conn;
	timers_leave(conn);
}

static struct http_server server = {.limits = {.idle_ms = IDLE, .header_ms = HEAD,
	.body_ms = BODY, .send_ms = SEND}};
static struct conn conns[3];

static void start(enum conn_state state)
{
	expired_count = 0;
	server.now_ms = 1000000;
	for (int i = 0; i < 3; i++) {
		conns[i] = (struct conn){.server = &server, .state = CONN_STATES};
		timers_enter(&conns[i], state);
		server.now_ms += 100;
	}
}

static void run_at(int64_t ms)
{
	server.now_ms = 1000000 + ms;
	timers_run(&server);
}

TEST(idle_ones_expire_in_order)
{
	start(CONN_IDLE);
	CHECK_INT(server.queues[CONN_IDLE].count, 3);
	run_at(IDLE - 1);
	CHECK_INT(expired_count, 0);
	run_at(IDLE);
	CHECK_INT(expired_count, 1);
	CHECK(expired[0] == &conns[0]);
	run_at(IDLE + 200);
	CHECK_INT(expired_count, 3);
	CHECK(expired[1] == &conns[1] && expired[2] == &conns[2]);
	CHECK(server.queues[CONN_IDLE].count == 0 && !server.queues[CONN_IDLE].first);
}

TEST(a_request_costs_one_store_and_gives_the_time_again)
{
	start(CONN_IDLE);
	conns[0].base_ms = 1000000 + IDLE - 10; /* what answering does */
	run_at(IDLE + 200);
	CHECK_INT(expired_count, 2);
	CHECK(server.queues[CONN_IDLE].last == &conns[0]);
	run_at(2 * IDLE - 11);
	CHECK_INT(expired_count, 2);
	run_at(2 * IDLE - 10);
	CHECK_INT(expired_count, 3);
}

TEST(a_head_has_its_time_whatever_drips_in)
{
	start(CONN_HEAD);
	for (int i = 0; i < 3; i++)
		conns[i].moved += 100000;
	run_at(HEAD - 1);
	CHECK_INT(expired_count, 0);
	run_at(HEAD + 200);
	CHECK_INT(expired_count, 3);
}

TEST(a_body_and_an_answer_live_while_they_move_fast_enough)
{
	static const enum conn_state states[] = {CONN_BODY, CONN_SEND};

	for (int s = 0; s < 2; s++) {
		int64_t span = states[s] == CONN_BODY ? BODY : SEND;
		uint32_t enough = (uint32_t)(span * 512 / 1000);

		start(states[s]);
		conns[0].moved = enough;
		conns[1].moved = enough - 1;
		run_at(span + 200);
		CHECK_INT(expired_count, 2);
		CHECK_INT(conns[0].moved, 0); /* from now on it must do as much again */
		conns[0].moved = 1;
		run_at(2 * span + 199);
		CHECK_INT(expired_count, 2);
		run_at(2 * span + 200);
		CHECK_INT(expired_count, 3);
	}
}

TEST(a_call_waits_for_ever_and_a_refusal_lingers_shortly)
{
	start(CONN_CALL);
	run_at(INT64_C(365) * 86400 * 1000);
	CHECK_INT(expired_count, 0);
	for (int i = 0; i < 3; i++)
		timers_leave(&conns[i]);
	start(CONN_LINGER);
	run_at(10000);
	CHECK_INT(expired_count, 3);
}

TEST(moving_between_queues_and_new_limits)
{
	start(CONN_IDLE);
	timers_enter(&conns[1], CONN_HEAD);
	CHECK_INT(server.queues[CONN_IDLE].count, 2);
	CHECK(server.queues[CONN_IDLE].first->next == &conns[2]);
	CHECK(conns[2].prev == &conns[0]);
	server.limits.idle_ms = 1000;
	timers_reset(&server);
	run_at(1200);
	CHECK_INT(expired_count, 2);
	run_at(HEAD + 300);
	CHECK_INT(expired_count, 3);
	timers_leave(&conns[1]); /* a second time does nothing */
}
