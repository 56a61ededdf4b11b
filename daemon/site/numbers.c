/* numbers.c: see numbers.h. */
#include "daemon/site/numbers.h"

#include <stdlib.h>

#include "daemon/site/site_internal.h"
#include "feeds/base/mem.h"

struct request {
	struct site *site;
	int64_t until;             /* the numbers were read up to here */
	void (*done)(void *context);
	void *context;
};

static void on_numbers(void *context, const struct store_change *rows, size_t count)
{
	struct request *request = context;
	struct site *site = request->site;

	for (size_t i = 0; i < count; i++) {
		struct entry *entry = catalogue_find(&site->catalogue, rows[i].path);

		if (entry)
			entry->changed_seq = rows[i].seq;
		request->until = rows[i].seq;
	}
	if (count)
		return;
	if (request->until > site->numbered)
		site->numbered = request->until;
	request->done(request->context);
	free(request);
}

void numbers_read(struct site *site, void (*done)(void *context), void *context)
{
	struct request *request = mem_alloc(sizeof(*request));

	*request = (struct request){site, 0, done, context};
	store_article_changed(site->store, site->numbered, on_numbers, request);
}
