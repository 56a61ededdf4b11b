/* file.c: see file.h. */
#include "daemon/control/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "feeds/base/buf.h"

bool file_read(const char *path, size_t max, struct buf *out, struct error *err)
{
	FILE *file = fopen(path, "rbe");
	size_t begin = out->len, got;
	char chunk[8192];
	bool ok = true;

	if (!file)
		return error_set(err, "open %s: %s", path, strerror(errno));
	while (ok && (got = fread(chunk, 1, sizeof(chunk), file)) > 0) {
		buf_add(out, chunk, got);
		if (out->len - begin > max)
			ok = error_set(err, "read %s: larger than %zu bytes", path, max);
	}
	if (ok && ferror(file))
		ok = error_set(err, "read %s: %s", path, strerror(errno));
	fclose(file);
	return ok;
}
