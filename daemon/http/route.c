/* route.c: which snapshot or which route a request is for. */
#include <string.h>

#include "daemon/http/server_internal.h"
#include "daemon/http/target.h"

enum { OTHER = 4 }; /* beside HTTP_GET and HTTP_POST: known, and nowhere allowed */

static const struct {
	const char *name;
	unsigned method;
} methods[] = {
	{"GET", HTTP_GET}, {"HEAD", HTTP_GET}, {"POST", HTTP_POST}, {"PUT", OTHER},
	{"DELETE", OTHER}, {"PATCH", OTHER}, {"OPTIONS", OTHER},
};

/* 0 = unknown; TRACE and CONNECT stay so. */
static unsigned method_of(struct slice name)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++) {
		if (name.len == strlen(methods[i].name) &&
			memcmp(name.at, methods[i].name, name.len) == 0)
			return methods[i].method;
	}
	return 0;
}

static const struct http_route *find(const struct http_server *server, const char *path)
{
	const struct http_route *best = NULL;
	size_t best_len = 0;

	for (size_t i = 0; i < server->route_count; i++) {
		const struct http_route *route = &server->routes[i];
		size_t len = strlen(route->path);

		if (len < best_len || strncmp(path, route->path, len) != 0)
			continue;
		if (path[len] && route->path[len - 1] != '/')
			continue;
		best = route;
		best_len = len;
	}
	return best;
}

int route_find(const struct http_server *server, const struct http_head *head,
	struct http_target *out, const char **allow)
{
	static const char *const allows[] = {"", "Allow: GET, HEAD\r\n", "Allow: POST\r\n",
		"Allow: GET, HEAD, POST\r\n"};
	unsigned method = method_of(head->method), allowed = 0;

	*allow = NULL;
	out->snapshot = NULL;
	out->route = NULL;
	if (!method)
		return 501;
	if (target_normalise(head->target, head->host, out->path, &out->query))
		return 400;
	out->snapshot = map_get(&server->table, out->path, strlen(out->path));
	if (out->snapshot && method == HTTP_GET)
		return 0;
	out->route = find(server, out->path);
	if (out->snapshot)
		allowed |= HTTP_GET;
	if (out->route)
		allowed |= out->route->methods & (HTTP_GET | HTTP_POST);
	if (allowed & method) {
		out->snapshot = NULL;
		return 0;
	}
	if (!allowed)
		return 404;
	*allow = allows[allowed];
	return 405;
}
