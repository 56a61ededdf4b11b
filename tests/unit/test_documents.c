/* test_documents.c: what stays in memory and what goes. */
#include <stdio.h>
#include <string.h>

#include "daemon/http/snapshot.h"
#include "daemon/site/documents.h"
#include "tests/unit/harness.h"

static struct document *keep(struct documents *documents, const char *path, size_t len)
{
	static const char zeros[4000];
	struct document *document = documents_add(documents, path);
	struct snapshot *snapshot = snapshot_create(&(struct snapshot_spec){.path = path,
		.status = 200, .content_type = "text/plain", .body = zeros, .len = len});

	documents_keep(documents, document, snapshot);
	snapshot_unref(snapshot);
	return document;
}

TEST(the_least_recently_used_gives_way)
{
	struct documents documents;

	documents_init(&documents, 10000);
	keep(&documents, "/a/1", 4000);
	keep(&documents, "/a/2", 4000);
	CHECK(documents_use(&documents, "/a/1"));
	keep(&documents, "/a/3", 4000);
	CHECK(documents_use(&documents, "/a/1"));
	CHECK(!documents_find(&documents, "/a/2")); /* nothing is left of it */
	CHECK(documents_use(&documents, "/a/3"));
	CHECK(documents.cold_bytes <= documents.cold_most);
	documents_finish(&documents);
}

TEST(hot_documents_and_the_validators_of_stored_ones_stay)
{
	struct documents documents;
	struct document *document;
	char path[16];

	documents_init(&documents, 10000);
	document = documents_add(&documents, "/feed.atom");
	document->is_hot = true;
	keep(&documents, "/feed.atom", 4000);
	document = keep(&documents, "/tag/x/feed.atom", 1000);
	document->is_stored = true;
	strcpy(document->etag, "W/\"1\"");
	for (int i = 0; i < 50; i++) {
		snprintf(path, sizeof(path), "/a/%d", i);
		keep(&documents, path, 3000);
	}
	CHECK(documents_use(&documents, "/feed.atom"));
	CHECK(!documents_use(&documents, "/tag/x/feed.atom"));
	CHECK_STR(documents_find(&documents, "/tag/x/feed.atom")->etag, "W/\"1\"");
	CHECK(documents.map.count < 6);
	documents_finish(&documents);
}

TEST(a_document_larger_than_the_bound_is_kept_alone)
{
	struct documents documents;

	documents_init(&documents, 100);
	keep(&documents, "/a/1", 50);
	keep(&documents, "/a/2", 4000);
	CHECK(!documents_use(&documents, "/a/1"));
	CHECK(documents_use(&documents, "/a/2"));
	documents_drop(&documents, "/a/2");
	documents_drop(&documents, "/a/2");
	CHECK_INT(documents.cold_bytes, 0);
	CHECK(!documents.newest && !documents.oldest);
	documents_finish(&documents);
}
