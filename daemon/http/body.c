/* body.c: see body.h. */
#include "daemon/http/body.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "feeds/base/mem.h"

static bool init_pages(struct body *body, const void *bytes, size_t len)
{
	void *pages = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (pages == MAP_FAILED)
		return false;
	memcpy(pages, bytes, len);
	if (mprotect(pages, len, PROT_READ) < 0) {
		munmap(pages, len);
		return false;
	}
	*body = (struct body){pages, len, true};
	return true;
}

void body_init(struct body *body, const void *bytes, size_t len)
{
	if (len >= BODY_PAGES_MIN && init_pages(body, bytes, len))
		return;
	*body = (struct body){mem_strndup(len ? bytes : "", len), len, false};
}

void body_finish(struct body *body)
{
	void *bytes = (void *)(uintptr_t)body->bytes;

	if (body->has_pages)
		munmap(bytes, body->len);
	else
		free(bytes);
	*body = (struct body){.bytes = NULL};
}
