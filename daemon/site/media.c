/*
 * media.c: files beside the articles: the pictures, recordings and documents that an article
 * shows or offers by a relative address. Only what a visible article names is served, so that
 * nothing is found by guessing before its article appears or after it is taken back.
 */
#include "daemon/site/media.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/http/snapshot.h"
#include "daemon/site/partner_docs.h"
#include "daemon/site/site_internal.h"
#include "feeds/base/buf.h"
#include "feeds/base/mem.h"
#include "feeds/url.h"

enum { PATH_MOST = 500 };

/* Nothing that a browser would run as ours; pictures in SVG get a policy. */
static const char *type_of(const char *path)
{
	static const char *const families[] = {"image/", "audio/", "video/", "application/"};
	const char *type = media_type_of(path);

	if (!type || strcmp(type, "application/xml") == 0 ||
		strcmp(type, "application/json") == 0)
		return NULL;
	for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++) {
		if (strncmp(type, families[i], strlen(families[i])) == 0)
			return type;
	}
	return NULL;
}

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ?
		(c | 32) - 'a' + 10 : -1;
}

/* No part is empty, hidden or leads upwards. */
static bool is_path(const char *path)
{
	if (!*path || strlen(path) > PATH_MOST || strpbrk(path, "\n\\"))
		return false;
	for (const char *at = path; at; at = strchr(at, '/')) {
		at += *at == '/';
		if (!*at || *at == '.' || *at == '/')
			return false;
	}
	return true;
}

bool media_path(const char *base_url, const char *url, struct buf *out)
{
	size_t base = strlen(base_url);

	buf_clear(out);
	if (!url || strncmp(url, base_url, base) != 0)
		return false;
	for (url += base; *url && *url != '?' && *url != '#'; url++) {
		int high = *url == '%' ? hex(url[1]) : -1;
		int low = high >= 0 ? hex(url[2]) : -1;
		int byte = high * 16 + low;

		if (*url == '%' && (low < 0 || byte == 0))
			return false;
		buf_add_char(out, *url == '%' ? (char)byte : *url);
		url += *url == '%' ? 2 : 0;
	}
	return is_path(buf_text(out)) && type_of(buf_text(out));
}

bool site_may_have_file(const char *path)
{
	return *path == '/' && is_path(path + 1) && type_of(path);
}

void media_changed(struct site *site, const char *path)
{
	struct buf url = {0};

	if (!site->any_scan || !type_of(path))
		return; /* nothing was served yet, or never is */
	buf_printf(&url, "/%s", path);
	documents_drop(&site->documents, buf_text(&url));
	buf_finish(&url);
}

static bool read_all(int fd, size_t size, char *bytes)
{
	size_t len = 0;

	while (len < size) {
		ssize_t got = read(fd, bytes + len, size - len);

		if (got <= 0)
			return false;
		len += (size_t)got;
	}
	return true;
}

/* PATH is that of the answer, of the FD that is open. */
static struct snapshot *make(struct site *site, const char *path, int fd, bool is_private)
{
	const char *type = type_of(path);
	bool is_svg = strcmp(type, "image/svg+xml") == 0;
	struct snapshot *snapshot = NULL;
	struct stat status;
	char *bytes;

	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) ||
		status.st_size > site->config.max_size)
		return NULL;
	bytes = mem_alloc((size_t)status.st_size + 1);
	if (read_all(fd, (size_t)status.st_size, bytes))
		snapshot = snapshot_create(&(struct snapshot_spec){
			.path = path,
			.status = 200,
			.content_type = type,
			.csp = is_svg ? "default-src 'none'; style-src 'unsafe-inline'; sandbox" :
					NULL,
			.modified_s = status.st_mtime,
			.max_age_s = site->config.max_age_s,
			.is_public_api = !is_private,
			.is_private = is_private,
			.compress = is_svg,
			.has_ranges = !is_svg, /* players ask for them */
			.body = bytes,
			.len = (size_t)status.st_size,
		});
	free(bytes);
	return snapshot;
}

struct snapshot *media_page(struct site *site, const char *path)
{
	const struct entry *entry = notes_find(&site->notes, NOTE_MEDIA, path + 1);
	struct snapshot *snapshot;
	int fd;

	if (!entry || entry->level < LEVEL_FULL_MEDIA) {
		documents_drop(&site->documents, path); /* it may have been named before */
		return NULL;
	}
	snapshot = documents_use(&site->documents, path);
	if (snapshot)
		return snapshot_ref(snapshot);
	fd = site->events->open_file(site->context, path + 1, NULL);
	if (fd < 0)
		return NULL;
	snapshot = make(site, path, fd, false);
	close(fd);
	if (snapshot)
		documents_keep(&site->documents, documents_add(&site->documents, path), snapshot);
	return snapshot;
}

/* ---- for partners ---- */

struct asker {
	const struct site *site;
	const struct site_partner *partner;
};

static bool is_given(const void *context, const struct entry *entry)
{
	const struct asker *asker = context;
	struct rights_decision decision =
		partner_desk_decide(asker->site, asker->partner, entry);

	return (decision.view == VIEW_ARTICLE || decision.view == VIEW_EARLY) &&
		decision.level >= LEVEL_FULL_MEDIA;
}

void site_partner_media(struct site *site, size_t partner, const char *path,
	void (*done)(void *context, struct snapshot *snapshot, const char *contents),
	void *context)
{
	const struct asker asker = {site, &site->config.partners[partner]};
	const struct entry *entry = is_path(path) && type_of(path) ?
		notes_find_any(&site->notes, NOTE_MEDIA, path, is_given, &asker) : NULL;
	int fd = entry ? site->events->open_file(site->context, path, NULL) : -1;
	struct snapshot *snapshot = NULL;
	struct buf line = {0};

	if (fd >= 0) {
		snapshot = make(site, path, fd, true);
		close(fd);
	}
	if (snapshot)
		buf_printf(&line, "%s\t%d\tmedia\n", entry->id, entry->version);
	done(context, snapshot, snapshot ? buf_text(&line) : NULL);
	snapshot_unref(snapshot);
	buf_finish(&line);
}
