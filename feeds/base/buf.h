/*
 * buf.h: a byte buffer that grows. Always NUL-terminated one past `len`, so text in it
 * can be used as a C string; may hold NUL bytes too.
 */
#ifndef FEEDS_BASE_BUF_H
#define FEEDS_BASE_BUF_H

#include <stddef.h>

struct buf {
	char *bytes; /* owns; NULL while nothing was added */
	size_t len, cap;
};

/* A zeroed struct buf is an empty buffer (`struct buf b = {0};`); buf_finish frees what
 * it holds and makes it empty again. */
void buf_finish(struct buf *buf);

/* Appends. */
void buf_add(struct buf *buf, const void *bytes, size_t len);
void buf_add_str(struct buf *buf, const char *text);
void buf_add_char(struct buf *buf, char byte);
void buf_printf(struct buf *buf, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Makes room for MORE further bytes and returns where they go; the caller writes them
 * and adds to len itself. */
char *buf_reserve(struct buf *buf, size_t more);

/* Forgets the content, keeps the memory. */
void buf_clear(struct buf *buf);

/* The content as text, never NULL; borrowed until the next change. */
const char *buf_text(const struct buf *buf);

/* Hands the content over (never NULL, NUL-terminated); the buffer is empty afterwards
 * and the caller frees. LEN_OUT may be NULL. */
char *buf_take(struct buf *buf, size_t *len_out);

#endif
