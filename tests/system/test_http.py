"""Serving: conditional requests, HEAD, compression, refusals, and every page of the URL
map that needs no article."""
import gzip
import socket
from xml.etree import ElementTree

from tests.system.gazetted import BASE_URL, FEEDS, SystemTest, article

TYPES = {"/feed.atom": "application/atom+xml", "/feed.rss": "application/rss+xml",
         "/feed.json": "application/feed+json"}


class Http(SystemTest):
    def setUp(self):
        super().setUp()
        self.server = self.gazetted(
            {"news/a.md": article("One", body="Some text to compress. " * 200)},
            options=["http.workers=2"])

    def raw(self, request):
        """What the server sends until it closes."""
        with socket.create_connection((self.server.host, self.server.port), 60) as sock:
            sock.settimeout(60)
            sock.sendall(request)
            answer = b""
            while True:
                try:
                    more = sock.recv(65536)
                except ConnectionResetError:
                    return answer
                if not more:
                    return answer
                answer += more

    def test_feeds_carry_type_validators_and_links(self):
        for path in FEEDS:
            with self.subTest(path=path):
                answer = self.server.get(path)
                self.assertEqual(answer.status, 200)
                self.assertTrue(answer.header("Content-Type").startswith(TYPES[path]))
                self.assertTrue(answer.header("ETag"))
                self.assertTrue(answer.header("Last-Modified"))
                self.assertIn("max-age=300", answer.header("Cache-Control"))
                link = answer.header("Link")
                self.assertIn(f'<{BASE_URL}{path}>; rel="self"', link)
                self.assertIn(f'<{BASE_URL}/hub>; rel="hub"', link)

    def test_conditional_get(self):
        for path in FEEDS:
            with self.subTest(path=path):
                full = self.server.get_settled(path)
                etag, modified = full.header("ETag"), full.header("Last-Modified")
                for headers in ({"If-None-Match": etag}, {"If-Modified-Since": modified},
                                {"If-None-Match": f'"other", W/{etag.removeprefix("W/")}'},
                                {"If-None-Match": "*"}):
                    answer = self.server.get(path, headers)
                    self.assertEqual(answer.status, 304, headers)
                    self.assertEqual(answer.body, b"")
                    self.assertEqual(answer.header("ETag"), etag)
                # If-None-Match wins over If-Modified-Since (RFC 9110 section 13.2.2).
                answer = self.server.get(path, {"If-None-Match": '"other"',
                                                "If-Modified-Since": modified})
                self.assertEqual(answer.status, 200)

    def test_a_change_changes_the_validator(self):
        etag = self.server.get("/feed.atom").header("ETag")
        self.server.write("news/a.md", article("Two"))
        self.server.wait_title("Two")
        answer = self.server.wait(
            lambda: (a := self.server.get("/feed.atom", {"If-None-Match": etag})).status == 200
            and a, "a new ETag")
        self.assertNotEqual(answer.header("ETag"), etag)

    def test_head_is_get_without_the_body(self):
        for path in FEEDS + ("/", "/hub", "/nothing"):
            with self.subTest(path=path):
                full, head = self.server.get(path), self.server.request("HEAD", path)
                self.assertEqual(head.status, full.status)
                self.assertEqual(head.body, b"")
                drop = ("date",)
                self.assertEqual([h for h in head.headers if h[0].lower() not in drop],
                                 [h for h in full.headers if h[0].lower() not in drop])

    def test_gzip(self):
        plain = self.server.get("/feed.atom")
        self.assertIsNone(plain.header("Content-Encoding"))
        packed = self.server.get("/feed.atom", {"Accept-Encoding": "gzip"})
        self.assertEqual(packed.header("Content-Encoding"), "gzip")
        self.assertIn("accept-encoding", packed.header("Vary").lower())
        self.assertIn("accept-encoding", plain.header("Vary").lower())
        self.assertLess(len(packed.body), len(plain.body))
        self.assertEqual(gzip.decompress(packed.body), plain.body)
        refused = self.server.get("/feed.atom", {"Accept-Encoding": "gzip;q=0"})
        self.assertIsNone(refused.header("Content-Encoding"))
        again = self.server.get("/feed.atom", {"Accept-Encoding": "gzip",
                                               "If-None-Match": packed.header("ETag")})
        self.assertEqual(again.status, 304)

    def test_refusals(self):
        for path in ("/nothing", "/c/none/feed.atom", "/news/a.md", "/a/none"):
            self.assertEqual(self.server.get(path).status, 404, path)
        self.assertIn(self.server.get("/../etc/passwd").status, (400, 404))
        for method in ("POST", "PUT", "DELETE"):
            answer = self.server.request(method, "/feed.atom")
            self.assertEqual(answer.status, 405, method)
            self.assertIn("GET", answer.header("Allow"))

    def test_malformed_requests_are_refused_and_closed(self):
        for request in (b"GET /feed.atom HTTP/1.1\r\n\r\n",
                        b"GET  /feed.atom HTTP/1.1\r\nHost: a\r\n\r\n",
                        b"GET /feed.atom HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
                        b"GET /feed.atom HTTP/1.1\r\nHost : a\r\n\r\n",
                        b"GET /feed.atom HTTP/1.1\r\nHost: a\r\nX: 1\r\n y\r\n\r\n",
                        b"GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n"):
            with self.subTest(request=request):
                self.assertTrue(self.raw(request).startswith(b"HTTP/1.1 400 "))

    def test_pipelined_requests_are_answered_in_order(self):
        one = b"GET /feed.json HTTP/1.1\r\nHost: a\r\n\r\n"
        last = b"GET /nothing HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        answer = self.raw(one + one + last)
        self.assertEqual(answer.count(b"HTTP/1.1 200 "), 2)
        self.assertEqual(answer.count(b"HTTP/1.1 404 "), 1)
        self.assertLess(answer.rindex(b"HTTP/1.1 200 "), answer.index(b"HTTP/1.1 404 "))

    def test_pages(self):
        for path, kind in (("/", "text/html"), ("/hub", "text/"), ("/opml.xml", "text/x-opml"),
                           ("/robots.txt", "text/plain"), ("/feed.css", "text/css"),
                           ("/healthz", "text/plain"), ("/readyz", "text/plain")):
            with self.subTest(path=path):
                answer = self.server.get(path)
                self.assertEqual(answer.status, 200)
                self.assertTrue(answer.header("Content-Type").startswith(kind),
                                answer.header("Content-Type"))
                self.assertEqual(answer.header("X-Content-Type-Options"), "nosniff")
        for path in ("/metrics", "/admin/"):
            self.assertEqual(self.server.get(path).status, 404, path)

    def test_sitemaps(self):
        for path in ("/sitemap.xml", "/sitemap-news.xml"):
            with self.subTest(path=path):
                answer = self.server.get(path)
                self.assertEqual(answer.status, 200)
                self.assertRegex(answer.header("Content-Type"), "^(application|text)/xml")
                ElementTree.fromstring(answer.body)

    def test_the_landing_page_leads_to_feeds_and_articles(self):
        page = self.server.get("/").body.decode()
        self.assertIn("One", page)
        self.assertIn("/feed.atom", page)
        url = self.server.item("One")["url"]
        self.assertTrue(url.startswith(BASE_URL + "/a/"), url)
        shown = self.server.get(url.removeprefix(BASE_URL))
        self.assertEqual(shown.status, 200)
        self.assertIn("Some text to compress.", shown.body.decode())
