/*
 * export.c: see export.h. DIRECTORY/.gazetted-export lists the files that were written: a
 * name is put into it before its file is there. So what a former run left is found, and
 * nothing that somebody else put there is removed. A directory without that list must be
 * empty: it may be one that was named by mistake.
 */
#include "daemon/http/export.h"

#include <dirent.h>
#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/control/log.h"
#include "daemon/http/export_file.h"
#include "daemon/http/snapshot.h"
#include "daemon/loop/loop.h"
#include "feeds/base/buf.h"
#include "feeds/base/error.h"
#include "feeds/base/map.h"
#include "feeds/base/mem.h"

static const char list_name[] = ".gazetted-export";
static const double retry_s = 3., list_pause_s = 0.2;
static const char *const suffixes[ENCODING_COUNT] = {"", ".gz", ".br"};

/* A name that is ours, or shall be. */
struct file {
	struct snapshot *wanted;   /* a reference, until it is written; or NULL */
	bool is_listed;            /* in the list on disk */
	bool is_put;               /* by this run */
	bool is_going;             /* to be removed */
	char name[];
};

struct export {
	struct loop *loop;
	char *path;                /* owns; of the directory, for messages */
	int directory;
	struct map files;          /* name -> struct file, owned */
	ev_timer retry, list;
	bool is_failing;           /* and has been reported */
};

struct order {
	struct message message;
	struct export *export;
	struct snapshot *snapshot; /* a reference, or NULL */
};

/* ---- the list ---- */

static struct file *file_of(struct export *export, const char *name)
{
	size_t len = strlen(name);
	struct file *file = map_get(&export->files, name, len);

	if (file)
		return file;
	file = mem_alloc(sizeof(*file) + len + 1);
	memcpy(file->name, name, len + 1);
	map_put(&export->files, file->name, len, file);
	return file;
}

static void forget(struct export *export, struct file *file)
{
	map_remove(&export->files, file->name, strlen(file->name));
	snapshot_unref(file->wanted);
	free(file);
}

static void read_list(struct export *export)
{
	int fd = openat(export->directory, list_name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	FILE *list = fd >= 0 ? fdopen(fd, "r") : NULL;
	char line[EXPORT_NAME_MAX + 2], path[EXPORT_NAME_MAX + 2], name[EXPORT_NAME_MAX];

	while (list && fgets(line, sizeof(line), list)) {
		line[strcspn(line, "\n")] = '\0';
		snprintf(path, sizeof(path), "/%.*s", EXPORT_NAME_MAX, line);
		/* nothing but what could have been written there */
		if (*line && export_name(path, name) && strcmp(name, line) == 0)
			file_of(export, name)->is_listed = true;
	}
	if (list)
		fclose(list);
	else if (fd >= 0)
		close(fd);
}

/* Appends TEXT, all or nothing. */
static bool append(const struct export *export, const char *text, size_t len)
{
	int fd = openat(export->directory, list_name,
		O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
	ssize_t put;
	int saved;

	if (fd < 0)
		return false;
	put = write(fd, text, len);
	saved = put < 0 ? errno : ENOSPC;
	close(fd);
	errno = saved;
	return put == (ssize_t)len;
}

/* Before the file is there. */
static bool enlist(struct export *export, struct file *file, struct error *err)
{
	struct buf line = {0};

	if (file->is_listed)
		return true;
	/* the newline first: a line that was cut off by a full disk ends there */
	buf_printf(&line, "\n%s\n", file->name);
	file->is_listed = append(export, line.bytes, line.len);
	if (!file->is_listed)
		error_set(err, "%s: %s", list_name, strerror(errno));
	buf_finish(&line);
	return file->is_listed;
}

/* Without the names that are gone. A list that is too long does no harm. */
static void write_list(struct export *export)
{
	struct buf list = {0};
	struct map_entry slot;
	struct error err;
	size_t cursor = 0;

	while (map_next(&export->files, &cursor, &slot)) {
		if (((struct file *)slot.value)->is_listed)
			buf_printf(&list, "%s\n", slot.key);
	}
	if (!export_write(export->directory, list_name, buf_text(&list), list.len, 0, &err))
		log_debug("export: %s", err.text);
	buf_finish(&list);
}

static void on_list(struct ev_loop *ev, ev_timer *timer, int events)
{
	(void)ev, (void)events;
	write_list(timer->data);
}

/* ---- writing and removing ---- */

static void arm(struct export *export, ev_timer *timer, double seconds)
{
	if (ev_is_active(timer))
		return;
	ev_timer_set(timer, seconds, 0.);
	ev_timer_start(loop_ev(export->loop), timer);
}

static bool remove_variants(struct export *export, const char *name, struct error *err)
{
	char full[EXPORT_NAME_MAX + 8];

	for (int e = ENCODING_COUNT - 1; e >= 0; e--) {
		snprintf(full, sizeof(full), "%s%s", name, suffixes[e]);
		if (!export_remove(export->directory, full, err))
			return false;
	}
	return true;
}

/* An encoding that there no longer is goes first: better none than an old one. But those of
 * a file that is already what it shall be are right, whether they are known yet or not. */
static bool write_variants(struct export *export, const struct file *file, struct error *err)
{
	char full[EXPORT_NAME_MAX + 8];
	size_t len;
	const void *bytes = snapshot_body(file->wanted, &len);
	bool ok = true;

	if (snapshot_is_provisional(file->wanted) &&
		export_has(export->directory, file->name, bytes, len))
		return true;
	for (int e = ENCODING_COUNT - 1; e >= 0 && ok; e--) {
		bytes = snapshot_variant(file->wanted, (enum encoding)e, &len);

		snprintf(full, sizeof(full), "%s%s", file->name, suffixes[e]);
		ok = bytes ? export_write(export->directory, full, bytes, len,
				     snapshot_modified_s(file->wanted), err) :
			     export_remove(export->directory, full, err);
	}
	return ok;
}

/* Whether what FILE shall be is on the disk; then FILE may be gone. */
static bool settle(struct export *export, struct file *file, struct error *err)
{
	if (file->wanted) {
		if (!enlist(export, file, err) || !write_variants(export, file, err))
			return false;
		snapshot_unref(file->wanted);
		file->wanted = NULL;
		return true;
	}
	if (!remove_variants(export, file->name, err))
		return false;
	forget(export, file);
	arm(export, &export->list, list_pause_s);
	return true;
}

/* Reported once for each time that the directory cannot be written. */
static void try_file(struct export *export, struct file *file)
{
	struct error err;

	if (settle(export, file, &err))
		return;
	if (!export->is_failing)
		log_error("export: %s/%s; trying again", export->path, err.text);
	export->is_failing = true;
	arm(export, &export->retry, retry_s);
}

/* Trying may take a file out of the map. */
static void try_all(struct export *export, bool (*is_due)(const struct file *))
{
	struct file **due = mem_alloc((export->files.count + 1) * sizeof(*due));
	struct map_entry slot;
	size_t cursor = 0, count = 0;

	while (map_next(&export->files, &cursor, &slot)) {
		if (is_due(slot.value))
			due[count++] = slot.value;
	}
	while (count-- > 0)
		try_file(export, due[count]);
	free(due);
}

static bool is_unsettled(const struct file *file)
{
	return file->wanted || file->is_going;
}

static void on_retry(struct ev_loop *ev, ev_timer *timer, int events)
{
	struct export *export = timer->data;

	(void)ev, (void)events;
	try_all(export, is_unsettled);
	if (ev_is_active(timer))
		return;
	log_info("export: %s is as it should be again", export->path);
	export->is_failing = false;
}

/* ---- orders ---- */

static bool is_left_over(const struct file *file)
{
	return !file->is_put;
}

static void run_put(struct message *message)
{
	struct order *order = (struct order *)message;
	struct snapshot *snapshot = order->snapshot;
	const char *path = snapshot_path(snapshot);
	char name[EXPORT_NAME_MAX];
	struct file *file;

	if (!export_name(path, name)) {
		log_debug("export: no file has the name of path=%s", path);
	} else if (snapshot_is_public(snapshot) && strncmp(path, "/p/", 3) != 0) {
		file = file_of(order->export, name);
		snapshot_unref(file->wanted);
		file->wanted = snapshot_ref(snapshot);
		file->is_put = true;
		file->is_going = false;
		/* with its variants, or at the end without them */
		if (!snapshot_is_provisional(snapshot))
			try_file(order->export, file);
	} else if ((file = map_get(&order->export->files, name, strlen(name)))) {
		snapshot_unref(file->wanted);
		file->wanted = NULL;
		file->is_going = true;
		try_file(order->export, file);
	}
	snapshot_unref(snapshot);
	free(order);
}

static void run_complete(struct message *message)
{
	struct order *order = (struct order *)message;
	struct export *export = order->export;
	struct map_entry slot;
	size_t cursor = 0;

	while (map_next(&export->files, &cursor, &slot)) {
		struct file *file = slot.value;

		file->is_going = file->is_going || !file->is_put;
	}
	try_all(export, is_left_over);
	write_list(export);
	free(order);
}

static void run_stop(struct message *message)
{
	struct order *order = (struct order *)message;

	try_all(order->export, is_unsettled);
	loop_stop(order->export->loop);
	free(order);
}

static void give(struct export *export, void (*run)(struct message *), struct snapshot *snapshot)
{
	struct order *order = mem_alloc(sizeof(*order));

	*order = (struct order){.message.run = run, .export = export, .snapshot = snapshot};
	loop_post(export->loop, &order->message);
}

void export_put(struct export *export, struct snapshot *snapshot)
{
	give(export, run_put, snapshot);
}

void export_complete(struct export *export)
{
	give(export, run_complete, NULL);
}

/* ---- life ---- */

static bool is_empty(int directory)
{
	int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;
	bool empty = dir != NULL;

	while (empty && (entry = readdir(dir)))
		empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
			strcmp(entry->d_name, "lost+found") == 0;
	if (dir)
		closedir(dir);
	return empty;
}

/* The directory, which is known as ours from then on; -1 and ERR. */
static int open_directory(const char *path, struct error *err)
{
	int directory;

	if (mkdir(path, 0755) == 0)
		chmod(path, 0755); /* whatever the umask */
	directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0) {
		error_set(err, "http.export: %s: %s", path, strerror(errno));
		return -1;
	}
	if (faccessat(directory, list_name, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ||
		is_empty(directory))
		return directory;
	error_set(err, "http.export: %s: it has files that were not written here; name an empty "
		"directory, or empty it", path);
	close(directory);
	return -1;
}

struct export *export_create(const char *directory, struct error *err)
{
	int fd = open_directory(directory, err);
	struct export *export;

	if (fd < 0)
		return NULL;
	export = mem_alloc(sizeof(*export));
	export->directory = fd;
	export->path = mem_strdup(directory);
	read_list(export);
	export->loop = loop_create("export");
	ev_timer_init(&export->retry, on_retry, retry_s, 0.);
	ev_timer_init(&export->list, on_list, list_pause_s, 0.);
	export->retry.data = export->list.data = export;
	loop_start(export->loop);
	return export;
}

void export_destroy(struct export *export)
{
	struct map_entry slot;
	size_t cursor = 0;

	if (!export)
		return;
	give(export, run_stop, NULL); /* behind all that was put */
	loop_join(export->loop);
	if (ev_is_active(&export->list))
		write_list(export);
	ev_timer_stop(loop_ev(export->loop), &export->list);
	ev_timer_stop(loop_ev(export->loop), &export->retry);
	loop_destroy(export->loop);
	while (map_next(&export->files, &cursor, &slot)) {
		struct file *file = slot.value;

		snapshot_unref(file->wanted);
		free(file);
	}
	map_finish(&export->files);
	close(export->directory);
	free(export->path);
	free(export);
}
