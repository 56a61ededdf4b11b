/* test_http_export.c: documents as files, in a directory of the test's. */
#include "daemon/http/export.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/http/export_file.h"
#include "daemon/http/snapshot.h"
#include "feeds/base/error.h"
#include "feeds/base/mem.h"
#include "tests/unit/harness.h"

enum { MODIFIED_S = 1700000000 };

static struct snapshot *make(const char *path, const char *body, int status, int max_age_s)
{
	return snapshot_create(&(struct snapshot_spec){.path = path, .status = status,
		.content_type = "text/plain", .modified_s = MODIFIED_S, .max_age_s = max_age_s,
		.compress = true, .body = body, .len = strlen(body)});
}

static void put(struct export *export, const char *path, const char *body)
{
	export_put(export, make(path, body, 200, 300));
}

static struct export *open_export(const char *directory)
{
	struct error err;
	struct export *export = export_create(directory, &err);

	if (!export)
		harness_fail(__FILE__, __LINE__, "%s", err.text);
	return export;
}

/* The file's text, or NULL; the caller does not free. */
static const char *text_of(const char *path)
{
	static char text[20000];
	FILE *file = fopen(path, "r");
	size_t len;

	if (!file)
		return NULL;
	len = fread(text, 1, sizeof(text) - 1, file);
	text[len] = '\0';
	fclose(file);
	return text;
}

static struct stat stat_of(const char *path)
{
	struct stat status;

	CHECK(stat(path, &status) == 0);
	return status;
}

static char *make_text(char c, size_t len)
{
	char *text = mem_alloc(len + 1);

	memset(text, c, len);
	return text;
}

static bool writes_at(int directory, const char *name, const char *text)
{
	struct error err;

	return export_write(directory, name, text, strlen(text), MODIFIED_S, &err);
}

TEST(names)
{
	static const char *const good[][2] = {{"/", "index.html"}, {"/feed.atom", "feed.atom"},
		{"/c/新闻/feed.rss", "c/新闻/feed.rss"}, {"/epaper/", "epaper/index.html"},
		{"/a b", "a b"}, {"/a\\b", "a\\b"}, {"/x..", "x.."}};
	static const char *const bad[] = {"", "a", "//a", "/a//b", "/.", "/..", "/../a",
		"/a/../b", "/a/./b", "/.hidden", "/a/.b/c", "/.gazetted-export"};
	char name[EXPORT_NAME_MAX], *text = make_text('a', 3000);

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		CHECK(export_name(good[i][0], name));
		CHECK_STR(name, good[i][1]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		CHECK(!export_name(bad[i], name));
	text[0] = '/';
	CHECK(!export_name(text, name)); /* a part is too long */
	for (size_t i = 0; i < 3000; i += 2)
		text[i] = '/';
	CHECK(!export_name(text, name)); /* all of it is */
	free(text);
}

TEST(files_and_their_encodings)
{
	struct export *export = open_export("out");
	char *large = make_text('x', 5000);
	struct stat status;

	put(export, "/", "home");
	put(export, "/c/news/feed.atom", large);
	export_put(export, make("/private", "secret", 200, -1));
	export_put(export, make("/old", "", 301, 300));
	put(export, "/p/partner/feed.atom", "secret");
	export_destroy(export);
	CHECK_STR(text_of("out/index.html"), "home");
	CHECK_STR(text_of("out/c/news/feed.atom"), large);
	CHECK(text_of("out/c/news/feed.atom.gz") && text_of("out/c/news/feed.atom.br"));
	CHECK(!text_of("out/index.html.gz")); /* not smaller */
	CHECK(!text_of("out/private") && !text_of("out/old") && access("out/p", F_OK) < 0);
	status = stat_of("out/c/news/feed.atom.gz");
	CHECK_INT(status.st_mode & 0777, 0644);
	CHECK_INT(status.st_mtim.tv_sec, MODIFIED_S);
	CHECK_INT(stat_of("out/c/news").st_mode & 0777, 0755);
	free(large);
}

TEST(what_is_equal_is_left_alone)
{
	struct export *export = open_export("out");
	ino_t equal, different;

	put(export, "/a", "same");
	put(export, "/b", "one");
	export_destroy(export);
	equal = stat_of("out/a").st_ino;
	different = stat_of("out/b").st_ino;
	export = open_export("out");
	put(export, "/a", "same");
	put(export, "/b", "two");
	export_complete(export);
	export_destroy(export);
	CHECK_INT(stat_of("out/a").st_ino, equal);
	CHECK(stat_of("out/b").st_ino != different);
	CHECK_STR(text_of("out/b"), "two");
}

TEST(what_goes_is_removed)
{
	struct export *export = open_export("out");
	char *large = make_text('x', 5000);

	put(export, "/c/gone/feed.atom", large);
	put(export, "/c/stays", "a");
	export_put(export, make("/c/gone/feed.atom", "", 410, 300));
	put(export, "/c/later/feed.atom", large);
	put(export, "/c/small", large);
	put(export, "/c/small", "small");
	export_destroy(export);
	CHECK(access("out/c/gone", F_OK) < 0);
	CHECK(!text_of("out/c/small.gz") && !text_of("out/c/small.br"));
	/* somebody's own file, and what the next run no longer has */
	CHECK(close(open("out/c/later/own", O_CREAT | O_WRONLY, 0600)) == 0);
	export = open_export("out");
	put(export, "/c/stays", "a");
	export_complete(export);
	export_destroy(export);
	CHECK_STR(text_of("out/c/stays"), "a");
	CHECK(!text_of("out/c/later/feed.atom") && !text_of("out/c/later/feed.atom.gz"));
	CHECK(text_of("out/c/later/own") != NULL);
	CHECK_STR(text_of("out/.gazetted-export"), "c/stays\n");
	free(large);
}

TEST(nothing_leaves_the_directory)
{
	struct export *export;
	int directory;

	CHECK(mkdir("elsewhere", 0755) == 0);
	export = open_export("out");
	CHECK(symlink("../elsewhere", "out/c") == 0);
	CHECK(symlink("../elsewhere/target", "out/link") == 0);
	put(export, "/c/feed.atom", "a");
	put(export, "/link", "a");
	export_destroy(export);
	CHECK(access("elsewhere/feed.atom", F_OK) < 0 && access("elsewhere/target", F_OK) < 0);
	CHECK_STR(text_of("out/link"), "a"); /* replaced, not followed */
	directory = open("out", O_RDONLY | O_DIRECTORY);
	CHECK(!writes_at(directory, "c/feed.atom", "a"));
	close(directory);
}

TEST(a_directory_named_by_mistake)
{
	struct error err;

	CHECK(mkdir("web", 0755) == 0);
	CHECK(close(open("web/index.html", O_CREAT | O_WRONLY, 0600)) == 0);
	CHECK(!export_create("web", &err));
	CHECK(strstr(err.text, "http.export: web: ") && strstr(err.text, "empty"));
	CHECK(!export_create("none/out", &err));
	CHECK(strstr(err.text, "No such file or directory"));
	CHECK(!export_create("web/index.html", &err));
}

/* A limit on the size of files is as good as a full disk. */
TEST(a_full_disk)
{
	struct rlimit limit, full;
	char *large = make_text('x', 5000);
	int directory;

	CHECK(mkdir("out", 0755) == 0);
	directory = open("out", O_RDONLY | O_DIRECTORY);
	CHECK(writes_at(directory, "a", "the last good one"));
	signal(SIGXFSZ, SIG_IGN);
	CHECK(getrlimit(RLIMIT_FSIZE, &limit) == 0);
	full = limit;
	full.rlim_cur = 1000;
	CHECK(setrlimit(RLIMIT_FSIZE, &full) == 0);
	CHECK(!writes_at(directory, "a", large));
	CHECK(!writes_at(directory, "b", large));
	CHECK_STR(text_of("out/a"), "the last good one");
	CHECK(access("out/b", F_OK) < 0 && access("out/.gazetted-new", F_OK) < 0);
	CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
	CHECK(writes_at(directory, "a", large));
	CHECK_STR(text_of("out/a"), large);
	close(directory);
	free(large);
}

/* A list that is cut off, or was tampered with, makes nothing go that is not ours. */
TEST(a_damaged_list)
{
	struct export *export = open_export("out");
	FILE *list;

	put(export, "/a", "a");
	export_destroy(export);
	CHECK(close(open("victim", O_CREAT | O_WRONLY, 0600)) == 0);
	list = fopen("out/.gazetted-export", "a");
	CHECK(list && fputs("../victim\n/../victim\n\n./a\nhalf", list) >= 0);
	fclose(list);
	export = open_export("out");
	put(export, "/b", "b");
	export_complete(export);
	export_destroy(export);
	CHECK(access("victim", F_OK) == 0);
	CHECK(!text_of("out/a"));
	CHECK_STR(text_of("out/.gazetted-export"), "b\n");
}
