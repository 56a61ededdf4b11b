"""What a person sees where nothing is, and what a program hears."""
import shutil

from tests.system.gazetted import SystemTest, article

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
           "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0"}
NOWHERE = ("/nothing", "/c/none/feed.atom", "/a/none", "/tag/none/feed.rss", "/archive/9.atom")


class Errors(SystemTest):
    def setUp(self):
        super().setUp()
        self.server = self.gazetted({"news/a.md": article("One"), "b.md": article("Two")},
                                    options=["articles.withdrawn_keep=0s"])

    def check_page(self, answer, status, title):
        self.assertEqual(answer.status, status)
        self.assertEqual(answer.header("Content-Type"), "text/html; charset=utf-8")
        self.assertIn("default-src 'none'", answer.header("Content-Security-Policy"))
        self.assertEqual(answer.header("Cache-Control"), "no-store")
        page = answer.body.decode()
        self.assertIn(f"<h1>{title}</h1>", page)
        self.assertIn('<a href="/" rel="home">', page)

    def test_people_see_a_page_of_the_site(self):
        for path in NOWHERE:
            for headers in (BROWSER, {"Sec-Fetch-Dest": "document"},
                            {"Accept": "text/html", "User-Agent": "Lynx"}):
                answer = self.server.get(path, {**headers, "If-None-Match": "*"})
                self.check_page(answer, 404, "没有这个页面")
        english = self.server.get("/nothing", {**BROWSER, "Accept-Language": "en"})
        self.check_page(english, 404, "There is no such page")
        head = self.server.request("HEAD", "/nothing", BROWSER)
        self.assertEqual((head.status, head.body), (404, b""))

    def test_programs_hear_a_line(self):
        for path in NOWHERE:
            for headers in ({}, {"Accept": "*/*"}, {"Accept": "application/atom+xml, text/html"},
                            {**BROWSER, "Sec-Fetch-Dest": "image"}):
                answer = self.server.get(path, headers)
                self.assertEqual(answer.status, 404, path)
                self.assertTrue(answer.header("Content-Type").startswith("text/plain"))
                self.assertEqual(answer.body.count(b"\n"), 1)

    def test_what_is_only_to_be_read(self):
        answer = self.server.request("POST", "/feed.atom", BROWSER, b"x=1")
        self.check_page(answer, 405, "此处不接收内容")
        self.assertEqual(answer.header("Allow"), "GET, HEAD, OPTIONS")
        plain = self.server.request("POST", "/feed.atom", body=b"x=1")
        self.assertEqual(plain.body, b"405 Method Not Allowed\n")

    def test_who_asks_too_often(self):
        server = self.gazetted({"a.md": article("One")}, options=["http.rate=1"])

        def asked(headers):
            answer = server.get("/feed.atom", headers)
            return answer if answer.status == 429 else None

        answer = server.wait(lambda: asked(BROWSER), "the limit")
        self.check_page(answer, 429, "访问过于频繁")
        self.assertGreaterEqual(int(answer.header("Retry-After")), 1)
        plain = server.wait(lambda: asked({}), "the limit again")
        self.assertEqual(plain.body, b"429 Too Many Requests\n")

    def test_a_feed_that_has_ended(self):
        shutil.rmtree(self.server.path("news"))
        path = "/c/news/feed.rss"
        self.server.wait(lambda: self.server.get(path).status == 410, "the end of the feed")
        self.check_page(self.server.get(path, BROWSER), 410, "此订阅源已停用")
        self.assertIn("/feed.atom", self.server.get(path).body.decode())

    def test_no_address_names_the_pages(self):
        for path in ("/404", "404", "/410", "/404.other", "//404"):
            answer = self.server.request("GET", path)
            self.assertIn(answer.status, (400, 404), path)
