/* test_xml.c: what is refused, NewsML-G2, and the corners of NITF and Atom. */
#include <libxml/xmlerror.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/article.h"
#include "feeds/base/arena.h"
#include "feeds/base/buf.h"
#include "feeds/parse.h"
#include "feeds/xml.h"
#include "tests/unit/harness.h"

static struct arena *arena;
static struct diagnosis why;

__attribute__((format(printf, 2, 3))) static void silent(void *context, const char *format, ...)
{
	(void)context;
	(void)format;
}

static struct article *read_xml(const char *text)
{
	static const struct parse_context context = {.path = "wire/a.xml",
		.base_url = "https://h.example/"};
	struct article *article;

	if (!arena)
		arena = arena_create();
	xmlSetGenericErrorFunc(NULL, silent);
	article = arena_alloc(arena, sizeof(*article));
	why = (struct diagnosis){0};
	return xml_article(arena, &context, text, strlen(text), article, &why) ? article : NULL;
}

static void check_refused(const char *text, const char *class, int line)
{
	CHECK(!read_xml(text));
	CHECK_STR(why.class, class);
	CHECK_INT(why.line, line);
	CHECK(why.message);
}

TEST(document_types_are_refused)
{
	size_t len;
	char *text = harness_read("tests/corpus/invalid/xxe.xml", &len);

	check_refused(text, "xml-dtd-forbidden", 2);
	check_refused("<!DOCTYPE nitf SYSTEM 'http://127.0.0.1:1/x.dtd'><nitf/>",
		"xml-dtd-forbidden", 1);
	check_refused("<!-- c -->\n<?p i?>\n <!DOCTYPE nitf><nitf/>", "xml-dtd-forbidden", 3);
	CHECK(read_xml("<nitf><!-- <!DOCTYPE x> --><head><title>t<![CDATA[<!DOCTYPE y>]]>"
		"</title></head></nitf>"));
	free(text);
}

TEST(malformed_is_refused)
{
	check_refused("<nitf>\n <body>\n</nitf>", "xml-syntax", 3);
	check_refused("<nitf>&undefined;</nitf>", "xml-syntax", 1);
	check_refused("", "xml-syntax", 1);
	check_refused("<html><body/></html>", "xml-root-unknown", 1);
	check_refused("<entry/>", "xml-root-unknown", 1);
	check_refused("<nitf xmlns='urn:other'/>", "xml-root-unknown", 1);
}

TEST(excess_is_refused)
{
	struct buf text = {0};

	buf_add_str(&text, "<nitf\n");
	for (int i = 0; i < 1001; i++)
		buf_printf(&text, " a%d='>'", i);
	buf_add_str(&text, "/>");
	check_refused(text.bytes, "xml-too-complex", 1);
	buf_clear(&text);
	for (int i = 0; i < 257; i++)
		buf_add_str(&text, "<nitf>");
	check_refused(text.bytes, "xml-too-complex", 1);
	buf_clear(&text);
	buf_add_str(&text, "<nitf>\n");
	for (int i = 0; i < 400000; i++)
		buf_add_str(&text, "<a/>");
	check_refused(text.bytes, "xml-too-complex", 2);
	/* libxml2 would take minutes over this one */
	buf_clear(&text);
	buf_add_str(&text, "<nitf>\n");
	for (int i = 0; i < 400000; i++)
		buf_add_str(&text, "<!--");
	check_refused(text.bytes, "xml-syntax", 2);
	buf_finish(&text);
}

TEST(newsml_g2)
{
	size_t len;
	char *text = harness_read("tests/fuzz/corpus/xml/g2.xml", &len);
	struct article *a = read_xml(text);

	CHECK(a);
	CHECK_INT(a->format, FORMAT_NEWSML_G2);
	CHECK_STR(a->id, "urn:newsml:agency.example:20260510:item1");
	CHECK_STR(a->title, "水库提前腾库迎汛");
	CHECK_STR(a->summary, "两座水库完成腾库。");
	CHECK_STR(a->source, "青岑日报");
	CHECK_STR(a->site_name, "示例社");
	CHECK_STR(a->rights, "转载须注明来源。");
	CHECK_STR(a->editor_note, "仅供编辑");
	CHECK_STR(a->language, "zh-CN");
	CHECK_INT(a->urgency, 3);
	CHECK_INT(a->status, STATUS_PUBLISHED);
	CHECK_INT(a->published.ms, 1778374800000);
	CHECK_INT(a->updated.ms, 1778380200000);
	CHECK_INT(a->embargo.ms, 1778450400000);
	CHECK_INT(a->tags.count, 2);
	CHECK_STR(a->categories.items[0], "民生");
	CHECK_STR(a->authors.items[0].name, "林示例");
	CHECK_STR(a->html, "<p>两座水库完成腾库。</p><h3>下一步</h3>"
		"<blockquote><p>继续监测。</p></blockquote>");
	CHECK(!strstr(a->html, "仅供编辑"));
	free(text);
}

TEST(times_that_hold_back_must_be_times)
{
	static const char g2[] = "<newsItem xmlns='http://iptc.org/std/nar/2006-10-01/' "
		"guid='g'><itemMeta><versionCreated>2026-05-10T10:30:00Z</versionCreated>"
		"<embargoed>%s</embargoed></itemMeta></newsItem>";
	char text[500];
	struct article *a;

	check_refused("<nitf><head><docdata><date.issue norm='20260514T063000Z'/>"
		"<date.expire norm='20260230T000000Z'/></docdata></head></nitf>",
		"date-invalid", 0);
	snprintf(text, sizeof(text), g2, "2026-05-32T00:00:00Z");
	check_refused(text, "date-invalid", 0);
	snprintf(text, sizeof(text), g2, "soon");
	check_refused(text, "date-invalid", 0);
	snprintf(text, sizeof(text), g2, "");
	a = read_xml(text);
	CHECK(a);
	CHECK_INT(article_status_at(a, INT64_MAX), STATUS_EMBARGOED);
}

TEST(newsml_g2_canceled)
{
	struct article *a = read_xml("<newsItem xmlns='http://iptc.org/std/nar/2006-10-01/' "
		"guid='g'><itemMeta><versionCreated>2026-05-10T10:30:00Z</versionCreated>"
		"<pubStatus qcode='stat:canceled'/></itemMeta></newsItem>");

	CHECK(a);
	CHECK_INT(a->status, STATUS_WITHDRAWN);
	CHECK_STR(a->withdrawal.id, "g");
	CHECK(a->withdrawal.at.is_set);
}

TEST(nitf_states)
{
	struct article *a = read_xml("<nitf><head><docdata management-status='embargoed'>"
		"<doc-id id-string='x'/><date.release norm='20260514T063000Z'/>"
		"<correction info='n' id-string='other'/></docdata></head><body><body.content>"
		"<p>a<script>b</script></p><media media-type='video'><media-reference "
		"source='v.mp4' mime-type='video/mp4'/><media-caption>c</media-caption></media>"
		"</body.content></body></nitf>");

	CHECK(a);
	CHECK(a->embargo.is_set && a->embargo.ms == a->published.ms);
	CHECK_INT(a->correction.level, CORRECTION_CORRECTIVE);
	CHECK_STR(a->correction.of, "other");
	CHECK_STR(a->attachments.items[0].url, "https://h.example/wire/v.mp4");
	CHECK_STR(a->html, "<p>a</p><figure><video src=\"https://h.example/wire/v.mp4\" "
		"controls></video><figcaption>c</figcaption></figure>");
	a = read_xml("<nitf><head><docdata management-status='canceled'><doc-id id-string='x'/>"
		"</docdata></head></nitf>");
	CHECK(a);
	CHECK_INT(a->status, STATUS_WITHDRAWN);
}

TEST(atom_content_types)
{
	static const char head[] = "<entry xmlns='http://www.w3.org/2005/Atom'><id>i</id>"
		"<title type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>a <b>b</b></div>"
		"</title><updated>2026-05-10T10:30:00Z</updated>";
	static const char *const contents[][2] = {
		{"<content>1 &lt; 2 &amp; 3</content>", "<p>1 &lt; 2 &amp; 3</p>"},
		{"<content type='html'>&lt;p onclick=x>1&lt;script>x&lt;/script> &amp;amp;"
		 "</content>",
			"<p>1 &amp;</p>"},
		{"<content type='xhtml' xml:base='/d/'><div xmlns='http://www.w3.org/1999/xhtml'>"
		 "<p>x<SCRIPT>y</SCRIPT><a href='z'>l</a></p></div></content>",
			"<p>x<a href=\"https://h.example/d/z\">l</a></p>"},
		{"", ""},
	};

	for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
		char text[1000];
		struct article *a;

		snprintf(text, sizeof(text), "%s%s</entry>", head, contents[i][0]);
		a = read_xml(text);
		CHECK(a);
		CHECK_STR(a->title, "a b");
		CHECK(a->published.is_set);
		CHECK_STR(a->html, contents[i][1]);
	}
}
