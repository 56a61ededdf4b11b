/*
 * markdown_shim.h: mends Chinese Markdown before md4c reads it.
 */
#ifndef FEEDS_MARKDOWN_SHIM_H
#define FEEDS_MARKDOWN_SHIM_H

#include <stddef.h>

struct buf;

/* White space to md4c, and never in clean text: what the shim puts in and the renderer
 * leaves out. */
enum { MARKDOWN_EDGE = '\f' };

/* Appends TEXT (clean UTF-8) to OUT with edges where emphasis begins or ends beside a
 * full-width mark, and where a bare address meets CJK text. */
void markdown_shim(const char *text, size_t len, struct buf *out);

#endif
