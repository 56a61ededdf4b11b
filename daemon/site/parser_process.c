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
#include <unistd.h>

#include "daemon/site/sandbox.h"
#include "feeds/article.h"
#include "feeds/base/arena.h"
#include "feeds/base/buf.h"
#include "feeds/base/error.h"
#include "feeds/base/mem.h"
#include "feeds/flat.h"
#include "feeds/parse.h"
#include "feeds/zone.h"

void frame_add(struct buf *frame, const void *bytes, size_t len)
{
	uint32_t size = bytes ? (uint32_t)len : UINT32_MAX;

	buf_add(frame, &size, sizeof(size));
	if (bytes)
		buf_add(frame, bytes, len);
}

void frame_add_text(struct buf *frame, const char *text)
{
	frame_add(frame, text, text ? strlen(text) + 1 : 0);
}

const char *frame_next(struct frame_reader *reader, size_t *len_out)
{
	const char *field;
	uint32_t len;

	*len_out = 0;
	if (reader->is_bad || (size_t)(reader->end - reader->at) < sizeof(len)) {
		reader->is_bad = true;
		return NULL;
	}
	memcpy(&len, reader->at, sizeof(len));
	reader->at += sizeof(len);
	if (len == UINT32_MAX)
		return NULL;
	if ((size_t)(reader->end - reader->at) < len) {
		reader->is_bad = true;
		return NULL;
	}
	field = reader->at;
	reader->at += len;
	*len_out = len;
	return field;
}

const char *frame_next_text(struct frame_reader *reader)
{
	size_t len;
	const char *text = frame_next(reader, &len);

	if (text && (len == 0 || text[len - 1] != '\0')) {
		reader->is_bad = true;
		return NULL;
	}
	return text;
}

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
static bool configure(struct buf *frame, struct parse_context *context)
{
	struct frame_reader reader = {frame->bytes, frame->bytes + frame->len, false};
	struct zone *zone = NULL;
	struct error err;
	size_t len;
	const char *tzif = frame_next(&reader, &len);

	if (tzif && !zone_create(tzif, len, &zone, &err))
		fprintf(stderr, "parser: zone: %s\n", err.text);
	*context = (struct parse_context){.zone = zone};
	context->base_url = frame_next_text(&reader);
	context->language = frame_next_text(&reader);
	context->fallback_charset = frame_next_text(&reader);
	context->body_selector = frame_next_text(&reader);
	return !reader.is_bad;
}

static void add_diagnosis(struct buf *answer, const struct diagnosis *why)
{
	char number[16];

	frame_add_text(answer, "no");
	frame_add_text(answer, why->class);
	snprintf(number, sizeof(number), "%d", why->line);
	frame_add_text(answer, number);
	snprintf(number, sizeof(number), "%d", why->column);
	frame_add_text(answer, number);
	frame_add_text(answer, why->message);
	frame_add_text(answer, why->hint);
}

static bool do_job(struct arena *arena, struct parse_context *context,
	const struct buf *frame, struct buf *answer)
{
	struct frame_reader reader = {frame->bytes, frame->bytes + frame->len, false};
	struct diagnosis why = {0};
	struct parse_input in = {0};
	struct article *article;
	struct buf flat = {0};
	const char *kind, *size;

	context->path = frame_next_text(&reader);
	context->channel_yaml = frame_next(&reader, &context->channel_yaml_len);
	kind = frame_next_text(&reader);
	in.sidecar = frame_next(&reader, &in.sidecar_len);
	in.sidecar_is_json = kind && strcmp(kind, "json") == 0;
	size = frame_next_text(&reader);
	in.bytes = frame_next(&reader, &in.len);
	if (reader.is_bad || !context->path)
		return false;
	if (!in.bytes && size)
		in.len = strtoul(size, NULL, 10);
	if (!article_parse(arena, context, &in, &article, &why)) {
		add_diagnosis(answer, &why);
		return true;
	}
	article_trim(article);
	flat_encode(article, &flat);
	frame_add_text(answer, "ok");
	frame_add(answer, flat.bytes, flat.len);
	buf_finish(&flat);
	return true;
}

static bool serve(struct parse_context *context)
{
	struct arena *arena = arena_create();
	struct buf frame = {0}, answer = {0};
	bool ok = true;

	while (ok && read_frame(&frame)) {
		uint32_t len = 0;

		buf_clear(&answer);
		buf_add(&answer, &len, sizeof(len));
		ok = do_job(arena, context, &frame, &answer);
		len = (uint32_t)(answer.len - sizeof(len));
		memcpy(answer.bytes, &len, sizeof(len));
		ok = ok && write_all(answer.bytes, answer.len);
		arena_reset(arena);
	}
	arena_destroy(arena);
	buf_finish(&frame);
	buf_finish(&answer);
	return ok;
}

int parser_process_main(void)
{
	struct parse_context context;
	struct buf setup = {0};
	struct error err;
	bool ok;

	prctl(PR_SET_NAME, "gazetted-parse", 0, 0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	/* the terminal's Ctrl-C goes to the whole group; our end is the end of the socket */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	article_parse_init();
	json_object_seed(1); /* or jansson would open a random device at its first object */
	load_charsets();
	if (!read_frame(&setup) || !configure(&setup, &context))
		return 1;
	if (!sandbox_close(&err)) {
		fprintf(stderr, "parser: sandbox: %s\n", err.text);
		return 1;
	}
	ok = serve(&context);
	_exit(ok ? 0 : 1); /* the exit handlers would need more system calls */
}
