/*
 * nodes.c: this node among others on one store. All of them serve and deliver; the one that
 * has the role "publisher" reads the articles and publishes. With a store of its own
 * (SQLite) a node has the role for good, and nothing here runs.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "config/config.h"
#include "daemon/control/log.h"
#include "daemon/daemon_internal.h"
#include "daemon/http/snapshot.h"
#include "daemon/hub/hub.h"
#include "daemon/loop/loop.h"
#include "daemon/site/copies.h"
#include "daemon/site/site.h"
#include "daemon/store/store.h"
#include "daemon/watch/watch.h"
#include "daemon/worker.h"
#include "feeds/base/arena.h"
#include "feeds/base/error.h"

enum {
	ROLE_TTL_MS = 8000,
	TOPICS_EVERY = 5,          /* looks */
};
static const double look_s = 1.; /* what no event told of is found then */
static const char role_name[] = "publisher";

/* Runs on while the machine sleeps. */
static int64_t boot_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool is_shared(const struct config *config)
{
	return strncmp(config->store.uri, "postgresql:", 11) == 0;
}

const char *nodes_name(struct daemon *daemon)
{
	char host[256] = "";

	gethostname(host, sizeof(host) - 1);
	return arena_printf(daemon->arena, "%s/%s", host,
		daemon->listener_count ? daemon->listeners[0].address : "");
}

/* ---- the role ---- */

static void take_up(struct daemon *daemon)
{
	if (daemon->hub)
		hub_set_quiet(daemon->hub, false);
	log_info("node: publishes epoch=%lld", (long long)daemon->nodes.lease.epoch);
	site_lead(daemon->site, daemon->nodes.lease.epoch);
}

static void lay_down(struct daemon *daemon, const char *why)
{
	log_warn("node: publishes no more: %s", why);
	watch_destroy(daemon->watch);
	daemon->watch = NULL;
	if (daemon->hub)
		hub_set_quiet(daemon->hub, true);
	site_follow(daemon->site);
}

static void run(struct daemon *daemon);

static void on_role(void *context, enum store_status status, int64_t epoch)
{
	static const enum lease_said said[] = {
		[STORE_OK] = LEASE_SAID_YES,
		[STORE_LOST] = LEASE_SAID_NO,
		[STORE_BUSY] = LEASE_SAID_NOTHING,
	};
	struct daemon *daemon = context;
	struct nodes *nodes = &daemon->nodes;

	if (nodes->has_left)
		return;
	switch (lease_answer(&nodes->lease, boot_ms(), said[status], epoch)) {
	case LEASE_AS_BEFORE:
		break;
	case LEASE_GAINED:
		take_up(daemon);
		break;
	case LEASE_GONE:
		lay_down(daemon, "another node has the role");
		break;
	}
	if (!nodes->lease.is_held) { /* from the first answer on */
		site_follow(daemon->site);
		if (daemon->hub)
			hub_set_quiet(daemon->hub, true);
	}
	run(daemon);
}

static void run(struct daemon *daemon)
{
	struct nodes *nodes = &daemon->nodes;
	struct ev_loop *ev = loop_ev(daemon->loop);
	int64_t wake_at, now_ms = boot_ms();
	enum lease_do what;

	while ((what = lease_step(&nodes->lease, now_ms, &wake_at)) != LEASE_WAIT) {
		if (what == LEASE_ASK)
			store_role_take(daemon->store, role_name, ROLE_TTL_MS, on_role, daemon);
		else
			lay_down(daemon, "the role could not be kept, the store did not answer");
	}
	ev_timer_stop(ev, &nodes->timer);
	if (wake_at == INT64_MAX)
		return;
	ev_now_update(ev);
	ev_timer_set(&nodes->timer, (double)(wake_at - now_ms) / 1000., 0.);
	ev_timer_start(ev, &nodes->timer);
}

static void on_timer(struct ev_loop *ev, ev_timer *timer, int events)
{
	(void)ev, (void)events;
	run(timer->data);
}

void nodes_fenced(void *context)
{
	struct daemon *daemon = context;

	lease_lose(&daemon->nodes.lease, boot_ms());
	lay_down(daemon, "what it published was refused");
	run(daemon);
}

void nodes_retire(struct daemon *daemon)
{
	lease_lose(&daemon->nodes.lease, boot_ms());
	lay_down(daemon, "it cannot read the articles");
	store_role_drop(daemon->store, role_name);
	run(daemon);
}

/* ---- what others do ---- */

static void look(struct daemon *daemon)
{
	site_store_changed(daemon->site);
	if (daemon->hub && daemon->is_ready && !daemon->is_draining)
		hub_wake(daemon->hub);
}

void nodes_event(void *context, enum store_event event)
{
	struct daemon *daemon = context;

	if (event == STORE_UP || event == STORE_DOWN)
		daemon->nodes.is_store_down = event == STORE_DOWN;
	if (!daemon->nodes.is_shared || !daemon->site)
		return;
	switch (event) {
	case STORE_UP:
		log_info("node: the store answers");
		look(daemon);
		return;
	case STORE_DOWN:
		waiting_give_up(daemon);
		log_warn("node: the store does not answer; what is published stays served");
		return;
	case STORE_WORK:
	case STORE_DOCS:
		look(daemon);
		return;
	}
}

/* A feed that nobody had asked for before may have a subscriber at another node. */
static void on_topics(void *context, const char *const *topics, size_t count)
{
	struct daemon *daemon = context;

	for (size_t i = 0; i < count && site_is_leading(daemon->site); i++)
		site_is_topic(daemon->site, topics[i]);
}

static void on_look(struct ev_loop *ev, ev_timer *timer, int events)
{
	struct daemon *daemon = timer->data;

	(void)ev, (void)events;
	look(daemon);
	store_node_beat(daemon->store, daemon->listeners[0].address);
	if (++daemon->nodes.looks % TOPICS_EVERY == 0 && site_is_leading(daemon->site) &&
		daemon->is_ready)
		sub_topics(daemon->store, on_topics, daemon);
}

/* ---- beginning and end ---- */

static void on_copy(void *context, const struct snapshot_spec *spec)
{
	struct daemon *daemon = context;
	struct snapshot *snapshot = snapshot_create(spec);

	for (size_t i = 0; i < daemon->worker_count; i++)
		worker_put(daemon->workers[i], snapshot_ref(snapshot));
	snapshot_unref(snapshot);
}

/* PATH and what is above it; what exists is left as it is. */
static bool make_directories(struct daemon *daemon, const char *path, struct error *err)
{
	char *copy = arena_printf(daemon->arena, "%s/", path);

	for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(copy, 0700) < 0 && errno != EEXIST)
			return error_set(err, "create directory %s: %s", copy, strerror(errno));
		*slash = '/';
	}
	return true;
}

bool nodes_prepare(struct daemon *daemon, struct error *err)
{
	const char *directory = daemon->config->store.directory;
	struct nodes *nodes = &daemon->nodes;

	nodes->is_shared = is_shared(daemon->config);
	return !nodes->is_shared || (make_directories(daemon, directory, err) &&
		copies_open(arena_printf(daemon->arena, "%s/documents", directory),
			&nodes->copies, err));
}

void nodes_serve_copies(struct daemon *daemon)
{
	struct nodes *nodes = &daemon->nodes;

	if (nodes->copies)
		nodes->copy_count = copies_each(nodes->copies, on_copy, daemon);
}

static void on_own_role(void *context, enum store_status status, int64_t epoch)
{
	struct daemon *daemon = context;

	(void)status; /* it has every role */
	site_lead(daemon->site, epoch);
}

void nodes_start(struct daemon *daemon)
{
	struct nodes *nodes = &daemon->nodes;

	ev_timer_init(&nodes->timer, on_timer, 0., 0.);
	ev_timer_init(&nodes->look, on_look, look_s, look_s);
	nodes->timer.data = nodes->look.data = daemon;
	if (!nodes->is_shared) {
		store_node_beat(daemon->store, daemon->listeners[0].address);
		store_role_take(daemon->store, role_name, ROLE_TTL_MS, on_own_role, daemon);
		return;
	}
	store_node_beat(daemon->store, daemon->listeners[0].address);
	lease_init(&nodes->lease, ROLE_TTL_MS, boot_ms());
	ev_timer_start(loop_ev(daemon->loop), &nodes->look);
	run(daemon);
}

void nodes_leave(struct daemon *daemon)
{
	struct nodes *nodes = &daemon->nodes;

	if (!nodes->is_shared || nodes->has_left)
		return;
	nodes->has_left = true;
	ev_timer_stop(loop_ev(daemon->loop), &nodes->timer);
	if (!nodes->lease.is_held)
		return;
	lay_down(daemon, "it stops");
	store_role_drop(daemon->store, role_name);
}

void nodes_stop(struct daemon *daemon)
{
	nodes_leave(daemon);
	ev_timer_stop(loop_ev(daemon->loop), &daemon->nodes.timer);
	ev_timer_stop(loop_ev(daemon->loop), &daemon->nodes.look);
}
