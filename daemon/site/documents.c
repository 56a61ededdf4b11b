/* documents.c: see documents.h. */
#include "daemon/site/documents.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/http/snapshot.h"
#include "feeds/base/mem.h"

void documents_init(struct documents *documents, size_t cold_most)
{
	*documents = (struct documents){.cold_most = cold_most};
}

static void destroy(struct document *document)
{
	snapshot_unref(document->snapshot);
	free(document->path);
	free(document);
}

void documents_finish(struct documents *documents)
{
	struct map_entry slot;
	size_t cursor = 0;

	while (map_next(&documents->map, &cursor, &slot))
		destroy(slot.value);
	map_finish(&documents->map);
}

struct document *documents_find(const struct documents *documents, const char *path)
{
	return map_get(&documents->map, path, strlen(path));
}

struct document *documents_add(struct documents *documents, const char *path)
{
	struct document *document = documents_find(documents, path);

	if (document)
		return document;
	document = mem_alloc(sizeof(*document));
	document->path = mem_strdup(path);
	map_put(&documents->map, document->path, strlen(path), document);
	return document;
}

static void unlink_cold(struct documents *documents, struct document *document)
{
	if (document->newer)
		document->newer->older = document->older;
	else
		documents->newest = document->older;
	if (document->older)
		document->older->newer = document->newer;
	else
		documents->oldest = document->newer;
	document->newer = document->older = NULL;
	documents->cold_bytes -= snapshot_size(document->snapshot);
}

static void link_cold(struct documents *documents, struct document *document)
{
	document->older = documents->newest;
	if (document->older)
		document->older->newer = document;
	else
		documents->oldest = document;
	documents->newest = document;
	documents->cold_bytes += snapshot_size(document->snapshot);
}

/* Its snapshot goes; and itself, when nobody else knows it. */
static void forget(struct documents *documents, struct document *document)
{
	if (!document->is_hot)
		unlink_cold(documents, document);
	snapshot_unref(document->snapshot);
	document->snapshot = NULL;
	if (document->is_stored || document->is_retired)
		return;
	map_remove(&documents->map, document->path, strlen(document->path));
	destroy(document);
}

void documents_keep(struct documents *documents, struct document *document,
	struct snapshot *snapshot)
{
	snapshot_ref(snapshot);
	if (document->snapshot && !document->is_hot)
		unlink_cold(documents, document);
	snapshot_unref(document->snapshot);
	document->snapshot = snapshot;
	if (document->is_hot)
		return;
	link_cold(documents, document);
	while (documents->cold_bytes > documents->cold_most && documents->oldest != document)
		forget(documents, documents->oldest);
}

struct snapshot *documents_use(struct documents *documents, const char *path)
{
	struct document *document = documents_find(documents, path);

	if (!document || !document->snapshot)
		return NULL;
	if (!document->is_hot && document != documents->newest) {
		unlink_cold(documents, document);
		link_cold(documents, document);
	}
	return document->snapshot;
}

void documents_drop(struct documents *documents, const char *path)
{
	struct document *document = documents_find(documents, path);

	if (document && document->snapshot)
		forget(documents, document);
}
