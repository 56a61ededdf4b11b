/*
 * parser_process.c: see parser_process.h. Everything that needs a file (character set
 * tables) is loaded before the sandbox is closed.
 */
#include "daemon/site/parser_process.h"

#include <errno.h>
#include <iconv.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "daemon/site/parser_frame.h"
#include "daemon/site/sandbox.h"
#include "feeds/article.h"
#include "feeds/base/arena.h"
#include "feeds/base/buf.h"
#include "feeds/base/error.h"
#include "feeds/flat.h"
#include "feeds/parse.h"
#include "feeds/zone.h"

enum { PARSER_NICE = 10 };

struct child {
	struct parse_context context;
	bool keeps_all;
};

static bool read_all(void *to, size_t len)
{
	for (char *at = to; len > 0;) {
		ssize_t got = read(STDIN_FILENO, at, len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		at += got;
		len -= (size_t)got;
	}
	return true;
}

static bool write_all(const char *at, size_t len)
{
	while (len > 0) {
		ssize_t put = write(STDIN_FILENO, at, len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return false;
		at += put;
		len -= (size_t)put;
	}
	return true;
}

static bool read_frame(struct buf *frame)
{
	uint32_t len;

	buf_clear(frame);
	if (!read_all(&len, sizeof(len)) || len > PARSER_FRAME_MAX)
		return false;
	buf_reserve(frame, len);
	if (!read_all(frame->bytes, len))
		return false;
	frame->len = len;
	return true;
}

/* glibc loads a character set's module at iconv_open; held open, it stays loaded. */
static void load_charsets(void)
{
	static const char *const names[] = {"GB18030", "BIG5-HKSCS", "UTF-16LE", "UTF-16BE",
		"WINDOWS-1252", "ISO-8859-1", "EUC-JP", "SHIFT_JIS", "EUC-KR", "UTF-32LE",
		"UTF-32BE", "BIG5", "GBK"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		iconv_t held = iconv_open("UTF-8", names[i]);

		(void)held; /* until the process ends */
	}
}

/* The configuration frame stays in CONTEXT's strings, so FRAME must live on. */
static bool configure(const struct buf *frame, struct child *child)
{
	struct parser_setup setup;
	struct zone *zone = NULL;
	struct error err;

	if (!parser_frame_read_setup(frame->bytes, frame->len, &setup))
		return false;
	if (setup.zone && !zone_create(setup.zone, setup.zone_len, &zone, &err))
		fprintf(stderr, "parser: zone: %s\n", err.text);
	child->keeps_all = setup.keeps_all;
	child->context = (struct parse_context){.zone = zone, .base_url = setup.base_url,
		.language = setup.language, .fallback_charset = setup.fallback_charset,
		.body_selector = setup.body_selector};
	return true;
}

static bool do_job(struct arena *arena, struct child *child, const struct buf *frame,
	struct buf *answer)
{
	struct parse_context *context = &child->context;
	struct diagnosis why = {0};
	struct parser_job job;
	struct article *article;
	struct buf flat = {0};

	if (!parser_frame_read_job(frame->bytes, frame->len, &job))
		return false;
	context->path = job.path;
	context->channel_yaml = job.channel_yaml;
	context->channel_yaml_len = job.channel_yaml_len;
	if (article_parse(arena, context, &job.input, &article, &why)) {
		if (!child->keeps_all)
			article_trim(article);
		flat_encode(article, &flat);
		parser_frame_answer(answer, &flat, NULL);
		buf_finish(&flat);
	} else {
		parser_frame_answer(answer, NULL, &why);
	}
	return true;
}

static bool serve(struct child *child)
{
	struct arena *arena = arena_create();
	struct buf frame = {0}, answer = {0};
	bool ok = true;

	while (ok && read_frame(&frame)) {
		buf_clear(&answer);
		ok = do_job(arena, child, &frame, &answer) &&
			write_all(answer.bytes, answer.len);
		arena_reset(arena);
	}
	arena_destroy(arena);
	buf_finish(&frame);
	buf_finish(&answer);
	return ok;
}

int parser_process_main(void)
{
	struct child child;
	struct buf setup = {0};
	struct error err;
	bool ok;

	prctl(PR_SET_NAME, "gazetted-parse", 0, 0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	/* readers come first */
	if (getpriority(PRIO_PROCESS, 0) < PARSER_NICE)
		setpriority(PRIO_PROCESS, 0, PARSER_NICE);
	/* the terminal's Ctrl-C goes to the whole group; our end is the end of the socket */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	article_parse_init();
	json_object_seed(1); /* or jansson would open a random device at its first object */
	load_charsets();
	if (!read_frame(&setup) || !configure(&setup, &child))
		return 1;
	if (!sandbox_close(&err)) {
		fprintf(stderr, "parser: sandbox: %s\n", err.text);
		return PARSER_UNFIT;
	}
	ok = serve(&child);
	_exit(ok ? 0 : 1); /* the exit handlers would need more system calls */
}
