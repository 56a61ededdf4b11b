/* substitute.c: what stands in the place of an article that is taken back. The reason of the
 * withdrawal, which goes to readers and partners alike, names it. */
#include <string.h>

#include "daemon/site/publish.h"
#include "daemon/site/site_internal.h"
#include "feeds/base/arena.h"
#include "feeds/base/buf.h"

char *site_name_substitute(const struct site *site, const char *name, const char *reason,
	const char *substitute)
{
	const struct entry *killed = site_find(site, name), *other = site_find(site, substitute);
	bool is_chinese = site->config.language && strncmp(site->config.language, "zh", 2) == 0;
	struct arena *arena = arena_create();
	struct buf note = {0};

	/* who follows the address must find something there */
	if (killed && other && other != killed && other->is_visible && other->slug &&
		other->status != STATUS_WITHDRAWN && other->decision == DECISION_NONE) {
		if (reason && *reason)
			buf_printf(&note, "%s ", reason);
		buf_printf(&note, "%s%s %s", is_chinese ? "替代稿件：" : "Instead: ",
			other->title ? other->title : other->slug,
			publish_url(site, arena, arena_printf(arena, "/a/%s", other->slug)));
	}
	arena_destroy(arena);
	return note.len ? buf_take(&note, NULL) : NULL;
}
