/* prepare.c: what must be there before anything starts: directory, zone, look, listeners. */
#include <errno.h>
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"
#include "daemon/control/file.h"
#include "daemon/control/log.h"
#include "daemon/daemon.h"
#include "daemon/daemon_internal.h"
#include "daemon/http/export.h"
#include "daemon/loop/loop.h"
#include "feeds/base/arena.h"
#include "feeds/base/error.h"
#include "feeds/escape.h"
#include "feeds/zone.h"

enum { LOOK_MAX = 256 * 1024 }; /* of each file that the pages take in */

static bool is_directory(const char *path, struct error *err)
{
	struct stat status;

	if (stat(path, &status) < 0)
		return error_set(err, "articles.directory: %s: %s", path, strerror(errno));
	if (!S_ISDIR(status.st_mode))
		return error_set(err, "articles.directory: %s: Not a directory", path);
	if (access(path, R_OK | X_OK) < 0)
		return error_set(err, "articles.directory: %s: %s", path, strerror(errno));
	return true;
}

static bool read_zone(const char *name, struct buf *out, struct error *err)
{
	char path[512], chunk[4096];
	FILE *file;
	size_t got;

	if (strstr(name, "..") || *name == '/')
		return error_set(err, "site.timezone: no such time zone: %s", name);
	snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", name);
	file = fopen(path, "rb");
	if (!file)
		return error_set(err, "site.timezone: %s: %s; expected a name like Asia/Shanghai",
			path, strerror(errno));
	while ((got = fread(chunk, 1, sizeof(chunk), file)) > 0)
		buf_add(out, chunk, got);
	fclose(file);
	return true;
}

static bool load_zone(struct daemon *daemon, struct error *err)
{
	struct zone *zone;

	if (!read_zone(daemon->config->site.timezone, &daemon->zone, err))
		return false;
	if (!zone_create(daemon->zone.bytes, daemon->zone.len, &zone, err))
		return error_prefix(err, "site.timezone");
	daemon->offset_s = zone_offset_at(zone, loop_wall_ms(daemon->loop) / 1000);
	zone_destroy(zone);
	return true;
}

static bool is_charset(const char *name, struct error *err)
{
	iconv_t converter = name ? iconv_open("UTF-8", name) : NULL;

	if (converter == (iconv_t)-1)
		return error_set(err, "articles.fallback_charset: %s: no such character set",
			name);
	if (converter)
		iconv_close(converter);
	return true;
}

static void warn_of_proxies(const struct config *config)
{
	if (config->http.proxy_protocol && !config->http.trusted_proxies.count)
		log_warn("http.proxy_protocol: http.trusted_proxies is empty; only connections on "
			"local sockets begin with its header");
}

/* What is exported must not come back as articles. */
static bool is_outside(const char *path, const char *articles, struct error *err)
{
	char *full = realpath(path, NULL), *root = realpath(articles, NULL);
	size_t len = root ? strlen(root) : 0;
	bool inside = full && root && strncmp(full, root, len) == 0 &&
		(full[len] == '/' || full[len] == '\0');

	free(full);
	free(root);
	return !inside || error_set(err, "http.export: %s: it is inside articles.directory", path);
}

static bool start_export(struct daemon *daemon, struct error *err)
{
	const char *path = daemon->config->http.export;

	if (!path)
		return true;
	daemon->export = export_create(path, err);
	return daemon->export && is_outside(path, daemon->config->articles.directory, err);
}

static bool open_listeners(struct daemon *daemon, struct error *err)
{
	const struct config *config = daemon->config;
	size_t workers = daemon->worker_count;

	daemon->listener_count = listener_inherit(workers, daemon->listeners, MAX_LISTENERS);
	for (size_t i = 0; daemon->listener_count == 0 && i < config->http.listen.count; i++) {
		if (i == MAX_LISTENERS)
			return error_set(err, "http.listen: more than %d addresses", MAX_LISTENERS);
		if (!listener_open(config->http.listen.items[i], workers, &daemon->listeners[i],
			    err)) {
			while (i-- > 0)
				listener_close(&daemon->listeners[i]);
			return false;
		}
		if (i + 1 == config->http.listen.count)
			daemon->listener_count = i + 1;
	}
	return true;
}

/* A file that the option KEY names, as text in the daemon's arena; NULL without one. */
static bool read_text(struct daemon *daemon, const char *key, const char *path,
	const char **out, struct error *err)
{
	struct buf bytes = {0};
	bool ok;

	*out = NULL;
	if (!path)
		return true;
	ok = file_read(path, LOOK_MAX, &bytes, err);
	if (ok && (!escape_is_utf8(buf_text(&bytes), bytes.len) ||
			  strlen(buf_text(&bytes)) != bytes.len))
		ok = error_set(err, "%s: not text in UTF-8", path);
	if (ok)
		*out = arena_strdup(daemon->arena, buf_text(&bytes));
	buf_finish(&bytes);
	return ok || error_prefix(err, "%s", key);
}

static bool load_look(struct daemon *daemon, struct error *err)
{
	const struct config *config = daemon->config;

	return read_text(daemon, "site.css", config->site.css, &daemon->css, err) &&
	       read_text(daemon, "site.header", config->site.header, &daemon->header, err) &&
	       read_text(daemon, "site.footer", config->site.footer, &daemon->footer, err);
}

/* What readers reach us by: as configured, else the first listener. Ends in a slash. */
static void choose_urls(struct daemon *daemon)
{
	const char *base = daemon->config->site.base_url;
	size_t len;

	if (!base)
		base = arena_printf(daemon->arena, "http://%s/", daemon->listener_count ?
			daemon->listeners[0].address : "localhost");
	len = strlen(base);
	daemon->base_url = len && base[len - 1] == '/' ? base :
		arena_printf(daemon->arena, "%s/", base);
	daemon->hub_url = daemon->config->hub.enabled ?
		arena_printf(daemon->arena, "%shub", daemon->base_url) : NULL;
}

bool daemon_prepare(struct daemon *daemon, struct error *err)
{
	warn_of_proxies(daemon->config);
	if (!is_directory(daemon->config->articles.directory, err) ||
		!is_charset(daemon->config->articles.fallback_charset, err) ||
		!load_zone(daemon, err) || !load_look(daemon, err) ||
		!start_export(daemon, err) || !open_listeners(daemon, err))
		return false;
	choose_urls(daemon);
	return true;
}

/* ---- -t ---- */

static void look_at(const char *key, const char *path, FILE *out)
{
	if (path && access(path, R_OK) < 0)
		fprintf(out, "note: %s: %s: %s\n", key, path, strerror(errno));
}

void daemon_rehearse(const struct config *config, FILE *out)
{
	struct buf zone = {0};
	struct error err;

	if (!is_directory(config->articles.directory, &err))
		fprintf(out, "note: %s\n", err.text);
	if (!read_zone(config->site.timezone, &zone, &err))
		fprintf(out, "note: %s\n", err.text);
	if (!is_charset(config->articles.fallback_charset, &err))
		fprintf(out, "note: %s\n", err.text);
	buf_finish(&zone);
	look_at("site.css", config->site.css, out);
	look_at("site.header", config->site.header, out);
	look_at("site.footer", config->site.footer, out);
	look_at("articles.sources_file", config->articles.sources_file, out);
	look_at("http.export", config->http.export, out);
	look_at("hub.ca_file", config->hub.ca_file, out);
	look_at("store.key_file", config->store.key_file, out);
	look_at("admin.token_file", config->admin.token_file, out);
	for (size_t i = 0; i < config->partner_count; i++)
		look_at("partners.token_file", config->partners[i].token_file, out);
}
