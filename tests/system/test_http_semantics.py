"""What a reader may rely on: validators, encodings, media types, and being spared."""
import gzip

from tests.system.gazetted import FEEDS, SystemTest, article

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
           "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0"}
READER = {"Accept": "application/atom+xml, application/rss+xml, text/html;q=1, */*;q=0.1",
          "User-Agent": "Mozilla/5.0 (compatible; Miniflux/2.2; +https://miniflux.app)"}
REPEATED = ("ETag", "Last-Modified", "Cache-Control", "Vary", "Link")


class Semantics(SystemTest):
    def setUp(self):
        super().setUp()
        self.server = self.gazetted(
            {"news/a.md": article("One", body="Some text to compress. " * 200)},
            options=["http.workers=2"])
        self.full = self.server.get_settled("/feed.atom")
        self.etag = self.full.header("ETag")
        self.tag = self.etag.removeprefix("W/").strip('"')

    def status(self, **headers):
        return self.server.get("/feed.atom", {k.replace("_", "-"): v
                                              for k, v in headers.items()}).status

    def test_if_none_match_is_read_leniently(self):
        tag = self.tag
        for value in (f'W/"{tag}"', f'"{tag}"', tag, f'w/"{tag}"', "*", f'"{tag}-gzip"',
                      f'W/"{tag}-gzip"', f'W/"{tag};gzip"', f'"{tag}-br"', f'W/"{tag}"-gzip',
                      f'"x", W/"{tag}"', f'"x",W/"{tag}" , "y"', f'"{tag}', f' "{tag}" '):
            self.assertEqual(self.status(If_None_Match=value), 304, value)
        for value in ('""', '"x"', "W/", f'"{tag}x"', f'"x{tag}"', f'"{tag.upper()}x"', ","):
            self.assertEqual(self.status(If_None_Match=value), 200, value)

    def test_if_modified_since(self):
        modified = self.full.header("Last-Modified")
        self.assertEqual(self.status(If_Modified_Since=modified), 304)
        self.assertEqual(self.status(If_Modified_Since="Fri, 31 Dec 2100 00:00:00 GMT"), 304)
        for value in ("Thu, 01 Jan 1970 00:00:01 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
                      "Sun Nov  6 08:49:37 1994", "yesterday", "0", "", "1700000000"):
            self.assertEqual(self.status(If_Modified_Since=value), 200, value)
        # The tag decides alone.
        self.assertEqual(self.status(If_Modified_Since=modified, If_None_Match='"x"'), 200)
        self.assertEqual(self.status(If_Modified_Since="Thu, 01 Jan 1970 00:00:01 GMT",
                                     If_None_Match=self.etag), 304)

    def test_304_repeats_what_a_cache_keeps(self):
        for path in FEEDS + ("/", "/opml.xml"):
            full = self.server.get(path)
            for method in ("GET", "HEAD"):
                same = self.server.request(method, path, {"If-None-Match": full.header("ETag")})
                self.assertEqual((same.status, same.body), (304, b""))
                for name in REPEATED:
                    self.assertEqual(same.header(name), full.header(name), (path, name))
                self.assertIsNone(same.header("Content-Type"))

    def test_caching_is_told(self):
        self.assertEqual(self.full.header("Cache-Control"),
                         "public, max-age=300, stale-if-error=86400")
        vary = {v.strip().lower() for v in self.full.header("Vary").split(",")}
        self.assertEqual(vary, {"accept-encoding", "sec-fetch-dest"})

    def test_encodings_by_weight(self):
        for accept, encoding in (("gzip", "gzip"), ("br", "br"), ("gzip, deflate, br", "br"),
                                 ("gzip;q=1, br;q=0.5", "gzip"), ("gzip;q=0, br;q=0", None),
                                 ("identity", None), ("*", "br"), ("*;q=0.1, identity", None),
                                 ("br;q=0, *", "gzip"), ("deflate, zstd", None), ("", None),
                                 ("GZIP", "gzip"), ("x-gzip", "gzip"), ("gzip;q=nonsense", "gzip")):
            for method in ("GET", "HEAD"):
                answer = self.server.request(method, "/feed.atom", {"Accept-Encoding": accept})
                self.assertEqual(answer.header("Content-Encoding"), encoding, accept)
                self.assertEqual(answer.header("ETag"), self.etag)
                length = int(answer.header("Content-Length"))
                self.assertEqual(len(answer.body), length if method == "GET" else 0)
                self.assertLessEqual(length, len(self.full.body))
                if encoding == "gzip" and method == "GET":
                    self.assertEqual(gzip.decompress(answer.body), self.full.body)

    def test_one_url_for_browsers_and_readers(self):
        for path, own in (("/feed.atom", "application/atom+xml"),
                          ("/feed.rss", "application/rss+xml")):
            for headers, kind in (({}, own), ({"Sec-Fetch-Dest": "document"}, "text/xml"),
                                  ({"Sec-Fetch-Dest": "empty", **BROWSER}, own),
                                  (BROWSER, "text/xml"), (READER, own),
                                  ({"Accept": BROWSER["Accept"]}, own),
                                  ({"User-Agent": BROWSER["User-Agent"]}, own)):
                answer = self.server.get(path, headers)
                self.assertTrue(answer.header("Content-Type").startswith(kind), headers)
                self.assertEqual(answer.body, self.server.get(path).body)
                self.assertEqual(answer.header("ETag"), self.server.get(path).header("ETag"))
        answer = self.server.get("/feed.json", {"Sec-Fetch-Dest": "document"})
        self.assertTrue(answer.header("Content-Type").startswith("application/feed+json"))

    def test_scripts_of_other_sites(self):
        self.assertEqual(self.full.header("Access-Control-Allow-Origin"), "*")
        self.assertIn("ETag", self.full.header("Access-Control-Expose-Headers"))
        asked = {"Origin": "https://reader.example", "Access-Control-Request-Method": "GET",
                 "Access-Control-Request-Headers": "if-none-match"}
        answer = self.server.request("OPTIONS", "/feed.atom", asked)
        self.assertEqual((answer.status, answer.body), (204, b""))
        self.assertEqual(answer.header("Access-Control-Allow-Origin"), "*")
        self.assertIn("If-None-Match", answer.header("Access-Control-Allow-Headers"))
        answer = self.server.request("OPTIONS", "/hub", asked)
        self.assertEqual(answer.status, 204)
        self.assertIsNone(answer.header("Access-Control-Allow-Origin"))

    def test_a_query_changes_nothing(self):
        for query in ("?", "?utm_source=x", "?a=b&c=%00", "?" + "x" * 1000):
            answer = self.server.get("/feed.atom" + query)
            self.assertEqual((answer.status, answer.header("ETag")), (200, self.etag), query)


class Rate(SystemTest):
    """One budget for a client, on however many workers its connections come."""

    def setUp(self):
        super().setUp()
        self.server = self.gazetted({"a.md": article("One")},
                                    options=["http.rate=1", "http.workers=3"])

    def test_who_asks_too_often_waits(self):
        server = self.server
        etag = server.get("/feed.atom").header("ETag")
        answers = [server.get("/feed.atom") for _ in range(30)]
        self.assertEqual(answers[0].status, 200)
        refused = [a for a in answers if a.status == 429]
        # five at once and one a second; the loop takes a moment
        self.assertGreater(len(refused), 12)
        self.assertRegex(refused[0].header("Retry-After"), "^[1-9][0-9]*$")
        for method, path in (("HEAD", "/feed.atom"), ("POST", "/hub"), ("GET", "/none"),
                             ("OPTIONS", "/feed.atom"), ("DELETE", "/feed.atom")):
            # One more is allowed every second.
            self.assertIn(429, [server.request(method, path).status for _ in range(4)], method)
        # A reader that asks as it should is never told to wait.
        for _ in range(50):
            self.assertEqual(server.get("/feed.atom", {"If-None-Match": etag}).status, 304)
        # A condition that never holds is no way round the limit.
        for headers in ({"If-None-Match": '"older"'},
                        {"If-Modified-Since": "Thu, 01 Jan 1970 00:00:01 GMT"}):
            statuses = [server.get("/feed.atom", headers).status for _ in range(20)]
            self.assertIn(429, statuses, headers)

    def test_pages_made_on_demand_are_spared_too(self):
        server = self.server
        path = "/a/" + server.item("One")["url"].rsplit("/", 1)[1]
        etag = server.get(path).header("ETag")
        for _ in range(50):
            self.assertEqual(server.get(path, {"If-None-Match": etag}).status, 304)
        self.assertIn(429, [server.get(path, {"If-None-Match": '"x"'}).status
                            for _ in range(30)])
