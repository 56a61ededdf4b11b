/* engine.c: what all engines do alike: the queue of calls, and events told in batches. */
#include "daemon/store/engine.h"

#include "daemon/control/log.h"
#include "daemon/loop/loop.h"

static void on_awake(struct ev_loop *ev, ev_idle *idle, int events)
{
	(void)ev, (void)idle, (void)events;
}

void engine_init(struct store *store, const struct engine *engine, struct loop *loop,
	const struct store_settings *settings)
{
	struct store_base *base = (struct store_base *)store;

	base->engine = engine;
	base->ev = loop_ev(loop);
	base->on_event = settings->on_event;
	base->event_context = settings->context;
	op_list_init(&base->queue);
	ev_idle_init(&base->awake, on_awake);
}

void engine_queue(struct store *store, struct op *op)
{
	struct store_base *base = (struct store_base *)store;

	op_list_add(&base->queue, op);
	ev_idle_start(base->ev, &base->awake);
}

void engine_queue_read(struct store *store, struct op *op, op_exec *read)
{
	op->read = read;
	engine_queue(store, op);
}

void engine_raise(struct store *store, enum store_event event)
{
	struct store_base *base = (struct store_base *)store;

	if (!base->on_event)
		return;
	base->raised |= 1u << event;
	ev_idle_start(base->ev, &base->awake);
}

void engine_answer(struct store *store, struct op *op)
{
	for (struct op *next; op; op = next) {
		next = op->next;
		if (op->run(store, op))
			engine_queue_read(store, op, op->read);
		else
			op_destroy(op);
	}
}

void engine_tell(struct store *store)
{
	static const enum store_event events[] = {STORE_UP, STORE_DOWN, STORE_DOCS, STORE_WORK};
	struct store_base *base = (struct store_base *)store;
	unsigned raised = base->on_event ? base->raised : 0;

	base->raised = 0;
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		if (raised & 1u << events[i])
			base->on_event(base->event_context, events[i]);
}

void engine_tell_dropped(const char *topic, int64_t count)
{
	if (count > 0)
		log_info("store: debts dropped topic=%s count=%lld why=\"withdrawn\"", topic,
			(long long)count);
}
