/*
 * test_http_cost.c: what a request that is answered from the table costs: no call of the system
 * but the socket's, no memory. The serving thread is put under a filter that lets nothing else
 * pass and ends the test otherwise; it cannot be taken off, so the test ends there.
 */
#include "daemon/http/server.h"

#include <ev.h>
#include <seccomp.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "daemon/loop/loop.h"
#include "tests/unit/harness.h"
#include "tests/unit/http_rig.h"

enum { ROUNDS = 200 };

/* Only the sanitizers of the test build tell of memory. */
extern int __sanitizer_install_malloc_and_free_hooks(
	void (*on_malloc)(const volatile void *, size_t), void (*on_free)(const volatile void *))
	__attribute__((weak));

static _Thread_local bool is_serving;
static atomic_int allocations;

static void on_malloc(const volatile void *at, size_t size)
{
	(void)at, (void)size;
	allocations += is_serving;
}

static void on_free(const volatile void *at)
{
	(void)at;
}

static void on_timer(struct ev_loop *ev, ev_timer *timer, int events)
{
	(void)ev, (void)timer, (void)events;
}

/* libev makes room for what is due when the first timer is; the server's is in a second. */
static void let_a_timer_end(struct rig *rig)
{
	ev_timer timer;

	ev_timer_init(&timer, on_timer, 0., 0.);
	ev_timer_start(loop_ev(rig->loop), &timer);
	ev_run(loop_ev(rig->loop), EVRUN_NOWAIT);
}

/* epoll and the socket; a clock, which is no call where the kernel shares it; the mailbox, by
 * which the test itself speaks to the thread. */
static void confine(struct rig *rig, void *argument)
{
	static const int calls[] = {SYS_epoll_wait, SYS_epoll_pwait, SYS_epoll_pwait2, SYS_recvfrom,
		SYS_sendto, SYS_sendmsg, SYS_clock_gettime, SYS_gettimeofday, SYS_futex, SYS_read,
		SYS_write};
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);

	let_a_timer_end(rig);
	CHECK(filter && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		CHECK(seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0) == 0);
	*(int *)argument = seccomp_load(filter); /* the filter's memory is left: it is the end */
	is_serving = true;
}

static void ask_for_all(struct rig *rig, const char *tag)
{
	char pipelined[1024];
	struct buf answer = {0};
	int fd = rig->fd;

	CHECK_INT(get(rig, "/feed.atom", tag), 304);
	CHECK_INT(get(rig, "/small", ""), 200);
	CHECK_INT(get(rig, "/feed.atom?x=1", ""), 200);
	CHECK_INT(get(rig, "/feed.atom", "Accept-Encoding: br, gzip;q=0.5\r\n"), 200);
	CHECK_INT(request(rig, "HEAD", "/feed.atom", ""), 200);
	CHECK_INT(get(rig, "/none", ""), 404);
	snprintf(pipelined, sizeof(pipelined), "GET /feed.atom HTTP/1.1\r\nHost: x\r\n%s\r\n"
		"GET /small HTTP/1.1\r\nHost: x\r\n\r\n", tag);
	say_text(fd, pipelined);
	CHECK_INT(hear(fd, &answer, false), 304);
	CHECK_INT(hear(fd, &answer, true), 200);
	buf_finish(&answer);
}

TEST(no_call_but_the_sockets_and_no_memory)
{
	struct rig rig = {0};
	char tag[128] = "", *at;
	int failed = 0;

	if (__sanitizer_install_malloc_and_free_hooks)
		CHECK(__sanitizer_install_malloc_and_free_hooks(on_malloc, on_free));
	rig_start(&rig);
	CHECK_INT(get(&rig, "/feed.atom", ""), 200);
	at = strstr(rig.answer.bytes, "ETag: ");
	snprintf(tag, sizeof(tag), "If-None-Match: %.*s\r\n", (int)strcspn(at + 6, "\r"), at + 6);
	ask_for_all(&rig, tag); /* what is made once is made */
	rig_on_loop(&rig, confine, &failed);
	if (failed) {
		printf("skipped: seccomp: %s\n", strerror(-failed));
		rig_stop(&rig);
		return;
	}
	allocations = 0;
	for (int i = 0; i < ROUNDS; i++)
		ask_for_all(&rig, tag);
	CHECK_INT(allocations, 0);
	_exit(0);
}
