/* test_media.c: which addresses are files beside the articles that may be served. */
#include <string.h>

#include "daemon/site/media.h"
#include "daemon/site/site.h"
#include "feeds/base/buf.h"
#include "tests/unit/harness.h"

TEST(the_file_of_an_address)
{
	static const char *const cases[][2] = {
		{"https://h.example/b/news/p.png", "news/p.png"},
		{"https://h.example/b/%E8%A6%81/p%20x.JPG?v=1#x", "要/p x.JPG"},
		{"https://h.example/b/d.pdf", "d.pdf"},
		{"https://h.example/b/%2e%2e/p.png", NULL},
		{"https://h.example/b/a%2fb.png", "a/b.png"},
		{"https://h.example/b/.hidden/p.png", NULL},
		{"https://h.example/b/a//p.png", NULL},
		{"https://h.example/b/a%00.png", NULL},
		{"https://h.example/b/a%0A.png", NULL},
		{"https://h.example/b/a%5Cb.png", NULL},
		{"https://h.example/b/a%.png", NULL},
		{"https://h.example/b/a%2", NULL},
		{"https://h.example/b/page.html", NULL},
		{"https://h.example/b/a.md", NULL},
		{"https://h.example/b/a.xml", NULL},
		{"https://h.example/b/", NULL},
		{"https://h.example/p.png", NULL},
		{"https://other.example/b/p.png", NULL},
		{NULL, NULL},
	};
	struct buf path = {0};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		bool ok = media_path("https://h.example/b/", cases[i][0], &path);

		CHECK_STR(ok ? buf_text(&path) : NULL, cases[i][1]);
	}
	buf_finish(&path);
}

TEST(what_may_be_asked_for)
{
	char longest[600] = "/";

	CHECK(site_may_have_file("/a/b.png"));
	CHECK(!site_may_have_file("/"));
	CHECK(!site_may_have_file("/feed.css"));
	CHECK(!site_may_have_file("/a/.b.png"));
	CHECK(!site_may_have_file("/sitemap.xml"));
	memset(longest + 1, 'a', 590);
	strcpy(longest + 590, ".png");
	CHECK(!site_may_have_file(longest));
}
