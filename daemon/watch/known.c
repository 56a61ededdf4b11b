/*
 * known.c: one small node per file (its name only), so that 100,000 files take some 10
 * MB.
 */
#include "daemon/watch/known.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/base/buf.h"
#include "feeds/base/mem.h"

static struct known_dir *dir_create(
	struct known_dir *parent, const char *name, size_t len)
{
	struct known_dir *dir = mem_alloc(sizeof(*dir) + len + 1);

	memcpy(dir->name, name, len);
	dir->parent = parent;
	dir->wd = -1;
	if (parent != NULL)
		map_put(&parent->dirs, dir->name, len, dir);
	return dir;
}

static void dir_destroy(struct known_dir *dir)
{
	struct map_entry entry;

	for (size_t cursor = 0; map_next(&dir->files, &cursor, &entry);)
		free(entry.value);
	for (size_t cursor = 0; map_next(&dir->dirs, &cursor, &entry);)
		dir_destroy(entry.value);
	map_finish(&dir->files);
	map_finish(&dir->dirs);
	free(dir);
}

void known_init(struct known *known)
{
	*known = (struct known){0};
	known->root = dir_create(NULL, "", 0);
}

void known_finish(struct known *known)
{
	map_finish(&known->by_wd);
	if (known->root != NULL)
		dir_destroy(known->root);
	known->root = NULL;
}

/* The directory that holds PATH; *NAME_OUT is PATH's last component. */
static struct known_dir *walk(
	struct known *known, const char *path, bool is_made, const char **name_out)
{
	struct known_dir *dir = known->root;
	const char *slash;

	while ((slash = strchr(path, '/')) != NULL) {
		size_t len = (size_t)(slash - path);
		struct known_dir *child = map_get(&dir->dirs, path, len);

		if (child == NULL && !is_made)
			return NULL;
		dir = child != NULL ? child : dir_create(dir, path, len);
		path = slash + 1;
	}
	*name_out = path;
	return dir;
}

struct known_dir *known_dir_at(struct known *known, const char *path, bool is_made)
{
	const char *name;
	struct known_dir *dir = walk(known, path, is_made, &name);
	struct known_dir *child;

	if (dir == NULL || *name == '\0')
		return dir;
	child = map_get(&dir->dirs, name, strlen(name));
	if (child == NULL && is_made)
		child = dir_create(dir, name, strlen(name));
	return child;
}

struct known_dir *known_dir_of_wd(const struct known *known, int wd)
{
	return map_get(&known->by_wd, (const char *)&wd, sizeof(wd));
}

void known_set_wd(struct known *known, struct known_dir *dir, int wd)
{
	struct known_dir *other;

	if (dir->wd == wd)
		return;
	if (dir->wd >= 0)
		map_remove(&known->by_wd, (const char *)&dir->wd, sizeof(dir->wd));
	dir->wd = -1;
	if (wd < 0)
		return;
	other = map_remove(&known->by_wd, (const char *)&wd, sizeof(wd));
	if (other != NULL)
		other->wd = -1;
	dir->wd = wd;
	map_put(&known->by_wd, (const char *)&dir->wd, sizeof(dir->wd), dir);
}

static void add_path(const struct known_dir *dir, struct buf *out)
{
	if (dir->parent == NULL)
		return;
	add_path(dir->parent, out);
	if (out->len > 0)
		buf_add_char(out, '/');
	buf_add_str(out, dir->name);
}

void known_path(const struct known_dir *dir, const char *name, struct buf *out)
{
	buf_clear(out);
	add_path(dir, out);
	if (out->len > 0 && *name != '\0')
		buf_add_char(out, '/');
	buf_add_str(out, name);
}

bool known_has_file(struct known *known, const char *path)
{
	const char *name;
	struct known_dir *dir = walk(known, path, false, &name);

	return dir != NULL && map_get(&dir->files, name, strlen(name)) != NULL;
}

void known_add_file(struct known *known, const char *path)
{
	const char *name;
	struct known_dir *dir = walk(known, path, true, &name);
	size_t len = strlen(name);
	struct known_file *file;

	assert(len > 0);
	if (map_get(&dir->files, name, len) != NULL)
		return;
	file = mem_alloc(sizeof(*file) + len + 1);
	memcpy(file->name, name, len);
	map_put(&dir->files, file->name, len, file);
}

bool known_remove_file(struct known *known, const char *path)
{
	const char *name;
	struct known_dir *dir = walk(known, path, false, &name);
	struct known_file *file;

	if (dir == NULL)
		return false;
	file = map_remove(&dir->files, name, strlen(name));
	free(file);
	known_prune(known, dir);
	return file != NULL;
}

void known_prune(struct known *known, struct known_dir *dir)
{
	while (dir != known->root && dir->wd < 0 && dir->files.count == 0 &&
		dir->dirs.count == 0) {
		struct known_dir *parent = dir->parent;

		map_remove(&parent->dirs, dir->name, strlen(dir->name));
		dir_destroy(dir);
		dir = parent;
	}
}

void known_each_file(const struct known_dir *dir,
	void (*each)(void *context, const char *path), void *context)
{
	struct buf path = {0};
	struct map_entry entry;

	for (size_t cursor = 0; map_next(&dir->files, &cursor, &entry);) {
		known_path(dir, ((const struct known_file *)entry.value)->name, &path);
		each(context, buf_text(&path));
	}
	buf_finish(&path);
	for (size_t cursor = 0; map_next(&dir->dirs, &cursor, &entry);)
		known_each_file(entry.value, each, context);
}
