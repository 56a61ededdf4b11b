/* test_snapshot.c: tags, heads and variants. */
#include "daemon/http/snapshot.h"

#include <string.h>

#include "daemon/http/snapshot_internal.h"
#include "tests/unit/harness.h"

static struct snapshot_spec spec = {.path = "/x", .status = 200, .content_type = "a/b",
	.max_age_s = 60, .compress = true, .is_public_api = true, .csp = "default-src 'none'"};

TEST(the_tag_is_of_the_bytes)
{
	struct snapshot *snapshot;
	char a[32], b[32];
	size_t len;

	snapshot_etag_of("abc", 3, a);
	snapshot_etag_of("abd", 3, b);
	CHECK(strncmp(a, "W/\"", 3) == 0 && a[strlen(a) - 1] == '"' && strcmp(a, b) != 0);
	spec.body = "abc";
	spec.len = 3;
	snapshot = snapshot_create(&spec);
	CHECK_STR(snapshot_etag(snapshot), a);
	CHECK_STR(snapshot_path(snapshot), "/x");
	CHECK(memcmp(snapshot_body(snapshot, &len), "abc", 3) == 0);
	CHECK_INT(len, 3);
	snapshot_unref(snapshot_ref(snapshot));
	snapshot_unref(snapshot);
	snapshot_unref(NULL);
}

TEST(only_smaller_variants_are_kept)
{
	static char same[5000];
	struct snapshot *snapshot;
	const struct variant *variants;

	spec.body = same;
	spec.len = sizeof(same);
	snapshot = snapshot_create(&spec);
	variants = snapshot->variants;
	for (int e = ENCODING_GZIP; e < ENCODING_COUNT; e++)
		CHECK(variants[e].body.bytes && variants[e].body.len < 200);
	CHECK(strstr(variants[ENCODING_GZIP].head, "Content-Encoding: gzip\r\n"));
	CHECK(strstr(variants[ENCODING_BROTLI].head, "Content-Encoding: br\r\n"));
	CHECK(strstr(variants[ENCODING_IDENTITY].head, "Access-Control-Allow-Origin: *\r\n"));
	CHECK(strstr(variants[ENCODING_IDENTITY].head,
		"Content-Security-Policy: default-src 'none'\r\n"));
	CHECK(strstr(snapshot->head304, snapshot->etag));
	CHECK(!strstr(snapshot->head304, "Content-Type"));
	snapshot_unref(snapshot);
	spec.len = 10;
	snapshot = snapshot_create(&spec);
	CHECK(!snapshot->variants[ENCODING_GZIP].body.bytes);
	snapshot_unref(snapshot);
}

TEST(no_store)
{
	struct snapshot *snapshot;

	spec.status = 410;
	spec.max_age_s = -1;
	spec.body = NULL;
	spec.len = 0;
	snapshot = snapshot_create(&spec);
	CHECK(strstr(snapshot->variants[0].head, "HTTP/1.1 410 Gone\r\n"));
	CHECK(strstr(snapshot->variants[0].head, "Cache-Control: no-store\r\n"));
	CHECK(strstr(snapshot->variants[0].head, "Content-Length: 0\r\n"));
	snapshot_unref(snapshot);
}
