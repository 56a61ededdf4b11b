/* calls.c: requests that the workers could not answer from their tables, on the main loop. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/daemon_internal.h"
#include "daemon/hub/hub.h"
#include "daemon/site/site.h"
#include "daemon/worker.h"
#include "feeds/base/mem.h"

const struct http_route daemon_routes[] = {
	{"/hub", HTTP_GET | HTTP_POST, NULL},
	/* where some clients believe every hub to be */
	{"/subscribe", HTTP_POST, NULL},
	{"/publish", HTTP_POST, NULL},
	{"/a/", HTTP_GET, NULL},
	{"/p/", HTTP_GET, NULL},
	{"/archive/", HTTP_GET, NULL},
	{"/tag/", HTTP_GET, NULL},
	{"/author/", HTTP_GET, NULL},
	{"/source/", HTTP_GET, NULL},
	{"/epaper/", HTTP_GET, NULL},
	{"/sitemap.xml", HTTP_GET, NULL},
	{"/sitemap-", HTTP_GET, NULL},
	{"/healthz", HTTP_GET, NULL},
	{"/readyz", HTTP_GET, NULL},
	{"/", HTTP_GET, site_may_have_file}, /* files beside the articles */
};
const size_t daemon_route_count = sizeof(daemon_routes) / sizeof(*daemon_routes);

static void on_hub_answer(void *context, int status, const char *text, int retry_after_s)
{
	struct worker_call *call = context;
	char extra[48] = "";

	if (retry_after_s > 0)
		snprintf(extra, sizeof(extra), "Retry-After: %d\r\n", retry_after_s);
	worker_answer(call, status, text, *extra ? extra : NULL);
}

/* What is not there yet is no 404, which readers take for an end. */
static void answer_not_yet(struct worker_call *call)
{
	worker_answer(call, 503, "Not yet: the first scan is not done.\n",
		"Retry-After: 5\r\n");
}

/* ---- what waits for the store ---- */

static void answer_away(struct worker_call *call)
{
	worker_answer(call, 503, "Not now: the database does not answer.\n",
		"Retry-After: 5\r\n");
}

void waiting_begin(struct daemon *daemon, struct waiting_call *waiting, struct worker_call *call)
{
	*waiting = (struct waiting_call){.next = daemon->waiting, .daemon = daemon, .call = call};
	if (waiting->next)
		waiting->next->prev = waiting;
	daemon->waiting = waiting;
}

struct worker_call *waiting_end(struct waiting_call *waiting)
{
	if (waiting->prev)
		waiting->prev->next = waiting->next;
	else
		waiting->daemon->waiting = waiting->next;
	if (waiting->next)
		waiting->next->prev = waiting->prev;
	return waiting->call;
}

void waiting_give_up(struct daemon *daemon)
{
	for (struct waiting_call *waiting = daemon->waiting; waiting; waiting = waiting->next) {
		if (waiting->call)
			answer_away(waiting->call);
		waiting->call = NULL;
	}
}

bool waiting_refuse(struct daemon *daemon, struct worker_call *call)
{
	if (!daemon->nodes.is_store_down || site_is_at_hand(daemon->site, call->call.path))
		return false;
	answer_away(call);
	return true;
}

static void on_page(void *context, struct snapshot *snapshot)
{
	struct waiting_call *waiting = context;
	struct worker_call *call = waiting_end(waiting);

	if (call)
		worker_answer_page(call, snapshot);
	free(waiting);
}

static void call_page(struct daemon *daemon, struct worker_call *call)
{
	struct waiting_call *waiting;

	if (waiting_refuse(daemon, call))
		return;
	waiting = mem_alloc(sizeof(*waiting));
	waiting_begin(daemon, waiting, call);
	site_page(daemon->site, call->call.path, on_page, waiting);
}

static void call_hub(struct daemon *daemon, struct worker_call *call)
{
	const struct http_call *http = &call->call;

	if (!daemon->hub_url) {
		worker_answer(call, 404, "This publisher has no hub.\n", NULL);
		return;
	}
	if (strcmp(http->method, "POST") != 0 && http->query && strstr(http->query, "hub.mode")) {
		worker_answer(call, 400, "Send the parameters as a form, by POST.\n", NULL);
		return;
	}
	if (strcmp(http->method, "POST") != 0) {
		worker_answer(call, 200, "This is a WebSub hub (https://www.w3.org/TR/websub/). "
			"Subscribe by POST with hub.mode, hub.topic and hub.callback.\n", NULL);
		return;
	}
	if (!daemon->is_ready) {
		answer_not_yet(call);
		return;
	}
	hub_post(daemon->hub, &(struct hub_call){http->content_type, http->body, http->len,
		http->client, http->authorization}, on_hub_answer, call);
}

int daemon_readiness(const struct daemon *daemon, const char **text_out)
{
	*text_out = daemon->is_draining ? "stopping\n" :
		    daemon->is_ready	? "ready\n" :
					  "the first scan is not done\n";
	return daemon->is_ready && !daemon->is_draining ? 200 : 503;
}

static void call_readyz(const struct daemon *daemon, struct worker_call *call)
{
	const char *text;
	int status = daemon_readiness(daemon, &text);

	worker_answer(call, status, text, NULL);
}

void daemon_call(void *context, struct worker_call *call)
{
	struct daemon *daemon = context;
	const char *path = call->call.path;

	if (strcmp(path, "/hub") == 0 || strcmp(path, "/subscribe") == 0 ||
		strcmp(path, "/publish") == 0)
		call_hub(daemon, call);
	else if (strcmp(path, "/healthz") == 0)
		worker_answer(call, 200, "ok\n", NULL);
	else if (strcmp(path, "/readyz") == 0)
		call_readyz(daemon, call);
	else if (!daemon->is_ready)
		answer_not_yet(call);
	else if (strncmp(path, "/p/", 3) == 0)
		daemon_call_partner(daemon, call);
	else
		call_page(daemon, call);
}
