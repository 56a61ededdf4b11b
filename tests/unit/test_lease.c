/* test_lease.c: nodes and an engine in simulated time: never two holders, and always one
 * again. */
#include <stdlib.h>

#include "daemon/lease.h"
#include "tests/unit/harness.h"

enum { TTL = 8000 };

static int64_t wake;

static void gain(struct lease *lease, int64_t now, int64_t epoch)
{
	CHECK_INT(lease_step(lease, now, &wake), LEASE_ASK);
	CHECK_INT(lease_answer(lease, now, LEASE_SAID_YES, epoch), LEASE_GAINED);
}

TEST(asks_at_once_and_every_quarter)
{
	struct lease lease;

	lease_init(&lease, TTL, 100);
	gain(&lease, 100, 1);
	CHECK_INT(lease_step(&lease, 100, &wake), LEASE_WAIT);
	CHECK_INT(wake, 100 + TTL / 4);
	for (int64_t now = wake, i = 0; i < 10; i++, now += TTL / 4) {
		CHECK_INT(lease_step(&lease, now, &wake), LEASE_ASK);
		CHECK_INT(lease_step(&lease, now, &wake), LEASE_WAIT);
		CHECK_INT(wake, now + TTL / 4 * 3 - TTL / 8);
		CHECK_INT(lease_answer(&lease, now + 3, LEASE_SAID_YES, 1), LEASE_AS_BEFORE);
		CHECK_INT(lease_step(&lease, now + 3, &wake), LEASE_WAIT);
		CHECK_INT(wake, now + TTL / 4);
	}
	CHECK(lease.is_held);
}

TEST(lets_go_while_the_engine_is_silent)
{
	struct lease lease;

	lease_init(&lease, TTL, 0);
	gain(&lease, 0, 1);
	CHECK_INT(lease_step(&lease, 2000, &wake), LEASE_ASK);
	/* no answer at all */
	CHECK_INT(lease_step(&lease, 6999, &wake), LEASE_WAIT);
	CHECK_INT(wake, 7000);
	CHECK_INT(lease_step(&lease, 7000, &wake), LEASE_LET_GO);
	CHECK(!lease.is_held);
	CHECK_INT(lease_step(&lease, 7000, &wake), LEASE_WAIT);
	/* an answer to what was asked long ago gives nothing */
	CHECK_INT(lease_answer(&lease, 9000, LEASE_SAID_YES, 1), LEASE_AS_BEFORE);
	CHECK(!lease.is_held);
	CHECK_INT(lease_step(&lease, 9000, &wake), LEASE_ASK);
	CHECK_INT(lease_answer(&lease, 9001, LEASE_SAID_YES, 1), LEASE_GAINED);
}

TEST(lets_go_when_it_was_stopped_for_a_minute)
{
	struct lease lease;

	lease_init(&lease, TTL, 0);
	gain(&lease, 0, 1);
	CHECK_INT(lease_step(&lease, 60000, &wake), LEASE_LET_GO);
	CHECK_INT(wake, 60000);
	CHECK_INT(lease_step(&lease, 60000, &wake), LEASE_ASK);
	CHECK_INT(lease_answer(&lease, 60001, LEASE_SAID_NO, 0), LEASE_AS_BEFORE);
	CHECK_INT(lease_step(&lease, 60001, &wake), LEASE_WAIT);
	CHECK_INT(wake, 60001 + TTL / 4);
}

TEST(an_answer_that_slept_with_us_is_not_relied_on)
{
	struct lease lease;

	lease_init(&lease, TTL, 0);
	CHECK_INT(lease_step(&lease, 0, &wake), LEASE_ASK);
	CHECK_INT(lease_answer(&lease, 60000, LEASE_SAID_YES, 4), LEASE_AS_BEFORE);
	CHECK(!lease.is_held);
}

TEST(another_epoch_means_that_another_had_it)
{
	struct lease lease;

	lease_init(&lease, TTL, 0);
	gain(&lease, 0, 1);
	CHECK_INT(lease_step(&lease, 2000, &wake), LEASE_ASK);
	CHECK_INT(lease_answer(&lease, 2001, LEASE_SAID_YES, 3), LEASE_GONE);
	gain(&lease, 2001, 3);
}

TEST(busy_is_asked_again_and_keeps_what_is_held)
{
	struct lease lease;

	lease_init(&lease, TTL, 0);
	gain(&lease, 0, 1);
	CHECK_INT(lease_step(&lease, 2000, &wake), LEASE_ASK);
	CHECK_INT(lease_answer(&lease, 2000, LEASE_SAID_NOTHING, 0), LEASE_AS_BEFORE);
	CHECK(lease.is_held);
	CHECK_INT(lease_step(&lease, 2000, &wake), LEASE_WAIT);
	CHECK_INT(wake, 2000 + TTL / 8);
}

TEST(what_was_refused_is_gone)
{
	struct lease lease;

	lease_init(&lease, TTL, 0);
	gain(&lease, 0, 1);
	lease_lose(&lease, 500);
	CHECK(!lease.is_held);
	CHECK_INT(lease_step(&lease, 500, &wake), LEASE_WAIT);
	CHECK_INT(wake, 2500);
}

/* ---- three nodes and an engine ---- */

enum { NODES = 3 };

struct node {
	struct lease lease;
	int64_t answer_at, stopped_until;
	enum lease_said said;
	int64_t epoch;
	bool is_answering;
};

struct engine {
	int64_t owner, epoch, until;
	int64_t away_until;
};

/* The engine acts somewhere between the question and the answer: here at the question's
 * arrival, up to 300 ms late. */
static void ask(struct engine *engine, int which, struct node *node, int64_t now)
{
	int64_t at = now + rand() % 300;

	node->is_answering = true;
	node->answer_at = at + rand() % 300;
	if (now < engine->away_until) {
		node->said = LEASE_SAID_NOTHING;
		node->answer_at = now + rand() % 5000;
		return;
	}
	if (engine->owner != which && at < engine->until) {
		node->said = LEASE_SAID_NO;
		return;
	}
	if (engine->owner != which)
		engine->epoch++;
	engine->owner = which;
	engine->until = at + TTL;
	node->said = LEASE_SAID_YES;
	node->epoch = engine->epoch;
}

static void run_node(struct engine *engine, int which, struct node *node, int64_t now)
{
	enum lease_do what;

	if (now < node->stopped_until)
		return;
	if (node->is_answering && now >= node->answer_at) {
		node->is_answering = false;
		lease_answer(&node->lease, now, node->said, node->epoch);
	}
	while ((what = lease_step(&node->lease, now, &wake)) != LEASE_WAIT) {
		if (what == LEASE_ASK)
			ask(engine, which, node, now);
	}
}

TEST(never_two_and_always_one_again)
{
	struct node nodes[NODES] = {0};
	struct engine engine = {.owner = -1};
	int64_t without_since = 0, last_fault = 0, changes = 0;
	int before = -1;

	srand(7);
	for (int i = 0; i < NODES; i++)
		lease_init(&nodes[i].lease, TTL, 0);
	for (int64_t now = 0; now < 24 * 3600 * 1000; now += 20) {
		int holders = 0, holder = -1;

		if (rand() % 1500 == 0) { /* every half a minute something stops */
			struct node *node = &nodes[rand() % NODES];

			last_fault = now + rand() % 20000;
			if (rand() % 4)
				node->stopped_until = last_fault;
			else
				engine.away_until = last_fault;
		}
		for (int i = 0; i < NODES; i++)
			run_node(&engine, i, &nodes[i], now);
		for (int i = 0; i < NODES; i++) {
			/* one that is stopped does nothing, whatever it believes */
			if (nodes[i].lease.is_held && now >= nodes[i].stopped_until) {
				holders++;
				holder = i;
			}
		}
		CHECK(holders <= 1);
		if (holders)
			without_since = now;
		changes += holders && holder != before;
		before = holders ? holder : before;
		if (now > last_fault + 3 * TTL)
			CHECK(now - without_since < 3 * TTL);
	}
	CHECK(changes > 100);
}
