/*
 * copies.c: see copies.h. A file is lines of NAME VALUE, an empty line, and the body. Nothing
 * is synced: the digest of the body says whether it is whole.
 */
#include "daemon/site/copies.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/control/log.h"
#include "daemon/http/snapshot.h"
#include "daemon/site/identity.h"
#include "feeds/base/buf.h"
#include "feeds/base/error.h"
#include "feeds/base/map.h"
#include "feeds/base/mem.h"

enum { FILE_MOST = 64 * 1024 * 1024 };
static const char first_line[] = "gazetted-document 1\n", temporary[] = ".new";

struct copy {
	char *path;                /* owns */
	char etag[32];             /* of what its file has */
};

struct copies {
	char *directory;           /* owns; for people */
	int fd;                    /* of the directory */
	struct map known;          /* path -> struct copy; owns */
	bool is_failing;
};

static const struct {
	const char *name;
	size_t at;
} texts[] = {
	{"path", offsetof(struct snapshot_spec, path)},
	{"type", offsetof(struct snapshot_spec, content_type)},
	{"browser-type", offsetof(struct snapshot_spec, browser_type)},
	{"etag", offsetof(struct snapshot_spec, etag)},
	{"link", offsetof(struct snapshot_spec, link)},
	{"language", offsetof(struct snapshot_spec, language)},
	{"other-language", offsetof(struct snapshot_spec, other_language)},
	{"other-path", offsetof(struct snapshot_spec, other_path)},
	{"csp", offsetof(struct snapshot_spec, csp)},
};

static const char **text_of(struct snapshot_spec *spec, size_t i)
{
	return (const char **)(void *)((char *)spec + texts[i].at);
}

bool copies_open(const char *directory, struct copies **out, struct error *err)
{
	struct copies *copies;
	int fd;

	if (mkdir(directory, 0700) < 0 && errno != EEXIST)
		return error_set(err, "create directory %s: %s", directory, strerror(errno));
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_set(err, "open %s: %s", directory, strerror(errno));
	copies = mem_alloc(sizeof(*copies));
	copies->directory = mem_strdup(directory);
	copies->fd = fd;
	*out = copies;
	return true;
}

void copies_close(struct copies *copies)
{
	struct map_entry slot;
	size_t cursor = 0;

	if (!copies)
		return;
	while (map_next(&copies->known, &cursor, &slot)) {
		struct copy *copy = slot.value;

		free(copy->path);
		free(copy);
	}
	map_finish(&copies->known);
	close(copies->fd);
	free(copies->directory);
	free(copies);
}

static void note(struct copies *copies, const char *path, const char *etag)
{
	struct copy *copy = map_get(&copies->known, path, strlen(path));

	if (!copy) {
		copy = mem_alloc(sizeof(*copy));
		copy->path = mem_strdup(path);
		map_put(&copies->known, copy->path, strlen(path), copy);
	}
	snprintf(copy->etag, sizeof(copy->etag), "%s", etag);
}

/* ---- reading ---- */

static void take_line(struct snapshot_spec *spec, char *name, char *value, const char **digest)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		if (strcmp(name, texts[i].name) == 0)
			*text_of(spec, i) = value;
	}
	if (strcmp(name, "modified") == 0)
		spec->modified_s = strtoll(value, NULL, 10);
	if (strcmp(name, "max-age") == 0)
		spec->max_age_s = (int)strtol(value, NULL, 10);
	if (strcmp(name, "api") == 0)
		spec->is_public_api = *value == '1';
	if (strcmp(name, "digest") == 0)
		*digest = value;
}

/* SPEC points into TEXT, which is changed. */
static bool parse(char *text, size_t len, struct snapshot_spec *spec)
{
	char hash[HASH_HEX], *at = text + strlen(first_line), *end;
	const char *digest = NULL;

	*spec = (struct snapshot_spec){.status = 200};
	if (strncmp(text, first_line, strlen(first_line)) != 0)
		return false;
	for (; *at != '\n'; at = end + 1) {
		char *value = strchr(at, ' ');

		end = strchr(at, '\n');
		if (!end || !value || value > end)
			return false;
		*end = *value = '\0';
		take_line(spec, at, value + 1, &digest);
	}
	spec->body = at + 1;
	spec->len = len - (size_t)(at + 1 - text);
	identity_hash(spec->body, spec->len, NULL, 0, hash);
	return spec->path && spec->etag && spec->content_type && digest &&
		strcmp(digest, hash) == 0;
}

static bool read_whole(int directory, const char *name, struct buf *out)
{
	int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t got = -1;

	if (fd < 0)
		return false;
	buf_clear(out);
	while (out->len < FILE_MOST) {
		got = read(fd, buf_reserve(out, 1 << 16), 1 << 16);
		if (got <= 0)
			break;
		out->len += (size_t)got;
		out->bytes[out->len] = '\0';
	}
	close(fd);
	return got == 0;
}

size_t copies_each(struct copies *copies,
	void (*take)(void *context, const struct snapshot_spec *spec), void *context)
{
	DIR *stream = fdopendir(dup(copies->fd));
	struct buf file = {0};
	size_t count = 0;

	for (const struct dirent *name; stream && (name = readdir(stream));) {
		struct snapshot_spec spec;

		if (name->d_name[0] == '.' || !read_whole(copies->fd, name->d_name, &file) ||
			!file.len || !parse(file.bytes, file.len, &spec))
			continue;
		note(copies, spec.path, spec.etag);
		take(context, &spec);
		count++;
	}
	if (stream)
		closedir(stream);
	buf_finish(&file);
	return count;
}

/* ---- writing ---- */

static void write_head(const struct snapshot_spec *spec, struct buf *out)
{
	struct snapshot_spec copy = *spec;
	char hash[HASH_HEX];

	identity_hash(spec->body, spec->len, NULL, 0, hash);
	buf_add_str(out, first_line);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		const char *text = *text_of(&copy, i);

		if (text)
			buf_printf(out, "%s %s\n", texts[i].name, text);
	}
	buf_printf(out, "modified %lld\nmax-age %d\napi %d\ndigest %s\n\n",
		(long long)spec->modified_s, spec->max_age_s, spec->is_public_api, hash);
}

static bool write_file(int directory, const char *name, const struct buf *bytes)
{
	int fd = openat(directory, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	size_t done = 0;
	bool ok = fd >= 0;

	while (ok && done < bytes->len) {
		ssize_t wrote = write(fd, bytes->bytes + done, bytes->len - done);

		ok = wrote > 0 || (wrote < 0 && errno == EINTR);
		done += wrote > 0 ? (size_t)wrote : 0;
	}
	if (fd >= 0)
		close(fd);
	return ok && renameat(directory, temporary, directory, name) == 0;
}

void copies_put(struct copies *copies, const struct snapshot_spec *spec)
{
	const struct copy *known = map_get(&copies->known, spec->path, strlen(spec->path));
	struct buf bytes = {0};
	char name[HASH_HEX];
	bool ok;

	if (known && strcmp(known->etag, spec->etag) == 0)
		return;
	identity_hash(spec->path, strlen(spec->path), NULL, 0, name);
	write_head(spec, &bytes);
	buf_add(&bytes, spec->body, spec->len);
	ok = write_file(copies->fd, name, &bytes);
	buf_finish(&bytes);
	if (ok)
		note(copies, spec->path, spec->etag);
	else if (!copies->is_failing)
		log_error("site: %s: documents can not be kept: %s", copies->directory,
			strerror(errno));
	copies->is_failing = !ok;
}
