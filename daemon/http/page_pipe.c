/* page_pipe.c: see page_pipe.h. The pipe is empty between calls. */
#include "daemon/http/page_pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { PIPE_BYTES = 512 * 1024 }; /* 64 workers' are within what an unprivileged user may */

void page_pipe_init(struct page_pipe *pipe)
{
	*pipe = (struct page_pipe){{-1, -1}, open("/dev/null", O_WRONLY | O_CLOEXEC)};
	if (pipe->sink < 0 || pipe2(pipe->ends, O_NONBLOCK | O_CLOEXEC) < 0)
		pipe->ends[0] = pipe->ends[1] = -1;
	else
		fcntl(pipe->ends[1], F_SETPIPE_SZ, PIPE_BYTES);
}

void page_pipe_finish(struct page_pipe *pipe)
{
	const int all[] = {pipe->ends[0], pipe->ends[1], pipe->sink};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		if (all[i] >= 0)
			close(all[i]);
	}
	*pipe = (struct page_pipe){{-1, -1}, -1};
}

/* Empties the pipe of LEN bytes, or does without it from now on. */
static void drop(struct page_pipe *pipe, size_t len)
{
	while (len > 0) {
		ssize_t gone = splice(pipe->ends[0], NULL, pipe->sink, NULL, len, 0);

		if (gone < 0 && errno == EINTR)
			continue;
		if (gone <= 0) {
			page_pipe_finish(pipe);
			return;
		}
		len -= (size_t)gone;
	}
}

/* As much as the pipe takes at once. */
static ssize_t send_some(struct page_pipe *pipe, int fd, const char *bytes, size_t len)
{
	struct iovec part = {(void *)(uintptr_t)bytes, len};
	ssize_t held = vmsplice(pipe->ends[1], &part, 1, SPLICE_F_NONBLOCK), put;
	int saved;

	if (held <= 0) {
		page_pipe_finish(pipe);
		return send(fd, bytes, len, MSG_NOSIGNAL);
	}
	put = splice(pipe->ends[0], NULL, fd, NULL, (size_t)held,
		SPLICE_F_NONBLOCK | ((size_t)held < len ? SPLICE_F_MORE : 0));
	saved = errno;
	if (put < held)
		drop(pipe, (size_t)(held - (put > 0 ? put : 0)));
	errno = saved;
	return put;
}

ssize_t page_pipe_send(struct page_pipe *pipe, int fd, const char *bytes, size_t len)
{
	size_t sent = 0;

	while (sent < len) {
		bool is_piped = pipe->ends[0] >= 0;
		ssize_t put = is_piped ? send_some(pipe, fd, bytes + sent, len - sent) :
			send(fd, bytes + sent, len - sent, MSG_NOSIGNAL);

		if (put <= 0)
			return sent ? (ssize_t)sent : put;
		sent += (size_t)put;
		if (!is_piped)
			break;
	}
	return (ssize_t)sent;
}
