/* test_hub_topic.c: aliases of our own topics, and what is none of ours. */
#include <string.h>

#include "daemon/hub/topic.h"
#include "feeds/base/buf.h"
#include "tests/unit/harness.h"

static bool exists(void *context, const char *path)
{
	(void)context;
	return strcmp(path, "/feed.atom") == 0 || strcmp(path, "/tag/x/") == 0 ||
		strcmp(path, "/c/\xe6\x96\xb0/feed.rss") == 0 ||
		strcmp(path, "/c/100% a/feed.rss") == 0;
}

static const char *find(const char *base, const char *url)
{
	static struct buf out;

	buf_clear(&out);
	return topic_find(base, url, exists, NULL, &out) ? buf_text(&out) : NULL;
}

TEST(aliases)
{
	static const char base[] = "https://News.example/";

	CHECK_STR(find(base, "https://news.example/feed.atom"), "/feed.atom");
	CHECK_STR(find(base, "http://news.example/feed.atom"), "/feed.atom");
	CHECK_STR(find(base, "HTTPS://NEWS.EXAMPLE:443/feed.atom"), "/feed.atom");
	CHECK_STR(find(base, "http://news.example:80/feed.atom/"), "/feed.atom");
	CHECK_STR(find(base, "https://news.example/f%65ed%2Eatom"), "/feed.atom");
	CHECK_STR(find(base, "https://news.example/tag/x"), "/tag/x/");
	CHECK_STR(find(base, "https://news.example/c/%e6%96%B0/feed.rss"),
		"/c/\xe6\x96\xb0/feed.rss");
	CHECK_STR(find(base, "https://news.example/c/\xe6\x96\xb0/feed.rss"),
		"/c/\xe6\x96\xb0/feed.rss");
	CHECK_STR(find(base, "https://news.example/c/100%25%20a/feed.rss"),
		"/c/100% a/feed.rss");
	CHECK(!find(base, "https://news.example/c%2F\xe6\x96\xb0/feed.rss"));
	CHECK(!find(base, "https://news.example/feed.atom%00"));
}

TEST(others)
{
	static const char base[] = "https://news.example/";

	CHECK(!find(base, "https://news.example/feed.json"));
	CHECK(!find(base, "https://news.example:8443/feed.atom"));
	CHECK(!find(base, "https://news.example.evil/feed.atom"));
	CHECK(!find(base, "https://x@news.example/feed.atom"));
	CHECK(!find(base, "https://news.example/feed.atom?x=1"));
	CHECK(!find(base, "https://news.example/feed.atom#x"));
	CHECK(!find(base, "https://news.example/Feed.atom"));
	CHECK(!find(base, "ftp://news.example/feed.atom"));
	CHECK(!find(base, "https://"));
	CHECK(!find(base, "https://news.example"));
	CHECK(!find(base, "/feed.atom"));
	CHECK(!find(base, ""));
}

TEST(base_with_port_and_path)
{
	CHECK_STR(find("http://127.0.0.1:8080/", "http://127.0.0.1:8080/feed.atom"),
		"/feed.atom");
	CHECK_STR(find("http://[::1]:8080/", "http://[::1]:8080/feed.atom"), "/feed.atom");
	CHECK(!find("http://[::1]:8080/", "http://[::1]/feed.atom"));
	CHECK_STR(find("http://h/news/", "http://h/news/feed.atom"), "/feed.atom");
	CHECK_STR(find("http://h/news", "http://h/news/feed.atom"), "/feed.atom");
	CHECK(!find("http://h/news", "http://h/newsfeed.atom"));
	CHECK(!find("http://h/news/", "http://h/feed.atom"));
}

TEST(urls)
{
	struct buf out = {0};

	topic_add_url("http://h/news/", "/c/a b/\xe6\x96\xb0%/feed.atom", &out);
	CHECK_STR(buf_text(&out), "http://h/news/c/a%20b/%E6%96%B0%25/feed.atom");
	buf_finish(&out);
}
