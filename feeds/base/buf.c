/* buf.c: see buf.h. */
#include "feeds/base/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/base/mem.h"

void buf_finish(struct buf *buf)
{
	free(buf->bytes);
	*buf = (struct buf){0};
}

char *buf_reserve(struct buf *buf, size_t more)
{
	size_t cap = buf->cap ? buf->cap : 64;

	if (more > SIZE_MAX / 4 - buf->len)
		abort();
	if (buf->cap - buf->len > more)
		return buf->bytes + buf->len;
	while (cap - buf->len <= more)
		cap *= 2;
	buf->bytes = mem_resize(buf->bytes, cap, 1);
	buf->cap = cap;
	buf->bytes[buf->len] = '\0';
	return buf->bytes + buf->len;
}

void buf_add(struct buf *buf, const void *bytes, size_t len)
{
	char *to = buf_reserve(buf, len);

	if (len)
		memcpy(to, bytes, len);
	buf->len += len;
	buf->bytes[buf->len] = '\0';
}

void buf_add_str(struct buf *buf, const char *text)
{
	buf_add(buf, text, strlen(text));
}

void buf_add_char(struct buf *buf, char byte)
{
	buf_add(buf, &byte, 1);
}

void buf_printf(struct buf *buf, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0)
		abort();
	buf_reserve(buf, (size_t)len);
	va_start(args, format);
	vsnprintf(buf->bytes + buf->len, (size_t)len + 1, format, args);
	va_end(args);
	buf->len += (size_t)len;
}

void buf_clear(struct buf *buf)
{
	buf->len = 0;
	if (buf->bytes)
		buf->bytes[0] = '\0';
}

const char *buf_text(const struct buf *buf)
{
	return buf->bytes ? buf->bytes : "";
}

char *buf_take(struct buf *buf, size_t *len_out)
{
	char *bytes;

	buf_reserve(buf, 0);
	bytes = buf->bytes;
	if (len_out)
		*len_out = buf->len;
	*buf = (struct buf){0};
	return bytes;
}
