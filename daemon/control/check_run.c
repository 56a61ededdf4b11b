/*
 * check_run.c: see check_run.h. A directory is first listed, then checked, so that the bar
 * knows the whole; files come in the order of their names.
 */
#include "daemon/control/check_run.h"

#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/control/check.h"
#include "daemon/control/check_report.h"
#include "daemon/control/progress.h"
#include "daemon/watch/names.h"
#include "feeds/article.h"
#include "feeds/base/arena.h"
#include "feeds/base/buf.h"

enum { DEPTH_MAX = 64 };

struct run {
	struct check *check;
	bool is_json;
	size_t printed;            /* objects of the array */
	size_t files, wrong;
	bool is_unreadable;        /* a directory could not be read */
};

/* The articles below a directory. */
struct found {
	struct arena *arena;
	const char **paths;        /* owns the array */
	size_t count, cap;
};

static void print_json(struct run *run, const struct checked *checked)
{
	json_t *object = check_report_json(checked, run->check->now_ms);

	fputs(run->printed++ ? ",\n" : "[\n", stdout);
	json_dumpf(object, stdout, JSON_INDENT(1));
	json_decref(object);
}

static void check_one(struct run *run, const char *path, bool is_short)
{
	struct arena *arena = arena_create();
	struct buf text = {0};
	struct checked checked;

	check_file(run->check, arena, path, &checked);
	run->files++;
	run->wrong += checked.why.class != NULL;
	if (run->is_json) {
		print_json(run, &checked);
	} else {
		if (is_short)
			checked.article = NULL; /* the problem only */
		check_report_text(&checked, run->check->now_ms, &text);
		fputs(buf_text(&text), stdout);
	}
	buf_finish(&text);
	arena_destroy(arena);
}

/* ---- directories ---- */

static bool has_sidecar(struct arena *arena, const char *path)
{
	struct stat status;

	return stat(arena_printf(arena, "%s.meta.yaml", path), &status) == 0 ||
		stat(arena_printf(arena, "%s.meta.json", path), &status) == 0;
}

static void add(struct found *found, const char *path)
{
	if (found->count == found->cap) {
		found->cap = found->cap ? found->cap * 2 : 256;
		found->paths = realloc(found->paths, found->cap * sizeof(*found->paths));
		if (!found->paths)
			abort();
	}
	found->paths[found->count++] = path;
}

static void look_below(struct run *run, struct found *found, const char *path, int depth);

static void look_at(struct run *run, struct found *found, const char *path, int depth)
{
	struct stat status;

	if (lstat(path, &status) < 0)
		return;
	if (S_ISDIR(status.st_mode) && depth < DEPTH_MAX)
		look_below(run, found, path, depth + 1);
	else if (S_ISREG(status.st_mode) &&
		(article_is_candidate(path, false) ||
			(article_is_candidate(path, true) && has_sidecar(found->arena, path))))
		add(found, path);
}

static void look_below(struct run *run, struct found *found, const char *path, int depth)
{
	DIR *dir = opendir(path);
	size_t len = strlen(path);
	const struct dirent *entry;

	if (!dir) {
		fprintf(stderr, "gazettectl: open %s: %s\n", path, strerror(errno));
		run->is_unreadable = true;
		return;
	}
	while ((entry = readdir(dir))) {
		if (!names_is_ignored(entry->d_name) && names_is_utf8(entry->d_name))
			look_at(run, found, arena_printf(found->arena, "%s%s%s", path,
				len && path[len - 1] == '/' ? "" : "/", entry->d_name), depth);
	}
	closedir(dir);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void check_directory(struct run *run, const char *path)
{
	struct found found = {.arena = arena_create()};
	struct progress progress;
	size_t wrong = run->wrong;

	look_below(run, &found, path, 0);
	if (found.count)
		qsort(found.paths, found.count, sizeof(*found.paths), compare);
	progress_begin(&progress, "check");
	for (size_t i = 0; i < found.count; i++) {
		size_t before = run->wrong;

		progress_set(&progress, (int64_t)i, (int64_t)found.count);
		check_one(run, found.paths[i], true);
		if (run->wrong > before)
			progress_end(&progress); /* it begins anew below the line */
	}
	progress_end(&progress);
	if (!run->is_json)
		printf("%s: %zu articles, %zu of them wrong\n", path, found.count,
			run->wrong - wrong);
	free(found.paths);
	arena_destroy(found.arena);
}

int check_run(struct check *check, const char *const *paths, size_t count, bool is_json)
{
	struct run run = {.check = check, .is_json = is_json};

	for (size_t i = 0; i < count; i++) {
		struct stat status;

		if (stat(paths[i], &status) == 0 && S_ISDIR(status.st_mode))
			check_directory(&run, paths[i]);
		else
			check_one(&run, paths[i], false);
	}
	if (is_json)
		fputs(run.printed ? "\n]\n" : "[]\n", stdout);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("gazettectl: write");
		return 1;
	}
	return run.wrong || run.is_unreadable ? 1 : 0;
}
