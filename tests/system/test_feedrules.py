"""Every public document keeps the rules of feedrules.py, whatever the articles say; and the
rules notice what breaks them."""
import itertools
import os
import random
import re
import unittest

from tests.system import feedrules
from tests.system.gazetted import BASE_URL, CORPUS, FEEDS, SystemTest, article

BY = ["feeds.by=[channel, tag, author, source]"]
WORDS = ("R&D", "A & B", "a < b > c", "&copy; 2026", "AT&T;", "&lt;b&gt;", "x &#38; y", "]]>",
         "\u201c\u5f15\u53f7\u201d", "\U0001f389", "\u9547\u88ad", "tab\tand  blanks",
         "'quoted' \"twice\"",
         "{{ x }}", "%41", "&#x41;", "50 % & more", "a<b", "1 <2", "<!-- no -->", "C++ <vector>",
         "\u0627\u0644\u0639\u0631\u0628\u064a\u0629", "\ufffd", "\ufdd0", "\x80", "e\u0301",
         "\u200b", "`code`", "*", "\u3000")
ADDRESSES = ("https://other.example", "https://other.example?x=1", "https://other.example/a[]=1",
             "https://other.example/\u4e2d\u6587 a.png", "HTTPS://Other.Example:443/A/../b.jpg",
             "//other.example/b.mp3", "https://b\u00fccher.example/x",
             "https://other.example/%zz|^",
             "https://u:p@other.example/x.png", "https://under_score.example/x.png", "picture.png",
             "javascript:alert(1)", "https://[2001:db8::1]/x.png", "https://localhost/x.mp4",
             "mailto:a@b.example", "data:image/png;base64,AAAA", "../up.pdf")
BODIES = (
    "Text & more < text &amp; &copy; *strong* `a < b`", "![p]({0}) [l]({0})",
    "# One\n\n## Two\n\n- a\n- b",
    "| a | b |\n|---|---|\n| 1 | & |", "1. x\n2. y\n\n> quoted\n\n```\n<script>\n```",
    "<div>raw</div> <b>b</b>")
PAGES = (
    "<p>open <b>never closed <i>x</b></i><p>two",
    "<div style='position:fixed' onclick=x()>a</div>",
    "<iframe src='{0}'></iframe><p>x</p>", "<video controls src='{0}'></video><p>x</p>",
    "<p>x<audio controls><source src='{0}' type='audio/mpeg'></audio>",
    "<o:p>Word</o:p><p class=MsoNormal>x",
    "<table><tr><td>a<td>b<caption>c</table>", "<p>&#0;&#x81;&#xFFFE;&nbsp;&bogus; &amp;lt;</p>",
    "<a href='{0}'>a</a><img src='{0}' alt='a & b \"c\"'>",
    "<ruby>\u6c49<rt>h</rt></ruby><p>x</p>",
    "<form><input name=x></form><math><mi>x</mi></math><svg><path/></svg><p>y",
    "<ol><p>x</ol><li>y<dl><dd>z")
ZONES = ("+08:00", "Z", "-03:30", "+05:45", "+12:45")


def strange(random_of, number):
    """The path and the text of an article that says strange things."""
    word = lambda: " ".join(random_of.sample(WORDS, random_of.randint(1, 3)))
    address = random_of.choice(ADDRESSES)
    date = f"2026-0{random_of.randint(1, 5)}-1{number % 10}T10:00:00{random_of.choice(ZONES)}"
    fields = {
        "authors": [word(), "\u5f20\u4e09 <zhang@mail.example>"], "editor": word(),
        "source": word(),
        "source_url": address, "tags": [word(), "plain"], "categories": [word()], "rights": word(),
        "summary": word(), "kicker": word(), "subtitle": word(), "mobile_url": address,
        "image": address, "lang": random_of.choice(("zh-CN", "en", "zh-Hant-TW", "x", "english")),
        "edition": {"paper": word(), "date": "2026-05-08", "page": "03", "url": address},
        "enclosures": [{"href": address, "type": random_of.choice(("audio/mpeg", "odd",
        "a/b; c=d")),
                        "length": random_of.choice((0, 5, 123456)), "title": word()}],
        "correction": {"level": random_of.choice(("typo", "update", "correction")), "note": word(),
                       "at": date}}
    for name in random_of.sample(sorted(fields), 6):
        del fields[name]
    channel = random_of.choice(("", "news/", "news/\u672c\u5730 a/", "c&d/"))
    title = f"{word()} {number}"
    if number % 2:
        return f"{channel}{number}.md", article(
            title, date, random_of.choice(BODIES).format(address), **fields)
    body = random_of.choice(PAGES).format(address)
    escape = lambda text: text.replace("&", "&amp;").replace("'", "&#39;").replace("<", "&lt;")
    return f"{channel}{number}.html", (
        f"<!DOCTYPE html><html><head><meta charset=utf-8><title>{escape(title)}</title>"
        f"<meta name=ArticleTitle content='{escape(title)}'><meta name=PubDate content='{date}'>"
        f"<meta name=ContentSource content='{escape(word())}'><meta name=Author content='"
        f"{escape(word())}'><meta name=Keywords content='{escape(word())}'></head><body><article>"
        f"{body}</article></body></html>")


class Documents(SystemTest):
    def judge(self, gazetted, path):
        answer = gazetted.get(path)
        self.assertEqual(answer.status, 200, path)
        kinds = {".atom": "application/atom+xml", ".rss": "application/rss+xml",
                 ".json": "application/feed+json", ".xml": "text/x-opml"}
        self.assertEqual(answer.header("Content-Type").split(";")[0],
                         kinds[os.path.splitext(path)[1]], path)
        problems = feedrules.problems_of(answer.body, BASE_URL + path)
        self.assertEqual(problems, [], f"{path}: " + "\n".join(problems[:20]))
        return answer.body.decode()

    def judge_all(self, gazetted):
        """All feeds that the landing page and OPML name, and their archives; how many."""
        seen, todo = set(), list(FEEDS) + ["/opml.xml"]
        for page in ("/", "/opml.xml", "/epaper/"):
            text = gazetted.get(page).body.decode()
            todo += re.findall(r'"(?:%s)?(/[^"]*/feed\.(?:atom|rss|json))"' % BASE_URL, text)
        for day in re.findall(r'"(/epaper/[\d-]+/)"', gazetted.get("/epaper/").body.decode()):
            todo += [day + "feed.atom", day + "feed.rss", day + "feed.json"]
        while todo:
            path = todo.pop()
            if path in seen:
                continue
            seen.add(path)
            found = re.search(r'rel="prev-archive"[^>]*href="%s([^"]*)"' % BASE_URL,
                              self.judge(gazetted, path))
            if found:
                todo.append(found.group(1))
        return seen

    def test_the_corpus(self):
        gazetted = self.gazetted(copy=os.path.join(CORPUS, "articles"),
                                 options=BY + ["feeds.window=5"])
        seen = self.judge_all(gazetted)
        self.assertGreater(len(seen), 40)
        self.assertTrue(any("/archive/" in path for path in seen), seen)
        self.assertTrue(any("/epaper/" in path for path in seen), seen)

    def test_no_article_at_all(self):
        gazetted = self.gazetted()
        for path in FEEDS + ("/opml.xml",):
            self.judge(gazetted, path)

    def test_strange_articles(self):
        random_of = random.Random(20260508)
        files = dict(strange(random_of, number) for number in range(120))
        gazetted = self.gazetted(files, options=BY + [
            "feeds.window=30", "site.subtitle='R&D <b>x &copy;'", "site.rights='&copy; A & B'",
            "site.logo=https://news.example/logo.png", "site.icon=https://news.example/i.png"])
        self.assertGreater(len(gazetted.items()), 25)
        self.assertGreater(len(self.judge_all(gazetted)), 100)

    def test_every_state(self):
        when = itertools.count(1)
        date = lambda: f"2026-05-{next(when):02}T10:00:00+08:00"
        files = {f"{n}.md": article(f"Number {n}", date()) for n in range(3)}
        for level in ("typo", "update", "correction"):
            files[f"{level}.md"] = article(level, date(), correction={
                "level": level, "note": "was 3 < 4 & 5", "at": "2026-05-20T10:00:00+08:00"})
        files["notice.md"] = article("Notice", date(), correction={
            "level": "corrective", "of": "tag:news.example,2026:x", "note": "n"})
        files["withdrawn.md"] = article("Back", date(), status="withdrawn",
                                        withdraw_reason="a < b & c")
        gazetted = self.gazetted(files, options=BY + ["articles.withdrawn_keep=100000d"])
        self.assertEqual(len(gazetted.items()), 8)
        self.judge_all(gazetted)
        gazetted.write("1.md", article("Number 1", date(), "Other & text.", status="withdrawn"))
        gazetted.delete("2.md")
        gazetted.wait_no_title("Number 2")
        self.judge_all(gazetted)


ATOM = '''<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">
<id>http://e.example/feed.atom</id>
<title>T</title>
<updated>2026-05-01T10:00:00Z</updated>
<author><name>A</name></author>
<link rel="self" type="application/atom+xml" href="http://e.example/feed.atom"/>
<link rel="alternate" type="text/html" href="http://e.example/"/>
<entry>
<id>tag:e.example,2026:1</id>
<title>One</title>
<link rel="alternate" type="text/html" href="http://e.example/a/1"/>
<updated>2026-05-01T10:00:00Z</updated>
<content type="html">&lt;p&gt;x&lt;/p&gt;</content>
</entry>
</feed>
'''
RSS = '''<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom">
<channel>
<title>T</title>
<link>http://e.example/</link>
<description>D</description>
<atom:link rel="self" type="application/rss+xml" href="http://e.example/feed.rss"/>
<language>en</language>
<lastBuildDate>Fri, 01 May 2026 10:00:00 +0000</lastBuildDate>
<image><url>http://e.example/l.png</url><title>T</title><link>http://e.example/</link></image>
<item>
<title>One</title>
<link>http://e.example/a/1</link>
<guid isPermaLink="false">tag:e.example,2026:1</guid>
<pubDate>Fri, 01 May 2026 10:00:00 +0000</pubDate>
<category>news</category>
<enclosure url="http://e.example/a.mp3" length="5" type="audio/mpeg"/>
<description>d</description>
</item>
</channel>
</rss>
'''
JSON = '''{"version": "https://jsonfeed.org/version/1.1", "title": "T",
"feed_url": "http://e.example/feed.json", "items": [{"id": "tag:e.example,2026:1",
"url": "http://e.example/a/1", "content_html": "<p>x</p>",
"date_published": "2026-05-01T10:00:00Z",
"attachments": [{"url": "http://e.example/a.mp3", "mime_type": "audio/mpeg"}]}]}'''
OPML = '''<?xml version="1.0" encoding="UTF-8"?>
<opml version="2.0"><head><title>T</title></head><body><outline type="rss" text="T" title="T"
xmlUrl="http://e.example/feed.atom" htmlUrl="http://e.example/" language="en"/></body></opml>
'''
BROKEN = [  # what is replaced, by what
    (ATOM, "<updated>2026-05-01T10:00:00Z</updated>\n<content", "<content"),
    (ATOM, "<title>One</title>", ""),
    (ATOM, "<title>One</title>", "<title></title>"),
    (ATOM, "<title>One</title>", "<title>&lt;b&gt;x&lt;/b&gt;</title>"),
    (ATOM, "<title>One</title>", "<title>&amp;copy; x</title>"),
    (ATOM, "<title>One</title>", "<title>One</title><title>One</title>"),
    (ATOM, "<title>One</title>", '<title type="html">a &amp;amp b &lt;b&gt;</title>'),
    (ATOM, "<title>One</title>", "<title>\x85</title>"),
    (ATOM, "<title>One</title>", "<title>\ufffd</title>"),
    (ATOM, "tag:e.example,2026:1", "tag:e.example,2026:\u4e2d"),
    (ATOM, "tag:e.example,2026:1", "http://e.example"),
    (ATOM, "tag:e.example,2026:1", "http://E.example/"),
    (ATOM, "tag:e.example,2026:1", "http://e.example/%7e"),
    (ATOM, "2026-05-01T10:00:00Z", "2026-05-01T10:00:00"),
    (ATOM, "2026-05-01T10:00:00Z", "2026-13-01T10:00:00Z"),
    (ATOM, "2026-05-01T10:00:00Z", "1980-05-01T10:00:00Z"),
    (ATOM, "2026-05-01T10:00:00Z", "2126-05-01T10:00:00Z"),
    (ATOM, "<author><name>A</name></author>", ""),
    (ATOM, "<name>A</name>", "<name></name>"),
    (ATOM, "<name>A</name>", "<name>A &lt;a@b.example&gt;</name>"),
    (ATOM, "<name>A</name>", "<name>A</name><email>nobody</email>"),
    (ATOM, 'rel="self"', 'rel="related"'),
    (ATOM, 'rel="self"', 'rel="qrcode"'),
    (ATOM, '"http://e.example/a/1"', '"/a/1"'),
    (ATOM, '"http://e.example/a/1"', '"http://e.example/[1]"'),
    (ATOM, "</entry>",
     '<link rel="alternate" type="text/html" href="http://e.example/m"/></entry>'),
    (ATOM, "</entry>", '<link rel="current" href="http://e.example/m"/></entry>'),
    (ATOM, "</entry>", '<link rel="enclosure" length="-1" href="http://e.example/m"/></entry>'),
    (ATOM, "</entry>", '<category label="x"/></entry>'),
    (ATOM, "</entry>", "<dc:source/></entry>"),
    (ATOM, "</entry>", "<subtitle>x</subtitle></entry>"),
    (ATOM, "</feed>", "<rights>x</rights></feed>"),
    (ATOM, 'xml:lang="en"', 'xml:lang="english-tongue"'),
    (ATOM, 'xml:lang="en"', ""),
    (ATOM, 'xml:lang="en"', 'xml:lang="en" xmlns:dc="http://purl.org/dc/elements/1.1/"'),
    (ATOM, 'xml:lang="en"', 'xml:lang="en" xmlns:news="http://e.example/news"'),
    (ATOM, "&lt;p&gt;x&lt;/p&gt;", "&lt;p&gt;x&lt;b&gt;"),
    (ATOM, "&lt;p&gt;x&lt;/p&gt;", "&lt;script&gt;x&lt;/script&gt;"),
    (ATOM, "&lt;p&gt;x&lt;/p&gt;", "&lt;p onclick=\"x\"&gt;x&lt;/p&gt;"),
    (ATOM, "&lt;p&gt;x&lt;/p&gt;",
     "&lt;audio src=\"http://e.example/\" controls&gt;&lt;/audio&gt;"),
    (ATOM, "&lt;p&gt;x&lt;/p&gt;", "&lt;a href=\"/x\"&gt;x&lt;/a&gt;"),
    (ATOM, "&lt;p&gt;x&lt;/p&gt;", "&lt;p&gt;a &amp;b; c&lt;/p&gt;"),
    (ATOM, '<content type="html">&lt;p&gt;x&lt;/p&gt;</content>', ""),
    (ATOM, "encoding=", "x="),
    (ATOM, '<?xml version="1.0" encoding="UTF-8"?>',
     '\ufeff<?xml version="1.0" encoding="UTF-8"?>'),
    (ATOM, "</entry>\n", "</entry>\n" + ATOM[ATOM.index("<entry>"):ATOM.index("</feed>")]),
    (ATOM, "<entry>", '<fh:archive xmlns:fh="http://purl.org/syndication/history/1.0"/><entry>'),
    (RSS, "<title>One</title>", "<title>a &lt;b</title>"),
    (RSS, "<title>One</title>", "<title>&amp;lt;</title>"),
    (RSS, "<title>One</title>", ""),
    (RSS, "<category>news", "<category>&lt;b&gt;x&lt;/b&gt;"),
    (RSS, "<category>news</category>", "<category> </category>"),
    (RSS, "<language>en</language>", ""),
    (RSS, "<language>en</language>", "<language>x-</language>"),
    (RSS, "Fri, 01 May", "Sat, 01 May"),
    (RSS, "+0000</pubDate>", "+0545</pubDate>"),
    (RSS, "+0000</pubDate>", "CST</pubDate>"),
    (RSS, "2026 10:00:00 +0000</pubDate>", "2126 10:00:00 +0000</pubDate>"),
    (RSS, ' isPermaLink="false"', ""),
    (RSS, ">tag:e.example,2026:1<", ">12345<"),
    (RSS, 'length="5"', 'length="-1"'),
    (RSS, ' length="5"', ""),
    (RSS, 'type="audio/mpeg"', 'type="odd"'),
    (RSS, '"http://e.example/a.mp3"', '"http://e.example?a.mp3"'),
    (RSS, '"http://e.example/a.mp3"', '"http://localhost/a.mp3"'),
    (RSS, "<description>D</description>", ""),
    (RSS, "l.png</url>", "l.webp</url>"),
    (RSS, "<image><url>http://e.example/l.png</url><title>T",
     "<image><url>http://e.example/l.png</url><title>U"),
    (RSS, "<description>d", "<description>&lt;b&gt;"),
    (RSS, "</item>", "<author>A</author></item>"),
    (RSS, "</item>",
     '<enclosure url="http://e.example/b.mp3" length="5" type="audio/mpeg"/></item>'),
    (RSS, "</channel>", "<copyright>x</copyright></channel>"),
    (RSS, "<category>news</category>", "<![CDATA[ ]]>"),
    (RSS, "xmlns:atom", "xmlns:a"),
    (RSS, 'version="2.0"', 'version="0.92"'),
    (RSS, "<guid",
     '<content:encoded xmlns:content="http://purl.org/rss/1.0/modules/content/">x'
     "</content:encoded><guid"),
    (JSON, "tag:e.example,2026:1", ""),
    (JSON, "<p>x</p>", "<p>x<b>"),
    (JSON, "version/1.1", "version/1"),
    (JSON, "2026-05-01T10:00:00Z", "yesterday"),
    (JSON, "http://e.example/a/1", "/a/1"),
    (JSON, "audio/mpeg", "odd"),
    (JSON, '"title": "T",', ""),
    (OPML, 'version="2.0"', 'version="3"'),
    (OPML, ' title="T"', ""),
    (OPML, 'xmlUrl="http', 'xmlUrl="//'),
    (OPML, 'language="en"', 'version="ATOM"'),
    (OPML, 'type="rss"', 'type="atom"'),
]


class Rules(unittest.TestCase):
    URLS = {ATOM: "http://e.example/feed.atom", RSS: "http://e.example/feed.rss",
            JSON: "http://e.example/feed.json", OPML: "http://e.example/opml.xml"}

    def test_what_is_good(self):
        for text, url in self.URLS.items():
            self.assertEqual(feedrules.problems_of(text.encode(), url), [])
        for text in (ATOM, RSS, JSON):
            self.assertNotEqual(feedrules.problems_of(text.encode(), "http://e.example/other"), [])
        escaped = RSS.replace("<title>One</title>", "<title>a &#x3C;b &#x26;lt;</title>")
        self.assertEqual(feedrules.problems_of(escaped.encode(), self.URLS[RSS]), [])

    def test_what_is_broken(self):
        for text, old, new in BROKEN:
            with self.subTest(old=old, new=new):
                self.assertIn(old, text)
                broken = text.replace(old, new, 1)
                self.assertNotEqual(feedrules.problems_of(broken.encode(), self.URLS[text]), [])
