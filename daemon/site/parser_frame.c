/* parser_frame.c: see parser_frame.h. Text travels with its NUL, so that it can be borrowed. */
#include "daemon/site/parser_frame.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct diagnosis parser_killed = {
	.class = "parser-killed",
	.message = "the parser was stopped twice over this file",
	.hint = "it takes too long or breaks the parser; send it through the content system "
		"again, or leave it out",
};

struct reader {
	const char *at, *end;
	bool is_bad;
};

static void add(struct buf *frame, const void *bytes, size_t len)
{
	uint32_t size = bytes ? (uint32_t)len : UINT32_MAX;

	buf_add(frame, &size, sizeof(size));
	if (bytes)
		buf_add(frame, bytes, len);
}

static void add_text(struct buf *frame, const char *text)
{
	add(frame, text, text ? strlen(text) + 1 : 0);
}

static void add_number(struct buf *frame, long long number)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", number);
	add_text(frame, text);
}

static void begin(struct buf *frame)
{
	uint32_t len = 0;

	buf_add(frame, &len, sizeof(len));
}

static void end(struct buf *frame)
{
	uint32_t len = (uint32_t)(frame->len - sizeof(len));

	memcpy(frame->bytes, &len, sizeof(len));
}

static const char *next(struct reader *reader, size_t *len_out)
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

static const char *next_text(struct reader *reader)
{
	size_t len;
	const char *text = next(reader, &len);

	if (!text || (len > 0 && text[len - 1] == '\0'))
		return text;
	reader->is_bad = true;
	return NULL;
}

static long long next_number(struct reader *reader)
{
	const char *text = next_text(reader);

	if (!text)
		reader->is_bad = true;
	return text ? strtoll(text, NULL, 10) : 0;
}

void parser_frame_setup(struct buf *out, const struct parser_setup *setup)
{
	begin(out);
	add(out, setup->zone, setup->zone_len);
	add_text(out, setup->base_url);
	add_text(out, setup->language);
	add_text(out, setup->fallback_charset);
	add_text(out, setup->body_selector);
	add_number(out, setup->keeps_all);
	end(out);
}

bool parser_frame_read_setup(const char *bytes, size_t len, struct parser_setup *out)
{
	struct reader reader = {bytes, bytes + len, false};

	*out = (struct parser_setup){0};
	out->zone = next(&reader, &out->zone_len);
	out->base_url = next_text(&reader);
	out->language = next_text(&reader);
	out->fallback_charset = next_text(&reader);
	out->body_selector = next_text(&reader);
	out->keeps_all = next_number(&reader) != 0;
	return !reader.is_bad;
}

/* The size goes by itself: a media file's bytes stay at home. */
void parser_frame_job(struct buf *out, const struct parser_job *job)
{
	begin(out);
	add_text(out, job->path);
	add(out, job->channel_yaml, job->channel_yaml_len);
	add_number(out, job->input.sidecar_is_json);
	add(out, job->input.sidecar, job->input.sidecar_len);
	add_number(out, (long long)job->input.len);
	add(out, job->input.bytes, job->input.len);
	end(out);
}

bool parser_frame_read_job(const char *bytes, size_t len, struct parser_job *out)
{
	struct reader reader = {bytes, bytes + len, false};
	size_t bytes_len;

	*out = (struct parser_job){0};
	out->path = next_text(&reader);
	out->channel_yaml = next(&reader, &out->channel_yaml_len);
	out->input.sidecar_is_json = next_number(&reader) != 0;
	out->input.sidecar = next(&reader, &out->input.sidecar_len);
	out->input.len = (size_t)next_number(&reader);
	out->input.bytes = next(&reader, &bytes_len);
	if (out->input.bytes)
		out->input.len = bytes_len;
	return !reader.is_bad && out->path;
}

void parser_frame_answer(struct buf *out, const struct buf *flat, const struct diagnosis *why)
{
	begin(out);
	add(out, flat ? flat->bytes : NULL, flat ? flat->len : 0);
	if (!flat) {
		add_text(out, why->class);
		add_number(out, why->line);
		add_number(out, why->column);
		add_text(out, why->message);
		add_text(out, why->hint);
	}
	end(out);
}

bool parser_frame_read_answer(const char *bytes, size_t len, const char **flat,
	size_t *flat_len, struct diagnosis *why)
{
	struct reader reader = {bytes, bytes + len, false};

	*why = (struct diagnosis){0};
	*flat = next(&reader, flat_len);
	if (*flat || reader.is_bad)
		return !reader.is_bad && *flat_len > 0;
	why->class = next_text(&reader);
	why->line = (int)next_number(&reader);
	why->column = (int)next_number(&reader);
	why->message = next_text(&reader);
	why->hint = next_text(&reader);
	return !reader.is_bad && why->class;
}
