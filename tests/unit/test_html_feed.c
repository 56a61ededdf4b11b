/* test_html_feed.c: bodies as feeds carry them. */
#include "feeds/html_feed.h"

#include <string.h>

#include "feeds/base/buf.h"
#include "tests/unit/harness.h"

static void check(void (*add)(struct buf *out, const char *html), const char *html,
	const char *want)
{
	struct buf out = {0};

	add(&out, html);
	CHECK_STR(buf_text(&out), want);
	buf_finish(&out);
}

TEST(media_leave_the_text)
{
	static const struct {
		const char *html, *want;
	} cases[] = {
		{"<p>a</p>", "<p>a</p>"},
		{"<p>a<img src=\"x>y\" alt=\"<p>\">b</p>", "<p>ab</p>"},
		{"<p>a</p><figure><img src=\"x\"><figcaption>c</figcaption></figure><p>b</p>",
			"<p>a</p><p>b</p>"},
		{"<figure><figure>x</figure>y</figure>z", "z"},
		{"<video controls><source src=\"x\"><p>y</p></video>z", "z"},
		{"<audio src=\"x\"></audio>z", "z"},
		{"<picture><source><img></picture>z", "z"},
		{"<figure>never closed <b>x</b>", ""},
		{"</figure>x</img>", "x"},
		{"a < b", "a < b"},
		{"<imgx>y</imgx>", "<imgx>y</imgx>"},
		{"<img", ""},
		{"", ""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		check(html_add_without_media, cases[i].html, cases[i].want);
}

TEST(players_are_as_readers_want_them)
{
	static const struct {
		const char *html, *want;
	} cases[] = {
		{"<p>a <b>controls</b></p>", "<p>a <b>controls</b></p>"},
		{"<p><audio src=\"http://e/a%20b.mp3?x=1&amp;y\" controls></audio> c</p>",
			"<p><audio src=\"http://e/a%20b.mp3?x=1&amp;y\"></audio> "
			"<a href=\"http://e/a%20b.mp3?x=1&amp;y\">a%20b.mp3</a> c</p>"},
		{"<video controls><source src=\"http://e/v\"><source src=\"w\"></video>",
			"<video><source src=\"http://e/v\"><source src=\"w\"></video> "
			"<a href=\"http://e/v\">v</a>"},
		{"<a href=\"x\"><video src=\"http://e/v\" controls></video></a>",
			"<a href=\"x\"><video src=\"http://e/v\"></video></a>"},
		{"<a href=\"x\">y</a><audio src=\"http://e/\" controls></audio>",
			"<a href=\"x\">y</a><audio src=\"http://e/\"></audio> "
			"<a href=\"http://e/\">http://e/</a>"},
		{"<audio src=\"v\"></audio>", "<audio src=\"v\"></audio> <a href=\"v\">v</a>"},
		{"<video controls></video>", "<video></video>"},
		{"<abbr>x</abbr>", "<abbr>x</abbr>"},
		{"", ""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		check(html_add_for_feed, cases[i].html, cases[i].want);
}

TEST(what_is_cut_off_is_no_danger)
{
	static const char html[] = "<p>a</p><video controls><source src=\"http://e/v.mp4\">"
				   "</video><audio src=\"http://e/a\" controls></audio>";

	for (size_t len = 0; len < sizeof(html); len++) {
		char part[sizeof(html)];
		struct buf out = {0};

		memcpy(part, html, len);
		part[len] = '\0';
		html_add_for_feed(&out, part);
		CHECK(!strstr(buf_text(&out), " controls>"));
		buf_finish(&out);
	}
}
