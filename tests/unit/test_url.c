/* test_url.c: RFC 3986 section 5.4, what people write, and international hosts. */
#include <stdlib.h>
#include <string.h>

#include "feeds/base/arena.h"
#include "feeds/url.h"
#include "tests/unit/harness.h"

static struct arena *arena;

static const char *resolve(const char *base, const char *href)
{
	if (!arena)
		arena = arena_create();
	return url_resolve(arena, base, href);
}

TEST(reference_resolution)
{
	static const char *const cases[][2] = {
		{"g", "http://a/b/c/g"}, {"./g", "http://a/b/c/g"}, {"g/", "http://a/b/c/g/"},
		{"/g", "http://a/g"}, {"//g", "http://g/"}, {"?y", "http://a/b/c/d;p?y"},
		{"g?y", "http://a/b/c/g?y"}, {"#s", "http://a/b/c/d;p?q#s"},
		{"g#s", "http://a/b/c/g#s"}, {"g?y#s", "http://a/b/c/g?y#s"},
		{";x", "http://a/b/c/;x"}, {"g;x?y#s", "http://a/b/c/g;x?y#s"},
		{".", "http://a/b/c/"}, {"./", "http://a/b/c/"}, {"..", "http://a/b/"},
		{"../", "http://a/b/"}, {"../g", "http://a/b/g"}, {"../..", "http://a/"},
		{"../../g", "http://a/g"}, {"../../../g", "http://a/g"}, {"/./g", "http://a/g"},
		{"/../g", "http://a/g"}, {"g.", "http://a/b/c/g."}, {"..g", "http://a/b/c/..g"},
		{"./../g", "http://a/b/g"}, {"./g/.", "http://a/b/c/g/"},
		{"g/./h", "http://a/b/c/g/h"}, {"g/../h", "http://a/b/c/h"},
		{"g;x=1/../y", "http://a/b/c/y"}, {"g?y/../x", "http://a/b/c/g?y/../x"},
		{"g#s/../x", "http://a/b/c/g#s/../x"}, {"%2e%2e/g", "http://a/b/g"},
		{"..\\g", "http://a/b/g"}, {"\\\\h\\x", "http://h/x"},
		{"a//b", "http://a/b/c/a//b"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK_STR(resolve("http://a/b/c/d;p?q", cases[i][0]), cases[i][1]);
}

TEST(encoding_once)
{
	static const char base[] = "https://e.example/d/";

	CHECK_STR(resolve(base, "a b%20c%zz%"), "https://e.example/d/a%20b%20c%25zz%25");
	CHECK_STR(resolve(base, "\xe5\x9b\xbe?\xe5\x9b\xbe=[1]#\xe5\x9b\xbe"),
		"https://e.example/d/%E5%9B%BE?%E5%9B%BE=%5B1%5D#%E5%9B%BE");
	CHECK_STR(resolve(base, "a\"<>`{}|^'"), "https://e.example/d/a%22%3C%3E%60%7B%7D%7C%5E'");
	CHECK_STR(resolve(base, " \n a\tb\n "), "https://e.example/d/ab");
	CHECK_STR(resolve(base, "\x01 x\x01y"), "https://e.example/d/x%01y");
	CHECK_STR(url_encode_path(arena, "news/\xe5\x9b\xbe a+b%.md"),
		"news/%E5%9B%BE%20a%2Bb%25.md");
	CHECK_STR(url_of_path(arena, base, "/news/a:b c.md"),
		"https://e.example/d/news/a%3Ab%20c.md");
	CHECK_STR(url_of_path(arena, base, "a:b.md"), "https://e.example/d/a%3Ab.md");
}

TEST(hosts)
{
	CHECK_STR(resolve(NULL, "HTTP://EXAMPLE.com"), "http://example.com/");
	CHECK_STR(resolve(NULL, "https://u:p@H:443/x"), "https://u:p@h/x");
	CHECK_STR(resolve(NULL, "http://h:8080/"), "http://h:8080/");
	CHECK_STR(resolve(NULL, "http://[2001:DB8::1]:81/"), "http://[2001:db8::1]:81/");
	CHECK_STR(resolve(NULL, "http://b\xc3\xbc" "cher.example/"),
		"http://xn--bcher-kva.example/");
	CHECK_STR(resolve(NULL, "http://\xe4\xb8\xad\xe5\x9b\xbd\xe3\x80\x82\xe4\xb8\xad\xe5\x9b"
		"\xbd/"), "http://xn--fiqs8s.xn--fiqs8s/");
	CHECK_STR(resolve(NULL, "http://\xe4\xbb\x96\xe4\xbb\xac\xe4\xb8\xba\xe4\xbb\x80\xe4\xb9"
		"\x88\xe4\xb8\x8d\xe8\xaf\xb4\xe4\xb8\xad\xe6\x96\x87/"),
		"http://xn--ihqwcrb4cv8a8dqg056pqjye/");
	CHECK_STR(resolve(NULL, "http://3\xe5\xb9\xb4\x42\xe7\xb5\x84\xe9\x87\x91\xe5\x85\xab\xe5"
		"\x85\x88\xe7\x94\x9f/"), "http://xn--3b-ww4c5e180e575a65lsy2b/");
	CHECK_STR(resolve(NULL, "http://%E4%B8%AD%E5%9B%BD/"), "http://xn--fiqs8s/");
	CHECK_STR(resolve(NULL, "http://\xef\xbc\xa5.example/"), "http://e.example/");
}

TEST(refused)
{
	static const char *const bad[] = {"", " ", "x", "javascript:x", "JAVA\tSCRIPT:x", "data:,x",
		"ftp://h/", "http:", "http:x", "http://", "http:///x", "http://a b/", "http://a<b/",
		"http://h:x/", "http://h:99999/", "http://[::1", "http://a..b/", "http://%00/",
		"1http://h/", "java\x01script:x", "mailto:", "tel:", "http://.x/", "//h/x", "?q"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (resolve(NULL, bad[i]))
			harness_fail(__FILE__, __LINE__, "%s: %s", bad[i], resolve(NULL, bad[i]));
	CHECK(!resolve("mailto:x@y", "a"));
	CHECK(!resolve("not a base", "a"));
	CHECK_STR(resolve("mailto:x@y", "MAILTO:a b@c?subject=\xe5\x9b\xbe"),
		"mailto:a%20b@c?subject=%E5%9B%BE");
}

TEST(idempotent)
{
	static const char *const hrefs[] = {"a b", "%41%zz", "//\xe4\xb8\xad\xe5\x9b\xbd/../x?#",
		"..//..//x", "\\a\\b?\\c", "mailto:\xe5\x9b\xbe@x", "a;b=c?d[]#e f"};

	for (size_t i = 0; i < sizeof(hrefs) / sizeof(hrefs[0]); i++) {
		const char *once = resolve("https://h.example/a/b", hrefs[i]);

		CHECK(once);
		CHECK_STR(resolve(NULL, once), once);
		CHECK_STR(resolve("http://other.example/", once), once);
		CHECK_STR(url_clean(arena, once), once);
		CHECK_STR(url_clean(arena, url_clean(arena, hrefs[i])),
			url_clean(arena, hrefs[i]));
	}
}

TEST(media_types)
{
	CHECK_STR(media_type_of("a/b.PNG"), "image/png");
	CHECK_STR(media_type_of("https://h.example/x.pdf?v=1.txt#y"), "application/pdf");
	CHECK_STR(media_type_of("https://h.example/"), NULL);
	CHECK_STR(media_type_of("a.b/c"), NULL);
	CHECK_STR(media_type_of("png"), NULL);
}

TEST(local_files)
{
	static const char *const cases[][2] = {{"a.png", "a.png"}, {"./i/a.png?v=1#x", "i/a.png"},
		{"%E5%9B%BE%201.png", "\xe5\x9b\xbe 1.png"}, {"../a%2fb", "../a/b"},
		{"100%", "100%"},
		{"/a.png", NULL}, {"//h/a.png", NULL}, {"https://h/a", NULL}, {"mailto:a", NULL},
		{"", NULL}, {"?x", NULL}, {"#x", NULL}, {"a%00b", NULL}, {"a/b:c", "a/b:c"}};

	arena = arena ? arena : arena_create();
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		CHECK_STR(url_local_file(arena, cases[i][0]), cases[i][1]);
}
