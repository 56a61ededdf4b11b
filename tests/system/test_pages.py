"""The pages for people as they are served: an operator's look, what a page says of itself."""
import base64
import os
import tempfile
import unittest

import html5lib

from tests.system.gazetted import BASE_URL, CORPUS, Gazetted, article, run

OWN_CSS = "body { color: teal } /* 青 */\n"


class Look(unittest.TestCase):
    def setUp(self):
        self.room = tempfile.TemporaryDirectory(prefix="gazetted-look.")
        self.addCleanup(self.room.cleanup)

    def file(self, name, content):
        path = os.path.join(self.room.name, name)
        with open(path, "wb") as file:
            file.write(content)
        return path

    def test_the_operators_look(self):
        server = Gazetted({"a.md": article("One")}, options=(
            "site.css=" + self.file("own.css", OWN_CSS.encode()),
            "site.header=" + self.file("h.html", "<nav id=\"own\">本社</nav>\n".encode()),
            "site.footer=" + self.file("f.html", b"<p id=\"own-foot\">ICP</p>\n"),
            "site.id_code=9900000001", "site.mobile_url=https://m.example/{slug}"))
        self.addCleanup(server.close)
        server.start()
        self.assertEqual(server.get("/feed.css").body.decode(), OWN_CSS)
        for path in ("/", "/index.en.html", "/a/a"):
            page = server.get(path).body.decode()
            self.assertLess(page.index('<nav id="own">本社</nav>'), page.index("<main"), path)
            self.assertGreater(page.index('<p id="own-foot">'), page.index("</main>"), path)
            self.assertIn('<meta name="SiteIDCode" content="9900000001">', page)
        self.assertIn('<a href="https://m.example/a">', server.get("/a/a").body.decode())

    def test_a_look_that_cannot_be_read_is_said_at_the_start(self):
        cases = (("site.css", os.path.join(self.room.name, "none"), "No such file"),
                 ("site.header", self.file("gbk", "青岑".encode("gb18030")), "UTF-8"),
                 ("site.footer", self.file("nul", b"a\0b"), "UTF-8"),
                 ("site.css", self.file("large", b"x" * (256 * 1024 + 1)), "larger than"))
        for key, path, why in cases:
            with self.subTest(path=path):
                status, _, errors = run("-o", f"{key}={path}", "-o", "http.listen=127.0.0.1:0",
                                        self.room.name)
                self.assertEqual(status, 1, errors)
                self.assertRegex(errors, f"{key}: .*{path}.*{why}|{key}: {path}: .*{why}")


class Pages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        correction = {"level": "corrective", "of": "urn:x:a", "note": "应为乙。"}
        cls.server = Gazetted({"要闻/a.md": article("甲", source="青岑日报", id="urn:x:a"),
                               "要闻/c.md": article("更正", correction=correction),
                               "b.md": article("Two", lang="en")}).start()
        cls.addClassCleanup(cls.server.close)

    def page(self, path):
        answer = self.server.get(path)
        self.assertEqual(answer.status, 200, path)
        return answer

    def test_strict_policy(self):
        for path in ("/", "/index.zh.html", "/a/a"):
            policy = self.page(path).header("Content-Security-Policy")
            self.assertIn("default-src 'none'", policy)
            self.assertNotIn("unsafe", policy)
            self.assertNotIn("script-src", policy)

    def test_languages(self):
        for path, tag, word in (("/", "zh-CN", "最新发布"), ("/index.zh.html", "zh-CN", "最新发布"),
                                ("/index.en.html", "en", "Latest"), ("/a/b", "en", "Home")):
            page = self.page(path).body.decode()
            self.assertIn(f'<html lang="{tag}">', page)
            self.assertIn(word, page)

    def test_the_landing_page_is_in_the_language_that_is_preferred(self):
        def ask(path, language):
            answer = self.server.get(path, {"Accept-Language": language} if language else {})
            self.assertEqual(answer.status, 200)
            self.assertIn("Accept-Language", answer.header("Vary"))
            page = answer.body.decode()
            self.assertIn(f'<html lang="{answer.header("Content-Language")}">', page)
            return answer.header("Content-Language"), answer.header("ETag")

        chinese, english = ask("/index.zh.html", "en"), ask("/index.en.html", "zh")
        self.assertEqual((chinese[0], english[0]), ("zh-CN", "en"))
        self.assertEqual(ask("/", None), chinese)
        self.assertEqual(ask("/", "zh-TW,zh;q=0.9,en;q=0.5"), chinese)
        self.assertEqual(ask("/", "fr"), chinese)
        self.assertEqual(ask("/", "en-US,en;q=0.9,zh;q=0.8"), english)
        # what is asked for with the other language's tag is not unchanged
        for language, status in (("en", 304), ("zh", 200)):
            self.assertEqual(self.server.get("/", {
                "Accept-Language": language, "If-None-Match": english[1]}).status, status)
        self.assertNotIn("Accept-Language", self.server.get("/feed.atom").header("Vary"))

    def test_a_correction_leads_to_what_it_corrects(self):
        page = self.page("/a/c").body.decode()
        self.assertIn("更正启事", page)
        self.assertIn('<a href="/a/a">甲</a>', page)
        self.assertIn('本稿已有更正启事：<a href="/a/c">更正</a>', self.page("/a/a").body.decode())
        self.server.write("要闻/c2.md", article("再更正", correction={
            "level": "corrective", "of": "urn:x:a", "note": "应为丙。"}))
        self.server.wait_title("再更正")
        self.server.delete("要闻/c.md")
        self.server.wait_no_title("更正")
        self.assertIn("<a href=\"/a/c2\">再更正</a>", self.page("/a/a").body.decode())
        self.server.write("要闻/c.md", article("更正", correction={
            "level": "corrective", "of": "urn:x:a", "note": "应为乙。"}))
        self.server.delete("要闻/c2.md")
        self.server.wait_no_title("再更正")
        self.server.wait_title("更正")

    def test_a_deleted_article_is_gone(self):
        self.server.write("要闻/e.md", article("戊", id="tag:e", body="秘密"))
        self.server.wait_title("戊")
        self.server.delete("要闻/e.md")
        self.server.wait_no_title("戊")
        answer = self.server.get("/a/e")
        self.assertEqual(answer.status, 410)
        page = answer.body.decode()
        self.assertIn("<h1>此稿已撤下</h1>", page)
        for text in ("戊", "秘密"):
            self.assertNotIn(text, page)

    def test_an_article_names_its_column_and_feeds(self):
        page = self.page("/a/a").body.decode()
        self.assertIn('<meta name="ColumnName" content="要闻">', page)
        self.assertIn(f'<{BASE_URL}/c/%E8%A6%81%E9%97%BB/feed.atom>; rel="alternate"',
                      self.page("/a/a").header("Link"))
        for path in ("feed.atom", "c/%E8%A6%81%E9%97%BB/feed.json"):
            self.assertRegex(page, f'<link rel="alternate" type="[^"]*" href="{BASE_URL}/{path}"')


PIXEL = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYPj/HwADAgH/"
                         "p6vW8wAAAABJRU5ErkJggg==")


class Media(unittest.TestCase):
    def setUp(self):
        self.server = Gazetted({
            "news/a.md": article("One", images=["p x.png"],
                                 body="![alt](p%20x.png)\n\n[doc](d.pdf)"),
            "news/p x.png": PIXEL, "news/d.pdf": b"%PDF-1.4 x", "news/other.png": PIXEL,
            "news/later.md": article("Later", date="2099-01-01T00:00:00Z", images=["later.png"]),
            "news/later.png": PIXEL, "news/x.html": "<p>no article"})
        self.addCleanup(self.server.close)
        self.server.start()

    def test_what_an_article_shows_is_served(self):
        answer = self.server.get("/news/p%20x.png")
        self.assertEqual((answer.status, answer.body), (200, PIXEL))
        self.assertEqual(answer.header("Content-Type"), "image/png")
        self.assertEqual(answer.header("Access-Control-Allow-Origin"), "*")
        tag = answer.header("ETag")
        self.assertEqual(self.server.get("/news/p%20x.png", {"If-None-Match": tag}).status, 304)
        self.assertEqual(self.server.get("/news/d.pdf").body, b"%PDF-1.4 x")

    def test_nothing_else_is(self):
        for path in ("/news/other.png", "/news/later.png", "/news/a.md", "/news/x.html", "/news/",
                     "/.gazetted/gazetted.db", "/news/../news/p%20x.png/", "/nothing"):
            self.assertEqual(self.server.get(path).status, 404, path)

    def test_it_goes_with_the_article(self):
        self.assertEqual(self.server.get("/news/p%20x.png").status, 200)
        self.server.write("news/p x.png", PIXEL + b"more")
        self.server.wait(lambda: self.server.get("/news/p%20x.png").body == PIXEL + b"more",
                         "the new picture")
        self.server.restart()
        self.assertEqual(self.server.get("/news/p%20x.png").status, 200)
        self.server.write("news/a.md", article("One", status="withdrawn", images=["p x.png"]))
        self.server.wait(lambda: self.server.get("/news/p%20x.png").status == 404,
                         "the picture to go")

    def test_a_picture_in_svg_can_do_nothing(self):
        self.server.write("news/s.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>")
        self.server.write("news/s.md", article("Drawn", images=["s.svg"]))
        self.server.wait_title("Drawn")
        answer = self.server.get("/news/s.svg")
        self.assertEqual(answer.status, 200)
        self.assertIn("sandbox", answer.header("Content-Security-Policy"))


def printed(title, day, page, section="要闻", **fields):
    edition = {"paper": "青岑日报", "date": day, "page": page, "section": section}
    return article(title, edition=edition, **fields)


class Epaper(unittest.TestCase):
    def setUp(self):
        self.server = Gazetted({
            "a.md": printed("甲", "2026-05-08", "02", "国内"),
            "b.md": printed("乙", "2026-05-08", "01", author="林示例"),
            "c.md": printed("丙", "2026-05-11", "01"), "d.md": article("丁")})
        self.addCleanup(self.server.close)
        self.server.start()

    def page(self, path):
        answer = self.server.get(path)
        self.assertEqual(answer.status, 200, f"{path} {answer}")
        self.assertIn("default-src 'none'", answer.header("Content-Security-Policy"))
        return answer.body.decode()

    def test_a_day_by_page_and_section(self):
        page = self.page("/epaper/2026-05-08/")
        places = [page.index(text) for text in ('第01版 <span>要闻</span></h2>', '>乙</a>',
                                                "林示例", '第02版 <span>国内</span></h2>',
                                                '>甲</a>')]
        self.assertEqual(places, sorted(places))
        self.assertIn("<h1>青岑日报 ", page)
        self.assertIn('<a href="/a/b">乙</a>', page)
        self.assertNotIn("丙", page)
        self.assertNotIn("丁", page)

    def test_the_days_lead_to_each_other(self):
        first, last = self.page("/epaper/2026-05-08/"), self.page("/epaper/2026-05-11/")
        self.assertIn('href="/epaper/2026-05-11/" rel="next"', first)
        self.assertNotIn('rel="prev"', first)
        self.assertIn('href="/epaper/2026-05-08/" rel="prev"', last)
        self.assertNotIn('rel="next"', last)
        days = self.page("/epaper/")
        self.assertLess(days.index("/epaper/2026-05-11/"), days.index("/epaper/2026-05-08/"))
        for path in ("/", "/a/a", "/epaper/"):
            self.assertIn('<a href="/epaper/">', self.page(path), path)
        self.assertIn('<a href="/epaper/2026-05-08/">青岑日报 2026-05-08 第02版 国内</a>',
                      self.page("/a/a"))

    def test_a_day_has_a_feed(self):
        page = self.page("/epaper/2026-05-08/")
        self.assertIn(f'href="{BASE_URL}/epaper/2026-05-08/feed.atom"', page)
        self.assertEqual(sorted(self.server.titles("/epaper/2026-05-08/feed.json")),
                         ["乙", "甲"])

    def test_a_new_day_is_on_the_pages_around_it(self):
        self.page("/epaper/"), self.page("/epaper/2026-05-08/"), self.page("/epaper/2026-05-11/")
        self.server.write("e.md", printed("戊", "2026-05-09", "01"))
        self.server.wait_title("戊")
        self.assertIn("/epaper/2026-05-09/", self.page("/epaper/"))
        self.assertIn("/epaper/2026-05-09/", self.page("/epaper/2026-05-08/"))
        self.assertIn("/epaper/2026-05-09/", self.page("/epaper/2026-05-11/"))
        self.assertIn("戊", self.page("/epaper/2026-05-09/"))
        self.server.delete("e.md")
        self.server.wait_no_title("戊")
        self.assertEqual(self.server.get("/epaper/2026-05-09/").status, 404)
        self.assertNotIn("/epaper/2026-05-09/", self.page("/epaper/"))
        self.assertNotIn("/epaper/2026-05-09/", self.page("/epaper/2026-05-11/"))

    def test_a_restart_changes_nothing(self):
        paths = ("/", "/epaper/", "/epaper/2026-05-08/")
        tags = [self.server.get(path).header("ETag") for path in paths]
        self.server.restart()
        self.assertEqual([self.server.get(path).header("ETag") for path in paths], tags)

    def test_what_is_no_day(self):
        for path in ("/epaper/2026-05-07/", "/epaper/2026-05-08", "/epaper/x/", "/epaper/08/"):
            self.assertEqual(self.server.get(path).status, 404, path)


class Kills(unittest.TestCase):
    def test_a_notice_may_come_to_take_back_another(self):
        """What it took back before is not taken back any more, and not looked at."""
        with open(os.path.join(CORPUS, "articles", "xml", "nitf-kill.xml")) as file:
            notice = file.read()
        server = Gazetted()
        self.addCleanup(server.close)
        server.start()
        server.write("k.xml", notice)
        server.wait_line("new path=k.xml")
        for i in range(4):
            since = len(server.lines)
            server.write("k.xml", notice.replace('"qcnp-20260514-weather-01"',
                                                 f'"another-{i}-{"x" * 9 * i}"'))
            server.wait_line("changed path=k.xml", since)
        for i in range(12):
            server.write(f"{i}.md", article(f"T{i}", id=f"urn:x:{i}"))
        server.write("a.md", article("Back", id="qcnp-20260514-weather-01"))
        server.write("b.md", article("Taken", id="another-3-" + "x" * 27))
        server.wait_title("Back")
        server.wait_line("killed path=b.md|new path=b.md")
        self.assertNotIn("Taken", server.titles())
        server.stop()


class Html5(unittest.TestCase):
    def test_no_page_has_a_parse_error(self):
        server = Gazetted(copy=os.path.join(CORPUS, "articles"))
        self.addCleanup(server.close)
        server.start()
        paths = [item["url"].removeprefix(BASE_URL) for item in server.items()
                 if item["url"].startswith(BASE_URL)]
        self.assertGreater(len(paths), 10)
        for path in ["/", "/index.zh.html", "/index.en.html"] + paths:
            with self.subTest(path=path):
                parser = html5lib.HTMLParser()
                parser.parse(server.get(path).body.decode())
                self.assertEqual(parser.errors, [])


def addresses(element):
    """What a page links to and shows, without what its article's text does."""
    if "text" in (element.get("class") or "").split():
        return
    for key in ("href", "src"):
        if element.get(key):
            yield element.get(key).split("#")[0]
    for child in element:
        yield from addresses(child)


class Crawl(unittest.TestCase):
    def test_every_link_leads_somewhere(self):
        server = Gazetted(copy=os.path.join(CORPUS, "articles"),
                          options=["feeds.by=[channel, tag, author, source]"])
        self.addCleanup(server.close)
        server.start()
        seen, found, waiting = set(), {}, ["/"]
        while waiting:
            path = waiting.pop()
            if path in seen:
                continue
            seen.add(path)
            answer = server.get(path)
            found.setdefault(answer.status, []).append(path)
            if not (answer.header("Content-Type") or "").startswith("text/html"):
                continue
            page = html5lib.parse(answer.body.decode(), namespaceHTMLElements=False)
            for address in addresses(page):
                address = address.removeprefix(BASE_URL)
                if address.startswith("/"):
                    waiting.append(address)
        # the agency's kill took one back: it is listed as withdrawn, and its page says so
        self.assertEqual(found.pop(410), ["/a/nitf-weather"])
        self.assertEqual([*found], [200], {k: v for k, v in found.items() if k != 200})
        self.assertGreater(len(found[200]), 150)


TWO = """The bridge is open again after three months of work on its northern pillars. The
city had closed it in March, when engineers found cracks in two of them, and moved the buses
of three lines to the tunnel. It cost less than planned, the mayor said on Monday.

Traffic moved freely in the first hours."""


class Rights(unittest.TestCase):
    def test_a_rule_decides_how_much_a_page_shows(self):
        server = Gazetted({
            "a.md": article("Theirs", source="A Wire", images=["p.png"], body=TWO),
            "b.md": article("Ours", images=["q.png"], body=TWO),
            "p.png": PIXEL, "q.png": PIXEL}, options=[
                "rights=[{name: wire, match: {source: ['A Wire']}, public: summary, "
                "text: 'All rights theirs', license: 'https://wire.example/terms'}, "
                "{name: own, public: full+media}]"])
        self.addCleanup(server.close)
        server.start()
        theirs, ours = (server.get(path).body.decode() for path in ("/a/a", "/a/b"))
        self.assertIn("The bridge is open again", theirs)
        self.assertNotIn("Traffic moved", theirs)
        self.assertNotIn("p.png", theirs)
        self.assertIn('<a rel="license" href="https://wire.example/terms">All rights theirs</a>',
                      theirs)
        self.assertIn("Traffic moved", ours)
        self.assertEqual(server.get("/q.png").status, 200)
        self.assertEqual(server.get("/p.png").status, 404)


if __name__ == "__main__":
    unittest.main()
