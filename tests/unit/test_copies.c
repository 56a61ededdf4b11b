/* test_copies.c: what was kept is read again; what was spoiled is not. */
#include "daemon/site/copies.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/http/snapshot.h"
#include "feeds/base/error.h"
#include "tests/unit/harness.h"

static int taken;
static char body[64], path[64], etag[64], type[64], link_text[64];
static struct snapshot_spec last;

static void take(void *context, const struct snapshot_spec *spec)
{
	(void)context;
	taken++;
	last = *spec;
	CHECK(spec->len < sizeof(body));
	memcpy(body, spec->body, spec->len);
	body[spec->len] = '\0';
	snprintf(path, sizeof(path), "%s", spec->path);
	snprintf(etag, sizeof(etag), "%s", spec->etag);
	snprintf(type, sizeof(type), "%s", spec->content_type);
	snprintf(link_text, sizeof(link_text), "%s", spec->link ? spec->link : "none");
}

static struct copies *opened(void)
{
	struct copies *copies;
	struct error err;

	if (!copies_open("documents", &copies, &err))
		harness_fail(__FILE__, __LINE__, "%s", err.text);
	return copies;
}

static void put(struct copies *copies, const char *at, const char *tag, const char *text)
{
	copies_put(copies, &(struct snapshot_spec){.path = at, .status = 200, .etag = tag,
		.content_type = "text/x; charset=utf-8", .modified_s = 1700000000,
		.max_age_s = 300, .is_public_api = true, .link = "<a b>; rel=\"self\"",
		.body = text, .len = strlen(text)});
}

static int reread(void)
{
	struct copies *copies = opened();
	size_t count;

	taken = 0;
	count = copies_each(copies, take, NULL);
	CHECK_INT(count, taken);
	copies_close(copies);
	return taken;
}

TEST(what_was_put_is_read_again)
{
	struct copies *copies = opened();

	put(copies, "/c/新闻/feed.atom", "W/\"1\"", "one\n\ntwo\n");
	copies_close(copies);
	CHECK_INT(reread(), 1);
	CHECK_STR(path, "/c/新闻/feed.atom");
	CHECK_STR(etag, "W/\"1\"");
	CHECK_STR(type, "text/x; charset=utf-8");
	CHECK_STR(link_text, "<a b>; rel=\"self\"");
	CHECK_STR(body, "one\n\ntwo\n");
	CHECK_INT(last.modified_s, 1700000000);
	CHECK_INT(last.max_age_s, 300);
	CHECK_INT(last.status, 200);
	CHECK(last.is_public_api && !last.is_private && !last.csp);
}

TEST(the_newest_counts_and_equal_ones_are_not_written)
{
	struct copies *copies = opened();

	put(copies, "/a", "W/\"1\"", "one");
	put(copies, "/a", "W/\"2\"", "two");
	put(copies, "/a", "W/\"2\"", "not looked at");
	put(copies, "/b", "W/\"1\"", "");
	copies_close(copies);
	CHECK_INT(reread(), 2);
	copies = opened();
	copies_each(copies, take, NULL);
	put(copies, "/a", "W/\"2\"", "not looked at");
	CHECK(rmdir("documents") != 0);
	copies_close(copies);
	CHECK_INT(reread(), 2);
	CHECK(strcmp(body, "two") == 0 || strcmp(body, "") == 0);
}

/* The one file in the directory; its name in OUT. */
static void find_file(char out[300])
{
	DIR *stream = opendir("documents");
	const struct dirent *name;

	CHECK(stream);
	while ((name = readdir(stream)) && name->d_name[0] == '.')
		;
	CHECK(name);
	snprintf(out, 300, "documents/%s", name->d_name);
	closedir(stream);
}

TEST(what_is_spoiled_is_passed_over)
{
	struct copies *copies = opened();
	char name[300], text[4096];
	size_t len;
	FILE *file;

	put(copies, "/a", "W/\"1\"", "the body");
	copies_close(copies);
	find_file(name);
	file = fopen(name, "r");
	CHECK(file);
	len = fread(text, 1, sizeof(text), file);
	fclose(file);
	for (size_t n = 0; n < len; n++) {
		CHECK(truncate(name, (off_t)n) == 0);
		CHECK_INT(reread(), 0);
		file = fopen(name, "w");
		CHECK(file && fwrite(text, 1, len, file) == len && fclose(file) == 0);
	}
	CHECK_INT(reread(), 1);
	text[len - 1]++;
	file = fopen(name, "w");
	CHECK(file && fwrite(text, 1, len, file) == len && fclose(file) == 0);
	CHECK_INT(reread(), 0);
}

TEST(a_directory_that_can_not_be)
{
	struct copies *copies;
	struct error err;

	CHECK(!copies_open("no/such/documents", &copies, &err));
	CHECK_STR(err.text, "create directory no/such/documents: No such file or directory");
}
