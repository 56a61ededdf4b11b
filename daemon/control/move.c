/* move.c: see move.h. */
#include "daemon/control/move.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/control/progress.h"
#include "daemon/store/postgres_copy.h"
#include "daemon/store/seal.h"
#include "daemon/store/store.h"
#include "feeds/base/error.h"

enum { EXIT_USAGE = 2 };

static void on_rows(void *context, int64_t done, int64_t total)
{
	progress_set(context, done, total);
}

static bool copy(const char *file, const char *uri, const char *key_file, int64_t *rows_out,
	struct error *err)
{
#ifdef HAVE_LIBPQ
	struct progress progress;
	struct postgres_copy what = {file, uri, NULL, on_rows, &progress};
	bool ok;

	if (!seal_load(getenv("CREDENTIALS_DIRECTORY"), key_file, &what.seal, err))
		return false;
	progress_begin(&progress, "store copy");
	ok = postgres_copy(&what, rows_out, err);
	progress_end(&progress);
	seal_destroy(what.seal);
	return ok;
#else
	(void)file, (void)uri, (void)key_file, (void)rows_out, (void)on_rows;
	return error_set(err, "this gazettectl was built without libpq");
#endif
}

int move_run(const char *const *words, size_t count, const char *key_file, bool is_json)
{
	char file[PATH_MAX];
	int64_t rows = 0;
	struct error err;

	if (count != 3 || strcmp(words[0], "copy") != 0 ||
		!store_path(words[1], NULL, file, sizeof(file)) ||
		strncmp(words[2], "postgresql://", 13) != 0) {
		fprintf(stderr, "usage: gazettectl [-c FILE] store copy sqlite:FILE "
			"postgresql://USER@HOST/DATABASE\n");
		return EXIT_USAGE;
	}
	if (!copy(file, words[2], key_file, &rows, &err)) {
		fprintf(stderr, "gazettectl: store copy: %s\n", err.text);
		return 1;
	}
	if (is_json)
		printf("{\"rows\": %lld}\n", (long long)rows);
	else
		printf("copied and compared rows=%lld\n", (long long)rows);
	return 0;
}
