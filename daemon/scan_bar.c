/*
 * scan_bar.c: how far the first scan is, for who started the daemon in a terminal. Elsewhere
 * there is no bar and no timer.
 */
#include <ev.h>

#include "daemon/control/log.h"
#include "daemon/control/progress.h"
#include "daemon/daemon_internal.h"
#include "daemon/loop/loop.h"
#include "daemon/site/status.h"

static const double tick_s = .2;

static void on_tick(struct ev_loop *ev, ev_timer *timer, int events)
{
	struct daemon *daemon = timer->data;
	struct site_status status;
	int64_t total;

	(void)ev, (void)events;
	site_get_status(daemon->site, &status);
	total = (int64_t)(status.published + status.waiting + status.rejected + status.queued);
	if (!total)
		return;
	log_set_bar(true);
	progress_set(&daemon->scan.bar, total - (int64_t)status.queued, total);
}

void scan_bar_start(struct daemon *daemon)
{
	progress_begin(&daemon->scan.bar, "first scan");
	ev_timer_init(&daemon->scan.tick, on_tick, tick_s, tick_s);
	daemon->scan.tick.data = daemon;
	if (daemon->scan.bar.is_shown)
		ev_timer_start(loop_ev(daemon->loop), &daemon->scan.tick);
}

void scan_bar_stop(struct daemon *daemon)
{
	ev_timer_stop(loop_ev(daemon->loop), &daemon->scan.tick);
	log_set_bar(false);
	progress_end(&daemon->scan.bar);
}
