/* recall_bell.c: see recall_bell.h. */
#include "daemon/recall_bell.h"

#include <errno.h>
#include <ev.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/config.h"
#include "daemon/command.h"
#include "daemon/control/log.h"
#include "daemon/loop/loop.h"
#include "daemon/recall_watch.h"
#include "daemon/store/escalation.h"
#include "daemon/store/ledger.h"
#include "daemon/store/recalls.h"
#include "daemon/store/store.h"
#include "feeds/article.h"
#include "feeds/base/arena.h"
#include "feeds/base/buf.h"
#include "feeds/base/mem.h"
#include "feeds/stamp.h"

enum { LOOK_LEAST_MS = 1000 };

struct recall_bell {
	struct loop *loop;
	struct store *store;       /* borrows; NULL = stopped */
	const struct config *config; /* borrows */
	struct recall_watch *watch; /* owns */
	struct commands *commands; /* owns */
	struct escalations told;
	ev_timer look;
};

/* ---- telling ---- */

static void add_partners(struct buf *out, const struct escalation *escalation, char between)
{
	for (size_t i = 0; i < escalation->count; i++) {
		if (i)
			buf_add_char(out, between);
		buf_add_str(out, escalation->waiting[i]->partner);
	}
}

/* The largest unit that says it exactly. */
static const char *duration(struct arena *arena, int32_t seconds)
{
	return seconds % 86400 == 0 ? arena_printf(arena, "%dd", seconds / 86400) :
	       seconds % 3600 == 0  ? arena_printf(arena, "%dh", seconds / 3600) :
	       seconds % 60 == 0    ? arena_printf(arena, "%dm", seconds / 60) :
				      arena_printf(arena, "%ds", seconds);
}

/* A warning, and an error when it was told before. */
static void tell_log(const struct recall_bell *bell, struct arena *arena,
	const struct escalation *escalation)
{
	struct buf partners = {0};
	int32_t attempts = 0;

	add_partners(&partners, escalation, ',');
	for (size_t i = 0; i < escalation->count; i++)
		attempts += escalation->waiting[i]->attempts;
	log_line(escalation->step > 1 ? LOG_LEVEL_ERROR : LOG_LEVEL_WARN,
		"recall: open for %s step=%zu/%zu article=%s failed_attempts=%d partners=%s",
		duration(arena, escalation->age_s), escalation->step,
		bell->config->recalls.escalate.count, escalation->id, attempts,
		buf_text(&partners));
	buf_finish(&partners);
}

static void tell_ledger(struct recall_bell *bell, struct arena *arena,
	const struct escalation *escalation)
{
	for (size_t i = 0; i < escalation->count; i++)
		store_ledger_append(bell->store, &(struct ledger_row){
			.kind = LEDGER_ESCALATION,
			.partner = escalation->waiting[i]->partner,
			.contents = arena_printf(arena, "%s\t0\tescalated\n", escalation->id),
			.attempt = escalation->age_s,
			.time_ms = loop_wall_ms(bell->loop)}, 1);
}

static void tell_command(struct recall_bell *bell, struct arena *arena,
	const struct escalation *escalation)
{
	const struct config_strings *words = &bell->config->recalls.command;
	struct instant since = {escalation->since_ms, 0, true};
	struct buf partners = {0}, time = {0};

	if (!words->count)
		return;
	add_partners(&partners, escalation, ' ');
	stamp_add_rfc3339(&time, &since);
	commands_run(bell->commands, &(struct command){
		.label = arena_printf(arena, "article=%s", escalation->id),
		.words = words->items,
		.word_count = words->count,
		.facts = (const char *const[]){
			arena_printf(arena, "GAZETTED_ARTICLE=%s", escalation->id),
			arena_printf(arena, "GAZETTED_PARTNERS=%s", buf_text(&partners)),
			arena_printf(arena, "GAZETTED_RECALLED=%s", buf_text(&time)),
			arena_printf(arena, "GAZETTED_AGE=%d", escalation->age_s),
			arena_printf(arena, "GAZETTED_STEP=%zu", escalation->step),
			arena_printf(arena, "GAZETTED_STEPS=%zu",
				bell->config->recalls.escalate.count)},
		.fact_count = 6,
		.limit_ms = bell->config->recalls.timeout_ms});
	buf_finish(&partners);
	buf_finish(&time);
}

static void tell(void *context, const struct escalation *escalation)
{
	struct recall_bell *bell = context;
	struct arena *arena = arena_create();

	tell_log(bell, arena, escalation);
	tell_ledger(bell, arena, escalation);
	tell_command(bell, arena, escalation);
	arena_destroy(arena);
}

/* ---- looking ---- */

static void look_in(struct recall_bell *bell, int64_t ms)
{
	ev_timer_stop(loop_ev(bell->loop), &bell->look);
	ev_timer_set(&bell->look, (double)(ms > LOOK_LEAST_MS ? ms : LOOK_LEAST_MS) / 1000., 0.);
	ev_timer_start(loop_ev(bell->loop), &bell->look);
}

static bool is_on(const struct recall_bell *bell)
{
	return bell->store && bell->config->partner_count &&
		bell->config->recalls.escalate.count;
}

/* A recall of which nothing is known yet is not due before the first step has passed. */
static void on_read(void *context, const struct recall *open, size_t count)
{
	struct recall_bell *bell = context;
	const struct config_durations *ages = &bell->config->recalls.escalate;
	struct escalation_steps steps = {ages->ms, ages->count};
	int64_t now_ms = loop_wall_ms(bell->loop), next_ms;

	if (!is_on(bell))
		return;
	next_ms = escalations_review(&bell->told, open, count, &steps, now_ms, tell, bell);
	if (next_ms > now_ms + ages->ms[0])
		next_ms = now_ms + ages->ms[0];
	look_in(bell, next_ms - now_ms);
}

/* What is due may not be read yet; if so, it is asked for again. */
static void on_look(struct ev_loop *ev, ev_timer *timer, int events)
{
	struct recall_bell *bell = timer->data;
	size_t count;

	(void)ev, (void)events;
	if (!is_on(bell))
		return;
	recall_watch_get(bell->watch, &count);
	look_in(bell, LOOK_LEAST_MS);
}

static void warn_of_command(const struct recall_bell *bell)
{
	const struct config_strings *words = &bell->config->recalls.command;

	if (is_on(bell) && words->count && access(words->items[0], X_OK) != 0)
		log_warn("recalls.command: %s cannot be run: %s", words->items[0],
			strerror(errno));
}

void recall_bell_reload(struct recall_bell *bell)
{
	if (!bell)
		return;
	warn_of_command(bell);
	look_in(bell, LOOK_LEAST_MS);
}

struct recall_bell *recall_bell_create(struct loop *loop, struct store *store,
	const struct config *config, const char *path)
{
	struct recall_bell *bell = mem_alloc(sizeof(*bell));

	bell->loop = loop;
	bell->store = store;
	bell->config = config;
	bell->watch = recall_watch_create(loop, path, on_read, bell);
	bell->commands = commands_create(loop);
	ev_timer_init(&bell->look, on_look, 0., 0.);
	bell->look.data = bell;
	recall_bell_reload(bell);
	return bell;
}

void recall_bell_stop(struct recall_bell *bell)
{
	if (!bell)
		return;
	ev_timer_stop(loop_ev(bell->loop), &bell->look);
	commands_destroy(bell->commands);
	bell->commands = NULL;
	bell->store = NULL;
}

void recall_bell_destroy(struct recall_bell *bell)
{
	if (!bell)
		return;
	recall_bell_stop(bell);
	recall_watch_destroy(bell->watch);
	escalations_finish(&bell->told);
	free(bell);
}

struct recall_watch *recall_bell_watch(struct recall_bell *bell)
{
	return bell->watch;
}
