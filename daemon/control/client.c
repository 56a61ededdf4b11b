/* client.c: see client.h. */
#include "daemon/control/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"
#include "daemon/control/control_line.h"
#include "daemon/control/local.h"
#include "feeds/base/arena.h"
#include "feeds/base/error.h"

static bool is_there(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISSOCK(status.st_mode);
}

/* The socket in directory PATH, or PATH itself. */
static const char *in_directory(struct arena *arena, const char *path)
{
	const char *below = arena_printf(arena, "%s/.gazetted/control.sock", path);
	struct stat status;

	if (stat(path, &status) < 0 || !S_ISDIR(status.st_mode))
		return path;
	return is_there(below) ? below : arena_printf(arena, "%s/control.sock", path);
}

int client_connect(const char *socket, const struct config *config, struct error *err)
{
	struct arena *arena = arena_create();
	const char *usual[] = {config ? local_path(config, NULL, arena) : NULL,
		"/run/gazetted/control.sock", ".gazetted/control.sock"};
	const char *path = socket ? in_directory(arena, socket) : NULL;
	int fd;

	if (!path && config && config->admin.socket)
		path = config->admin.socket;
	for (size_t i = 0; !path && i < sizeof(usual) / sizeof(*usual); i++)
		path = usual[i] && is_there(usual[i]) ? usual[i] : NULL;
	if (path) {
		fd = local_connect(path, err);
	} else {
		fd = -1;
		error_set(err, "no daemon found: there is no socket at %s%s%s or %s; name it with "
			"-s", usual[0] ? usual[0] : "", usual[0] ? ", " : "", usual[1], usual[2]);
	}
	arena_destroy(arena);
	return fd;
}

static bool send_all(int fd, const char *text)
{
	size_t len = strlen(text);

	while (len) {
		ssize_t sent = send(fd, text, len, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return false;
		text += sent;
		len -= (size_t)sent;
	}
	return true;
}

/* One line of the answer; true = it was the last, with *STATUS. */
static bool take_line(const json_t *line, const struct client_events *events, void *context,
	int *status, struct error *err)
{
	const json_t *progress = json_object_get(line, "progress");
	const json_t *end = json_object_get(line, "end");
	json_t *row = json_object_get(line, "row");
	const char *why = json_string_value(json_object_get(line, "error"));

	if (row && events->row)
		events->row(context, row);
	if (progress && events->progress)
		events->progress(context, json_integer_value(json_array_get(progress, 0)),
			json_integer_value(json_array_get(progress, 1)));
	if (!json_is_integer(end))
		return false;
	*status = (int)json_integer_value(end);
	if (*status)
		error_set(err, "%s", why ? why : "the daemon could not do it");
	return true;
}

int client_ask(int fd, const char *verb, const char *const *arguments, size_t count,
	const struct client_events *events, void *context, struct error *err)
{
	char *request = control_line_make(verb, arguments, count), *text = NULL;
	FILE *stream = fdopen(fd, "r");
	size_t cap = 0;
	int status = 1;
	bool is_end = false;

	error_set(err, "the daemon closed the connection");
	if (!stream || !send_all(fd, request))
		error_set(err, "ask the daemon: %s", strerror(errno));
	while (stream && !is_end && getline(&text, &cap, stream) > 0) {
		json_t *line = json_loads(text, 0, NULL);

		is_end = take_line(line, events, context, &status, err);
		json_decref(line);
	}
	free(text);
	free(request);
	if (stream)
		fclose(stream);
	else
		close(fd);
	return status;
}
