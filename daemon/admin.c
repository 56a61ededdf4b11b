/*
 * admin.c: the admin listener: an HTTP server on the main loop, for few requests. /metrics
 * and the health checks are for whoever can reach it; the admin page wants the token, or
 * comes over a unix socket, which the mode of its file protects.
 */
#include <ev.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/config.h"
#include "daemon/control/admin_page.h"
#include "daemon/control/auth.h"
#include "daemon/control/log.h"
#include "daemon/control/metrics.h"
#include "daemon/control/report.h"
#include "daemon/daemon_internal.h"
#include "daemon/hub/hub.h"
#include "daemon/loop/loop.h"
#include "daemon/settings.h"
#include "daemon/site/page_style.h"
#include "feeds/base/arena.h"
#include "feeds/base/buf.h"
#include "feeds/base/error.h"
#include "feeds/base/mem.h"

enum { ADMIN_CONNECTIONS = 64, LOG_SHOWN = 30 };

struct admin {
	struct http_server *server; /* owns */
	struct auth auth;
};

static void answer(struct daemon *daemon, struct http_ticket ticket, int status,
	const char *type, const char *extra, const char *text)
{
	http_answer(daemon->admin->server, ticket, &(struct http_answer){.status = status,
		.content_type = type, .extra = extra, .body = text, .len = strlen(text)});
}

/* ---- metrics and health ---- */

/* A request that waits for a report. */
struct waiting {
	struct daemon *daemon;
	struct http_ticket ticket;
	const char *done;          /* a literal, or NULL */
};

static void wait_for_report(struct daemon *daemon, struct http_ticket ticket, const char *done,
	void (*then)(void *context, const struct report *report))
{
	struct waiting *waiting = mem_alloc(sizeof(*waiting));

	*waiting = (struct waiting){daemon, ticket, done};
	daemon_report(daemon, then, waiting);
}

static void stopping(struct waiting *waiting)
{
	answer(waiting->daemon, waiting->ticket, 503, NULL, NULL, "stopping\n");
	free(waiting);
}

static void on_metrics(void *context, const struct report *report)
{
	struct waiting *waiting = context;
	struct buf out = {0};

	if (!report) {
		stopping(waiting);
		return;
	}
	metrics_render(report, &out);
	answer(waiting->daemon, waiting->ticket, 200, metrics_content_type, NULL,
		buf_text(&out));
	buf_finish(&out);
	free(waiting);
}

/* ---- the page ---- */

static void on_page_report(void *context, const struct report *report)
{
	struct waiting *waiting = context;
	struct log_recent log[LOG_SHOWN];
	struct admin_view view = {
		.form = waiting->daemon->admin->auth.form,
		.done = waiting->done,
		.is_chinese = strncmp(waiting->daemon->config->site.language, "zh", 2) == 0,
		.offset_s = waiting->daemon->offset_s,
		.log = log,
		.log_count = log_get_recent(log, LOG_SHOWN),
	};
	struct buf out = {0}, extra = {0};

	if (!report) {
		stopping(waiting);
		return;
	}
	admin_page_render(report, &view, &out);
	buf_printf(&extra, "Content-Security-Policy: %s\r\nReferrer-Policy: no-referrer\r\n",
		admin_page_csp);
	answer(waiting->daemon, waiting->ticket, 200, "text/html; charset=utf-8",
		buf_text(&extra), buf_text(&out));
	buf_finish(&extra);
	buf_finish(&out);
	free(waiting);
}

static const char *act_confirm(struct daemon *daemon)
{
	site_confirm_deletions(daemon->site);
	return "confirm-deletes";
}

static const char *act_retry(struct daemon *daemon)
{
	task_hurry(daemon->store);
	if (daemon->hub)
		hub_wake(daemon->hub);
	return "retry";
}

static const char *act_reload(struct daemon *daemon)
{
	return daemon_reload(daemon) ? "reload" : "reload: nothing changed";
}

static const struct action {
	const char *name;
	const char *(*act)(struct daemon *daemon);
} actions[] = {
	{"confirm-deletes", act_confirm},
	{"retry", act_retry},
	{"reload", act_reload},
};

static const struct action *find_action(const char *body, size_t len)
{
	for (size_t i = 0; i < sizeof(actions) / sizeof(*actions); i++) {
		char field[48];
		size_t field_len = (size_t)snprintf(field, sizeof(field), "action=%s",
			actions[i].name);
		const char *at = len ? memmem(body, len, field, field_len) : NULL;

		if (at && (at == body || at[-1] == '&') &&
			(at + field_len == body + len || at[field_len] == '&'))
			return &actions[i];
	}
	return NULL;
}

static void post_page(struct daemon *daemon, struct http_ticket ticket,
	const struct http_call *call)
{
	const struct action *action = find_action(call->body, call->len);
	char location[96];
	const char *done;

	if (!auth_check_form(&daemon->admin->auth, call->body, call->len)) {
		log_warn("admin: refused a form that is not ours client=%s", call->client);
		answer(daemon, ticket, 403, NULL, NULL,
			"This form is not from this page, or from before a restart.\n");
		return;
	}
	if (!action) {
		answer(daemon, ticket, 400, NULL, NULL, "There is no such action.\n");
		return;
	}
	log_info("admin: %s client=%s", action->name, call->client);
	done = action->act(daemon);
	snprintf(location, sizeof(location), "Location: /admin/?done=%s\r\n",
		strcmp(done, action->name) == 0 ? done : "refused");
	answer(daemon, ticket, 303, NULL, location, "Done.\n");
}

/* What the query says was done, as one of our own words. */
static const char *done_of(const char *query)
{
	if (!query || strncmp(query, "done=", 5) != 0)
		return NULL;
	for (size_t i = 0; i < sizeof(actions) / sizeof(*actions); i++) {
		if (strcmp(query + 5, actions[i].name) == 0)
			return actions[i].name;
	}
	return strcmp(query + 5, "refused") == 0 ? "reload: nothing changed" : NULL;
}

static void call_page(struct daemon *daemon, struct http_ticket ticket,
	const struct http_call *call)
{
	struct admin *admin = daemon->admin;
	bool is_local = strcmp(call->client, "unix") == 0;

	if (!is_local && !admin->auth.has_token) {
		answer(daemon, ticket, 403, NULL, NULL,
			"The admin page needs a token: set admin.token_file.\n");
		return;
	}
	if (!is_local && !auth_check(&admin->auth, call->authorization)) {
		if (call->authorization)
			log_warn("admin: wrong token client=%s", call->client);
		answer(daemon, ticket, 401, NULL,
			"WWW-Authenticate: Basic realm=\"gazetted\", charset=\"UTF-8\"\r\n",
			"The token is wanted, as the password.\n");
		return;
	}
	if (strcmp(call->path, "/admin/style.css") == 0) {
		struct buf style = {0};

		buf_add_str(&style, page_style);
		buf_add_str(&style, admin_page_style);
		answer(daemon, ticket, 200, "text/css; charset=utf-8", NULL, buf_text(&style));
		buf_finish(&style);
	} else if (strcmp(call->path, "/admin/") != 0) {
		answer(daemon, ticket, 404, NULL, NULL, "There is nothing here.\n");
	} else if (strcmp(call->method, "POST") == 0) {
		post_page(daemon, ticket, call);
	} else {
		wait_for_report(daemon, ticket, done_of(call->query), on_page_report);
	}
}

/* ---- requests ---- */

static void on_call(void *context, struct http_ticket ticket, const struct http_call *call)
{
	struct daemon *daemon = context;
	const char *text;

	if (strcmp(call->path, "/metrics") == 0) {
		wait_for_report(daemon, ticket, NULL, on_metrics);
	} else if (strcmp(call->path, "/healthz") == 0) {
		answer(daemon, ticket, 200, NULL, NULL, "ok\n");
	} else if (strcmp(call->path, "/readyz") == 0) {
		int status = daemon_readiness(daemon, &text);

		answer(daemon, ticket, status, NULL, NULL, text);
	} else if (strcmp(call->path, "/") == 0) {
		answer(daemon, ticket, 303, NULL, "Location: /admin/\r\n", "See /admin/.\n");
	} else {
		call_page(daemon, ticket, call);
	}
}

static const struct http_route routes[] = {
	{"/", HTTP_GET, NULL},
	{"/admin/", HTTP_GET | HTTP_POST, NULL},
	{"/metrics", HTTP_GET, NULL},
	{"/healthz", HTTP_GET, NULL},
	{"/readyz", HTTP_GET, NULL},
};

/* ---- life ---- */

static const char *token_file(struct daemon *daemon)
{
	const char *credentials = getenv("CREDENTIALS_DIRECTORY");
	const char *path;

	if (daemon->config->admin.token_file)
		return daemon->config->admin.token_file;
	if (!credentials)
		return NULL;
	path = arena_printf(daemon->arena, "%s/admin-token", credentials);
	return access(path, F_OK) == 0 ? path : NULL;
}

static bool open_admin(struct daemon *daemon, struct error *err)
{
	const struct config_strings *addresses = &daemon->config->admin.listen;
	struct listener listener;

	for (size_t i = 0; i < addresses->count; i++) {
		if (!listener_open(addresses->items[i], 1, &listener, err))
			return error_prefix(err, "admin.listen");
		log_info("admin address=%s", listener.address);
		http_server_listen(daemon->admin->server, listener.fds[0]);
	}
	return true;
}

bool admin_start(struct daemon *daemon, struct error *err)
{
	static const struct http_events events = {.call = on_call};
	struct http_limits limits = settings_http(daemon->config, 1);
	struct admin *admin;

	if (!daemon->config->admin.listen.count)
		return true;
	limits.max_connections = ADMIN_CONNECTIONS;
	limits.rate = 0;
	limits.trusted_count = 0;
	daemon->admin = admin = mem_alloc(sizeof(*admin));
	if (!auth_init(&admin->auth, token_file(daemon), err))
		return error_prefix(err, "admin.token_file");
	admin->server = http_server_create(daemon->loop, &limits, routes,
		sizeof(routes) / sizeof(*routes), &events, daemon);
	return open_admin(daemon, err);
}

void admin_stop(struct daemon *daemon)
{
	if (!daemon->admin)
		return;
	http_server_destroy(daemon->admin->server);
	free(daemon->admin);
	daemon->admin = NULL;
}
