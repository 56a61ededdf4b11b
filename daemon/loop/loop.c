/*
 * loop.c: see loop.h. The mailbox is a list under a mutex, held for a few instructions; an
 * ev_async wakes the receiver. A turn takes the whole list at once.
 */
#include "daemon/loop/loop.h"

#include <ev.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "feeds/base/mem.h"

struct loop {
	struct ev_loop *ev;        /* owns */
	pthread_mutex_t lock;      /* guards first, last */
	struct message *first, **last;
	ev_async wake;
	pthread_t thread;
	char name[16];
	int nice;                  /* of the thread, more than of who starts it */
};

static struct message *take_all(struct loop *loop)
{
	struct message *messages;

	pthread_mutex_lock(&loop->lock);
	messages = loop->first;
	loop->first = NULL;
	loop->last = &loop->first;
	pthread_mutex_unlock(&loop->lock);
	return messages;
}

static void run_mailbox(struct loop *loop)
{
	struct message *message = take_all(loop), *next;

	for (; message; message = next) {
		next = message->next; /* run may free it */
		message->run(message);
	}
}

static void on_wake(struct ev_loop *ev, ev_async *async, int events)
{
	(void)ev, (void)events;
	run_mailbox(async->data);
}

struct loop *loop_create(const char *name)
{
	struct loop *loop = mem_alloc(sizeof(*loop));

	loop->ev = ev_loop_new(EVFLAG_AUTO | EVFLAG_NOENV);
	if (!loop->ev)
		abort();
	snprintf(loop->name, sizeof(loop->name), "%s", name);
	pthread_mutex_init(&loop->lock, NULL);
	loop->last = &loop->first;
	ev_async_init(&loop->wake, on_wake);
	loop->wake.data = loop;
	ev_async_start(loop->ev, &loop->wake);
	return loop;
}

void loop_destroy(struct loop *loop)
{
	if (!loop)
		return;
	run_mailbox(loop);
	ev_async_stop(loop->ev, &loop->wake);
	ev_loop_destroy(loop->ev);
	pthread_mutex_destroy(&loop->lock);
	free(loop);
}

void loop_flush(struct loop *loop)
{
	run_mailbox(loop);
}

struct ev_loop *loop_ev(struct loop *loop)
{
	return loop->ev;
}

void loop_post_list(struct loop *loop, struct message *first, struct message *last)
{
	last->next = NULL;
	pthread_mutex_lock(&loop->lock);
	*loop->last = first;
	loop->last = &last->next;
	pthread_mutex_unlock(&loop->lock);
	ev_async_send(loop->ev, &loop->wake);
}

void loop_post(struct loop *loop, struct message *message)
{
	loop_post_list(loop, message, message);
}

void loop_run(struct loop *loop)
{
	ev_run(loop->ev, 0);
}

static void *thread_main(void *context)
{
	struct loop *loop = context;

	pthread_setname_np(pthread_self(), loop->name);
	if (loop->nice) /* of this thread alone; where it is not permitted all are equal */
		setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + loop->nice);
	loop_run(loop);
	return NULL;
}

void loop_set_nice(struct loop *loop, int by)
{
	loop->nice = by;
}

/* Signals belong to the main loop; the new thread inherits a full mask. */
void loop_start(struct loop *loop)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_create(&loop->thread, NULL, thread_main, loop) != 0)
		abort();
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void loop_join(struct loop *loop)
{
	pthread_join(loop->thread, NULL);
}

void loop_stop(struct loop *loop)
{
	ev_break(loop->ev, EVBREAK_ALL);
}

int64_t loop_wall_ms(struct loop *loop)
{
	struct timespec now;

	(void)loop;
	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t loop_mono_ms(struct loop *loop)
{
	struct timespec now;

	(void)loop;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
