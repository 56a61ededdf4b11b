/*
 * archive.c: the archive of a feed as RFC 5005 has it, section 4. A document that is named
 * by a number N ends with the N-th article of its feed, in the order in which they became
 * visible, and begins behind the last multiple of PAGE before N. So the full pages have
 * names for ever, whatever the live feed shows; between the last of them and the live feed
 * stands one shorter document; and a walk from the live feed to the first article meets
 * each article once.
 */
#include "daemon/site/archive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/site/fragments.h"
#include "daemon/site/publish.h"
#include "daemon/site/site_internal.h"
#include "feeds/base/arena.h"
#include "feeds/base/buf.h"
#include "feeds/render.h"

enum { PAGE = 50 };

static const char root[] = "/archive/";

char *archive_path(struct arena *arena, const struct feed *feed, size_t count)
{
	return arena_printf(arena, "%s%s%sfeed/%zu.atom", root, feed->key,
		*feed->key ? "/" : "", count);
}

size_t archive_first(size_t count)
{
	return count ? (count - 1) / PAGE * PAGE : 0;
}

/* "KEY/feed/N.atom": the length of KEY, and N; false if TEXT is nothing of the kind. */
static bool split(const char *text, size_t *len_out, size_t *count_out)
{
	const char *slash = strrchr(text, '/'), *name;
	char *end;

	if (!slash || slash[1] < '1' || slash[1] > '9')
		return false;
	*count_out = strtoul(slash + 1, &end, 10);
	if (strcmp(end, ".atom") != 0 || *count_out > INT32_MAX)
		return false;
	if (slash - text < 4 || strncmp(slash - 4, "feed", 4) != 0)
		return false;
	name = slash - 4;
	if (name != text && name[-1] != '/')
		return false;
	*len_out = name == text ? 0 : (size_t)(name - text) - 1;
	return true;
}

bool archive_parse(const struct feed_index *index, const char *path,
	struct feed **feed_out, size_t *count_out)
{
	size_t len;

	if (strncmp(path, root, sizeof(root) - 1) != 0)
		return false;
	path += sizeof(root) - 1;
	if (!split(path, &len, count_out))
		return false;
	*feed_out = map_get(&index->feeds, path, len);
	return *feed_out && *count_out <= (*feed_out)->count;
}

static const char *link_to(const struct site *site, struct arena *arena,
	const struct feed *feed, size_t count)
{
	return publish_url(site, arena, archive_path(arena, feed, count));
}

/* ARCHIVED articles of FEED are in the archive by now: a later full page may exist. */
static void fill_links(const struct site *site, struct arena *arena,
	const struct feed *feed, size_t count, size_t archived, struct feed_head *head)
{
	struct feed_link *links = arena_alloc(arena, 3 * sizeof(*links));
	size_t n = 0;

	links[n++] = (struct feed_link){"current", head->self_url, "application/atom+xml", NULL};
	head->self_url = link_to(site, arena, feed, count);
	if (archive_first(count))
		links[n++] = (struct feed_link){"prev-archive",
			link_to(site, arena, feed, archive_first(count)), "application/atom+xml",
			NULL};
	if (count % PAGE == 0 && count + PAGE <= archived)
		links[n++] = (struct feed_link){"next-archive",
			link_to(site, arena, feed, count + PAGE), "application/atom+xml", NULL};
	/* the only one leads to the live feed: an archive that leads nowhere is a mistake */
	if (n == 1)
		links[n++] = (struct feed_link){"next-archive", links[0].href,
			"application/atom+xml", NULL};
	head->links = links;
	head->link_count = n;
}

void archive_render(const struct site *site, struct arena *arena, const struct feed *feed,
	size_t count, size_t archived, struct buf *out)
{
	struct feed_fragment fragments[PAGE];
	struct feed_head head;
	size_t n = 0;

	publish_fill_head(site, arena, feed, FEED_ATOM, &head);
	fill_links(site, arena, feed, count, archived, &head);
	head.is_archive = true;
	head.hub_count = 0; /* nothing that a hub could tell about it */
	for (size_t i = count; i-- > archive_first(count);) {
		const struct entry *entry = feed->items[i];
		const struct buf *from;

		if (!entry->is_visible || entry->fragments->problem)
			continue;
		from = &entry->fragments->formats[FEED_ATOM];
		fragments[n++] = (struct feed_fragment){buf_text(from), from->len};
		head.namespaces |= entry->fragments->namespaces[FEED_ATOM];
		if (!head.updated.is_set || entry->updated.ms > head.updated.ms)
			head.updated = entry->updated;
	}
	feed_render(FEED_ATOM, &head, fragments, n, out);
}
