/*
 * body.h: the bytes of an answer, immutable. Small ones lie in memory like anything else;
 * large ones in pages of their own, which the kernel may send without copying them
 * (page_pipe.h): nothing else is ever written there, and a page that is still on its way when
 * the body ends is given back by the kernel when it has arrived.
 */
#ifndef DAEMON_HTTP_BODY_H
#define DAEMON_HTTP_BODY_H

#include <stdbool.h>
#include <stddef.h>

enum { BODY_PAGES_MIN = 64 * 1024 };

struct body {
	const char *bytes; /* owns; NULL = there is none */
	size_t len;
	bool has_pages;
};

/* Copies LEN bytes; never fails: without a mapping (there are limits on them) a large body
 * lies in memory like a small one. */
void body_init(struct body *body, const void *bytes, size_t len);

/* A zeroed body is accepted. */
void body_finish(struct body *body);

#endif
