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
#include "feeds/base/mem.h"
#include "feeds/flat.h"
#include "feeds/parse.h"
#include "feeds/zone.h"

enum {
	PARSER_NICE = 10,
	READ_AHEAD = 256 * 1024,
};

struct child {
	struct parse_context context;
	bool keeps_all;
};

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

/* What was read and not yet taken: many frames come with one system call. */
struct input {
	struct buf bytes;
	size_t at;
};

/* Has at least LEN bytes ready behind `at`; false at the end of the input. */
static bool fill(struct input *input, size_t len)
{
	struct buf *bytes = &input->bytes;

	if (bytes->len - input->at >= len)
		return true;
	if (input->at)
		memmove(bytes->bytes, bytes->bytes + input->at, bytes->len - input->at);
	bytes->len -= input->at;
	input->at = 0;
	while (bytes->len < len) {
		size_t room = len > READ_AHEAD ? len : READ_AHEAD;
		char *to = buf_reserve(bytes, room - bytes->len);
		ssize_t got = read(STDIN_FILENO, to, room - bytes->len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		bytes->len += (size_t)got;
	}
	return true;
}

/* The next frame; it may be looked at until the next call. */
static bool read_frame(struct input *input, const char **frame, size_t *len_out)
{
	uint32_t len;

	if (!fill(input, sizeof(len)))
		return false;
	memcpy(&len, input->bytes.bytes + input->at, sizeof(len));
	if (len > PARSER_FRAME_MAX || !fill(input, sizeof(len) + len))
		return false;
	*frame = input->bytes.bytes + input->at + sizeof(len);
	*len_out = len;
	input->at += sizeof(len) + len;
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

/* CONTEXT's strings are in the configuration frame, which is kept. */
static bool configure(struct input *input, struct child *child)
{
	struct parser_setup setup;
	struct zone *zone = NULL;
	struct error err;
	const char *frame;
	size_t len;

	if (!read_frame(input, &frame, &len) ||
		!parser_frame_read_setup(mem_strndup(frame, len), len, &setup))
		return false;
	if (setup.zone && !zone_create(setup.zone, setup.zone_len, &zone, &err))
		fprintf(stderr, "parser: zone: %s\n", err.text);
	child->keeps_all = setup.keeps_all;
	child->context = (struct parse_context){.zone = zone, .base_url = setup.base_url,
		.language = setup.language, .fallback_charset = setup.fallback_charset,
		.body_selector = setup.body_selector};
	return true;
}

static bool do_job(struct arena *arena, struct child *child, const char *frame, size_t len,
	struct buf *answer)
{
	struct parse_context *context = &child->context;
	struct diagnosis why = {0};
	struct parser_job job;
	struct article *article;
	struct buf flat = {0};

	if (!parser_frame_read_job(frame, len, &job))
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

static bool serve(struct input *input, struct child *child)
{
	struct arena *arena = arena_create();
	struct buf answer = {0};
	const char *frame;
	size_t len;
	bool ok = true;

	while (ok && read_frame(input, &frame, &len)) {
		buf_clear(&answer);
		ok = do_job(arena, child, frame, len, &answer) &&
			write_all(answer.bytes, answer.len);
		arena_reset(arena);
	}
	arena_destroy(arena);
	buf_finish(&answer);
	return ok;
}

int parser_process_main(void)
{
	struct child child;
	struct input input = {0};
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
	if (!configure(&input, &child))
		return 1;
	if (!sandbox_close(&err)) {
		fprintf(stderr, "parser: sandbox: %s\n", err.text);
		return PARSER_UNFIT;
	}
	ok = serve(&input, &child);
	_exit(ok ? 0 : 1); /* the exit handlers would need more system calls */
}
