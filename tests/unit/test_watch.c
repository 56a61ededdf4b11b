/*
 * watch.c on a real directory: each case runs the loop until the event it waits for
 * arrives; a deadline fails it. Events are collected as text lines, in order:
 * "begin", "file PATH", "gone PATH", "end 1", "problem TEXT".
 */
#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/loop/loop.h"
#include "daemon/watch/watch.h"
#include "daemon/watch/watch_internal.h"
#include "feeds/base/buf.h"
#include "feeds/base/error.h"
#include "tests/unit/harness.h"

#define SETTLE_MS 40
#define LONG_SETTLE_MS 1000 /* who writes four times in that is not held up so long */
#define DEADLINE_SECONDS 120.

static struct {
	struct loop *loop;
	struct watch *watch;
	struct buf lines;
	const char *awaited;
	size_t from;
	ev_timer deadline;
} room;

static bool has_line(const char *line, size_t from)
{
	struct buf wanted = {0};
	bool is_found;

	buf_printf(&wanted, "\n%s", line);
	is_found = room.lines.len > from &&
		   strstr(buf_text(&room.lines) + from, buf_text(&wanted)) != NULL;
	buf_finish(&wanted);
	return is_found;
}

static void add_line(const char *word, const char *text)
{
	size_t at = room.lines.len;

	buf_printf(&room.lines, "%s %s\n", word, text);
	if (room.awaited != NULL && strncmp(buf_text(&room.lines) + at, room.awaited,
					    strlen(room.awaited)) == 0)
		loop_stop(room.loop);
}

static void on_begin(void *context)
{
	(void)context;
	add_line("begin", "");
}

static void on_file(void *context, const char *path, const struct stat *status)
{
	(void)context;
	CHECK(S_ISREG(status->st_mode));
	add_line("file", path);
}

static void on_gone(void *context, const char *path)
{
	(void)context;
	add_line("gone", path);
}

static void on_end(void *context, bool is_complete)
{
	(void)context;
	add_line("end", is_complete ? "1" : "0");
}

static void on_problem(void *context, const char *text)
{
	(void)context;
	CHECK(strchr(text, '\n') == NULL);
	add_line("problem", text);
}

static const struct watch_events events = {.scan_begin = on_begin,
	.file = on_file,
	.gone = on_gone,
	.scan_end = on_end,
	.problem = on_problem};

static void on_deadline(struct ev_loop *ev, ev_timer *timer, int revents)
{
	(void)ev;
	(void)timer;
	(void)revents;
	harness_fail(__FILE__, __LINE__, "waited for \"%s\", got:%s", room.awaited,
		buf_text(&room.lines) + room.from);
}

/* Runs the loop until LINE (or a line that begins so) arrives after FROM. */
static void await_from(const char *line, size_t from)
{
	room.awaited = line;
	room.from = from;
	if (has_line(line, from))
		return;
	ev_timer_init(&room.deadline, on_deadline, DEADLINE_SECONDS, 0.);
	ev_now_update(loop_ev(room.loop));
	ev_timer_start(loop_ev(room.loop), &room.deadline);
	loop_run(room.loop);
	ev_timer_stop(loop_ev(room.loop), &room.deadline);
	room.awaited = NULL;
}

static void await(const char *line)
{
	await_from(line, 0);
}

/* From here on: what comes after. Keeps a newline, so that each line begins with one. */
static size_t mark(void)
{
	return room.lines.len - 1;
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	CHECK(fd >= 0);
	CHECK_INT(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void make_dir(const char *path)
{
	CHECK_INT(mkdir(path, 0755), 0);
}

static void move(const char *from, const char *to)
{
	CHECK_INT(rename(from, to), 0);
}

static void start_settling(int64_t settle_ms, int64_t poll_ms)
{
	struct watch_config config = {
		.directory = "articles", .settle_ms = settle_ms, .poll_ms = poll_ms};
	struct error err;

	buf_add_char(&room.lines, '\n');
	room.loop = loop_create("test");
	if (!watch_create(room.loop, &config, &events, NULL, &room.watch, &err))
		harness_fail(__FILE__, __LINE__, "%s", err.text);
	/* Not from inside a downward call. */
	CHECK_INT(room.lines.len, 1);
}

static void start(int64_t poll_ms)
{
	start_settling(SETTLE_MS, poll_ms);
}

static void stop(void)
{
	watch_destroy(room.watch);
	loop_destroy(room.loop);
	buf_finish(&room.lines);
}

TEST(a_missing_directory_is_one_clear_line)
{
	struct watch_config config = {.directory = "nowhere", .settle_ms = 1};
	struct watch *watch;
	struct error err;

	room.loop = loop_create("test");
	CHECK(!watch_create(room.loop, &config, &events, NULL, &watch, &err));
	CHECK_STR(err.text,
		"open the article directory nowhere: No such file or directory");
	put("file", "x");
	config.directory = "file";
	CHECK(!watch_create(room.loop, &config, &events, NULL, &watch, &err));
	CHECK_STR(err.text, "open the article directory file: Not a directory");
	watch_destroy(NULL);
	loop_destroy(room.loop);
}

TEST(first_scan_reports_all_and_ignores_the_rest)
{
	make_dir("articles");
	make_dir("articles/news");
	make_dir("articles/.git");
	put("articles/news/a.md", "a");
	put("articles/b.md", "b");
	put("articles/.git/x.md", "x");
	put("articles/b.md~", "x");
	put("articles/\xd0\xc2.md", "gbk");
	CHECK_INT(symlink("b.md", "articles/link.md"), 0);
	CHECK_INT(mkfifo("articles/fifo.md", 0600), 0);
	start(0);
	await("end 1");
	CHECK(has_line("file b.md\n", 0));
	CHECK(has_line("file news/a.md\n", 0));
	CHECK(has_line("problem articles: 1 names are not valid UTF-8", 0));
	CHECK(strstr(buf_text(&room.lines), "link") == NULL);
	CHECK(strstr(buf_text(&room.lines), "fifo") == NULL);
	CHECK(strstr(buf_text(&room.lines), ".git") == NULL);
	CHECK(strstr(buf_text(&room.lines), "b.md~") == NULL);
	stop();
}

TEST(write_edit_delete_rename)
{
	size_t from;

	make_dir("articles");
	start(0);
	await("end 1");
	put("articles/a.md", "one");
	await("file a.md");
	from = mark();
	put("articles/a.md", "two");
	await_from("file a.md", from);
	from = mark();
	move("articles/a.md", "articles/b.md");
	await_from("file b.md", from);
	CHECK_STR(buf_text(&room.lines) + from, "\ngone a.md\nfile b.md\n");
	from = mark();
	unlink("articles/b.md");
	await_from("gone b.md", from);
	CHECK_STR(buf_text(&room.lines) + from, "\ngone b.md\n");
	stop();
}

TEST(editors_way_of_saving_is_one_event)
{
	size_t from;

	make_dir("articles");
	put("articles/a.md", "one");
	start(0);
	await("end 1");
	from = mark();
	put("articles/a.md.tmp", "two");
	move("articles/a.md", "articles/a.md~");
	move("articles/a.md.tmp", "articles/a.md");
	await_from("file a.md", from);
	put("articles/z.md", "later");
	await_from("file z.md", from);
	CHECK_STR(buf_text(&room.lines) + from, "\nfile a.md\nfile z.md\n");
	stop();
}

struct writer {
	ev_timer timer;
	int fd, left;
};

static void on_write(struct ev_loop *ev, ev_timer *timer, int revents)
{
	struct writer *writer = timer->data;

	(void)revents;
	CHECK(!has_line("file slow.md", 0));
	CHECK_INT(write(writer->fd, "x", 1), 1);
	if (--writer->left == 0)
		ev_timer_stop(ev, timer);
}

TEST(a_slow_writer_is_reported_after_its_last_byte)
{
	struct writer writer = {.left = 8};

	make_dir("articles");
	start_settling(LONG_SETTLE_MS, 0);
	await("end 1");
	writer.fd = open("articles/slow.md", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	ev_timer_init(&writer.timer, on_write, 0., LONG_SETTLE_MS / 4000.);
	writer.timer.data = &writer;
	ev_timer_start(loop_ev(room.loop), &writer.timer);
	await("file slow.md"); /* it is never closed */
	CHECK_INT(writer.left, 0);
	close(writer.fd);
	stop();
}

TEST(a_scan_waits_for_a_file_that_is_being_written)
{
	struct writer writer = {.left = 8};

	make_dir("articles");
	start_settling(LONG_SETTLE_MS, 0);
	writer.fd = open("articles/slow.md", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	ev_timer_init(&writer.timer, on_write, 0., LONG_SETTLE_MS / 4000.);
	writer.timer.data = &writer;
	ev_timer_start(loop_ev(room.loop), &writer.timer);
	await("end 1");
	CHECK_INT(writer.left, 0);
	CHECK_STR(buf_text(&room.lines), "\nbegin \nfile slow.md\nend 1\n");
	close(writer.fd);
	stop();
}

TEST(new_directories_are_scanned_and_watched)
{
	make_dir("articles");
	start(0);
	await("end 1");
	make_dir("articles/x");
	make_dir("articles/x/y");
	put("articles/x/y/early.md", "1");
	await("file x/y/early.md");
	put("articles/x/y/late.md", "2");
	await("file x/y/late.md");
	stop();
}

TEST(a_directory_that_moves_is_gone_and_there)
{
	size_t from;

	make_dir("articles");
	make_dir("articles/x");
	make_dir("articles/x/y");
	put("articles/x/a.md", "1");
	put("articles/x/y/b.md", "2");
	start(0);
	await("end 1");
	from = mark();
	move("articles/x", "articles/z");
	await_from("file z/a.md", from);
	await_from("file z/y/b.md", from);
	CHECK(has_line("gone x/a.md\n", from));
	CHECK(has_line("gone x/y/b.md\n", from));
	from = mark();
	move("articles/z", "outside");
	await_from("gone z/a.md", from);
	await_from("gone z/y/b.md", from);
	from = mark();
	/* The watch must not follow it. */
	put("outside/c.md", "3");
	put("articles/d.md", "4");
	await_from("file d.md", from);
	CHECK_STR(buf_text(&room.lines) + from, "\nfile d.md\n");
	from = mark();
	move("outside", "articles/back");
	await_from("file back/c.md", from);
	await_from("file back/y/b.md", from);
	put("articles/back/y/e.md", "5");
	await_from("file back/y/e.md", from);
	stop();
}

TEST(a_directory_that_is_removed_is_gone_file_by_file)
{
	size_t from;

	make_dir("articles");
	make_dir("articles/x");
	put("articles/x/a.md", "1");
	put("articles/x/b.md", "2");
	start(0);
	await("end 1");
	from = mark();
	unlink("articles/x/a.md");
	unlink("articles/x/b.md");
	rmdir("articles/x");
	await_from("gone x/b.md", from);
	CHECK(has_line("gone x/a.md\n", from));
	from = mark();
	make_dir("articles/x");
	put("articles/x/a.md", "3");
	await_from("file x/a.md", from);
	stop();
}

TEST(an_asked_rescan_reports_all_again)
{
	size_t from;

	make_dir("articles");
	put("articles/a.md", "1");
	start(0);
	await("end 1");
	from = mark();
	watch_rescan(room.watch);
	watch_rescan(room.watch);
	await_from("end 1", from);
	CHECK_STR(buf_text(&room.lines) + from, "\nbegin \nfile a.md\nend 1\n");
	stop();
}

TEST(polling_sees_changes_and_deletions)
{
	size_t from;

	make_dir("articles");
	make_dir("articles/x");
	put("articles/a.md", "1");
	put("articles/x/b.md", "1");
	start(50);
	await("end 1");
	put("articles/x/c.md", "2");
	await("file x/c.md");
	from = mark();
	unlink("articles/a.md");
	move("articles/x", "outside");
	await_from("gone a.md", from);
	await_from("gone x/b.md", from);
	await_from("gone x/c.md", from);
	stop();
}

TEST(a_root_that_goes_away_keeps_its_files)
{
	size_t from;

	make_dir("articles");
	put("articles/a.md", "1");
	start(0);
	await("end 1");
	from = mark();
	move("articles", "elsewhere");
	await_from("problem the article directory articles went away", from);
	/* An empty mount point in its place is still "away". */
	make_dir("articles");
	from = mark();
	watch_rescan(room.watch);
	CHECK_INT(watch_open_file(room.watch, "a.md", NULL), -1);
	rmdir("articles");
	move("elsewhere", "articles");
	await_from("end 1", from);
	CHECK(has_line("problem the article directory articles is back\n", from));
	CHECK(has_line("file a.md\n", from));
	CHECK(strstr(buf_text(&room.lines), "gone") == NULL);
	put("articles/b.md", "2");
	await_from("file b.md", from);
	stop();
}

TEST(a_root_deleted_with_all_its_files_reports_none_gone)
{
	size_t from;

	make_dir("articles");
	put("articles/a.md", "1");
	start(0);
	await("end 1");
	from = mark();
	unlink("articles/a.md");
	rmdir("articles");
	await_from("problem the article directory articles went away", from);
	CHECK(strstr(buf_text(&room.lines), "gone") == NULL);
	stop();
}

TEST(a_root_link_that_turns_shows_the_new_directory)
{
	size_t from;

	make_dir("one");
	make_dir("two");
	put("one/a.md", "1");
	put("two/b.md", "2");
	CHECK_INT(symlink("one", "articles"), 0);
	start(0);
	await("end 1");
	CHECK_INT(symlink("two", "articles.new"), 0);
	move("articles.new", "articles");
	from = mark();
	watch_rescan(room.watch); /* the check every 5 s sees it too */
	await_from("file b.md", from);
	stop();
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0) {
		printf("skipped: %s: %s\n", path, strerror(errno));
		exit(0);
	}
	close(fd);
}

TEST(the_watch_limit_means_polling)
{
	char map[64];

	snprintf(map, sizeof(map), "0 %d 1", (int)getuid());
	make_dir("articles");
	for (int i = 0; i < 6; i++) {
		char path[32];

		snprintf(path, sizeof(path), "articles/%d", i);
		make_dir(path);
	}
	if (unshare(CLONE_NEWUSER) != 0) {
		printf("skipped: unshare: %s\n", strerror(errno));
		return;
	}
	write_file("/proc/self/uid_map", map);
	write_file("/proc/sys/user/max_inotify_watches", "3");
	start(0);
	await("end 1");
	CHECK(has_line("problem articles: the limit of inotify watches is met", 0));
	for (int i = 0; i < 6; i++) {
		char path[32];

		snprintf(path, sizeof(path), "articles/%d/a.md", i);
		put(path, "x");
	}
	for (int i = 0; i < 6; i++) {
		char line[32];

		snprintf(line, sizeof(line), "file %d/a.md", i);
		await(line);
	}
	stop();
}

TEST(an_overflow_is_followed_by_a_scan)
{
	size_t from;
	char path[64];

	make_dir("articles");
	start(0);
	await("end 1");
	from = mark();
	/* The loop does not run meanwhile, so the kernel's queue (16,384) overflows. */
	for (int i = 0; i < 9000; i++) {
		snprintf(path, sizeof(path), "articles/%d.md", i);
		put(path, "x");
	}
	await_from("problem articles: too many changes at once", from);
	await_from("end 1", from);
	for (int i = 0; i < 9000; i += 1000) {
		snprintf(path, sizeof(path), "file %d.md\n", i);
		CHECK(has_line(path, from));
	}
	CHECK(has_line("file 8999.md\n", from));
	stop();
}

TEST(files_are_opened_beneath_the_directory_only)
{
	struct error err;
	int fd;
	char byte;

	make_dir("articles");
	make_dir("articles/x");
	put("articles/x/a.md", "7");
	put("secret", "s");
	CHECK_INT(symlink("../secret", "articles/link.md"), 0);
	CHECK_INT(symlink("x", "articles/way"), 0);
	CHECK_INT(mkfifo("articles/fifo.md", 0600), 0);
	start(0);
	fd = watch_open_file(room.watch, "x/a.md", &err);
	CHECK(fd >= 0);
	CHECK_INT(read(fd, &byte, 1), 1);
	CHECK_INT(byte, '7');
	close(fd);
	CHECK_INT(watch_open_file(room.watch, "link.md", &err), -1);
	CHECK_INT(watch_open_file(room.watch, "way/a.md", &err), -1);
	CHECK_INT(watch_open_file(room.watch, "../secret", &err), -1);
	CHECK_INT(watch_open_file(room.watch, "/etc/passwd", &err), -1);
	CHECK_INT(watch_open_file(room.watch, "x", &err), -1);
	CHECK_STR(err.text, "open x: not a regular file");
	CHECK_INT(watch_open_file(room.watch, "fifo.md", &err), -1);
	CHECK_INT(watch_open_file(room.watch, "none.md", &err), -1);
	CHECK_STR(err.text, "open none.md: No such file or directory");
	stop();
}

/* What openat2(2) would do, and what it would refuse. */
TEST(a_walk_stays_beneath_and_follows_no_link)
{
	static const char *const refused[] = {"link", "way/a.md", "x/../secret", "..",
		"x/y/../../../secret", "/etc/passwd", "none", "none/a.md", "x/a.md/b"};
	struct stat status;
	int root, fd;

	CHECK(mkdir("in", 0700) == 0 && mkdir("in/x", 0700) == 0 && mkdir("in/x/y", 0700) == 0);
	CHECK(close(open("in/x/y/a.md", O_CREAT | O_WRONLY, 0600)) == 0);
	CHECK(close(open("in/x/a.md", O_CREAT | O_WRONLY, 0600)) == 0);
	CHECK(close(open("secret", O_CREAT | O_WRONLY, 0600)) == 0);
	CHECK(symlink("../secret", "in/link") == 0 && symlink("x", "in/way") == 0);
	root = open("in", O_PATH | O_DIRECTORY);
	CHECK(root >= 0);
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++)
		CHECK_INT(watch_walk(root, refused[i], O_RDONLY), -1);
	fd = watch_walk(root, "x/y/a.md", O_RDONLY);
	CHECK(fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode));
	close(fd);
	fd = watch_walk(root, "", O_RDONLY | O_DIRECTORY);
	CHECK(fd >= 0);
	close(fd);
	fd = watch_walk(root, "x//y", O_RDONLY | O_DIRECTORY);
	CHECK(fd >= 0);
	close(fd);
	close(root);
}
