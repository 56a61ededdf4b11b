/*
 * admin.c: the admin listener: an HTTP server on the main loop, for few requests. /metrics
 * and the health checks are for whoever can reach it; the admin page wants the token, or
 * comes over a unix socket, which the mode of its file protects.
 */
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
#include "daemon/hub/request.h"
#include "daemon/loop/loop.h"
#include "daemon/settings.h"
#include "daemon/store/store.h"
#include "daemon/site/page_style.h"
#include "feeds/base/arena.h"
#include "feeds/base/buf.h"
#include "feeds/base/error.h"
#include "feeds/base/mem.h"

enum { ADMIN_CONNECTIONS = 64, LOG_SHOWN = 30, REFRESH_S = 10 };

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
	enum admin_done done;
	bool is_paused;
};

static void wait_for_report(const struct waiting *question,
	void (*then)(void *context, const struct report *report))
{
	struct waiting *waiting = mem_alloc(sizeof(*waiting));

	*waiting = *question;
	daemon_report(waiting->daemon, then, waiting);
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
		.is_paused = waiting->is_paused,
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
	if (!view.is_paused)
		buf_printf(&extra, "Refresh: %d; url=/admin/\r\n", REFRESH_S);
	answer(waiting->daemon, waiting->ticket, 200, "text/html; charset=utf-8",
		buf_text(&extra), buf_text(&out));
	buf_finish(&extra);
	buf_finish(&out);
	free(waiting);
}

/* ---- actions ---- */

static enum admin_done act_confirm(struct daemon *daemon, const char *id)
{
	(void)id;
	site_confirm_deletions(daemon->site);
	return ADMIN_DONE_CONFIRM;
}

static enum admin_done act_retry(struct daemon *daemon, const char *id)
{
	(void)id;
	task_hurry(daemon->store);
	if (daemon->hub)
		hub_wake(daemon->hub);
	return ADMIN_DONE_RETRY;
}

static enum admin_done act_reload(struct daemon *daemon, const char *id)
{
	(void)id;
	return daemon_reload(daemon) ? ADMIN_DONE_RELOAD : ADMIN_DONE_NO_RELOAD;
}

static enum admin_done act_release(struct daemon *daemon, const char *id)
{
	return site_decide(daemon->site, id, SITE_RELEASE, NULL) ? ADMIN_DONE_RELEASE :
								    ADMIN_DONE_NO_RELEASE;
}

static const struct action {
	const char *name;
	enum admin_done (*act)(struct daemon *daemon, const char *id);
} actions[] = {
	{"confirm-deletes", act_confirm},
	{"retry", act_retry},
	{"reload", act_reload},
	{"release", act_release},
};

/* The value of the form's field NAME, decoded, in ARENA; "" when it is not there. */
static const char *find_field(struct arena *arena, const char *body, size_t len,
	const char *name)
{
	size_t name_len = strlen(name);

	for (size_t at = 0; at < len;) {
		const char *end = memchr(body + at, '&', len - at);
		size_t field_len = (end ? (size_t)(end - body) : len) - at;

		if (field_len > name_len && memcmp(body + at, name, name_len) == 0 &&
			body[at + name_len] == '=') {
			size_t value_len = field_len - name_len - 1;
			char *value = arena_alloc(arena, value_len + 1);

			value[request_decode(body + at + name_len + 1, value_len, value)] = '\0';
			return value;
		}
		at += field_len + 1;
	}
	return "";
}

static const struct action *find_action(const char *name)
{
	for (size_t i = 0; i < sizeof(actions) / sizeof(*actions); i++) {
		if (strcmp(actions[i].name, name) == 0)
			return &actions[i];
	}
	return NULL;
}

static void act(struct daemon *daemon, struct http_ticket ticket, const struct http_call *call,
	struct arena *arena)
{
	const struct action *action =
		find_action(find_field(arena, call->body, call->len, "action"));
	const char *id = find_field(arena, call->body, call->len, "id");

	if (!action) {
		answer(daemon, ticket, 400, NULL, NULL, "There is no such action.\n");
		return;
	}
	log_info("admin: %s%s%s client=%s", action->name, *id ? " id=" : "", id, call->client);
	answer(daemon, ticket, 303, NULL, arena_printf(arena, "Location: /admin/?done=%d\r\n",
		(int)action->act(daemon, id)), "Done.\n");
}

static void post_page(struct daemon *daemon, struct http_ticket ticket,
	const struct http_call *call)
{
	struct arena *arena;

	if (!auth_check_form(&daemon->admin->auth, call->body, call->len)) {
		log_warn("admin: refused a form that is not ours client=%s", call->client);
		answer(daemon, ticket, 403, NULL, NULL,
			"This form is not from this page, or from before a restart.\n");
		return;
	}
	arena = arena_create();
	act(daemon, ticket, call, arena);
	arena_destroy(arena);
}

static void get_page(struct daemon *daemon, struct http_ticket ticket, const char *query)
{
	struct waiting question = {.daemon = daemon, .ticket = ticket};
	int done = query && strncmp(query, "done=", 5) == 0 ? atoi(query + 5) : 0;

	if (done > 0 && done < ADMIN_DONE_KINDS)
		question.done = (enum admin_done)done;
	question.is_paused = query && strcmp(query, "paused") == 0;
	wait_for_report(&question, on_page_report);
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
		get_page(daemon, ticket, call->query);
	}
}

/* ---- requests ---- */

static void on_call(void *context, struct http_ticket ticket, const struct http_call *call)
{
	struct daemon *daemon = context;
	const char *text;

	if (strcmp(call->path, "/metrics") == 0) {
		wait_for_report(&(struct waiting){.daemon = daemon, .ticket = ticket},
			on_metrics);
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
