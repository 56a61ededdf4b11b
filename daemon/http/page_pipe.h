/*
 * page_pipe.h: sends pages of memory without copying them, through a pipe that holds them for
 * a moment (vmsplice, splice). Measured with 200 KB: sendfile from a memory file, which looks
 * up each page by itself, took a sixth more CPU time, write two thirds more.
 */
#ifndef DAEMON_HTTP_PAGE_PIPE_H
#define DAEMON_HTTP_PAGE_PIPE_H

#include <stddef.h>
#include <sys/types.h>

struct page_pipe {
	int ends[2], sink; /* own; -1 = not open, or not to be had here */
};

/* Without descriptors, or where the kernel refuses, it copies after all. */
void page_pipe_init(struct page_pipe *pipe);
void page_pipe_finish(struct page_pipe *pipe);

/* Sends LEN bytes at BYTES, of a body that has pages, to the non-blocking socket FD: how many
 * it took, or -1 with errno (EAGAIN: none now). The bytes must not change while they are on
 * their way, which the caller does not learn the end of: never write where they lay. */
ssize_t page_pipe_send(struct page_pipe *pipe, int fd, const char *bytes, size_t len);

#endif
