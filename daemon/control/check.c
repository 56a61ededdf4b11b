/* check.c: see check.h. Reads files, then leaves the judgement to the parser process. */
#include "daemon/control/check.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "config/config.h"
#include "daemon/control/file.h"
#include "daemon/site/parser_frame.h"
#include "feeds/article.h"
#include "feeds/base/arena.h"
#include "feeds/base/buf.h"
#include "feeds/base/error.h"
#include "feeds/defaults.h"
#include "feeds/url.h"
#include "feeds/zone.h"

enum {
	SIDECAR_MAX = 64 * 1024,
	ZONE_MAX = 1024 * 1024,
};

/* The files that are read along with an article. */
struct companions {
	struct buf bytes, sidecar, channels;
	bool has_sidecar, sidecar_is_json, is_media;
};

static void companions_finish(struct companions *companions)
{
	buf_finish(&companions->bytes);
	buf_finish(&companions->sidecar);
	buf_finish(&companions->channels);
}

bool check_init(struct check *check, const struct config *config, int64_t now_ms,
	struct error *err)
{
	const char *name = config->site.timezone;
	struct parser_setup setup = {
		.base_url = config->site.base_url,
		.language = config->site.language,
		.fallback_charset = config->articles.fallback_charset,
		.body_selector = config->articles.body_selector,
		.keeps_all = true,
	};
	struct buf bytes = {0};
	char path[512];
	bool ok;

	*check = (struct check){.config = config, .now_ms = now_ms, .kept = arena_create()};
	if (!name || *name == '/' || strstr(name, ".."))
		return error_set(
			err, "site.timezone: no such time zone: %s", name ? name : "");
	snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", name);
	ok = file_read(path, ZONE_MAX, &bytes, err) &&
	     zone_create(bytes.bytes, bytes.len, &check->zone, err);
	setup.zone = bytes.bytes;
	setup.zone_len = bytes.len;
	if (ok)
		check_parser_init(&check->parser, &setup);
	buf_finish(&bytes);
	return ok ? true : error_prefix(err, "site.timezone");
}

void check_finish(struct check *check)
{
	check_parser_finish(&check->parser);
	zone_destroy(check->zone);
	map_finish(&check->ids);
	arena_destroy(check->kept);
}

static bool exists(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0;
}

static bool read_sidecar(
	struct arena *arena, const char *path, struct companions *out, struct error *err)
{
	const char *yaml = arena_printf(arena, "%s.meta.yaml", path);
	const char *json = arena_printf(arena, "%s.meta.json", path);

	out->has_sidecar = exists(yaml) || exists(json);
	out->sidecar_is_json = out->has_sidecar && !exists(yaml);
	return !out->has_sidecar || file_read(out->sidecar_is_json ? json : yaml,
					    SIDECAR_MAX, &out->sidecar, err);
}

/* The `_channel.yaml` of each directory in PATH as it is written, nearest last. */
static bool read_channels(
	struct arena *arena, const char *path, struct buf *out, struct error *err)
{
	const char *end = path + strspn(path, "/");

	for (;;) {
		const char *name =
			arena_printf(arena, "%.*s_channel.yaml", (int)(end - path), path);

		if (exists(name)) {
			struct buf text = {0};
			bool is_read = file_read(name, SIDECAR_MAX, &text, err);

			defaults_add(out, name, buf_text(&text), text.len);
			buf_finish(&text);
			if (!is_read)
				return false;
		}
		end = strchr(end, '/');
		if (!end)
			return true;
		end += strspn(end, "/");
	}
}

/* Looks at local media, whose sizes the parser cannot know. */
static void fill_lengths(struct arena *arena, const char *path, struct media_list *list)
{
	const char *slash = strrchr(path, '/');
	int dir_len = slash ? (int)(slash + 1 - path) : 0;

	for (size_t i = 0; i < list->count; i++) {
		struct media *media = &list->items[i];
		struct stat status;
		const char *file = media->href ? url_local_file(arena, media->href) : NULL;

		if (media->length >= 0 || !file)
			continue;
		if (stat(arena_printf(arena, "%.*s%s", dir_len, path, file),
			    &status) == 0 &&
			S_ISREG(status.st_mode))
			media->length = status.st_size;
	}
}

static void refuse(
	struct checked *out, const char *class, const char *message, const char *hint)
{
	out->why = (struct diagnosis){.class = class, .message = message, .hint = hint};
}

static bool is_channel_file(const char *path)
{
	const char *slash = strrchr(path, '/');

	return strcmp(slash ? slash + 1 : path, "_channel.yaml") == 0;
}

/* False, with the reason in OUT, for what is no article or cannot be read. */
static bool gather(const struct check *check, struct arena *arena,
	struct companions *files, struct checked *out)
{
	struct error err;
	struct stat status;

	if (!read_sidecar(arena, out->path, files, &err) ||
		!read_channels(arena, out->path, &files->channels, &err)) {
		refuse(out, "unreadable", arena_strdup(arena, err.text), NULL);
		return false;
	}
	if (!article_is_candidate(out->path, files->has_sidecar)) {
		refuse(out, "not-an-article", "the name is not that of an article",
			is_channel_file(out->path)
				? "check an article below it: that reads both"
			: article_is_candidate(out->path, true)
				? "write FILE.meta.yaml beside it with its title and date"
				: "articles end in .md .markdown .html .htm .shtml .txt "
				  "or .xml");
		return false;
	}
	files->is_media = !article_is_candidate(out->path, false);
	if (files->is_media && stat(out->path, &status) == 0) {
		files->bytes.len = (size_t)status.st_size;
		return true;
	}
	if (!file_read(
		    out->path, check->config->articles.max_size, &files->bytes, &err)) {
		refuse(out,
			files->bytes.len > check->config->articles.max_size
				? "too-large"
				: "unreadable",
			arena_strdup(arena, err.text), NULL);
		return false;
	}
	return true;
}

/* Two files with one stated id: the daemon keeps the first. */
static void check_id(struct check *check, struct arena *arena, struct checked *out)
{
	const char *id = out->article->id;
	const char *holder = id ? map_get(&check->ids, id, strlen(id)) : NULL;

	if (holder) {
		refuse(out, "id-conflict",
			arena_printf(arena, "the id %s is that of %s", id, holder),
			"give one of the two another id");
		return;
	}
	if (id)
		map_put(&check->ids, arena_strdup(check->kept, id), strlen(id),
			arena_strdup(check->kept, out->path));
}

void check_file(
	struct check *check, struct arena *arena, const char *path, struct checked *out)
{
	struct companions files = {0};
	struct article *article = NULL;

	*out = (struct checked){.path = path};
	if (gather(check, arena, &files, out)) {
		const struct parser_job job = {
			.path = path,
			.channel_yaml = files.channels.bytes,
			.channel_yaml_len = files.channels.len,
			.input = {
				.bytes = files.is_media ? NULL : buf_text(&files.bytes),
				.len = files.bytes.len,
				.sidecar = files.has_sidecar ? buf_text(&files.sidecar) : NULL,
				.sidecar_len = files.sidecar.len,
				.sidecar_is_json = files.sidecar_is_json,
			},
		};

		if (check_parser_run(&check->parser, arena, &job, &article, &out->why)) {
			out->why = (struct diagnosis){0};
			fill_lengths(arena, path, &article->images);
			fill_lengths(arena, path, &article->attachments);
			out->article = article;
			check_id(check, arena, out);
		}
	}
	if (files.is_media)
		files.bytes.len = 0;
	companions_finish(&files);
}
