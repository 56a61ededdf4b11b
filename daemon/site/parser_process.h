/*
 * parser_process.h: the child process that parses articles: bytes in over a socket, a flat
 * article out. It opens no file and no network (sandbox.h), so that an article which breaks
 * a parser breaks nothing else.
 *
 * A frame is a 4-byte length (host order) and as many bytes. The first frame configures,
 * each further one is a job, and each job gets one answer.
 */
#ifndef DAEMON_SITE_PARSER_PROCESS_H
#define DAEMON_SITE_PARSER_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

enum { PARSER_FRAME_MAX = 64 * 1024 * 1024 };

/* Fields of a frame: a 4-byte length (UINT32_MAX = NULL) and the bytes, one after another. */
void frame_add(struct buf *frame, const void *bytes, size_t len);
void frame_add_text(struct buf *frame, const char *text);

struct frame_reader {
	const char *at, *end;
	bool is_bad;
};
/* The next field (borrowed; NULL for a NULL field or when is_bad). */
const char *frame_next(struct frame_reader *reader, size_t *len_out);
/* The same as NUL-terminated text: the writer adds the NUL. */
const char *frame_next_text(struct frame_reader *reader);

/* Configuration: zone (TZif bytes), base_url, language, fallback charset, body selector.
 * Job: path, channel_yaml, sidecar kind ("yaml" or "json"), sidecar, size in decimal (for
 * a media file without bytes), bytes.
 * Answer: "ok" and flat; or "no", class, line, column, message, hint. */

/* The child's main program: serves file descriptor 0 until it closes; the exit status. */
int parser_process_main(void);

#endif
