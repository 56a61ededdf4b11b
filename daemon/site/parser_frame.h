/*
 * parser_frame.h: what goes over the socket of a parser process. A frame is a 4-byte length
 * (host order) and as many bytes: fields, each a 4-byte length (UINT32_MAX = NULL) and its
 * bytes. The first frame configures, each further one is a job, each job gets one answer.
 */
#ifndef DAEMON_SITE_PARSER_FRAME_H
#define DAEMON_SITE_PARSER_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feeds/base/buf.h"
#include "feeds/parse.h"

struct article;
struct zone;

enum { PARSER_FRAME_MAX = 64 * 1024 * 1024 };

struct parser_setup {
	const void *zone;          /* TZif bytes; NULL = UTC */
	size_t zone_len;
	const char *base_url, *language, *fallback_charset, *body_selector;
	bool keeps_all;            /* with what article_trim would take away */
};

struct parser_job {
	const char *path;
	const char *channel_yaml;  /* see defaults.h */
	size_t channel_yaml_len;
	struct parse_input input;
};

/* Of an article over which the process broke or hung twice. */
extern const struct diagnosis parser_killed;

/* Appends a whole frame to OUT, which is empty. */
void parser_frame_setup(struct buf *out, const struct parser_setup *setup);
void parser_frame_job(struct buf *out, const struct parser_job *job);
/* FLAT, or NULL and WHY. */
void parser_frame_answer(struct buf *out, const struct buf *flat,
	const struct diagnosis *why);

/* What a frame of LEN bytes, without its length, says; everything is borrowed from it.
 * False if it says nothing that is known. */
bool parser_frame_read_setup(const char *bytes, size_t len, struct parser_setup *out);
bool parser_frame_read_job(const char *bytes, size_t len, struct parser_job *out);
/* *FLAT NULL and WHY when the article is refused. */
bool parser_frame_read_answer(const char *bytes, size_t len, const char **flat,
	size_t *flat_len, struct diagnosis *why);

#endif
