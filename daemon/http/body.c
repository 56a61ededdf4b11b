/* body.c: see body.h. */
#include "daemon/http/body.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "feeds/base/mem.h"

/* Descriptors are counted for the whole process: the connections need theirs. */
enum { FILES_MAX = 1000 };
static atomic_int file_count;

/* Whether FILE now has these bytes, for good. */
static bool fill(int file, const char *bytes, size_t len)
{
	for (size_t at = 0; at < len;) {
		ssize_t put = write(file, bytes + at, len - at);

		if (put <= 0)
			return false;
		at += (size_t)put;
	}
	return fcntl(file, F_ADD_SEALS,
		F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) == 0;
}

static bool init_file(struct body *body, const void *bytes, size_t len)
{
	void *mapped;
	int file = memfd_create("body", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (file < 0)
		return false;
	/* private, or kernels before 6.7 refuse to map what is sealed */
	mapped = fill(file, bytes, len) ?
		mmap(NULL, len, PROT_READ, MAP_PRIVATE, file, 0) : MAP_FAILED;
	if (mapped == MAP_FAILED) {
		close(file);
		return false;
	}
	*body = (struct body){mapped, len, file};
	return true;
}

void body_init(struct body *body, const void *bytes, size_t len)
{
	if (len >= BODY_FILE_MIN) {
		if (atomic_fetch_add(&file_count, 1) < FILES_MAX && init_file(body, bytes, len))
			return;
		atomic_fetch_sub(&file_count, 1);
	}
	*body = (struct body){mem_strndup(len ? bytes : "", len), len, -1};
}

void body_finish(struct body *body)
{
	void *bytes = (void *)(uintptr_t)body->bytes;

	if (body->bytes && body->file >= 0) {
		munmap(bytes, body->len);
		close(body->file);
		atomic_fetch_sub(&file_count, 1);
	} else {
		free(bytes);
	}
	*body = (struct body){.bytes = NULL, .file = -1};
}
