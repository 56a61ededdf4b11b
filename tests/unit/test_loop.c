/* test_loop.c: messages between threads. */
#include "daemon/loop/loop.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "feeds/base/mem.h"
#include "tests/unit/harness.h"

enum { SENDERS = 4, MESSAGES = 2000 };

struct note {
	struct message message;
	struct loop *loop;
	int sender, number;
};

static struct loop *receiver;
static int last[SENDERS], count; /* of the receiver's thread until it is joined */

static void run_note(struct message *message)
{
	struct note *note = (struct note *)message;

	CHECK_INT(note->number, last[note->sender] + 1); /* the order of one sender is kept */
	last[note->sender] = note->number;
	if (++count == SENDERS * MESSAGES)
		loop_stop(note->loop);
	free(note);
}

static struct message *make_note(int sender, int number)
{
	struct note *note = mem_alloc(sizeof(*note));

	*note = (struct note){.message = {.run = run_note}, .loop = receiver,
		.sender = sender, .number = number};
	return &note->message;
}

/* One by one and as lists. */
static void *send_notes(void *argument)
{
	int sender = *(int *)argument;

	for (int i = 1; i <= MESSAGES; i += 4) {
		struct message *first = make_note(sender, i + 1);
		struct message *second = make_note(sender, i + 2);

		loop_post(receiver, make_note(sender, i));
		first->next = second;
		second->next = make_note(sender, i + 3);
		loop_post_list(receiver, first, second->next);
	}
	return NULL;
}

TEST(messages_keep_their_order)
{
	pthread_t threads[SENDERS];
	int numbers[SENDERS];

	receiver = loop_create("receiver");
	loop_start(receiver);
	for (int i = 0; i < SENDERS; i++) {
		numbers[i] = i;
		CHECK(pthread_create(&threads[i], NULL, send_notes, &numbers[i]) == 0);
	}
	for (int i = 0; i < SENDERS; i++)
		pthread_join(threads[i], NULL);
	loop_join(receiver);
	CHECK_INT(count, SENDERS * MESSAGES);
	loop_destroy(receiver);
}

static void run_look(struct message *message)
{
	last[0] = getpriority(PRIO_PROCESS, 0);
	loop_stop(receiver);
	free(message);
}

TEST(a_thread_goes_behind_who_started_it)
{
	struct message *message = mem_alloc(sizeof(*message));
	int own = getpriority(PRIO_PROCESS, 0), expected = own + 7 < 19 ? own + 7 : 19;

	receiver = loop_create("polite");
	loop_set_nice(receiver, 7);
	message->run = run_look;
	loop_post(receiver, message);
	loop_start(receiver);
	loop_join(receiver);
	loop_destroy(receiver);
	CHECK_INT(last[0], expected);
	CHECK_INT(getpriority(PRIO_PROCESS, 0), own);
}

static void run_count(struct message *message)
{
	count++;
	free(message);
}

TEST(what_is_in_the_mailbox_runs_before_the_end)
{
	struct loop *loop = loop_create("short");
	struct message *message = mem_alloc(sizeof(*message));

	message->run = run_count;
	loop_post(loop, message);
	CHECK_INT(count, 0);
	loop_destroy(loop);
	CHECK_INT(count, 1);
	loop_destroy(NULL);
}

TEST(clocks)
{
	struct loop *loop = loop_create("clock");
	int64_t before = loop_mono_ms(loop);

	CHECK(loop_wall_ms(loop) > INT64_C(1600000000000));
	CHECK(loop_mono_ms(loop) >= before);
	CHECK(loop_ev(loop) != NULL);
	loop_destroy(loop);
}
