/*
 * body.h: the bytes of an answer, immutable. Small ones lie in memory; large ones in a
 * sealed memory file too, from whose pages the kernel sends without copying them.
 */
#ifndef DAEMON_HTTP_BODY_H
#define DAEMON_HTTP_BODY_H

#include <stddef.h>

enum { BODY_FILE_MIN = 64 * 1024 };

struct body {
	const char *bytes; /* owns; NULL = there is none */
	size_t len;
	int file;          /* owns; a descriptor for sendfile, or -1 */
};

/* Copies LEN bytes; never fails: without a file (there are limits on descriptors) a large
 * body lies in memory like a small one. */
void body_init(struct body *body, const void *bytes, size_t len);

/* A zeroed body is accepted. */
void body_finish(struct body *body);

#endif
