/*
 * reload.c: the configuration while running. What cannot be changed in a running daemon is
 * named, and keeps its value until a restart.
 */
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "daemon/agreements.h"
#include "daemon/control/log.h"
#include "daemon/control/notify.h"
#include "daemon/daemon_internal.h"
#include "daemon/loop/loop.h"
#include "daemon/recall_bell.h"
#include "daemon/settings.h"
#include "daemon/site/site.h"
#include "daemon/worker.h"
#include "feeds/base/arena.h"
#include "feeds/base/error.h"
#include "feeds/base/mem.h"

/* What is agreed changes with every reload: the files that it names may have. */
static void adopt(struct daemon *daemon, struct agreements *fresh)
{
	struct agreements *old = daemon->agreements;

	daemon->agreements = fresh;
	site_set_rights(daemon->site, &fresh->policy, settings_rights_print(fresh),
		fresh->site_partners, fresh->partners.count);
	agreements_destroy(old);
	daemon_end_agreements(daemon);
}

static void set_workers(struct daemon *daemon)
{
	struct http_limits limits = settings_http(daemon->config, daemon->worker_count);
	struct arena *arena = arena_create();
	struct transfer_policy transfers = settings_transfers(daemon->config, arena,
		daemon->base_url, daemon->worker_count);

	limits.limiter = daemon->limiter;
	for (size_t i = 0; i < daemon->worker_count; i++) {
		worker_set_limits(daemon->workers[i], &limits);
		worker_set_transfers(daemon->workers[i], transfers.in_flight,
			transfers.per_host);
	}
	arena_destroy(arena);
}

static void note(struct daemon *daemon, bool is_ok, const char *text)
{
	daemon->reload.at_ms = loop_wall_ms(daemon->loop);
	daemon->reload.is_ok = is_ok;
	free(daemon->reload.text);
	daemon->reload.text = mem_strdup(text);
}

/* A line for each, of those that "; " divides. */
static void log_changes(const char *changes)
{
	if (!*changes)
		log_info("reload: nothing changed");
	for (const char *end; *changes; changes = end + strspn(end, "; ")) {
		end = changes + strcspn(changes, ";");
		log_info("reload: %.*s", (int)(end - changes), changes);
	}
}

/* systemd must not take a reload for the end of the start. */
static void tell_ready(const struct daemon *daemon)
{
	if (daemon->is_ready)
		notify_ready();
}

bool daemon_reload(struct daemon *daemon)
{
	struct config *fresh;
	struct hub_policy policy;
	struct agreements *agreements = NULL;
	struct error err;
	char *changes;

	if (daemon->is_ready)
		notify_reloading();
	if (!daemon->options.reload(&daemon->options, &fresh, &err)) {
		log_error("reload: nothing changed: %s", err.text);
		note(daemon, false, err.text);
		tell_ready(daemon);
		return false;
	}
	if (!agreements_load(fresh, getenv("CREDENTIALS_DIRECTORY"), &agreements, &err)) {
		log_error("reload: nothing changed: %s", err.text);
		config_destroy(fresh);
		note(daemon, false, err.text);
		tell_ready(daemon);
		return false;
	}
	changes = config_diff(daemon->config, fresh);
	note(daemon, true, *changes ? changes : "nothing changed");
	log_changes(changes);
	free(changes);
	config_adopt_live(daemon->config, fresh);
	config_destroy(fresh);
	adopt(daemon, agreements);
	if (!daemon_open_ledger(daemon, &err))
		log_error("ledger: its days are not signed: %s", err.text);
	log_set_level(settings_log_level(daemon->config));
	set_workers(daemon);
	recall_bell_reload(daemon->recalls);
	daemon->day = 0;
	daemon_new_day(daemon);
	policy = settings_hub(daemon->config, daemon->base_url, daemon->hub_url);
	if (daemon->hub)
		hub_set_policy(daemon->hub, &policy);
	tell_ready(daemon);
	return true;
}
