/* press.c: see press.h. */
#include "daemon/site/press.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "daemon/http/snapshot.h"
#include "daemon/loop/loop.h"
#include "feeds/base/arena.h"
#include "feeds/base/mem.h"

enum { PRESS_NICE = 5 }; /* behind the main thread: what it makes is nicer to have, not newer */

struct press {
	struct loop *loop, *main;
	void (*done)(void *context, struct snapshot *full);
	void *context;
	size_t open;               /* the main thread's */
	atomic_bool is_ending;
	bool is_over;              /* the thread has ended; freed with the last order */
};

/* Goes to the press's thread and comes back. */
struct press_order {
	struct message message;
	struct press *press;
	struct arena *arena;       /* owns this and the texts of SPEC */
	struct snapshot_spec spec;
	struct snapshot *plain, *full; /* hold references */
};

static void order_end(struct press_order *order)
{
	snapshot_unref(order->plain);
	snapshot_unref(order->full);
	arena_destroy(order->arena);
}

static void run_back(struct message *message)
{
	struct press_order *order = (struct press_order *)message;
	struct press *press = order->press;
	struct snapshot *full = order->full;

	press->open--;
	order->full = NULL;
	order_end(order);
	if (full && !atomic_load(&press->is_ending))
		press->done(press->context, full);
	else
		snapshot_unref(full);
	if (press->is_over && !press->open)
		free(press);
}

static void run_press(struct message *message)
{
	struct press_order *order = (struct press_order *)message;

	if (!atomic_load(&order->press->is_ending)) {
		order->spec.body = snapshot_body(order->plain, &order->spec.len);
		order->full = snapshot_create(&order->spec);
	}
	order->message.run = run_back;
	loop_post(order->press->main, &order->message);
}

static void run_stop(struct message *message)
{
	struct press_order *order = (struct press_order *)message;

	loop_stop(order->press->loop);
	order_end(order);
}

static struct press_order *order_create(struct press *press, void (*run)(struct message *))
{
	struct arena *arena = arena_create();
	struct press_order *order = arena_alloc(arena, sizeof(*order));

	*order = (struct press_order){.message = {.run = run}, .press = press, .arena = arena};
	return order;
}

void press_order(struct press *press, const struct snapshot_spec *spec,
	struct snapshot *plain)
{
	struct press_order *order = order_create(press, run_press);

	order->spec = *spec;
	order->spec.path = arena_strdup(order->arena, spec->path);
	order->spec.link = arena_strdup(order->arena, spec->link);
	order->spec.etag = arena_strdup(order->arena, spec->etag);
	order->spec.content_type = arena_strdup(order->arena, spec->content_type);
	order->spec.browser_type = arena_strdup(order->arena, spec->browser_type);
	order->spec.csp = arena_strdup(order->arena, spec->csp);
	order->spec.language = arena_strdup(order->arena, spec->language);
	order->spec.other_language = arena_strdup(order->arena, spec->other_language);
	order->spec.other_path = arena_strdup(order->arena, spec->other_path);
	order->spec.compress = true;
	order->spec.is_provisional = false;
	order->plain = snapshot_ref(plain);
	press->open++;
	loop_post(press->loop, &order->message);
}

size_t press_open(const struct press *press)
{
	return press->open;
}

struct press *press_create(struct loop *main,
	void (*done)(void *context, struct snapshot *full), void *context)
{
	struct press *press = mem_alloc(sizeof(*press));

	press->main = main;
	press->done = done;
	press->context = context;
	press->loop = loop_create("press");
	loop_set_nice(press->loop, PRESS_NICE);
	loop_start(press->loop);
	return press;
}

void press_destroy(struct press *press)
{
	if (!press)
		return;
	atomic_store(&press->is_ending, true);
	loop_post(press->loop, &order_create(press, run_stop)->message);
	loop_join(press->loop);
	loop_destroy(press->loop);
	press->is_over = true;
	if (!press->open)
		free(press);
}
