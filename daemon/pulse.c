/*
 * pulse.c: signs of life. Each worker is asked every second and answers with its counters:
 * how long it took is its lag. The main loop's turns are measured from waking to sleeping,
 * commits included. systemd's watchdog is told that all is well only when every loop has
 * moved since the last time, so that one worker that hangs is as good as a daemon that does.
 */
#include <time.h>

#include "daemon/control/log.h"
#include "daemon/control/notify.h"
#include "daemon/daemon_internal.h"
#include "daemon/hub/hub.h"
#include "daemon/loop/loop.h"

enum { SILENT_US = 400000, MINUTE_US = 60 * 1000000 };
static const double beat_s = 1.;

static int64_t mono_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static bool is_any_out(const struct daemon *daemon)
{
	for (size_t i = 0; i < daemon->worker_count; i++) {
		if (daemon->pulse.is_out[i])
			return true;
	}
	return false;
}

bool pulse_is_silent(const struct daemon *daemon, size_t worker)
{
	return daemon->pulse.is_out[worker] &&
		mono_us() - daemon->pulse.beats[worker].asked_us > SILENT_US;
}

static void on_beat_answer(void *context, struct worker_beat *beat)
{
	struct daemon *daemon = context;
	struct pulse *pulse = &daemon->pulse;
	size_t index = (size_t)(beat - pulse->beats);

	pulse->is_out[index] = false;
	pulse->has_beaten[index] = true;
	histogram_add(&pulse->lag, (double)beat->lag_us / 1e6);
	if (pulse->asked && !is_any_out(daemon)) {
		void (*asked)(struct daemon *) = pulse->asked;

		pulse->asked = NULL;
		asked(daemon);
	}
}

void pulse_ask(struct daemon *daemon)
{
	for (size_t i = 0; i < daemon->worker_count; i++) {
		struct worker_beat *beat = &daemon->pulse.beats[i];

		if (daemon->pulse.is_out[i] || !daemon->workers[i])
			continue;
		daemon->pulse.is_out[i] = true;
		beat->done = on_beat_answer;
		beat->context = daemon;
		worker_ask_beat(daemon->workers[i], beat);
	}
}

/* The counters only grow: a minute is their difference. */
static struct chart_minute counters(const struct daemon *daemon)
{
	struct hub_counts counts = {0};

	if (daemon->hub)
		hub_get_counts(daemon->hub, &counts);
	return (struct chart_minute){counts.delivered, counts.failed};
}

static void count_minute(struct daemon *daemon)
{
	struct pulse *pulse = &daemon->pulse;
	struct chart_minute now = counters(daemon);

	pulse->minutes[pulse->minute] = (struct chart_minute){
		now.delivered - pulse->before.delivered, now.failed - pulse->before.failed};
	if (!pulse->minute_us)
		pulse->minute_us = mono_us();
	for (; mono_us() - pulse->minute_us >= MINUTE_US; pulse->minute_us += MINUTE_US) {
		pulse->minute = (pulse->minute + 1) % CHART_MINUTES;
		pulse->minutes[pulse->minute] = (struct chart_minute){0};
		pulse->before = now;
	}
}

void pulse_get_minutes(const struct daemon *daemon, struct chart_minute *out)
{
	for (size_t i = 0; i < CHART_MINUTES; i++)
		out[i] = daemon->pulse.minutes[(daemon->pulse.minute + 1 + i) % CHART_MINUTES];
}

static void on_beat(struct ev_loop *ev, ev_timer *timer, int events)
{
	(void)ev, (void)events;
	count_minute(timer->data);
	pulse_ask(timer->data);
}

static void on_watchdog(struct ev_loop *ev, ev_timer *timer, int events)
{
	struct daemon *daemon = timer->data;
	struct pulse *pulse = &daemon->pulse;

	(void)ev, (void)events;
	for (size_t i = 0; i < daemon->worker_count; i++) {
		if (!pulse->has_beaten[i]) {
			log_error("worker-%zu: no sign of life for %.1f s", i, timer->repeat);
			return;
		}
	}
	for (size_t i = 0; i < daemon->worker_count; i++)
		pulse->has_beaten[i] = false;
	notify_watchdog();
}

static void on_wake(struct ev_loop *ev, ev_check *check, int events)
{
	(void)ev, (void)events;
	((struct daemon *)check->data)->pulse.woke_us = mono_us();
}

static void on_sleep(struct ev_loop *ev, ev_prepare *prepare, int events)
{
	struct pulse *pulse = &((struct daemon *)prepare->data)->pulse;

	(void)ev, (void)events;
	if (pulse->woke_us)
		histogram_add(&pulse->turn, (double)(mono_us() - pulse->woke_us) / 1e6);
}

void pulse_start(struct daemon *daemon)
{
	struct pulse *pulse = &daemon->pulse;
	struct ev_loop *ev = loop_ev(daemon->loop);
	double watchdog_s = notify_watchdog_interval_s();
	double every_s = watchdog_s > 0 && watchdog_s / 3 < beat_s ? watchdog_s / 3 : beat_s;

	ev_timer_init(&pulse->beat, on_beat, 0., every_s);
	ev_timer_init(&pulse->watchdog, on_watchdog, watchdog_s, watchdog_s);
	ev_prepare_init(&pulse->sleeps, on_sleep);
	ev_check_init(&pulse->wakes, on_wake);
	ev_set_priority(&pulse->sleeps, EV_MINPRI); /* after the store's commit */
	ev_set_priority(&pulse->wakes, EV_MAXPRI);
	pulse->beat.data = pulse->watchdog.data = daemon;
	pulse->sleeps.data = pulse->wakes.data = daemon;
	ev_timer_start(ev, &pulse->beat);
	ev_prepare_start(ev, &pulse->sleeps);
	ev_check_start(ev, &pulse->wakes);
	if (watchdog_s > 0)
		ev_timer_start(ev, &pulse->watchdog);
}

void pulse_stop(struct daemon *daemon)
{
	struct ev_loop *ev = loop_ev(daemon->loop);

	daemon->pulse.asked = NULL;
	ev_timer_stop(ev, &daemon->pulse.beat);
	ev_timer_stop(ev, &daemon->pulse.watchdog);
	ev_prepare_stop(ev, &daemon->pulse.sleeps);
	ev_check_stop(ev, &daemon->pulse.wakes);
}
