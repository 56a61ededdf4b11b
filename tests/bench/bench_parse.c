/*
 * bench_parse.c: articles a second on this thread, for tests/bench/parse.py.
 *   bench_parse MILLISECONDS FILE...          the whole way: bytes to a flat article
 *   bench_parse MILLISECONDS --render FILE... Markdown to HTML alone, and cmark's, in turn
 * Prints one number, or two. The clock is that of this thread's work, since a shared machine
 * has others.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "feeds/base/arena.h"
#include "feeds/base/buf.h"
#include "feeds/flat.h"
#include "feeds/markdown.h"
#include "feeds/parse.h"

enum { MOST_FILES = 1000, BATCH = 20 };

struct file {
	const char *path;
	struct buf bytes;
};

typedef char *cmark_function(const char *text, size_t len, int options);

static struct file files[MOST_FILES];
static size_t file_count;

static double now(void)
{
	struct timespec at;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
	return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static void die(const char *what)
{
	fprintf(stderr, "bench_parse: %s\n", what);
	exit(2);
}

static void read_file(const char *path)
{
	FILE *stream = fopen(path, "rb");
	struct file *file = &files[file_count++];
	size_t got;

	if (!stream || file_count == MOST_FILES)
		die(path);
	file->path = path;
	do {
		got = fread(buf_reserve(&file->bytes, 1 << 16), 1, 1 << 16, stream);
		file->bytes.len += got;
	} while (got);
	fclose(stream);
}

static void parse_one(struct arena *arena, const struct file *file)
{
	const struct parse_context context = {.path = strrchr(file->path, '/') + 1,
		.base_url = "https://www.example/", .language = "zh-CN"};
	const struct parse_input in = {.bytes = file->bytes.bytes, .len = file->bytes.len};
	struct article *article;
	struct diagnosis why;
	struct buf flat = {0};

	if (!article_parse(arena, &context, &in, &article, &why))
		die(why.message);
	flat_encode(article, &flat);
	buf_finish(&flat);
	arena_reset(arena);
}

static void render_one(struct arena *arena, const struct file *file)
{
	struct markdown markdown;

	if (!markdown_render(arena, file->bytes.bytes, file->bytes.len, &markdown, NULL))
		die(file->path);
	arena_reset(arena);
}

/* Articles a second of ONE, over all files in turn for SECONDS. */
static double rate(double seconds, struct arena *arena,
	void (*one)(struct arena *arena, const struct file *file))
{
	double begin = now(), end;
	size_t count = 0;

	do {
		for (int i = 0; i < BATCH; i++)
			one(arena, &files[count++ % file_count]);
		end = now();
	} while (end - begin < seconds);
	return (double)count / (end - begin);
}

static cmark_function *cmark;

static void cmark_one(struct arena *arena, const struct file *file)
{
	(void)arena;
	free(cmark(file->bytes.bytes, file->bytes.len, 0));
}

int main(int argc, char **argv)
{
	bool renders = argc > 2 && strcmp(argv[2], "--render") == 0;
	double seconds = argc > 1 ? atof(argv[1]) / 1000. : 0;
	struct arena *arena = arena_create();
	void *library = dlopen("libcmark.so.0.30.2", RTLD_NOW);

	for (int i = renders ? 3 : 2; i < argc; i++)
		read_file(argv[i]);
	if (!file_count || seconds <= 0)
		die("MILLISECONDS [--render] FILE...");
	article_parse_init();
	if (!renders) {
		rate(seconds / 5, arena, parse_one);
		printf("%.0f\n", rate(seconds, arena, parse_one));
		return 0;
	}
	if (library)
		*(void **)&cmark = dlsym(library, "cmark_markdown_to_html");
	printf("%.0f", rate(seconds, arena, render_one));
	if (cmark)
		printf(" %.0f", rate(seconds, arena, cmark_one));
	printf("\n");
	return 0;
}
