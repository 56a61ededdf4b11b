/* test_http_target.c: one path for every way to write it. */
#include "daemon/http/target.h"

#include <string.h>

#include "tests/unit/harness.h"

TEST(normalise)
{
	static const struct {
		const char *target, *path, *query; /* path NULL = refused */
	} cases[] = {
		{"/", "/", NULL}, {"/a", "/a", NULL}, {"/a?", "/a", ""}, {"/a?b?c", "/a", "b?c"},
		{"/%41%2e", "/A.", NULL}, {"/%2541", "/%41", NULL}, {"/a/./b", "/a/b", NULL},
		{"/a/../b", "/b", NULL}, {"/../../a", "/a", NULL}, {"/a/..", "/", NULL},
		{"/a/.", "/a/", NULL}, {"/..", "/", NULL}, {"/%2e%2e/a", "/a", NULL},
		{"/a%2f..%2fb", "/b", NULL}, {"/...", "/...", NULL}, {"/.a", "/.a", NULL},
		{"//a", "//a", NULL}, {"http://h", "/", NULL}, {"http://H/a?b", "/a", "b"},
		{"https://h?b", "/", "b"}, {"http://other/", NULL, NULL},
		{"http://u@h/", NULL, NULL}, {"http:///a", NULL, NULL}, {"*", NULL, NULL},
		{"h:80", NULL, NULL}, {"/%", NULL, NULL}, {"/%4", NULL, NULL},
		{"/%4g", NULL, NULL}, {"/%00", NULL, NULL}, {"/%0a", NULL, NULL},
		{"/a#b", NULL, NULL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct slice target = {cases[i].target, strlen(cases[i].target)}, query;
		char path[HTTP_TARGET_MAX + 2];
		int status = target_normalise(target, (struct slice){"h", 1}, path, &query);

		CHECK_INT(status, cases[i].path ? 0 : 400);
		if (!cases[i].path)
			continue;
		CHECK_STR(path, cases[i].path);
		CHECK((query.at != NULL) == (cases[i].query != NULL));
		CHECK(!query.at || (query.len == strlen(cases[i].query) &&
			memcmp(query.at, cases[i].query, query.len) == 0));
	}
}
