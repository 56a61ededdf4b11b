/* route.c: which snapshot or which route a request is for. */
#include <string.h>

#include "daemon/http/server_internal.h"
#include "daemon/http/snapshot_internal.h"
#include "daemon/http/target.h"

/* Beside HTTP_GET and HTTP_POST: allowed everywhere, and known but allowed nowhere. */
enum { OPTIONS = 4, OTHER = 8 };

static const struct {
	const char *name;
	unsigned method;
} methods[] = {
	{"GET", HTTP_GET}, {"HEAD", HTTP_GET}, {"POST", HTTP_POST}, {"PUT", OTHER},
	{"DELETE", OTHER}, {"PATCH", OTHER}, {"OPTIONS", OPTIONS},
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
		if (path[len] && route->path[len - 1] != '/' && route->path[len - 1] != '-')
			continue;
		if (route->wants && !route->wants(path))
			continue;
		best = route;
		best_len = len;
	}
	return best;
}

/* Scripts of other sites may read a public document, and ask conditionally for it: which a
 * browser makes sure of first (the CORS preflight of the Fetch standard). */
static const char preflight[] = "Allow: GET, HEAD, OPTIONS\r\n"
	"Access-Control-Allow-Origin: *\r\nAccess-Control-Allow-Methods: GET, HEAD\r\n"
	"Access-Control-Allow-Headers: If-None-Match, If-Modified-Since\r\n"
	"Access-Control-Max-Age: 86400\r\n";

/* The answer to a method that the target has no use for, and to OPTIONS. */
static int refuse(unsigned method, unsigned allowed, bool is_public_api, const char **extra)
{
	static const char *const allows[] = {"Allow: OPTIONS\r\n", "Allow: GET, HEAD, OPTIONS\r\n",
		"Allow: POST, OPTIONS\r\n", "Allow: GET, HEAD, POST, OPTIONS\r\n"};

	if (!allowed)
		return 404;
	*extra = method == OPTIONS && is_public_api ? preflight : allows[allowed];
	return method == OPTIONS ? 204 : 405;
}

int route_find(const struct http_server *server, const struct http_head *head,
	struct http_target *out, const char **extra)
{
	unsigned method = method_of(head->method), allowed = 0;
	bool is_public_api;

	*extra = NULL;
	out->snapshot = NULL;
	out->route = NULL;
	if (!method)
		return 501;
	if (method == OPTIONS && head->target.len == 1 && *head->target.at == '*')
		return refuse(method, HTTP_GET | HTTP_POST, false, extra);
	if (target_normalise(head->target, head->host, out->path, &out->query))
		return 400;
	out->snapshot = map_get(&server->table, out->path, strlen(out->path));
	if (out->snapshot && method == HTTP_GET)
		return 0;
	out->route = find(server, out->path);
	is_public_api = out->snapshot && out->snapshot->is_public_api;
	if (out->snapshot)
		allowed |= HTTP_GET;
	if (out->route)
		allowed |= out->route->methods & (HTTP_GET | HTTP_POST);
	out->snapshot = NULL;
	return allowed & method ? 0 : refuse(method, allowed, is_public_api, extra);
}
